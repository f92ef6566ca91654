#include "event/row.h"

#include <string.h>

#include "record/emit.h"

struct tp_row_head
tp_row_head_of(const struct tp_window *window)
{
    return (struct tp_row_head){
        .timed = true,
        .timing = TP_ON_TIME,
        .at = window->end - TP_MILLISECOND,
        .window = *window,
    };
}

int
tp_arrival_check(const struct tp_arrival *arrival, const struct tp_aggs *aggs, struct tp_err *err)
{
    return arrival->part ? 0 : tp_aggs_check(aggs, arrival->values, err);
}

int
tp_arrival_check_add(const struct tp_arrival *arrival, const struct tp_aggs *aggs, const void *acc,
                     struct tp_err *err)
{
    return arrival->part ? 0 : tp_aggs_check_add(aggs, acc, arrival->values, err);
}

int
tp_arrival_apply(const struct tp_arrival *arrival, const struct tp_aggs *aggs, void *acc,
                 struct tp_err *err)
{
    if (arrival->part)
        return tp_part_merge(arrival->part, acc, err);
    if (arrival->taken_back)
        return tp_aggs_subtract(aggs, acc, arrival->values, err);
    return tp_aggs_add(aggs, acc, arrival->values, arrival->time, arrival->sequence, err);
}

void *
tp_arrival_add(const struct tp_arrival *arrival, const struct tp_aggs *aggs, struct tp_map *map,
               uint32_t hash, bool *is_new, struct tp_err *err)
{
    void *acc = tp_map_add_hashed(map, arrival->key, hash, is_new);

    if (!acc) {
        tp_err_memory(err);
        return NULL;
    }
    if (tp_arrival_apply(arrival, aggs, acc, err) == 0)
        return acc;
    if (*is_new) {
        tp_aggs_clear(aggs, acc);
        tp_map_remove(map, arrival->key);
    }
    return NULL;
}

void
tp_row_writer_release(struct tp_row_writer *writer)
{
    tp_buf_release(&writer->start);
}

/* --- names -------------------------------------------------------------------------------------*/

static const struct tp_str own_names[] = {
    {"@timestamp", 10}, {"window_start", 12}, {"window_end", 10}, {"@op", 3},
    {"@pane", 5},       {"@watermark", 10},   {"@barrier", 8},    {"@partial", 8},
};

#define OWN_NAMES (sizeof own_names / sizeof *own_names)

static bool
is_own(struct tp_str name)
{
    for (size_t i = 0; i < OWN_NAMES; i++)
        if (tp_str_equal(name, own_names[i]))
            return true;
    return false;
}

static int
check_name(const struct tp_keys *keys, struct tp_str name, struct tp_err *err)
{
    for (size_t k = 0; k < keys->count; k++)
        if (tp_str_equal(name, tp_keys_name(keys, k)))
            return tp_err_set(err, TP_FAULT_USAGE,
                              "a key and an aggregate are both called \"%.*s\": use AS",
                              (int)name.len, name.ptr);
    if (is_own(name))
        return tp_err_set(err, TP_FAULT_USAGE, "\"%.*s\" is the name of a row's own member: use AS",
                          (int)name.len, name.ptr);
    return 0;
}

int
tp_row_check_names(const struct tp_keys *keys, const struct tp_aggs *aggs, struct tp_err *err)
{
    for (size_t c = 0; c < tp_aggs_columns(aggs); c++)
        if (check_name(keys, tp_aggs_column(aggs, c), err) < 0)
            return -1;
    for (size_t k = 0; k < keys->count; k++) {
        struct tp_str name = tp_keys_name(keys, k);

        if (is_own(name))
            return tp_err_set(err, TP_FAULT_USAGE,
                              "-k: \"%.*s\" is the name of a row's own member: use AS",
                              (int)name.len, name.ptr);
    }
    return 0;
}

/* --- writing -----------------------------------------------------------------------------------*/

static struct tp_str
op_name(enum tp_row_op op)
{
    static const struct tp_str names[] = {
        [TP_ROW_NEW] = {"", 0},          [TP_ROW_INSERT] = {"insert", 6},
        [TP_ROW_UPSERT] = {"upsert", 6}, [TP_ROW_RETRACT] = {"retract", 7},
        [TP_ROW_UPDATE] = {"update", 6}, [TP_ROW_DELETE] = {"delete", 6},
    };

    return names[op];
}

static void
put_pane(const struct tp_row_head *head, struct tp_buf *to)
{
    static const struct tp_str timings[] = {
        [TP_EARLY] = {"early", 5}, [TP_ON_TIME] = {"on-time", 7}, [TP_LATE_ROW] = {"late", 4}};
    struct tp_emit pane;

    TP_BUF_PUT(to, ",\"@pane\":");
    pane = tp_emit_open(to);
    tp_emit_int(&pane, TP_STR("n"), (int64_t)head->n);
    tp_emit_text(&pane, TP_STR("timing"), timings[head->timing]);
    tp_emit_json(&pane, TP_STR("last"), head->last ? TP_STR("true") : TP_STR("false"));
    tp_buf_put_char(to, '}');
}

static void
put_time(struct tp_row_writer *writer, tp_time time)
{
    char *at = tp_buf_reserve(&writer->start, TP_TIME_TEXT);

    if (at)
        writer->start.len += tp_time_write_on(&writer->day, at, time);
}

/* Each row of a session has bounds of its own: their names are texts as they stand in a row. */
static void
write_head(struct tp_row_writer *writer, const struct tp_row_head *head)
{
    struct tp_buf *to = &writer->start;

    tp_buf_clear(to);
    tp_buf_put_char(to, '{');
    if (!head->timed)
        return;
    TP_BUF_PUT(to, "\"@timestamp\":\"");
    put_time(writer, head->at);
    tp_buf_put_char(to, '"');
    if (head->op != TP_ROW_NEW) {
        TP_BUF_PUT(to, ",\"@op\":\"");
        tp_buf_put_str(to, op_name(head->op));
        tp_buf_put_char(to, '"');
    }
    if (head->paned)
        put_pane(head, to);
    TP_BUF_PUT(to, ",\"window_start\":\"");
    put_time(writer, head->window.start);
    TP_BUF_PUT(to, "\",\"window_end\":\"");
    put_time(writer, head->window.end);
    tp_buf_put_char(to, '"');
}

static bool
same_head(const struct tp_row_head *a, const struct tp_row_head *b)
{
    return a->timed == b->timed && a->paned == b->paned && a->last == b->last && a->op == b->op &&
           a->timing == b->timing && a->n == b->n && a->at == b->at &&
           a->window.start == b->window.start && a->window.end == b->window.end;
}

/* Times are dear to write, and the rows of a window share them. */
static void
put_head(struct tp_row_writer *writer, const struct tp_row_head *head, struct tp_buf *to)
{
    if (writer->start.len == 0 || !same_head(&writer->of, head)) {
        write_head(writer, head);
        writer->of = *head;
    }
    tp_buf_put_str(to, tp_buf_str(&writer->start));
}

/* Each aggregate brings its comma; the first has none where neither window nor key precedes it. */
static void
drop_comma(struct tp_buf *to, size_t at)
{
    memmove(to->ptr + at, to->ptr + at + 1, to->len - at - 1);
    to->len--;
}

/* As tp_row_write. */
static int
put_aggregates(const struct tp_row_writer *writer, const struct tp_row *row, struct tp_buf *to,
               struct tp_err *why)
{
    if (!row->acc)
        tp_buf_put_str(to, row->text);
    else if (writer->part)
        return tp_part_write(writer->part, row->acc, to, why);
    else if (tp_aggs_write(writer->aggs, row->acc, to, why) < 0)
        return 1;
    return 0;
}

/* Parts add up, whichever came first: none corrects another. */
static void
put_head_of(struct tp_row_writer *writer, const struct tp_row *row, struct tp_buf *to)
{
    struct tp_row_head head = row->head;

    if (writer->part) {
        head.op = TP_ROW_NEW;
        head.paned = false;
    }
    put_head(writer, &head, to);
}

int
tp_row_write(struct tp_row_writer *writer, struct tp_row *row, struct tp_buf *to,
             struct tp_err *why)
{
    size_t start = to->len, aggregates;
    int spoiled;

    put_head_of(writer, row, to);
    tp_keys_write(writer->keys, to, row->key);
    aggregates = to->len;
    spoiled = put_aggregates(writer, row, to, why);
    if (spoiled < 0)
        return -1;
    if (tp_buf_failed(to) || tp_buf_failed(&writer->start))
        return tp_err_memory(why);
    if (row->copy)
        tp_buf_put(row->copy, to->ptr + aggregates, to->len - aggregates);
    if (aggregates == start + 1)
        drop_comma(to, aggregates);
    TP_BUF_PUT(to, "}\n");
    if (tp_buf_failed(to) || (row->copy && tp_buf_failed(row->copy)))
        return tp_err_memory(why);
    return spoiled;
}
