#include "stream/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "stream/process.h"

enum {
    LAST_WORDS = 4096, /* so much of standard error is kept */
    LOOK_MS = 50,      /* for the end of a group that is not all ours */
};

struct tp_supervisor {
    int signals;   /* signalfd */
    sigset_t old;  /* the mask before */
    pid_t command; /* 0: none, or reaped */
    pid_t group;   /* 0: none, or gone */
    int status, signal;
    int errors, words; /* reading ends; -1: none */
    struct tp_buf said, told;
};

/* ---- signals ---- */

static sigset_t
our_signals(void)
{
    const int each[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        sigaddset(&set, each[i]);
    return set;
}

struct tp_supervisor *
tp_supervisor_new(struct tp_err *err)
{
    struct tp_supervisor *s = calloc(1, sizeof *s);
    sigset_t set = our_signals();

    if (!s) {
        tp_err_memory(err);
        return NULL;
    }
    s->errors = s->words = s->status = -1;
    sigprocmask(SIG_BLOCK, &set, &s->old);
    s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
        tp_err_system(err, "supervise");
        tp_supervisor_free(s);
        return NULL;
    }
    return s;
}

static void
close_pipes(struct tp_supervisor *s)
{
    if (s->errors >= 0)
        close(s->errors);
    if (s->words >= 0)
        close(s->words);
    s->errors = s->words = -1;
}

void
tp_supervisor_free(struct tp_supervisor *s)
{
    if (!s)
        return;
    close_pipes(s);
    if (s->signals >= 0)
        close(s->signals);
    sigprocmask(SIG_SETMASK, &s->old, NULL);
    tp_buf_release(&s->said);
    tp_buf_release(&s->told);
    free(s);
}

/* ---- starting ---- */

/* An error number, as posix_spawn's. */
static int
spawn(pid_t *pid, const char *const *words, int errors, int told)
{
    const struct tp_process_fd streams[] = {{errors, STDERR_FILENO}, {told, TP_SUPERVISE_FD}};
    const sigset_t usual = our_signals();
    const struct tp_process process = {
        .words = words,
        .fd = streams,
        .fds = 2,
        .empty_input = true,
        .own_group = true,
        .usual = &usual,
    };

    return tp_process_spawn(pid, &process);
}

/* The reading end is ours, and never waited for. */
static int
open_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int
tp_supervisor_start(struct tp_supervisor *s, const char *const *words, struct tp_err *err)
{
    int told[2] = {-1, -1}, errors[2] = {-1, -1}, failed = 0;

    close_pipes(s);
    tp_buf_clear(&s->said);
    tp_buf_clear(&s->told);
    s->status = -1;
    s->signal = 0;
    if (open_pipe(told) < 0 || (!isatty(STDERR_FILENO) && open_pipe(errors) < 0))
        failed = errno;
    if (!failed)
        failed = spawn(&s->command, words, errors[1], told[1]);
    s->words = told[0];
    s->errors = errors[0];
    if (told[1] >= 0)
        close(told[1]);
    if (errors[1] >= 0)
        close(errors[1]);
    s->group = failed ? 0 : s->command;
    if (!failed)
        return 0;
    s->command = 0;
    return tp_err_set(err, failed == ENOENT || failed == EACCES ? TP_FAULT_USAGE : TP_FAULT_MACHINE,
                      "%s: %s", words[0], strerror(failed));
}

/* ---- what is heard ---- */

static void
pass_on(struct tp_str bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(STDERR_FILENO, bytes.ptr, bytes.len);

        if (put < 0 && errno != EINTR)
            return; /* nowhere is left to complain */
        bytes.ptr += put > 0 ? put : 0;
        bytes.len -= put > 0 ? (size_t)put : 0;
    }
}

static void
keep_last_words(struct tp_supervisor *s)
{
    if (s->said.len > 2 * LAST_WORDS) {
        memmove(s->said.ptr, s->said.ptr + s->said.len - LAST_WORDS, LAST_WORDS);
        s->said.len = LAST_WORDS;
    }
}

/* Reads what is there from *FD; closes it at its end. */
static void
hear(struct tp_supervisor *s, int *fd, bool aloud)
{
    struct tp_buf *to = aloud ? &s->said : &s->told;
    char bytes[4096];
    ssize_t got;

    while (*fd >= 0 && (got = read(*fd, bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return;
        if (aloud)
            pass_on((struct tp_str){bytes, (size_t)got});
        if (aloud || to->len < LAST_WORDS)
            tp_buf_put(to, bytes, (size_t)got);
        if (aloud)
            keep_last_words(s);
    }
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- waiting ---- */

/* Reaps whoever has ended. True: the command was among them. */
static bool
reap(struct tp_supervisor *s)
{
    bool command = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != s->command)
            continue;
        command = true;
        s->command = 0;
        s->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return command;
}

/* A signal that asks us to stop; 0: none. */
static int
take_signals(struct tp_supervisor *s)
{
    struct signalfd_siginfo info;
    int asked = 0;

    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD)
            asked = (int)info.ssi_signo;
    return asked;
}

static int
poll_all(struct tp_supervisor *s, int timeout_ms, struct tp_err *err)
{
    struct pollfd fds[] = {
        {.fd = s->signals, .events = POLLIN},
        {.fd = s->errors, .events = POLLIN},
        {.fd = s->words, .events = POLLIN},
    };

    if (poll(fds, 3, timeout_ms) < 0 && errno != EINTR)
        return tp_err_system(err, "poll");
    hear(s, &s->errors, true);
    hear(s, &s->words, false);
    return 0;
}

/* The command is reaped: is nobody of its group left? */
static bool
is_gone(struct tp_supervisor *s)
{
    if (s->command > 0 || (s->group > 0 && kill(-s->group, 0) == 0))
        return false;
    s->group = 0;
    return true;
}

int
tp_supervisor_wait(struct tp_supervisor *s, int timeout_ms, struct tp_err *err)
{
    if (is_gone(s))
        return TP_SUPERVISE_GONE;
    if (s->command == 0 && timeout_ms > LOOK_MS)
        timeout_ms = LOOK_MS;
    if (poll_all(s, timeout_ms, err) < 0)
        return -1;
    s->signal = take_signals(s);
    if (reap(s)) {
        hear(s, &s->errors, true);
        hear(s, &s->words, false);
        return TP_SUPERVISE_ENDED;
    }
    if (s->signal)
        return TP_SUPERVISE_STOPPED;
    return is_gone(s) ? TP_SUPERVISE_GONE : TP_SUPERVISE_TIME;
}

int
tp_supervisor_pause(struct tp_supervisor *s, int timeout_ms, struct tp_err *err)
{
    struct pollfd fd = {.fd = s->signals, .events = POLLIN};
    int ready = poll(&fd, 1, timeout_ms);

    if (ready < 0 && errno != EINTR)
        return tp_err_system(err, "poll");
    s->signal = take_signals(s);
    reap(s);
    return s->signal ? TP_SUPERVISE_STOPPED : TP_SUPERVISE_TIME;
}

/* ---- answers ---- */

pid_t
tp_supervisor_group(const struct tp_supervisor *s)
{
    return s->group;
}

void
tp_supervisor_signal(struct tp_supervisor *s, int signal)
{
    if (s->group > 0)
        kill(-s->group, signal);
}

int
tp_supervisor_signal_got(const struct tp_supervisor *s)
{
    return s->signal;
}

int
tp_supervisor_status(const struct tp_supervisor *s)
{
    return s->status;
}

struct tp_str
tp_supervisor_said(const struct tp_supervisor *s)
{
    return tp_buf_str(&s->said);
}

struct tp_str
tp_supervisor_told(const struct tp_supervisor *s)
{
    return tp_buf_str(&s->told);
}
