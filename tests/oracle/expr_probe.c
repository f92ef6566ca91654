/*
 * expr_probe RECORDS: compiles each line of standard input as an expression and evaluates it over
 * every line of the file RECORDS. Writes one JSON array a line: the values; {"error": reason} for a
 * record that failed. An expression that does not compile gives {"refused": reason} instead.
 * With `sql` as second argument each line is the expression printed back; with `caret` the reason
 * and the place of what is refused.
 */
#include <stdio.h>
#include <stdlib.h>

#include "query/expr.h"
#include "value/text.h"

struct records {
    char *text;
    size_t len;
};

static struct records
read_file(const char *name)
{
    struct tp_buf buf = TP_BUF_INIT;
    FILE *file = fopen(name, "r");
    char block[65536];
    size_t got;

    if (!file) {
        perror(name);
        exit(3);
    }
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        tp_buf_put(&buf, block, got);
    fclose(file);
    memset(tp_buf_reserve(&buf, TP_SCAN_PADDING), 0, TP_SCAN_PADDING);
    return (struct records){buf.ptr, buf.len};
}

static void
put_value(struct tp_buf *to, struct tp_value value)
{
    char text[TP_TIME_TEXT];

    switch (value.kind) {
    case TP_NULL:
        TP_BUF_PUT(to, "null");
        break;
    case TP_BOOL:
        tp_buf_put_str(to, value.boolean ? TP_STR("true") : TP_STR("false"));
        break;
    case TP_INT:
        tp_buf_printf(to, "%lld", (long long)value.integer);
        break;
    case TP_REAL:
        tp_buf_printf(to, "{\"real\":\"%.17g\"}", value.real);
        break;
    case TP_TIME:
        tp_buf_printf(to, "{\"time\":\"%.*s\"}", (int)tp_time_write(text, value.time), text);
        break;
    case TP_DURATION:
        tp_buf_printf(to, "{\"ns\":%lld}", (long long)value.duration);
        break;
    case TP_TEXT:
        tp_text_quote(value.text, to);
        break;
    case TP_JSON:
        tp_buf_put_str(to, value.text);
        break;
    }
}

static void
put_reason(struct tp_buf *to, const char *name, const struct tp_err *err)
{
    tp_buf_printf(to, "{\"%s\":", name);
    tp_text_quote(tp_str_of(err->text), to);
    tp_buf_put_char(to, '}');
}

static void
put_values(struct tp_buf *to, struct tp_expr *expr, struct tp_scan *scan, struct records records)
{
    struct tp_slot *slots = calloc(tp_scan_slots(scan) + 1, sizeof *slots);
    const char *line = records.text, *end = line + records.len;
    struct tp_value value;
    struct tp_err err;

    tp_buf_put_char(to, '[');
    while (slots && line < end) {
        line = tp_scan_line(scan, line, end, slots, NULL, &err);
        if (!line) {
            fprintf(stderr, "expr_probe: %s\n", err.text);
            exit(3);
        }
        if (tp_expr_eval(expr, slots, &value, &err) < 0)
            put_reason(to, "error", &err);
        else
            put_value(to, value);
        tp_buf_put_char(to, line < end ? ',' : ']');
    }
    free(slots);
}

static void
answer(struct tp_str text, struct records records, const char *mode)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_expr_context context = {.scan = scan};
    struct tp_buf out = TP_BUF_INIT;
    struct tp_err err;
    struct tp_expr *expr = tp_expr_compile(text, &context, &err);

    if (!expr && strcmp(mode, "caret") == 0) {
        tp_buf_printf(&out, "%s\n", err.text);
        tp_expr_write_caret(text, err.at, &out);
    } else if (!expr) {
        put_reason(&out, "refused", &err);
    } else if (strcmp(mode, "sql") == 0) {
        tp_expr_write_sql(expr, &out);
    } else if (strcmp(mode, "plan") == 0) {
        tp_expr_write_plan(expr, &out);
    } else {
        put_values(&out, expr, scan, records);
    }
    tp_buf_put_char(&out, '\n');
    fwrite(out.ptr, 1, out.len, stdout);
    tp_buf_release(&out);
    tp_expr_free(expr);
    tp_scan_free(scan);
}

int
main(int argc, char **argv)
{
    struct records records;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    if (argc < 2) {
        fprintf(stderr, "usage: expr_probe RECORDS [sql | plan | caret]\n");
        return 2;
    }
    records = read_file(argv[1]);
    while ((len = getline(&line, &cap, stdin)) > 0)
        answer((struct tp_str){line, (size_t)len - (line[len - 1] == '\n')}, records,
               argc > 2 ? argv[2] : "values");
    free(line);
    free(records.text);
    return 0;
}
