#include "event/cogroup.h"

#include <stdlib.h>
#include <string.h>

#include "event/cogroup_state.h"

/* --- lists -------------------------------------------------------------------------------------*/

static int
reserve(struct cogroup *c, struct list *list, size_t more)
{
    size_t cap = list->cap ? list->cap : 2;
    struct line **grown;

    if (list->cap - list->count >= more)
        return 0;
    while (cap - list->count < more)
        cap *= 2;
    grown = realloc(list->line, cap * sizeof(struct line *));
    if (!grown)
        return -1;
    c->size += (cap - list->cap) * sizeof(struct line *);
    list->line = grown;
    list->cap = cap;
    return 0;
}

void
tp_cogroup_drop(struct cogroup *c, struct line *line)
{
    if (--line->refs > 0)
        return;
    c->held[line->side]--;
    c->match.waiting--;
    c->size -= sizeof *line + line->len;
    free(line);
}

struct line *
tp_cogroup_line(struct cogroup *c, enum tp_join_side side, struct tp_str text)
{
    size_t len = side == TP_JOIN_RIGHT && c->options.bare_right ? 0 : text.len;
    struct line *line = malloc(sizeof *line + len);

    if (!line)
        return NULL;
    *line = (struct line){.refs = 1, .side = side, .len = len, .order = ++c->records};
    if (len > 0)
        memcpy(line->text, text.ptr, len);
    c->held[side]++;
    c->match.waiting++;
    c->size += sizeof *line + len;
    return line;
}

/* --- cells -------------------------------------------------------------------------------------*/

static void
enter_group(struct group *group, struct cell *cell)
{
    struct cell **link = &group->first;

    while (*link && (*link)->order > cell->order)
        link = &(*link)->next;
    cell->next = *link;
    *link = cell;
    cell->group = group;
}

struct cell *
tp_cogroup_cell(struct cogroup *c, struct group *group, const struct tp_window *window, tp_time at,
                uint64_t order)
{
    struct cell *cell = calloc(1, sizeof *cell);

    if (!cell)
        return NULL;
    cell->window = *window;
    cell->order = order;
    if (tp_heap_push(&c->due, at, cell) < 0) {
        free(cell);
        return NULL;
    }
    c->size += sizeof *cell;
    if (order > c->cells)
        c->cells = order;
    if (group)
        enter_group(group, cell);
    return cell;
}

static struct cell *
new_cell(struct cogroup *c, struct group *group, const struct tp_window *window)
{
    return tp_cogroup_cell(c, group, window, window->end, c->cells + 1);
}

/* Takes CELL out of its key, which goes with its last one. */
static void
leave_group(struct cogroup *c, struct cell *cell, bool forget)
{
    struct group *group = cell->group;
    struct cell **link = &group->first;

    while (*link != cell)
        link = &(*link)->next;
    *link = cell->next;
    cell->group = NULL;
    if (forget && !group->first)
        tp_map_remove(c->keys, tp_map_key(c->keys, group));
}

static void
free_cell(struct cogroup *c, struct cell *cell)
{
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < cell->side[side].count; i++)
            tp_cogroup_drop(c, cell->side[side].line[i]);
        c->size -= cell->side[side].cap * sizeof(struct line *);
        free(cell->side[side].line);
    }
    c->size -= sizeof *cell;
    free(cell);
}

/* The session of GROUP that SPAN touches, behind FROM. */
static struct cell *
touched(struct cell *from, const struct tp_window *span)
{
    while (from && (from->window.start > span->end || from->window.end < span->start))
        from = from->next;
    return from;
}

/* SPAN and all sessions of GROUP that it touches, which never touch each other. */
static struct tp_window
merged_with(const struct group *group, const struct tp_window *span)
{
    struct tp_window merged = *span;

    for (struct cell *cell = group ? touched(group->first, span) : NULL; cell;
         cell = touched(cell->next, span)) {
        merged.start = cell->window.start < merged.start ? cell->window.start : merged.start;
        merged.end = cell->window.end > merged.end ? cell->window.end : merged.end;
    }
    return merged;
}

/* Moves what FROM has to the end of TO. */
static int
absorb(struct cogroup *c, struct cell *to, struct cell *from)
{
    for (int side = 0; side < 2; side++) {
        struct list *a = &to->side[side], *b = &from->side[side];

        if (reserve(c, a, b->count) < 0)
            return -1;
        if (b->count > 0)
            memcpy(a->line + a->count, b->line, b->count * sizeof(struct line *));
        a->count += b->count;
        b->count = 0;
    }
    to->merged = true;
    return 0;
}

/* The session of GROUP that spans MERGED: of those it touches the first is kept; the others stay
 * in the queue, empty and without a group, until their turn comes. */
static struct cell *
session_of(struct cogroup *c, struct group *group, const struct tp_window *merged)
{
    struct cell *kept = group ? touched(group->first, merged) : NULL, *other;

    if (!kept)
        return new_cell(c, group, merged);
    while ((other = touched(kept->next, merged))) {
        if (absorb(c, kept, other) < 0)
            return NULL;
        leave_group(c, other, false);
    }
    kept->window = *merged;
    return kept;
}

/* --- records -----------------------------------------------------------------------------------*/

int
tp_cogroup_put(struct cogroup *c, struct cell *cell, struct line *line)
{
    struct list *list = cell ? &cell->side[line->side] : NULL;

    if (!list || reserve(c, list, 1) < 0)
        return -1;
    list->line[list->count++] = line;
    line->refs++;
    return 0;
}

struct group *
tp_cogroup_group(struct cogroup *c, struct tp_str key, tp_time end)
{
    if (c->options.spec.kind == TP_WINDOW_SESSION)
        return tp_map_add(c->keys, key, NULL);
    tp_buf_clear(&c->key);
    tp_buf_put(&c->key, &end, sizeof end);
    tp_buf_put_str(&c->key, key);
    return tp_buf_failed(&c->key) ? NULL : tp_map_add(c->keys, tp_buf_str(&c->key), NULL);
}

/* In WINDOW; of sessions it is what they are merged to. */
static int
put_window(struct cogroup *c, struct tp_str key, struct line *line, const struct tp_window *window)
{
    struct group *group = key.ptr ? tp_cogroup_group(c, key, window->end) : NULL;
    struct cell *cell;

    if (key.ptr && !group)
        return -1;
    if (c->options.spec.kind == TP_WINDOW_SESSION)
        cell = session_of(c, group, window);
    else
        cell = group && group->first ? group->first : new_cell(c, group, window);
    return tp_cogroup_put(c, cell, line);
}

/* In those that end from FIRST to LAST, the slide apart, and are not over. */
static int
put_windows(struct cogroup *c, const struct tp_match_record *r, struct line *line, tp_time first,
            tp_time last)
{
    for (tp_time end = first;; end += c->options.spec.slide) {
        struct tp_window window = {tp_window_start(&c->options.spec, end), end};

        if (end > r->watermark && put_window(c, r->key, line, &window) < 0)
            return -1;
        if (end >= last)
            return 0;
    }
}

/* Puts the record in its windows from FIRST to LAST (sessions: in LAST). */
static int
put_record(struct cogroup *c, const struct tp_match_record *r, const struct tp_window *first,
           const struct tp_window *last)
{
    struct line *line = tp_cogroup_line(c, r->side, r->line);
    int result;

    if (!line)
        return -1;
    if (c->options.spec.kind == TP_WINDOW_SESSION)
        result = put_window(c, r->key, line, last);
    else
        result = put_windows(c, r, line, first->end, last->end);
    tp_cogroup_drop(c, line); /* the windows have it now */
    return result;
}

static int
add(struct tp_match *match, const struct tp_match_record *r, tp_time *limit, struct tp_err *err)
{
    struct cogroup *c = (struct cogroup *)match;
    struct tp_window pane, first, last;

    if (tp_window_pane(&c->options.spec, r->time, &pane, err) < 0)
        return -1;
    tp_window_of_pane(&c->options.spec, pane.start, &first, &last);
    if (c->options.spec.kind == TP_WINDOW_SESSION)
        last = merged_with(r->key.ptr ? tp_map_find(c->keys, r->key) : NULL, &pane);
    *limit = last.end;
    if (last.end <= r->watermark)
        return 0;
    if (!r->key.ptr && !tp_match_is_outer(match->type, r->side))
        return 1;
    return put_record(c, r, &first, &last) < 0 ? tp_err_memory(err) : 1;
}

/* --- rows --------------------------------------------------------------------------------------*/

static struct tp_str
text_of(const struct line *line)
{
    return line ? (struct tp_str){line->text, line->len} : (struct tp_str){NULL, 0};
}

static int
say(struct cogroup *c, const struct cell *cell, const struct line *left, const struct line *right,
    struct tp_err *err)
{
    struct tp_match_row row = {.time = cell->window.end - TP_MILLISECOND,
                               .window = &cell->window,
                               .left = text_of(left),
                               .right = text_of(right)};

    return c->match.sink.row(c->match.sink.context, &row, err);
}

/* LEFT with all it meets; *MET: it met something. */
static int
say_pairs(struct cogroup *c, const struct cell *cell, const struct line *left, bool *met,
          struct tp_err *err)
{
    const struct list *rights = &cell->side[TP_JOIN_RIGHT];

    for (size_t i = 0; i < rights->count; i++) {
        int meets = tp_match_meets(&c->match, text_of(left), text_of(rights->line[i]), err);

        if (meets < 0)
            return -1;
        if (!meets)
            continue;
        *met = rights->line[i]->matched = true;
        c->match.met++;
        if (tp_match_is_left_only(c->match.type))
            return 0; /* that there is one is all there is to know */
        if (say(c, cell, left, rights->line[i], err) < 0)
            return -1;
    }
    return 0;
}

static int
by_order(const void *a, const void *b)
{
    const struct line *left = *(struct line *const *)a, *right = *(struct line *const *)b;

    return (left->order > right->order) - (left->order < right->order);
}

static int
answer(struct cogroup *c, const struct cell *cell, struct tp_err *err)
{
    const struct list *lefts = &cell->side[TP_JOIN_LEFT], *rights = &cell->side[TP_JOIN_RIGHT];

    for (int side = 0; side < 2 && cell->merged; side++)
        if (cell->side[side].count > 1)
            qsort(cell->side[side].line, cell->side[side].count, sizeof(struct line *), by_order);
    for (size_t i = 0; i < rights->count; i++)
        rights->line[i]->matched = false;
    for (size_t i = 0; i < lefts->count; i++) {
        bool met = false, alone;

        if (cell->group && say_pairs(c, cell, lefts->line[i], &met, err) < 0)
            return -1;
        alone =
            met ? c->match.type == TP_MATCH_SEMI : tp_match_is_outer(c->match.type, TP_JOIN_LEFT);
        if (alone && say(c, cell, lefts->line[i], NULL, err) < 0)
            return -1;
    }
    if (!tp_match_is_outer(c->match.type, TP_JOIN_RIGHT))
        return 0;
    for (size_t i = 0; i < rights->count; i++)
        if (!rights->line[i]->matched && say(c, cell, NULL, rights->line[i], err) < 0)
            return -1;
    return 0;
}

static int
advance(struct tp_match *match, tp_time watermark, struct tp_err *err)
{
    struct cogroup *c = (struct cogroup *)match;
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&c->due)) && next->at <= watermark) {
        tp_time at = next->at;
        struct cell *cell = tp_heap_pop(&c->due).data;
        int result;

        if (cell->window.end > at && cell->group) { /* a session that has grown since */
            if (tp_heap_push(&c->due, cell->window.end, cell) < 0)
                return tp_err_memory(err);
            continue;
        }
        result = answer(c, cell, err);
        if (cell->group)
            leave_group(c, cell, true);
        free_cell(c, cell);
        if (result < 0)
            return -1;
    }
    return 0;
}

/* --- the way -----------------------------------------------------------------------------------*/

static size_t
held(const struct tp_match *match, enum tp_join_side side)
{
    return ((const struct cogroup *)match)->held[side];
}

static size_t
size(const struct tp_match *match)
{
    const struct cogroup *c = (const struct cogroup *)match;

    return c->size + tp_map_size(c->keys);
}

static void
cogroup_free(struct tp_match *match)
{
    struct cogroup *c = (struct cogroup *)match;

    while (c->due.count > 0)
        free_cell(c, tp_heap_pop(&c->due).data);
    tp_cogroup_loaded(match);
    tp_heap_release(&c->due);
    tp_buf_release(&c->key);
    tp_map_free(c->keys);
    free(c);
}

static const struct tp_match_way way = {
    .add = add,
    .advance = advance,
    .held = held,
    .size = size,
    .save = tp_cogroup_save,
    .load = tp_cogroup_load,
    .loaded = tp_cogroup_loaded,
    .free = cogroup_free,
};

struct tp_match *
tp_cogroup_new(const struct tp_cogroup *options)
{
    struct cogroup *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->match.way = &way;
    c->match.type = options->type;
    c->options = *options;
    c->keys = tp_map_new(sizeof(struct group));
    if (c->keys)
        return &c->match;
    free(c);
    return NULL;
}
