/*
 * stage: the running filter: what the drivers and the functions of operator.h share. Private to
 * this floor.
 *
 * The way of a record: drive.c picks an input, input.c cuts its blocks into records, reads their
 * time and hands them to the operator; what the operator says becomes of the record is carried out
 * by stage.c (side streams, counts, output) and flow.c (watermarks, control lines, ends).
 * stage_begin.c is what comes before the first read, stage_end.c what comes after the last.
 */
#ifndef TP_FILTER_STAGE_H
#define TP_FILTER_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "event/watermark.h"
#include "filter/operator.h"
#include "filter/report.h"
#include "filter/settings.h"
#include "filter/side.h"
#include "filter/stage_state.h"
#include "record/control.h"
#include "record/scan.h"
#include "stream/in.h"
#include "stream/out.h"
#include "value/stamp.h"
#include "value/zone.h"

/* One FILE operand, or standard input. */
struct tp_input {
    struct tp_in *in;
    struct tp_str block; /* what is left of the block at hand */
    const char *block_start;
    uint64_t line_number;

    struct tp_bounded bounded; /* -d, where the input brings no watermarks of its own */
    tp_time watermark;
    struct tp_control barrier; /* the barrier it stands at, when at_barrier */

    bool waiting;    /* nothing was to be read the last time */
    bool spoke;      /* it had a control line */
    bool begun;      /* its first line was seen */
    bool timed;      /* it brings watermarks: `start`, or a timed one */
    bool said_end;   /* `end` was read */
    bool at_barrier; /* stands at `barrier` until the other inputs do */
    bool restoring;  /* ... which is its restore line */
    bool last;       /* its last barrier was read, which `barrier` then is */
    bool over;       /* complete: the operator and the minimum know */
    bool ended;      /* end of file */
    bool cut;        /* ended without saying so */
    bool idle;       /* said `idle`, and nothing since */
    bool may_speak;  /* control lines in it are control (always, but for text: see input.c) */

    uint64_t shift;   /* what is added to offsets that are told (mod 2^64): see flow.c */
    uint64_t mark;    /* the offset, so told, behind its last control line */
    uint64_t skipped; /* a file's: where it was gone on with */

    /* partial.c: the beginning of a record that a control line interrupted. */
    struct tp_buf partial;
    uint64_t partial_offset;
    bool in_partial;               /* the record at hand lies there */
    const char *limit, *block_end; /* the next control line in the block */
};

struct tp_counts {
    uint64_t in, used, late, rejected, filtered, duplicate, held;
    uint64_t rows;
};

enum tp_role { TP_ROLE_SOURCE, TP_ROLE_TRANSFORM, TP_ROLE_SINK };

struct tp_stage {
    const struct tp_operator *op;
    void *self;
    enum tp_role role;
    struct tp_settings settings;
    struct tp_report report;

    char **operand; /* before the FILEs */
    int operands;
    int own_operands; /* so many should be there */
    bool keeps_last;  /* tp_stage_keep_last */
    const char *last_operand;

    struct tp_input *input;
    int inputs;
    struct tp_minimum *minimum; /* over the inputs */
    int chosen;                 /* the only input that the operator wants to read now; -1: any */
    tp_time limit;              /* ... and the watermark beyond which one is held (--max-drift) */

    struct tp_scan *scan;
    struct tp_slot *slot;
    struct tp_wanted {
        struct tp_buf path; /* by which a user asked for it; empty: nobody did */
        bool maybe_text;    /* in double quotes, where a string may have been meant */
    } * wanted;             /* by slot, for "no record had member" */
    bool *seen;             /* by slot: some record had it */
    size_t slots, unseen;
    bool time_optional;
    int time_slot, change_slot; /* -1: none */
    struct tp_stamp *stamp;
    struct tp_zone *zone;
    struct tp_buf scratch;
    tp_time ahead_limit; /* event times beyond it are looked at closely (--max-ahead) */
    tp_duration max_ahead;
    bool has_now;
    tp_time now;      /* --now */
    tp_time arrival;  /* the clock, looked at for the block at hand */
    bool has_arrival; /* ... or not yet */

    struct tp_record record; /* the one at hand */
    struct tp_side side;
    struct tp_out *out;
    struct tp_counts count;
    struct tp_ledger upstream; /* what the inputs' `end` lines said */
    struct tp_err err;         /* why the last record was not used; why the run fails */
    tp_time late_limit, late_window_end;
    tp_time late_reached; /* what a late record came behind, where that is not a watermark */

    tp_duration delay;       /* behind the watermarks: our -d, or what `start` said; -1: unknown */
    tp_time forwarded;       /* the last watermark written */
    tp_duration waited;      /* spent waiting on empty inputs */
    tp_duration wake_at;     /* of `waited`, when the operator wants its tick; 0: never */
    tp_duration quiet_since; /* of `waited`, when the last record was read */
    bool writes_control;     /* standard output takes control lines */
    bool speaks;             /* ... and this stage has a reason to write them */
    bool said_start, said_none, said_idle;
    bool moved;       /* an input's watermark changed: look at the minimum */
    bool stopped;     /* tp_stage_stop */
    bool muted;       /* tp_stage_mute */
    uint64_t spoiled; /* results that could not be said */
    bool suspended, hinted;
    bool concluded; /* the last barrier went on: nothing follows */
    struct tp_state state;
};

/* --- stage_begin.c, stage_end.c ---------------------------------------------------------------*/

/* Everything before the first read; the exit status to leave with, or -1 to go on. */
int tp_stage_begin(struct tp_stage *stage, int argc, char **argv);

/* What tp_stage_begin made; also after it failed. */
void tp_stage_give_back(struct tp_stage *stage);

/* The records that this stage rejected, kept nowhere and does not tolerate. */
uint64_t tp_stage_lost(const struct tp_stage *stage);

/* Reports, closes and gives back everything; RESULT is 0, or -1 with the failure in stage->err.
 * Returns the exit status. */
int tp_stage_end(struct tp_stage *stage, int result);

/* --- stage.c ----------------------------------------------------------------------------------*/

/* Room in stage->wanted for so many slots; -1: no memory. */
int tp_stage_grow_wanted(struct tp_stage *stage, size_t slots);

/* A user asked for SLOT by PATH; MAYBE_TEXT: it stood in double quotes, as a string might. */
int tp_stage_note_wanted(struct tp_stage *stage, size_t slot, const struct tp_path *path,
                         bool maybe_text);

/* --- input.c ----------------------------------------------------------------------------------*/

/* Takes records of INPUT's block at hand until it is used up or another input's turn has come. */
int tp_input_take(struct tp_stage *stage, int which);

/* From now on records are judged by the watermark of input WHICH. */
void tp_input_judge(struct tp_stage *stage, int which);

/* A source's line of JSON at LINE: scans it and reads its time into s->record. The byte behind it,
 * or NULL with s->err. */
const char *tp_input_read_time(struct tp_stage *stage, const char *line, const char *end);

/* The next block, or the end, of an input. */
int tp_input_read(struct tp_stage *stage, int which);

/* The inputs that had nothing may have something now. */
void tp_input_look_again(struct tp_stage *stage);

/* The framed record [P, NEXT). */
int tp_input_take_frame(struct tp_stage *stage, int which, const char *p, const char *next);

/* --- partial.c --------------------------------------------------------------------------------*/

/* Where the next control line of the block begins, or END: no record goes beyond it. */
const char *tp_partial_limit(struct tp_input *input, const char *p, const char *end);

/* [P, LIMIT) is the beginning of a record, behind which a control line stands. */
int tp_partial_keep(struct tp_stage *stage, struct tp_input *input, const char *p,
                    const char *limit);

/* [P, LIMIT) goes on with what is kept; *NEXT is behind what was taken of it. */
int tp_partial_go_on(struct tp_stage *stage, int which, const char *p, const char *limit,
                     const char **next);

/* The input is complete: what is kept is all there will be. */
int tp_partial_end(struct tp_stage *stage, int which);

/* --- flow.c -----------------------------------------------------------------------------------*/

/* A control line of an input. */
int tp_flow_control(struct tp_stage *stage, int which, struct tp_str line);

/* An input goes on although it said that it was over: fills stage->err, returns -1. */
int tp_flow_after_end(struct tp_stage *stage, const struct tp_input *input);

/* End of file of an input. */
int tp_flow_input_end(struct tp_stage *stage, int which);

/* An input's watermark may have moved: looks at the minimum, lets the operator write what it
 * proves, forwards. */
int tp_flow_advance(struct tp_stage *stage);

/* Writes a watermark of our own, if it is new. */
int tp_flow_forward(struct tp_stage *stage, tp_time watermark);

int tp_flow_start(struct tp_stage *stage);
int tp_flow_finish(struct tp_stage *stage);

/* `start` or `none`, where this stage is the one to say it. */
int tp_flow_say_start(struct tp_stage *stage);

/* Writes a control line, where the stage writes any. */
int tp_flow_write(struct tp_stage *stage, const struct tp_control *control);

/* Input WHICH is complete; the whole stage is: what is left, and `end`. */
int tp_flow_input_over(struct tp_stage *stage, int which);
int tp_flow_complete(struct tp_stage *stage);

/* --- barrier.c --------------------------------------------------------------------------------*/

/* The first line of an input, a restore line or not: -1 when it should be one. */
int tp_barrier_first_line(struct tp_stage *stage, int which, bool is_restore);

/* A barrier of an input; it goes on when all inputs stand at it. */
int tp_barrier_take(struct tp_stage *stage, int which, const struct tp_control *control);
int tp_barrier_align(struct tp_stage *stage);

/* A source with state: goes back, says so. Then its barriers, as they are due. */
int tp_barrier_begin(struct tp_stage *stage);
int tp_barrier_due(struct tp_stage *stage);

/* The end of all: the last barrier, behind `end` when COMPLETE. */
int tp_barrier_conclude(struct tp_stage *stage, int64_t id, bool complete);

/* A tick that waits comes now. */
int tp_barrier_wake(struct tp_stage *stage);

#endif
