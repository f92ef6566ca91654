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
    SMALL_RUN = 4 * 1024,     /* below it copying is cheaper than a part of a write of its own */
    SMALL_REST = 16 * 1024,   /* below it copying is cheaper than a write of its own */
    FILE_GATHER = 256 * 1024, /* bytes that call for a write, elsewhere */
    PIPE_GATHER = PIPE_WRITE, /* and on pipes */
    RUNS_MAX = 64,
};

/* Stands before byte AT of the buffer. */
struct run {
    size_t at;
    struct tp_str bytes;
};

/* Unwritten, in the stream's order: the buffer's bytes, with the borrowed runs where they stand. */
struct tp_out {
    int fd;
    char *name;
    bool pipe, terminal, closed;
    int failed; /* errno of the failure that ended it, 0 while all is well */
    size_t write_most, gather;
    struct tp_buf buf;
    struct run *open; /* the last one, while nothing was put behind it; or NULL */
    size_t runs;
    size_t borrowed; /* bytes of all runs */
    uint64_t written;
    size_t sent, done; /* bytes of buf and runs that are written, while a verb writes */
    struct run run[RUNS_MAX];
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

static void
forget_runs(struct tp_out *out)
{
    out->runs = out->done = out->borrowed = 0;
    out->open = NULL;
}

static int
fail(struct tp_out *out, int why, struct tp_err *err)
{
    out->failed = why;
    tp_buf_clear(&out->buf);
    out->sent = 0;
    forget_runs(out);
    return failed(out, err);
}

static size_t
pending(const struct tp_out *out)
{
    return out->buf.len - out->sent + out->borrowed;
}

/* The parts of one write. */
struct parts {
    struct iovec part[2 * RUNS_MAX + 1];
    int count;
    size_t room; /* bytes that it may still take */
};

static void
add_part(struct parts *parts, const char *base, size_t at, size_t len)
{
    if (len > parts->room)
        len = parts->room;
    if (!len)
        return; /* there may be no base: not even 0 may be added to NULL */
    parts->part[parts->count++] = (struct iovec){(char *)base + at, len};
    parts->room -= len;
}

/* One write of what is pending. */
static ssize_t
write_some(const struct tp_out *out)
{
    struct parts parts;
    size_t at = out->sent;

    parts.count = 0;
    parts.room = out->write_most;
    for (size_t i = out->done; i < out->runs && parts.room; i++) {
        const struct run *run = &out->run[i];

        add_part(&parts, out->buf.ptr, at, run->at - at);
        add_part(&parts, run->bytes.ptr, 0, run->bytes.len);
        at = run->at;
    }
    add_part(&parts, out->buf.ptr, at, out->buf.len - at);
    if (parts.count == 1)
        return write(out->fd, parts.part[0].iov_base, parts.part[0].iov_len);
    return writev(out->fd, parts.part, parts.count);
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void
count_written(struct tp_out *out, size_t wrote)
{
    out->written += wrote;
    for (; out->done < out->runs; out->done++) {
        struct run *run = &out->run[out->done];
        size_t copied = smaller(wrote, run->at - out->sent);
        size_t lent = smaller(wrote - copied, run->bytes.len);

        out->sent += copied;
        run->bytes.ptr += lent;
        run->bytes.len -= lent;
        out->borrowed -= lent;
        wrote -= copied + lent;
        if (run->bytes.len)
            return;
    }
    out->sent += wrote;
}

/* The buffer is lent to the caller between verbs, so then all of it is unwritten. */
static void
forget_sent(struct tp_out *out)
{
    if (out->sent && out->sent < out->buf.len)
        memmove(out->buf.ptr, out->buf.ptr + out->sent, out->buf.len - out->sent);
    out->buf.len -= out->sent;
    for (size_t i = out->done; i < out->runs; i++) {
        out->run[i - out->done] = out->run[i];
        out->run[i - out->done].at -= out->sent;
    }
    out->runs -= out->done;
    out->sent = out->done = 0;
    out->open = NULL;
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

/* ---- the two ways in ---- */

/* Something else comes behind the open run. */
static int
close_run(struct tp_out *out, struct tp_err *err)
{
    struct run *run = out->open;

    if (out->failed)
        return failed(out, err);
    if (!run)
        return 0;
    out->open = NULL;
    if (run->bytes.len < SMALL_RUN) {
        tp_buf_put_str(&out->buf, run->bytes);
        out->borrowed -= run->bytes.len;
        out->runs--;
    }
    return out->runs < RUNS_MAX ? tp_out_check(out, err) : write_down_to(out, 0, err);
}

/* Moves the borrowed runs to their places in the buffer, the last one first. */
static void
move_in_runs(struct tp_out *out)
{
    char *bytes = out->buf.ptr;
    size_t end = out->buf.len, shift = out->borrowed;

    for (size_t i = out->runs; i-- > 0;) {
        const struct run *run = &out->run[i];

        memmove(bytes + run->at + shift, bytes + run->at, end - run->at);
        shift -= run->bytes.len;
        memcpy(bytes + run->at + shift, run->bytes.ptr, run->bytes.len);
        end = run->at;
    }
    out->buf.len += out->borrowed;
}

int
tp_out_settle(struct tp_out *out, struct tp_err *err)
{
    if (pending(out) >= out->gather && write_pieces(out, err))
        return -1;
    if (out->borrowed >= SMALL_REST && write_down_to(out, 0, err))
        return -1;
    if (out->runs && tp_buf_reserve(&out->buf, out->borrowed))
        move_in_runs(out);
    forget_runs(out);
    return tp_out_check(out, err);
}

int
tp_out_pass(struct tp_out *out, const char *ptr, size_t len, struct tp_err *err)
{
    struct run *open = out->open;

    if (open && open->bytes.ptr + open->bytes.len == ptr) {
        open->bytes.len += len;
        out->borrowed += len;
        return 0;
    }
    if (close_run(out, err))
        return -1;
    out->open = &out->run[out->runs++];
    *out->open = (struct run){out->buf.len, {ptr, len}};
    out->borrowed += len;
    return 0;
}

struct tp_buf *
tp_out_buf(struct tp_out *out, struct tp_err *err)
{
    return close_run(out, err) ? NULL : &out->buf;
}

int
tp_out_check(struct tp_out *out, struct tp_err *err)
{
    if (pending(out) < out->gather && !out->failed && !tp_buf_failed(&out->buf))
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
