#include "query/pair.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "query/expr.h"
#include "query/project.h"
#include "query/select.h"
#include "query/sortkey.h"
#include "query/terms.h"
#include "record/scan.h"

enum part { LEFT, RIGHT, HEAD };

enum { KEPT = 2 }; /* of the head: time and change */

static const struct tp_str head_name[TP_PAIR_HEAD] = {
    {"@timestamp", 10}, {"@op", 3}, {"window_start", 12}, {"window_end", 10}};

/* What is asked for, and where it is when it was read. */
struct asked {
    enum part part;
    size_t from;
    size_t slot;
};

struct tp_pair {
    struct tp_scan *scan;
    struct tp_expr *expr;       /* the condition, */
    struct tp_project *project; /* or the list, */
    struct tp_terms terms;      /* or the order */
    struct tp_slot *slot;
    struct tp_buf row;
    int kept[KEPT]; /* slots of the first of the head */
    bool expects;   /* all that is asked for may have been read */
    struct asked *asked;
    size_t asks;
};

/* `l` or `r` alone, or any other first step, would be NULL for ever: a slip. */
static int
check_members(const struct tp_expr *expr, bool bounds, struct tp_err *err)
{
    size_t count;
    const struct tp_expr_member *member = tp_expr_members(expr, &count);

    for (size_t i = 0; i < count; i++) {
        struct tp_str side = member[i].path.step[0].name;

        if (bounds && (tp_str_equal(side, head_name[TP_PAIR_WINDOW_START]) ||
                       tp_str_equal(side, head_name[TP_PAIR_WINDOW_END])))
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
    for (int i = 0; pair->project && i < KEPT; i++) {
        pair->kept[i] = tp_scan_want_name(pair->scan, head_name[i], err);
        if (pair->kept[i] < 0)
            return -1;
    }
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

/* Compiles the term NUMBER. */
static int
make_term(struct tp_pair *pair, size_t number, const struct tp_expr_context *context,
          struct tp_str text, struct tp_err *err)
{
    struct tp_str term = pair->terms.order.term[number].text;
    struct tp_expr *expr = tp_expr_compile(term, context, err);

    pair->terms.expr[number] = expr;
    if (expr && check_members(expr, false, err) == 0)
        return 0;
    if (err->at >= 0)
        err->at += term.ptr - text.ptr;
    return -1;
}

static int
make_order(struct tp_pair *pair, struct tp_str text, const struct tp_expr_context *context,
           struct tp_err *err)
{
    struct tp_terms *terms = &pair->terms;

    err->at = -1;
    if (tp_order_parse(text, &terms->order, err) < 0)
        return -1;
    terms->expr = calloc(terms->order.count, sizeof(struct tp_expr *));
    terms->value = calloc(terms->order.count, sizeof *terms->value);
    if (!terms->expr || !terms->value)
        return tp_err_memory(err);
    for (size_t i = 0; i < terms->order.count; i++)
        if (make_term(pair, i, context, text, err) < 0)
            return -1;
    return make_slots(pair, err);
}

struct tp_pair *
tp_pair_order(struct tp_str text, struct tp_err *err)
{
    struct tp_expr_context context = {.scan = NULL};
    struct tp_pair *pair = new_pair(&context, err);

    if (!pair || make_order(pair, text, &context, err) == 0)
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
    tp_terms_release(&pair->terms);
    tp_scan_free(pair->scan);
    tp_buf_release(&pair->row);
    free(pair->slot);
    free(pair->asked);
    free(pair);
}

/* --- what it reads -----------------------------------------------------------------------------*/

/* Its expressions, one by one; NULL behind the last. */
static const struct tp_expr *
expression(const struct tp_pair *pair, size_t number)
{
    const struct tp_select *select;

    if (pair->expr)
        return number == 0 ? pair->expr : NULL;
    if (!pair->project)
        return number < pair->terms.order.count ? pair->terms.expr[number] : NULL;
    select = tp_project_select(pair->project);
    return number < select->count ? select->item[number].expr : NULL;
}

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
    const struct tp_expr *expr;

    for (size_t i = 0; (expr = expression(pair, i)); i++)
        if (!add_reads(expr, &reads))
            return false;
    return true;
}

/* --- what somebody else reads ------------------------------------------------------------------*/

static bool
ask(struct tp_pair *pair, struct asked asked)
{
    struct asked *grown = realloc(pair->asked, (pair->asks + 1) * sizeof *grown);

    if (!grown)
        return false;
    pair->asked = grown;
    grown[pair->asks++] = asked;
    return true;
}

static bool
find_name(const struct tp_str *names, size_t count, struct tp_str name, size_t *at)
{
    for (*at = 0; *at < count; ++*at)
        if (tp_str_equal(names[*at], name))
            return true;
    return false;
}

/* Notes where the members of EXPR come from. False: one will not be read. */
static bool
ask_for(struct tp_pair *pair, const struct tp_expr *expr, const struct tp_str *const names[2],
        const size_t counts[2])
{
    size_t count;
    const struct tp_expr_member *member = tp_expr_members(expr, &count);

    for (size_t i = 0; i < count; i++) {
        const struct tp_step *step = member[i].path.step;
        struct asked asked = {.part = HEAD, .slot = member[i].slot};
        bool found;

        if (member[i].path.count == 1) {
            found = find_name(head_name, TP_PAIR_HEAD, step[0].name, &asked.from);
        } else {
            asked.part = tp_str_equal(step[0].name, TP_STR("r")) ? RIGHT : LEFT;
            found = member[i].path.count == 2 && !step[1].is_index &&
                    find_name(names[asked.part], counts[asked.part], step[1].name, &asked.from);
        }
        if (!found || !ask(pair, asked))
            return false;
    }
    return true;
}

/* What rows of a list keep of the head, whatever they ask for (query/project). */
static bool
ask_for_kept(struct tp_pair *pair)
{
    for (size_t i = 0; i < KEPT; i++)
        if (!ask(pair, (struct asked){HEAD, i, (size_t)pair->kept[i]}))
            return false;
    return true;
}

void
tp_pair_expect(struct tp_pair *pair, const struct tp_str *const names[2], const size_t count[2])
{
    const struct tp_expr *expr;

    pair->expects = !pair->project || ask_for_kept(pair);
    for (size_t i = 0; pair->expects && (expr = expression(pair, i)); i++)
        pair->expects = ask_for(pair, expr, names, count);
}

/* --- pairs -------------------------------------------------------------------------------------*/

static void
put_member(struct tp_buf *row, struct tp_str name, struct tp_str json)
{
    tp_buf_put_char(row, row->len > 0 ? ',' : '{');
    tp_buf_put_char(row, '"');
    tp_buf_put_str(row, name);
    TP_BUF_PUT(row, "\":");
    tp_buf_put_str(row, json);
}

/* One object of sides and head. */
static int
scan(struct tp_pair *pair, const struct tp_slot *head, const struct tp_pair_sides *sides,
     struct tp_err *err)
{
    struct tp_buf *row = &pair->row;

    tp_buf_clear(row);
    for (int i = 0; i < 2; i++)
        put_member(row, i == LEFT ? TP_STR("l") : TP_STR("r"),
                   sides->text[i].ptr ? sides->text[i] : TP_STR("null"));
    for (size_t i = 0; head && i < TP_PAIR_HEAD; i++)
        if (head[i].kind != TP_SLOT_MISSING)
            put_member(row, head_name[i], tp_slot_json(&head[i]));
    TP_BUF_PUT(row, "}\n");
    if (!tp_buf_reserve(row, TP_SCAN_PADDING))
        return tp_err_memory(err);
    memset(row->ptr + row->len, 0, TP_SCAN_PADDING);
    if (!tp_scan_line(pair->scan, row->ptr, row->ptr + row->len, pair->slot, NULL, err))
        return -1;
    return 0;
}

/* SLOT with its text at *TO, which moves behind it. */
static struct tp_slot
copy_slot(struct tp_slot slot, char **to)
{
    struct tp_str json = tp_slot_json(&slot);

    if (slot.kind == TP_SLOT_MISSING)
        return slot;
    memcpy(*to, json.ptr, json.len);
    slot.ptr = *to + (slot.ptr - json.ptr);
    *to += json.len;
    return slot;
}

/* What was read lies anywhere; behind what is in slots there must be room to read, as there is
 * behind a line that was scanned. */
static int
copy(struct tp_pair *pair, const struct tp_slot *const part[], struct tp_err *err)
{
    size_t need = TP_SCAN_PADDING;
    char *to;

    for (size_t i = 0; i < pair->asks; i++)
        need += tp_slot_json(&part[pair->asked[i].part][pair->asked[i].from]).len;
    tp_buf_clear(&pair->row);
    to = tp_buf_reserve(&pair->row, need);
    if (!to)
        return tp_err_memory(err);
    for (size_t i = 0; i < pair->asks; i++) {
        const struct asked *asked = &pair->asked[i];

        pair->slot[asked->slot] = copy_slot(part[asked->part][asked->from], &to);
    }
    return 0;
}

/* What was read stays where it is. */
static void
point(struct tp_pair *pair, const struct tp_slot *const part[])
{
    for (size_t i = 0; i < pair->asks; i++) {
        const struct asked *asked = &pair->asked[i];

        pair->slot[asked->slot] = part[asked->part][asked->from];
    }
}

/* Fills the slots. */
static int
fill(struct tp_pair *pair, const struct tp_slot *head, const struct tp_pair_sides *sides,
     struct tp_err *err)
{
    const struct tp_slot *part[] = {sides->slot[LEFT], sides->slot[RIGHT], head};

    if (!pair->expects || !sides->slot[LEFT])
        return scan(pair, head, sides, err);
    if (!sides->roomy)
        return copy(pair, part, err);
    point(pair, part);
    return 0;
}

int
tp_pair_test(struct tp_pair *pair, const struct tp_pair_sides *sides, struct tp_err *err)
{
    return fill(pair, NULL, sides, err) < 0 ? -1 : tp_expr_test(pair->expr, pair->slot, err);
}

int
tp_pair_rank(struct tp_pair *pair, const struct tp_pair_sides *sides, struct tp_buf *to,
             struct tp_err *err)
{
    struct tp_terms *terms = &pair->terms;

    if (fill(pair, NULL, sides, err) < 0 || tp_terms_read(terms, pair->slot, err) < 0 ||
        tp_order_accept(&terms->order, terms->value, err) < 0)
        return -1;
    tp_sortkey_put(&terms->order, terms->value, to);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

struct tp_order *
tp_pair_terms(struct tp_pair *pair)
{
    return &pair->terms.order;
}

int
tp_pair_write(struct tp_pair *pair, const struct tp_slot head[TP_PAIR_HEAD],
              const struct tp_pair_sides *sides, struct tp_buf *to, struct tp_err *err)
{
    /* Lists of two sides have no `*`: nothing is taken from a line as a whole. */
    if (fill(pair, head, sides, err) < 0 ||
        tp_project_begin(pair->project, TP_STR("{}"), 0, pair->slot, err) < 0)
        return -1;
    while (tp_project_next(pair->project, to))
        tp_buf_put_char(to, '\n');
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}
