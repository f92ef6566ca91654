/* charted: which series a record belongs to, how they are called, and what is refused. */
#include "query/charted.h"

#include "unit.h"

struct fixture {
    struct tp_scan *scan;
    struct tp_select *list;
    struct tp_keys keys;
    struct tp_charted *charted;
    struct tp_chart *chart;
    tp_time time;
    struct tp_err err;
};

static void
begin(struct fixture *f, enum tp_chart_kind kind, const char *list, const char *keys, uint64_t most)
{
    struct tp_expr_context context;

    *f = (struct fixture){.scan = tp_scan_new()};
    context = (struct tp_expr_context){.scan = f->scan};
    f->list = tp_select_parse(tp_str_of(list), 0, &context, &f->err);
    CHECK_THAT(f->list != NULL, "%s", f->err.text);
    if (keys)
        tp_keys_init(&f->keys, tp_select_parse(tp_str_of(keys), 0, &context, &f->err));
    f->charted = tp_charted_new(&(struct tp_charted_settings){
        .kind = kind, .list = f->list, .keys = &f->keys, .most_keys = most});
    CHECK(f->charted != NULL);
    f->chart = tp_charted_chart(f->charted);
}

static void
end(struct fixture *f)
{
    tp_charted_free(f->charted);
    tp_keys_release(&f->keys);
    tp_select_free(f->list);
    tp_scan_free(f->scan);
}

static int
take(struct fixture *f, const char *line)
{
    char block[256] = "";
    struct tp_slot slot[8];
    size_t len = strlen(line);

    CHECK(len + 1 + TP_SCAN_PADDING <= sizeof block);
    memcpy(block, line, len);
    block[len] = '\n';
    CHECK(tp_scan_line(f->scan, block, block + len + 1, slot, NULL, &f->err) == block + len + 1);
    return tp_charted_take(f->charted, slot, f->time += TP_SECOND, true, &f->err);
}

static bool
series_are(const struct fixture *f, const char *wanted)
{
    char all[256] = "";

    for (size_t i = 0; i < f->chart->series; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%.*s;", (int)f->chart->name[i].len,
                 f->chart->name[i].ptr);
    if (strcmp(all, wanted) != 0)
        printf("# %s\n", all);
    return strcmp(all, wanted) == 0;
}

static void
keys_beyond_the_limit_share_a_series(void)
{
    struct fixture f;
    struct tp_bin bin;

    begin(&f, TP_CHART_LINE, "v", "k", 2);
    CHECK(take(&f, "{\"k\":\"a\\u0041\",\"v\":1}") == 0 && take(&f, "{\"k\":2,\"v\":2}") == 0);
    CHECK(take(&f, "{\"k\":\"c\",\"v\":3}") == 0 && take(&f, "{\"k\":null,\"v\":4}") == 0);
    CHECK(take(&f, "{\"k\":2,\"v\":null}") == 0);
    CHECK(series_are(&f, "aA;2;others;"));
    tp_bins_read(f.chart->bins, 2, &bin, 1);
    CHECK(bin.count == 2 && bin.sum == 7);
    tp_bins_read(f.chart->bins, 1, &bin, 1);
    CHECK(bin.count == 1 && bin.nulls == 1 && bin.sum == 2);
    end(&f);
}

static void
each_expression_has_its_series(void)
{
    struct fixture f;

    begin(&f, TP_CHART_LINE, "v, v * 2 AS twice", NULL, 1);
    CHECK(take(&f, "{\"v\":1}") == 0 && series_are(&f, "v;twice;"));
    end(&f);
    begin(&f, TP_CHART_LINE, "v, w", "a, b", 5);
    CHECK(take(&f, "{\"a\":1,\"b\":\"x\",\"v\":1,\"w\":2}") == 0);
    CHECK(series_are(&f, "1, x v;1, x w;"));
    end(&f);
}

static void
bad_values_leave_no_trace(void)
{
    struct fixture f;
    struct tp_bin bin;

    begin(&f, TP_CHART_LINE, "v, w", NULL, 1);
    CHECK(take(&f, "{\"v\":1,\"w\":\"text\"}") < 0 && f.err.fault == TP_FAULT_RECORD);
    CHECK_THAT(strcmp(f.err.text, "w is a string, not a number") == 0, "%s", f.err.text);
    CHECK(f.chart->series == 0);
    CHECK(take(&f, "{\"v\":1,\"w\":1e301}") < 0 && strstr(f.err.text, "too large"));
    CHECK(take(&f, "{\"v\":1,\"w\":2}") == 0);
    tp_bins_read(f.chart->bins, 0, &bin, 1);
    CHECK(bin.count == 1);
    end(&f);
}

static void
counted_values_have_no_series(void)
{
    struct fixture f;

    CHECK(tp_charted_counts(TP_CHART_HIST, true) && tp_charted_counts(TP_CHART_HEAT, false));
    CHECK(!tp_charted_counts(TP_CHART_HEAT, true) && !tp_charted_counts(TP_CHART_BAR, false));
    begin(&f, TP_CHART_HIST, "v", NULL, 1);
    CHECK(take(&f, "{\"v\":1}") == 0 && take(&f, "{\"v\":null}") == 0);
    CHECK(f.chart->density && !f.chart->bins && f.chart->series == 0);
    CHECK(tp_chart_nothing(f.chart).len == 0 && f.chart->timed);
    end(&f);
}

int
main(void)
{
    RUN(keys_beyond_the_limit_share_a_series);
    RUN(each_expression_has_its_series);
    RUN(bad_values_leave_no_trace);
    RUN(counted_values_have_no_series);
    return unit_end();
}
