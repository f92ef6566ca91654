#include "query/select.h"

#include <stdlib.h>

#include "query/expr_json.h"
#include "query/expr_parse.h"
#include "value/text.h"

struct list {
    struct tp_select *select;
    struct tp_lex lex;
    const struct tp_expr_context *context;
    struct tp_err *err;
    unsigned allow;
};

void
tp_select_free(struct tp_select *select)
{
    size_t i, j;

    if (!select)
        return;
    for (i = 0; i < select->count; i++) {
        struct tp_item *item = &select->item[i];

        tp_expr_free(item->expr);
        tp_path_release(&item->target);
        for (j = 0; j < item->excepts; j++)
            tp_path_release(&item->except[j]);
        free(item->except);
    }
    free(select->item);
    tp_arena_release(&select->memory);
    free(select);
}

static struct tp_item *
add_item(struct list *list)
{
    struct tp_select *select = list->select;
    size_t cap = select->cap ? 2 * select->cap : 8;
    struct tp_item *grown;

    if (select->count == select->cap) {
        grown = realloc(select->item, cap * sizeof *grown);
        if (!grown) {
            tp_err_memory(list->err);
            return NULL;
        }
        select->item = grown;
        select->cap = cap;
    }
    select->item[select->count] = (struct tp_item){.at = (long)list->lex.token.at};
    return &select->item[select->count++];
}

static int
next(struct list *list)
{
    return tp_lex_next(&list->lex, list->err);
}

static int
expected(struct list *list, const char *what)
{
    char found[48];

    return tp_err_at(list->err, TP_FAULT_USAGE, (long)list->lex.token.at, "expected %s, found %s",
                     what, tp_parse_found(&list->lex, found));
}

static int
expect_symbol(struct list *list, const char *symbol, const char *what)
{
    return tp_lex_is_symbol(&list->lex, symbol) ? next(list) : expected(list, what);
}

/* The path at the current token. */
static int
parse_path(struct list *list, struct tp_path *path)
{
    struct tp_lex *lex = &list->lex;
    size_t at = lex->token.at, end;
    struct tp_err reason;

    if (lex->token.kind != TP_TOKEN_NAME && lex->token.kind != TP_TOKEN_QUOTED &&
        !(tp_lex_is_symbol(lex, ".") && tp_lex_path_end(lex) > lex->at))
        return expected(list, "a name");
    end = tp_lex_path_end(lex);
    if (tp_path_parse(path, (struct tp_str){lex->text.ptr + at, end - at}, &reason) < 0)
        return tp_err_at(list->err, TP_FAULT_USAGE, (long)at + (reason.at > 0 ? reason.at : 0),
                         "%s", reason.text);
    lex->at = end;
    return next(list);
}

/* A path of one step, whose name is NAME. */
static int
path_of_name(struct list *list, struct tp_str name, struct tp_path *path)
{
    struct tp_buf quoted = TP_BUF_INIT;
    int parsed;

    tp_text_quote(name, &quoted);
    parsed = tp_buf_failed(&quoted) ? tp_err_memory(list->err)
                                    : tp_path_parse(path, tp_buf_str(&quoted), list->err);
    tp_buf_release(&quoted);
    return parsed;
}

static int
name_item(struct list *list, struct tp_item *item)
{
    struct tp_buf name = TP_BUF_INIT;

    if (item->target.count == 1 && !item->target.step[0].is_index)
        tp_buf_put_str(&name, item->target.step[0].name);
    else
        tp_path_write(&item->target, &name);
    item->name = tp_arena_copy(&list->select->memory, tp_buf_str(&name));
    tp_buf_release(&name);
    return item->name.ptr ? 0 : tp_err_memory(list->err);
}

static int
default_target(struct list *list, struct tp_item *item)
{
    const struct tp_path *path = tp_expr_path(item->expr, NULL);
    struct tp_buf column = TP_BUF_INIT;
    int done;

    if (path && path->count > 1 && (list->allow & TP_SELECT_SIDES)) {
        struct tp_path behind = {path->step + 1, path->count - 1, NULL};

        tp_path_column(&behind, &column);
    } else {
        tp_expr_column(item->expr, &column);
    }
    done = tp_buf_failed(&column) ? tp_err_memory(list->err)
                                  : path_of_name(list, tp_buf_str(&column), &item->target);
    tp_buf_release(&column);
    return done;
}

static int
check_target(struct list *list, const struct tp_item *item, size_t at)
{
    size_t i;

    for (i = 0; i < item->target.count; i++)
        if (item->target.step[i].is_index)
            return tp_err_at(list->err, TP_FAULT_USAGE, (long)at,
                             "a value cannot go to an element of an array");
    return 0;
}

/* Is A the same as B, or does it lead there? */
static bool
is_prefix(const struct tp_path *a, const struct tp_path *b)
{
    size_t i;

    for (i = 0; i < a->count; i++)
        if (i == b->count || !tp_str_equal(a->step[i].name, b->step[i].name))
            return false;
    return true;
}

/* Two values cannot go to one place, nor one into the other. */
static int
check_clash(struct list *list)
{
    const struct tp_select *select = list->select;
    const struct tp_item *last = &select->item[select->count - 1];
    size_t i;

    for (i = 0; i + 1 < select->count; i++) {
        const struct tp_path *other = &select->item[i].target;

        if (!other->count || !(is_prefix(other, &last->target) || is_prefix(&last->target, other)))
            continue;
        return tp_err_at(list->err, TP_FAULT_USAGE, last->at, "two columns named %.*s: use AS",
                         (int)(last->name.len < 60 ? last->name.len : 60), last->name.ptr);
    }
    return 0;
}

static int
add_except(struct list *list, struct tp_item *item)
{
    struct tp_path *grown = realloc(item->except, (item->excepts + 1) * sizeof *grown);
    struct tp_path *path;

    if (!grown)
        return tp_err_memory(list->err);
    item->except = grown;
    path = &item->except[item->excepts++]; /* counted first: it is given back whatever follows */
    *path = (struct tp_path){0};
    return parse_path(list, path);
}

/* `*`, `* EXCEPT (a, b)`, at the star. */
static int
parse_all(struct list *list, struct tp_item *item)
{
    item->kind = TP_ITEM_ALL;
    if (!(list->allow & TP_SELECT_ALL))
        return expected(list, "an expression");
    if (next(list) < 0)
        return -1;
    if (!tp_lex_is_word(&list->lex, "except"))
        return 0;
    if (next(list) < 0 || expect_symbol(list, "(", "`(`") < 0)
        return -1;
    for (;;) {
        if (add_except(list, item) < 0)
            return -1;
        if (!tp_lex_is_symbol(&list->lex, ","))
            return expect_symbol(list, ")", "`,` or `)`");
        if (next(list) < 0)
            return -1;
    }
}

static bool
has_unnest(const struct tp_select *select)
{
    size_t i;

    for (i = 0; i + 1 < select->count; i++)
        if (select->item[i].kind == TP_ITEM_UNNEST)
            return true;
    return false;
}

static int
parse_unnest(struct list *list, struct tp_item *item)
{
    item->kind = TP_ITEM_UNNEST;
    if (!(list->allow & TP_SELECT_UNNEST))
        return tp_err_at(list->err, TP_FAULT_USAGE, item->at, "UNNEST belongs in the list of smap");
    if (has_unnest(list->select))
        return tp_err_at(list->err, TP_FAULT_USAGE, item->at, "only one UNNEST in a list");
    if (next(list) < 0 || expect_symbol(list, "(", "`(`") < 0)
        return -1;
    item->expr = tp_expr_compile_part(&list->lex, list->context, list->err);
    return item->expr ? expect_symbol(list, ")", "`)`") : -1;
}

static int
parse_item(struct list *list, struct tp_item *item)
{
    size_t at;

    if (tp_lex_is_symbol(&list->lex, "*"))
        return parse_all(list, item);
    if (tp_lex_is_word(&list->lex, "unnest") && tp_lex_peek(&list->lex) == '(') {
        if (parse_unnest(list, item) < 0)
            return -1;
    } else {
        item->expr = tp_expr_compile_part(&list->lex, list->context, list->err);
        if (!item->expr)
            return -1;
    }
    at = list->lex.token.at;
    if (tp_lex_is_word(&list->lex, "as")) {
        if (next(list) < 0 || parse_path(list, &item->target) < 0)
            return -1;
    } else if (default_target(list, item) < 0) {
        return -1;
    }
    if (check_target(list, item, at) < 0 || name_item(list, item) < 0)
        return -1;
    return check_clash(list);
}

/* name = expression */
static int
parse_assignment(struct list *list, struct tp_item *item)
{
    if (parse_path(list, &item->target) < 0 || check_target(list, item, (size_t)item->at) < 0 ||
        name_item(list, item) < 0 || expect_symbol(list, "=", "`=`") < 0)
        return -1;
    item->expr = tp_expr_compile_part(&list->lex, list->context, list->err);
    return item->expr ? check_clash(list) : -1;
}

typedef int item_fn(struct list *list, struct tp_item *item);

static int
parse_items(struct list *list, item_fn *parse)
{
    struct tp_item *item;

    for (;;) {
        item = add_item(list);
        if (!item || parse(list, item) < 0)
            return -1;
        if (list->lex.token.kind == TP_TOKEN_END)
            return 0;
        if (!tp_lex_is_symbol(&list->lex, ","))
            return tp_expr_refuse_rest(&list->lex, list->err);
        if (next(list) < 0)
            return -1;
    }
}

static struct tp_select *
parse(struct tp_str text, unsigned allow, const struct tp_expr_context *context, item_fn *item,
      struct tp_err *err)
{
    struct tp_err unheard = {0};
    struct list list = {.context = context, .err = err ? err : &unheard, .allow = allow};

    if (!tp_text_is_utf8(text)) {
        tp_err_at(list.err, TP_FAULT_USAGE, 0, "not UTF-8");
        return NULL;
    }
    list.select = calloc(1, sizeof *list.select);
    if (!list.select) {
        tp_err_memory(err);
        return NULL;
    }
    if (tp_lex_open(&list.lex, text, 0, list.err) == 0 && parse_items(&list, item) == 0)
        return list.select;
    tp_select_free(list.select);
    return NULL;
}

struct tp_select *
tp_select_parse(struct tp_str text, unsigned allow, const struct tp_expr_context *context,
                struct tp_err *err)
{
    return parse(text, allow, context, parse_item, err);
}

struct tp_select *
tp_select_parse_set(struct tp_str text, const struct tp_expr_context *context, struct tp_err *err)
{
    struct tp_select *select = parse(text, 0, context, parse_assignment, err);

    if (select)
        select->sets = true;
    return select;
}

bool
tp_select_element(struct tp_str json, size_t *at, struct tp_slot *element)
{
    return tp_json_element(json, at, element);
}
