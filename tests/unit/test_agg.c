#include "query/agg.h"

#include <math.h>
#include <stdlib.h>

#include "query/agg_select.h"
#include "unit.h"
#include "value/num.h"

static uint64_t random_state = 99;

static uint64_t
random_word(void)
{
    return unit_random(&random_state);
}

/* A value as it would stand in a record; 'text' in single quotes, t5 is an instant. */
static struct tp_value
value_of(struct tp_str text)
{
    struct tp_value value;

    if (tp_str_equal(text, TP_STR("null")))
        return tp_null();
    if (tp_str_equal(text, TP_STR("true")) || tp_str_equal(text, TP_STR("false")))
        return tp_bool(text.len == 4);
    if (text.ptr[0] == '\'')
        return tp_text((struct tp_str){text.ptr + 1, text.len - 2});
    if (text.ptr[0] == 't')
        return tp_instant(atoll(text.ptr + 1));
    if (text.ptr[0] == '[')
        return (struct tp_value){.kind = TP_JSON, .text = text};
    if (!tp_num_parse(text, &value))
        CHECK_THAT(false, "%.*s", (int)text.len, text.ptr);
    return value;
}

struct run {
    struct tp_aggs *aggs;
    void *acc;
    struct tp_err err;
    struct tp_buf row;
    int written; /* what tp_aggs_write returned */
};

static void
start(struct run *run, const char *list)
{
    *run = (struct run){.row = TP_BUF_INIT};
    run->aggs = tp_aggs_parse(tp_str_of(list), &run->err);
    CHECK_THAT(run->aggs, "%s: %s", list, run->err.text);
    run->acc = calloc(1, tp_aggs_size(run->aggs));
}

static int
add(struct run *run, const char *value, tp_time time, uint64_t sequence)
{
    struct tp_value values[8];

    /* every argument gets the same value, from memory that is gone afterwards */
    char *copy = strdup(value);
    int result;

    for (size_t i = 0; i < tp_aggs_arguments(run->aggs); i++)
        values[i] = value_of(tp_str_of(copy));
    result = tp_aggs_add(run->aggs, run->acc, values, time, sequence, &run->err);
    free(copy);
    return result;
}

static const char *
row(struct run *run)
{
    tp_buf_clear(&run->row);
    run->written = tp_aggs_write(run->aggs, run->acc, &run->row, &run->err);
    return tp_buf_text(&run->row);
}

static void
finish(struct run *run)
{
    tp_aggs_clear(run->aggs, run->acc);
    CHECK(tp_aggs_held(run->aggs, run->acc) == 0);
    free(run->acc);
    tp_aggs_free(run->aggs);
    tp_buf_release(&run->row);
}

/* LIST over the values gives the row EXPECT. */
static void
check_row_said(const char *list, const char *const *values, const char *expect, const char *reason)
{
    struct run run;

    start(&run, list);
    for (uint64_t i = 0; values[i]; i++)
        CHECK_THAT(add(&run, values[i], (tp_time)i, i) == 0, "%s", run.err.text);
    CHECK_THAT(!strcmp(row(&run), expect), "%s, not %s", row(&run), expect);
    CHECK(run.written == (reason ? -1 : 0));
    if (reason)
        CHECK_THAT(!strcmp(run.err.text, reason), "%s", run.err.text);
    finish(&run);
}

#define ROW(list, expect, ...) \
    check_row_said(list, (const char *const[]){__VA_ARGS__, NULL}, expect, NULL)

/* ... with a column that cannot be said, for REASON. */
#define ROW_SPOILED(reason, list, expect, ...) \
    check_row_said(list, (const char *const[]){__VA_ARGS__, NULL}, expect, reason)

/*
 * The pinned numbers are DuckDB's:
 *   with t(x) as (values (1.5::double),(2.25),(-3),(10),(10),(0.1),(7.75),(100),(42),(3))
 *   select count(*), count(distinct x), sum(x), avg(x), min(x), max(x), var_samp(x), var_pop(x),
 *          stddev_samp(x), stddev_pop(x), median(x), quantile_cont(x, 0.9),
 *          quantile_cont(x, 0.99), quantile_cont(x, 0.999), quantile_cont(x, 0.25),
 *          quantile_cont(x, 0), quantile_cont(x, 1) from t
 * gives 10, 9, 173.6, 17.36, -3.0, 100.0, 1003.9654444444445, 903.5689, 31.685413748986214,
 * 30.059422815483334, 5.375, 47.79999999999998, 94.78, 99.47799999999998, 1.6875, -3.0, 100.0;
 * quantiles are exact here (47.8, 99.478).
 */
static void
functions_agree_with_duckdb(void)
{
    ROW("count, count_distinct(x), sum(x), avg(x), min(x), max(x), var(x), var_pop(x), stddev(x), "
        "stddev_pop(x), median(x), p90(x), p99(x), p99.9(x), quantile(x, 0.25), quantile(x,0), "
        "quantile(x,1)",
        ",\"count\":10,\"count_distinct_x\":9,\"sum_x\":173.6,\"avg_x\":17.36,\"min_x\":-3,"
        "\"max_x\":100,\"var_x\":1003.9654444444445,\"var_pop_x\":903.5689,"
        "\"stddev_x\":31.685413748986214,\"stddev_pop_x\":30.059422815483334,\"median_x\":5.375,"
        "\"p90_x\":47.8,\"p99_x\":94.78,\"p99_9_x\":99.478,\"quantile_x_0_25\":1.6875,"
        "\"quantile_x_0\":-3,\"quantile_x_1\":100",
        "1.5", "2.25", "-3", "10", "10", "0.1", "7.75", "100", "42", "3");
}

static void
an_empty_group_has_no_results_but_counts(void)
{
    const char *list =
        "count, count(x), count_distinct(x), sum(x), avg(x), min(x), max(x), var(x), "
        "stddev_pop(x), first(x), last(x), median(x)";

    check_row_said(
        list, (const char *const[]){NULL},
        ",\"count\":0,\"count_x\":0,\"count_distinct_x\":0,\"sum_x\":null,\"avg_x\":null,"
        "\"min_x\":null,\"max_x\":null,\"var_x\":null,\"stddev_pop_x\":null,"
        "\"first_x\":null,\"last_x\":null,\"median_x\":null",
        NULL);
    ROW(list,
        ",\"count\":2,\"count_x\":0,\"count_distinct_x\":0,\"sum_x\":null,\"avg_x\":null,"
        "\"min_x\":null,\"max_x\":null,\"var_x\":null,\"stddev_pop_x\":null,"
        "\"first_x\":null,\"last_x\":null,\"median_x\":null",
        "null", "null");
}

static void
nulls_are_ignored(void)
{
    ROW("count, count(*) AS all, count(x), avg(x), first(x), last(x), var(x), var_pop(x)",
        ",\"count\":3,\"all\":3,\"count_x\":1,\"avg_x\":5,\"first_x\":5,\"last_x\":5,"
        "\"var_x\":null,\"var_pop_x\":0",
        "null", "5", "null");
}

static void
sums_stay_exact(void)
{
    struct run run;

    ROW("sum(x), avg(x)", ",\"sum_x\":0.3,\"avg_x\":0.15", "0.1", "0.2");
    ROW("sum(x)", ",\"sum_x\":9223372036854775807", "9223372036854775807", "1", "-1");
    ROW_SPOILED("sum(x): beyond the range of doubles", "sum(x)", ",\"sum_x\":null", "1e400");
    ROW("avg(x)", ",\"avg_x\":9.223372036854776e18", "9223372036854775807", "9223372036854775807");
    start(&run, "count, sum(bytes), max(bytes)");
    CHECK(add(&run, "9223372036854775807", 0, 0) == 0);
    CHECK(add(&run, "76627963145224193", 0, 1) == 0);
    CHECK(!strcmp(row(&run), ",\"count\":2,\"sum_bytes\":null,\"max_bytes\":9223372036854775807"));
    CHECK(run.written == -1);
    CHECK_THAT(!strcmp(run.err.text, "sum(bytes): 9300000000000000000 does not fit int64"), "%s",
               run.err.text);
    CHECK(run.err.fault == TP_FAULT_RECORD);
    finish(&run);
}

static void
extremes_of_every_type(void)
{
    const char *list = "min(x), max(x)";

    ROW(list, ",\"min_x\":\"\",\"max_x\":\"zebra\"", "'zebra'", "'apple'", "''", "'zeb'", "'Z'");
    ROW(list, ",\"min_x\":false,\"max_x\":true", "true", "false");
    ROW(list, ",\"min_x\":-9223372036854775808,\"max_x\":9223372036854775807",
        "9223372036854775807", "-9223372036854775808", "9223372036854775806");
    ROW(list, ",\"min_x\":1.1,\"max_x\":123456789012345.678", "1.10", "123456789012345.678",
        "123456789012345.677");
    ROW(list, ",\"min_x\":1,\"max_x\":1", "1.0", "1", "1.00");
    ROW(list, ",\"min_x\":1,\"max_x\":1", "1", "1.0");
    ROW(list, ",\"min_x\":\"1970-01-01T00:00:01.000Z\",\"max_x\":\"1970-01-01T00:00:02.000Z\"",
        "t2000000000", "t1000000000");
}

static void
a_record_that_does_not_fit_is_refused_whole(void)
{
    struct run run;

    start(&run, "count, sum(bytes), min(host)");
    CHECK(add(&run, "5", 0, 0) == 0);
    CHECK(add(&run, "'abc'", 0, 1) == -1);
    CHECK_THAT(!strcmp(run.err.text, "sum(bytes): not a number: a string (\"abc\")"), "%s",
               run.err.text);
    CHECK(run.err.fault == TP_FAULT_RECORD);
    CHECK(add(&run, "true", 0, 2) == -1);
    CHECK_THAT(!strcmp(run.err.text, "sum(bytes): not a number: a boolean"), "%s", run.err.text);
    CHECK(!strcmp(row(&run), ",\"count\":1,\"sum_bytes\":5,\"min_host\":5"));
    {
        struct tp_value values[2] = {tp_int(1), tp_text(TP_STR("x"))};

        CHECK(tp_aggs_check(run.aggs, values, &run.err) == 0);
        values[0] = tp_instant(0);
        CHECK(tp_aggs_check(run.aggs, values, &run.err) == -1);
        values[0] = values[1] = tp_null();
        CHECK(tp_aggs_check(run.aggs, values, &run.err) == 0);
    }
    finish(&run);

    start(&run, "count, min(x), p50(y)");
    CHECK(add(&run, "[1]", 0, 0) == -1);
    CHECK_THAT(!strcmp(run.err.text, "min(x): not something that has an order: an object or array"),
               "%s", run.err.text);
    finish(&run);

    start(&run, "count, min(x)");
    CHECK(add(&run, "5", 0, 0) == 0);
    CHECK(add(&run, "'abc'", 0, 1) == -1);
    CHECK_THAT(!strcmp(run.err.text, "min(x): got a string after numbers"), "%s", run.err.text);
    CHECK(add(&run, "1.5", 0, 2) == 0);
    CHECK(!strcmp(row(&run), ",\"count\":2,\"min_x\":1.5"));
    finish(&run);
}

static void
first_and_last_go_by_event_time_then_arrival(void)
{
    struct run run;

    start(&run, "first(x), last(x)");
    add(&run, "'c'", 30, 0);
    add(&run, "'a'", 10, 1);
    add(&run, "'b'", 10, 2);
    add(&run, "'d'", 30, 3);
    add(&run, "null", 5, 4);
    add(&run, "null", 50, 5);
    CHECK_THAT(!strcmp(row(&run), ",\"first_x\":\"a\",\"last_x\":\"d\""), "%s", row(&run));
    finish(&run);
    ROW("first(x), last(x)", ",\"first_x\":[1,2],\"last_x\":true", "[1,2]", "'x'", "true");
}

static void
distinct_values_are_told_apart_exactly(void)
{
    ROW("count_distinct(x), count(DISTINCT x) AS same", ",\"count_distinct_x\":13,\"same\":13", "1",
        "1.0", "10e-1", "'1'", "0", "-0.0", "true", "false", "t1", "null", "''", "'a'", "'a'",
        "1.5", "15e-1", "1.50", "[1]", "'[1]'", "1e300", "1e300", "1e400", "0.0");
}

/* Against the canonical texts of the same numbers, sorted. */
static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
distinct_counts_of_many_numbers(void)
{
    enum { COUNT = 20000 };
    char **canonical = calloc(COUNT, sizeof *canonical);
    struct run run;
    long distinct = 0;
    char expect[64];

    start(&run, "count_distinct(x)");
    for (int i = 0; i < COUNT; i++) {
        struct tp_buf text = TP_BUF_INIT;
        char number[64];

        switch (random_word() % 4) {
        case 0:
            sprintf(number, "%d", (int)(random_word() % 3000) - 1500);
            break;
        case 1:
            sprintf(number, "%d.%02d", (int)(random_word() % 50), (int)(random_word() % 100));
            break;
        case 2:
            sprintf(number, "%de%d", (int)(random_word() % 50), (int)(random_word() % 9) - 4);
            break;
        default:
            sprintf(number, "'%d'", (int)(random_word() % 3000));
            break;
        }
        CHECK(add(&run, number, 0, (uint64_t)i) == 0);
        if (number[0] == '\'')
            canonical[i] = strdup(number);
        else {
            tp_num_canonical(tp_str_of(number), &text);
            canonical[i] = strdup(tp_buf_text(&text));
            tp_buf_release(&text);
        }
    }
    qsort(canonical, COUNT, sizeof *canonical, compare_texts);
    for (int i = 0; i < COUNT; i++)
        distinct += i == 0 || strcmp(canonical[i], canonical[i - 1]) != 0;
    sprintf(expect, ",\"count_distinct_x\":%ld", distinct);
    CHECK_THAT(!strcmp(row(&run), expect), "%s, not %s", row(&run), expect);
    for (int i = 0; i < COUNT; i++)
        free(canonical[i]);
    free(canonical);
    finish(&run);
}

static void
quantiles_keep_integers_and_decimals_exact(void)
{
    ROW("median(x)", ",\"median_x\":9007199254740993", "9007199254740991", "9007199254740993",
        "9007199254740995");
    ROW("median(x)", ",\"median_x\":9007199254740993.5", "9007199254740994", "9007199254740993");
    ROW("median(x)", ",\"median_x\":0.15", "0.1", "0.2");
    ROW("median(x), p0(x), p100(x)",
        ",\"median_x\":2.5,\"p0_x\":-9007199254740993,\"p100_x\":1e300", "9007199254740993", "2.5",
        "-9007199254740993", "1e300", "1");
    ROW("p50(x)", ",\"p50_x\":0", "-1e308", "1e308");
    ROW("p25(x)", ",\"p25_x\":-2", "-3", "-2", "-2", "0.5", "7");
    ROW("quantile(x,0.29), P99_9(x)", ",\"quantile_x_0_29\":1.29,\"p99_9_x\":1.999", "1", "2");
    ROW_SPOILED("sum(x): beyond the range of doubles", "median(x), sum(x)",
                ",\"median_x\":null,\"sum_x\":null", "1e400", "1e400");
}

static int
compare_words(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Orders that ruin naive quickselects. */
static int64_t
shaped(int shape, size_t i, size_t count)
{
    switch (shape) {
    case 0:
        return (int64_t)i;
    case 1:
        return -(int64_t)i;
    case 2:
        return 7;
    case 3:
        return (int64_t)(i < count / 2 ? i : count - i);
    case 4:
        return (int64_t)(i % 3);
    case 5: /* the median-of-three killer (Musser 1997) */
        return (int64_t)(i < count / 2 ? (i % 2 ? count / 2 + i : i) : 2 * (i - count / 2));
    default:
        return (int64_t)random_word();
    }
}

static void
selection_is_sorting(void)
{
    static const size_t counts[] = {1, 2, 3, 15, 16, 17, 18, 100, 1000, 4096};
    int64_t word[4096], sorted[4096];

    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (int shape = 0; shape < 8; shape++) {
            size_t count = counts[c];

            for (int round = 0; round < 5; round++) {
                size_t k = round == 0 ? 0 : round == 1 ? count - 1 : random_word() % count;
                bool parted = true;

                for (size_t i = 0; i < count; i++)
                    word[i] = sorted[i] = shaped(shape, i, count);
                qsort(sorted, count, sizeof *sorted, compare_words);
                tp_agg_select(word, count, k);
                for (size_t i = 0; i < count; i++)
                    parted = parted && (i < k ? word[i] <= word[k] : word[i] >= word[k]);
                CHECK_THAT(word[k] == sorted[k] && parted, "shape %d, %zu of %zu", shape, k, count);
                tp_agg_sort(word, count);
                CHECK(!memcmp(word, sorted, count * sizeof *word));
            }
        }
    }
}

#define EVERYTHING                                                                                \
    "count, count(x), sum(x), avg(x), min(x), max(x), first(x), last(x), var(x), stddev_pop(x), " \
    "median(x), p99(x), quantile(x,0.123), count_distinct(x)"

static void
random_number(char *to)
{
    switch (random_word() % 5) {
    case 0:
        strcpy(to, "null");
        break;
    case 1:
        sprintf(to, "%d.%03d", (int)(random_word() % 100), (int)(random_word() % 1000));
        break;
    case 2:
        sprintf(to, "%lld", (long long)(random_word() >> 20));
        break;
    default:
        sprintf(to, "%d", (int)(random_word() % 200) - 100);
        break;
    }
}

/* Same rows whatever the order and however the work is split. */
static void
order_and_splits_do_not_matter(void)
{
    enum { COUNT = 300, PARTS = 4 };

    for (int round = 0; round < 20; round++) {
        char number[COUNT][32], whole[1024];
        int order[COUNT];
        struct run run, part[PARTS];

        start(&run, EVERYTHING);
        for (int i = 0; i < COUNT; i++) {
            random_number(number[i]);
            order[i] = i;
            CHECK(add(&run, number[i], i / 3, (uint64_t)i) == 0);
        }
        strcpy(whole, row(&run));
        CHECK(!strcmp(whole, row(&run))); /* writing twice changes nothing */
        tp_aggs_clear(run.aggs, run.acc);

        for (int i = COUNT - 1; i > 0; i--) {
            int j = (int)(random_word() % (uint64_t)(i + 1)), kept = order[i];

            order[i] = order[j];
            order[j] = kept;
        }
        for (int i = 0; i < COUNT; i++)
            add(&run, number[order[i]], order[i] / 3, (uint64_t)order[i]);
        CHECK_THAT(!strcmp(whole, row(&run)), "\n%s, not\n%s", row(&run), whole);

        tp_aggs_clear(run.aggs, run.acc);
        for (int p = 0; p < PARTS; p++) {
            part[p] = run;
            part[p].acc = calloc(1, tp_aggs_size(run.aggs));
        }
        for (int i = 0; i < COUNT; i++)
            add(&part[random_word() % PARTS], number[order[i]], order[i] / 3, (uint64_t)order[i]);
        for (int p = 0; p < PARTS; p++)
            CHECK(tp_aggs_merge(run.aggs, run.acc, part[p].acc, &run.err) == 0);
        CHECK_THAT(!strcmp(whole, row(&run)), "\n%s, not\n%s", row(&run), whole);
        for (int p = 0; p < PARTS; p++) {
            tp_aggs_clear(run.aggs, part[p].acc);
            free(part[p].acc);
        }
        finish(&run);
    }
}

static void
merging_what_has_no_order_cannot_be_said(void)
{
    struct run a, b;

    start(&a, "count, max(x)");
    b = a;
    b.acc = calloc(1, tp_aggs_size(a.aggs));
    b.row = (struct tp_buf)TP_BUF_INIT;
    add(&a, "'a rather long text'", 0, 0);
    add(&b, "1", 0, 1);
    CHECK(tp_aggs_merge(a.aggs, a.acc, b.acc, &a.err) == 0);
    CHECK(!strcmp(row(&a), ",\"count\":2,\"max_x\":null") && a.written == -1);
    CHECK_THAT(!strcmp(a.err.text, "max(x): values of different types have no order"), "%s",
               a.err.text);
    CHECK(!strcmp(row(&b), ",\"count\":1,\"max_x\":1") && b.written == 0);

    /* It stays so, whatever comes, and goes on to what it is merged into. */
    add(&a, "2", 0, 2);
    CHECK(!strcmp(row(&a), ",\"count\":3,\"max_x\":null") && a.written == -1);
    CHECK(tp_aggs_merge(b.aggs, b.acc, a.acc, &b.err) == 0);
    CHECK(!strcmp(row(&b), ",\"count\":4,\"max_x\":null") && b.written == -1);
    tp_aggs_clear(b.aggs, b.acc);
    add(&a, "null", 0, 3);
    tp_aggs_clear(a.aggs, a.acc);
    add(&a, "'a rather long text'", 0, 0);
    add(&b, "'b, longer than the other text'", 0, 1);
    CHECK(tp_aggs_merge(a.aggs, a.acc, b.acc, &a.err) == 0);
    CHECK(!strcmp(row(&a), ",\"count\":2,\"max_x\":\"b, longer than the other text\""));
    CHECK(!strcmp(row(&b), ",\"count\":1,\"max_x\":\"b, longer than the other text\""));
    tp_aggs_clear(b.aggs, b.acc);
    free(b.acc);
    tp_buf_release(&b.row);
    finish(&a);
}

/* Both parts of the variance: exact, and Welford's for what does not fit. */
static void
variance_is_stable(void)
{
    /* Far from 0: a sum of squares in doubles would give 0 or worse. */
    ROW("var(x)", ",\"var_x\":1", "1000000000000001", "1000000000000002", "1000000000000003");
    ROW("var(x)", ",\"var_x\":0.9166666666666666", "40000000000000000", "40000000000000000",
        "40000000000000001", "40000000000000002", "null");
    ROW("var(x)", ",\"var_x\":1.3333333333333333e34", "400000000000000000", "200000000000000000",
        "400000000000000000");
    ROW("var_pop(x)", ",\"var_pop_x\":0.000001", "100000000.001", "100000000.003");
    ROW("stddev(x)", ",\"stddev_x\":0", "0.1", "0.1", "0.1");
    ROW_SPOILED("var(x): beyond the range of doubles", "var(x)", ",\"var_x\":null", "1e400", "1");
}

static void
check_columns(const char *list, const char *expect)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(tp_str_of(list), &err);
    struct tp_buf text = TP_BUF_INIT;

    CHECK_THAT(aggs, "%s: %s", list, err.text);
    for (size_t i = 0; aggs && i < tp_aggs_columns(aggs); i++) {
        if (i)
            tp_buf_put_char(&text, '|');
        tp_buf_put_str(&text, tp_aggs_column(aggs, i));
    }
    for (size_t i = 0; aggs && i < tp_aggs_arguments(aggs); i++) {
        tp_buf_put_char(&text, i ? ',' : ';');
        tp_buf_put_str(&text, tp_aggs_argument(aggs, i));
    }
    CHECK_THAT(!strcmp(tp_buf_text(&text), expect), "%s gave %s, not %s", list, tp_buf_text(&text),
               expect);
    tp_buf_release(&text);
    tp_aggs_free(aggs);
}

static void
columns_are_named(void)
{
    check_columns("count", "count");
    check_columns(" COUNT ( * ) ", "count");
    check_columns("count(), Sum(bytes)", "count|sum_bytes;bytes");
    check_columns("p99.9(latency),p99_9(other)", "p99_9_latency|p99_9_other;latency,other");
    check_columns("quantile(x, 0.9)", "quantile_x_0_9;x");
    check_columns("sum(user.bytes[0])", "sum_user_bytes_0;user.bytes[0]");
    check_columns("avg( a * (b + 1) )", "avg_a_b_1;a * (b + 1)");
    check_columns("max(coalesce(a, b)), min(\"odd, name)\")",
                  "max_coalesce_a_b|min_odd_name;coalesce(a, b),\"odd, name)\"");
    check_columns("sum(x) AS total, avg(x) as \"odd \\\"name\\\"\"", "total|odd \"name\";x");
    check_columns("count(distinct host), count(distinct) AS d",
                  "count_distinct_host|d;host,distinct");
    check_columns("last(CASE WHEN a = 'it''s, (' THEN 1 END) AS l",
                  "l;CASE WHEN a = 'it''s, (' THEN 1 END");
    check_columns("sum(größe)", "sum_größe;größe");
}

static void
check_refused(const char *list, long at, const char *expect)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(tp_str_of(list), &err);

    CHECK_THAT(!aggs, "%s", list);
    if (!aggs)
        CHECK_THAT(err.fault == TP_FAULT_USAGE && err.at == at && !strcmp(err.text, expect),
                   "%s: at %ld: %s", list, err.at, err.text);
    tp_aggs_free(aggs);
}

static void
bad_lists_are_refused_with_reason_and_place(void)
{
    check_refused("", 0, "expected an aggregate function, such as count");
    check_refused("count,", 6, "expected an aggregate function, such as count");
    check_refused("count, cuont(x)", 7,
                  "unknown aggregate function \"cuont\" (did you mean count?)");
    check_refused("frobnicate(x)", 0, "unknown aggregate function \"frobnicate\"");
    check_refused("p101(x)", 0, "unknown aggregate function \"p101\"");
    check_refused("sum", 0, "sum takes one argument: sum(x)");
    check_refused("sum()", 0, "sum takes one argument: sum(x)");
    check_refused("sum(*)", 0, "only count takes *");
    check_refused("sum(a, b)", 0, "sum takes one argument: sum(x)");
    check_refused("sum(distinct a)", 0, "only count takes DISTINCT");
    check_refused("quantile(x)", 0, "quantile takes two arguments: quantile(x, 0.9)");
    check_refused("quantile(x, 1.5)", 12, "a quantile lies between 0 and 1");
    check_refused("quantile(x, -1)", 12, "a quantile lies between 0 and 1");
    check_refused("quantile(x, y)", 12, "expected a number from 0 to 1");
    check_refused("sum(x", 5, "expected )");
    check_refused("sum((x)", 7, "expected )");
    check_refused("sum(x])", 5, "unexpected ]");
    check_refused("sum('x)", 4, "unclosed '");
    check_refused("sum(a,)", 6, "expected an expression");
    check_refused("count(*", 7, "expected ) behind *");
    check_refused("count AS", 8, "expected a name behind AS");
    check_refused("count AS \"x", 9, "unclosed \"");
    check_refused("count count", 6, "expected a comma or AS");
    check_refused("sum(a.b), sum(a_b)", 10,
                  "sum(a.b) and sum(a_b) would both be column \"sum_a_b\"; use AS");
    check_refused("count, sum(x) as count", 7,
                  "count and sum(x) would both be column \"count\"; use AS");
}

static void
values_are_what_is_written(void)
{
    struct run run;
    struct tp_value values[7];

    start(&run, "count, sum(x), avg(x), min(x), median(x), count_distinct(x), sum(x) AS again");
    add(&run, "0.1", 0, 0);
    add(&run, "0.2", 0, 1);
    CHECK(tp_aggs_values(run.aggs, run.acc, values, &run.err) == 0);
    CHECK(values[0].kind == TP_INT && values[0].integer == 2);
    CHECK(values[1].kind == TP_REAL && values[1].mantissa == 3 && values[1].scale == 1);
    CHECK(values[2].kind == TP_REAL && values[2].real == 0.15);
    CHECK(values[3].kind == TP_REAL && values[3].real == 0.1);
    CHECK(values[4].kind == TP_REAL && values[4].real == 0.15);
    CHECK(values[5].kind == TP_INT && values[5].integer == 2);
    CHECK(tp_num_compare(values[1], values[6]) == 0);
    CHECK(tp_aggs_held(run.aggs, run.acc) > 0);
    tp_aggs_clear(run.aggs, run.acc);
    add(&run, "9223372036854775807", 0, 0);
    add(&run, "9223372036854775807", 0, 1);
    CHECK(tp_aggs_values(run.aggs, run.acc, values, &run.err) == -1);
    CHECK(values[1].kind == TP_NULL);
    CHECK(values[5].integer == 1);
    finish(&run);
}

int
main(void)
{
    RUN(functions_agree_with_duckdb);
    RUN(an_empty_group_has_no_results_but_counts);
    RUN(nulls_are_ignored);
    RUN(sums_stay_exact);
    RUN(extremes_of_every_type);
    RUN(a_record_that_does_not_fit_is_refused_whole);
    RUN(first_and_last_go_by_event_time_then_arrival);
    RUN(distinct_values_are_told_apart_exactly);
    RUN(distinct_counts_of_many_numbers);
    RUN(quantiles_keep_integers_and_decimals_exact);
    RUN(selection_is_sorting);
    RUN(order_and_splits_do_not_matter);
    RUN(merging_what_has_no_order_cannot_be_said);
    RUN(variance_is_stable);
    RUN(columns_are_named);
    RUN(bad_lists_are_refused_with_reason_and_place);
    RUN(values_are_what_is_written);
    return unit_end();
}
