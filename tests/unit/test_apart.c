/*
 * A child that works while we go on: what it says, what it holds, how it ends.
 */
#include "stream/apart.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "unit.h"

/* A child that does nothing until it reads a byte, or its end, from GO; then ends with RESULT. */
static void
begin(struct tp_apart *apart, int go, int result, const char *why)
{
    struct tp_err err = {.text = ""};
    int child = tp_apart_begin(apart, &err);
    char byte;

    CHECK(child >= 0);
    if (child == 0)
        return;
    if (read(go, &byte, 1) < 0)
        _exit(9);
    tp_err_set(&err, TP_FAULT_MACHINE, "%s", why);
    tp_apart_end(apart, result, &err);
}

static int
look_until_done(struct tp_apart *apart, struct tp_err *err)
{
    int busy;

    while ((busy = tp_apart_look(apart, err)) == 1)
        usleep(1000);
    return busy;
}

static void
says_how_it_went(void)
{
    struct tp_apart apart = {.pid = 0};
    struct tp_err err;
    int go[2];

    CHECK(pipe(go) == 0);
    CHECK(tp_apart_look(&apart, &err) == 0);
    begin(&apart, go[0], 0, "");
    CHECK(tp_apart_look(&apart, &err) == 1);
    CHECK(write(go[1], "x", 1) == 1);
    CHECK(look_until_done(&apart, &err) == 0 && apart.pid == 0);
    begin(&apart, go[0], -1, "the disk is full");
    CHECK(write(go[1], "x", 1) == 1);
    CHECK(look_until_done(&apart, &err) == -1 && apart.pid == 0);
    CHECK(strcmp(err.text, "the disk is full") == 0 && err.fault == TP_FAULT_MACHINE);
    begin(&apart, go[0], 0, "");
    kill(apart.pid, SIGKILL);
    CHECK(look_until_done(&apart, &err) == -1);
    CHECK_THAT(strstr(err.text, "signal 9"), "%s", err.text);
    close(go[0]), close(go[1]);
}

static void
is_stopped(void)
{
    struct tp_apart apart = {.pid = 0};
    pid_t pid;
    int go[2];

    CHECK(pipe(go) == 0);
    tp_apart_stop(&apart);
    begin(&apart, go[0], 0, "");
    pid = apart.pid;
    tp_apart_stop(&apart);
    CHECK(apart.pid == 0 && kill(pid, 0) < 0);
    close(go[0]), close(go[1]);
}

/* What keeps a stage's directory from a newcomer while the child of one that was killed lives. */
static void
holds_our_locks(void)
{
    char name[] = "/tmp/tp-apart-XXXXXX";
    struct tp_apart apart = {.pid = 0};
    int held = mkstemp(name), other = open(name, O_RDWR), go[2];

    CHECK(held >= 0 && other >= 0 && pipe(go) == 0);
    CHECK(flock(held, LOCK_EX | LOCK_NB) == 0);
    begin(&apart, go[0], 0, "");
    close(held);
    CHECK(flock(other, LOCK_EX | LOCK_NB) < 0);
    tp_apart_stop(&apart);
    CHECK(flock(other, LOCK_EX | LOCK_NB) == 0);
    close(other), close(go[0]), close(go[1]);
    unlink(name);
}

/* A parent that dies takes its child along: the pipe's other end closes. */
static void
dies_with_us(void)
{
    int ends[2];
    pid_t parent;
    char byte;

    CHECK(pipe(ends) == 0);
    parent = fork();
    if (parent == 0) {
        struct tp_apart apart = {.pid = 0};
        struct tp_err err;

        close(ends[0]);
        if (tp_apart_begin(&apart, &err) == 1)
            for (;;)
                pause();
        raise(SIGKILL);
    }
    close(ends[1]);
    CHECK(read(ends[0], &byte, 1) == 0);
    close(ends[0]);
}

/* What a thread is given: waits for a byte, then ends with RESULT. */
struct errand {
    int go[2];
    int result;
    bool blocked; /* SIGTERM was, for it */
};

static int
run_errand(void *self, struct tp_err *err)
{
    struct errand *errand = self;
    sigset_t mask;
    char byte;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    errand->blocked = sigismember(&mask, SIGTERM) == 1;
    if (read(errand->go[0], &byte, 1) != 1)
        return tp_err_system(err, "pipe");
    return errand->result == 0 ? 0 : tp_err_set(err, TP_FAULT_MACHINE, "the disk is full");
}

static void
a_thread_says_how_it_went(void)
{
    struct tp_apart apart = {.pid = 0};
    struct errand errand = {.result = 0};
    struct tp_err err;
    sigset_t mask;

    CHECK(pipe(errand.go) == 0);
    CHECK(tp_apart_thread(&apart, run_errand, &errand, &err) == 0);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK(sigismember(&mask, SIGTERM) == 0);
    CHECK(tp_apart_look(&apart, &err) == 1);
    CHECK(write(errand.go[1], "x", 1) == 1);
    CHECK(look_until_done(&apart, &err) == 0 && errand.blocked);
    CHECK(tp_apart_look(&apart, &err) == 0);
    errand.result = -1;
    CHECK(tp_apart_thread(&apart, run_errand, &errand, &err) == 0);
    CHECK(write(errand.go[1], "x", 1) == 1);
    CHECK(look_until_done(&apart, &err) == -1);
    CHECK(strcmp(err.text, "the disk is full") == 0 && err.fault == TP_FAULT_MACHINE);
    CHECK(tp_apart_thread(&apart, run_errand, &errand, &err) == 0);
    CHECK(write(errand.go[1], "x", 1) == 1);
    tp_apart_stop(&apart); /* waits for it */
    CHECK(tp_apart_look(&apart, &err) == 0);
    close(errand.go[0]), close(errand.go[1]);
}

int
main(void)
{
    RUN(says_how_it_went);
    RUN(is_stopped);
    RUN(holds_our_locks);
    RUN(dies_with_us);
    RUN(a_thread_says_how_it_went);
    return unit_end();
}
