/*
 * row_format: what is written is read back as it was, for random records: csv and logfmt with
 * their types, tsv and ltsv as text.
 */
#include "record/row_format.h"

#include <stdlib.h>

#include "record/csv.h"
#include "record/fields.h"
#include "record/logfmt.h"
#include "record/pairs.h"
#include "unit.h"

#define RECORDS 3000

static uint64_t state = 0x9e3779b97f4a7c15U;

static unsigned
draw(unsigned below)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(state >> 33) % below;
}

static void
put_value(struct tp_buf *to)
{
    static const char *const values[] = {"null",
                                         "true",
                                         "false",
                                         "0",
                                         "-12.50",
                                         "1e300",
                                         "\"\"",
                                         "\"12\"",
                                         "\"true\"",
                                         "\"null\"",
                                         "\"a b\"",
                                         "\"a,b\"",
                                         "\"=\"",
                                         "\"\\\"\"",
                                         "\"\\\"a\"",
                                         "\"\\n\"",
                                         "\"x\\ry\"",
                                         "\"\\t:\"",
                                         "\"\\\\n\"",
                                         "\" \"",
                                         "\"é€😀\"",
                                         "\"\\u0000\"",
                                         "\"-\"",
                                         "\"007\"",
                                         "\"+1\"",
                                         "\"\\u001f\"",
                                         "\"\x7f\"",
                                         "\"long enough for steps\"",
                                         "\"a comma in the last step,\"",
                                         "\"sixteen bytes...\"",
                                         "\"\\na line break in the first step\"",
                                         "\"12 bytes, \\\"\\\"\""};

    tp_buf_put_str(to, tp_str_of(values[draw(sizeof values / sizeof *values)]));
}

/* {"a":..,"b":..,"c":..}, never a row of nothing but one empty field. */
static void
make_record(struct tp_buf *to)
{
    tp_buf_clear(to);
    for (int i = 0; i < 3; i++) {
        tp_buf_printf(to, "%s\"%c\":", i ? "," : "{", 'a' + i);
        put_value(to);
    }
    TP_BUF_PUT(to, "}\n");
}

static void
check_back(const char *what, const struct tp_buf *record, const struct tp_buf *text,
           const struct tp_buf *back, int result)
{
    CHECK_THAT(result == 1 && tp_str_equal(tp_buf_str(record), tp_buf_str(back)),
               "%s: %.*s as %.*s is %.*s", what, (int)record->len, record->ptr, (int)text->len,
               text->ptr, (int)back->len, back->ptr);
}

static struct tp_buf record, text, back;
static struct tp_grid *grid;
static struct tp_err err;
static tp_time when;

/* A new record in the grid; what was written and read is forgotten. */
static void
next_record(void)
{
    make_record(&record);
    tp_buf_clear(&text);
    tp_buf_clear(&back);
    CHECK(tp_grid_read(grid, (struct tp_str){record.ptr, record.len - 1}, &err) == 0);
}

static struct tp_str
line(void)
{
    return (struct tp_str){text.ptr, text.len - 1};
}

static void
csv(void)
{
    struct tp_csv_options options = {.separator = ','};
    struct tp_csv *reader = tp_csv_new(&options);

    tp_csv_set_columns(reader, TP_STR("a,b,c"), &err);
    for (int i = 0; i < RECORDS; i++) {
        next_record();
        tp_row_put_csv(grid, 3, false, &text);
        CHECK(tp_csv_row_end(',', text.ptr, text.ptr + text.len, true) == text.ptr + text.len);
        check_back("csv", &record, &text, &back, tp_csv_read(reader, line(), &back, &when, &err));
    }
    tp_csv_free(reader);
}

static void
logfmt(void)
{
    struct tp_fields_options options = {.text = false};
    struct tp_fields fields;

    tp_fields_init(&fields, &options);
    for (int i = 0; i < RECORDS; i++) {
        int result;

        next_record();
        tp_row_put_logfmt(grid, &text);
        CHECK(memchr(text.ptr, '\n', text.len) == text.ptr + text.len - 1);
        result = tp_logfmt_split(&fields, line(), &err);
        if (result > 0)
            result = tp_fields_write(&fields, &back, &when, &err);
        check_back("logfmt", &record, &text, &back, result);
    }
    tp_fields_release(&fields);
}

/* The text of cell I of the grid, null as nothing. */
static void
check_cell(const char *what, size_t i, struct tp_str got)
{
    CHECK_THAT(tp_str_equal(tp_grid_cell(grid, i)->text, got), "%s: %.*s in %.*s", what,
               (int)got.len, got.ptr, (int)text.len, text.ptr);
}

static void
tsv(void)
{
    struct tp_csv_options options = {.separator = '\t', .escapes = true};
    struct tp_csv *reader = tp_csv_new(&options);

    for (int i = 0; i < RECORDS; i++) {
        const struct tp_csv_field *field;
        size_t count;

        next_record();
        tp_row_put_tsv(grid, 3, false, &text);
        CHECK(memchr(text.ptr, '\n', text.len) == text.ptr + text.len - 1);
        CHECK(tp_csv_split(reader, line(), &field, &count, &err) == 0 && count == 3);
        for (size_t f = 0; f < count; f++)
            check_cell("tsv", f, field[f].text);
    }
    tp_csv_free(reader);
}

/* LTSV has no escapes: what has a tab or a newline is not the same. */
static void
ltsv(void)
{
    struct tp_fields_options options = {.text = true};
    struct tp_fields fields;

    tp_fields_init(&fields, &options);
    for (int i = 0; i < RECORDS; i++) {
        next_record();
        tp_row_put_ltsv(grid, &text);
        CHECK(memchr(text.ptr, '\n', text.len) == text.ptr + text.len - 1);
        CHECK(tp_pairs_split(&tp_pairs_ltsv, &fields, line(), &err) == 1 && fields.count == 3);
        for (size_t f = 0; f < fields.count; f++) {
            struct tp_str whole = tp_grid_cell(grid, f)->text;

            if (!memchr(whole.ptr, '\t', whole.len) && !memchr(whole.ptr, '\n', whole.len) &&
                !memchr(whole.ptr, '\r', whole.len))
                check_cell("ltsv", f, fields.field[f].text);
        }
    }
    tp_fields_release(&fields);
}

/* {"a":1, …}: some of the names, in some order, with blanks anywhere. */
static void
make_odd_record(void)
{
    static const char *const names[] = {"a", "b", "c", "@d", "a.x", "\\u0061"};
    static const char *const values[] = {
        "1",    "-2.5e3", "\"x\"", "[1,{\"x\":2}]", "{}", "{\"x\":3,\"y\":{\"z\":4}}",
        "null", "\"\\n\""};

    tp_buf_clear(&record);
    TP_BUF_PUT(&record, "{");
    for (unsigned i = 0, count = draw(6); i < count; i++) {
        const char *name = names[draw(4) ? i : draw(6)], *value = values[draw(8)];

        tp_buf_printf(&record, "%s%s\"%s\"%s:%s%s", i ? "," : "", draw(9) ? "" : " ", name,
                      draw(9) ? "" : " ", draw(9) ? "" : "  ", value);
    }
    TP_BUF_PUT(&record, "}");
}

/* What a grid has learnt from earlier records changes nothing. */
static void
check_as_fresh(struct tp_grid *learnt, struct tp_str columns)
{
    struct tp_grid *fresh = tp_grid_new();

    if (columns.len)
        CHECK(tp_grid_fix(fresh, columns, &err) == 0);
    CHECK(tp_grid_read(fresh, tp_buf_str(&record), &err) == 0);
    CHECK(tp_grid_read(learnt, tp_buf_str(&record), &err) == 0);
    for (size_t i = 0; i < tp_grid_columns(learnt); i++) {
        struct tp_str name = tp_grid_name(learnt, i), expected = tp_grid_text(fresh, name);

        CHECK_THAT(tp_str_equal(tp_grid_cell(learnt, i)->text, expected), "%.*s: %.*s is not %.*s",
                   (int)record.len, record.ptr, (int)name.len, name.ptr, (int)expected.len,
                   expected.ptr);
    }
    CHECK(tp_grid_columns(fresh) <= tp_grid_columns(learnt));
    tp_grid_free(fresh);
}

static void
learnt_is_as_fresh(void)
{
    struct tp_grid *found = tp_grid_new(), *fixed = tp_grid_new();
    struct tp_str columns = TP_STR("c,a,b,a.x");

    CHECK(tp_grid_fix(fixed, columns, &err) == 0);
    for (int i = 0; i < RECORDS; i++) {
        make_odd_record();
        check_as_fresh(found, TP_STR(""));
        check_as_fresh(fixed, columns);
    }
    tp_grid_free(found);
    tp_grid_free(fixed);
}

int
main(void)
{
    grid = tp_grid_new();
    RUN(csv);
    RUN(logfmt);
    RUN(tsv);
    RUN(ltsv);
    RUN(learnt_is_as_fresh);
    tp_grid_free(grid);
    tp_buf_release(&record);
    tp_buf_release(&text);
    tp_buf_release(&back);
    return unit_end();
}
