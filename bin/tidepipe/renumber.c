#include "renumber.h"

#include "record/emit.h"
#include "record/member.h"
#include "value/num.h"

static int
put_number(const struct tp_slot *number, int64_t by, struct tp_buf *to, struct tp_err *err)
{
    char text[TP_NUM_MAX];
    int64_t moved;

    if (number->kind != TP_SLOT_INTEGER ||
        !tp_num_parse_int((struct tp_str){number->ptr, number->len}, &moved) ||
        __builtin_add_overflow(moved, by, &moved))
        return tp_err_set(err, TP_FAULT_MACHINE, "the number of a saved record is none");
    tp_buf_put(to, text, tp_num_write_int(text, moved));
    return 0;
}

static int
put_numbers(const struct tp_slot *array, int64_t by, struct tp_buf *to, struct tp_err *err)
{
    struct tp_members walk = tp_elements_open(tp_slot_json(array));
    struct tp_slot number;

    tp_buf_put_char(to, '[');
    for (bool any = false; tp_elements_next(&walk, &number); any = true) {
        if (any)
            tp_buf_put_char(to, ',');
        if (put_number(&number, by, to, err) < 0)
            return -1;
    }
    tp_buf_put_char(to, ']');
    return 0;
}

static int
put_moved(const struct tp_slot *value, int64_t by, struct tp_buf *to, struct tp_err *err)
{
    return value->kind == TP_SLOT_ARRAY ? put_numbers(value, by, to, err)
                                        : put_number(value, by, to, err);
}

int
renumber_line(struct tp_str line, const char *member, int64_t by, struct tp_buf *to,
              struct tp_err *err)
{
    struct tp_emit row = tp_emit_open(to);
    struct tp_members walk = tp_members_open(line);
    struct tp_member at;

    while (tp_members_next(&walk, &at)) {
        if (!tp_str_equal(at.name, tp_str_of(member))) {
            tp_emit_json(&row, at.name, tp_slot_json(&at.value));
            continue;
        }
        tp_emit_name(&row, at.name);
        if (put_moved(&at.value, by, to, err) < 0)
            return -1;
    }
    tp_emit_close(&row);
    return 0;
}
