/* Functions of a record and the one before it: delta, rate, ewma, alarm. */
#include <math.h>

#include "query/step_list.h"
#include "query/step_state.h"
#include "record/emit.h"
#include "value/num.h"

/* ---- delta, rate: x - lag(x), as SQL has it ---- */

struct previous {
    struct tp_value value; /* all zero is NULL */
    tp_time time;
};

static double
as_double(struct tp_value value)
{
    return value.kind == TP_INT ? (double)value.integer : value.real;
}

static bool
is_exact(struct tp_value value)
{
    return value.kind == TP_INT || value.scale != TP_NO_SCALE;
}

/* A - B, exact where both are integers or short decimals; *SUM is that, else *REAL. */
static bool
subtract(struct tp_value a, struct tp_value b, struct tp_sum *sum, double *real)
{
    if (!is_exact(a) || !is_exact(b)) {
        *real = as_double(a) - as_double(b);
        return false;
    }
    *sum = (struct tp_sum){0};
    tp_sum_add(sum, a);
    tp_sum_subtract(sum, b);
    *real = tp_sum_real(sum);
    return true;
}

static int
write_delta(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    struct previous *previous = cell;
    struct tp_value now = row->values[column->argument], then = previous->value;
    struct tp_sum sum;
    double real;

    previous->value = now;
    if (now.kind == TP_NULL || then.kind == TP_NULL)
        TP_BUF_PUT(to, "null");
    else if (!subtract(now, then, &sum, &real))
        tp_emit_value(to, tp_real(real));
    else if (tp_sum_write(&sum, to) < 0)
        return tp_err_set(err, TP_FAULT_RECORD, "%.*s: the difference is beyond 64 bits",
                          (int)column->spelled.len, column->spelled.ptr);
    return 0;
}

static int
write_rate(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    struct previous *previous = cell;
    struct tp_value now = row->values[column->argument], then = previous->value;
    double ns = (double)((__int128)row->time - previous->time), real;
    struct tp_sum sum;

    (void)err;
    *previous = (struct previous){now, row->time};
    if (now.kind == TP_NULL || then.kind == TP_NULL || ns == 0) {
        TP_BUF_PUT(to, "null");
        return 0;
    }
    subtract(now, then, &sum, &real);
    tp_emit_value(to, tp_real(real / (ns / (double)TP_SECOND)));
    return 0;
}

static void
save_previous(const void *cell, struct tp_buf *to)
{
    const struct previous *previous = cell;

    tp_buf_put_char(to, '[');
    tp_step_put_value(to, previous->value);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, previous->time);
    tp_buf_put_char(to, ']');
}

static bool
load_previous(void *cell, struct tp_agg_reader *from)
{
    struct previous *previous = cell;
    struct tp_value value;

    if (!tp_agg_read_char(from, '[') || !tp_step_read_value(from, &value) ||
        value.kind == TP_TEXT || !tp_agg_read_char(from, ',') ||
        !tp_agg_read_int(from, &previous->time))
        return false;
    previous->value = value;
    return tp_agg_read_char(from, ']');
}

const struct tp_step_function tp_step_delta = {
    .name = {"delta", 5},
    .form = TP_STEP_NUMBER,
    .size = sizeof(struct previous),
    .write = write_delta,
    .save = save_previous,
    .load = load_previous,
};

const struct tp_step_function tp_step_rate = {
    .name = {"rate", 4},
    .form = TP_STEP_NUMBER,
    .is_timed = true,
    .size = sizeof(struct previous),
    .write = write_rate,
    .save = save_previous,
    .load = load_previous,
};

/* ---- ewma ---- */

/*
 * The mean of all values so far, each weighted by 1/2 to the power of its age in half-lives: what
 * pandas' ewm(halflife=..., times=...).mean() gives (adjust=True). Unlike the recursion with one
 * constant it is right for uneven times, equal times, and at the start.
 */
struct ewma {
    double weighted, weights; /* as of `time` */
    tp_time time;
};

static int
write_ewma(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    struct ewma *e = cell;
    struct tp_value value = row->values[column->argument];

    (void)err;
    if (value.kind != TP_NULL) {
        double age = (double)((__int128)row->time - e->time) / (double)column->over.size;
        double decay = e->weights > 0 ? exp2(-age) : 0;

        e->weighted = (e->weights > 0 ? e->weighted * decay : 0) + as_double(value);
        e->weights = e->weights * decay + 1;
        e->time = row->time;
    }
    tp_emit_value(to, e->weights > 0 ? tp_real(e->weighted / e->weights) : tp_null());
    return 0;
}

static void
save_ewma(const void *cell, struct tp_buf *to)
{
    const struct ewma *e = cell;

    tp_buf_put_char(to, '[');
    tp_agg_put_real(to, e->weighted);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, e->weights);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, e->time);
    tp_buf_put_char(to, ']');
}

static bool
load_ewma(void *cell, struct tp_agg_reader *from)
{
    struct ewma *e = cell;

    return tp_agg_read_char(from, '[') && tp_agg_read_real(from, &e->weighted) &&
           tp_agg_read_char(from, ',') && tp_agg_read_real(from, &e->weights) &&
           tp_agg_read_char(from, ',') && tp_agg_read_int(from, &e->time) &&
           tp_agg_read_char(from, ']');
}

const struct tp_step_function tp_step_ewma = {
    .name = {"ewma", 4},
    .form = TP_STEP_NUMBER,
    .is_timed = true,
    .size = sizeof(struct ewma),
    .write = write_ewma,
    .save = save_ewma,
    .load = load_ewma,
};

/* ---- alarm ---- */

struct alarm {
    bool is_raised, is_pending;
    tp_time since; /* pending: when the condition became true */
};

static bool
holds(struct tp_value condition)
{
    return condition.kind == TP_BOOL && condition.boolean;
}

/* The condition has been true, record by record, for long enough. */
static bool
is_due(const struct tp_step_column *column, struct alarm *alarm, const struct tp_step_row *row)
{
    if (!holds(row->values[column->argument])) {
        alarm->is_pending = false;
        return false;
    }
    if (!alarm->is_pending)
        alarm->since = row->time;
    alarm->is_pending = true;
    return (__int128)row->time - alarm->since >= column->over.size;
}

static bool
is_over(const struct tp_step_column *column, const struct tp_step_row *row)
{
    if (column->has_second)
        return holds(row->values[column->second]);
    return !holds(row->values[column->argument]);
}

static int
write_alarm(TP_STEP_COLUMN, const struct tp_step_row *row, struct tp_buf *to, struct tp_err *err)
{
    struct alarm *alarm = cell;

    (void)err;
    if (!alarm->is_raised)
        alarm->is_raised = is_due(column, alarm, row);
    else if (is_over(column, row))
        *alarm = (struct alarm){.is_raised = false};
    tp_emit_value(to, tp_bool(alarm->is_raised));
    return 0;
}

static void
save_alarm(const void *cell, struct tp_buf *to)
{
    const struct alarm *alarm = cell;

    tp_buf_printf(to, "[%s,%s,", alarm->is_raised ? "true" : "false",
                  alarm->is_pending ? "true" : "false");
    tp_agg_put_whole(to, alarm->since);
    tp_buf_put_char(to, ']');
}

static bool
load_alarm(void *cell, struct tp_agg_reader *from)
{
    struct alarm *alarm = cell;

    return tp_agg_read_char(from, '[') && tp_step_read_flag(from, &alarm->is_raised) &&
           tp_agg_read_char(from, ',') && tp_step_read_flag(from, &alarm->is_pending) &&
           tp_agg_read_char(from, ',') && tp_agg_read_int(from, &alarm->since) &&
           tp_agg_read_char(from, ']');
}

const struct tp_step_function tp_step_alarm = {
    .name = {"alarm", 5},
    .form = TP_STEP_CONDITION,
    .size = sizeof(struct alarm),
    .write = write_alarm,
    .save = save_alarm,
    .load = load_alarm,
};
