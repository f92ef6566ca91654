/*
 * alert: durations in conditions; when it is raised.
 */
#include "query/alert.h"

#include "unit.h"

static void
check_rewritten(const char *text, const char *expected)
{
    struct tp_buf got = TP_BUF_INIT;

    tp_alert_rewrite(text, &got);
    CHECK_THAT(strcmp(tp_buf_text(&got), expected) == 0, "%s: %s", text, tp_buf_text(&got));
    tp_buf_release(&got);
}

static void
durations_become_seconds(void)
{
    check_rewritten("lag > 30s", "lag > 30.000000000");
    check_rewritten("lag>1h30m AND records<5", "lag>5400.000000000 AND records<5");
    check_rewritten("lag > 250ms or a.b = 1.5", "lag > 0.250000000 or a.b = 1.5");
    check_rewritten("name = '30s' OR \"5m\" = 5m", "name = '30s' OR \"5m\" = 300.000000000");
    check_rewritten("x'\"30s\"' = 's30s'", "x'\"30s\"' = 's30s'");
}

static const struct tp_str names[] = {{"lag", 3}, {"records", 7}};

static struct tp_alert *
alert_of(const char *text, struct tp_err *err)
{
    return tp_alert_new(tp_str_of(text), names, 2, err);
}

static int
judge(struct tp_alert *alert, const char *text)
{
    struct tp_buf row = TP_BUF_INIT;
    struct tp_err err;
    int result;

    tp_buf_put(&row, text, strlen(text));
    result = tp_alert_judge(alert, &row, &err);
    tp_buf_release(&row);
    return result;
}

static void
it_is_raised_when_it_becomes_true(void)
{
    struct tp_err err;
    struct tp_alert *alert = alert_of("lag > 30.0", &err);

    CHECK(alert != NULL);
    CHECK(judge(alert, "{\"lag\":null}\n") == 0);
    CHECK(judge(alert, "{\"lag\":31}\n") == 1);
    CHECK(judge(alert, "{\"lag\":32}\n") == 0);
    CHECK(judge(alert, "{\"lag\":30}\n") == 0);
    CHECK(judge(alert, "{\"lag\":30.001}\n") == 1);
    CHECK(judge(alert, "{\"lag\":\"text\"}\n") == -1);
    CHECK(judge(alert, "no row\n") == -1);
    tp_alert_free(alert);
}

static void
mistakes_have_a_place(void)
{
    struct tp_err err;

    CHECK(!alert_of("lag >", &err) && err.fault == TP_FAULT_USAGE && err.at == 5);
    CHECK(!alert_of("lag + 1", &err) && err.fault == TP_FAULT_USAGE);
    CHECK(!alert_of("lag > 3 OR lagg > 3", &err) && err.fault == TP_FAULT_USAGE && err.at == 11);
    CHECK(strcmp(err.text, "no statistic \"lagg\" (did you mean lag?)") == 0);
    CHECK(!alert_of("lag.x > 3", &err) && strstr(err.text, "no statistic \"lag.x\""));
    CHECK(!alert_of("lag = \"much\"", &err) && strstr(err.text, "single quotes"));
    tp_alert_free(NULL);
}

int
main(void)
{
    RUN(durations_become_seconds);
    RUN(it_is_raised_when_it_becomes_true);
    RUN(mistakes_have_a_place);
    return unit_end();
}
