#include "stream/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ours is gone already when the system was asked too late to tell us. */
static void
die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

int
tp_apart_begin(struct tp_apart *apart, struct tp_err *err)
{
    int ends[2];
    pid_t parent = getpid(), pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return tp_err_system(err, "pipe");
    pid = fork();
    if (pid < 0) {
        tp_err_system(err, "fork");
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    if (pid > 0) {
        close(ends[1]);
        *apart = (struct tp_apart){.pid = pid, .report = ends[0]};
        return 0;
    }
    die_with(parent);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(ends[0]);
    *apart = (struct tp_apart){.report = ends[1]};
    return 1;
}

/* One write of less than PIPE_BUF bytes: all or nothing. _exit, since what is buffered, registered
 * or kept in files of ours is our parent's to write. */
_Noreturn void
tp_apart_end(const struct tp_apart *apart, int result, const struct tp_err *err)
{
    struct tp_err said = {.fault = TP_FAULT_NONE};

    if (result < 0) {
        said.fault = err->fault;
        said.at = err->at;
        memcpy(said.text, err->text, sizeof said.text);
    }
    if (write(apart->report, &said, sizeof said) != (ssize_t)sizeof said)
        _exit(EXIT_FAILURE);
    _exit(EXIT_SUCCESS);
}

static void *
do_work(void *self)
{
    struct tp_apart *apart = self;

    apart->result = apart->work(apart->self, &apart->err);
    return NULL;
}

int
tp_apart_thread(struct tp_apart *apart, int (*work)(void *self, struct tp_err *err), void *self,
                struct tp_err *err)
{
    sigset_t all, before;

    *apart = (struct tp_apart){.threaded = true, .work = work, .self = self};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&apart->thread, NULL, do_work, apart);
    apart->threaded = errno == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return apart->threaded ? 0 : tp_err_system(err, "pthread_create");
}

/* The thread has ended: what had it to say? */
static int
take_result(struct tp_apart *apart, struct tp_err *err)
{
    int result = apart->result;

    if (result < 0)
        tp_err_set(err, apart->err.fault, "%s", apart->err.text);
    *apart = (struct tp_apart){.pid = 0};
    return result;
}

/* The child has ended, with STATUS: what had it to say? */
static int
read_report(const struct tp_apart *apart, int status, struct tp_err *err)
{
    struct tp_err said;
    ssize_t got;

    while ((got = read(apart->report, &said, sizeof said)) < 0 && errno == EINTR)
        ;
    if (got == (ssize_t)sizeof said && said.fault == TP_FAULT_NONE)
        return 0;
    if (got == (ssize_t)sizeof said) {
        said.text[sizeof said.text - 1] = '\0';
        tp_err_set(err, said.fault, "%s", said.text);
        return -1;
    }
    if (WIFSIGNALED(status))
        return tp_err_set(err, TP_FAULT_MACHINE, "killed by signal %d", WTERMSIG(status));
    return tp_err_set(err, TP_FAULT_MACHINE, "ended without a word");
}

int
tp_apart_look(struct tp_apart *apart, struct tp_err *err)
{
    int status = 0, result;
    pid_t ended;

    if (apart->threaded)
        return pthread_tryjoin_np(apart->thread, NULL) != 0 ? 1 : take_result(apart, err);
    if (apart->pid == 0)
        return 0;
    while ((ended = waitpid(apart->pid, &status, WNOHANG)) < 0 && errno == EINTR)
        ;
    if (ended == 0)
        return 1;
    /* ECHILD: it was reaped for us, as where SIGCHLD is ignored; its report says how it ended. */
    result = read_report(apart, ended < 0 ? 0 : status, err);
    close(apart->report);
    *apart = (struct tp_apart){.pid = 0};
    return result;
}

void
tp_apart_stop(struct tp_apart *apart)
{
    if (apart->threaded) {
        pthread_join(apart->thread, NULL);
        *apart = (struct tp_apart){.pid = 0};
        return;
    }
    if (apart->pid == 0)
        return;
    kill(apart->pid, SIGKILL);
    while (waitpid(apart->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(apart->report);
    *apart = (struct tp_apart){.pid = 0};
}
