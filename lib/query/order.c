#include "query/order.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "record/member.h"
#include "value/num.h"

/* --- parsing -----------------------------------------------------------------------------------*/

/* The byte behind the quoted text that begins at P. */
static const char *
skip_quoted(const char *p, const char *end)
{
    char quote = *p++;

    while (p < end && *p != quote)
        p += *p == '\\' && quote == '"' && end - p > 1 ? 2 : 1;
    return p < end ? p + 1 : end;
}

/* The comma that ends the term at P, or END. */
static const char *
end_of_term(const char *p, const char *end)
{
    int depth = 0;

    while (p < end && (*p != ',' || depth > 0)) {
        if (*p == '\'' || *p == '"') {
            p = skip_quoted(p, end);
            continue;
        }
        depth += *p == '(' || *p == '[';
        depth -= *p == ')' || *p == ']';
        p++;
    }
    return p;
}

/* Takes WORD off the end of TEXT, if it stands there as a word of its own. A member that is called
 * like it (`desc`) is all of the term, so nothing stands before it. */
static bool
take_last(struct tp_str *text, const char *word)
{
    size_t len = strlen(word);
    char before;

    if (text->len <= len || strncasecmp(text->ptr + text->len - len, word, len) != 0)
        return false;
    before = text->ptr[text->len - len - 1];
    if (!tp_is_space(before) && before != ')' && before != '"' && before != ']')
        return false;
    *text = tp_str_trim((struct tp_str){text->ptr, text->len - len});
    return true;
}

/* NULLS FIRST or NULLS LAST, where TEXT ends in it. */
static bool
take_nulls(struct tp_str *text, bool *first)
{
    struct tp_str rest = *text;

    *first = take_last(&rest, "first");
    if ((!*first && !take_last(&rest, "last")) || !take_last(&rest, "nulls"))
        return false;
    *text = rest;
    return true;
}

static void
parse_term(struct tp_str text, struct tp_order_term *term)
{
    bool first, placed = take_nulls(&text, &first);

    term->descending = take_last(&text, "desc");
    if (!term->descending)
        take_last(&text, "asc");
    term->nulls_first = placed ? first : !term->descending;
    term->text = text;
}

static int
add_term(struct tp_order *order, struct tp_str text, struct tp_err *err)
{
    struct tp_order_term *grown;

    if (text.len == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "an expression is missing");
    grown = realloc(order->term, (order->count + 1) * sizeof *grown);
    if (!grown)
        return tp_err_memory(err);
    order->term = grown;
    grown[order->count] = (struct tp_order_term){.family = TP_NULL};
    parse_term(text, &grown[order->count++]);
    return 0;
}

int
tp_order_parse(struct tp_str text, struct tp_order *order, struct tp_err *err)
{
    const char *p = text.ptr, *end = text.ptr + text.len;

    *order = (struct tp_order){0};
    for (;; p++) {
        const char *comma = end_of_term(p, end);

        if (add_term(order, tp_str_trim((struct tp_str){p, (size_t)(comma - p)}), err) < 0) {
            tp_order_release(order);
            return -1;
        }
        p = comma;
        if (p == end)
            return 0;
    }
}

void
tp_order_release(struct tp_order *order)
{
    free(order->term);
    *order = (struct tp_order){0};
}

/* --- comparing ---------------------------------------------------------------------------------*/

/* Integers and other numbers are ordered among each other. */
static enum tp_kind
family_of(enum tp_kind kind)
{
    return kind == TP_INT ? TP_REAL : kind;
}

int
tp_order_accept(struct tp_order *order, const struct tp_value *value, struct tp_err *err)
{
    for (size_t i = 0; i < order->count; i++) {
        const struct tp_order_term *term = &order->term[i];

        if (value[i].kind == TP_JSON)
            return tp_err_set(err, TP_FAULT_RECORD, "%.*s: objects and arrays have no order",
                              (int)term->text.len, term->text.ptr);
        if (value[i].kind != TP_NULL && term->family != TP_NULL &&
            term->family != family_of(value[i].kind))
            return tp_err_set(err, TP_FAULT_RECORD, "%.*s: got %s, which does not compare with %s",
                              (int)term->text.len, term->text.ptr, tp_kind_name(value[i].kind),
                              tp_kind_name(term->family));
    }
    for (size_t i = 0; i < order->count; i++)
        if (order->term[i].family == TP_NULL)
            order->term[i].family = family_of(value[i].kind);
    return 0;
}

static int
compare_values(const struct tp_value *a, const struct tp_value *b)
{
    switch (a->kind) {
    case TP_TEXT:
        return tp_str_compare(a->text, b->text);
    case TP_BOOL:
        return a->boolean - b->boolean;
    case TP_TIME:
        return (a->time > b->time) - (a->time < b->time);
    case TP_DURATION:
        return (a->duration > b->duration) - (a->duration < b->duration);
    default:
        return tp_num_compare(*a, *b);
    }
}

static int
compare_term(const struct tp_order_term *term, const struct tp_value *a, const struct tp_value *b)
{
    bool a_null = a->kind == TP_NULL, b_null = b->kind == TP_NULL;
    int order;

    if (a_null || b_null) {
        order = b_null - a_null;
        return term->nulls_first ? order : -order;
    }
    order = compare_values(a, b);
    return term->descending ? -order : order;
}

int
tp_order_compare(const struct tp_order *order, const struct tp_value *a, const struct tp_value *b)
{
    int result = 0;

    for (size_t i = 0; i < order->count && result == 0; i++)
        result = compare_term(&order->term[i], &a[i], &b[i]);
    return result;
}

/* --- saved state -------------------------------------------------------------------------------*/

static const struct {
    enum tp_kind family;
    struct tp_str name;
} families[] = {
    {TP_NULL, {"none", 4}}, {TP_BOOL, {"boolean", 7}}, {TP_REAL, {"number", 6}},
    {TP_TEXT, {"text", 4}}, {TP_TIME, {"time", 4}},    {TP_DURATION, {"duration", 8}},
};

#define FAMILIES (sizeof families / sizeof *families)

void
tp_order_save(const struct tp_order *order, struct tp_buf *to)
{
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < order->count; i++)
        for (size_t f = 0; f < FAMILIES; f++)
            if (families[f].family == order->term[i].family)
                tp_buf_printf(to, "%s\"%s\"", i > 0 ? "," : "", families[f].name.ptr);
    tp_buf_put_char(to, ']');
}

static bool
find_family(const struct tp_slot *slot, enum tp_kind *family)
{
    struct tp_str name = {slot->ptr, slot->len};

    for (size_t f = 0; slot->kind == TP_SLOT_TEXT && f < FAMILIES; f++) {
        if (!tp_str_equal(families[f].name, name))
            continue;
        *family = families[f].family;
        return true;
    }
    return false;
}

int
tp_order_load(struct tp_order *order, struct tp_str array, struct tp_err *err)
{
    struct tp_members walk;
    struct tp_slot slot;
    size_t i = 0;

    if (array.len == 0 || array.ptr[0] != '[')
        return tp_err_set(err, TP_FAULT_MACHINE, "the saved kinds of an order are no array");
    walk = tp_elements_open(array);
    for (; tp_elements_next(&walk, &slot); i++)
        if (i == order->count || !find_family(&slot, &order->term[i].family))
            return tp_err_set(err, TP_FAULT_MACHINE, "the saved kinds of an order do not fit it");
    if (i == order->count)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE, "the saved kinds of an order are not all there");
}
