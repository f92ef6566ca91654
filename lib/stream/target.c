#include "stream/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "stream/in_fd.h"
#include "stream/target_command.h"

/* Whole lines gather up to this and go out as one write. */
enum { GATHER = 64 * 1024 };

struct tp_target {
    char *name;
    int fd;
    bool ours;     /* close it in the end */
    bool regular;  /* a file, and not standard output's */
    bool shielded; /* a dead reader must be an error here, not SIGPIPE */
    bool is_command;
    int failed; /* errno of the write that failed; nothing is written after it */
    struct tp_command command;
    struct tp_buf buf;
};

/* ---- opening ---- */

static int
share_standard_output(struct tp_target *target)
{
    target->fd = STDOUT_FILENO;
    return fcntl(target->fd, F_GETFD) < 0 ? -1 : 0;
}

/* A regular file that is also standard output's would be written at two offsets, each overwriting
 * the other's lines. */
static bool
is_standard_output(int fd)
{
    struct stat st, standard;

    if (fstat(fd, &st) || fstat(STDOUT_FILENO, &standard))
        return false;
    return S_ISREG(st.st_mode) && st.st_dev == standard.st_dev && st.st_ino == standard.st_ino;
}

static int
open_file(struct tp_target *target, const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);

    if (fd < 0)
        return -1;
    if (is_standard_output(fd)) {
        close(fd);
        return share_standard_output(target);
    }
    target->fd = fd;
    target->ours = true;
    return 0;
}

/* What we were given at the start has no FD_CLOEXEC (exec would have closed it), what the library
 * opened has: so the user's number cannot mean a descriptor that happens to be ours. */
static int
open_descriptor(struct tp_target *target, int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (fd == STDOUT_FILENO)
        return share_standard_output(target);
    if (flags >= 0 && (flags & FD_CLOEXEC)) {
        errno = EBADF;
        return -1;
    }
    target->fd = flags < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    target->ours = true;
    return target->fd < 0 ? -1 : 0;
}

static int
open_by_grammar(struct tp_target *target, const char *spec, struct tp_err *err)
{
    int failed;

    if (*spec == '|') {
        const char *text = spec + 1 + strspn(spec + 1, " \t");

        if (!*text)
            return tp_err_set(err, TP_FAULT_USAGE, "target '%s': a command must follow", spec);
        if (tp_command_start(&target->command, text, spec, err))
            return -1;
        target->is_command = true;
        target->ours = true;
        target->fd = target->command.fd;
        return 0;
    }
    if (!*spec)
        return tp_err_set(err, TP_FAULT_USAGE, "a target must not be empty");
    if (!strcmp(spec, "-") || !strcmp(spec, "/dev/stdout"))
        failed = share_standard_output(target);
    else if (tp_fd_of_path(spec) >= 0)
        failed = open_descriptor(target, tp_fd_of_path(spec));
    else
        failed = open_file(target, spec);
    return failed ? tp_err_system(err, target->name) : 0;
}

/* Standard output's EPIPE kills as for every filter, whoever writes to it. */
static void
inspect(struct tp_target *target)
{
    struct stat st;

    if (target->fd == STDOUT_FILENO || fstat(target->fd, &st))
        return;
    target->shielded = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
    target->regular = S_ISREG(st.st_mode);
}

static void
free_target(struct tp_target *target)
{
    tp_buf_release(&target->buf);
    free(target->name);
    free(target);
}

static struct tp_target *
new_target(const char *name, struct tp_err *err)
{
    struct tp_target *target = calloc(1, sizeof *target);

    if (target)
        target->name = strdup(name);
    if (!target || !target->name) {
        free(target);
        tp_err_memory(err);
        return NULL;
    }
    target->fd = -1;
    return target;
}

struct tp_target *
tp_target_open(const char *spec, struct tp_err *err)
{
    struct tp_target *target = new_target(strcmp(spec, "-") ? spec : "standard output", err);

    if (!target)
        return NULL;
    if (open_by_grammar(target, spec, err)) {
        free_target(target);
        return NULL;
    }
    inspect(target);
    return target;
}

struct tp_target *
tp_target_open_file(const char *path, struct tp_err *err)
{
    struct tp_target *target = new_target(path, err);

    if (!target)
        return NULL;
    if (open_file(target, path)) {
        tp_err_system(err, path);
        free_target(target);
        return NULL;
    }
    inspect(target);
    return target;
}

int
tp_target_check_folder(struct tp_str folder, struct tp_err *err)
{
    char *path = folder.len ? strndup(folder.ptr, folder.len) : NULL;
    struct stat st;
    int failed;

    if (!path)
        return folder.len ? tp_err_memory(err) : 0;
    failed = stat(path, &st);
    if (failed)
        tp_err_system(err, path);
    free(path);
    return failed;
}

bool
tp_target_is_stream(const struct tp_target *target)
{
    return target->shielded;
}

bool
tp_target_is_regular(const struct tp_target *target)
{
    return target->regular;
}

const char *
tp_target_name(const struct tp_target *target)
{
    return target->name;
}

/* ---- writing ---- */

static int
failed(const struct tp_target *target, struct tp_err *err)
{
    errno = target->failed;
    return target->failed == ENOMEM ? tp_err_memory(err) : tp_err_system(err, target->name);
}

static int
fail(struct tp_target *target, int why, struct tp_err *err)
{
    target->failed = why;
    tp_buf_clear(&target->buf);
    return failed(target, err);
}

/* Whole lines, in one write(2) unless the system takes less. */
static int
write_out(struct tp_target *target, struct tp_str lines, struct tp_err *err)
{
    while (lines.len) {
        ssize_t wrote = target->shielded ? tp_fd_write_shielded(target->fd, lines.ptr, lines.len)
                                         : write(target->fd, lines.ptr, lines.len);

        if (wrote >= 0) {
            lines.ptr += wrote;
            lines.len -= (size_t)wrote;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            tp_fd_wait_writable(target->fd);
        } else if (errno != EINTR) {
            return fail(target, errno, err);
        }
    }
    return 0;
}

int
tp_target_flush(struct tp_target *target, struct tp_err *err)
{
    if (target->failed)
        return failed(target, err);
    if (write_out(target, tp_buf_str(&target->buf), err))
        return -1;
    tp_buf_clear(&target->buf);
    return 0;
}

int
tp_target_write(struct tp_target *target, struct tp_str line, struct tp_err *err)
{
    if (target->failed)
        return failed(target, err);
    if (target->buf.len + line.len > GATHER && tp_target_flush(target, err))
        return -1;
    if (line.len > GATHER)
        return write_out(target, line, err);
    tp_buf_put_str(&target->buf, line);
    return tp_buf_failed(&target->buf) ? fail(target, ENOMEM, err) : 0;
}

int
tp_target_length(struct tp_target *target, uint64_t *length, struct tp_err *err)
{
    struct stat st;

    if (tp_target_flush(target, err))
        return -1;
    if (fstat(target->fd, &st))
        return fail(target, errno, err);
    *length = (uint64_t)st.st_size;
    return 0;
}

int
tp_target_sync(struct tp_target *target, uint64_t *length, struct tp_err *err)
{
    struct stat st;

    if (tp_target_flush(target, err))
        return -1;
    if (fsync(target->fd) || fstat(target->fd, &st))
        return fail(target, errno, err);
    *length = (uint64_t)st.st_size;
    return 0;
}

int
tp_target_truncate(struct tp_target *target, uint64_t length, struct tp_err *err)
{
    struct stat st;

    if (fstat(target->fd, &st))
        return fail(target, errno, err);
    if ((uint64_t)st.st_size < length)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s is shorter than when its length was saved",
                          target->name);
    if ((uint64_t)st.st_size > length && ftruncate(target->fd, (off_t)length))
        return fail(target, errno, err);
    return 0;
}

/* A command's own failure explains more than the broken pipe that it left, so it is asked last and
 * its answer stands. */
int
tp_target_close(struct tp_target *target, struct tp_err *err)
{
    int result = tp_target_flush(target, err);

    /* EINTR: Linux has closed it all the same. */
    if (target->ours && close(target->fd) && errno != EINTR && !result)
        result = tp_err_system(err, target->name);
    if (target->is_command && tp_command_wait(&target->command, target->name, err))
        result = -1;
    free_target(target);
    return result;
}
