#include "stream/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "stream/in_fd.h"

enum {
    PIPE_WRITE = 64 * 1024,   /* a default pipe's whole size: the reader starts while we go on */
    FILE_WRITE = 1024 * 1024, /* at most this much a write elsewhere */
    SMALL_RUN = 16 * 1024,    /* below it copying is cheaper than a write of its own */
    FILE_GATHER = 256 * 1024, /* copied bytes that call for a write, elsewhere */
    PIPE_GATHER = PIPE_WRITE, /* and on pipes */
};

/* Unwritten, in the stream's order: the buffer, then the borrowed run. */
struct tp_out {
    int fd;
    char *name;
    bool pipe, terminal, closed;
    int failed; /* errno of the failure that ended it, 0 while all is well */
    size_t write_most, gather;
    struct tp_buf buf;
    size_t sent; /* bytes of buf that are written, while a verb writes */
    struct tp_str run;
    uint64_t written;
};

static int
inspect(struct tp_out *out)
{
    int flags = fcntl(out->fd, F_GETFL);
    struct stat st;

    if (flags < 0 || fstat(out->fd, &st))
        return -1;
    if ((flags & O_ACCMODE) == O_RDONLY) {
        errno = EBADF;
        return -1;
    }
    if (S_ISFIFO(st.st_mode))
        tp_fd_enlarge_pipe(out->fd);
    out->pipe = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
    out->terminal = S_ISCHR(st.st_mode) && isatty(out->fd);
    out->write_most = out->pipe ? PIPE_WRITE : FILE_WRITE;
    out->gather = out->pipe ? PIPE_GATHER : FILE_GATHER;
    return 0;
}

struct tp_out *
tp_out_new(int fd, const char *name, struct tp_err *err)
{
    struct tp_out *out = calloc(1, sizeof *out);

    if (out)
        out->name = strdup(name);
    if (!out || !out->name) {
        tp_out_free(out);
        tp_err_memory(err);
        return NULL;
    }
    out->fd = fd;
    if (inspect(out)) {
        tp_err_system(err, name);
        tp_out_free(out);
        return NULL;
    }
    return out;
}

void
tp_out_free(struct tp_out *out)
{
    if (!out)
        return;
    tp_buf_release(&out->buf);
    free(out->name);
    free(out);
}

/* ---- writing ---- */

static int
failed(struct tp_out *out, struct tp_err *err)
{
    errno = out->failed;
    return out->failed == ENOMEM ? tp_err_memory(err) : tp_err_system(err, out->name);
}

static int
fail(struct tp_out *out, int why, struct tp_err *err)
{
    out->failed = why;
    tp_buf_clear(&out->buf);
    out->sent = 0;
    out->run.len = 0;
    return failed(out, err);
}

static size_t
pending(const struct tp_out *out)
{
    return out->buf.len - out->sent + out->run.len;
}

/* One write of what is pending: the buffer's bytes and then the run's. */
static ssize_t
write_some(const struct tp_out *out)
{
    size_t most = out->write_most;
    size_t there = out->buf.len - out->sent;
    size_t from_buf = there < most ? there : most;
    size_t from_run = out->run.len < most - from_buf ? out->run.len : most - from_buf;
    struct iovec part[2] = {
        {out->buf.ptr + out->sent, from_buf},
        {(void *)out->run.ptr, from_run},
    };

    if (!from_buf)
        return write(out->fd, out->run.ptr, from_run);
    if (!from_run)
        return write(out->fd, out->buf.ptr + out->sent, from_buf);
    return writev(out->fd, part, 2);
}

static void
count_written(struct tp_out *out, size_t wrote)
{
    size_t there = out->buf.len - out->sent;
    size_t from_buf = wrote < there ? wrote : there;

    out->sent += from_buf;
    out->written += wrote;
    if (wrote == from_buf)
        return; /* there may be no run: not even 0 may be added to NULL */
    out->run.ptr += wrote - from_buf;
    out->run.len -= wrote - from_buf;
}

/* The buffer is lent to the caller between verbs, so then all of it is unwritten. */
static void
forget_sent(struct tp_out *out)
{
    if (out->sent && out->sent < out->buf.len)
        memmove(out->buf.ptr, out->buf.ptr + out->sent, out->buf.len - out->sent);
    out->buf.len -= out->sent;
    out->sent = 0;
}

/* Writes until no more than LEFT bytes are pending. */
static int
write_down_to(struct tp_out *out, size_t left, struct tp_err *err)
{
    if (out->failed)
        return failed(out, err);
    if (tp_buf_failed(&out->buf))
        return fail(out, ENOMEM, err);
    while (pending(out) > left) {
        ssize_t wrote = write_some(out);

        if (wrote >= 0)
            count_written(out, (size_t)wrote);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            tp_fd_wait_writable(out->fd);
        else if (errno != EINTR)
            return fail(out, errno, err);
    }
    forget_sent(out);
    return 0;
}

/* Writes whole pieces of the size that pipes like; a rest waits for company. */
static int
write_pieces(struct tp_out *out, struct tp_err *err)
{
    return write_down_to(out, out->pipe ? PIPE_WRITE - 1 : 0, err);
}

static void
copy_run(struct tp_out *out)
{
    tp_buf_put_str(&out->buf, out->run);
    out->run.len = 0;
}

/* ---- the two ways in ---- */

int
tp_out_settle(struct tp_out *out, struct tp_err *err)
{
    if (out->run.len >= SMALL_RUN && write_pieces(out, err))
        return -1;
    if (out->run.len >= SMALL_RUN && write_down_to(out, 0, err))
        return -1;
    copy_run(out);
    return tp_out_check(out, err);
}

int
tp_out_pass(struct tp_out *out, const char *ptr, size_t len, struct tp_err *err)
{
    if (out->run.len && out->run.ptr + out->run.len == ptr) {
        out->run.len += len;
        return 0;
    }
    if (tp_out_settle(out, err))
        return -1;
    out->run = (struct tp_str){ptr, len};
    return 0;
}

struct tp_buf *
tp_out_buf(struct tp_out *out, struct tp_err *err)
{
    if (out->run.len ? tp_out_settle(out, err) : out->failed && failed(out, err))
        return NULL;
    return &out->buf;
}

int
tp_out_check(struct tp_out *out, struct tp_err *err)
{
    if (out->buf.len < out->gather && !out->failed && !tp_buf_failed(&out->buf))
        return 0;
    return write_pieces(out, err);
}

int
tp_out_flush(struct tp_out *out, struct tp_err *err)
{
    return write_down_to(out, 0, err);
}

int
tp_out_close(struct tp_out *out, struct tp_err *err)
{
    int result;

    if (out->closed)
        return 0;
    out->closed = true;
    result = tp_out_flush(out, err);
    /* EINTR: Linux has closed it all the same, and it must not be tried again. */
    if (close(out->fd) && errno != EINTR && !result)
        result = fail(out, errno, err);
    return result;
}

/* ---- questions ---- */

bool
tp_out_pending(const struct tp_out *out)
{
    return pending(out) > 0;
}

uint64_t
tp_out_bytes(const struct tp_out *out)
{
    return out->written + pending(out);
}

bool
tp_out_is_pipe(const struct tp_out *out)
{
    return out->pipe;
}

bool
tp_out_is_terminal(const struct tp_out *out)
{
    return out->terminal;
}
