#include "query/party.h"

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

bool
tp_party_differ(const struct tp_party *a, const struct tp_party *b)
{
    return a->kind && b->kind && a->kind != b->kind && *a->kind && *b->kind;
}
