#include "query/party.h"

#include "record/emit.h"
#include "record/key.h"

void
tp_party_release(struct tp_party *party)
{
    tp_keys_release(&party->keys);
    tp_buf_release(&party->text);
}

int
tp_party_key(const struct tp_party *party, const struct tp_slot *slot, struct tp_buf *to,
             struct tp_str *key, const char **kind, struct tp_err *err)
{
    tp_buf_clear(to);
    if (tp_keys_make(&party->keys, slot, to, err) < 0)
        return -1;
    *key = tp_buf_str(to);
    for (size_t i = 0, at = 0; i < party->keys.count; i++) {
        const char *of = tp_key_kind(tp_key_next(tp_buf_str(to), party->keys.count, &at));

        if (i == 0)
            *kind = of;
        if (!of)
            *key = (struct tp_str){NULL, 0};
    }
    return 0;
}

void
tp_party_note(struct tp_party *party, struct tp_str key, const char *kind)
{
    if (!key.ptr) {
        party->nulls++;
        return;
    }
    party->keyed++;
    if (!party->kind)
        party->kind = kind;
    else if (party->kind != kind)
        party->kind = "";
}

int
tp_party_save(const struct tp_party *party, int which, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("side"), which);
    tp_emit_int(&line, TP_STR("records"), (int64_t)party->records);
    tp_emit_int(&line, TP_STR("keyed"), (int64_t)party->keyed);
    tp_emit_int(&line, TP_STR("nulls"), (int64_t)party->nulls);
    tp_emit_text(&line, TP_STR("kind"), party->kind ? tp_str_of(party->kind) : TP_STR("none"));
    tp_emit_json(&line, TP_STR("over"), party->over ? TP_STR("true") : TP_STR("false"));
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

int
tp_party_load(struct tp_party *party, struct tp_str line, struct tp_err *err)
{
    struct tp_buf kind = TP_BUF_INIT;
    const struct tp_saved fields[] = {
        {"records", TP_SAVED_COUNT, &party->records, false},
        {"keyed", TP_SAVED_COUNT, &party->keyed, false},
        {"nulls", TP_SAVED_COUNT, &party->nulls, false},
        {"kind", TP_SAVED_TEXT, &kind, true},
        {"over", TP_SAVED_FLAG, &party->over, false},
    };
    int result = tp_saved_read(line, fields, 5, err);

    if (party->keyed > 0)
        party->kind = kind.len > 0 ? tp_key_kind_of(tp_buf_str(&kind)) : "";
    tp_buf_release(&kind);
    return result;
}

bool
tp_party_differ(const struct tp_party *a, const struct tp_party *b)
{
    return a->kind && b->kind && a->kind != b->kind && *a->kind && *b->kind;
}
