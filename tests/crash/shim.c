/*
 * shim: stands between a stage and the system (LD_PRELOAD), for tests/crash: makes one call fail,
 * or the process die at it, and records what is done to files, for tests/crash/power.py.
 *
 *     CRASH_STAGE=swrite    the program that is struck
 *     CRASH_CALL=fsync      calls that count: open write fsync rename unlink truncate mkdir lock
 *                           close, or any
 *     CRASH_AT=N            at the Nth of them ...
 *     CRASH_DO=kill         ... it dies before the call; or the call fails: EIO, ENOSPC, EINTR; or
 * a write takes one byte: short. Failing are calls about files and folders alone; dying counts
 * those about pipes, too. CRASH_EVER=1          from the Nth on all of them CRASH_REPORT=FILE gets
 * a line "struck CALL", then one for each later fsync and rename; at the end of the process "calls
 * N" CRASH_RECORD=FILE     gets every change of every program, in the order they were made
 *
 * Calls go to the kernel by number, so nothing here can be stood before itself.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *call_name, *what;
static long at, calls;
static bool armed, ever, kills, struck;
static int report = -1, record = -1;

static int
open_log(const char *variable)
{
    const char *path = getenv(variable);

    return path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC,
                               0666)
                : -1;
}

__attribute__((constructor)) static void
begin(void)
{
    const char *stage = getenv("CRASH_STAGE"), *number = getenv("CRASH_AT");

    record = open_log("CRASH_RECORD");
    armed = stage && strcmp(stage, program_invocation_short_name) == 0;
    if (!armed)
        return;
    call_name = getenv("CRASH_CALL") ?: "any";
    what = getenv("CRASH_DO") ?: "kill";
    kills = strcmp(what, "kill") == 0;
    at = number ? strtol(number, NULL, 10) : 0;
    ever = getenv("CRASH_EVER") != NULL;
    report = open_log("CRASH_REPORT");
}

static void
say(const char *word, const char *about)
{
    char line[600];
    int len = snprintf(line, sizeof line, "%s %s\n", word, about);

    if (report >= 0 && len > 0 && (size_t)len < sizeof line)
        syscall(SYS_write, report, line, (size_t)len);
}

__attribute__((destructor)) static void
end(void)
{
    char number[24];

    snprintf(number, sizeof number, "%ld", calls);
    say("calls", number);
}

/* --- striking ----------------------------------------------------------------------------------*/

static bool
is_file(int fd)
{
    struct stat st;
    int error = errno;
    bool file = fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));

    errno = error;
    return file;
}

/* Whom a lock names is for people alone, and need not be said. */
static bool
is_lock(int fd)
{
    char name[64], path[512];
    ssize_t len;

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    len = readlink(name, path, sizeof path);
    return len > 5 && memcmp(path + len - 5, ".lock", 5) == 0;
}

/* Is this call, about ABOUT, to fail? FD may be -1. May never return. */
static bool
strikes(const char *call, const char *about, int fd)
{
    if (struck && (strcmp(call, "fsync") == 0 || strcmp(call, "rename") == 0))
        say(call, about);
    if (!armed || fd == STDERR_FILENO)
        return false;
    if (strcmp(call_name, "any") != 0 && strcmp(call_name, call) != 0)
        return false;
    if (!kills && fd >= 0 && (!is_file(fd) || (strcmp(call, "lock") != 0 && is_lock(fd))))
        return false;
    calls++;
    if (calls != at && !(ever && at > 0 && calls > at))
        return false;
    if (!struck) {
        say("struck", call);
        say("at", about);
    }
    struck = true;
    if (kills)
        kill(getpid(), SIGKILL);
    return true;
}

static int
fail(void)
{
    errno = strcmp(what, "ENOSPC") == 0 ? ENOSPC : strcmp(what, "EINTR") == 0 ? EINTR : EIO;
    return -1;
}

/* --- recording ---------------------------------------------------------------------------------*/

/* One change at a time, of all processes: their order in the record is that in which they were. */
static void
lock_record(void)
{
    int error = errno;

    if (record >= 0)
        while (syscall(SYS_flock, record, LOCK_EX) < 0)
            ;
    errno = error;
}

static void
unlock_record(void)
{
    int error = errno;

    if (record >= 0)
        syscall(SYS_flock, record, LOCK_UN);
    errno = error;
}

/* "OP A B LEN\n", and LEN bytes of one or two pieces. */
static void
put(char op, uint64_t a, uint64_t b, const struct iovec *piece, int pieces)
{
    char head[80];
    size_t len = 0;
    struct iovec part[3] = {{head, 0}};
    int error = errno;

    if (record < 0)
        return;
    for (int i = 0; i < pieces; i++) {
        part[i + 1] = piece[i];
        len += piece[i].iov_len;
    }
    part[0].iov_len = (size_t)snprintf(head, sizeof head, "%c %llu %llu %zu\n", op,
                                       (unsigned long long)a, (unsigned long long)b, len);
    syscall(SYS_writev, record, part, pieces + 1);
    errno = error;
}

static const char *
name_in(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The inode of the folder that holds PATH. */
static uint64_t
folder_of(int dir, const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[4096];
    struct stat st;

    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    return fstatat(dir, folder, &st, 0) == 0 ? st.st_ino : 0;
}

static void
put_name(char op, int dir, const char *path, uint64_t inode)
{
    const char *name = name_in(path);

    if (record >= 0)
        put(op, folder_of(dir, path), inode, &(struct iovec){(void *)name, strlen(name)}, 1);
}

static void
put_written(int fd, int64_t offset, const struct iovec *piece, int pieces, ssize_t wrote)
{
    struct iovec part[2];
    struct stat st;
    size_t left = wrote > 0 ? (size_t)wrote : 0;
    int n = 0;

    if (record < 0 || wrote <= 0 || pieces > 2 || fstat(fd, &st) || !S_ISREG(st.st_mode))
        return;
    for (; n < pieces && left > 0; n++) {
        part[n] = piece[n];
        part[n].iov_len = piece[n].iov_len < left ? piece[n].iov_len : left;
        left -= part[n].iov_len;
    }
    if (offset < 0)
        offset = (fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR)) - wrote;
    put('W', st.st_ino, (uint64_t)offset, part, n);
}

static void
put_inode(char op, int fd, uint64_t number)
{
    struct stat st;

    if (record >= 0 && fstat(fd, &st) == 0)
        put(op, st.st_ino, number, NULL, 0);
}

/* --- calls -------------------------------------------------------------------------------------*/

static int
open_at(int dir, const char *path, int flags, mode_t mode)
{
    struct stat before;
    bool was;
    int fd;

    if (strikes("open", path, -1) && strcmp(what, "short") != 0)
        return fail();
    lock_record();
    was = record >= 0 && (flags & (O_CREAT | O_TRUNC)) && fstatat(dir, path, &before, 0) == 0;
    fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    if (fd >= 0 && (flags & O_CREAT) && !was && record >= 0) {
        fstat(fd, &before);
        put_name('L', dir, path, before.st_ino);
    } else if (fd >= 0 && (flags & O_TRUNC) && was) {
        put_inode('T', fd, 0);
    }
    unlock_record();
    return fd;
}

/* The mode that may stand behind FLAGS. */
#define MODE(flags, mode)                                       \
    do {                                                        \
        va_list more;                                           \
        if ((flags) & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) { \
            va_start(more, flags);                              \
            (mode) = va_arg(more, mode_t);                      \
            va_end(more);                                       \
        }                                                       \
    } while (0)

int
open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
    mode_t mode = 0;

    MODE(flags, mode);
    return open_at(dir, path, flags, mode);
}

/* What <fcntl.h> makes of open where the compiler sees that there is no mode. */
int __open_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);

int
__open_2(const char *path, int flags)
{
    return open_at(AT_FDCWD, path, flags, 0);
}

int
__openat_2(int dir, const char *path, int flags)
{
    return open_at(dir, path, flags, 0);
}

int
close(int fd)
{
    /* The descriptor is gone all the same, as Linux has it. */
    bool fails = strikes("close", "", fd);
    int result = (int)syscall(SYS_close, fd);

    return fails && strcmp(what, "short") != 0 ? fail() : result;
}

static ssize_t
write_pieces(int fd, const struct iovec *piece, int pieces)
{
    struct iovec first = *piece;
    ssize_t wrote;
    /* Not between processes that wait for each other. */
    bool locks = record >= 0 && is_file(fd);

    if (strikes("write", "", fd)) {
        if (strcmp(what, "short") != 0)
            return fail();
        first.iov_len = first.iov_len > 0;
        piece = &first;
        pieces = 1;
    }
    if (locks)
        lock_record();
    wrote = syscall(SYS_writev, fd, piece, pieces);
    if (locks)
        put_written(fd, -1, piece, pieces, wrote);
    if (locks)
        unlock_record();
    return wrote;
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
    return write_pieces(fd, &(struct iovec){(void *)bytes, len}, 1);
}

ssize_t
writev(int fd, const struct iovec *piece, int pieces)
{
    return write_pieces(fd, piece, pieces);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
    const struct iovec piece = {(void *)bytes, len};
    ssize_t wrote;

    if (strikes("write", "", fd) && strcmp(what, "short") != 0)
        return fail();
    lock_record();
    wrote = syscall(SYS_pwrite64, fd, bytes, len, offset);
    put_written(fd, offset, &piece, 1, wrote);
    unlock_record();
    return wrote;
}

int
fsync(int fd)
{
    char name[64], path[512] = "";
    int result;

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (readlink(name, path, sizeof path - 1) < 0)
        path[0] = '\0';
    if (strikes("fsync", path, fd))
        return fail();
    lock_record();
    result = (int)syscall(SYS_fsync, fd);
    if (result == 0)
        put_inode('S', fd, 0);
    unlock_record();
    return result;
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    const struct iovec names[2] = {{(void *)name_in(from), strlen(name_in(from)) + 1},
                                   {(void *)name_in(to), strlen(name_in(to))}};
    int result;

    if (strikes("rename", to, -1))
        return fail();
    lock_record();
    result = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    if (result == 0 && record >= 0)
        put('R', folder_of(from_dir, from), folder_of(to_dir, to), names, 2);
    unlock_record();
    return result;
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return renameat2(from_dir, from, to_dir, to, 0);
}

int
rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlinkat(int dir, const char *path, int flags)
{
    int result;

    if (strikes("unlink", path, -1))
        return fail();
    lock_record();
    result = (int)syscall(SYS_unlinkat, dir, path, flags);
    if (result == 0)
        put_name('U', dir, path, 0);
    unlock_record();
    return result;
}

int
unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int
ftruncate(int fd, off_t length)
{
    int result;

    if (strikes("truncate", "", fd))
        return fail();
    lock_record();
    result = (int)syscall(SYS_ftruncate, fd, length);
    if (result == 0)
        put_inode('T', fd, (uint64_t)length);
    unlock_record();
    return result;
}

int
truncate(const char *path, off_t length)
{
    struct stat st;
    int result;

    if (strikes("truncate", path, -1))
        return fail();
    lock_record();
    result = (int)syscall(SYS_truncate, path, length);
    if (result == 0 && stat(path, &st) == 0)
        put('T', st.st_ino, (uint64_t)length, NULL, 0);
    unlock_record();
    return result;
}

int
mkdir(const char *path, mode_t mode)
{
    struct stat st;
    int result;

    if (strikes("mkdir", path, -1))
        return fail();
    lock_record();
    result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (result == 0 && stat(path, &st) == 0)
        put_name('M', AT_FDCWD, path, st.st_ino);
    unlock_record();
    return result;
}

int
flock(int fd, int operation)
{
    if (!(operation & LOCK_UN) && strikes("lock", "", fd))
        return fail();
    return (int)syscall(SYS_flock, fd, operation);
}
