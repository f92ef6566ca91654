/*
 * step: running values: functions over the records of one key, in their order.
 *
 * A list is parsed once (`delta(x), avg(x) OVER (RANGE 10m) AS ma`) and then drives states: one
 * block of tp_steps_size() bytes a key, which the caller owns (aligned for any type, zeroed =
 * empty); what a state needs beyond its block it allocates, tp_steps_clear gives that back.
 *
 * Records are stepped through in the order of time. Those of one key and one time are peers: all of
 * them are entered before the first is stepped, so that a RANGE frame holds all of them (SQL's rule
 * for peers, and what Flink SQL does). ROWS frames and everything else go record by record. `lead`
 * looks at records that have not been stepped: whoever steps lets it.
 */
#ifndef TP_QUERY_STEP_H
#define TP_QUERY_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/expr.h"
#include "value/value.h"

struct tp_steps; /* opaque */

/* NULL with the reason and its place in TEXT. */
struct tp_steps *tp_steps_parse(struct tp_str text, struct tp_err *err);
void tp_steps_free(struct tp_steps *steps);

/* The distinct arguments, in the order in which enter and step want their values. Their text is
 * borrowed from STEPS; a caller compiles it, as a condition where it is one. */
size_t tp_steps_arguments(const struct tp_steps *steps);
struct tp_str tp_steps_argument(const struct tp_steps *steps, size_t i);
bool tp_steps_argument_is_condition(const struct tp_steps *steps, size_t i);

size_t tp_steps_columns(const struct tp_steps *steps);
struct tp_str tp_steps_column(const struct tp_steps *steps, size_t i);

/* The first function, as it was spelled, that looks at the time; len 0: none does. */
struct tp_str tp_steps_timed(const struct tp_steps *steps);

/* How far behind a record `lead` looks; 0: it does not. A record is stepped when all of its key
 * that are at most so much later are known. */
tp_duration tp_steps_ahead(const struct tp_steps *steps);

size_t tp_steps_size(const struct tp_steps *steps);

/*
 * Reads argument I of the record in SLOTS, in the form that its functions keep. Where *VALUE is
 * TP_JSON its bytes were appended to BYTES and its ptr is not set: the caller, who knows where the
 * bytes end up, sets it. -1 (TP_FAULT_RECORD) when EXPR fails or gives what a function does not
 * take.
 */
int tp_steps_read(const struct tp_steps *steps, size_t i, struct tp_expr *expr,
                  const struct tp_slot *slots, struct tp_buf *bytes, struct tp_value *value,
                  struct tp_err *err);

/* Enters a record into the RANGE frames. -1 when memory ran out. */
int tp_steps_enter(const struct tp_steps *steps, void *state, const struct tp_value *values,
                   tp_time time, struct tp_err *err);

/* A record: the values of its arguments and its time. */
struct tp_steps_row {
    const struct tp_value *values;
    tp_time time;
};

/* Finds the record of the same key number NTH (from 1) behind the one that is stepped. False: there
 * is none. */
typedef bool tp_steps_look(const void *context, int64_t nth, struct tp_steps_row *row);

/* LOOK may be NULL where nothing looks ahead. */
struct tp_steps_view {
    tp_steps_look *look;
    const void *context;
};

/*
 * Steps one record on and appends `"lag_x":1,"rate_x":0.5`: every column. 1: a result could not be
 * said (an integer sum beyond int64), is null, and ERR says why; -1: memory ran out.
 */
int tp_steps_step(const struct tp_steps *steps, void *state, struct tp_steps_row record,
                  struct tp_steps_view view, struct tp_buf *to, struct tp_err *err);

/* Bytes that STATE holds beyond its block, for --max-memory. */
size_t tp_steps_held(const struct tp_steps *steps, const void *state);

/* For saved state: STATE as a JSON array; and an empty state from that (valid JSON). -1: it is not
 * what was saved by this list, or memory ran out; clear it all the same. */
void tp_steps_save(const struct tp_steps *steps, const void *state, struct tp_buf *to);
int tp_steps_load(const struct tp_steps *steps, void *state, struct tp_str json,
                  struct tp_err *err);

/* ... and so the values of a record, which come back as tp_steps_read gives them. */
void tp_steps_save_values(const struct tp_steps *steps, const struct tp_value *values,
                          struct tp_buf *to);
int tp_steps_load_values(const struct tp_steps *steps, struct tp_str json, struct tp_buf *bytes,
                         struct tp_value *values, struct tp_err *err);

void tp_steps_clear(const struct tp_steps *steps, void *state);

#endif
