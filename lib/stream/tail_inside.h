/*
 * tail_inside: what the parts of tail share.
 */
#ifndef TP_STREAM_TAIL_INSIDE_H
#define TP_STREAM_TAIL_INSIDE_H

#include <sys/types.h>
#include <time.h>

#include "stream/tail.h"
#include "value/time.h"

/* A packed file is read again up to a place: the last bytes before it must be those they were. */
struct tp_tail_recalled {
    bool expected, differs;
    struct tp_tail_place place;
    char back[TP_TAIL_BACK];
    size_t len;
};

struct tp_tail {
    char *name;
    bool follow;
    size_t max_line;
    struct tp_in *in;   /* being read; NULL: no file bears the name yet */
    struct tp_in *next; /* bears the name now; its turn comes */
    struct tp_tail_place place;
    uint64_t offset, turn;
    uint64_t skip_to;         /* lines that begin before it are dropped */
    bool idle;                /* its end was seen the last time */
    tp_time quiet_since;      /* by the steady clock, while idle */
    struct timespec modified; /* when it was last found unchanged */
    const char *news;
    pid_t child;      /* writes it; 0: none, or waited for */
    bool catching_up; /* a file that was rotated away is read, and then those behind it */
    struct tp_tail_recalled recalled;
    const char *state; /* only what is committed here; NULL: all */
    uint64_t limit;    /* ... which is so many bytes */
    bool spent;        /* what was read behind it is to be read again */
};

/* IN is read from now on. */
int tp_tail_take_up(struct tp_tail *tail, struct tp_in *in, struct tp_err *err);

/* The file at hand has ended: the next one's turn, if there is one yet. */
int tp_tail_switch_over(struct tp_tail *tail, struct tp_err *err);

/* The file of the tail's name; NULL when there is none, which is no failure (*FAILED). */
struct tp_in *tp_tail_open_named(const struct tp_tail *tail, bool *failed, struct tp_err *err);

/* Another file may bear the name by now. */
int tp_tail_look_at_name(struct tp_tail *tail, struct tp_err *err);

/* Before a file is read on whose end was seen: is it still the one that was read? */
int tp_tail_look_at_file(struct tp_tail *tail, struct tp_err *err);

/* The end of the file at hand, for now. 1: something has changed, 0: not, -1: failure. */
int tp_tail_at_end_for_now(struct tp_tail *tail, struct tp_err *err);

int tp_tail_say_other(const struct tp_tail *tail, uint64_t offset, struct tp_err *err);

/* BLOCK, from byte FROM on, is read again. */
void tp_tail_recall(struct tp_tail *tail, uint64_t from, struct tp_str block);

/* 1: something may be read, 0: all that is committed was, -1: failure. */
int tp_tail_look_at_commit(struct tp_tail *tail, struct tp_err *err);

/* How many of LEN bytes from byte FROM on may be given. */
size_t tp_tail_committed(struct tp_tail *tail, uint64_t from, size_t len);

/* The file was read to its end: is that not before what is committed? */
int tp_tail_check_committed(const struct tp_tail *tail, struct tp_err *err);

/* 1: IN is packed, 0: not, -1: reading failed. */
int tp_tail_looks_packed(const struct tp_in *in);

#endif
