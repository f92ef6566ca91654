#include "event/plan.h"

#include "unit.h"

#define SECONDS(n) ((n)*TP_SECOND)

/* Is PLAN refused, for a reason that begins with WHY (NULL: it is not)? */
static void
opens(struct tp_plan plan, bool keyed, const char *why)
{
    struct tp_err err = {.text = ""};
    int opened = tp_plan_open(&plan, keyed, &err);

    if (!why)
        CHECK_THAT(opened == 0, "%s", err.text);
    else
        CHECK_THAT(opened < 0 && err.fault == TP_FAULT_USAGE &&
                       strncmp(err.text, why, strlen(why)) == 0,
                   "%s", opened < 0 ? err.text : "opened");
    tp_plan_release(&plan);
}

static void
refuses_what_would_do_nothing(void)
{
    const struct tp_trigger late = {.lateness = SECONDS(5)}, back = {.retract = true};

    opens((struct tp_plan){0}, false, "-w is missing");
    opens((struct tp_plan){.window = "1m", .mode = "discard"}, false, "--mode");
    opens((struct tp_plan){.window = "1m", .trigger = back}, false, "--retract");
    opens((struct tp_plan){.window = "1m", .forget = 1}, true, "--forget");
    opens((struct tp_plan){.window = "all", .trigger = late}, false, "--lateness");
    opens((struct tp_plan){.window = "count:3", .early = "5"}, false, "--early");
    opens((struct tp_plan){.window = "session:1m", .empty = ""}, false, "--empty");
    opens((struct tp_plan){.window = "1m", .empty = "", .trigger = late}, true, "--empty");
    opens((struct tp_plan){.window = "1m", .empty = "", .trigger = late}, false, NULL);
    opens((struct tp_plan){.window = "1m", .empty = "key", .forget = 1}, true, NULL);
    opens((struct tp_plan){.window = "1m", .cut = true}, false, "--max");
    opens((struct tp_plan){.window = "session:1m", .cut = true, .trigger = late}, false, "--max");
}

static void
refuses_parts_of_what_cannot_be_parted(void)
{
    opens((struct tp_plan){.window = "session:1m", .partial = true}, false, "--partial");
    opens((struct tp_plan){.window = "count:3", .merge = true}, false, "--merge");
    opens((struct tp_plan){.window = "1m", .partial = true, .early = "1s"}, false, "--early");
    opens((struct tp_plan){.window = "1m", .partial = true, .empty = ""}, false, "--empty");
    opens((struct tp_plan){.window = "1m", .merge = true, .early = "3"}, false, "--early 3");
    opens((struct tp_plan){.window = "1m", .merge = true, .early = "3s"}, false, NULL);
    opens((struct tp_plan){.window = "all", .merge = true, .partial = true}, false, NULL);
}

static void
parts_by_pane(void)
{
    struct tp_plan plan = {.window = "hop:50s,20s", .offset = SECONDS(17), .partial = true};
    struct tp_err err;

    CHECK(tp_plan_open(&plan, false, &err) == 0);
    CHECK(plan.spec.size == SECONDS(10) && plan.spec.slide == SECONDS(10));
    CHECK(plan.spec.offset == SECONDS(7));
    CHECK(plan.trigger.lateness == SECONDS(40) && plan.trigger.discard);
    tp_plan_release(&plan);

    plan = (struct tp_plan){.window = "1d@UTC", .partial = true};
    CHECK(tp_plan_open(&plan, false, &err) == 0);
    CHECK(plan.spec.kind == TP_WINDOW_CALENDAR && tp_trigger_is_plain(&plan.trigger));
    tp_plan_release(&plan);
}

static void
takes_changes_that_can_be_counted(void)
{
    struct tp_plan plan = {.window = "1m"};
    struct tp_err err;
    struct tp_aggs *sums = tp_aggs_parse(TP_STR("count, sum(x)"), &err);
    struct tp_aggs *extremes = tp_aggs_parse(TP_STR("max(x)"), &err);
    bool back = true;

    CHECK(tp_plan_open(&plan, false, &err) == 0);
    CHECK(tp_plan_change(&plan, extremes, TP_STR("insert"), &back, &err) == 0 && !back);
    CHECK(tp_plan_change(&plan, sums, TP_STR("retract"), &back, &err) == 0 && back);
    CHECK(tp_plan_change(&plan, sums, TP_STR("update"), &back, &err) == 0 && !back);
    CHECK(tp_plan_change(&plan, sums, TP_STR("upsert"), &back, &err) < 0);
    CHECK(tp_plan_change(&plan, extremes, TP_STR("delete"), &back, &err) < 0);
    plan.merge = true;
    CHECK(tp_plan_change(&plan, sums, TP_STR("delete"), &back, &err) < 0);
    tp_plan_release(&plan);
    tp_aggs_free(sums);
    tp_aggs_free(extremes);
}

int
main(void)
{
    RUN(refuses_what_would_do_nothing);
    RUN(refuses_parts_of_what_cannot_be_parted);
    RUN(parts_by_pane);
    RUN(takes_changes_that_can_be_counted);
    return unit_end();
}
