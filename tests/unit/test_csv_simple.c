/*
 * csv: the quick ways give, byte for byte, what the plain ones here give: the frame a walk over the
 * bytes, the records libcsv's fields (for tsv: a walk), each written on its own. Texts are made of
 * all that is awkward, and stand alone in memory, so that a sanitizer sees a byte read too much.
 */
#include <stdlib.h>

#include "record/csv.h"
#include "record/csv_reader.h"
#include "record/typed.h"
#include "unit.h"
#include "value/text.h"

enum { COLUMNS = 4, ROUNDS = 6000 };

static const char columns[] = "a,\"b\"\"b\",a-much-longer-name-than-sixteen,@timestamp";
static const char tab_columns[] = "a\tb\"b\ta-much-longer-name-than-sixteen\t@timestamp";
static const char *const names[COLUMNS] = {
    "\"a\":", "\"b\\\"b\":", "\"a-much-longer-name-than-sixteen\":", "\"@timestamp\":"};

static uint64_t state = 1;

static unsigned
below(unsigned limit)
{
    return (unsigned)(unit_random(&state) % limit);
}

/* --- made-up rows ------------------------------------------------------------------------------*/

static void
put_some(struct tp_buf *to, const char *bytes, size_t count, unsigned most)
{
    for (unsigned len = below(most); len > 0; len--)
        tp_buf_put_char(to, bytes[below((unsigned)count)]);
}

#define PUT_SOME(to, bytes, most) put_some((to), (bytes), sizeof(bytes) - 1, (most))

static void
put_number(struct tp_buf *to)
{
    static const char *const numbers[] = {"0",     "-0",
                                          "12",    "-2.50",
                                          "1e3",   "007",
                                          "1.",    ".5",
                                          "-",     "123456789012345678901234567890",
                                          "1.2.3", "2E+7",
                                          "true",  "false",
                                          "null",  "2026-11-21T00:00:00Z"};
    const char *number = numbers[below(sizeof numbers / sizeof *numbers)];

    tp_buf_put(to, number, strlen(number));
}

static void
put_field(struct tp_buf *to, char separator)
{
    switch (below(16)) {
    case 0:
        PUT_SOME(to, ",;\t\"\"\n\r \\a1\0\xc3\xa9\xff", 20);
        break;
    case 1:
        put_some(to, &separator, 1, 3);
        break;
    case 2:
        PUT_SOME(to, "plain \xe6\xbc\xa2\xc3\xa9", 90);
        break;
    case 3:
        PUT_SOME(to, "\\tnr\\ab", 12);
        break;
    case 4:
    case 5:
    case 6:
        tp_buf_put_char(to, '"');
        PUT_SOME(to, ",;\tab \n\r1", 70);
        TP_BUF_PUT(to, "\"");
        break;
    case 7:
        tp_buf_put_char(to, '"');
        for (unsigned pairs = below(4); pairs > 0; pairs--) {
            PUT_SOME(to, ",\na", 30);
            TP_BUF_PUT(to, "\"\"");
        }
        TP_BUF_PUT(to, "\"");
        break;
    case 8:
    case 9:
    case 10:
        put_number(to);
        break;
    default:
        PUT_SOME(to, "abcdefghijklmnop 0123456789.:/-", 80);
    }
}

/* Some rows, mostly of COLUMNS fields. */
static void
make_text(struct tp_buf *to, char separator)
{
    unsigned rows = 1 + below(4);

    tp_buf_clear(to);
    for (unsigned row = 0; row < rows; row++) {
        unsigned fields = below(8) ? COLUMNS : below(COLUMNS + 3);

        for (unsigned i = 0; i < fields; i++) {
            if (i)
                tp_buf_put_char(to, separator);
            put_field(to, separator);
        }
        if (below(4) == 0)
            TP_BUF_PUT(to, "\r");
        TP_BUF_PUT(to, "\n");
    }
}

/* --- where a row ends --------------------------------------------------------------------------*/

/* The row at P, byte by byte: a quote at the start of a field opens it, and only there. */
static const char *
plain_row_end(char separator, const char *p, const char *end, bool at_end)
{
    const char *first = memchr(p, '\n', (size_t)(end - p));
    bool starts = true, inside = false;

    for (const char *at = p; at < end; at++) {
        if (inside) {
            if (*at == '"' && at + 1 < end && at[1] == '"')
                at++;
            else if (*at == '"')
                inside = false;
            continue;
        }
        if (*at == '\n')
            return at + 1;
        inside = starts && *at == '"';
        starts = *at == separator;
    }
    return at_end ? first + 1 : NULL;
}

/* The row at P ends at NEXT; of fewer whole lines the frame says the same, or that it needs more.
 */
static void
check_frame(char separator, const char *p, const char *next, const char *end)
{
    CHECK_THAT(next == plain_row_end(separator, p, end, true), "%td: %.*s", next - p,
               (int)(end - p), p);
    for (const char *cut = p; (cut = memchr(cut, '\n', (size_t)(end - cut)));) {
        const char *early = tp_csv_row_end(separator, p, ++cut, false);

        CHECK(early == plain_row_end(separator, p, cut, false));
        CHECK(!early || early == next);
    }
}

/* --- records -----------------------------------------------------------------------------------*/

static void
put_unescaped(const char *p, const char *end, struct tp_buf *to)
{
    for (; p < end; p++) {
        const char *letter = *p == '\\' && p + 1 < end && p[1] ? strchr("tnr\\", p[1]) : NULL;

        if (!letter) {
            tp_buf_put_char(to, *p);
            continue;
        }
        tp_buf_put_char(to, "\t\n\r\\"[letter - "tnr\\"]);
        p++;
    }
}

static void
put_json(struct tp_str text, bool quoted, size_t i, struct tp_buf *to)
{
    tp_buf_put_str(to, i ? TP_STR(",") : TP_STR("{"));
    tp_buf_put(to, names[i], strlen(names[i]));
    if (quoted)
        tp_text_quote(text, to);
    else
        tp_typed_put(text, to);
}

static int
finish(size_t count, bool blank, struct tp_buf *to, struct tp_err *err)
{
    if (count == COLUMNS) {
        TP_BUF_PUT(to, "}\n");
        return 1;
    }
    tp_buf_clear(to);
    if (blank)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "expected %d columns, got %zu", COLUMNS, count);
}

static int
plain_tsv(struct tp_str row, struct tp_buf *to, struct tp_err *err)
{
    const char *p = row.ptr, *end = p + row.len, *stop = NULL;
    size_t count = 0;

    for (; p <= end; p = stop + 1) {
        struct tp_buf text = TP_BUF_INIT;

        for (stop = p; stop < end && *stop != '\t';)
            stop++;
        put_unescaped(p, stop, &text);
        if (count < COLUMNS)
            put_json(tp_buf_str(&text), false, count, to);
        count++;
        tp_buf_release(&text);
    }
    return finish(count, row.len == 0, to, err);
}

static int
plain_csv(struct tp_csv *libcsv, struct tp_str row, struct tp_buf *to, struct tp_err *err)
{
    if (row.len == 0)
        return finish(1, true, to, err);
    if (tp_csv_split_libcsv(libcsv, row, err) < 0)
        return -1;
    for (size_t i = 0; i < libcsv->count && i < COLUMNS; i++)
        put_json(libcsv->field[i].text, libcsv->field[i].quoted, i, to);
    return finish(libcsv->count, false, to, err);
}

struct readers {
    struct tp_csv *quick, *libcsv;
    bool escapes;
};

/* ROW as both read it: the same record, or the same reason at the same place. */
static void
check_row(const struct readers *readers, struct tp_str row)
{
    struct tp_buf got = TP_BUF_INIT, expected = TP_BUF_INIT;
    struct tp_err got_why = {.at = -1}, expected_why = {.at = -1};
    bool carriage = row.len > 0 && row.ptr[row.len - 1] == '\r';
    struct tp_str bare = {row.ptr, row.len - carriage};
    tp_time time;
    int got_result = tp_csv_read(readers->quick, row, &got, &time, &got_why);
    int result = readers->escapes ? plain_tsv(bare, &expected, &expected_why)
                                  : plain_csv(readers->libcsv, bare, &expected, &expected_why);

    CHECK_THAT(got_result == result, "%d, not %d: %.*s", got_result, result, (int)row.len, row.ptr);
    if (result < 0)
        CHECK_THAT(got_why.at == expected_why.at && !strcmp(got_why.text, expected_why.text),
                   "%ld %s, not %ld %s: %.*s", got_why.at, got_why.text, expected_why.at,
                   expected_why.text, (int)row.len, row.ptr);
    else
        CHECK_THAT(tp_str_equal(tp_buf_str(&got), tp_buf_str(&expected)), "%.*s, not %.*s",
                   (int)got.len, got.ptr, (int)expected.len, expected.ptr);
    tp_buf_release(&got);
    tp_buf_release(&expected);
}

/* With nothing behind it. */
static void
check_row_alone(const struct readers *readers, const char *p, size_t len)
{
    char *copy = malloc(len ? len : 1);

    if (len)
        memcpy(copy, p, len);
    check_row(readers, (struct tp_str){len ? copy : NULL, len});
    free(copy);
}

static void
check_format(char separator, bool escapes)
{
    struct tp_csv_options options = {.separator = separator, .escapes = escapes};
    struct readers readers = {tp_csv_new(&options), tp_csv_new(&options), escapes};
    struct tp_buf text = TP_BUF_INIT, header = TP_BUF_INIT;
    struct tp_err err;

    tp_buf_put_str(&header, escapes ? TP_STR(tab_columns) : TP_STR(columns));
    for (size_t i = 0; i < header.len; i++)
        if (header.ptr[i] == ',')
            header.ptr[i] = separator;
    CHECK(tp_csv_set_columns(readers.quick, tp_buf_str(&header), &err) == 0);
    for (int round = 0; round < ROUNDS; round++) {
        char *copy, *end;

        make_text(&text, separator);
        copy = malloc(text.len);
        memcpy(copy, text.ptr, text.len);
        end = copy + text.len;
        for (const char *p = copy, *next; p < end; p = next) {
            next = escapes ? (const char *)memchr(p, '\n', (size_t)(end - p)) + 1
                           : tp_csv_row_end(separator, p, end, true);
            if (!escapes)
                check_frame(separator, p, next, end);
            check_row_alone(&readers, p, (size_t)(next - 1 - p));
        }
        free(copy);
    }
    tp_buf_release(&text);
    tp_buf_release(&header);
    tp_csv_free(readers.quick);
    tp_csv_free(readers.libcsv);
}

static void
csv_as_libcsv(void)
{
    check_format(',', false);
}

static void
other_separators(void)
{
    check_format('\t', false);
    check_format('\\', false);
    check_format(' ', false);
    check_format('\0', false);
    check_format('\xc3', false);
}

static void
tsv_as_a_walk(void)
{
    check_format('\t', true);
}

int
main(void)
{
    RUN(csv_as_libcsv);
    RUN(other_separators);
    RUN(tsv_as_a_walk);
    return unit_end();
}
