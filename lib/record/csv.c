#include "record/csv.h"

#include <stdlib.h>

#include "record/csv_reader.h"

/* Blanks belong to their field; rows are cut before libcsv sees them. */
static int
no_byte(unsigned char c)
{
    (void)c;
    return 0;
}

static int
only_newline(unsigned char c)
{
    return c == '\n';
}

static int
open_parser(struct tp_csv *csv)
{
    if (csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return -1;
    csv_set_delim(&csv->parser, (unsigned char)csv->options.separator);
    csv_set_space_func(&csv->parser, no_byte);
    csv_set_term_func(&csv->parser, only_newline);
    return 0;
}

struct tp_csv *
tp_csv_new(const struct tp_csv_options *options)
{
    struct tp_csv *csv = calloc(1, sizeof *csv);

    if (!csv)
        return NULL;
    csv->options = *options;
    if (open_parser(csv) < 0) {
        free(csv);
        return NULL;
    }
    return csv;
}

void
tp_csv_free(struct tp_csv *csv)
{
    if (!csv)
        return;
    csv_free(&csv->parser);
    tp_buf_release(&csv->undone);
    tp_buf_release(&csv->names);
    free(csv->name_end);
    free(csv->field);
    free(csv);
}

/* --- where a row ends --------------------------------------------------------------------------*/

/* Behind the closing quote of the field that begins with a quote at P; NULL when there is none. */
static const char *
quoted_end(const char *p, const char *end)
{
    for (p++;; p += 2) {
        p = memchr(p, '"', (size_t)(end - p));
        if (!p || p + 1 == end)
            return p ? end : NULL;
        if (p[1] != '"')
            return p + 1;
    }
}

const char *
tp_csv_row_end(char separator, const char *p, const char *end, bool at_end)
{
    const char *first = memchr(p, '\n', (size_t)(end - p)), *line_end = first, *quote = p;

    if (!first)
        return at_end ? end : NULL;
    /* From quote to quote, as long as there is one on the line. */
    while ((quote = memchr(quote, '"', (size_t)(line_end - quote)))) {
        if (quote == p || quote[-1] == separator) {
            quote = quoted_end(quote, end);
            if (!quote)
                return at_end || (size_t)(end - p) > TP_CSV_MAX_RECORD ? first + 1 : NULL;
            if (quote > line_end)
                line_end = memchr(quote, '\n', (size_t)(end - quote));
            if (!line_end)
                return at_end ? end : NULL;
        }
        /* Whatever else stands in the field, also behind its closing quote: split refuses it. */
        quote = memchr(quote, separator, (size_t)(line_end - quote));
        if (!quote)
            break;
        quote++;
    }
    return line_end + 1;
}

/* --- its fields --------------------------------------------------------------------------------*/

static void
add_field(struct tp_csv *csv, struct tp_str text, bool quoted)
{
    if (csv->count == csv->cap) {
        size_t cap = csv->cap ? 2 * csv->cap : 16;
        struct tp_csv_field *field = realloc(csv->field, cap * sizeof *field);

        if (!field) {
            csv->failed = true;
            return;
        }
        csv->field = field;
        csv->cap = cap;
    }
    csv->field[csv->count++] = (struct tp_csv_field){text, quoted, false};
}

/* What the backslashes of TEXT say; one that says nothing stays. */
static struct tp_str
undo_escapes(struct tp_csv *csv, struct tp_str text)
{
    static const char letters[] = "t\tn\nr\r\\\\";
    char *from = csv->undone.ptr + csv->undone.len, *to = from;

    for (size_t i = 0; i < text.len; i++) {
        const char *letter = NULL;

        for (size_t l = 0; text.ptr[i] == '\\' && i + 1 < text.len && l < 8; l += 2)
            if (text.ptr[i + 1] == letters[l])
                letter = &letters[l + 1];
        *to++ = letter ? *letter : text.ptr[i];
        i += letter != NULL;
    }
    csv->undone.len += (size_t)(to - from);
    return (struct tp_str){from, (size_t)(to - from)};
}

/* The fields of a row in which a backslash may stand for something. */
static int
undo_all_escapes(struct tp_csv *csv, size_t len, struct tp_err *err)
{
    /* Room for all of it at once: what was handed out must not move. */
    tp_buf_clear(&csv->undone);
    if (!tp_buf_reserve(&csv->undone, len))
        return tp_err_memory(err);
    for (size_t i = 0; i < csv->count; i++) {
        struct tp_csv_field *field = &csv->field[i];

        if (!field->plain)
            field->text = undo_escapes(csv, field->text);
    }
    return 0;
}

static size_t
count_quotes(const char *p, size_t len)
{
    size_t count = 0;

    for (const char *end = p + len; (p = memchr(p, '"', (size_t)(end - p))); p++)
        count++;
    return count;
}

/* libcsv hands over the text of a field, not whether it stood in quotes: that is read off the row,
 * along which we walk. In strict mode a field that begins with a quote is a quoted one, and its
 * length there is that of its text, its two quotes, and one more for each quote inside. */
static void
on_field(void *ptr, size_t len, void *data)
{
    struct tp_csv *csv = data;
    bool quoted = csv->raw < csv->raw_end && *csv->raw == '"';
    size_t inner = quoted && len ? count_quotes(ptr, len) : 0;
    struct tp_str text = {csv->raw + quoted, len};

    if (inner) {
        text.ptr = csv->undone.ptr + csv->undone.len;
        tp_buf_put(&csv->undone, ptr, len);
    }
    add_field(csv, text, quoted);
    csv->raw += len + inner + (quoted ? 3 : 1);
}

static int
refuse(struct tp_csv *csv, struct tp_str row, size_t at, struct tp_err *err)
{
    bool no_memory = csv_error(&csv->parser) == CSV_ENOMEM || csv->failed;
    bool unclosed = at == row.len;

    csv_free(&csv->parser);
    if (open_parser(csv) < 0 || no_memory)
        return tp_err_memory(err);
    if (unclosed)
        return tp_err_at(err, TP_FAULT_RECORD, (long)(csv->raw - row.ptr), "no closing '\"'");
    return tp_err_at(err, TP_FAULT_RECORD, (long)at,
                     row.ptr[at] == '"' ? "a '\"' inside a field that is not in quotes"
                                        : "text behind a closing '\"'");
}

int
tp_csv_split_libcsv(struct tp_csv *csv, struct tp_str row, struct tp_err *err)
{
    size_t at;

    csv->count = 0;
    /* Room for all of it at once: what was handed out must not move. */
    tp_buf_clear(&csv->undone);
    if (!tp_buf_reserve(&csv->undone, row.len))
        return tp_err_memory(err);
    csv->raw = row.ptr;
    csv->raw_end = row.ptr + row.len;
    at = csv_parse(&csv->parser, row.ptr, row.len, on_field, NULL, csv);
    if (at != row.len || csv_fini(&csv->parser, on_field, NULL, csv) != 0)
        return refuse(csv, row, at, err);
    return csv->failed ? tp_err_memory(err) : 0;
}

static int
split(struct tp_csv *csv, struct tp_str row, struct tp_err *err)
{
    if (!tp_csv_split_simple(csv, row))
        return csv->failed ? tp_err_memory(err) : tp_csv_split_libcsv(csv, row, err);
    return csv->options.escapes ? undo_all_escapes(csv, row.len, err) : 0;
}

int
tp_csv_split(struct tp_csv *csv, struct tp_str row, const struct tp_csv_field **fields,
             size_t *count, struct tp_err *err)
{
    if (row.len && row.ptr[row.len - 1] == '\r')
        row.len--;
    csv->failed = false;
    if (split(csv, row, err) < 0)
        return -1;
    *fields = csv->field;
    *count = csv->count;
    return 0;
}
