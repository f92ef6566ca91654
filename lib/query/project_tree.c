/* The tree of targets. */
#include "query/project_tree.h"

#include "record/emit.h"
#include "value/text.h"

static int
quote_key(struct tp_project *p, struct tp_field *field, struct tp_err *err)
{
    size_t len;

    tp_buf_clear(&p->scratch);
    tp_buf_put_char(&p->scratch, ',');
    tp_text_quote(field->name, &p->scratch);
    tp_buf_put_char(&p->scratch, ':');
    len = p->scratch.len;
    for (int i = 0; i < TP_BUF_PADDING; i++)
        tp_buf_put_char(&p->scratch, ' ');
    if (tp_buf_failed(&p->scratch))
        return tp_err_memory(err);
    field->key = tp_arena_copy(&p->memory, tp_buf_str(&p->scratch));
    field->key.len = len;
    return field->key.ptr ? 0 : tp_err_memory(err);
}

static struct tp_field *
find_or_add(struct tp_project *p, struct tp_field **list, struct tp_str name, struct tp_err *err)
{
    struct tp_field *field;

    for (; *list; list = &(*list)->next)
        if (tp_str_equal((*list)->name, name))
            return *list;
    field = tp_arena_alloc(&p->memory, sizeof *field);
    if (!field) {
        tp_err_memory(err);
        return NULL;
    }
    *field = (struct tp_field){.name = name, .item = TP_NO_ITEM, .slot = -1};
    if (quote_key(p, field, err) < 0)
        return NULL;
    p->fields_count++;
    *list = field;
    return field;
}

/* Places ITEM, whose path has not been seen: the list was checked for clashes. */
static int
add_item(struct tp_project *p, size_t item, struct tp_scan *scan, struct tp_err *err)
{
    const struct tp_path *path = &p->select->item[item].target;
    struct tp_field **list = &p->fields, *field = NULL;

    for (size_t i = 0; i < path->count; i++) {
        struct tp_path part = {path->step, i + 1, NULL};

        field = find_or_add(p, list, path->step[i].name, err);
        if (!field)
            return -1;
        if (scan && field->slot < 0) {
            field->slot = tp_scan_want(scan, &part, err);
            if (field->slot < 0)
                return -1;
        }
        list = &field->below;
    }
    if (field)
        field->item = item;
    return 0;
}

/* In a row whose first member has one of these names, the line would speak about the stream. */
static int
refuse_control(const struct tp_item *item, struct tp_err *err)
{
    struct tp_str name = item->target.step[0].name;

    if (!tp_str_equal(name, TP_STR("@watermark")) && !tp_str_equal(name, TP_STR("@barrier")))
        return 0;
    return tp_err_at(err, TP_FAULT_USAGE, item->at, "%.*s is the name of a control line",
                     (int)name.len, name.ptr);
}

static struct tp_field *
last_field(struct tp_project *p)
{
    struct tp_field *last = p->fields;

    while (last && last->next)
        last = last->next;
    return last;
}

int
tp_project_make_fields(struct tp_project *p, struct tp_scan *scan, struct tp_err *err)
{
    for (size_t i = 0; i < p->select->count; i++) {
        const struct tp_item *item = &p->select->item[i];

        if (item->kind == TP_ITEM_ALL) {
            if (p->all != TP_NO_ITEM)
                return tp_err_at(err, TP_FAULT_USAGE, item->at, "only one * in a list");
            p->all = i;
            p->all_after = last_field(p);
            continue;
        }
        if (item->kind == TP_ITEM_UNNEST)
            p->unnest = i;
        if (refuse_control(item, err) < 0 || add_item(p, i, scan, err) < 0)
            return -1;
    }
    return 0;
}

/* Behind the line that a slot points into there is room to read (TP_SCAN_PADDING). */
static inline void
put_slot(const struct tp_slot *slot, struct tp_buf *to)
{
    if (slot->kind == TP_SLOT_MISSING)
        TP_BUF_PUT(to, "null");
    else
        tp_buf_put_padded(to, tp_slot_json(slot));
}

static void
write_item(const struct tp_project *p, size_t item, struct tp_buf *to)
{
    const struct tp_cell *cell = &p->cell[item];

    if (item == p->unnest)
        tp_buf_put_str(to, tp_slot_json(&p->element));
    else if (cell->slot >= 0)
        put_slot(&p->slots[cell->slot], to);
    else
        tp_emit_value(to, cell->value);
}

void
tp_project_write_field(const struct tp_project *p, const struct tp_field *field, struct tp_buf *to)
{
    const struct tp_field *below;
    bool any = false;

    if (field->item != TP_NO_ITEM) {
        write_item(p, field->item, to);
        return;
    }
    tp_buf_put_char(to, '{');
    for (below = field->below; below; below = below->next) {
        tp_field_put_key(below, &any, to);
        tp_project_write_field(p, below, to);
    }
    tp_buf_put_char(to, '}');
}

int
tp_project_want(struct tp_scan *scan, struct tp_str name, struct tp_err *err)
{
    struct tp_step step = {.name = name};
    struct tp_path path = {&step, 1, NULL};

    return tp_scan_want(scan, &path, err);
}
