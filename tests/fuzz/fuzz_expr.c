/*
 * fuzz_expr: expressions that nobody would write, over records that nobody would send.
 *
 * The first line of the input is an expression, the others are records (a few of our own when there
 * are none, or when the scanner refuses one). Required:
 *
 *   - what is refused is refused with a reason, and a place inside the text;
 *   - what tp_expr_write_sql prints compiles, prints the same again, and gives the same values;
 *   - tp_expr_test agrees with tp_expr_eval;
 *   - text that an expression yields is UTF-8.
 *
 * The same line is also parsed as a list of smap and as assignments.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/select.h"
#include "value/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOTS = 512 };

static const char own_records[] = "{\"a\":1,\"b\":2.5,\"c\":\"text\",\"d\":true,\"e\":null,\"f\":["
                                  "1,\"x\",null],\"g\":{\"h\":\"\\u00e9\"}}\n"
                                  "{\"a\":\"1\",\"b\":-9223372036854775808,\"c\":\"a\\\"b\",\"t\":"
                                  "\"2026-11-21T10:20:30Z\",\"d\":[],\"f\":\"\"}\n"
                                  "{\"a\":1e308,\"b\":0,\"c\":\"2026-01-01\",\"@timestamp\":\"2026-"
                                  "11-21T10:20:30.5Z\",\"d\":false}\n";

static void
die(struct tp_str text, const char *what, const char *more)
{
    fprintf(stderr, "fuzz_expr: %s: %.*s\n%s\n", what, (int)text.len, text.ptr, more);
    abort();
}

#define REQUIRE(condition, what, more) \
    do {                               \
        if (!(condition))              \
            die(text, (what), (more)); \
    } while (0)

/* An expression with its scanner, and the slots of the current line. */
struct side {
    struct tp_scan *scan;
    struct tp_expr *expr;
    struct tp_slot slot[SLOTS];
    struct tp_err err;
};

static bool
open_side(struct side *side, struct tp_str text)
{
    struct tp_expr_context context;

    *side = (struct side){.scan = tp_scan_new()};
    context = (struct tp_expr_context){.scan = side->scan};
    side->expr = tp_expr_compile(text, &context, &side->err);
    return side->expr != NULL;
}

static void
close_side(struct side *side)
{
    tp_expr_free(side->expr);
    tp_scan_free(side->scan);
}

static bool
same_real(double a, double b)
{
    return a == b || (a != a && b != b);
}

static bool
same_value(struct tp_value a, struct tp_value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case TP_NULL:
        return true;
    case TP_BOOL:
        return a.boolean == b.boolean;
    case TP_REAL:
        return same_real(a.real, b.real);
    case TP_TEXT:
    case TP_JSON:
        return tp_str_equal(a.text, b.text);
    default:
        return a.integer == b.integer;
    }
}

static int
expected_truth(int evaluated, struct tp_value value)
{
    if (evaluated < 0 || (value.kind != TP_BOOL && value.kind != TP_NULL))
        return -1;
    return value.kind == TP_BOOL && value.boolean;
}

/* The line under both expressions. */
static void
compare_line(struct tp_str text, struct tp_str sql, struct side *a, struct side *b)
{
    struct tp_value left, right;
    int first = tp_expr_eval(a->expr, a->slot, &left, &a->err);
    int second = tp_expr_eval(b->expr, b->slot, &right, &b->err);

    REQUIRE(first == second, "one fails, as printed not", sql.ptr);
    REQUIRE(first == 0 || a->err.text[0], "fails without a reason", sql.ptr);
    REQUIRE(first < 0 || same_value(left, right), "prints as something else", sql.ptr);
    if (first == 0 && left.kind == TP_TEXT)
        REQUIRE(tp_text_is_utf8(left.text), "yields what is not UTF-8", sql.ptr);
    REQUIRE(tp_expr_test(b->expr, b->slot, &b->err) == expected_truth(second, right),
            "test and eval disagree", sql.ptr);
}

/* The lines of RECORDS up to the first that is refused; how many bytes. */
static void
compare_records(struct tp_str text, struct tp_str sql, struct side *a, struct side *b,
                struct tp_str records)
{
    char *block = calloc(1, records.len + 1 + TP_SCAN_PADDING);
    const char *line = block, *end = block + records.len + 1;

    memcpy(block, records.ptr, records.len);
    block[records.len] = '\n';
    while (line && line < end) {
        const char *next = tp_scan_line(a->scan, line, end, a->slot, NULL, &a->err);

        if (!next || !tp_scan_line(b->scan, line, end, b->slot, NULL, &b->err))
            break;
        compare_line(text, sql, a, b);
        line = next;
    }
    free(block);
}

static void
check_refusal(struct tp_str text, const struct tp_err *err)
{
    struct tp_buf caret = TP_BUF_INIT;

    REQUIRE(err->text[0] && err->fault == TP_FAULT_USAGE, "refused without a reason", err->text);
    REQUIRE(err->at >= -1 && err->at <= (long)text.len, "refused at no place", err->text);
    if (tp_text_is_utf8(text))
        tp_expr_write_caret(text, err->at, &caret);
    tp_buf_release(&caret);
}

static void
check_expression(struct tp_str text, struct side *a, struct tp_str records)
{
    struct tp_buf sql = TP_BUF_INIT, again = TP_BUF_INIT, rest = TP_BUF_INIT;
    struct side b;

    tp_expr_write_sql(a->expr, &sql);
    tp_expr_write_plan(a->expr, &rest);
    tp_expr_column(a->expr, &rest);
    REQUIRE(open_side(&b, tp_buf_str(&sql)), "does not compile as printed", tp_buf_text(&sql));
    tp_expr_write_sql(b.expr, &again);
    REQUIRE(tp_str_equal(tp_buf_str(&sql), tp_buf_str(&again)), "prints differently again",
            tp_buf_text(&sql));
    tp_buf_text(&sql);
    if (tp_scan_slots(a->scan) <= SLOTS) {
        compare_records(text, tp_buf_str(&sql), a, &b, records);
        close_side(&b);
        tp_expr_free(a->expr);
        tp_scan_free(a->scan);
        REQUIRE(open_side(a, text) && open_side(&b, tp_buf_str(&sql)), "no longer compiles",
                tp_buf_text(&sql));
        compare_records(text, tp_buf_str(&sql), a, &b,
                        (struct tp_str){own_records, sizeof own_records - 2});
    }
    close_side(&b);
    tp_buf_release(&sql);
    tp_buf_release(&again);
    tp_buf_release(&rest);
}

static void
check_lists(struct tp_str text)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_expr_context context = {.scan = scan};
    struct tp_err err = {0};
    struct tp_select *select =
        tp_select_parse(text, TP_SELECT_ALL | TP_SELECT_UNNEST, &context, &err);

    if (!select)
        check_refusal(text, &err);
    tp_select_free(select);
    select = tp_select_parse_set(text, &context, &err);
    if (!select)
        check_refusal(text, &err);
    tp_select_free(select);
    tp_scan_free(scan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *newline = memchr(data, '\n', size);
    size_t len = newline ? (size_t)(newline - (const char *)data) : size;
    struct tp_str text = {(const char *)data, len};
    struct tp_str records = {(const char *)data + len, 0};
    struct side side;

    if (newline)
        records = (struct tp_str){newline + 1, size - len - 1};
    check_lists(text);
    if (open_side(&side, text))
        check_expression(text, &side, records);
    else
        check_refusal(text, &side.err);
    close_side(&side);
    return 0;
}
