/* What the sources of query/step share: a parsed list, and what a function is. */
#ifndef TP_QUERY_STEP_LIST_H
#define TP_QUERY_STEP_LIST_H

#include <stdint.h>
#include <string.h>

#include "query/step.h"
#include "value/time.h"

/* How an argument is kept. */
enum tp_step_form {
    TP_STEP_NOTHING,   /* there is no argument */
    TP_STEP_NUMBER,    /* a number or NULL */
    TP_STEP_ANY,       /* only whether it is NULL */
    TP_STEP_JSON,      /* its JSON text, byte for byte where it is a member */
    TP_STEP_KEY,       /* the bytes of record/key: equal where the values are */
    TP_STEP_CONDITION, /* TRUE or not */
};

/* Which records an aggregate covers: those at most `size` rows or so long before this one. */
struct tp_step_frame {
    bool is_range;
    bool is_bounded;
    int64_t size; /* bounded: rows before this one, or ns */
};

struct tp_step_column {
    const struct tp_step_function *function;
    size_t argument, second;   /* numbers of the values; second: alarm's clear */
    bool has_second;           /* alarm: clear was given */
    struct tp_step_frame over; /* lag: how far back; lead: within; ewma: the half-life; twa: the
                                  stretch; alarm: for */
    bool has_frame;            /* OVER was written */
    int64_t ahead;             /* lead: how many records further on; `over`: within what time */
    struct tp_str name;        /* of the column */
    struct tp_str before;      /* `"name":` */
    struct tp_str spelled;
    size_t offset; /* of its cell in the state */
};

/* One record on its way through a cell. */
struct tp_step_row {
    const struct tp_value *values;
    tp_time time;
    int64_t number; /* of its key, from 1 */
    struct tp_steps_view view;
};

#define TP_STEP_COLUMN const struct tp_step_column *column, void *cell

struct tp_agg_reader; /* query/agg_state */

struct tp_step_function {
    struct tp_str name;
    enum tp_step_form form;
    bool may_count_all; /* takes no argument or `*` */
    bool takes_frame;
    bool is_timed; /* looks at the time, whatever the frame */
    size_t size;
    /* Takes the record in: called by enter for RANGE frames, just before `write` for others; NULL
     * where write does both. -1: memory. */
    int (*take)(TP_STEP_COLUMN, const struct tp_step_row *row);
    /* Appends the value. -1 and nothing appended when it cannot be said (ERR is filled), or memory
     * ran out (TP_FAULT_MACHINE). */
    int (*write)(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to,
                 struct tp_err *err);
    void (*clear)(void *cell);        /* NULL: nothing to give back */
    size_t (*held)(const void *cell); /* bytes that clear would give back; NULL with it */
    /* The cell as one JSON value; and an empty cell from that. False: it is not what save writes,
     * or memory ran out (from->memory); the cell can still be cleared. NULL: it keeps nothing. */
    void (*save)(const void *cell, struct tp_buf *to);
    bool (*load)(void *cell, struct tp_agg_reader *from);
};

/* NULL: no such. */
const struct tp_step_function *tp_step_function_find(struct tp_str name);
const char *tp_step_function_likest(struct tp_str name);

extern const struct tp_step_function tp_step_row_number, tp_step_lag, tp_step_lead, tp_step_delta,
    tp_step_rate, tp_step_sum, tp_step_avg, tp_step_min, tp_step_max, tp_step_count,
    tp_step_first_value, tp_step_last_value, tp_step_changed, tp_step_ewma, tp_step_alarm,
    tp_step_twa;

struct tp_step_argument {
    struct tp_str text;
    enum tp_step_form form;
    struct tp_str spelled; /* of a function that takes it, for messages */
};

struct tp_steps {
    char *text;
    struct tp_step_column *column;
    size_t columns;
    struct tp_step_argument *argument;
    size_t arguments;
    size_t size;
};

/* How many records a state has stepped: lies in front of the cells. */
static inline int64_t
tp_step_rows(const void *state)
{
    int64_t rows;

    memcpy(&rows, state, sizeof rows);
    return rows;
}

static inline void
tp_step_set_rows(void *state, int64_t rows)
{
    memcpy(state, &rows, sizeof rows);
}

/* The position of a record in a frame, and the first one that the frame still covers. */
static inline int64_t
tp_step_position(const struct tp_step_frame *frame, const struct tp_step_row *row)
{
    return frame->is_range ? row->time : row->number;
}

static inline int64_t
tp_step_low(const struct tp_step_frame *frame, int64_t position)
{
    int64_t low;

    return __builtin_sub_overflow(position, frame->size, &low) ? INT64_MIN : low;
}

#endif
