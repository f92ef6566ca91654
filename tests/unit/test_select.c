#include "query/select.h"

#include "unit.h"

struct refusal {
    const char *text;
    long at;
    const char *reason; /* how it begins */
};

static struct tp_select *
parse_select(struct tp_scan *scan, const char *text, struct tp_err *err)
{
    struct tp_expr_context context = {.scan = scan};

    return tp_select_parse(tp_str_of(text), TP_SELECT_ALL | TP_SELECT_UNNEST, &context, err);
}

static void
selects(void)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_err err;
    struct tp_select *select = parse_select(scan,
                                            "ip, upper(method) AS verb, *  EXCEPT (a, b.c), "
                                            "user.id, x AS who.id, UNNEST(tags) AS tag, length(b)",
                                            &err);
    static const char *const names[] = {"ip", "verb", "", "user_id", "who.id", "tag", "length_b"};
    size_t i;

    CHECK_THAT(select && select->count == 7, "%s", err.text);
    for (i = 0; select && i < select->count; i++)
        CHECK_THAT(tp_str_equal(select->item[i].name, tp_str_of(names[i])), "%s", names[i]);
    CHECK(select && select->item[2].kind == TP_ITEM_ALL && select->item[2].excepts == 2);
    CHECK(select && select->item[4].target.count == 2 && select->item[5].kind == TP_ITEM_UNNEST);
    tp_select_free(select);
    tp_scan_free(scan);
}

static void
selects_refused(void)
{
    static const struct refusal refused[] = {
        {"a, upper(b) AS a", 3, "two columns named a: use AS"},
        {"a.b AS x.y, c AS x", 12, "two columns named x: use AS"},
        {"a,", 2, "expected a value"},
        {"a b", 2, "expected an operator or the end"},
        {"* EXCEPT a", 9, "expected `(`"},
        {"UNNEST(a), UNNEST(b)", 11, "only one UNNEST"},
        {"a AS x[0]", 2, "a value cannot go to an element"},
        {"", 0, "expected a value, found the end"},
        {"a AS", 4, "expected a name"}};
    size_t i;

    for (i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct tp_scan *scan = tp_scan_new();
        struct tp_err err = {0};
        struct tp_select *select = parse_select(scan, refused[i].text, &err);

        CHECK_THAT(!select, "%s", refused[i].text);
        CHECK_THAT(err.at == refused[i].at &&
                       strncmp(err.text, refused[i].reason, strlen(refused[i].reason)) == 0,
                   "%s: at %ld: %s", refused[i].text, err.at, err.text);
        tp_select_free(select);
        tp_scan_free(scan);
    }
}

static void
assignments(void)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_expr_context context = {.scan = scan};
    struct tp_err err;
    struct tp_select *set =
        tp_select_parse_set(TP_STR("x = a = b, \"odd\".y = 1 + 2"), &context, &err);

    CHECK_THAT(set && set->count == 2 && set->item[1].target.count == 2, "%s", err.text);
    tp_select_free(set);
    CHECK(!tp_select_parse_set(TP_STR("x = 1, x = 2"), &context, &err));
    CHECK(!tp_select_parse_set(TP_STR("lower(x)"), &context, &err));
    CHECK(!tp_select_parse(TP_STR("*"), 0, &context, &err) && err.at == 0);
    CHECK(!tp_select_parse(TP_STR("UNNEST(a)"), 0, &context, &err));
    tp_scan_free(scan);
}

static void
elements(void)
{
    static const enum tp_slot_kind kinds[] = {TP_SLOT_INTEGER, TP_SLOT_REAL,  TP_SLOT_TEXT,
                                              TP_SLOT_ESCAPED, TP_SLOT_NULL,  TP_SLOT_TRUE,
                                              TP_SLOT_FALSE,   TP_SLOT_ARRAY, TP_SLOT_OBJECT};
    struct tp_slot element;
    size_t at = 0, count = 0;

    while (tp_select_element(
        TP_STR(" [1 , -2.5e3,\"a,]\",\"b\\\"\", null,true , false,[1,\"]\",[]],{\"x\":[\"}\"]} ] "),
        &at, &element)) {
        CHECK(count < 9 && element.kind == kinds[count]);
        count++;
    }
    CHECK(count == 9);
    at = 0;
    CHECK(!tp_select_element(TP_STR("[]"), &at, &element));
    at = 0;
    CHECK(!tp_select_element(TP_STR("{\"a\":1}"), &at, &element));
}

int
main(void)
{
    RUN(selects);
    RUN(selects_refused);
    RUN(assignments);
    RUN(elements);
    return unit_end();
}
