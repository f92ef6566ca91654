#include "record/grid.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "record/member.h"
#include "value/text.h"

struct column {
    struct tp_str name; /* the map's own copy */
    struct tp_str lead; /* of an outermost member, as first written (tp_members_skip); or empty */
    struct tp_cell cell;
};

struct tp_grid {
    struct tp_map *number; /* name -> size_t */
    struct column *column;
    size_t count, cap;
    size_t expected; /* records tend to have their members in the same order */
    bool all, fixed;
    struct tp_arena leads;
    struct tp_arena undone;                   /* texts of this row that had escapes */
    struct tp_buf scratch, prefix, full_name; /* prefix: `user.` while inside user */
    bool failed;                              /* memory ran out */
};

struct tp_grid *
tp_grid_new(void)
{
    struct tp_grid *grid = calloc(1, sizeof *grid);

    if (!grid)
        return NULL;
    grid->number = tp_map_new(sizeof(size_t));
    if (!grid->number) {
        free(grid);
        return NULL;
    }
    return grid;
}

void
tp_grid_free(struct tp_grid *grid)
{
    if (!grid)
        return;
    tp_map_free(grid->number);
    tp_arena_release(&grid->leads);
    tp_arena_release(&grid->undone);
    tp_buf_release(&grid->scratch);
    tp_buf_release(&grid->prefix);
    tp_buf_release(&grid->full_name);
    free(grid->column);
    free(grid);
}

void
tp_grid_show_all(struct tp_grid *grid)
{
    grid->all = true;
}

/* --- columns -----------------------------------------------------------------------------------*/

static struct column *
add_column(struct tp_grid *grid, struct tp_str name)
{
    size_t *number;

    if (grid->count == grid->cap) {
        size_t cap = grid->cap ? 2 * grid->cap : 16;
        struct column *column = realloc(grid->column, cap * sizeof *column);

        if (!column)
            return NULL;
        grid->column = column;
        grid->cap = cap;
    }
    number = tp_map_add(grid->number, name, NULL);
    if (!number)
        return NULL;
    *number = grid->count;
    grid->column[grid->count] = (struct column){.name = tp_map_key(grid->number, number)};
    return &grid->column[grid->count++];
}

/* The column called NAME; NULL when there is none to be. */
static struct column *
find_column(struct tp_grid *grid, struct tp_str name)
{
    struct column *column = NULL;
    size_t *number;

    if (grid->expected < grid->count && tp_str_equal(grid->column[grid->expected].name, name))
        return &grid->column[grid->expected++];
    number = tp_map_find(grid->number, name);
    if (number)
        column = &grid->column[*number];
    else if (!grid->fixed && !(column = add_column(grid, name)))
        grid->failed = true;
    if (column)
        grid->expected = (size_t)(column - grid->column) + 1;
    return column;
}

int
tp_grid_fix(struct tp_grid *grid, struct tp_str names, struct tp_err *err)
{
    const char *p = names.ptr, *end = names.ptr + names.len;

    while (p <= end) {
        const char *comma = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
        struct tp_str name = {p, (size_t)((comma ? comma : end) - p)};

        if (name.len == 0)
            return tp_err_set(err, TP_FAULT_USAGE, "an empty name in the list of columns");
        if (tp_map_find(grid->number, name))
            return tp_err_set(err, TP_FAULT_USAGE, "column %.*s is listed twice", (int)name.len,
                              name.ptr);
        if (!add_column(grid, name))
            return tp_err_memory(err);
        p = (comma ? comma : end) + 1;
    }
    grid->fixed = true;
    return 0;
}

/* --- cells -------------------------------------------------------------------------------------*/

static struct tp_cell
read_cell(struct tp_grid *grid, const struct tp_slot *slot)
{
    struct tp_str text = {slot->ptr, slot->len};

    switch (slot->kind) {
    case TP_SLOT_MISSING:
    case TP_SLOT_NULL:
        return (struct tp_cell){TP_CELL_NULL, {"", 0}};
    case TP_SLOT_FALSE:
    case TP_SLOT_TRUE:
        return (struct tp_cell){TP_CELL_BOOL, text};
    case TP_SLOT_INTEGER:
    case TP_SLOT_REAL:
        return (struct tp_cell){TP_CELL_NUMBER, text};
    case TP_SLOT_TEXT:
        return (struct tp_cell){TP_CELL_TEXT, text};
    case TP_SLOT_ESCAPED:
        tp_buf_clear(&grid->scratch);
        tp_text_unescape(text, &grid->scratch);
        text = tp_arena_copy(&grid->undone, tp_buf_str(&grid->scratch));
        grid->failed |= tp_buf_failed(&grid->scratch) || !text.ptr;
        return (struct tp_cell){TP_CELL_TEXT, text};
    case TP_SLOT_OBJECT:
    case TP_SLOT_ARRAY:
        break;
    }
    return (struct tp_cell){TP_CELL_JSON, text};
}

/* With the names of the objects around it: user.id. */
static struct tp_str
column_name(struct tp_grid *grid, const struct tp_member *member)
{
    if (grid->prefix.len == 0 && !member->name_escaped)
        return member->name;
    tp_buf_clear(&grid->full_name);
    tp_buf_put_str(&grid->full_name, tp_buf_str(&grid->prefix));
    if (member->name_escaped)
        tp_member_name(member, &grid->full_name);
    else
        tp_buf_put_str(&grid->full_name, member->name);
    grid->failed |= tp_buf_failed(&grid->full_name);
    return tp_buf_str(&grid->full_name);
}

static bool
has_members(const struct tp_slot *slot)
{
    struct tp_members walk;
    struct tp_member first;

    if (slot->kind != TP_SLOT_OBJECT)
        return false;
    walk = tp_members_open(tp_slot_json(slot));
    return tp_members_next(&walk, &first);
}

/* The column that comes next in most records, when it is what stands there: its cell. */
static inline bool
read_expected(struct tp_grid *grid, struct tp_members *walk)
{
    const struct tp_members before = *walk;
    struct column *column = &grid->column[grid->expected];
    struct tp_slot value;

    if (grid->expected == grid->count || !column->lead.len || !tp_members_skip(walk, column->lead))
        return false;
    if (*walk->p == '{') { /* perhaps several columns */
        *walk = before;
        return false;
    }
    walk->p = tp_member_value(walk->p, walk->end, &value);
    column->cell = read_cell(grid, &value);
    grid->expected++;
    return true;
}

/* MEMBER, of the outermost object, is in COLUMN; what stands before its value begins at FROM. */
static void
learn_lead(struct tp_grid *grid, struct column *column, const char *from,
           const struct tp_member *member)
{
    const char *value = tp_slot_json(&member->value).ptr;

    if (column->lead.len)
        return;
    column->lead = tp_arena_copy(&grid->leads, (struct tp_str){from, (size_t)(value - from)});
    grid->failed |= !column->lead.ptr;
}

/* Goes as deep as the scanner lets objects nest (TP_SCAN_DEPTH). */
static void
read_members(struct tp_grid *grid, struct tp_str object)
{
    struct tp_members walk = tp_members_open(object);
    size_t outer = grid->prefix.len;

    while (!grid->failed) {
        const char *from = walk.p;
        struct tp_member member;
        struct tp_str name;
        struct column *column;

        if (outer == 0 && read_expected(grid, &walk))
            continue;
        if (!tp_members_next(&walk, &member))
            return;
        name = column_name(grid, &member);
        if (outer == 0 && !grid->all && !grid->fixed && tp_member_is_own(&member))
            continue;
        if (has_members(&member.value) && !(grid->fixed && tp_map_find(grid->number, name))) {
            tp_buf_put(&grid->prefix, name.ptr + outer, name.len - outer);
            TP_BUF_PUT(&grid->prefix, ".");
            read_members(grid, tp_slot_json(&member.value));
            grid->failed |= tp_buf_failed(&grid->prefix);
            grid->prefix.len = outer;
            continue;
        }
        column = find_column(grid, name);
        if (!column)
            continue;
        column->cell = read_cell(grid, &member.value);
        if (outer == 0)
            learn_lead(grid, column, from, &member);
    }
}

int
tp_grid_read(struct tp_grid *grid, struct tp_str line, struct tp_err *err)
{
    for (size_t i = 0; i < grid->count; i++)
        grid->column[i].cell = (struct tp_cell){TP_CELL_MISSING, {"", 0}};
    tp_arena_clear(&grid->undone);
    tp_buf_clear(&grid->prefix);
    grid->expected = 0;
    grid->failed = false;
    read_members(grid, line);
    return grid->failed ? tp_err_memory(err) : 0;
}

size_t
tp_grid_columns(const struct tp_grid *grid)
{
    return grid->count;
}

struct tp_str
tp_grid_name(const struct tp_grid *grid, size_t column)
{
    return grid->column[column].name;
}

const struct tp_cell *
tp_grid_cell(const struct tp_grid *grid, size_t column)
{
    return &grid->column[column].cell;
}

struct tp_str
tp_grid_text(const struct tp_grid *grid, struct tp_str name)
{
    const size_t *number = tp_map_find(grid->number, name);

    return number ? grid->column[*number].cell.text : TP_STR("");
}
