#include "event/asked.h"

static struct tp_asked_record *
waiting_at(struct tp_asked *asked, unsigned i)
{
    return &asked->waiting[(asked->first + i) % TP_ASKED];
}

static int
answer_first(struct tp_asked *asked, struct tp_err *err)
{
    const struct tp_asked_record *w = waiting_at(asked, 0);
    struct tp_match *match = asked->table.match;
    int result;

    asked->first++;
    asked->count--;
    match->at_hand = &w->record;
    result = asked->table.answer(match, &w->record, w->hash, err);
    match->at_hand = NULL;
    return result;
}

/* Asks for the place of the youngest. */
static int
look_up(struct tp_asked *asked, struct tp_asked_record *w, struct tp_err *err)
{
    tp_buf_clear(&w->key);
    tp_buf_put_str(&w->key, w->record.key);
    if (tp_buf_failed(&w->key))
        return tp_err_memory(err);
    w->record.key = tp_buf_str(&w->key);
    w->hash = asked->table.hash(asked->table.match, w->record.key);
    return 0;
}

int
tp_asked_put(struct tp_asked *asked, const struct tp_match_record *record, struct tp_err *err)
{
    struct tp_asked_record *w;

    if (asked->count == TP_ASKED && answer_first(asked, err) < 0)
        return -1;
    w = waiting_at(asked, asked->count++);
    w->record = *record;
    w->hash = 0;
    if (record->key.ptr && look_up(asked, w, err) < 0)
        return -1;
    if (asked->count <= TP_ASKED / 2)
        return 0;
    w = waiting_at(asked, asked->count - 1 - TP_ASKED / 2);
    if (w->record.key.ptr)
        asked->table.fetch(asked->table.match, w->hash);
    return 0;
}

int
tp_asked_flush(struct tp_asked *asked, struct tp_err *err)
{
    while (asked->count > 0)
        if (answer_first(asked, err) < 0)
            return -1;
    return 0;
}

void
tp_asked_release(struct tp_asked *asked)
{
    for (unsigned i = 0; i < TP_ASKED; i++)
        tp_buf_release(&asked->waiting[i].key);
}
