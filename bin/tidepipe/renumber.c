#include "renumber.h"

#include "record/emit.h"
#include "record/member.h"
#include "value/num.h"

/* What a number becomes: BY is added, or, where PART is there, it is that of what it named. */
struct renumbering {
    int64_t by;
    const struct part *part;
};

static int
refuse(struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "the number of a saved record is none");
}

static int
put_number(const struct tp_slot *number, const struct renumbering *how, struct tp_buf *to,
           struct tp_err *err)
{
    char text[TP_NUM_MAX];
    int64_t moved;

    if (number->kind != TP_SLOT_INTEGER ||
        !tp_num_parse_int((struct tp_str){number->ptr, number->len}, &moved))
        return refuse(err);
    if (how->part) {
        if (moved < 0 || (uint64_t)moved >= how->part->named_count)
            return refuse(err);
        moved = (int64_t)how->part->named[moved].place;
    } else if (__builtin_add_overflow(moved, how->by, &moved)) {
        return refuse(err);
    }
    tp_buf_put(to, text, tp_num_write_int(text, moved));
    return 0;
}

static int
put_numbers(const struct tp_slot *array, const struct renumbering *how, struct tp_buf *to,
            struct tp_err *err)
{
    struct tp_members walk = tp_elements_open(tp_slot_json(array));
    struct tp_slot number;

    tp_buf_put_char(to, '[');
    for (bool any = false; tp_elements_next(&walk, &number); any = true) {
        if (any)
            tp_buf_put_char(to, ',');
        if (put_number(&number, how, to, err) < 0)
            return -1;
    }
    tp_buf_put_char(to, ']');
    return 0;
}

static int
put_line(struct tp_str line, const char *member, const struct renumbering *how, struct tp_buf *to,
         struct tp_err *err)
{
    struct tp_emit row = tp_emit_open(to);
    struct tp_members walk = tp_members_open(line);
    struct tp_member at;
    int result;

    while (tp_members_next(&walk, &at)) {
        if (!tp_str_equal(at.name, tp_str_of(member))) {
            tp_emit_json(&row, at.name, tp_slot_json(&at.value));
            continue;
        }
        tp_emit_name(&row, at.name);
        result = at.value.kind == TP_SLOT_ARRAY ? put_numbers(&at.value, how, to, err)
                                                : put_number(&at.value, how, to, err);
        if (result < 0)
            return -1;
    }
    tp_emit_close(&row);
    return 0;
}

int
renumber_line(struct tp_str line, const char *member, int64_t by, struct tp_buf *to,
              struct tp_err *err)
{
    const struct renumbering how = {.by = by};

    return put_line(line, member, &how, to, err);
}

int
renumber_names(struct tp_str line, const char *member, const struct part *part, struct tp_buf *to,
               struct tp_err *err)
{
    const struct renumbering how = {.part = part};

    return put_line(line, member, &how, to, err);
}
