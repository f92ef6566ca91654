#include "record/journal.h"

#include "value/num.h"

#define STAMP "__REALTIME_TIMESTAMP"

/* A field of an entry; NAME is empty for the empty line that ends it. */
struct field {
    struct tp_str name, text;
};

static uint64_t
read_length(const char *p)
{
    uint64_t length = 0;

    for (int i = 7; i >= 0; i--)
        length = length << 8 | (unsigned char)p[i];
    return length;
}

/* The field at P; returns the byte behind its newline, NULL when it is not complete before END.
 * *BROKEN: it never will be. */
static const char *
next_field(const char *p, const char *end, struct field *field, bool *broken)
{
    const char *newline = memchr(p, '\n', (size_t)(end - p)), *equals;
    uint64_t length;

    *broken = false;
    if (!newline)
        return NULL;
    equals = memchr(p, '=', (size_t)(newline - p));
    field->name = (struct tp_str){p, (size_t)((equals ? equals : newline) - p)};
    field->text = equals ? (struct tp_str){equals + 1, (size_t)(newline - equals - 1)}
                         : (struct tp_str){newline, 0};
    if (equals || newline == p)
        return newline + 1;
    if (end - newline - 1 < 8)
        return NULL;
    length = read_length(newline + 1);
    *broken = length > TP_JOURNAL_MAX_FIELD;
    if (*broken || (uint64_t)(end - newline - 9) <= length)
        return NULL;
    field->text = (struct tp_str){newline + 9, (size_t)length};
    *broken = field->text.ptr[length] != '\n';
    return *broken ? NULL : field->text.ptr + length + 1;
}

const char *
tp_journal_next(const char *p, const char *end, bool at_end)
{
    const char *first = p;

    while (p < end) {
        struct field field;
        bool broken;
        const char *next = next_field(p, end, &field, &broken);

        if (!next && !broken && !at_end)
            return NULL;
        if (!next) {
            /* What is left of an entry cannot be trusted, but the next one can. */
            next = memchr(p, '\n', (size_t)(end - p));
            return next ? next + 1 : end;
        }
        if (field.name.len == 0 && next == p + 1)
            return next;
        p = next;
    }
    return at_end && p > first ? end : NULL;
}

/* Fields whose text is a number by definition, systemd.journal-fields(7). */
static bool
is_number(struct tp_str name, struct tp_str text)
{
    static const char *const names[] = {"PRIORITY",
                                        "ERRNO",
                                        "CODE_LINE",
                                        "SYSLOG_FACILITY",
                                        "SYSLOG_PID",
                                        "TID",
                                        "_PID",
                                        "_UID",
                                        "_GID",
                                        "_AUDIT_SESSION",
                                        "_AUDIT_LOGINUID",
                                        "_SYSTEMD_OWNER_UID",
                                        "__MONOTONIC_TIMESTAMP",
                                        "_SOURCE_REALTIME_TIMESTAMP",
                                        "_SOURCE_MONOTONIC_TIMESTAMP"};
    struct tp_value value;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tp_str_equal(name, tp_str_of(names[i])))
            return tp_num_parse(text, &value);
    return false;
}

/* What is about the journal rather than in the entry. */
static bool
is_address(struct tp_str name)
{
    return name.len > 2 && name.ptr[0] == '_' && name.ptr[1] == '_' &&
           !tp_str_equal(name, TP_STR("__MONOTONIC_TIMESTAMP"));
}

static int
read_stamp(const struct field *field, struct tp_str entry, tp_time *time, struct tp_err *err)
{
    int64_t us;

    if (!tp_num_parse_int(field->text, &us) || us < 0 || us > TP_TIME_MAX / TP_MICROSECOND)
        return tp_err_at(err, TP_FAULT_RECORD, field->name.ptr - entry.ptr,
                         STAMP " is not a time in microseconds");
    *time = us * TP_MICROSECOND;
    return 0;
}

int
tp_journal_read(struct tp_fields *fields, struct tp_str entry, struct tp_buf *to, tp_time *time,
                struct tp_err *err)
{
    const char *p = entry.ptr, *end = entry.ptr + entry.len + 1; /* its newline stands there */
    bool timed = false;

    tp_fields_begin(fields, TP_STR(""));
    while (p < end) {
        struct field field;
        bool broken;
        const char *next = next_field(p, end, &field, &broken);

        if (!next)
            return tp_err_at(err, TP_FAULT_RECORD, p - entry.ptr,
                             broken ? "a binary field whose length cannot be"
                                    : "the entry ends inside a binary field");
        if (field.name.len == 0 && next > p + 1)
            return tp_err_at(err, TP_FAULT_RECORD, p - entry.ptr, "a field without a name");
        p = next;
        if (tp_str_equal(field.name, TP_STR(STAMP))) {
            if (read_stamp(&field, entry, time, err) < 0)
                return -1;
            timed = true;
        }
        if (field.name.len && !is_address(field.name))
            tp_fields_add(fields, field.name, field.text,
                          is_number(field.name, field.text) ? TP_FIELD_JSON : TP_FIELD_TEXT);
    }
    if (!timed && fields->count == 0)
        return 0;
    if (!timed)
        return tp_err_set(err, TP_FAULT_RECORD, "no event time: no " STAMP);
    return tp_fields_write_at(fields, *time, to, err);
}
