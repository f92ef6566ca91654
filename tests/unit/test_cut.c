#include "event/cut.h"

#include "heard.h"
#include "unit.h"

#define AT(seconds) ((tp_time)(seconds)*TP_SECOND)

static int
hear(void *self, struct tp_row *row, struct tp_err *err)
{
    const struct tp_window *window = &row->head.window;
    char bounds[64];

    snprintf(bounds, sizeof bounds, "[%g,%g)", (double)window->start / TP_SECOND,
             (double)window->end / TP_SECOND);
    return heard_row(self, row, bounds, err);
}

/* Records at SECONDS in this order (negative: it begins a session; plus a half: it is the last of
 * one), then the end. */
static void
cuts(tp_duration max, const double *seconds, size_t count, const char *wanted)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(TP_STR("count AS c"), &err);
    struct heard heard = {"", aggs};
    struct tp_cuts *all = tp_cuts_new(AT(10), max, aggs, (struct tp_row_to){hear, &heard});

    for (size_t i = 0; i < count; i++) {
        bool starts = seconds[i] < 0;
        double at = starts ? -seconds[i] : seconds[i];
        bool ends = at != (double)(int)at;
        struct tp_arrival arrival = {.time = AT((int)at),
                                     .watermark = TP_TIME_BEFORE_ALL,
                                     .sequence = i,
                                     .key = TP_STR("k")};

        CHECK(tp_cuts_add(all, &arrival, starts, ends, &err) == 1);
    }
    CHECK(tp_cuts_open(all) > 0);
    CHECK(tp_cuts_watermark(all, TP_TIME_AFTER_ALL, &err) == 0);
    CHECK_THAT(strcmp(heard.text, wanted) == 0, "%s", heard.text);
    tp_cuts_free(all);
    tp_aggs_free(aggs);
}

#define CUTS(max, wanted, ...)                                        \
    do {                                                              \
        const double seconds[] = {__VA_ARGS__};                       \
        cuts(max, seconds, sizeof seconds / sizeof *seconds, wanted); \
    } while (0)

static void
ends_where_it_is_said(void)
{
    CUTS(0, "k[0,15),\"c\":2 ", 0, 5);
    CUTS(0, "k[0,15),\"c\":2 ", 5, 0); /* by event time, not by arrival */
    CUTS(0, "k[0,10),\"c\":1 k[20,30),\"c\":1 ", 0, 20);
    CUTS(0, "k[0,5),\"c\":1 k[5,16),\"c\":2 ", 0, -5, 6);
    CUTS(0, "k[0,5.001),\"c\":2 k[6,16),\"c\":1 ", 0, 5.5, 6);
    CUTS(AT(12), "k[0,12),\"c\":2 k[14,24),\"c\":1 ", 0, 7, 14);
}

static void
takes_nothing_behind_the_watermark(void)
{
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(TP_STR("count AS c"), &err);
    struct heard heard = {"", aggs};
    struct tp_cuts *all = tp_cuts_new(AT(10), AT(60), aggs, (struct tp_row_to){hear, &heard});
    struct tp_arrival arrival = {.time = AT(4), .watermark = AT(5), .key = TP_STR("k")};

    CHECK(tp_cuts_watermark(all, AT(5), &err) == 0);
    CHECK(tp_cuts_add(all, &arrival, false, false, &err) == 0);
    arrival.time = AT(5);
    CHECK(tp_cuts_add(all, &arrival, false, false, &err) == 1);
    CHECK(tp_cuts_watermark(all, AT(15) - 1, &err) == 0);
    CHECK_THAT(!*heard.text, "%s", heard.text);
    CHECK(tp_cuts_watermark(all, AT(15), &err) == 0); /* as event/session, and Flink */
    CHECK_THAT(strcmp(heard.text, "k[5,15),\"c\":1 ") == 0, "%s", heard.text);
    CHECK(tp_cuts_open(all) == 0);
    tp_cuts_free(all);
    tp_aggs_free(aggs);
}

int
main(void)
{
    RUN(ends_where_it_is_said);
    RUN(takes_nothing_behind_the_watermark);
    return unit_end();
}
