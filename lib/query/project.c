#include "query/project.h"

#include <stdlib.h>

#include "query/project_tree.h"

void
tp_project_free(struct tp_project *p)
{
    if (!p)
        return;
    tp_select_free(p->select);
    tp_arena_release(&p->memory);
    tp_omit_release(&p->omit);
    tp_buf_release(&p->scratch);
    free(p->cell);
    free(p->guard);
    free(p->splice);
    free(p);
}

/* --- making ------------------------------------------------------------------------------------*/

static struct tp_project *
new_project(struct tp_select *select, struct tp_err *err)
{
    struct tp_project *p = calloc(1, sizeof *p);

    if (!p) {
        tp_select_free(select);
        tp_err_memory(err);
        return NULL;
    }
    p->select = select;
    p->all = p->unnest = TP_NO_ITEM;
    p->time_slot = p->change_slot = -1;
    p->cell = calloc(select->count, sizeof *p->cell);
    if (!p->cell) {
        tp_project_free(p);
        tp_err_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < select->count; i++) {
        size_t slot;

        p->cell[i].slot = -1;
        if (select->item[i].kind == TP_ITEM_EXPR && tp_expr_path(select->item[i].expr, &slot))
            p->cell[i].slot = (int)slot;
    }
    return p;
}

/* `*` leaves PATH out; without its outermost member in the record there is nothing to leave. */
static int
leave_out(struct tp_project *p, const struct tp_path *path, struct tp_scan *scan,
          struct tp_err *err)
{
    int *grown = realloc(p->guard, (p->guards + 1) * sizeof *grown);

    if (!grown)
        return tp_err_memory(err);
    p->guard = grown;
    p->guard[p->guards] = tp_project_want(scan, path->step[0].name, err);
    return p->guard[p->guards++] < 0 ? -1 : tp_omit_path(&p->omit, path, err);
}

static int
make_all(struct tp_project *p, struct tp_scan *scan, struct tp_err *err)
{
    const struct tp_item *all = &p->select->item[p->all];
    struct tp_err why;

    for (size_t i = 0; i < all->excepts; i++)
        if (leave_out(p, &all->except[i], scan, &why) < 0)
            return tp_err_at(err, why.fault, all->at, "%s", why.text);
    for (const struct tp_field *field = p->fields; field; field = field->next) {
        struct tp_step step = {.name = field->name};
        struct tp_path path = {&step, 1, NULL};

        if (leave_out(p, &path, scan, err) < 0)
            return -1;
    }
    return 0;
}

static bool
names(const struct tp_project *p, struct tp_str name)
{
    for (const struct tp_field *field = p->fields; field; field = field->next)
        if (tp_str_equal(field->name, name))
            return true;
    return false;
}

/* The record's own time and change, where the list does not say itself what becomes of them. */
static int
make_kept(struct tp_project *p, struct tp_scan *scan, struct tp_err *err)
{
    if (!names(p, TP_STR("@timestamp"))) {
        p->time_slot = tp_project_want(scan, TP_STR("@timestamp"), err);
        if (p->time_slot < 0)
            return -1;
    }
    if (!names(p, TP_STR("@op"))) {
        p->change_slot = tp_project_want(scan, TP_STR("@op"), err);
        if (p->change_slot < 0)
            return -1;
    }
    return 0;
}

static int
make_list(struct tp_project *p, struct tp_scan *scan, struct tp_err *err)
{
    if (tp_project_make_fields(p, NULL, err) < 0)
        return -1;
    return p->all == TP_NO_ITEM ? make_kept(p, scan, err) : make_all(p, scan, err);
}

struct tp_project *
tp_project_list(struct tp_select *select, struct tp_scan *scan, struct tp_err *err)
{
    struct tp_project *p = new_project(select, err);

    if (!p)
        return NULL;
    if (make_list(p, scan, err) == 0)
        return p;
    tp_project_free(p);
    return NULL;
}

struct tp_project *
tp_project_set(struct tp_select *select, struct tp_scan *scan, struct tp_err *err)
{
    struct tp_project *p = new_project(select, err);

    if (!p)
        return NULL;
    p->sets = true;
    if (tp_project_make_fields(p, scan, err) == 0 && tp_splices_make(p, err) == 0)
        return p;
    tp_project_free(p);
    return NULL;
}

bool
tp_project_is_identity(const struct tp_project *p)
{
    return p->select->count == 1 && p->all == 0 && p->guards == 0;
}

const struct tp_select *
tp_project_select(const struct tp_project *p)
{
    return p->select;
}

/* --- a record ----------------------------------------------------------------------------------*/

static int
evaluate(struct tp_project *p, struct tp_err *err)
{
    for (size_t i = 0; i < p->select->count; i++) {
        struct tp_expr *expr = p->select->item[i].expr;

        if (expr && p->cell[i].slot < 0 && tp_expr_eval(expr, p->slots, &p->cell[i].value, err) < 0)
            return -1;
    }
    return 0;
}

/* The first element of the array that UNNEST is about; no array gives no rows. */
static int
begin_unnest(struct tp_project *p, struct tp_err *err)
{
    const struct tp_value *array = &p->cell[p->unnest].value;

    p->unnest_at = 0;
    p->done = true;
    if (array->kind == TP_NULL)
        return 0;
    if (array->kind != TP_JSON || array->text.ptr[0] != '[')
        return tp_err_set(err, TP_FAULT_RECORD, "UNNEST of %s, not of an array",
                          array->kind == TP_JSON ? "an object" : tp_kind_name(array->kind));
    p->done = !tp_select_element(array->text, &p->unnest_at, &p->element);
    return 0;
}

int
tp_project_begin(struct tp_project *p, struct tp_str line, size_t members,
                 const struct tp_slot *slots, struct tp_err *err)
{
    p->line = line;
    p->members = members;
    p->slots = slots;
    p->done = false;
    if (evaluate(p, err) < 0)
        return -1;
    if (p->sets)
        return tp_splices_find(p, err);
    return p->unnest == TP_NO_ITEM ? 0 : begin_unnest(p, err);
}

/* --- a row of a list ---------------------------------------------------------------------------*/

static bool
omits(const struct tp_project *p)
{
    for (size_t i = 0; i < p->guards; i++)
        if (p->slots[p->guard[i]].kind != TP_SLOT_MISSING)
            return true;
    return false;
}

/* What stands between the braces of OBJECT. */
static struct tp_str
inside(struct tp_str object)
{
    const char *from = memchr(object.ptr, '{', object.len), *to;

    to = memrchr(object.ptr, '}', object.len);
    for (from++; from < to && (*from == ' ' || *from == '\t' || *from == '\r');)
        from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
        to--;
    return (struct tp_str){from, (size_t)(to - from)};
}

static void
separate(struct tp_buf *to, bool *any)
{
    if (*any)
        tp_buf_put_char(to, ',');
    *any = true;
}

static void
write_all(struct tp_project *p, struct tp_buf *to, bool *any)
{
    struct tp_str members = p->line;

    if (omits(p)) {
        tp_buf_clear(&p->scratch);
        tp_omit_copy(&p->omit, p->line, &p->scratch);
        to->failed |= tp_buf_failed(&p->scratch);
        if (to->failed)
            return;
        members = tp_buf_str(&p->scratch);
    }
    members = inside(members);
    if (members.len == 0)
        return;
    separate(to, any);
    tp_buf_put_str(to, members);
}

static void
write_kept(const struct tp_project *p, int slot, struct tp_str key, struct tp_buf *to, bool *any)
{
    if (slot < 0 || p->slots[slot].kind == TP_SLOT_MISSING)
        return;
    separate(to, any);
    tp_buf_put_str(to, key);
    tp_buf_put_str(to, tp_slot_json(&p->slots[slot]));
}

/* The list is `*`, perhaps with EXCEPT: the line, byte for byte. */
static void
write_line(struct tp_project *p, struct tp_buf *to)
{
    if (omits(p))
        tp_omit_copy(&p->omit, p->line, to);
    else
        tp_buf_put_str(to, p->line);
}

static void
write_row(struct tp_project *p, struct tp_buf *to)
{
    bool any = false;

    if (p->all == 0 && p->select->count == 1) {
        write_line(p, to);
        return;
    }
    tp_buf_put_char(to, '{');
    write_kept(p, p->time_slot, TP_STR("\"@timestamp\":"), to, &any);
    if (p->all != TP_NO_ITEM && !p->all_after)
        write_all(p, to, &any);
    for (const struct tp_field *field = p->fields; field; field = field->next) {
        tp_field_put_key(field, &any, to);
        tp_project_write_field(p, field, to);
        if (p->all != TP_NO_ITEM && p->all_after == field)
            write_all(p, to, &any);
    }
    write_kept(p, p->change_slot, TP_STR("\"@op\":"), to, &any);
    tp_buf_put_char(to, '}');
}

bool
tp_project_next(struct tp_project *p, struct tp_buf *to)
{
    if (p->done)
        return false;
    if (p->sets)
        tp_splices_write(p, to);
    else
        write_row(p, to);
    p->done = p->unnest == TP_NO_ITEM ||
              !tp_select_element(p->cell[p->unnest].value.text, &p->unnest_at, &p->element);
    return true;
}

bool
tp_project_ended(const struct tp_project *p)
{
    return p->done;
}
