/*
 * sto: records out of tidepipe: tables for people, text formats and metrics for other programs.
 *
 * Order: takes any and keeps it.
 * State: table: the first 50 rows, until the widths are settled, then one width a column; with
 * --live on a terminal the latest record of each key. What has columns: their names. Others: none.
 * Late: does not look at time.
 * Malformed: rejected with the reason; so are records without a number where metrics are written.
 * Members that begin with `@` are tidepipe's own and left out (--all keeps them), control lines
 * always.
 */
#include <string.h>

#include "filter/operator.h"
#include "record/grid.h"
#include "record/member.h"
#include "record/metrics.h"
#include "record/row_format.h"
#include "sto/screen.h"
#include "value/stamp.h"
#include "value/text.h"

struct sto;

typedef int write_record(struct sto *self, struct tp_stage *stage, const struct tp_record *record,
                         struct tp_buf *to, struct tp_err *err);
typedef void put_row(const struct tp_grid *grid, size_t columns, bool header, struct tp_buf *to);
typedef void put_members(const struct tp_grid *grid, struct tp_buf *to);
typedef int put_metrics(const struct tp_grid *grid, struct tp_str name, const tp_time *time,
                        struct tp_buf *to, struct tp_err *err);

/* RECORD appends what a record becomes to TO, by one of the three below where it has one. */
struct format {
    const char *name;
    write_record *record;
    put_row *row;
    put_members *members;
    put_metrics *metrics;
    int (*finish)(struct sto *self, struct tp_buf *to, struct tp_err *err);
};

struct sto {
    bool all;
    const char *columns, *metric;
    struct screen screen; /* table */

    const struct format *format;
    struct tp_grid *grid;
    struct tp_stamp *stamp;
    struct tp_buf names;
    size_t header; /* columns of the header that was written */
    size_t known;  /* columns of the grid that were looked at */
    bool any;      /* a record was written */

    bool hides_changes; /* and nobody was told yet */
};

/* --- changelogs
 * ---------------------------------------------------------------------------------*/

/* What the row does to earlier ones, as JSON; empty: nothing. */
static struct tp_str
change_of(struct tp_str line)
{
    struct tp_members walk = tp_members_open(line);
    struct tp_member member;

    while (tp_members_next(&walk, &member))
        if (tp_str_equal(member.name, TP_STR("@op")))
            return tp_slot_json(&member.value);
    return TP_STR("");
}

/* Its key is gone. */
static bool
is_delete(struct tp_str line)
{
    return tp_str_equal(change_of(line), TP_STR("\"delete\""));
}

/* A row that takes back or corrects another looks like any row where @op is hidden. */
static void
tell_of_changes(struct sto *self, struct tp_stage *stage, struct tp_str line)
{
    struct tp_str change;

    if (!tp_member_has_own(line))
        return;
    change = change_of(line);
    if (change.len == 0 || tp_str_equal(change, TP_STR("\"insert\"")))
        return;
    tp_stage_note(stage, "some rows take back or correct earlier ones: --all shows which (@op)");
    self->hides_changes = false;
}

/* --- ndjson and json ---------------------------------------------------------------------------*/

static void
put_object(const struct sto *self, struct tp_str line, struct tp_buf *to)
{
    if (self->all)
        tp_buf_put_str(to, line);
    else
        tp_member_strip_own(line, to);
}

static int
write_ndjson(struct sto *self, struct tp_stage *stage, const struct tp_record *record,
             struct tp_buf *to, struct tp_err *err)
{
    (void)stage;
    (void)err;
    put_object(self, record->line, to);
    TP_BUF_PUT(to, "\n");
    return 0;
}

static int
write_json(struct sto *self, struct tp_stage *stage, const struct tp_record *record,
           struct tp_buf *to, struct tp_err *err)
{
    (void)stage;
    (void)err;
    tp_buf_put(to, self->any ? ",\n" : "[\n", 2);
    put_object(self, record->line, to);
    return 0;
}

static int
finish_json(struct sto *self, struct tp_buf *to, struct tp_err *err)
{
    (void)err;
    if (self->any)
        TP_BUF_PUT(to, "\n]\n");
    else
        TP_BUF_PUT(to, "[]\n");
    return 0;
}

/* --- rows with a header ------------------------------------------------------------------------*/

/* The header is the first record's; members that come later have no place in it. */
static void
report_new_members(struct sto *self, struct tp_stage *stage)
{
    for (; self->known < tp_grid_columns(self->grid); self->known++) {
        struct tp_str name = tp_grid_name(self->grid, self->known);
        struct tp_err err;

        tp_err_set(&err, TP_FAULT_RECORD,
                   "member \"%.*s\" is left out: the header was written before it came (--columns "
                   "names them all)",
                   (int)name.len, name.ptr);
        tp_stage_spoiled(stage, &err);
    }
}

static int
write_rows(struct sto *self, struct tp_stage *stage, const struct tp_record *record,
           struct tp_buf *to, struct tp_err *err)
{
    if (tp_grid_read(self->grid, record->line, err) < 0)
        return -1;
    if (self->header == 0) {
        self->header = self->known = tp_grid_columns(self->grid);
        if (self->header)
            self->format->row(self->grid, self->header, true, to);
    }
    report_new_members(self, stage);
    if (self->header)
        self->format->row(self->grid, self->header, false, to);
    return 0;
}

/* --- names and values, metrics -----------------------------------------------------------------*/

static int
write_members(struct sto *self, struct tp_stage *stage, const struct tp_record *record,
              struct tp_buf *to, struct tp_err *err)
{
    (void)stage;
    if (tp_grid_read(self->grid, record->line, err) < 0)
        return -1;
    self->format->members(self->grid, to);
    return 0;
}

static int
write_metrics(struct sto *self, struct tp_stage *stage, const struct tp_record *record,
              struct tp_buf *to, struct tp_err *err)
{
    struct tp_str name = {self->metric, self->metric ? strlen(self->metric) : 0};
    struct tp_str stamp;
    tp_time time;

    (void)stage;
    if (tp_grid_read(self->grid, record->line, err) < 0)
        return -1;
    stamp = tp_grid_text(self->grid, TP_STR("@timestamp"));
    if (stamp.len == 0)
        return self->format->metrics(self->grid, name, NULL, to, err);
    if (tp_stamp_read_text(self->stamp, stamp, &time, err) < 0)
        return -1;
    return self->format->metrics(self->grid, name, &time, to, err);
}

/* --- tables ------------------------------------------------------------------------------------*/

static int
write_table(struct sto *self, struct tp_stage *stage, const struct tp_record *record,
            struct tp_buf *to, struct tp_err *err)
{
    bool gone = self->screen.live && is_delete(record->line);

    return screen_put(&self->screen, stage, record, gone, to, err);
}

static int
finish_table(struct sto *self, struct tp_buf *to, struct tp_err *err)
{
    return screen_put_rest(&self->screen, to, err);
}

static const struct format formats[] = {
    {.name = "table", .record = write_table, .finish = finish_table},
    {.name = "csv", .record = write_rows, .row = tp_row_put_csv},
    {.name = "tsv", .record = write_rows, .row = tp_row_put_tsv},
    {.name = "markdown", .record = write_rows, .row = tp_row_put_markdown},
    {.name = "ltsv", .record = write_members, .members = tp_row_put_ltsv},
    {.name = "logfmt", .record = write_members, .members = tp_row_put_logfmt},
    {.name = "prometheus", .record = write_metrics, .metrics = tp_metrics_put_prometheus},
    {.name = "influx", .record = write_metrics, .metrics = tp_metrics_put_influx},
    {.name = "ndjson", .record = write_ndjson},
    {.name = "json", .record = write_json, .finish = finish_json},
};

#define FORMATS (sizeof formats / sizeof *formats)
#define FORMAT_NAMES "table, csv, tsv, markdown, ltsv, logfmt, prometheus, influx, ndjson, json"

/* --- the filter --------------------------------------------------------------------------------*/

static enum tp_verdict
take_record(void *ptr, struct tp_stage *stage, const struct tp_record *record)
{
    struct sto *self = ptr;
    struct tp_err err;
    struct tp_buf *to;

    if (self->hides_changes)
        tell_of_changes(self, stage, record->line);
    if (self->format->record == write_ndjson && (self->all || !tp_member_has_own(record->line)))
        return TP_PASS;
    to = tp_stage_row(stage, &err);
    if (!to || self->format->record(self, stage, record, to, &err) < 0 ||
        tp_stage_row_end(stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    self->any = true;
    return TP_USED;
}

static int
write_rest(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sto *self = ptr;
    struct tp_buf *to;

    if (!self->format->finish)
        return 0;
    to = tp_stage_row(stage, err);
    if (!to || self->format->finish(self, to, err) < 0)
        return -1;
    return tp_stage_row_end(stage, err);
}

/* The table has held its first rows long enough. */
static int
settle_in_time(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sto *self = ptr;

    return self->screen.table ? write_rest(ptr, stage, err) : 0;
}

/* Nothing to read now: a live table is drawn. */
static int
draw_in_time(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sto *self = ptr;
    struct tp_buf *to;

    if (!screen_has_news(&self->screen))
        return 0;
    to = tp_stage_row(stage, err);
    if (!to || screen_draw(&self->screen, to, err) < 0)
        return -1;
    return tp_stage_row_end(stage, err);
}

/* The input ended early: the rows of a live table are still the latest that came. */
static int
draw_last(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sto *self = ptr;

    return self->screen.live ? write_rest(ptr, stage, err) : 0;
}

/* The input was cut off while the table still held its first rows. */
static size_t
held_rows(void *ptr, const char **what)
{
    const struct sto *self = ptr;

    *what = "row";
    return screen_held(&self->screen);
}

static int
find_format(struct sto *self, const char *name, struct tp_err *err)
{
    struct tp_str names[FORMATS];
    const struct tp_str *likest;

    if (!name)
        return tp_err_set(err, TP_FAULT_USAGE, "which format? one of " FORMAT_NAMES);
    for (size_t i = 0; i < FORMATS; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            self->format = &formats[i];
            return 0;
        }
        names[i] = tp_str_of(formats[i].name);
    }
    likest = tp_text_likest(tp_str_of(name), names, FORMATS);
    if (likest)
        return tp_err_set(err, TP_FAULT_USAGE, "no format \"%s\": did you mean %.*s?", name,
                          (int)likest->len, likest->ptr);
    return tp_err_set(err, TP_FAULT_USAGE, "no format \"%s\": one of " FORMAT_NAMES, name);
}

static int
check_options(const struct sto *self, struct tp_err *err)
{
    const struct format *format = self->format;
    bool table = format->record == write_table;

    if (self->columns && (format->record == write_ndjson || format->record == write_json))
        return tp_err_set(err, TP_FAULT_USAGE, "--columns is not for %s", format->name);
    if (self->metric && !format->metrics)
        return tp_err_set(err, TP_FAULT_USAGE, "--metric is for prometheus and influx");
    if (format->metrics == tp_metrics_put_influx && !(self->metric && *self->metric))
        return tp_err_set(err, TP_FAULT_USAGE, "influx needs --metric NAME");
    if (!table && (self->screen.wants_live || self->screen.exact || self->screen.key_text))
        return tp_err_set(err, TP_FAULT_USAGE, "--live, -k and --exact are for table");
    if (self->screen.wants_live != (self->screen.key_text != NULL))
        return tp_err_set(err, TP_FAULT_USAGE, "--live needs -k KEYS, and -k needs --live");
    return 0;
}

/* Metrics need the time, whatever the columns. */
static int
open_grid(struct sto *self, struct tp_err *err)
{
    self->grid = tp_grid_new();
    if (!self->grid)
        return tp_err_memory(err);
    if (self->all || self->format->metrics)
        tp_grid_show_all(self->grid);
    if (!self->columns)
        return 0;
    tp_buf_printf(&self->names, "%s%s", self->columns, self->format->metrics ? ",@timestamp" : "");
    return tp_grid_fix(self->grid, tp_buf_str(&self->names), err);
}

static int
open_filter(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sto *self = ptr;

    if (find_format(self, tp_stage_operand(stage, 0), err) < 0 || check_options(self, err) < 0 ||
        open_grid(self, err) < 0)
        return -1;
    self->hides_changes =
        !self->all && !self->columns && !self->screen.wants_live && !self->format->metrics;
    if (self->format->metrics && !(self->stamp = tp_stamp_new(NULL, NULL, err)))
        return -1;
    return self->format->record == write_table ? screen_open(&self->screen, stage, self->grid, err)
                                               : 0;
}

static void
close_filter(void *ptr)
{
    struct sto *self = ptr;

    screen_release(&self->screen);
    tp_grid_free(self->grid);
    tp_stamp_free(self->stamp);
    tp_buf_release(&self->names);
}

static const struct tp_option options[] = {
    {0, "all", NULL, "show members that begin with @ too", TP_OPTION_FLAG,
     offsetof(struct sto, all)},
    {0, "columns", "NAMES", "these members only, in this order", TP_OPTION_TEXT,
     offsetof(struct sto, columns)},
    {0, "metric", "NAME", "influx: the measurement; prometheus: what names begin with",
     TP_OPTION_TEXT, offsetof(struct sto, metric)},
    {0, "live", NULL, "table: on a terminal, the latest row of each key, drawn again in place",
     TP_OPTION_FLAG, offsetof(struct sto, screen.wants_live)},
    {'k', "key", "KEYS", "what --live has a row of each for", TP_OPTION_TEXT,
     offsetof(struct sto, screen.key_text)},
    {0, "exact", NULL, "table: numbers with all their decimals", TP_OPTION_FLAG,
     offsetof(struct sto, screen.exact)},
    {0, "color", "[=WHEN]", "table: auto (on a terminal), always, never", TP_OPTION_TEXT,
     offsetof(struct sto, screen.colour)},
    {0},
};

static const struct tp_operator sto_operator = {
    .name = "sto",
    .purpose = "writes records as a table, text or metrics",
    .synopsis = "table [--all] [--columns NAMES] [--exact] [--live -k KEYS] [--color[=WHEN]] "
                "[FILE ...]\n"
                "csv|tsv|markdown|ltsv|logfmt [--all] [--columns NAMES] [FILE ...]\n"
                "prometheus|influx [--metric NAME] [--columns NAMES] [FILE ...]\n"
                "ndjson|json [--all] [FILE ...]",
    .example = "  sfrom combined access.log | swindow -w 1m -k status | sto table",
    .options = options,
    .operands_before_files = 1,
    .open = open_filter,
    .record = take_record,
    .finish = write_rest,
    .tick = settle_in_time,
    .quiet = draw_in_time,
    .leave = draw_last,
    .unfinished = held_rows,
    .close = close_filter,
};

int
main(int argc, char **argv)
{
    struct sto self = {0};

    return tp_sink_main(&sto_operator, &self, argc, argv);
}
