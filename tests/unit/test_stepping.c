#include "event/stepping.h"

#include "unit.h"

/* One group of count(*), which asks for nothing of a record; what was stepped stands in TOLD:
 * `line columns;` each. */
struct bench {
    struct tp_keys one;
    struct tp_steps *steps;
    struct tp_scan *scan;
    struct tp_expr *argument;
    struct tp_stepping *stepping;
    struct tp_buf columns, told;
};

static int
take(void *context, const struct tp_stepped *stepped, struct tp_err *err)
{
    struct bench *bench = context;

    (void)err;
    CHECK(!stepped->spoiled);
    tp_buf_put_str(&bench->told, stepped->line);
    tp_buf_put_char(&bench->told, ' ');
    tp_buf_put_str(&bench->told, tp_buf_str(&bench->columns));
    tp_buf_put_char(&bench->told, ';');
    return 0;
}

static void
set_up(struct bench *bench, tp_duration forget)
{
    struct tp_stepping_rule rule = {.keys = &bench->one, .forget = forget, .counts = true};
    struct tp_expr_context context = {0};
    struct tp_err err;

    *bench = (struct bench){.columns = TP_BUF_INIT, .told = TP_BUF_INIT};
    bench->steps = tp_steps_parse(TP_STR("count(*) OVER (RANGE 1h) AS n"), &err);
    context.scan = bench->scan = tp_scan_new();
    bench->argument = tp_expr_compile(tp_steps_argument(bench->steps, 0), &context, &err);
    rule.steps = bench->steps;
    rule.argument = &bench->argument;
    bench->stepping =
        tp_stepping_new(&rule, (struct tp_stepping_out){&bench->columns, take, bench});
}

static void
tear_down(struct bench *bench)
{
    tp_stepping_free(bench->stepping);
    tp_expr_free(bench->argument);
    tp_scan_free(bench->scan);
    tp_steps_free(bench->steps);
    tp_buf_release(&bench->columns);
    tp_buf_release(&bench->told);
}

static void
add(struct bench *bench, const char *line, tp_time time)
{
    const struct tp_slot none = {.kind = TP_SLOT_MISSING};
    struct tp_stepping_record record = {time, tp_str_of(line), 1, &none};

    CHECK(tp_stepping_add(bench->stepping, &record, NULL) == 0);
}

static bool
told(const struct bench *bench, const char *text)
{
    return tp_str_equal(tp_buf_str(&bench->told), tp_str_of(text));
}

static void
steps_by_time_peers_together(void)
{
    struct bench bench;
    tp_time watermark = 10;

    set_up(&bench, 0);
    add(&bench, "c", 10);
    add(&bench, "b", 5);
    add(&bench, "a", 3);
    add(&bench, "B", 5);
    CHECK(tp_stepping_advance(bench.stepping, &watermark, NULL) == 0);
    CHECK(told(&bench, "a \"n\":1;b \"n\":3;B \"n\":3;"));
    CHECK(watermark == 10);
    CHECK(tp_stepping_held(bench.stepping) == 1 && tp_stepping_keys(bench.stepping) == 1);
    tear_down(&bench);
}

static void
forgets_a_key(void)
{
    struct bench bench;
    tp_time watermark = TP_TIME_AFTER_ALL;

    set_up(&bench, 4);
    add(&bench, "a", 1);
    add(&bench, "b", 5);
    add(&bench, "c", 10);
    CHECK(tp_stepping_advance(bench.stepping, &watermark, NULL) == 0);
    CHECK(told(&bench, "a \"n\":1;b \"n\":2;c \"n\":1;"));
    CHECK(watermark == TP_TIME_AFTER_ALL && tp_stepping_held(bench.stepping) == 0);
    tear_down(&bench);
}

int
main(void)
{
    RUN(steps_by_time_peers_together);
    RUN(forgets_a_key);
    return unit_end();
}
