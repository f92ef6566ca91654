#include "event/filling.h"

#include <stdlib.h>
#include <string.h>

#include "event/holes.h"
#include "event/reorder.h"
#include "record/emit.h"
#include "record/key.h"
#include "record/member.h"
#include "value/num.h"

struct tp_filling {
    const struct tp_keys *keys;
    enum tp_fill how;
    tp_duration lag;
    struct tp_filling_rows rows;

    struct tp_holes *holes;
    struct tp_reorder *held;          /* see struct head */
    struct tp_buf key, head, scratch; /* of the record at hand */
    struct tp_span *span;             /* of the one before a hole: where its keys stand */
};

struct tp_filling *
tp_filling_new(const struct tp_filling_rule *rule, struct tp_filling_rows rows)
{
    struct tp_filling *f = calloc(1, sizeof *f);
    struct tp_holes_rule holes = {.after = rule->after,
                                  .step = rule->step,
                                  .forget = rule->forget,
                                  .waits = rule->how == TP_FILL_LINEAR};

    if (!f)
        return NULL;
    f->keys = rule->keys;
    f->how = rule->how;
    f->lag = tp_holes_lag(&holes);
    f->rows = rows;
    f->holes = tp_holes_new(holes);
    f->held = tp_reorder_new();
    f->span = calloc(f->keys->count + 1, sizeof *f->span);
    if (f->holes && f->held && f->span)
        return f;
    tp_filling_free(f);
    return NULL;
}

void
tp_filling_free(struct tp_filling *f)
{
    if (!f)
        return;
    tp_holes_free(f->holes);
    tp_reorder_free(f->held);
    free(f->span);
    tp_buf_release(&f->key);
    tp_buf_release(&f->head);
    tp_buf_release(&f->scratch);
    free(f);
}

/* --- records in
 * ---------------------------------------------------------------------------------*/

/* What stands in front of a held line: this, the places of the key's values, the key. */
struct head {
    struct tp_span time;
    uint32_t key; /* bytes */
};

static struct tp_span
span_of(struct tp_str line, const struct tp_slot *slot)
{
    struct tp_str text = tp_slot_json(slot);

    if (slot->kind == TP_SLOT_MISSING)
        return (struct tp_span){0, 0};
    return (struct tp_span){(uint32_t)(text.ptr - line.ptr), (uint32_t)text.len};
}

static void
make_head(struct tp_filling *f, const struct tp_filling_record *r)
{
    struct head head = {span_of(r->line, r->time_slot), (uint32_t)f->key.len};

    tp_buf_clear(&f->head);
    tp_buf_put(&f->head, &head, sizeof head);
    for (size_t i = 0; i < f->keys->count; i++) {
        struct tp_span span = {0, 0};
        size_t slot;

        if (tp_expr_path(f->keys->select->item[i].expr, &slot))
            span = span_of(r->line, &r->slot[slot]);
        tp_buf_put(&f->head, &span, sizeof span);
    }
    tp_buf_put_str(&f->head, tp_buf_str(&f->key));
}

int
tp_filling_add(struct tp_filling *f, const struct tp_filling_record *r, struct tp_err *err)
{
    tp_buf_clear(&f->key);
    if (tp_keys_make(f->keys, r->slot, &f->key, err) < 0)
        return -1;
    make_head(f, r);
    if (tp_buf_failed(&f->head))
        return tp_err_memory(err);
    return tp_reorder_add(f->held, r->time, tp_buf_str(&f->head), r->line, err);
}

/* --- rows out
 * -----------------------------------------------------------------------------------*/

/* A held record: its line and, of its head, the key. */
static struct tp_str
held_line(const struct tp_filling *f, struct tp_str text, struct tp_str *key)
{
    size_t fixed = sizeof(struct head) + f->keys->count * sizeof(struct tp_span);
    struct head head;

    memcpy(&head, text.ptr, sizeof head);
    *key = (struct tp_str){text.ptr + fixed, head.key};
    return (struct tp_str){key->ptr + key->len, text.len - fixed - key->len};
}

static int
end_row(struct tp_filling *f, const struct tp_buf *to, bool was_held, struct tp_err *err)
{
    return tp_buf_failed(to) ? tp_err_memory(err) : f->rows.row_end(f->rows.context, was_held, err);
}

static int
write_filled(void *self, const struct tp_hole *hole, struct tp_err *err)
{
    struct tp_filling *f = self;
    struct tp_buf *to = f->rows.row(f->rows.context, err);
    struct tp_fill_place place = {.from = hole->from, .at = hole->at};
    struct tp_fillable before;
    struct head head;
    struct tp_str none;

    if (!to)
        return -1;
    memcpy(&head, hole->before.ptr, sizeof head);
    memcpy(f->span, hole->before.ptr + sizeof head, f->keys->count * sizeof *f->span);
    before.line = held_line(f, hole->before, &none);
    before.time = head.time;
    before.key = f->span;
    before.keys = f->keys->count;
    if (f->how == TP_FILL_LINEAR) {
        place.behind = held_line(f, hole->behind, &none);
        place.share =
            (double)((__int128)hole->at - hole->from) / (double)((__int128)hole->to - hole->from);
    }
    tp_fill_write(f->how, &before, &place, &f->scratch, to);
    return end_row(f, to, false, err);
}

/* A record's turn has come: behind what is missing before it. */
static int
write_held(void *self, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct tp_filling *f = self;
    struct tp_str key, line = held_line(f, text, &key);
    struct tp_buf *to;

    if (tp_holes_advance(f->holes, time, write_filled, f, err) < 0 ||
        tp_holes_see(f->holes, key, time, text, write_filled, f, err) < 0)
        return -1;
    to = f->rows.row(f->rows.context, err);
    if (!to)
        return -1;
    tp_buf_put_str(to, line);
    tp_buf_put_char(to, '\n');
    return end_row(f, to, true, err);
}

int
tp_filling_advance(struct tp_filling *f, tp_time limit, tp_time holes_limit, struct tp_err *err)
{
    if (tp_reorder_drain(f->held, limit, write_held, f, err) < 0)
        return -1;
    return tp_holes_advance(f->holes, holes_limit, write_filled, f, err);
}

tp_duration
tp_filling_lag(const struct tp_filling *f)
{
    return f->lag;
}

/* --- state
 * --------------------------------------------------------------------------------------*/

struct saving {
    const struct tp_filling *filling;
    struct tp_save *save;
};

/* What a held line or the last record of a key is made of: see struct head. */
static void
put_record(const struct tp_filling *f, struct tp_str text, struct tp_emit *line)
{
    size_t spans = f->keys->count + 1;
    struct tp_str key, record = held_line(f, text, &key);

    tp_emit_name(line, TP_STR("key"));
    tp_key_save(line->to, key, f->keys->count);
    tp_emit_name(line, TP_STR("spans"));
    for (size_t i = 0; i < spans; i++) {
        size_t at = i == 0 ? offsetof(struct head, time)
                           : sizeof(struct head) + (i - 1) * sizeof(struct tp_span);
        struct tp_span span;

        memcpy(&span, text.ptr + at, sizeof span);
        tp_buf_printf(line->to, "%c%u,%u", i == 0 ? '[' : ',', span.at, span.len);
    }
    TP_BUF_PUT(line->to, "]");
    tp_emit_text(line, TP_STR("line"), record);
    tp_emit_close(line);
}

static int
save_key(void *context, const struct tp_holes_key *key, struct tp_err *err)
{
    const struct saving *saving = context;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_int(&line, TP_STR("last"), key->time);
    tp_emit_int(&line, TP_STR("filled"), key->filled);
    if (key->has_timer)
        tp_emit_int(&line, TP_STR("timer"), key->timer);
    put_record(saving->filling, key->record, &line);
    return tp_save_line_end(saving->save, err);
}

static int
save_held(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    const struct saving *saving = context;
    struct tp_emit line = tp_emit_open(tp_save_line(saving->save));

    tp_emit_int(&line, TP_STR("held"), time);
    put_record(saving->filling, text, &line);
    return tp_save_line_end(saving->save, err);
}

int
tp_filling_save(struct tp_filling *f, struct tp_save *save, struct tp_err *err)
{
    struct saving saving = {f, save};

    if (tp_holes_walk(f->holes, save_key, &saving, err) < 0)
        return -1;
    return tp_reorder_walk(f->held, save_held, &saving, err);
}

/* Makes f->head of the places in SPANS and of f->key. -1: they are not within a line of LEN bytes.
 */
static int
read_head(struct tp_filling *f, struct tp_str spans, size_t len, struct tp_err *err)
{
    struct head head = {.key = (uint32_t)f->key.len};
    struct tp_members walk = tp_elements_open(spans);
    struct tp_span span;
    struct tp_slot from, length;

    tp_buf_clear(&f->head);
    for (size_t i = 0; i <= f->keys->count; i++) {
        int64_t start, size;

        if (!tp_elements_next(&walk, &from) || !tp_elements_next(&walk, &length) ||
            !tp_num_parse_int((struct tp_str){from.ptr, from.len}, &start) ||
            !tp_num_parse_int((struct tp_str){length.ptr, length.len}, &size) || start < 0 ||
            size < 0 || start > (int64_t)len || size > (int64_t)len - start)
            return tp_err_set(err, TP_FAULT_MACHINE, "\"spans\" of a saved line do not fit it");
        span = (struct tp_span){(uint32_t)start, (uint32_t)size};
        if (i == 0)
            head.time = span;
        tp_buf_put(&f->head, i == 0 ? (void *)&head : (void *)&span,
                   i == 0 ? sizeof head : sizeof span);
    }
    tp_buf_put_str(&f->head, tp_buf_str(&f->key));
    return tp_buf_failed(&f->head) ? tp_err_memory(err) : 0;
}

/* A held line, or (HELD is false) a key with its last record; BYTES is for that record. */
static int
load_record(struct tp_filling *f, bool held, struct tp_str line, struct tp_buf *bytes,
            struct tp_err *err)
{
    struct tp_holes_key last = {.timer = TP_TIME_AFTER_ALL};
    struct tp_str key, spans;
    const struct tp_saved fields[] = {
        {held ? "held" : "last", TP_SAVED_INT, &last.time, false},
        {"key", TP_SAVED_JSON, &key, false},
        {"spans", TP_SAVED_JSON, &spans, false},
        {"line", TP_SAVED_TEXT, bytes, false},
        {"filled", TP_SAVED_INT, &last.filled, held},
        {"timer", TP_SAVED_INT, &last.timer, true},
    };

    tp_buf_clear(&f->key);
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_key_load(&f->key, key, f->keys->count, err) < 0 ||
        read_head(f, spans, bytes->len, err) < 0)
        return -1;
    if (held)
        return tp_reorder_add(f->held, last.time, tp_buf_str(&f->head), tp_buf_str(bytes), err);
    tp_buf_put_str(&f->head, tp_buf_str(bytes));
    if (tp_buf_failed(&f->head))
        return tp_err_memory(err);
    last.key = tp_buf_str(&f->key);
    last.record = tp_buf_str(&f->head);
    last.has_timer = last.timer != TP_TIME_AFTER_ALL;
    return tp_holes_put(f->holes, &last, err);
}

int
tp_filling_load(struct tp_filling *f, struct tp_str line, struct tp_err *err)
{
    struct tp_buf bytes = TP_BUF_INIT;
    int result = load_record(f, tp_saved_is(line, "held"), line, &bytes, err);

    tp_buf_release(&bytes);
    return result;
}

size_t
tp_filling_held(const struct tp_filling *f)
{
    return tp_reorder_count(f->held);
}

size_t
tp_filling_keys(const struct tp_filling *f)
{
    return tp_holes_count(f->holes);
}

size_t
tp_filling_size(const struct tp_filling *f)
{
    return tp_holes_size(f->holes) + tp_reorder_size(f->held);
}
