#include "event/trigger.h"

#include "unit.h"

#define AT(seconds) ((seconds)*TP_SECOND)

/* The rows that were said: op and number, and what they count. */
struct heard {
    char text[256];
    const struct tp_aggs *aggs;
};

static int
hear(void *self, struct tp_row *row, struct tp_err *err)
{
    static const char ops[] = "niurUd"; /* as enum tp_row_op */
    struct heard *heard = self;
    struct tp_buf columns = TP_BUF_INIT;
    size_t used = strlen(heard->text);

    if (!row->acc)
        tp_buf_put_str(&columns, row->text);
    else if (tp_aggs_write(heard->aggs, row->acc, &columns, err) < 0)
        return -1;
    if (row->copy)
        tp_buf_put_str(row->copy, tp_buf_str(&columns));
    snprintf(heard->text + used, sizeof heard->text - used, "%c%d%s%s ", ops[row->head.op],
             (int)row->head.n, tp_buf_text(&columns), row->head.last ? "." : "");
    tp_buf_release(&columns);
    return 0;
}

/* Says a window early, on time and late, with a record before each; then takes back what stands. */
static void
says(struct tp_trigger trigger, const char *wanted)
{
    static const enum tp_timing timings[] = {TP_EARLY, TP_ON_TIME, TP_LATE_ROW};
    const struct tp_window window = {0, AT(60)};
    struct tp_err err;
    struct tp_aggs *aggs = tp_aggs_parse(TP_STR("count AS c"), &err);
    struct heard heard = {"", aggs};
    const struct tp_row_to to = {hear, &heard};
    _Alignas(16) char acc[64] = {0};
    struct tp_firing firing = {0};
    const struct tp_said said = {aggs, &window, TP_STR(""), acc, &firing};

    CHECK(tp_aggs_size(aggs) <= sizeof acc);
    for (int i = 0; i < 3; i++) {
        CHECK(tp_aggs_add(aggs, acc, NULL, 0, (uint64_t)i, &err) == 0);
        CHECK(tp_trigger_fire(&trigger, &said, timings[i], false, &to, &err) == 0);
    }
    CHECK(tp_trigger_take_back(&said, &to, &err) == 0);
    CHECK(tp_trigger_take_back(&said, &to, &err) == 0); /* once only */
    CHECK_THAT(strcmp(heard.text, wanted) == 0, "%s", heard.text);
    tp_firing_release(&firing);
    tp_aggs_clear(aggs, acc);
    tp_aggs_free(aggs);
}

static void
corrects_by_mode(void)
{
    struct tp_trigger trigger = {.early_count = 1, .lateness = AT(9), .keeps_text = true};

    says(trigger, "u0,\"c\":1 u1,\"c\":2 u2,\"c\":3 d2,\"c\":3 ");
    trigger.retract = true;
    says(trigger, "i0,\"c\":1 r0,\"c\":1 U1,\"c\":2 r1,\"c\":2 U2,\"c\":3 d2,\"c\":3 ");
    trigger = (struct tp_trigger){.early_count = 1, .discard = true};
    says(trigger, "i0,\"c\":1 i1,\"c\":1 i2,\"c\":1 ");
}

static void
knows_when_it_is_over(void)
{
    struct tp_trigger trigger = {.lateness = AT(5)};

    CHECK(!tp_trigger_is_over(&trigger, AT(60), AT(65) - 1));
    CHECK(tp_trigger_is_over(&trigger, AT(60), AT(65)));
    CHECK(tp_trigger_limit(&trigger, TP_TIME_MAX) == TP_TIME_MAX);
}

static void
finds_the_next_early_row(void)
{
    const struct tp_window window = {AT(60), AT(90)};
    struct tp_trigger trigger = {.early_every = AT(10)};

    CHECK(tp_trigger_next_early(&trigger, &window, TP_TIME_BEFORE_ALL) == AT(70));
    CHECK(tp_trigger_next_early(&trigger, &window, AT(70) - 1) == AT(70));
    CHECK(tp_trigger_next_early(&trigger, &window, AT(70)) == AT(80));
    CHECK(tp_trigger_next_early(&trigger, &window, AT(80)) == TP_TIME_AFTER_ALL);
    trigger.early_every = 0;
    CHECK(tp_trigger_next_early(&trigger, &window, AT(60)) == TP_TIME_AFTER_ALL);
}

static void
reads_early(void)
{
    struct tp_trigger trigger = {0};
    struct tp_err err;

    CHECK(tp_trigger_is_plain(&trigger) && !tp_trigger_is_early(&trigger));
    CHECK(tp_trigger_parse_early(&trigger, TP_STR("100"), &err) == 0);
    CHECK(trigger.early_count == 100 && trigger.early_every == 0);
    CHECK(tp_trigger_parse_early(&trigger, TP_STR("10s"), &err) == 0);
    CHECK(trigger.early_every == AT(10) && tp_trigger_is_early(&trigger));
    CHECK(tp_trigger_parse_early(&trigger, TP_STR("0"), &err) < 0);
    CHECK(tp_trigger_parse_early(&trigger, TP_STR("-1"), &err) < 0);
    CHECK(tp_trigger_parse_early(&trigger, TP_STR("1us"), &err) < 0);
    CHECK(tp_trigger_parse_early(&trigger, TP_STR("soon"), &err) < 0);
    CHECK(err.fault == TP_FAULT_USAGE);
}

int
main(void)
{
    RUN(corrects_by_mode);
    RUN(knows_when_it_is_over);
    RUN(finds_the_next_early_row);
    RUN(reads_early);
    return unit_end();
}
