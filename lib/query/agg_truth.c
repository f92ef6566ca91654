/*
 * bool_and, bool_or: whether all, whether any.
 */
#include "query/agg_function.h"

/* Both functions read the same two facts. */
struct truth {
    bool some_true, some_false;
};

static int
truth_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct truth *truth = cell;

    (void)input;
    truth->some_true |= value->boolean;
    truth->some_false |= !value->boolean;
    return 0;
}

static int
truth_merge(void *into, const void *from, uint64_t seed)
{
    struct truth *truth = into;
    const struct truth *other = from;

    (void)seed;
    truth->some_true |= other->some_true;
    truth->some_false |= other->some_false;
    return 0;
}

static void
truth_save(const void *cell, struct tp_buf *to)
{
    const struct truth *truth = cell;

    tp_buf_put_char(to, '[');
    tp_agg_put_value(to, tp_bool(truth->some_true));
    tp_buf_put_char(to, ',');
    tp_agg_put_value(to, tp_bool(truth->some_false));
    tp_buf_put_char(to, ']');
}

static bool
truth_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct truth *truth = cell;
    struct tp_value some_true, some_false;

    (void)seed;
    if (!tp_agg_read_char(from, '[') || !tp_agg_read_value(from, &some_true) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_value(from, &some_false) ||
        some_true.kind != TP_BOOL || some_false.kind != TP_BOOL)
        return false;
    *truth = (struct truth){some_true.boolean, some_false.boolean};
    return tp_agg_read_char(from, ']');
}

const struct tp_agg_store tp_agg_truth_store = {
    .size = sizeof(struct truth),
    .align = _Alignof(struct truth),
    .accepts = TP_AGG_KIND(TP_BOOL),
    .wants = "a boolean",
    .add = truth_add,
    .merge = truth_merge,
    .save = truth_save,
    .load = truth_load,
};

static struct tp_value
unless_empty(const struct truth *truth, bool result)
{
    return truth->some_true || truth->some_false ? tp_bool(result) : tp_null();
}

TP_AGG_VALUE(tp_agg_bool_and_value)
{
    const struct truth *truth = cell;

    (void)quantile;
    (void)err;
    *value = unless_empty(truth, !truth->some_false);
    return 0;
}

TP_AGG_VALUE(tp_agg_bool_or_value)
{
    const struct truth *truth = cell;

    (void)quantile;
    (void)err;
    *value = unless_empty(truth, truth->some_true);
    return 0;
}
