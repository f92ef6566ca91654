#include "stream/reference_read.h"

#include <stdlib.h>
#include <string.h>

#include "record/csv.h"
#include "record/key.h"
#include "record/member.h"
#include "stream/in.h"

/* --- rows --------------------------------------------------------------------------------------*/

static bool
is_among(const struct tp_str *names, size_t count, struct tp_str name)
{
    for (size_t i = 0; i < count; i++)
        if (tp_str_equal(names[i], name))
            return true;
    return false;
}

static int
learn_name(struct reference *r, struct tp_str name, struct tp_err *err)
{
    if (r->too_many || is_among(r->name, r->names, name))
        return 0;
    if (r->names_fixed || r->names == TP_REFERENCE_NAMES) {
        r->too_many = true;
        return 0;
    }
    r->name[r->names] = tp_arena_copy(&r->name_memory, name);
    return r->name[r->names++].ptr ? 0 : tp_err_memory(err);
}

static void
add_member(struct tp_buf *to, struct tp_str text)
{
    if (to->len > 0 && to->ptr[to->len - 1] != '{')
        tp_buf_put_char(to, ',');
    tp_buf_put_str(to, text);
}

/* Does a member of this name add to a record? Equal keys do not, nor do tidepipe's own. */
static bool
adds(const struct reference *r, struct tp_str name)
{
    return !tp_str_equal(name, TP_STR("@timestamp")) && !tp_str_equal(name, TP_STR("@op")) &&
           !is_among(r->same, r->sames, name);
}

/* MEMBER, which is number I, had LEAD before its value: the next row's may have it, too. */
static void
expect(struct reference *r, size_t i, struct tp_str lead, const struct tp_member *member, bool adds)
{
    struct expected *expected;

    if (i >= TP_REFERENCE_EXPECTED)
        return;
    expected = &r->expected[i];
    tp_buf_clear(&expected->lead);
    tp_buf_put_str(&expected->lead, lead);
    expected->name = (size_t)(member->text.ptr - lead.ptr);
    expected->adds = adds;
    r->expects = tp_buf_failed(&expected->lead) ? i : i + 1;
}

/* The next member of a row, its number I: *TEXT of all of it, and whether it adds to a record. 0:
 * there is none; -1: memory ran out. */
static int
next_member(struct reference *r, struct tp_members *walk, size_t i, struct tp_str *text,
            bool *adding, struct tp_err *err)
{
    const struct expected *expected = i < r->expects ? &r->expected[i] : NULL;
    const char *before = walk->p;
    struct tp_member member;
    struct tp_str name, lead;

    if (expected && tp_members_skip(walk, tp_buf_str(&expected->lead))) {
        walk->p = tp_member_value(walk->p, walk->end, &member.value);
        text->ptr = before + expected->name;
        text->len = (size_t)(walk->p - text->ptr);
        *adding = expected->adds;
        return 1;
    }
    if (!tp_members_name(walk, &member))
        return 0;
    lead = (struct tp_str){before, (size_t)(walk->p - before)};
    tp_members_value(walk, &member);
    *text = member.text;
    tp_buf_clear(&r->text);
    name = tp_member_name(&member, &r->text);
    *adding = adds(r, name);
    if (*adding && learn_name(r, name, err) < 0)
        return -1;
    expect(r, i, lead, &member, *adding);
    return 1;
}

/* Puts what a row adds to a record in front of what it does not, if that is kept, so that it can be
 * copied at once; *ADDED is its length. */
static int
arrange(struct reference *r, struct tp_str line, uint32_t *added, struct tp_err *err)
{
    struct tp_members walk = tp_members_open(line);
    struct tp_str text;
    bool adding;
    int more;

    *added = 0;
    tp_buf_clear(&r->row);
    tp_buf_clear(&r->tail);
    if (r->options->as_is) {
        tp_buf_put_str(&r->row, line);
        return tp_buf_failed(&r->row) ? tp_err_memory(err) : 0;
    }
    tp_buf_put_char(&r->row, '{');
    for (size_t i = 0; (more = next_member(r, &walk, i, &text, &adding, err)) > 0; i++)
        if (adding || !r->options->only_added)
            add_member(adding ? &r->row : &r->tail, text);
    if (more < 0)
        return -1;
    *added = (uint32_t)r->row.len - 1;
    if (r->tail.len > 0)
        add_member(&r->row, tp_buf_str(&r->tail));
    tp_buf_put_char(&r->row, '}');
    return tp_buf_failed(&r->row) || tp_buf_failed(&r->tail) || tp_buf_failed(&r->text)
               ? tp_err_memory(err)
               : 0;
}

/* Does the key have no NULL part? */
static bool
note_key(struct reference *r, struct tp_str key)
{
    const char *kind;
    bool whole = true;

    for (size_t i = 0, at = 0; i < r->keys.count; i++) {
        kind = tp_key_kind(tp_key_next(key, r->keys.count, &at));
        whole &= kind != NULL;
        if (i > 0 || !kind)
            continue;
        if (!r->facts.kind)
            r->facts.kind = kind;
        else if (r->facts.kind != kind)
            r->facts.kind = "";
    }
    return whole;
}

/* One row, [LINE, ..) with a newline and padding. */
static int
add_row(struct reference *r, const char *line, const char *end, const char **next,
        struct tp_err *err)
{
    uint32_t added;

    *next = tp_scan_line(r->scan, line, end, r->slot, NULL, err);
    if (!*next)
        return -1;
    r->facts.rows++;
    tp_buf_clear(&r->key);
    if (tp_keys_make(&r->keys, r->slot, &r->key, err) < 0)
        return -1;
    if (!note_key(r, tp_buf_str(&r->key))) {
        r->facts.nulls++;
        return 0;
    }
    if (arrange(r, (struct tp_str){line, (size_t)(*next - 1 - line)}, &added, err) < 0)
        return -1;
    if (tp_lookup_add(r->table, tp_buf_str(&r->key), tp_buf_str(&r->row), added, err) < 0)
        return -1;
    if (r->options->max_size > 0 && tp_lookup_size(r->table) > r->options->max_size)
        return tp_err_set(err, TP_FAULT_MACHINE, "the table takes more than --max-memory");
    return 0;
}

/* --- reading -----------------------------------------------------------------------------------*/

struct reading {
    struct tp_in *in;
    struct tp_csv *csv;
    struct tp_buf record;
    uint64_t line;
};

static int
at_line(const struct reading *reading, const struct tp_err *why, struct tp_err *err)
{
    return tp_err_set(err, why->fault == TP_FAULT_MACHINE ? TP_FAULT_MACHINE : TP_FAULT_USAGE,
                      "%s:%llu: %s", tp_in_name(reading->in), (unsigned long long)reading->line,
                      why->text);
}

static bool
is_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
        p++;
    return p == end;
}

static int
take_lines(struct reference *r, struct reading *reading, struct tp_str block, struct tp_err *err)
{
    const char *p = block.ptr, *end = p + block.len;

    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));

        reading->line++;
        if (is_blank(p, newline))
            p = newline + 1;
        else if (add_row(r, p, end, &p, err) < 0)
            return -1;
    }
    return 0;
}

static int
take_csv_row(struct reference *r, struct reading *reading, struct tp_str row, struct tp_err *err)
{
    struct tp_buf *record = &reading->record;
    const char *next;
    tp_time time;
    int made;

    if (!tp_csv_has_columns(reading->csv))
        return tp_csv_set_columns(reading->csv, row, err);
    tp_buf_clear(record);
    made = tp_csv_read(reading->csv, row, record, &time, err);
    if (made <= 0)
        return made;
    if (!tp_buf_reserve(record, TP_SCAN_PADDING))
        return tp_err_memory(err);
    memset(record->ptr + record->len, 0, TP_SCAN_PADDING);
    return add_row(r, record->ptr, record->ptr + record->len, &next, err);
}

static int
take_csv(struct reference *r, struct reading *reading, struct tp_str block, struct tp_err *err)
{
    const char *p = block.ptr, *end = p + block.len;

    while (p < end) {
        const char *next = tp_csv_row_end(r->separator, p, end, tp_in_at_end(reading->in));
        struct tp_str row;

        if (!next) {
            tp_in_keep(reading->in, p);
            return 0;
        }
        row = (struct tp_str){p, (size_t)(next - p) - (next[-1] == '\n')};
        reading->line++; /* a row is named by its first line */
        if (take_csv_row(r, reading, row, err) < 0)
            return -1;
        for (const char *q = p; (q = memchr(q, '\n', (size_t)(next - 1 - q))); q++)
            reading->line++;
        p = next;
    }
    return 0;
}

static int
read_all(struct reference *r, struct reading *reading, struct tp_err *err)
{
    struct tp_str block;
    struct tp_err why;

    for (;;)
        switch (tp_in_next(reading->in, &block, err)) {
        case TP_IN_BLOCK:
            if ((r->separator ? take_csv : take_lines)(r, reading, block, &why) < 0)
                return at_line(reading, &why, err);
            break;
        case TP_IN_WAIT:
            if (tp_in_wait(&reading->in, 1, -1, err) < 0)
                return -1;
            break;
        case TP_IN_TOO_LONG:
            reading->line++;
            tp_err_set(&why, TP_FAULT_USAGE, "longer than --max-line");
            return at_line(reading, &why, err);
        case TP_IN_END:
            return 0;
        case TP_IN_ERROR:
            return -1;
        }
}

int
tp_reference_read(struct reference *r, struct tp_err *err)
{
    struct tp_csv_options csv = {.separator = r->separator, .escapes = r->separator == '\t'};
    struct reading reading = {.record = TP_BUF_INIT};
    int result = -1;

    reading.in = tp_in_open(r->options->path, r->options->max_line, err);
    if (!reading.in)
        return -1;
    r->regular = tp_in_is_regular(reading.in);
    if (r->regular && r->seen.size > 0)
        tp_lookup_expect(r->table, 2 * (size_t)r->seen.size);
    if (r->separator)
        reading.csv = tp_csv_new(&csv);
    if (r->separator && !reading.csv)
        tp_err_memory(err);
    else
        result = read_all(r, &reading, err);
    tp_csv_free(reading.csv);
    tp_buf_release(&reading.record);
    tp_in_close(reading.in);
    return result;
}
