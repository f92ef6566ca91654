/*
 * The minimum over inputs or partitions, in saved state.
 */
#include "event/watermark.h"
#include "record/member.h"
#include "value/num.h"

void
tp_minimum_save(struct tp_minimum *minimum, struct tp_buf *to)
{
    tp_buf_printf(to, "[%lld", (long long)tp_minimum_watermark(minimum));
    for (int i = 0; i < tp_minimum_count(minimum); i++) {
        enum tp_minimum_state state;
        tp_time member = tp_minimum_member(minimum, i, &state);

        tp_buf_printf(to, ",[%lld,%d]", (long long)member, (int)state);
    }
    tp_buf_put_char(to, ']');
}

static bool
read_integer(struct tp_members *walk, int64_t *integer)
{
    struct tp_slot value;

    return tp_elements_next(walk, &value) && value.kind == TP_SLOT_INTEGER &&
           tp_num_parse_int((struct tp_str){value.ptr, value.len}, integer);
}

static bool
read_member(const struct tp_slot *pair, tp_time *member, enum tp_minimum_state *state)
{
    struct tp_members walk;
    int64_t number;

    if (pair->kind != TP_SLOT_ARRAY)
        return false;
    walk = tp_elements_open(tp_slot_json(pair));
    if (!read_integer(&walk, member) || !read_integer(&walk, &number) || number < 0 ||
        number > TP_MINIMUM_ENDED)
        return false;
    *state = (enum tp_minimum_state)number;
    return true;
}

struct tp_minimum *
tp_minimum_load(struct tp_str array, struct tp_err *err)
{
    struct tp_minimum *minimum = tp_minimum_new();
    struct tp_members walk = tp_elements_open(array);
    enum tp_minimum_state state;
    struct tp_slot pair;
    tp_time time;

    if (!minimum || !read_integer(&walk, &time)) {
        tp_minimum_free(minimum);
        tp_err_set(err, TP_FAULT_MACHINE, "a saved watermark: not as it is written");
        return NULL;
    }
    tp_minimum_resume(minimum, time);
    while (tp_elements_next(&walk, &pair)) {
        if (read_member(&pair, &time, &state) && tp_minimum_rejoin(minimum, time, state) >= 0)
            continue;
        tp_minimum_free(minimum);
        tp_err_set(err, TP_FAULT_MACHINE, "a saved watermark: not as it is written");
        return NULL;
    }
    return minimum;
}
