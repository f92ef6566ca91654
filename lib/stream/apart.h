/*
 * apart: a piece of work that a child does on a copy of our memory, while we go on.
 *
 *     switch (tp_apart_begin(&apart, &err)) {
 *     case 1: tp_apart_end(&apart, do_it(&err), &err);   the child: does not come back
 *     case 0: ...                                        we go on, and look at times
 *     }
 *
 * The child has our memory as it was, and our descriptors, but for standard input and output: who
 * reads our output sees its end when we close it. It holds the locks that we hold (flock's belong
 * to the open file), so that who waits for them waits for it, too. It is killed when we die.
 *
 * A fork makes us copy each page that we write to while the child lives, and breaks up huge pages
 * for good. Work that only waits for the disk is for a thread: tp_apart_thread.
 */
#ifndef TP_STREAM_APART_H
#define TP_STREAM_APART_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* All zero: nobody is at work. */
struct tp_apart {
    pid_t pid;  /* of the child; 0: none */
    int report; /* what it has to say comes here; in the child: goes there */

    bool threaded; /* or a thread is */
    pthread_t thread;
    int (*work)(void *self, struct tp_err *err);
    void *self;
    int result;
    struct tp_err err;
};

/* 1 in the child, 0 in us, -1: there is none. Nobody may be at work. */
int tp_apart_begin(struct tp_apart *apart, struct tp_err *err);

/* WORK is done by a thread, which gets none of our signals. It may touch nothing that we touch
 * before tp_apart_look says that it is done, and APART stays where it is. -1: there is none. */
int tp_apart_thread(struct tp_apart *apart, int (*work)(void *self, struct tp_err *err), void *self,
                    struct tp_err *err);

/* The child ends: RESULT is 0, or -1 with the reason in ERR. */
_Noreturn void tp_apart_end(const struct tp_apart *apart, int result, const struct tp_err *err);

/* 1: it is still at work; 0: it is done, or nobody was; -1: it failed, with its reason. */
int tp_apart_look(struct tp_apart *apart, struct tp_err *err);

/* Kills it, if it is at work and a child, and waits until it is gone. */
void tp_apart_stop(struct tp_apart *apart);

#endif
