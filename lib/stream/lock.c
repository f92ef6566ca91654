#include "stream/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "value/clock.h"

enum {
    WAIT_SECONDS = 10,
    POLL_MS = 20,
};

/* --- waiting -----------------------------------------------------------------------------------*/

static double
seconds_to_wait(void)
{
    const char *text = getenv("TIDEPIPE_LOCK_WAIT");
    char *end;
    double seconds;

    if (!text || !*text)
        return WAIT_SECONDS;
    seconds = strtod(text, &end);
    return *end || !(seconds >= 0) ? WAIT_SECONDS : seconds;
}

/* 0: it is ours; 1: still another's; -1: errno says why not. */
static int
wait_for(int fd)
{
    double until = (double)tp_clock_steady() + seconds_to_wait() * (double)TP_SECOND;
    const struct timespec pause = {0, POLL_MS * 1000000L};

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -1;
        if ((double)tp_clock_steady() >= until)
            return 1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int
fail(const char *folder, const char *file, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "%s/%s: %s", folder, file, strerror(errno));
}

/* --- lock files --------------------------------------------------------------------------------*/

/* Who holds a lock has written its pid into the file. */
static int
refuse_held(int fd, const char *folder, const char *file, const char *who, struct tp_err *err)
{
    char holder[16] = "";
    ssize_t len = pread(fd, holder, sizeof holder - 1, 0);
    size_t digits = strspn(holder, "0123456789");

    if (len <= 0 || digits == 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s/%s is held by another process: %s", folder,
                          file, who);
    return tp_err_set(err, TP_FAULT_MACHINE, "%s/%s is held by process %.*s: %s", folder, file,
                      (int)digits, holder, who);
}

int
tp_lock_wait(int fd, const char *folder, const char *file, const char *who, struct tp_err *err)
{
    int result = wait_for(fd);

    if (result < 0)
        return fail(folder, file, err);
    return result > 0 ? refuse_held(fd, folder, file, who, err) : 0;
}

/* Not being able to say it harms nothing. */
void
tp_lock_say(int fd)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) < 0)
        return;
}

static int
open_in(const char *folder, const char *file, struct tp_err *err)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = dir < 0 ? -1 : openat(dir, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);

    if (fd < 0)
        fail(folder, file, err);
    if (dir >= 0)
        close(dir);
    return fd;
}

int
tp_lock_take(const char *folder, const char *file, const char *who, struct tp_err *err)
{
    int fd = open_in(folder, file, err);

    if (fd < 0)
        return -1;
    if (tp_lock_wait(fd, folder, file, who, err) < 0) {
        close(fd);
        return -1;
    }
    tp_lock_say(fd);
    return fd;
}

/* --- files that are written --------------------------------------------------------------------*/

/* The process on a line of /proc/locks, "1: FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF", if
 * it is a lock on INODE; else 0. */
static long
holder_on(const char *line, ino_t inode)
{
    const char *mode = strstr(line, " WRITE "), *number;
    char *end;
    long pid;

    if (!mode || !strstr(line, " FLOCK "))
        return 0;
    pid = strtol(mode + 7, &end, 10);
    number = strchr(end, ':');
    number = number ? strchr(number + 1, ':') : NULL;
    return number && strtoull(number + 1, NULL, 10) == inode ? pid : 0;
}

/* 0: not known. */
static long
find_holder(int fd)
{
    FILE *locks = fopen("/proc/locks", "re");
    char line[256];
    struct stat st;
    long pid = 0;

    if (!locks)
        return 0;
    if (fstat(fd, &st) == 0)
        while (pid == 0 && fgets(line, sizeof line, locks))
            pid = holder_on(line, st.st_ino);
    fclose(locks);
    return pid;
}

int
tp_lock_content(int fd, const char *path, struct tp_err *err)
{
    int result = wait_for(fd);
    long pid;

    if (result < 0)
        return tp_err_system(err, path);
    if (result == 0)
        return 0;
    pid = find_holder(fd);
    if (pid > 0)
        return tp_err_set(err, TP_FAULT_MACHINE,
                          "%s is being written by process %ld, with other saved state", path, pid);
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s is being written by another process, with other saved state", path);
}
