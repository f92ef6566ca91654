/*
 * fuzz_csv: a whole input of rows, the first one names the columns. The frame must go on and give
 * the same rows however much of the input it sees; a record must be valid JSON; and fields that are
 * written again are read as they were.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/csv.h"
#include "record/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
    if (!condition)
        abort();
}

/* With fewer whole lines at hand the frame says the same, or that it needs more. */
static void
check_frame(const char *p, const char *next, const char *end)
{
    for (const char *cut = p; (cut = memchr(cut, '\n', (size_t)(end - cut)));) {
        const char *early = tp_csv_row_end(',', p, ++cut, false);

        require(!early || early == next);
        require(early || cut < next || next == end || next[-1] == '\n');
    }
}

static void
check_round_trip(const struct tp_csv_field *field, size_t count)
{
    struct tp_csv_options options = {.separator = ','};
    struct tp_csv *csv = tp_csv_new(&options);
    struct tp_buf row = TP_BUF_INIT;
    const struct tp_csv_field *back;
    struct tp_err err;
    size_t fields;

    for (size_t i = 0; i < count; i++) {
        if (i)
            TP_BUF_PUT(&row, ",");
        tp_csv_put_string(field[i].text, ',', &row);
    }
    require(tp_csv_split(csv, tp_buf_str(&row), &back, &fields, &err) == 0 && fields == count);
    for (size_t i = 0; i < count; i++)
        require(tp_str_equal(field[i].text, back[i].text));
    tp_buf_release(&row);
    tp_csv_free(csv);
}

static void
try_row(struct tp_csv *csv, struct tp_str row)
{
    struct tp_buf record = TP_BUF_INIT;
    const struct tp_csv_field *field;
    struct tp_err err;
    tp_time time;
    size_t count;

    if (!tp_csv_has_columns(csv)) {
        tp_csv_set_columns(csv, row, &err);
        return;
    }
    if (tp_csv_read(csv, row, &record, &time, &err) > 0) {
        require(memchr(record.ptr, '\n', record.len) == record.ptr + record.len - 1);
        require(tp_scan_validate((struct tp_str){record.ptr, record.len - 1}, &err) == 0);
    } else {
        require(record.len == 0);
    }
    if (tp_csv_split(csv, row, &field, &count, &err) == 0)
        check_round_trip(field, count);
    tp_buf_release(&record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tp_csv_options options = {.separator = ','};
    struct tp_csv *csv = tp_csv_new(&options);
    char *text = malloc(size + 1);
    const char *p = text, *end = text + size + 1;

    memcpy(text, data, size);
    text[size] = '\n';
    while (p < end) {
        const char *next = tp_csv_row_end(',', p, end, true);

        require(next && next > p && next <= end);
        if (size < 512)
            check_frame(p, next, end);
        try_row(csv, (struct tp_str){p, (size_t)(next - 1 - p)});
        p = next;
    }
    tp_csv_free(csv);
    free(text);
    return 0;
}
