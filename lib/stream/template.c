#include "stream/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "value/stamp.h"
#include "value/text.h"
#include "value/time.h"

enum {
    NAME_BYTES = 255, /* NAME_MAX of Linux's file systems */
    NUMBER_BYTES = 20,
    TIME_BYTES = 13,
    HASH_BYTES = 17,    /* `-` and 16 digits */
    LEAST_VALUE = 32,   /* a cut value is still worth reading */
    LONGEST_TEXT = 2048 /* with its fields it stays below PATH_MAX */
};

enum unit { NO_UNIT, HOUR, DAY, WEEK, MONTH };

enum part_kind { LITERAL, MEMBER, NUMBER };

struct part {
    enum part_kind kind;
    struct tp_str text; /* LITERAL: braces undone, in the template's memory */
    struct tp_path path;
    enum unit unit;
    int slot;
};

struct tp_template {
    enum tp_template_kind kind;
    struct part *part;
    size_t parts;
    size_t members;
    size_t value_most; /* bytes of a value */
    size_t folder;     /* bytes of the first part */
    bool numbered;
    struct tp_stamp *stamp; /* NULL: no field is a time */
    struct tp_buf memory, scratch;
};

/* --- reading -----------------------------------------------------------------------------------*/

static struct part *
add_part(struct tp_template *t, enum part_kind kind)
{
    struct part *grown = realloc(t->part, (t->parts + 1) * sizeof *grown);

    if (!grown)
        return NULL;
    t->part = grown;
    t->part[t->parts] = (struct part){.kind = kind, .slot = -1};
    return &t->part[t->parts++];
}

static int
parse_unit(struct part *part, struct tp_str word, long at, struct tp_err *err)
{
    static const struct tp_str words[] = {{"hour", 4}, {"day", 3}, {"week", 4}, {"month", 5}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!tp_str_equal(word, words[i]))
            continue;
        part->unit = HOUR + (enum unit)i;
        return 0;
    }
    return tp_err_at(err, TP_FAULT_USAGE, at, "{...|%.*s}: hour, day, week or month", (int)word.len,
                     word.ptr);
}

/* The field whose inside begins at *AT; moves behind its brace. */
static int
parse_member(struct tp_template *t, struct tp_str text, size_t *at, struct tp_err *err)
{
    struct part *part = add_part(t, MEMBER);
    struct tp_str rest = {text.ptr + *at, text.len - *at};
    const char *close;
    size_t used;

    if (!part)
        return tp_err_memory(err);
    if (tp_path_parse_prefix(&part->path, rest, &used, err) < 0)
        return tp_err_at(err, TP_FAULT_USAGE, (long)*at,
                         "target '%.*s': a member must follow '{' ({{ is a brace)", (int)text.len,
                         text.ptr);
    close = used < rest.len ? memchr(rest.ptr + used, '}', rest.len - used) : NULL;
    if (!close || (rest.ptr[used] != '}' && rest.ptr[used] != '|'))
        return tp_err_at(err, TP_FAULT_USAGE, (long)(*at + used),
                         "target '%.*s': {member} or {member|day} ({{ is a brace)", (int)text.len,
                         text.ptr);
    *at += used;
    if (text.ptr[*at] == '|') {
        const char *word = text.ptr + *at + 1;

        if (parse_unit(part, (struct tp_str){word, (size_t)(close - word)}, (long)*at + 1, err) < 0)
            return -1;
        *at = (size_t)(close - text.ptr);
    }
    *at += 1;
    t->members++;
    return 0;
}

/* Text up to the next field; a doubled brace is one, a command's `${` is the shell's. */
static size_t
literal_end(const struct tp_template *t, struct tp_str text, size_t at, struct tp_buf *to)
{
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        bool behind_dollar = t->kind == TP_TEMPLATE_COMMAND && at > 0 && text.ptr[at - 1] == '$';

        if (c == '{' && at + 1 < text.len && text.ptr[at + 1] == '{')
            at++;
        else if (c == '{' && !behind_dollar)
            break;
        tp_buf_put_char(to, c);
    }
    return at;
}

static int
parse_parts(struct tp_template *t, struct tp_str text, bool numbered, struct tp_err *err)
{
    size_t at = 0;

    /* Room for all of it, so that what is lent stays in place. */
    if (!tp_buf_reserve(&t->memory, text.len + 1))
        return tp_err_memory(err);
    while (at < text.len) {
        size_t from = t->memory.len;
        struct part *part;

        at = literal_end(t, text, at, &t->memory);
        if (t->memory.len > from) {
            part = add_part(t, LITERAL);
            if (!part)
                return tp_err_memory(err);
            part->text = (struct tp_str){t->memory.ptr + from, t->memory.len - from};
        }
        if (at == text.len)
            break;
        at++;
        if (numbered && text.len - at >= 2 && memcmp(text.ptr + at, "n}", 2) == 0) {
            if (!add_part(t, NUMBER))
                return tp_err_memory(err);
            t->numbered = true;
            at += 2;
        } else if (parse_member(t, text, &at, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static bool
begins_with(struct tp_str text, struct tp_str with)
{
    return text.len >= with.len && memcmp(text.ptr, with.ptr, with.len) == 0;
}

static enum tp_template_kind
kind_of(struct tp_str text)
{
    if (begins_with(text, TP_STR("|")))
        return TP_TEMPLATE_COMMAND;
    if (tp_str_equal(text, TP_STR("-")) || tp_str_equal(text, TP_STR("/dev/stdout")) ||
        tp_str_equal(text, TP_STR("/dev/fd/1")))
        return TP_TEMPLATE_STDOUT;
    return begins_with(text, TP_STR("/dev/fd/")) ? TP_TEMPLATE_DEVICE : TP_TEMPLATE_FILE;
}

/* What only a template has to keep to. */
static int
check_fields(const struct tp_template *t, struct tp_str text, struct tp_err *err)
{
    if (tp_template_is_fixed(t))
        return 0;
    if (t->kind == TP_TEMPLATE_DEVICE)
        return tp_err_set(err, TP_FAULT_USAGE, "target '%.*s': no value chooses a descriptor",
                          (int)text.len, text.ptr);
    if (text.len > LONGEST_TEXT)
        return tp_err_set(err, TP_FAULT_USAGE, "target: longer than %d bytes", LONGEST_TEXT);
    return 0;
}

/* --- lengths -----------------------------------------------------------------------------------*/

/* One name between slashes. */
struct segment {
    size_t fixed, values;
};

/* Values get shorter where several stand in one name. */
static int
fit_segment(struct tp_template *t, struct segment *segment, struct tp_err *err)
{
    size_t values = segment->values, left, each;

    left = segment->fixed < NAME_BYTES ? NAME_BYTES - segment->fixed : 0;
    *segment = (struct segment){0, 0};
    if (values == 0)
        return 0;
    each = left / values;
    if (each < LEAST_VALUE)
        return tp_err_set(err, TP_FAULT_USAGE, "target: names could be longer than %d bytes",
                          NAME_BYTES);
    if (each < t->value_most)
        t->value_most = each;
    return 0;
}

static int
fit_literal(struct tp_template *t, struct segment *segment, struct tp_str text, struct tp_err *err)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '/')
            segment->fixed++;
        else if (fit_segment(t, segment, err) < 0)
            return -1;
    }
    return 0;
}

static int
fit(struct tp_template *t, struct tp_err *err)
{
    struct segment segment = {0, 0};

    t->value_most = TP_TEMPLATE_VALUE;
    if (t->kind == TP_TEMPLATE_COMMAND)
        return 0;
    for (size_t i = 0; i < t->parts; i++) {
        const struct part *part = &t->part[i];

        if (part->kind == NUMBER)
            segment.fixed += NUMBER_BYTES;
        else if (part->kind == MEMBER && part->unit)
            segment.fixed += TIME_BYTES;
        else if (part->kind == MEMBER)
            segment.values++;
        else if (fit_literal(t, &segment, part->text, err) < 0)
            return -1;
    }
    return fit_segment(t, &segment, err);
}

static int
need_stamp(struct tp_template *t, struct tp_err *err)
{
    for (size_t i = 0; i < t->parts && !t->stamp; i++) {
        if (!t->part[i].unit)
            continue;
        t->stamp = tp_stamp_new(NULL, NULL, err);
        if (!t->stamp)
            return -1;
    }
    return 0;
}

struct tp_template *
tp_template_parse(struct tp_str text, bool numbered, struct tp_err *err)
{
    struct tp_template *t;

    if (text.len == 0 || memchr(text.ptr, '\0', text.len)) {
        tp_err_at(err, TP_FAULT_USAGE, 0, "a target must not be empty");
        return NULL;
    }
    t = calloc(1, sizeof *t);
    if (!t) {
        tp_err_memory(err);
        return NULL;
    }
    t->kind = kind_of(text);
    if (parse_parts(t, text, numbered, err) < 0 || check_fields(t, text, err) < 0 ||
        fit(t, err) < 0 || need_stamp(t, err) < 0) {
        tp_template_free(t);
        return NULL;
    }
    if (t->kind != TP_TEMPLATE_COMMAND && t->parts > 0 && t->part[0].kind == LITERAL) {
        const char *slash = memrchr(t->part[0].text.ptr, '/', t->part[0].text.len);

        t->folder = slash ? (size_t)(slash - t->part[0].text.ptr) + 1 : 0;
    }
    return t;
}

void
tp_template_free(struct tp_template *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->parts; i++)
        tp_path_release(&t->part[i].path);
    free(t->part);
    tp_stamp_free(t->stamp);
    tp_buf_release(&t->memory);
    tp_buf_release(&t->scratch);
    free(t);
}

/* --- questions ---------------------------------------------------------------------------------*/

enum tp_template_kind
tp_template_kind(const struct tp_template *t)
{
    return t->kind;
}

bool
tp_template_is_fixed(const struct tp_template *t)
{
    return t->members == 0 && !t->numbered;
}

bool
tp_template_is_numbered(const struct tp_template *t)
{
    return t->numbered;
}

size_t
tp_template_members(const struct tp_template *t)
{
    return t->members;
}

/* The part that is member number I. */
static struct part *
member_part(const struct tp_template *t, size_t i)
{
    struct part *part = t->part;

    while (part->kind != MEMBER || i-- > 0)
        part++;
    return part;
}

const struct tp_path *
tp_template_member(const struct tp_template *t, size_t i)
{
    return &member_part(t, i)->path;
}

void
tp_template_set_slot(struct tp_template *t, size_t i, int slot)
{
    member_part(t, i)->slot = slot;
}

struct tp_str
tp_template_folder(const struct tp_template *t)
{
    return (struct tp_str){t->folder ? t->part[0].text.ptr : "", t->folder};
}

/* --- values made safe --------------------------------------------------------------------------*/

static bool
is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* U+0080 to U+009F: some terminals obey them. */
static bool
is_c1_control(const char *p, const char *end)
{
    return end - p >= 2 && (unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0;
}

static void
put_file_value(struct tp_buf *to, struct tp_str value)
{
    const char *p = value.ptr, *end = p + value.len;

    for (; p < end && *p == '.'; p++)
        tp_buf_put_char(to, '_');
    for (; p < end; p++) {
        if (is_c1_control(p, end)) {
            tp_buf_put_char(to, '_');
            p++;
        } else {
            tp_buf_put_char(to, *p == '/' || is_control(*p) ? '_' : *p);
        }
    }
}

static bool
is_plain_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_.:@+,-", c));
}

/* A leading `-` could be an option of the command, a leading dot hides a file as above. */
static void
put_command_value(struct tp_buf *to, struct tp_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool leading = i == 0 && (c == '-' || c == '.');

        tp_buf_put_char(to, is_plain_word(c) && !leading ? c : '_');
    }
}

/* The greatest length <= MOST that ends between characters. */
static size_t
cut_at(struct tp_str text, size_t most)
{
    while (most > 0 && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    return most;
}

static void
put_value(const struct tp_template *t, struct tp_str value, struct tp_buf *to)
{
    struct tp_str shown = value;

    if (value.len == 0) {
        TP_BUF_PUT(to, "_empty");
        return;
    }
    if (value.len > t->value_most)
        shown.len = cut_at(value, t->value_most - HASH_BYTES);
    if (t->kind == TP_TEMPLATE_COMMAND)
        put_command_value(to, shown);
    else
        put_file_value(to, shown);
    if (shown.len < value.len)
        tp_buf_printf(to, "-%016llx", (unsigned long long)tp_hash(0, value.ptr, value.len));
}

/* --- times -------------------------------------------------------------------------------------*/

/* ISO 8601: a week belongs to the year of its Thursday. */
static void
put_week(tp_time time, struct tp_buf *to)
{
    int64_t day = tp_time_floor(time, TP_DAY, 0) / TP_DAY;
    int64_t thursday = day - tp_weekday_of_days(day) + 3, year;
    int month, monthday;

    tp_civil_of_days(thursday, &year, &month, &monthday);
    tp_buf_printf(to, "%04lld-W%02lld", (long long)year,
                  (long long)(thursday - tp_days_of_civil(year, 1, 1)) / 7 + 1);
}

static void
put_time(tp_time time, enum unit unit, struct tp_buf *to)
{
    struct tp_civil civil = tp_civil_of_time(time);

    if (unit == WEEK) {
        put_week(time, to);
        return;
    }
    tp_buf_printf(to, "%04lld-%02d", (long long)civil.year, civil.month);
    if (unit == MONTH)
        return;
    tp_buf_printf(to, "-%02d", civil.day);
    if (unit == HOUR)
        tp_buf_printf(to, "T%02d", civil.hour);
}

/* --- writing -----------------------------------------------------------------------------------*/

static int
unfit(const struct part *part, const char *why, struct tp_err *err)
{
    struct tp_buf path = TP_BUF_INIT;

    tp_path_write(&part->path, &path);
    tp_err_set(err, TP_FAULT_RECORD, "%s %s", tp_buf_text(&path), why);
    tp_buf_release(&path);
    return -1;
}

/* The text of a slot that has one: strings without their escapes, numbers as they stand. */
static struct tp_str
slot_text(struct tp_template *t, const struct tp_slot *slot)
{
    if (slot->kind != TP_SLOT_ESCAPED)
        return (struct tp_str){slot->ptr, slot->len};
    tp_buf_clear(&t->scratch);
    tp_text_unescape((struct tp_str){slot->ptr, slot->len}, &t->scratch);
    return tp_buf_str(&t->scratch);
}

static int
write_time(struct tp_template *t, const struct part *part, const struct tp_slot *slot,
           struct tp_buf *to, struct tp_err *err)
{
    struct tp_str text = slot_text(t, slot);
    bool is_number = slot->kind == TP_SLOT_INTEGER || slot->kind == TP_SLOT_REAL;
    struct tp_err why;
    tp_time time;

    if (is_number ? tp_stamp_read_number(t->stamp, text, &time, &why)
                  : tp_stamp_read_text(t->stamp, text, &time, &why))
        return unfit(part, "is no time, which the name of its target needs", err);
    put_time(time, part->unit, to);
    return 0;
}

static int
write_member(struct tp_template *t, const struct part *part, const struct tp_slot *slot,
             struct tp_buf *to, struct tp_err *err)
{
    switch (slot->kind) {
    case TP_SLOT_MISSING:
    case TP_SLOT_NULL:
        TP_BUF_PUT(to, "_null");
        return 0;
    case TP_SLOT_OBJECT:
        return unfit(part, "is an object: it cannot name a target", err);
    case TP_SLOT_ARRAY:
        return unfit(part, "is an array: it cannot name a target", err);
    case TP_SLOT_FALSE:
    case TP_SLOT_TRUE:
        if (part->unit)
            return unfit(part, "is no time, which the name of its target needs", err);
        put_value(t, slot->kind == TP_SLOT_TRUE ? TP_STR("true") : TP_STR("false"), to);
        return 0;
    case TP_SLOT_INTEGER:
    case TP_SLOT_REAL:
    case TP_SLOT_TEXT:
    case TP_SLOT_ESCAPED:
        break;
    }
    if (part->unit)
        return write_time(t, part, slot, to, err);
    put_value(t, slot_text(t, slot), to);
    return 0;
}

int
tp_template_write(struct tp_template *t, const struct tp_slot *slots, uint64_t number,
                  struct tp_buf *to, struct tp_err *err)
{
    for (size_t i = 0; i < t->parts; i++) {
        const struct part *part = &t->part[i];

        if (part->kind == LITERAL)
            tp_buf_put_str(to, part->text);
        else if (part->kind == NUMBER)
            tp_buf_printf(to, "%llu", (unsigned long long)number);
        else if (write_member(t, part, &slots[part->slot], to, err) < 0)
            return -1;
    }
    return tp_buf_failed(to) || tp_buf_failed(&t->scratch) ? tp_err_memory(err) : 0;
}
