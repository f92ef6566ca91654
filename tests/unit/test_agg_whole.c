/*
 * The aggregates that say values, orders and tallies; and what holds for all of them: however the
 * records are split and in whatever order parts are merged, the row is the same.
 */
#include <math.h>
#include <stdlib.h>

#include "query/agg.h"
#include "query/agg_state.h"
#include "unit.h"
#include "value/num.h"

struct given {
    struct tp_value x, by;
    tp_time time;
};

#define INT(n) tp_int(n)
#define TEXT(text) tp_text(TP_STR(text))
#define NONE tp_null()

static uint64_t random_state = 4;

static uint64_t
random_word(void)
{
    return unit_random(&random_state);
}

static struct tp_aggs *
parse(const char *list)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(tp_str_of(list), &err);

    CHECK_THAT(aggs, "%s: %s", list, err.text);
    return aggs;
}

/* The value that argument I of AGGS has in GIVEN: `by` or, however it is filtered, x. */
static int
add(const struct tp_aggs *aggs, void *acc, const struct given *given, uint64_t sequence,
    struct tp_err *err)
{
    struct tp_value values[8];

    for (size_t i = 0; i < tp_aggs_arguments(aggs); i++)
        values[i] = tp_str_equal(tp_aggs_argument(aggs, i), TP_STR("by")) ? given->by : given->x;
    return tp_aggs_add(aggs, acc, values, given->time, sequence, err);
}

static void
check_row(const char *list, const struct given *given, size_t count, const char *expect)
{
    struct tp_aggs *aggs = parse(list);
    struct tp_buf row = TP_BUF_INIT;
    struct tp_err err = {0};
    void *acc = calloc(1, tp_aggs_size(aggs));

    for (size_t i = 0; i < count; i++)
        CHECK_THAT(add(aggs, acc, &given[i], i, &err) == 0, "%s", err.text);
    CHECK_THAT(tp_aggs_write(aggs, acc, &row, &err) == 0, "%s", err.text);
    CHECK_THAT(!strcmp(tp_buf_text(&row), expect), "%s, not %s", tp_buf_text(&row), expect);
    tp_buf_release(&row);
    tp_aggs_clear(aggs, acc);
    CHECK(tp_aggs_held(aggs, acc) == 0);
    free(acc);
    tp_aggs_free(aggs);
}

#define ROW(list, expect, ...)                           \
    check_row(list, (const struct given[]){__VA_ARGS__}, \
              sizeof((struct given[]){__VA_ARGS__}) / sizeof(struct given), expect)

#define ALL "arg_min(x, by), arg_max(x, by), mode(x), list(x), set(x), topk(x, 2), histogram(x)"

static void
nothing_gives_null(void)
{
    check_row(ALL ", rate(x), bool_and(x), bool_or(x)", NULL, 0,
              ",\"arg_min_x_by\":null,\"arg_max_x_by\":null,\"mode_x\":null,\"list_x\":null,"
              "\"set_x\":null,\"topk_x_2\":null,\"histogram_x\":null,\"rate_x\":null,"
              "\"bool_and_x\":null,\"bool_or_x\":null");
    ROW(ALL,
        ",\"arg_min_x_by\":null,\"arg_max_x_by\":null,\"mode_x\":null,\"list_x\":null,"
        "\"set_x\":null,\"topk_x_2\":null,\"histogram_x\":null",
        {NONE, INT(1), 0}, {NONE, NONE, 1});
}

static void
the_argument_of_the_extreme(void)
{
    const char *list = "arg_min(x, by), arg_max(x, by)";

    ROW(list, ",\"arg_min_x_by\":\"b\",\"arg_max_x_by\":\"long enough to be moved\"",
        {TEXT("a"), INT(2), 0}, {TEXT("long enough to be moved"), INT(3), 1},
        {TEXT("b"), INT(1), 2});
    /* NULL on either side is passed over; of equal ones the earliest wins */
    ROW(list, ",\"arg_min_x_by\":7,\"arg_max_x_by\":7", {NONE, INT(0), 0}, {INT(9), NONE, 1},
        {INT(8), INT(5), 3}, {INT(7), tp_real(5.0), 2});
    ROW(list, ",\"arg_min_x_by\":1,\"arg_max_x_by\":2", {INT(1), TEXT("a"), 0},
        {INT(2), TEXT("b"), 0});
}

static void
tallies_go_by_value(void)
{
    ROW(ALL,
        ",\"arg_min_x_by\":2,\"arg_max_x_by\":2,\"mode_x\":2,\"list_x\":[2,\"2\",10,2,10,true],"
        "\"set_x\":[\"2\",2,10,true],"
        "\"topk_x_2\":[{\"value\":2,\"count\":2},{\"value\":10,\"count\":2}],"
        "\"histogram_x\":[{\"value\":\"2\",\"count\":1},{\"value\":2,\"count\":2},"
        "{\"value\":10,\"count\":2},{\"value\":true,\"count\":1}]",
        {INT(2), INT(0), 0}, {TEXT("2"), INT(0), 1}, {INT(10), INT(0), 2},
        {tp_real(2.0), INT(0), 3}, {INT(10), INT(0), 4}, {tp_bool(true), INT(0), 5},
        {NONE, INT(0), 6});
    /* a list is in event time, then arrival; ties of mode go to the earliest */
    ROW("list(x), mode(x)", ",\"list_x\":[\"c\",\"b\",\"d\",\"a\"],\"mode_x\":\"c\"",
        {TEXT("a"), NONE, 9}, {TEXT("b"), NONE, 5}, {TEXT("d"), NONE, 5}, {TEXT("c"), NONE, 1});
    ROW("set(x)", ",\"set_x\":[-3,-1.5,0,1.5,20]", {INT(20), NONE, 0}, {tp_real(1.5), NONE, 0},
        {tp_real(-1.5), NONE, 0}, {INT(-3), NONE, 0}, {tp_real(-0.0), NONE, 0});
}

static void
rates_are_per_second(void)
{
    ROW("rate(x)", ",\"rate_x\":2.5", {INT(100), NONE, 1000000000}, {INT(7), NONE, 2000000000},
        {INT(110), NONE, 5000000000});
    ROW("rate(x)", ",\"rate_x\":null", {INT(100), NONE, 5}, {INT(7), NONE, 5});
    ROW("rate(x)", ",\"rate_x\":1", {INT(INT64_MIN), NONE, 0},
        {INT(INT64_MIN + 2), NONE, 2000000000});
}

static void
truths(void)
{
    const char *list = "bool_and(x), bool_or(x)";

    ROW(list, ",\"bool_and_x\":true,\"bool_or_x\":true", {tp_bool(true), NONE, 0}, {NONE, NONE, 0});
    ROW(list, ",\"bool_and_x\":false,\"bool_or_x\":true", {tp_bool(true), NONE, 0},
        {tp_bool(false), NONE, 0});
    ROW(list, ",\"bool_and_x\":false,\"bool_or_x\":false", {tp_bool(false), NONE, 0});
}

static void
sketches_of_few_values(void)
{
    const char *list = "approx_quantile(x, 0.5), approx_count_distinct(x), approx_topk(x, 1)";

    check_row(
        list, NULL, 0,
        ",\"approx_quantile_x_0_5\":null,\"approx_count_distinct_x\":0,\"approx_topk_x_1\":null");
    ROW(list,
        ",\"approx_quantile_x_0_5\":0,\"approx_count_distinct_x\":2,"
        "\"approx_topk_x_1\":[{\"value\":0,\"count\":2,\"error\":0}]",
        {INT(0), NONE, 0}, {NONE, NONE, 0}, {tp_real(0.0), NONE, 0}, {INT(7), NONE, 0});
}

static void
check_refused(const char *list, struct given before, struct given given, const char *expect)
{
    struct tp_aggs *aggs = parse(list);
    struct tp_err err = {0};
    void *acc = calloc(1, tp_aggs_size(aggs));

    CHECK(add(aggs, acc, &before, 0, &err) == 0);
    CHECK(add(aggs, acc, &given, 1, &err) == -1);
    CHECK_THAT(!strcmp(err.text, expect), "%s", err.text);
    CHECK(err.fault == TP_FAULT_RECORD);
    tp_aggs_clear(aggs, acc);
    free(acc);
    tp_aggs_free(aggs);
}

static void
what_does_not_fit_is_refused(void)
{
    check_refused("arg_min(x, by)", (struct given){INT(1), INT(1), 0},
                  (struct given){INT(1), TEXT("a"), 0},
                  "arg_min(x, by): got a string after numbers");
    check_refused("arg_max(x, by)", (struct given){NONE, NONE, 0},
                  (struct given){INT(1), {.kind = TP_JSON, .text = TP_STR("[]")}, 0},
                  "arg_max(x, by): not something that has an order: an object or array");
    check_refused("bool_or(x)", (struct given){NONE, NONE, 0}, (struct given){INT(1), NONE, 0},
                  "bool_or(x): not a boolean: an integer");
}

/* ---- any split ---- */

#define EVERY                                                                                  \
    "count, count(x), sum(x), avg(x), min(x), max(x), var(x), first(x), last(x), median(x), "  \
    "p99(x), count_distinct(x), arg_min(by, x), arg_max(by, x), mode(x), mode(by), list(by), " \
    "set(x), topk(by, 3), histogram(by), rate(x), approx_quantile(x, 0.9), "                   \
    "approx_count_distinct(by), approx_topk(by, 3)"
#define PARTS 5

static struct given
random_given(void)
{
    static const char *const words[] = {"", "a", "ab", "a longer word", "\"quoted\" \\ \n"};
    const struct tp_value others[] = {tp_null(),
                                      tp_bool(true),
                                      tp_instant(1700000000000000001),
                                      {.kind = TP_JSON, .text = TP_STR("[1,{\"a\":\"]\"}]")}};
    struct given given = {tp_null(), tp_null(), (tp_time)(random_word() % 50) * 1000000};
    uint64_t choice = random_word() % 8;

    if (choice < 4)
        given.x = tp_int((int64_t)(random_word() % 40) - 20);
    else if (choice < 6)
        CHECK(tp_num_parse(random_word() % 2 ? TP_STR("0.1") : TP_STR("-2.50"), &given.x));
    else if (choice == 6)
        given.x = tp_int((int64_t)(random_word() >> 8));
    if (random_word() % 4)
        given.by = tp_text(tp_str_of(words[random_word() % 5]));
    else if (random_word() % 2)
        given.by = tp_int((int64_t)(random_word() % 3));
    else
        given.by = others[random_word() % 4];
    return given;
}

static void
write_row(const struct tp_aggs *aggs, void *acc, struct tp_buf *row)
{
    struct tp_err err;

    tp_buf_clear(row);
    CHECK_THAT(tp_aggs_write(aggs, acc, row, &err) == 0, "%s", err.text);
    tp_buf_text(row);
}

/* ACC through JSON and back; what was written is valid JSON on one line, to the scanner. */
static void
save_and_load(const struct tp_aggs *aggs, void *acc)
{
    struct tp_buf saved = TP_BUF_INIT, again = TP_BUF_INIT;
    struct tp_err err = {0};

    CHECK(tp_aggs_save(aggs, acc, &saved, &err) == 0);
    CHECK(!memchr(saved.ptr, '\n', saved.len));
    tp_aggs_clear(aggs, acc);
    CHECK_THAT(tp_aggs_load(aggs, acc, tp_buf_str(&saved), &err) == 0, "%s: %s",
               tp_buf_text(&saved), err.text);
    CHECK(tp_aggs_save(aggs, acc, &again, &err) == 0);
    CHECK_THAT(again.len == saved.len, "%s then %s", tp_buf_text(&saved), tp_buf_text(&again));
    tp_buf_release(&saved);
    tp_buf_release(&again);
}

/* 0.3 - 0.1 is 0.2 of decimals, but not of the doubles that are closest to them. */
static void
doubles_come_back_as_doubles(void)
{
    const struct given given[] = {{tp_real(0.1), NONE, 0}, {tp_real(0.3), NONE, 1000000000}};
    struct tp_aggs *aggs = parse("rate(x)");
    void *acc = calloc(1, tp_aggs_size(aggs));
    struct tp_buf row = TP_BUF_INIT;
    struct tp_err err;

    for (size_t i = 0; i < 2; i++)
        CHECK(add(aggs, acc, &given[i], i, &err) == 0);
    save_and_load(aggs, acc);
    write_row(aggs, acc, &row);
    CHECK_THAT(!strcmp(row.ptr, ",\"rate_x\":0.19999999999999998"), "%s", row.ptr);
    tp_buf_release(&row);
    tp_aggs_clear(aggs, acc);
    free(acc);
    tp_aggs_free(aggs);
}

/* Beyond where sketches keep all. */
static void
large_sketches_survive(void)
{
    struct tp_aggs *aggs = parse("approx_quantile(x, 0.9), approx_count_distinct(x), "
                                 "approx_topk(x, 5), count_distinct(x), p99(x)");
    void *acc = calloc(1, tp_aggs_size(aggs));
    struct tp_buf before = TP_BUF_INIT, after = TP_BUF_INIT;
    struct tp_err err;

    for (uint64_t i = 0; i < 20000; i++) {
        struct given given = {tp_int((int64_t)(i % 3 ? i : i % 10)), tp_null(), 0};

        CHECK(add(aggs, acc, &given, i, &err) == 0);
    }
    write_row(aggs, acc, &before);
    save_and_load(aggs, acc);
    write_row(aggs, acc, &after);
    CHECK_THAT(!strcmp(before.ptr, after.ptr), "%s, not %s", after.ptr, before.ptr);
    tp_buf_release(&before);
    tp_buf_release(&after);
    tp_aggs_clear(aggs, acc);
    free(acc);
    tp_aggs_free(aggs);
}

static void
check_read(const char *text, bool good, __int128 expect)
{
    struct tp_agg_reader from = {.at = text, .end = text + strlen(text)};
    __int128 whole;

    CHECK_THAT(tp_agg_read_whole(&from, &whole) == good, "%s", text);
    CHECK_THAT(!good || whole == expect, "%s", text);
}

static void
whole_numbers_of_any_size_survive(void)
{
    const __int128 half = (__int128)1 << 126;

    for (int i = 0; i < 100000; i++) {
        __int128 whole = (__int128)((unsigned __int128)random_word() << 64 | random_word()) >>
                         (random_word() & 127);
        struct tp_buf text = TP_BUF_INIT;

        tp_agg_put_whole(&text, whole);
        check_read(tp_buf_text(&text), true, whole);
        tp_buf_release(&text);
    }
    check_read("\"170141183460469231731687303715884105727\"", true, half - 1 + half);
    check_read("\"-170141183460469231731687303715884105728\"", true, -half - half);
    check_read("\"170141183460469231731687303715884105728\"", false, 0);
    check_read("\"-170141183460469231731687303715884105729\"", false, 0);
    check_read("\"9999999999999999999999999999999999999999999999999999999999\"", false, 0);
    check_read("\"000000000000000000000000000000000000000000000000000000007\"", true, 7);
    for (size_t i = 0; i < 6; i++)
        check_read((const char *[]){"-", "\"\"", "1.5", "\"-\"", "1-1", "x"}[i], false, 0);
    check_read("7,", true, 7);
    check_read("-7]", true, -7);
}

static void
damaged_state_is_refused(void)
{
    struct tp_aggs *aggs = parse(EVERY);
    void *acc = calloc(1, tp_aggs_size(aggs));
    struct tp_buf saved = TP_BUF_INIT;
    struct tp_err err;

    for (uint64_t i = 0; i < 30; i++) {
        struct given given = random_given();

        CHECK(add(aggs, acc, &given, i, &err) == 0);
    }
    CHECK(tp_aggs_save(aggs, acc, &saved, &err) == 0);
    tp_aggs_clear(aggs, acc);
    for (size_t len = 0; len < saved.len; len++) {
        char *cut = malloc(len + 1); /* so that reading beyond it is seen */

        memcpy(cut, saved.ptr, len);
        CHECK(tp_aggs_load(aggs, acc, (struct tp_str){cut, len}, &err) == -1);
        CHECK(err.fault == TP_FAULT_RECORD && tp_aggs_held(aggs, acc) == 0);
        free(cut);
    }
    /* a byte changed: refused or taken, and in either case whole */
    for (size_t at = 0; at < saved.len; at++) {
        char was = saved.ptr[at];

        saved.ptr[at] = "[]{},\"-9e"[random_word() % 9];
        if (tp_aggs_load(aggs, acc, tp_buf_str(&saved), &err) == 0)
            tp_aggs_clear(aggs, acc);
        saved.ptr[at] = was;
    }
    tp_buf_release(&saved);
    free(acc);
    tp_aggs_free(aggs);
}

static void
any_split_gives_the_whole(void)
{
    struct tp_aggs *aggs = parse(EVERY);
    struct tp_buf whole_row = TP_BUF_INIT, row = TP_BUF_INIT;
    size_t size = tp_aggs_size(aggs);
    struct tp_err err;

    for (size_t round = 0; round < 200; round++) {
        char *acc = calloc(PARTS + 2, size), *whole = acc + PARTS * size, *all = whole + size;
        size_t count = random_word() % 60;

        for (uint64_t i = 0; i < count; i++) {
            struct given given = random_given();

            CHECK(add(aggs, whole, &given, i, &err) == 0);
            CHECK(add(aggs, acc + random_word() % PARTS * size, &given, i, &err) == 0);
        }
        for (size_t part = 0; part < PARTS; part++)
            save_and_load(aggs, acc + part * size);
        for (size_t part = PARTS; part-- > 0;)
            CHECK(tp_aggs_merge(aggs, all, acc + part * size, &err) == 0);
        write_row(aggs, whole, &whole_row);
        write_row(aggs, all, &row);
        CHECK_THAT(!strcmp(row.ptr, whole_row.ptr), "%s, not %s", row.ptr, whole_row.ptr);
        for (size_t part = 0; part < PARTS + 2; part++)
            tp_aggs_clear(aggs, acc + part * size);
        free(acc);
    }
    tp_buf_release(&row);
    tp_buf_release(&whole_row);
    tp_aggs_free(aggs);
}

int
main(void)
{
    RUN(nothing_gives_null);
    RUN(the_argument_of_the_extreme);
    RUN(tallies_go_by_value);
    RUN(rates_are_per_second);
    RUN(truths);
    RUN(sketches_of_few_values);
    RUN(what_does_not_fit_is_refused);
    RUN(any_split_gives_the_whole);
    RUN(doubles_come_back_as_doubles);
    RUN(large_sketches_survive);
    RUN(whole_numbers_of_any_size_survive);
    RUN(damaged_state_is_refused);
    return unit_end();
}
