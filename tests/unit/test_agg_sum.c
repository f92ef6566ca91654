/*
 * sum and avg, whose accumulators are small until a sum no longer fits them: at any mixture of
 * terms, taken out, merged, saved and loaded, they say what a tp_sum says.
 */
#include <stdlib.h>

#include "query/agg.h"
#include "unit.h"
#include "value/num.h"

static uint64_t random_state = 7;

static uint64_t
random_below(uint64_t limit)
{
    return unit_random(&random_state) % limit;
}

static struct tp_value
decimal(int64_t mantissa, int scale)
{
    struct tp_value value = {.kind = TP_REAL, .scale = scale};

    value.mantissa = mantissa;
    value.real = (double)mantissa / (double)tp_ten_table[scale];
    return value;
}

/* Mostly small; WILD ones reach all that a cell of 64 bits cannot hold. */
static struct tp_value
random_term(bool wild)
{
    int64_t small = (int64_t)random_below(2000) - 1000;
    int64_t large = (int64_t)(random_below(2 * tp_ten_table[18]) - tp_ten_table[18]);

    switch (random_below(wild ? 7 : 2)) {
    case 0:
        return tp_int(small);
    case 1:
        return decimal(small, (int)random_below(4));
    case 2:
        return decimal(large, (int)random_below(19));
    case 3:
        return tp_int(large * 9);
    case 4:
        return tp_int(random_below(2) ? INT64_MIN : INT64_MAX);
    case 5:
        return tp_real((double)small / 3);
    default:
        return decimal(small, 18);
    }
}

static struct tp_aggs *
parse(const char *list)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(tp_str_of(list), &err);

    CHECK_THAT(aggs, "%s: %s", list, err.text);
    return aggs;
}

static void
check_says(const struct tp_aggs *aggs, void *acc, const struct tp_sum *sum)
{
    uint64_t terms = sum->integers + sum->decimals + sum->reals;
    struct tp_buf row = TP_BUF_INIT, expect = TP_BUF_INIT;
    struct tp_value values[2];
    struct tp_err err;

    TP_BUF_PUT(&expect, ",\"sum_x\":");
    if (terms == 0 || tp_sum_write(sum, &expect) < 0)
        TP_BUF_PUT(&expect, "null");
    (void)tp_aggs_write(aggs, acc, &row, &err);
    CHECK_THAT(row.len > expect.len && !memcmp(row.ptr, expect.ptr, expect.len), "%s, not %s",
               tp_buf_text(&row), tp_buf_text(&expect));
    (void)tp_aggs_values(aggs, acc, values, &err);
    CHECK(values[1].kind == (terms ? TP_REAL : TP_NULL));
    CHECK(terms == 0 || values[1].real == tp_sum_real(sum) / (double)terms);
    CHECK(tp_aggs_is_empty(aggs, acc) == (terms == 0));
    tp_buf_release(&row);
    tp_buf_release(&expect);
}

static void
save_and_load(const struct tp_aggs *aggs, void *acc)
{
    struct tp_buf saved = TP_BUF_INIT, again = TP_BUF_INIT;
    struct tp_err err;

    CHECK(tp_aggs_save(aggs, acc, &saved, &err) == 0);
    tp_aggs_clear(aggs, acc);
    CHECK(tp_aggs_load(aggs, acc, tp_buf_str(&saved), &err) == 0);
    CHECK(tp_aggs_save(aggs, acc, &again, &err) == 0);
    CHECK_THAT(tp_str_equal(tp_buf_str(&saved), tp_buf_str(&again)), "%s, not %s",
               tp_buf_text(&again), tp_buf_text(&saved));
    tp_buf_release(&saved);
    tp_buf_release(&again);
}

/* Terms of which one in WILD is; saved now and then, which a reader of INT64_MAX at most allows. */
static void
check_run(uint64_t wild)
{
    enum { TERMS = 60 };
    struct tp_aggs *aggs = parse("sum(x), avg(x)");
    void *acc[2] = {calloc(1, tp_aggs_size(aggs)), calloc(1, tp_aggs_size(aggs))};
    struct tp_sum sum[2] = {{0}, {0}};
    struct tp_value last = tp_int(0);
    struct tp_err err;

    for (uint64_t i = 0; i < TERMS; i++) {
        size_t which = random_below(2);
        struct tp_value term = random_term(random_below(wild) == 0);

        CHECK(tp_aggs_add(aggs, acc[which], &term, 0, i, &err) == 0);
        tp_sum_add(&sum[which], term);
        if (random_below(4) == 0) {
            CHECK(tp_aggs_subtract(aggs, acc[which], &term, &err) == 0);
            tp_sum_subtract(&sum[which], term);
        }
        if (random_below(8) == 0)
            save_and_load(aggs, acc[which]);
        check_says(aggs, acc[which], &sum[which]);
        last = term;
    }
    CHECK(tp_aggs_merge(aggs, acc[0], acc[1], &err) == 0);
    tp_sum_merge(&sum[0], &sum[1]);
    check_says(aggs, acc[0], &sum[0]);

    /* What was not added to the other one is taken out of it, and comes. */
    CHECK(tp_aggs_merge(aggs, acc[1], acc[0], &err) == 0);
    tp_aggs_clear(aggs, acc[1]);
    CHECK(tp_aggs_subtract(aggs, acc[1], &last, &err) == 0);
    CHECK(tp_aggs_add(aggs, acc[1], &last, 0, TERMS, &err) == 0);
    CHECK(tp_aggs_is_empty(aggs, acc[1]));
    for (size_t i = 0; i < 2; i++) {
        tp_aggs_clear(aggs, acc[i]);
        free(acc[i]);
    }
    tp_aggs_free(aggs);
}

static void
sums_are_those_of_tp_sum(void)
{
    for (int i = 0; i < 300; i++)
        check_run(i % 3 == 0 ? 2 : i % 3 == 1 ? 40 : UINT64_MAX);
}

static void
small_sums_take_no_memory(void)
{
    struct tp_aggs *aggs = parse("count, sum(x)");
    const struct tp_value terms[] = {decimal(67436, 3), tp_int(-1), tp_int(INT64_MAX)};
    void *acc = calloc(1, tp_aggs_size(aggs));
    struct tp_err err;

    CHECK(tp_aggs_size(aggs) <= 24);
    CHECK(tp_aggs_add(aggs, acc, &terms[0], 0, 0, &err) == 0);
    CHECK(tp_aggs_add(aggs, acc, &terms[1], 0, 1, &err) == 0);
    CHECK(tp_aggs_held(aggs, acc) == 0);
    CHECK(tp_aggs_add(aggs, acc, &terms[2], 0, 2, &err) == 0);
    CHECK(tp_aggs_held(aggs, acc) == sizeof(struct tp_sum));
    tp_aggs_clear(aggs, acc);
    CHECK(tp_aggs_held(aggs, acc) == 0);
    free(acc);
    tp_aggs_free(aggs);
}

static void
decimals_are_written_short(void)
{
    static const struct {
        int64_t units;
        int scale;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 18, "0"},
        {-5, 1, "-0.5"},
        {1500, 2, "15"},
        {1050, 3, "1.05"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {1, 18, "0.000000000000000001"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {INT64_MAX, 18, "9.223372036854775807"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[TP_NUM_MAX];
        size_t len = tp_num_write_decimal(text, cases[i].units, cases[i].scale);

        CHECK_THAT(tp_str_equal((struct tp_str){text, len}, tp_str_of(cases[i].text)),
                   "%.*s, not %s", (int)len, text, cases[i].text);
    }
}

int
main(void)
{
    RUN(sums_are_those_of_tp_sum);
    RUN(small_sums_take_no_memory);
    RUN(decimals_are_written_short);
    return unit_end();
}
