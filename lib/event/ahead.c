#include "event/ahead.h"

static struct tp_ahead_record *
waiting_at(struct tp_ahead *ahead, unsigned i)
{
    return &ahead->waiting[(ahead->first + i) % TP_AHEAD];
}

static int
answer_first(struct tp_ahead *ahead, struct tp_err *err)
{
    const struct tp_ahead_record *w = waiting_at(ahead, 0);

    ahead->first++;
    ahead->count--;
    return ahead->to.answer(ahead->to.self, &w->record, w->hash, err);
}

/* Asks for the place of the youngest. */
static int
look_up(struct tp_ahead *ahead, struct tp_ahead_record *w, struct tp_err *err)
{
    tp_buf_clear(&w->key);
    tp_buf_put_str(&w->key, w->record.key);
    if (tp_buf_failed(&w->key))
        return tp_err_memory(err);
    w->record.key = tp_buf_str(&w->key);
    w->hash = ahead->to.hash(ahead->to.self, w->record.key);
    ahead->to.near(ahead->to.self, w->hash, false);
    return 0;
}

int
tp_ahead_put(struct tp_ahead *ahead, const struct tp_match_record *record, struct tp_err *err)
{
    struct tp_ahead_record *w;

    if (ahead->count == TP_AHEAD && answer_first(ahead, err) < 0)
        return -1;
    w = waiting_at(ahead, ahead->count++);
    w->record = *record;
    w->hash = 0;
    if (record->key.ptr && look_up(ahead, w, err) < 0)
        return -1;
    if (ahead->count <= TP_AHEAD / 2)
        return 0;
    w = waiting_at(ahead, ahead->count - 1 - TP_AHEAD / 2);
    if (w->record.key.ptr)
        ahead->to.near(ahead->to.self, w->hash, true);
    return 0;
}

int
tp_ahead_flush(struct tp_ahead *ahead, struct tp_err *err)
{
    while (ahead->count > 0)
        if (answer_first(ahead, err) < 0)
            return -1;
    return 0;
}

void
tp_ahead_release(struct tp_ahead *ahead)
{
    for (unsigned i = 0; i < TP_AHEAD; i++)
        tp_buf_release(&ahead->waiting[i].key);
}
