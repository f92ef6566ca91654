/*
 * Saved state of a window join: a line for each cell, in the order in which they are due, then one
 * for each record, in the order of arrival, with the numbers of the cells it is in.
 *
 *     {"cell":DUE,"start":TIME,"end":TIME,"order":7,"key":["a"]}
 *     {"left":[0,3],"line":"..."}
 */
#include <stdlib.h>

#include "event/cogroup_state.h"
#include "event/match_saved.h"
#include "record/emit.h"
#include "record/key.h"
#include "record/member.h"
#include "value/num.h"

static const char *const side_name[] = {"left", "right"};

/* --- saving ------------------------------------------------------------------------------------*/

/* A record is in a cell. */
struct place {
    const struct line *line;
    size_t cell;
};

struct places {
    struct place *place;
    size_t count;
};

static struct tp_str
key_of(const struct cogroup *c, const struct cell *cell)
{
    struct tp_str key = tp_map_key(c->keys, cell->group);
    size_t head = c->options.spec.kind == TP_WINDOW_SESSION ? 0 : sizeof cell->window.end;

    return (struct tp_str){key.ptr + head, key.len - head};
}

static int
save_cell(const struct cogroup *c, const struct tp_heap_entry *due, size_t parts,
          struct tp_save *save, struct tp_err *err)
{
    const struct cell *cell = due->data;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("cell"), due->at);
    tp_emit_int(&line, TP_STR("start"), cell->window.start);
    tp_emit_int(&line, TP_STR("end"), cell->window.end);
    tp_emit_int(&line, TP_STR("order"), (int64_t)cell->order);
    if (cell->group) {
        tp_emit_name(&line, TP_STR("key"));
        tp_key_save(line.to, key_of(c, cell), parts);
    }
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static void
list_places(struct places *places, const struct cell *cell, size_t number)
{
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < cell->side[side].count; i++)
            places->place[places->count++] = (struct place){cell->side[side].line[i], number};
}

static size_t
lines_in(const struct cell *cell)
{
    return cell->side[TP_JOIN_LEFT].count + cell->side[TP_JOIN_RIGHT].count;
}

/* Writes the cells and lists what is in them; empty ones were merged into others. */
static int
save_cells(struct cogroup *c, size_t parts, struct places *places, struct tp_save *save,
           struct tp_err *err)
{
    size_t number = 0;

    for (size_t i = 0; i < c->due.count; i++) {
        const struct cell *cell = c->due.entry[i].data;

        if (lines_in(cell) == 0)
            continue;
        if (save_cell(c, &c->due.entry[i], parts, save, err) < 0)
            return -1;
        list_places(places, cell, number++);
    }
    return 0;
}

static int
by_arrival(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->line->order != y->line->order)
        return x->line->order < y->line->order ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

/* The record at PLACE, and the COUNT cells it is in. */
static int
save_record(const struct place *place, size_t count, struct tp_save *save, struct tp_err *err)
{
    const struct line *record = place->line;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_name(&line, tp_str_of(side_name[record->side]));
    for (size_t i = 0; i < count; i++)
        tp_buf_printf(line.to, "%c%zu", i == 0 ? '[' : ',', place[i].cell);
    tp_buf_put_char(line.to, ']');
    if (record->len > 0)
        tp_emit_text(&line, TP_STR("line"), (struct tp_str){record->text, record->len});
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
save_records(struct places *places, struct tp_save *save, struct tp_err *err)
{
    size_t next;

    if (places->count > 1)
        qsort(places->place, places->count, sizeof *places->place, by_arrival);
    for (size_t i = 0; i < places->count; i = next) {
        for (next = i + 1; next < places->count; next++)
            if (places->place[next].line != places->place[i].line)
                break;
        if (save_record(places->place + i, next - i, save, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_cogroup_save(struct tp_match *match, size_t parts, struct tp_save *save, struct tp_err *err)
{
    struct cogroup *c = (struct cogroup *)match;
    struct places places = {NULL, 0};
    size_t count = 0;
    int result = -1;

    tp_heap_sort(&c->due);
    for (size_t i = 0; i < c->due.count; i++)
        count += lines_in(c->due.entry[i].data);
    places.place = malloc((count + 1) * sizeof *places.place);
    if (!places.place)
        return tp_err_memory(err);
    if (save_cells(c, parts, &places, save, err) == 0)
        result = save_records(&places, save, err);
    free(places.place);
    return result;
}

/* --- loading -----------------------------------------------------------------------------------*/

static int
remember(struct cogroup *c, struct cell *cell)
{
    if (c->loaded_count == c->loaded_cap) {
        size_t cap = c->loaded_cap ? 2 * c->loaded_cap : 64;
        struct cell **grown = realloc(c->loaded, cap * sizeof(struct cell *));

        if (!grown)
            return -1;
        c->loaded = grown;
        c->loaded_cap = cap;
    }
    c->loaded[c->loaded_count++] = cell;
    return 0;
}

static int
load_cell(struct cogroup *c, size_t parts, struct tp_str line, struct tp_buf *memory,
          struct tp_err *err)
{
    struct tp_window window = {0, 0};
    struct tp_str array = {NULL, 0}, key;
    struct group *group = NULL;
    struct cell *cell;
    uint64_t order = 0;
    tp_time at = 0, row;
    const struct tp_saved fields[] = {
        {"cell", TP_SAVED_INT, &at, false},        {"start", TP_SAVED_INT, &window.start, false},
        {"end", TP_SAVED_INT, &window.end, false}, {"order", TP_SAVED_COUNT, &order, false},
        {"key", TP_SAVED_JSON, &array, true},
    };

    if (tp_saved_read(line, fields, 5, err) < 0 ||
        tp_match_saved_key(array, parts, memory, &key, err) < 0)
        return -1;
    if (window.start >= window.end || !tp_time_subtract(window.end, TP_MILLISECOND, &row))
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved window ends before it begins");
    if (key.ptr)
        group = tp_cogroup_group(c, key, window.end);
    cell = key.ptr && !group ? NULL : tp_cogroup_cell(c, group, &window, at, order);
    return cell && remember(c, cell) == 0 ? 0 : tp_err_memory(err);
}

static int
put_in_all(struct cogroup *c, struct tp_str cells, struct line *line, struct tp_err *err)
{
    struct tp_members walk = tp_elements_open(cells);
    struct tp_slot slot;
    int64_t number;

    while (tp_elements_next(&walk, &slot)) {
        if (slot.kind != TP_SLOT_INTEGER ||
            !tp_num_parse_int((struct tp_str){slot.ptr, slot.len}, &number) || number < 0 ||
            (uint64_t)number >= c->loaded_count)
            return tp_err_set(err, TP_FAULT_MACHINE, "a saved record is in no window");
        if (tp_cogroup_put(c, c->loaded[number], line) < 0)
            return tp_err_memory(err);
    }
    return 0;
}

static int
load_record(struct cogroup *c, enum tp_join_side side, struct tp_str saved, struct tp_buf *memory,
            struct tp_err *err)
{
    bool bare = side == TP_JOIN_RIGHT && c->options.bare_right;
    struct tp_str cells = {NULL, 0}, text;
    const struct tp_saved field = {side_name[side], TP_SAVED_JSON, &cells, false};
    struct line *line;
    int result;

    if (tp_saved_read(saved, &field, 1, err) < 0 ||
        tp_match_saved_line(saved, "line", memory, &text, err) < 0)
        return -1;
    if (cells.ptr[0] != '[' || (!text.ptr && !bare))
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved record has no %s",
                          text.ptr ? "windows" : "line");
    line = tp_cogroup_line(c, side, text);
    if (!line)
        return tp_err_memory(err);
    result = put_in_all(c, cells, line, err);
    tp_cogroup_drop(c, line); /* the cells have it now */
    return result;
}

int
tp_cogroup_load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err)
{
    struct cogroup *c = (struct cogroup *)match;
    struct tp_buf memory = TP_BUF_INIT;
    int result;

    if (tp_saved_is(line, "cell"))
        result = load_cell(c, parts, line, &memory, err);
    else
        result = load_record(
            c, tp_saved_is(line, side_name[TP_JOIN_RIGHT]) ? TP_JOIN_RIGHT : TP_JOIN_LEFT, line,
            &memory, err);
    tp_buf_release(&memory);
    return result;
}

void
tp_cogroup_loaded(struct tp_match *match)
{
    struct cogroup *c = (struct cogroup *)match;

    free(c->loaded);
    c->loaded = NULL;
    c->loaded_count = c->loaded_cap = 0;
}
