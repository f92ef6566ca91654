/*
 * sto: records out of tidepipe: tables for people, CSV and plain NDJSON for other programs.
 *
 * Order: takes any and keeps it.
 * State: table: the first 50 rows, until the widths are settled, then one width a column; csv and
 * table: the names of the columns. ndjson, json: none.
 * Late: does not look at time.
 * Malformed: rejected with the reason.
 * Members that begin with `@` are tidepipe's own and left out (--all keeps them), control lines
 * always.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "filter/operator.h"
#include "record/csv.h"
#include "record/grid.h"
#include "record/member.h"
#include "record/table.h"
#include "value/text.h"

#define SETTLE_ROWS 50
#define SETTLE_AFTER (100 * TP_MILLISECOND)

struct sto;

/* RECORD appends what a record becomes to TO; 0, or -1 with the reason. */
struct format {
    const char *name;
    bool has_columns;
    char separator; /* of csv and tsv */
    int (*record)(struct sto *self, struct tp_stage *stage, struct tp_str line, struct tp_buf *to,
                  struct tp_err *err);
    int (*finish)(struct sto *self, struct tp_buf *to, struct tp_err *err);
};

struct sto {
    bool all;
    const char *columns, *colour;

    const struct format *format;
    struct tp_grid *grid;
    struct tp_table *table;
    size_t header; /* columns of the header that was written */
    size_t known;  /* columns of the grid that were looked at */
    bool any;      /* a record was written */
};

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
write_ndjson(struct sto *self, struct tp_stage *stage, struct tp_str line, struct tp_buf *to,
             struct tp_err *err)
{
    (void)stage;
    (void)err;
    put_object(self, line, to);
    TP_BUF_PUT(to, "\n");
    return 0;
}

static int
write_json(struct sto *self, struct tp_stage *stage, struct tp_str line, struct tp_buf *to,
           struct tp_err *err)
{
    (void)stage;
    (void)err;
    tp_buf_put(to, self->any ? ",\n" : "[\n", 2);
    put_object(self, line, to);
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

/* --- csv and tsv -------------------------------------------------------------------------------*/

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

/* tsv: tabs, newlines and backslashes as in the field's own habit, \t \n \\. */
static void
put_tsv(struct tp_str text, struct tp_buf *to)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '\t':
            TP_BUF_PUT(to, "\\t");
            break;
        case '\n':
            TP_BUF_PUT(to, "\\n");
            break;
        case '\r':
            TP_BUF_PUT(to, "\\r");
            break;
        case '\\':
            TP_BUF_PUT(to, "\\\\");
            break;
        default:
            tp_buf_put_char(to, text.ptr[i]);
        }
    }
}

static void
put_field(const struct sto *self, const struct tp_cell *cell, struct tp_buf *to)
{
    if (self->format->separator == '\t')
        put_tsv(cell->text, to);
    else if (cell->kind == TP_CELL_TEXT || cell->kind == TP_CELL_JSON)
        tp_csv_put_string(cell->text, ',', to);
    else
        tp_buf_put_str(to, cell->text);
}

static void
put_row(const struct sto *self, bool header, struct tp_buf *to)
{
    for (size_t i = 0; i < self->header; i++) {
        struct tp_cell name = {TP_CELL_TEXT, tp_grid_name(self->grid, i)};

        if (i)
            tp_buf_put_char(to, self->format->separator);
        put_field(self, header ? &name : tp_grid_cell(self->grid, i), to);
    }
    TP_BUF_PUT(to, "\n");
}

static int
write_csv(struct sto *self, struct tp_stage *stage, struct tp_str line, struct tp_buf *to,
          struct tp_err *err)
{
    if (tp_grid_read(self->grid, line, err) < 0)
        return -1;
    if (self->header == 0) {
        self->header = self->known = tp_grid_columns(self->grid);
        if (self->header)
            put_row(self, true, to);
    }
    report_new_members(self, stage);
    if (self->header)
        put_row(self, false, to);
    return 0;
}

/* --- tables ------------------------------------------------------------------------------------*/

/* A terminal may change its size at any time. */
static void
follow_terminal(struct sto *self, const struct tp_stage *stage)
{
    struct winsize size;

    if (tp_stage_to_terminal(stage) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        tp_table_set_limit(self->table, size.ws_col);
}

static int
write_table(struct sto *self, struct tp_stage *stage, struct tp_str line, struct tp_buf *to,
            struct tp_err *err)
{
    if (tp_grid_read(self->grid, line, err) < 0)
        return -1;
    follow_terminal(self, stage);
    if (tp_table_row(self->table, to, err) < 0)
        return -1;
    if (tp_table_held(self->table) == 1)
        tp_stage_wake_after(stage, SETTLE_AFTER);
    return tp_table_held(self->table) == SETTLE_ROWS ? tp_table_settle(self->table, to, err) : 0;
}

static int
finish_table(struct sto *self, struct tp_buf *to, struct tp_err *err)
{
    return tp_table_settle(self->table, to, err);
}

static const struct format formats[] = {
    {"table", true, 0, write_table, finish_table}, {"csv", true, ',', write_csv, NULL},
    {"tsv", true, '\t', write_csv, NULL},          {"ndjson", false, 0, write_ndjson, NULL},
    {"json", false, 0, write_json, finish_json},
};

#define FORMATS (sizeof formats / sizeof *formats)
#define FORMAT_NAMES "table, csv, tsv, ndjson, json"

/* --- the filter --------------------------------------------------------------------------------*/

static enum tp_verdict
take_record(void *ptr, struct tp_stage *stage, const struct tp_record *record)
{
    struct sto *self = ptr;
    struct tp_err err;
    struct tp_buf *to;

    if (self->format->record == write_ndjson && (self->all || !tp_member_has_own(record->line)))
        return TP_PASS;
    to = tp_stage_row(stage, &err);
    if (!to || self->format->record(self, stage, record->line, to, &err) < 0 ||
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

    return self->table ? write_rest(ptr, stage, err) : 0;
}

/* The input was cut off while the table still held its first rows. */
static size_t
held_rows(void *ptr, const char **what)
{
    const struct sto *self = ptr;

    *what = "row";
    return self->table ? tp_table_held(self->table) : 0;
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

/* https://no-color.org: set and not empty. */
static bool
terminal_has_colour(void)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(none && *none) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

static int
open_table(struct sto *self, struct tp_err *err)
{
    const char *when = self->colour ? self->colour : "auto";
    bool always = !*when || strcmp(when, "always") == 0;

    if (!always && strcmp(when, "auto") != 0 && strcmp(when, "never") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--color: auto, always or never, not \"%s\"", when);
    self->table = tp_table_new(self->grid);
    if (!self->table)
        return tp_err_memory(err);
    tp_table_set_colour(self->table,
                        always || (strcmp(when, "auto") == 0 && terminal_has_colour()));
    return 0;
}

static int
open_filter(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct sto *self = ptr;

    if (find_format(self, tp_stage_operand(stage, 0), err) < 0)
        return -1;
    if (!self->format->has_columns && self->columns)
        return tp_err_set(err, TP_FAULT_USAGE, "--columns is for table, csv and tsv");
    self->grid = tp_grid_new();
    if (!self->grid)
        return tp_err_memory(err);
    if (self->all)
        tp_grid_show_all(self->grid);
    if (self->columns && tp_grid_fix(self->grid, tp_str_of(self->columns), err) < 0)
        return -1;
    return self->format->record == write_table ? open_table(self, err) : 0;
}

static void
close_filter(void *ptr)
{
    struct sto *self = ptr;

    tp_table_free(self->table);
    tp_grid_free(self->grid);
}

static const struct tp_option options[] = {
    {0, "all", NULL, "show members that begin with @ too", TP_OPTION_FLAG,
     offsetof(struct sto, all)},
    {0, "columns", "NAMES", "these members only, in this order (table, csv, tsv)", TP_OPTION_TEXT,
     offsetof(struct sto, columns)},
    {0, "color", "[=WHEN]", "table: auto (on a terminal), always, never", TP_OPTION_TEXT,
     offsetof(struct sto, colour)},
    {0},
};

static const struct tp_operator sto_operator = {
    .name = "sto",
    .purpose = "write records as a table, CSV or plain NDJSON",
    .synopsis = "table [--all] [--columns NAMES] [--color[=WHEN]] [FILE ...]\n"
                "csv|tsv [--all] [--columns NAMES] [FILE ...]\n"
                "ndjson|json [--all] [FILE ...]",
    .example = "  sfrom combined access.log | swindow -w 1m -k status | sto table",
    .options = options,
    .operands_before_files = 1,
    .open = open_filter,
    .record = take_record,
    .finish = write_rest,
    .tick = settle_in_time,
    .unfinished = held_rows,
    .close = close_filter,
};

int
main(int argc, char **argv)
{
    struct sto self = {0};

    return tp_sink_main(&sto_operator, &self, argc, argv);
}
