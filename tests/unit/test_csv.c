/*
 * csv: rows as RFC 4180 has them, typed records, and that what is written is read back.
 */
#include "record/csv.h"

#include <stdlib.h>

#include "unit.h"

static struct tp_buf out = TP_BUF_INIT;
static struct tp_err why;
static tp_time when;

/* Splits TEXT and writes its fields one behind the other: [a] quoted: {a}. */
static const char *
fields_of(const char *text)
{
    struct tp_csv_options options = {.separator = ','};
    struct tp_csv *csv = tp_csv_new(&options);
    const struct tp_csv_field *field;
    size_t count;
    int result = tp_csv_split(csv, tp_str_of(text), &field, &count, &why);

    tp_buf_clear(&out);
    for (size_t i = 0; result == 0 && i < count; i++)
        tp_buf_printf(&out, field[i].quoted ? "{%.*s}" : "[%.*s]", (int)field[i].text.len,
                      field[i].text.ptr);
    if (result < 0)
        tp_buf_printf(&out, "%ld: %s", why.at, why.text);
    tp_csv_free(csv);
    return tp_buf_text(&out);
}

static void
check_fields(const char *text, const char *expected)
{
    const char *got = fields_of(text);

    CHECK_THAT(strcmp(got, expected) == 0, "%s: %s, not %s", text, got, expected);
}

static void
rows(void)
{
    check_fields("", "[]");
    check_fields("a", "[a]");
    check_fields("a,b,,", "[a][b][][]");
    check_fields("a,b\r", "[a][b]");
    check_fields(" a , b", "[ a ][ b]");
    check_fields("\"a\"", "{a}");
    check_fields("\"\"", "{}");
    check_fields("\"\",", "{}[]");
    check_fields(",\"\"", "[]{}");
    check_fields("a,\"b,c\",d", "[a]{b,c}[d]");
    check_fields("\"a \"\"b\"\" c\",\"\"\"\",1", "{a \"b\" c}{\"}[1]");
    check_fields("\"two\nlines\",x\ry", "{two\nlines}[x\ry]");
    check_fields("\"two\nlines\"\r", "{two\nlines}");
    check_fields("\"\"\"\"\"\",\"\"\"\"\"\"", "{\"\"}{\"\"}");
}

static void
bad_rows(void)
{
    check_fields("a\"b", "1: a '\"' inside a field that is not in quotes");
    check_fields("x,\"a\"b,c", "5: text behind a closing '\"'");
    check_fields("x,\"a\" ,c", "5: text behind a closing '\"'");
    check_fields("x,\"abc", "2: no closing '\"'");
    check_fields("\"", "0: no closing '\"'");
    /* The next row is not touched by it. */
    check_fields("\"a\",b", "{a}[b]");
}

/* Frames TEXT as one input and writes its rows, `|` behind each. */
static const char *
framed(const char *text, bool at_end)
{
    const char *p = text, *end = text + strlen(text), *next;

    tp_buf_clear(&out);
    while (p < end && (next = tp_csv_row_end(',', p, end, at_end))) {
        tp_buf_put(&out, p, (size_t)(next - p));
        TP_BUF_PUT(&out, "|");
        p = next;
    }
    return tp_buf_text(&out);
}

static void
frames(void)
{
    CHECK(!strcmp(framed("a,b\nc\n", false), "a,b\n|c\n|"));
    CHECK(!strcmp(framed("a,\"b\nc\",d\ne\n", false), "a,\"b\nc\",d\n|e\n|"));
    CHECK(!strcmp(framed("\"a\"\"\n\"\"\nb\",\"\n\"\ne\n", false),
                  "\"a\"\"\n\"\"\nb\",\"\n\"\n|e\n|"));
    /* A quote inside a field without quotes opens nothing. */
    CHECK(!strcmp(framed("a\"b\nc\"d\n", false), "a\"b\n|c\"d\n|"));
    CHECK(!strcmp(framed("\"a\"b\n\"c\n\"\n", false), "\"a\"b\n|\"c\n\"\n|"));
    /* Not closed: waits for more; at the end only its first line is lost. */
    CHECK(!strcmp(framed("a\n\"b\nc\n", false), "a\n|"));
    CHECK(!strcmp(framed("a\n\"b\nc\nd\n", true), "a\n|\"b\n|c\n|d\n|"));
    CHECK(!strcmp(framed("\n\na\n", false), "\n|\n|a\n|"));
}

static void
hopeless_quote_is_bounded(void)
{
    size_t len = TP_CSV_MAX_RECORD + 100;
    char *text = malloc(len);

    memset(text, 'x', len);
    text[0] = '"';
    text[9] = text[len - 1] = '\n';
    CHECK(tp_csv_row_end(',', text, text + len, false) == text + 10);
    CHECK(tp_csv_row_end(',', text, text + TP_CSV_MAX_RECORD, false) == NULL);
    free(text);
}

/* Reads ROW under the names in HEADER. */
static const char *
record_of(const struct tp_csv_options *options, const char *header, const char *row)
{
    struct tp_csv *csv = tp_csv_new(options);
    int result = tp_csv_set_columns(csv, tp_str_of(header), &why);

    tp_buf_clear(&out);
    if (result == 0)
        result = tp_csv_read(csv, tp_str_of(row), &out, &when, &why);
    if (result == 0)
        TP_BUF_PUT(&out, "nothing");
    tp_csv_free(csv);
    return result < 0 ? why.text : tp_buf_text(&out);
}

#define CHECK_RECORD(options, header, row, expected)                  \
    do {                                                              \
        const char *got_ = record_of(options, header, row);           \
        CHECK_THAT(strcmp(got_, expected) == 0, "%s: %s", row, got_); \
    } while (0)

static void
records(void)
{
    struct tp_csv_options typed = {.separator = ','};
    struct tp_csv_options text = {.separator = ';', .text = true};

    CHECK_RECORD(&typed, "a,b,c,d", "1,-2.50,1e3,x",
                 "{\"a\":1,\"b\":-2.50,\"c\":1e3,\"d\":\"x\"}\n");
    CHECK_RECORD(&typed, "a,b,c,d", "007,+1,.5,1.",
                 "{\"a\":\"007\",\"b\":\"+1\",\"c\":\".5\",\"d\":\"1.\"}\n");
    CHECK_RECORD(&typed, "a,b,c,d", "true,false,null,",
                 "{\"a\":true,\"b\":false,\"c\":\"null\",\"d\":null}\n");
    CHECK_RECORD(&typed, "a,b,c,d", "\"1\",\"true\",\"\",\"a\"\"b\"",
                 "{\"a\":\"1\",\"b\":\"true\",\"c\":\"\",\"d\":\"a\\\"b\"}\n");
    CHECK_RECORD(&text, "a;b;c", "1;;x,y", "{\"a\":\"1\",\"b\":\"\",\"c\":\"x,y\"}\n");
    CHECK_RECORD(&typed,
                 "\xef\xbb\xbf"
                 "a,a,,a",
                 "1,2,3,4", "{\"a\":1,\"a_2\":2,\"column3\":3,\"a_3\":4}\n");
    CHECK_RECORD(&typed, "a,b", "1", "expected 2 columns, got 1");
    CHECK_RECORD(&typed, "a,b", "1,2,3", "expected 2 columns, got 3");
    CHECK_RECORD(&typed, "a,b", "", "nothing");
    CHECK_RECORD(&typed, "a", "", "{\"a\":null}\n");
    CHECK_RECORD(&typed, "@watermark,b", "end,1",
                 "its first column would make it a control line: name the columns");
    CHECK_RECORD(&typed, "a,\"b", "1,2", "the line with the names of the columns: no closing '\"'");
}

static void
timed_records(void)
{
    struct tp_stamp *stamp = tp_stamp_new(NULL, NULL, &why);
    struct tp_csv_options timed = {.separator = ',', .time_column = TP_STR("ts"), .stamp = stamp};

    CHECK_RECORD(&timed, "a,ts", "1,2026-01-01T01:00:00+01:00",
                 "{\"@timestamp\":\"2026-01-01T00:00:00.000Z\",\"a\":1,"
                 "\"ts\":\"2026-01-01T01:00:00+01:00\"}\n");
    CHECK(when == INT64_C(1767225600) * TP_SECOND);
    CHECK_RECORD(&timed, "@timestamp,ts", "x,1767225600",
                 "{\"@timestamp\":\"2026-01-01T00:00:00.000Z\",\"ts\":1767225600}\n");
    CHECK_RECORD(&timed, "a,ts", "1,", "no event time: column \"ts\" is empty");
    CHECK_RECORD(&timed, "a,b", "1,2", "no column is called \"ts\"");
    CHECK(why.fault == TP_FAULT_USAGE);
    CHECK(strstr(record_of(&timed, "a,ts", "1,noon"), "{") == NULL);
    CHECK(why.fault == TP_FAULT_RECORD && why.at == 2);
    tp_stamp_free(stamp);
}

static unsigned
random_below(unsigned limit)
{
    static uint64_t state = 1;

    return (unsigned)(unit_random(&state) % limit);
}

/* Strings of awkward bytes, written as a row, are found by the frame and read as they were. */
static void
round_trip(void)
{
    static const char bytes[] = ",\"\"\n\r a17.e-true;\xc3";
    struct tp_csv_options options = {.separator = ','};
    struct tp_csv *csv = tp_csv_new(&options);

    for (int round = 0; round < 20000; round++) {
        char text[4][12];
        size_t len[4], count = 1 + random_below(4), got;
        struct tp_buf row = TP_BUF_INIT;
        const struct tp_csv_field *field;

        for (size_t i = 0; i < count; i++) {
            len[i] = random_below(sizeof text[i]);
            for (size_t k = 0; k < len[i]; k++)
                text[i][k] = bytes[random_below(sizeof bytes - 1)];
            if (i)
                TP_BUF_PUT(&row, ",");
            tp_csv_put_string((struct tp_str){text[i], len[i]}, ',', &row);
        }
        TP_BUF_PUT(&row, "\n\"next\",row\n");
        CHECK(tp_csv_row_end(',', row.ptr, row.ptr + row.len, false) ==
              row.ptr + row.len - strlen("\"next\",row\n"));
        row.len -= strlen("\n\"next\",row\n");
        CHECK(tp_csv_split(csv, tp_buf_str(&row), &field, &got, &why) == 0 && got == count);
        for (size_t i = 0; i < count && got == count; i++)
            CHECK(tp_str_equal(field[i].text, (struct tp_str){text[i], len[i]}));
        tp_buf_release(&row);
    }
    tp_csv_free(csv);
}

int
main(void)
{
    RUN(rows);
    RUN(bad_rows);
    RUN(frames);
    RUN(hopeless_quote_is_bounded);
    RUN(records);
    RUN(timed_records);
    RUN(round_trip);
    tp_buf_release(&out);
    return unit_end();
}
