#include "stream/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "stream/in_fd.h"
#include "stream/process.h"

enum {
    READ_SIZE = 128 * 1024, /* most of one read(2) */
    NAME_SIZE = 80,         /* a name longer than this is cut */
};

struct tp_child {
    struct tp_buf name;
    pid_t pid;
    bool runs;      /* it was not waited for yet */
    int in, out;    /* its standard input, to write, and output, to read; -1: closed */
    bool input_end; /* close its input when all is sent */
    struct tp_buf fed;
    size_t sent; /* of `fed` */
    struct tp_buf got;
    size_t taken;    /* of `got`, as lines */
    size_t searched; /* of `got`, for a newline */
    size_t max_line;
};

/* ---- starting ---- */

/* The words on one line, cut where a character begins. */
static void
make_name(struct tp_buf *name, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (i > 0)
            tp_buf_put_char(name, ' ');
        for (const char *p = words[i]; *p; p++) {
            if (name->len >= NAME_SIZE && ((unsigned char)*p & 0xc0) != 0x80) {
                TP_BUF_PUT(name, "...");
                return;
            }
            tp_buf_put_char(name, (unsigned char)*p < ' ' ? ' ' : *p);
        }
    }
}

static int
start(struct tp_child *child, const char *const *words, struct tp_err *err)
{
    const char *const shell[] = {"/bin/sh", "-c", words[0], NULL};
    const char *name = tp_buf_text(&child->name);
    int to[2], from[2], result;

    if (tp_fd_pipe(to))
        return tp_err_system(err, name);
    if (tp_fd_pipe(from)) {
        tp_err_system(err, name);
        close(to[0]);
        close(to[1]);
        return -1;
    }
    child->in = to[1];
    child->out = from[0];
    result = tp_process_start(&child->pid, words[1] ? words : shell, to[0], from[1], name, err);
    close(to[0]);
    close(from[1]);
    if (result)
        return -1;
    child->runs = true;
    /* Only our ends: whether a descriptor blocks belongs to each end of the pipe. */
    if (fcntl(child->in, F_SETFL, O_NONBLOCK) || fcntl(child->out, F_SETFL, O_NONBLOCK))
        return tp_err_system(err, name);
    tp_fd_enlarge_pipe(child->in);
    tp_fd_enlarge_pipe(child->out);
    return 0;
}

struct tp_child *
tp_child_start(const char *const *words, size_t max_line, struct tp_err *err)
{
    struct tp_child *child = calloc(1, sizeof *child);

    if (!child) {
        tp_err_memory(err);
        return NULL;
    }
    child->in = child->out = -1;
    child->max_line = max_line;
    make_name(&child->name, words);
    if (tp_buf_failed(&child->name)) {
        tp_err_memory(err);
        tp_child_free(child);
        return NULL;
    }
    if (start(child, words, err)) {
        tp_child_free(child);
        return NULL;
    }
    return child;
}

static void
close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void
tp_child_free(struct tp_child *child)
{
    if (!child)
        return;
    close_end(&child->in);
    close_end(&child->out);
    tp_buf_release(&child->name);
    tp_buf_release(&child->fed);
    tp_buf_release(&child->got);
    free(child);
}

const char *
tp_child_name(const struct tp_child *child)
{
    return child->name.ptr;
}

/* ---- its input ---- */

size_t
tp_child_unsent(const struct tp_child *child)
{
    return child->fed.len - child->sent;
}

int
tp_child_feed(struct tp_child *child, struct tp_str bytes, struct tp_err *err)
{
    size_t unsent = tp_child_unsent(child);

    if (child->in < 0)
        return 0;
    if (child->sent >= unsent && child->sent > 0) {
        memmove(child->fed.ptr, child->fed.ptr + child->sent, unsent);
        child->fed.len = unsent;
        child->sent = 0;
    }
    tp_buf_put_str(&child->fed, bytes);
    return tp_buf_failed(&child->fed) ? tp_err_memory(err) : 0;
}

static void
close_input(struct tp_child *child)
{
    tp_buf_clear(&child->fed);
    child->sent = 0;
    close_end(&child->in);
}

void
tp_child_end_input(struct tp_child *child)
{
    child->input_end = true;
    if (tp_child_unsent(child) == 0)
        close_input(child);
}

/* 1: something was written, 0: it takes nothing now, -1: failed. A command may close its input
 * before the end (`head -n 1`): what that means is told by how it ends. */
static int
send_some(struct tp_child *child, struct tp_err *err)
{
    ssize_t wrote;

    if (tp_child_unsent(child) == 0)
        return 0;
    do
        wrote =
            tp_fd_write_shielded(child->in, child->fed.ptr + child->sent, tp_child_unsent(child));
    while (wrote < 0 && errno == EINTR);
    if (wrote < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return 0;
        if (errno != EPIPE)
            return tp_err_system(err, tp_child_name(child));
        close_input(child);
        return 1;
    }
    child->sent += (size_t)wrote;
    if (tp_child_unsent(child) > 0)
        return 1;
    if (child->input_end)
        close_input(child);
    tp_buf_clear(&child->fed);
    child->sent = 0;
    return 1;
}

/* ---- its output ---- */

/* 1: something was read, or the end, 0: there is nothing now, -1: failed. */
static int
receive_some(struct tp_child *child, struct tp_err *err)
{
    struct tp_buf *got = &child->got;
    ssize_t len;

    if (child->out < 0)
        return 0;
    if (child->taken > 0) {
        memmove(got->ptr, got->ptr + child->taken, got->len - child->taken);
        got->len -= child->taken;
        child->searched -= child->taken;
        child->taken = 0;
    }
    if (got->len > child->max_line)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: wrote a line longer than --max-line",
                          tp_child_name(child));
    if (!tp_buf_reserve(got, READ_SIZE))
        return tp_err_memory(err);
    do
        len = read(child->out, got->ptr + got->len, READ_SIZE);
    while (len < 0 && errno == EINTR);
    if (len < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0
                                                       : tp_err_system(err, tp_child_name(child));
    if (len == 0)
        close_end(&child->out);
    got->len += (size_t)len;
    return 1;
}

bool
tp_child_line(struct tp_child *child, struct tp_str *line)
{
    const struct tp_buf *got = &child->got;
    const char *newline = NULL;
    size_t end;

    if (child->searched < got->len)
        newline = memchr(got->ptr + child->searched, '\n', got->len - child->searched);
    child->searched = got->len;
    if (!newline && (child->out >= 0 || child->taken == got->len))
        return false;
    end = newline ? (size_t)(newline - got->ptr) : got->len;
    *line = (struct tp_str){got->ptr + child->taken, end - child->taken};
    child->taken = child->searched = end + (newline != NULL);
    return true;
}

bool
tp_child_ended(const struct tp_child *child)
{
    return child->out < 0;
}

bool
tp_child_is_deaf(const struct tp_child *child)
{
    return child->in < 0;
}

/* ---- both ---- */

static int
transfer(struct tp_child *child, struct tp_err *err)
{
    int sent = send_some(child, err);
    int received = sent < 0 ? -1 : receive_some(child, err);

    if (received < 0)
        return -1;
    return sent || received ? TP_CHILD_MOVED : 0;
}

int
tp_child_move(struct tp_child *child, int other, int timeout_ms, struct tp_err *err)
{
    int moved = transfer(child, err);
    struct pollfd poller[3]; /* poll skips negative descriptors */
    int ready;

    if (moved)
        return moved;
    poller[0] = (struct pollfd){.fd = child->out, .events = POLLIN};
    poller[1] = (struct pollfd){.fd = tp_child_unsent(child) ? child->in : -1, .events = POLLOUT};
    poller[2] = (struct pollfd){.fd = other, .events = POLLIN};
    do
        ready = poll(poller, 3, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return tp_err_system(err, "poll");
    moved = ready > 0 ? transfer(child, err) : 0;
    if (moved < 0)
        return -1;
    return moved | (ready > 0 && poller[2].revents ? TP_CHILD_OTHER : 0);
}

int
tp_child_wait(struct tp_child *child, struct tp_err *err)
{
    close_input(child);
    close_end(&child->out);
    child->runs = false;
    return tp_process_wait(child->pid, tp_child_name(child), err);
}

void
tp_child_stop(struct tp_child *child)
{
    if (child->runs)
        kill(child->pid, SIGTERM);
}
