#include "event/match.h"

int
tp_match_type_of(struct tp_str text, enum tp_match_type *type)
{
    static const char *const names[] = {"inner", "left", "right", "full", "semi", "anti"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tp_str_equal(text, tp_str_of(names[i]))) {
            *type = (enum tp_match_type)i;
            return 0;
        }
    return -1;
}

static const char *const ops[] = {"insert", "upsert", "retract", "update", "delete"};

struct tp_str
tp_match_op_text(enum tp_match_op op)
{
    return op == TP_MATCH_INSERT ? (struct tp_str){NULL, 0} : tp_str_of(ops[op]);
}

int
tp_match_op_of(struct tp_str text, enum tp_match_op *op)
{
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (tp_str_equal(text, tp_str_of(ops[i]))) {
            *op = (enum tp_match_op)i;
            return 0;
        }
    return -1;
}

int
tp_match_op_read(const struct tp_slot *slot, struct tp_buf *scratch, enum tp_match_op *op,
                 struct tp_err *err)
{
    struct tp_value value;

    *op = TP_MATCH_INSERT;
    if (slot->kind <= TP_SLOT_NULL)
        return 0;
    tp_buf_clear(scratch);
    value = tp_slot_value(slot, scratch);
    if (value.kind == TP_TEXT && tp_match_op_of(value.text, op) == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD,
                      "\"@op\" is not insert, upsert, retract, update or delete");
}

bool
tp_match_is_outer(enum tp_match_type type, enum tp_join_side side)
{
    if (type == TP_MATCH_FULL)
        return true;
    if (side == TP_JOIN_LEFT)
        return type == TP_MATCH_LEFT || type == TP_MATCH_ANTI;
    return type == TP_MATCH_RIGHT;
}

bool
tp_match_is_left_only(enum tp_match_type type)
{
    return type == TP_MATCH_SEMI || type == TP_MATCH_ANTI;
}

int
tp_match_settle(struct tp_match *match, struct tp_err *err)
{
    return match->way->settle ? match->way->settle(match, err) : 0;
}

int
tp_match_end(struct tp_match *match, enum tp_join_side side, struct tp_err *err)
{
    return match->way->end ? match->way->end(match, side, err) : 0;
}

tp_time
tp_match_forward(const struct tp_match *match, tp_time watermark)
{
    return match->way->forward ? match->way->forward(match, watermark) : watermark;
}

int
tp_match_save(struct tp_match *match, size_t parts, struct tp_save *save, struct tp_err *err)
{
    return match->way->save ? match->way->save(match, parts, save, err) : 0;
}

int
tp_match_load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err)
{
    if (match->way->load)
        return match->way->load(match, parts, line, err);
    return tp_err_set(err, TP_FAULT_MACHINE, "it holds records, and none are kept");
}

void
tp_match_loaded(struct tp_match *match)
{
    if (match->way->loaded)
        match->way->loaded(match);
}

int
tp_match_meets(const struct tp_match *match, struct tp_str left, struct tp_str right,
               struct tp_err *err)
{
    if (!match->sink.meets)
        return 1;
    return match->sink.meets(match->sink.context, left, right, err);
}

int
tp_match_rank(const struct tp_match *match, struct tp_str left, struct tp_str right,
              struct tp_str *rank, struct tp_err *err)
{
    *rank = (struct tp_str){NULL, 0};
    if (!match->sink.rank)
        return 1;
    return match->sink.rank(match->sink.context, left, right, rank, err);
}

int
tp_match_alone(const struct tp_match *match, enum tp_join_side side, tp_time time,
               enum tp_match_op op, struct tp_str line, struct tp_err *err)
{
    struct tp_match_row row = {.time = time, .op = op};

    if (side == TP_JOIN_LEFT)
        row.left = line;
    else
        row.right = line;
    return match->sink.row(match->sink.context, &row, err);
}
