#include "query/pair.h"

#include <stdlib.h>

#include "base/buf.h"
#include "query/expr.h"
#include "query/project.h"
#include "query/select.h"
#include "record/scan.h"

struct tp_pair {
    struct tp_scan *scan;
    struct tp_expr *expr;       /* the condition */
    struct tp_project *project; /* the list */
    struct tp_slot *slot;
    struct tp_buf row;
};

/* `l` or `r` alone, or any other first step, would be NULL for ever: a slip. */
static int
check_members(const struct tp_expr *expr, bool bounds, struct tp_err *err)
{
    size_t count;
    const struct tp_expr_member *member = tp_expr_members(expr, &count);

    for (size_t i = 0; i < count; i++) {
        struct tp_str side = member[i].path.step[0].name;

        if (bounds && (tp_str_equal(side, TP_STR("window_start")) ||
                       tp_str_equal(side, TP_STR("window_end"))))
            continue;
        if (member[i].path.step[0].is_index ||
            !(tp_str_equal(side, TP_STR("l")) || tp_str_equal(side, TP_STR("r"))))
            return tp_err_at(err, TP_FAULT_USAGE, member[i].at,
                             "members are l.name (left) and r.name (right)");
    }
    return 0;
}

static struct tp_pair *
new_pair(struct tp_expr_context *context, struct tp_err *err)
{
    struct tp_pair *pair = calloc(1, sizeof *pair);

    if (pair)
        pair->scan = context->scan = tp_scan_new();
    if (pair && pair->scan)
        return pair;
    free(pair);
    tp_err_memory(err);
    return NULL;
}

/* All members are asked for. */
static int
make_slots(struct tp_pair *pair, struct tp_err *err)
{
    pair->slot = calloc(tp_scan_slots(pair->scan) + 1, sizeof *pair->slot);
    return pair->slot ? 0 : tp_err_memory(err);
}

struct tp_pair *
tp_pair_compile(struct tp_str text, struct tp_err *err)
{
    struct tp_expr_context context = {.scan = NULL};
    struct tp_pair *pair = new_pair(&context, err);

    if (!pair)
        return NULL;
    pair->expr = tp_expr_compile(text, &context, err);
    if (pair->expr && tp_expr_want_boolean(pair->expr, err) == 0 &&
        check_members(pair->expr, false, err) == 0 && make_slots(pair, err) == 0)
        return pair;
    tp_pair_free(pair);
    return NULL;
}

static int
make_list(struct tp_pair *pair, struct tp_str text, const struct tp_expr_context *context,
          struct tp_err *err)
{
    struct tp_select *select = tp_select_parse(text, TP_SELECT_SIDES, context, err);

    for (size_t i = 0; select && i < select->count; i++)
        if (check_members(select->item[i].expr, true, err) < 0) {
            tp_select_free(select);
            return -1;
        }
    if (!select)
        return -1;
    pair->project = tp_project_list(select, pair->scan, err);
    return pair->project ? make_slots(pair, err) : -1;
}

struct tp_pair *
tp_pair_select(struct tp_str text, struct tp_err *err)
{
    struct tp_expr_context context = {.scan = NULL};
    struct tp_pair *pair = new_pair(&context, err);

    if (!pair || make_list(pair, text, &context, err) == 0)
        return pair;
    tp_pair_free(pair);
    return NULL;
}

void
tp_pair_free(struct tp_pair *pair)
{
    if (!pair)
        return;
    tp_expr_free(pair->expr);
    tp_project_free(pair->project);
    tp_scan_free(pair->scan);
    tp_buf_release(&pair->row);
    free(pair->slot);
    free(pair);
}

/* --- what it reads -----------------------------------------------------------------------------*/

struct reads {
    struct tp_str side, *name;
    size_t cap, *count;
};

static bool
is_there(const struct reads *reads, struct tp_str name)
{
    for (size_t i = 0; i < *reads->count; i++)
        if (tp_str_equal(reads->name[i], name))
            return true;
    return false;
}

static bool
add_reads(const struct tp_expr *expr, const struct reads *reads)
{
    size_t count;
    const struct tp_expr_member *member = tp_expr_members(expr, &count);

    for (size_t i = 0; i < count; i++) {
        const struct tp_path *path = &member[i].path;

        if (!tp_str_equal(path->step[0].name, reads->side))
            continue;
        if (path->count < 2 || path->step[1].is_index)
            return false;
        if (is_there(reads, path->step[1].name))
            continue;
        if (*reads->count == reads->cap)
            return false;
        reads->name[(*reads->count)++] = path->step[1].name;
    }
    return true;
}

bool
tp_pair_reads(const struct tp_pair *pair, char side, struct tp_str *names, size_t cap,
              size_t *count)
{
    const struct reads reads = {{&side, 1}, names, cap, count};
    const struct tp_select *select;

    if (pair->expr)
        return add_reads(pair->expr, &reads);
    select = tp_project_select(pair->project);
    for (size_t i = 0; i < select->count; i++)
        if (!add_reads(select->item[i].expr, &reads))
            return false;
    return true;
}

/* --- pairs -------------------------------------------------------------------------------------*/

static int
scan(struct tp_pair *pair, struct tp_buf *row, size_t *members, struct tp_err *err)
{
    if (!tp_buf_reserve(row, TP_SCAN_PADDING))
        return tp_err_memory(err);
    memset(row->ptr + row->len, 0, TP_SCAN_PADDING);
    if (!tp_scan_line(pair->scan, row->ptr, row->ptr + row->len, pair->slot, members, err))
        return -1;
    return 0;
}

int
tp_pair_test(struct tp_pair *pair, struct tp_str left, struct tp_str right, struct tp_err *err)
{
    struct tp_buf *row = &pair->row;

    tp_buf_clear(row);
    TP_BUF_PUT(row, "{\"l\":");
    tp_buf_put_str(row, left);
    TP_BUF_PUT(row, ",\"r\":");
    tp_buf_put_str(row, right);
    TP_BUF_PUT(row, "}\n");
    if (scan(pair, row, NULL, err) < 0)
        return -1;
    return tp_expr_test(pair->expr, pair->slot, err);
}

int
tp_pair_write(struct tp_pair *pair, struct tp_buf *object, struct tp_buf *to, struct tp_err *err)
{
    size_t members = 0;

    if (scan(pair, object, &members, err) < 0 ||
        tp_project_begin(pair->project, (struct tp_str){object->ptr, object->len - 1}, members,
                         pair->slot, err) < 0)
        return -1;
    while (tp_project_next(pair->project, to))
        tp_buf_put_char(to, '\n');
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}
