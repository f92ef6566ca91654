#include "event/tops.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/heap.h"
#include "base/map.h"
#include "query/values.h"
#include "record/emit.h"
#include "record/key.h"
#include "record/member.h"
#include "value/num.h"

struct tp_tops {
    bool timed;
    struct tp_map *windows; /* struct tp_window -> struct tp_top_window */
    struct tp_heap due;     /* windows by the watermark they wait for */
    size_t groups;          /* bytes of all maps of groups */
    struct tp_map *loading; /* sequence -> struct tp_ranked *, until loaded; NULL: none */
};

static struct tp_str
bytes_of(const struct tp_window *bounds)
{
    return (struct tp_str){(const char *)bounds, sizeof *bounds};
}

struct tp_tops *
tp_tops_new(bool timed)
{
    struct tp_tops *tops = calloc(1, sizeof *tops);

    if (!tops)
        return NULL;
    tops->timed = timed;
    tops->windows = tp_map_new(sizeof(struct tp_top_window));
    if (tops->windows)
        return tops;
    free(tops);
    return NULL;
}

static void
release_groups(struct tp_map *groups)
{
    if (!groups)
        return;
    for (void *top = tp_map_first(groups); top; top = tp_map_next(groups, top))
        tp_top_release(top);
    tp_map_free(groups);
}

void
tp_tops_free(struct tp_tops *tops)
{
    if (!tops)
        return;
    tp_tops_loaded(tops);
    for (struct tp_top_window *w = tp_map_first(tops->windows); w;
         w = tp_map_next(tops->windows, w))
        release_groups(w->groups);
    tp_map_free(tops->windows);
    tp_heap_release(&tops->due);
    free(tops);
}

/* The window BOUNDS, made if it was not there. NULL: memory. */
static struct tp_top_window *
get_window(struct tp_tops *tops, const struct tp_window *bounds, tp_time due)
{
    bool is_new;
    struct tp_top_window *window = tp_map_add(tops->windows, bytes_of(bounds), &is_new);

    if (!window || !is_new)
        return window;
    window->bounds = *bounds;
    window->groups = tp_map_new(sizeof(struct tp_top));
    if (!window->groups || tp_heap_push(&tops->due, due, window) < 0)
        return NULL;
    tops->groups += tp_map_size(window->groups);
    return window;
}

struct tp_top *
tp_tops_get(struct tp_tops *tops, const struct tp_window *bounds, tp_time due, struct tp_str key,
            struct tp_err *err)
{
    struct tp_top_window *window = get_window(tops, bounds, due);
    struct tp_top *top;

    if (!window) {
        tp_err_memory(err);
        return NULL;
    }
    tops->groups -= tp_map_size(window->groups);
    top = tp_map_add(window->groups, key, NULL);
    tops->groups += tp_map_size(window->groups);
    if (!top)
        tp_err_memory(err);
    return top;
}

struct tp_top_window *
tp_tops_due(struct tp_tops *tops, tp_time watermark)
{
    const struct tp_heap_entry *next = tp_heap_peek(&tops->due);

    return next && next->at <= watermark ? tp_heap_pop(&tops->due).data : NULL;
}

void
tp_tops_drop(struct tp_tops *tops, struct tp_top_window *window)
{
    struct tp_window bounds = window->bounds;

    tops->groups -= tp_map_size(window->groups);
    release_groups(window->groups);
    tp_map_remove(tops->windows, bytes_of(&bounds));
}

/* --- saved state -------------------------------------------------------------------------------*/

/* Records are told apart by their sequence, which no two have: one that is in several windows is
 * written once, and shared again when loaded. */
struct saving {
    const struct tp_top_rule *rule;
    bool timed;
    size_t parts;
    struct tp_map *written; /* of sequences */
    struct tp_save *save;
};

static int
save_record(struct saving *s, const struct tp_ranked *record, struct tp_err *err)
{
    struct tp_str number = {(const char *)&record->sequence, sizeof record->sequence};
    struct tp_emit line;
    bool is_new;

    if (!tp_map_add(s->written, number, &is_new))
        return tp_err_memory(err);
    if (!is_new)
        return 0;
    line = tp_emit_open(tp_save_line(s->save));
    tp_emit_int(&line, TP_STR("record"), (int64_t)record->sequence);
    tp_emit_int(&line, TP_STR("time"), record->time);
    tp_emit_name(&line, TP_STR("by"));
    tp_values_save(record->value, s->rule->order->count, line.to);
    tp_emit_int(&line, TP_STR("members"), (int64_t)record->members);
    tp_emit_text(&line, TP_STR("line"), record->line);
    tp_emit_close(&line);
    return tp_save_line_end(s->save, err);
}

static int
save_top(struct saving *s, const struct tp_heap_entry *due, const struct tp_top *top,
         struct tp_err *err)
{
    const struct tp_top_window *window = due->data;
    struct tp_emit line;

    for (size_t i = 0; i < top->count; i++)
        if (save_record(s, top->entry[i], err) < 0)
            return -1;
    line = tp_emit_open(tp_save_line(s->save));
    tp_emit_int(&line, TP_STR("window_end"), window->bounds.end);
    tp_emit_int(&line, TP_STR("window_start"), window->bounds.start);
    tp_emit_int(&line, TP_STR("due"), due->at);
    tp_emit_name(&line, TP_STR("key"));
    tp_key_save(line.to, tp_map_key(window->groups, top), s->parts);
    tp_emit_name(&line, TP_STR("records"));
    for (size_t i = 0; i < top->count; i++)
        tp_buf_printf(line.to, "%c%llu", i == 0 ? '[' : ',',
                      (unsigned long long)top->entry[i]->sequence);
    TP_BUF_PUT(line.to, "]");
    if (s->timed) {
        tp_emit_json(&line, TP_STR("timed"), top->timed ? TP_STR("true") : TP_STR("false"));
        tp_emit_int(&line, TP_STR("from"), top->from);
        tp_emit_int(&line, TP_STR("to"), top->to);
    }
    tp_emit_close(&line);
    return tp_save_line_end(s->save, err);
}

static int
save_windows(struct tp_tops *tops, struct saving *s, struct tp_err *err)
{
    tp_heap_sort(&tops->due);
    for (size_t i = 0; i < tops->due.count; i++) {
        const struct tp_heap_entry *due = &tops->due.entry[i];
        const struct tp_top_window *window = due->data;
        void *top = tp_map_first(window->groups);

        for (; top; top = tp_map_next(window->groups, top))
            if (save_top(s, due, top, err) < 0)
                return -1;
    }
    return 0;
}

int
tp_tops_save(struct tp_tops *tops, const struct tp_top_rule *rule, size_t parts,
             struct tp_save *save, struct tp_err *err)
{
    struct saving saving = {rule, tops->timed, parts, tp_map_new(1), save};
    int result = saving.written ? save_windows(tops, &saving, err) : tp_err_memory(err);

    tp_map_free(saving.written);
    return result;
}

/* Keeps RECORD for the tops it is in. */
static int
remember(struct tp_tops *tops, const struct tp_top_rule *rule, const struct tp_ranked *record,
         struct tp_err *err)
{
    struct tp_str number = {(const char *)&record->sequence, sizeof record->sequence};
    struct tp_ranked **place;
    bool is_new;

    if (!tops->loading)
        tops->loading = tp_map_new(sizeof(struct tp_ranked *));
    place = tops->loading ? tp_map_add(tops->loading, number, &is_new) : NULL;
    if (!place)
        return tp_err_memory(err);
    if (!is_new)
        return tp_err_set(err, TP_FAULT_MACHINE, "a record was saved twice");
    *place = tp_ranked_new(rule, record);
    return *place ? 0 : tp_err_memory(err);
}

static int
load_record(struct tp_tops *tops, const struct tp_top_rule *rule, struct tp_str line,
            struct tp_buf *bytes, struct tp_value *value, struct tp_err *err)
{
    struct tp_ranked record = {.value = value};
    struct tp_buf text = TP_BUF_INIT;
    struct tp_str by;
    uint64_t members;
    const struct tp_saved fields[] = {
        {"record", TP_SAVED_COUNT, &record.sequence, false},
        {"time", TP_SAVED_INT, &record.time, false},
        {"by", TP_SAVED_JSON, &by, false},
        {"members", TP_SAVED_COUNT, &members, false},
        {"line", TP_SAVED_TEXT, &text, false},
    };
    int result = tp_saved_read(line, fields, sizeof fields / sizeof *fields, err);

    if (result == 0)
        result = tp_values_load(by, value, rule->order->count, bytes, err);
    if (result == 0) {
        record.members = members;
        record.line = tp_buf_str(&text);
        result = remember(tops, rule, &record, err);
    }
    tp_buf_release(&text);
    return result;
}

/* The records of a top, in their order. */
static int
fill_top(const struct tp_tops *tops, const struct tp_top_rule *rule, struct tp_top *top,
         struct tp_str records, struct tp_err *err)
{
    struct tp_members walk = tp_elements_open(records);
    struct tp_slot slot;

    while (tp_elements_next(&walk, &slot)) {
        struct tp_ranked **record = NULL;
        int64_t sequence;

        if (tops->loading && tp_num_parse_int((struct tp_str){slot.ptr, slot.len}, &sequence))
            record = tp_map_find(tops->loading,
                                 (struct tp_str){(const char *)&sequence, sizeof sequence});
        if (!record || !*record)
            return tp_err_set(err, TP_FAULT_MACHINE,
                              "a saved window has a record that is not there");
        if (tp_top_add(top, rule, *record) < 0)
            return tp_err_memory(err);
    }
    return 0;
}

static int
load_top(struct tp_tops *tops, const struct tp_top_rule *rule, size_t parts, struct tp_str line,
         struct tp_buf *bytes, struct tp_err *err)
{
    struct tp_window bounds;
    struct tp_str key, records;
    struct tp_top seen = {.timed = false}, *top;
    tp_time due;
    const struct tp_saved fields[] = {
        {"window_start", TP_SAVED_INT, &bounds.start, false},
        {"window_end", TP_SAVED_INT, &bounds.end, false},
        {"due", TP_SAVED_INT, &due, false},
        {"key", TP_SAVED_JSON, &key, false},
        {"records", TP_SAVED_JSON, &records, false},
        {"timed", TP_SAVED_FLAG, &seen.timed, !tops->timed},
        {"from", TP_SAVED_INT, &seen.from, !tops->timed},
        {"to", TP_SAVED_INT, &seen.to, !tops->timed},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_key_load(bytes, key, parts, err) < 0)
        return -1;
    if (records.len == 0 || records.ptr[0] != '[')
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved window: not as it is written");
    top = tp_tops_get(tops, &bounds, due, tp_buf_str(bytes), err);
    if (!top)
        return -1;
    if (seen.timed) {
        tp_top_note(top, seen.from);
        tp_top_note(top, seen.to);
    }
    return fill_top(tops, rule, top, records, err);
}

int
tp_tops_load(struct tp_tops *tops, const struct tp_top_rule *rule, size_t parts, struct tp_str line,
             struct tp_err *err)
{
    struct tp_value *value = calloc(rule->order->count, sizeof *value);
    struct tp_buf bytes = TP_BUF_INIT;
    int result;

    if (!value)
        return tp_err_memory(err);
    result = tp_saved_is(line, "record") ? load_record(tops, rule, line, &bytes, value, err)
                                         : load_top(tops, rule, parts, line, &bytes, err);
    tp_buf_release(&bytes);
    free(value);
    return result;
}

void
tp_tops_loaded(struct tp_tops *tops)
{
    if (!tops->loading)
        return;
    for (struct tp_ranked **record = tp_map_first(tops->loading); record;
         record = tp_map_next(tops->loading, record))
        tp_ranked_free(*record);
    tp_map_free(tops->loading);
    tops->loading = NULL;
}

size_t
tp_tops_count(const struct tp_tops *tops)
{
    return tp_map_count(tops->windows);
}

size_t
tp_tops_size(const struct tp_tops *tops)
{
    return tp_map_size(tops->windows) + tops->due.cap * sizeof *tops->due.entry + tops->groups;
}
