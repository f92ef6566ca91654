/* Windows whose rows go by number of records, or come at the end: count, whole. */
#include "event/count.h"
#include "event/whole.h"
#include "heard.h"
#include "unit.h"

static int
hear(void *self, struct tp_row *row, struct tp_err *err)
{
    const struct tp_row_head *head = &row->head;
    char bounds[64];

    snprintf(bounds, sizeof bounds, "%d-%d@%d", head->timed ? (int)head->window.start : -1,
             head->timed ? (int)head->window.end : -1, head->timed ? (int)head->at : -1);
    return heard_row(self, row, bounds, err);
}

static struct tp_arrival
arrival_at(tp_time time, const char *key)
{
    return (struct tp_arrival){.time = time, .watermark = 0, .key = tp_str_of(key)};
}

static void
counts_are_said_when_full(void)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(TP_STR("count AS c"), &err);
    struct tp_window_spec spec;
    struct heard heard = {"", aggs};
    struct tp_counts *counts;
    uint64_t records;

    CHECK(tp_window_parse(TP_STR("count:3,2"), &spec, &err) == 0);
    counts = tp_counts_new(&spec, aggs, (struct tp_row_to){hear, &heard});
    for (int i = 1; i <= 6; i++) {
        struct tp_arrival a = arrival_at(i, "a"), b = arrival_at(10 - i, "b");

        a.watermark = 4;
        CHECK(tp_counts_add(counts, &a, true, &err) == 1);
        if (i <= 3)
            CHECK(tp_counts_add(counts, &b, i == 2, &err) == 1);
    }
    /* A row is not before the watermark; bounds are those of the records that have a time. */
    CHECK_THAT(strcmp(heard.text, "a1-3@4,\"c\":3 b8-8@8,\"c\":3 a3-5@5,\"c\":3 ") == 0, "%s",
               heard.text);
    CHECK(tp_counts_unsaid(counts, &records) == 1 && records == 1);
    tp_counts_free(counts);
    tp_window_release(&spec);
    tp_aggs_free(aggs);
}

static void
whole_is_said_at_the_end(void)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(TP_STR("count AS c"), &err);
    struct heard heard = {"", aggs};
    struct tp_whole *whole = tp_whole_new(aggs, (struct tp_row_to){hear, &heard});
    struct tp_arrival arrival = arrival_at(7, "b");

    CHECK(!tp_whole_any(whole) && tp_whole_say(whole, &err) == 0 && !*heard.text);
    CHECK(tp_whole_add(whole, &arrival, false, &err) == 1);
    CHECK(tp_whole_any(whole) && tp_whole_say(whole, &err) == 0);
    CHECK(tp_whole_add(whole, &arrival, true, &err) == 1);
    arrival = arrival_at(3, "a");
    CHECK(tp_whole_add(whole, &arrival, true, &err) == 1);
    CHECK(tp_whole_say(whole, &err) == 0);
    CHECK_THAT(strcmp(heard.text, "b-1--1@-1,\"c\":1 b3-7@7,\"c\":2 a3-7@7,\"c\":1 ") == 0, "%s",
               heard.text);

    /* A group whose records were all taken back is none. */
    *heard.text = '\0';
    arrival.taken_back = true;
    CHECK(tp_whole_add(whole, &arrival, true, &err) == 1);
    CHECK(tp_whole_say(whole, &err) == 0);
    CHECK_THAT(strcmp(heard.text, "b3-7@7,\"c\":2 ") == 0, "%s", heard.text);
    tp_whole_free(whole);
    tp_aggs_free(aggs);
}

int
main(void)
{
    RUN(counts_are_said_when_full);
    RUN(whole_is_said_at_the_end);
    return unit_end();
}
