#include "record/csv.h"

#include <stdlib.h>

#include "base/map.h"
#include "record/csv_marks.h"
#include "record/csv_reader.h"
#include "record/typed.h"
#include "value/text.h"

/* Plain texts are copied by so many bytes, which takes fewer steps than by each. */
enum { STEP = 16 };

/* --- columns -----------------------------------------------------------------------------------*/

/* The name of column number I: FIELD's text, made fit where it is empty or SEEN before. */
static int
make_name(struct tp_map *seen, size_t i, struct tp_str text, struct tp_buf *name)
{
    bool is_new;

    tp_buf_clear(name);
    if (text.len)
        tp_buf_put_str(name, text);
    else
        tp_buf_printf(name, "column%zu", i + 1);
    for (size_t count = 2;; count++) {
        if (tp_buf_failed(name) || !tp_map_add(seen, tp_buf_str(name), &is_new))
            return -1;
        if (is_new)
            return 0;
        tp_buf_clear(name);
        tp_buf_put_str(name, text);
        tp_buf_printf(name, "_%zu", count);
    }
}

static void
add_name(struct tp_csv *csv, struct tp_str name)
{
    if (csv->options.time_column.ptr && tp_str_equal(name, csv->options.time_column))
        csv->time_column = csv->columns;
    if (tp_str_equal(name, TP_STR("@timestamp")))
        csv->stamp_column = csv->columns;
    TP_BUF_PUT(&csv->names, ",");
    tp_text_quote(name, &csv->names);
    TP_BUF_PUT(&csv->names, ":");
    csv->name_end[csv->columns++] = csv->names.len;
}

static int
name_columns(struct tp_csv *csv, const struct tp_csv_field *field, size_t count)
{
    struct tp_map *seen = tp_map_new(1);
    struct tp_buf name = TP_BUF_INIT;
    int result = seen ? 0 : -1;

    for (size_t i = 0; i < count && result == 0; i++) {
        result = make_name(seen, i, field[i].text, &name);
        if (result == 0)
            add_name(csv, tp_buf_str(&name));
    }
    tp_map_free(seen);
    tp_buf_release(&name);
    tp_buf_reserve(&csv->names, STEP);
    return tp_buf_failed(&csv->names) ? -1 : result;
}

int
tp_csv_set_columns(struct tp_csv *csv, struct tp_str row, struct tp_err *err)
{
    const struct tp_csv_field *field;
    struct tp_err why;
    size_t count;

    if (row.len >= 3 && memcmp(row.ptr, "\xef\xbb\xbf", 3) == 0)
        row = (struct tp_str){row.ptr + 3, row.len - 3};
    if (tp_csv_split(csv, row, &field, &count, &why) < 0)
        return tp_err_at(err, why.fault == TP_FAULT_MACHINE ? why.fault : TP_FAULT_USAGE, why.at,
                         "the line with the names of the columns: %s", why.text);
    tp_buf_clear(&csv->names);
    free(csv->name_end);
    csv->name_end = calloc(count, sizeof *csv->name_end);
    csv->columns = 0;
    csv->time_column = csv->stamp_column = NO_COLUMN;
    if (!csv->name_end || name_columns(csv, field, count) < 0)
        return tp_err_memory(err);
    if (csv->options.time_column.ptr && csv->time_column == NO_COLUMN)
        return tp_err_set(err, TP_FAULT_USAGE, "no column is called \"%.*s\"",
                          (int)csv->options.time_column.len, csv->options.time_column.ptr);
    return 0;
}

bool
tp_csv_has_columns(const struct tp_csv *csv)
{
    return csv->columns > 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static int
read_time(struct tp_csv *csv, const struct tp_csv_field *field, struct tp_str row, tp_time *time,
          struct tp_err *err)
{
    struct tp_str name = csv->options.time_column;
    struct tp_err why;

    if (field->text.len == 0)
        return tp_err_set(err, TP_FAULT_RECORD, "no event time: column \"%.*s\" is empty",
                          (int)name.len, name.ptr);
    if (tp_stamp_read_text(csv->options.stamp, field->text, time, &why) == 0)
        return 0;
    return tp_err_at(err, TP_FAULT_RECORD,
                     field->text.ptr >= row.ptr && field->text.ptr < row.ptr + row.len
                         ? field->text.ptr - row.ptr
                         : -1,
                     "%s", why.text);
}

/* Control lines come from stages, never from content (DESIGN 2). */
static bool
speaks(const struct tp_csv *csv)
{
    struct tp_str first = {csv->names.ptr, csv->name_end[0]};

    return csv->time_column == NO_COLUMN && (tp_str_equal(first, TP_STR(",\"@watermark\":")) ||
                                             tp_str_equal(first, TP_STR(",\"@barrier\":")));
}

/* Is column I left out, as its name is taken by the event time? */
static bool
is_hidden(const struct tp_csv *csv, size_t i)
{
    return i == csv->stamp_column && csv->time_column != NO_COLUMN;
}

/* The name of column I with its colon, and a comma in front. */
static struct tp_str
name_of(const struct tp_csv *csv, size_t i)
{
    size_t from = i ? csv->name_end[i - 1] : 0;

    return (struct tp_str){csv->names.ptr + from, csv->name_end[i] - from};
}

static bool
is_string(const struct tp_csv *csv, const struct tp_csv_field *field)
{
    return field->quoted || csv->options.text || !tp_typed_is(field->text);
}

/* Writes TEXT at TO, and up to STEP - 1 bytes more: those behind it, as long as they lie before
 * END. */
static inline char *
write_text(char *to, struct tp_str text, const char *end)
{
    if ((size_t)(end - text.ptr) < (text.len + STEP - 1) / STEP * STEP)
        memcpy(to, text.ptr, text.len);
    else
        for (size_t i = 0; i < text.len; i += STEP)
            memcpy(to + i, text.ptr + i, STEP);
    return to + text.len;
}

/* A plain FIELD of a row that goes up to END. */
static inline char *
write_plain(const struct tp_csv *csv, char *to, const struct tp_csv_field *field, const char *end)
{
    if (is_string(csv, field)) {
        *to++ = '"';
        to = write_text(to, field->text, end);
        *to++ = '"';
    } else if (field->text.len > 0) {
        to = write_text(to, field->text, end);
    } else {
        memcpy(to, "null", 4);
        to += 4;
    }
    return to;
}

static void
put_field(const struct tp_csv *csv, const struct tp_csv_field *field, struct tp_buf *to)
{
    if (is_string(csv, field))
        tp_text_quote(field->text, to);
    else
        tp_typed_put(field->text, to);
}

/* Appends the fields of ROW. Names and plain fields are written through a bare pointer, into room
 * that is made for all of them. */
static void
put_fields(const struct tp_csv *csv, struct tp_str row, bool any, struct tp_buf *to)
{
    const char *names_end = csv->names.ptr + csv->names.len + STEP, *end = row.ptr + row.len;
    size_t room = csv->names.len + 4 * csv->columns + row.len + 2 + STEP;
    char *out = tp_buf_reserve(to, room);

    for (size_t i = 0; out && i < csv->columns; i++) {
        struct tp_str name = name_of(csv, i);

        if (is_hidden(csv, i))
            continue;
        out = write_text(out, (struct tp_str){name.ptr + !any, name.len - !any}, names_end);
        any = true;
        if (csv->field[i].plain) {
            out = write_plain(csv, out, &csv->field[i], end);
        } else {
            to->len = (size_t)(out - to->ptr);
            put_field(csv, &csv->field[i], to);
            out = tp_buf_reserve(to, room);
        }
    }
    if (!out)
        return;
    memcpy(out, "}\n", 2);
    to->len = (size_t)(out + 2 - to->ptr);
}

int
tp_csv_read(struct tp_csv *csv, struct tp_str row, struct tp_buf *to, tp_time *time,
            struct tp_err *err)
{
    const struct tp_csv_field *field;
    char text[TP_TIME_TEXT];
    bool timed = csv->time_column != NO_COLUMN;
    size_t count;

    if (tp_csv_split(csv, row, &field, &count, err) < 0)
        return -1;
    if (count == 1 && csv->columns != 1 && field[0].text.len == 0 && !field[0].quoted)
        return 0;
    if (count != csv->columns)
        return tp_err_set(err, TP_FAULT_RECORD, "expected %zu columns, got %zu", csv->columns,
                          count);
    if (speaks(csv))
        return tp_err_set(err, TP_FAULT_RECORD,
                          "its first column would make it a control line: name the columns");
    if (timed && read_time(csv, &field[csv->time_column], row, time, err) < 0)
        return -1;
    TP_BUF_PUT(to, "{");
    if (timed) {
        TP_BUF_PUT(to, "\"@timestamp\":\"");
        tp_buf_put(to, text, tp_time_write(text, *time));
        TP_BUF_PUT(to, "\"");
    }
    put_fields(csv, row, timed, to);
    return 1;
}

/* --- fields ------------------------------------------------------------------------------------*/

#if TP_CSV_SSE2
/* Copies 8 or 16 bytes from P to TO; false when one of them has to stand in quotes. */
static inline bool
copy_step(char *to, const char *p, size_t count, char separator)
{
    const __m128i *from = (const __m128i *)(const void *)p;
    __m128i bytes = count == 16 ? _mm_loadu_si128(from) : _mm_loadl_epi64(from), found;

    memcpy(to, &bytes, count);
    found = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                         _mm_cmpeq_epi8(bytes, _mm_set1_epi8(separator)));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')));
    return _mm_movemask_epi8(found) == 0;
}
#endif

/* Copies TEXT to TO; false when a byte of it has to stand in quotes. The last step of longer ones
 * goes over bytes of the one before again. */
static inline bool
copy_plain(char *to, struct tp_str text, char separator)
{
    size_t at = 0;
    bool plain = true;

#if TP_CSV_SSE2
    for (; at + 16 < text.len; at += 16)
        plain &= copy_step(to + at, text.ptr + at, 16, separator);
    if (text.len >= 16)
        return plain && copy_step(to + text.len - 16, text.ptr + text.len - 16, 16, separator);
    if (text.len >= 8)
        return copy_step(to, text.ptr, 8, separator) &&
               copy_step(to + text.len - 8, text.ptr + text.len - 8, 8, separator);
#endif
    for (; at < text.len; at++) {
        char c = text.ptr[at];

        to[at] = c;
        plain &= c != '"' && c != separator && c != '\n' && c != '\r';
    }
    return plain;
}

void
tp_csv_put_string(struct tp_str text, char separator, struct tp_buf *to)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    char *out = tp_buf_reserve(to, text.len);

    if (!out)
        return;
    if (!tp_typed_is(text) && copy_plain(out, text, separator)) {
        to->len += text.len;
        return;
    }
    TP_BUF_PUT(to, "\"");
    while (p < end) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        const char *stop = quote ? quote + 1 : end;

        tp_buf_put(to, p, (size_t)(stop - p));
        if (quote)
            TP_BUF_PUT(to, "\"");
        p = stop;
    }
    TP_BUF_PUT(to, "\"");
}
