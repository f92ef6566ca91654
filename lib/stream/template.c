#include "stream/template.h"

#include <stdlib.h>
#include <string.h>

#include "stream/template_value.h"
#include "value/stamp.h"
#include "value/text.h"

enum {
    NAME_BYTES = 255, /* NAME_MAX of Linux's file systems */
    NUMBER_BYTES = 20,
    TIME_BYTES = 13,
    LEAST_VALUE = 32,   /* a cut value is still worth reading */
    LONGEST_TEXT = 2048 /* with its fields it stays below PATH_MAX */
};

enum part_kind { LITERAL, MEMBER, NUMBER };

struct part {
    enum part_kind kind;
    struct tp_str text; /* LITERAL: braces undone, in the template's memory */
    struct tp_path path;
    enum tp_template_unit unit;
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
add_part(struct tp_template *template, enum part_kind kind)
{
    struct part *grown = realloc(template->part, (template->parts + 1) * sizeof *grown);

    if (!grown)
        return NULL;
    template->part = grown;
    template->part[template->parts] = (struct part){.kind = kind, .slot = -1};
    return &template->part[template->parts++];
}

static int
parse_unit(struct part *part, struct tp_str word, long at, struct tp_err *err)
{
    static const struct tp_str words[] = {{"hour", 4}, {"day", 3}, {"week", 4}, {"month", 5}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!tp_str_equal(word, words[i]))
            continue;
        part->unit = TP_TEMPLATE_HOUR + (enum tp_template_unit)i;
        return 0;
    }
    return tp_err_at(err, TP_FAULT_USAGE, at, "{...|%.*s}: hour, day, week or month", (int)word.len,
                     word.ptr);
}

/* The field whose inside begins at *AT; moves behind its brace. */
static int
parse_member(struct tp_template *template, struct tp_str text, size_t *at, struct tp_err *err)
{
    struct part *part = add_part(template, MEMBER);
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
    template->members++;
    return 0;
}

/* Text up to the next field; a doubled brace is one, a command's `${` is the shell's. */
static size_t
literal_end(const struct tp_template *template, struct tp_str text, size_t at, struct tp_buf *to)
{
    for (; at < text.len; at++) {
        char c = text.ptr[at];
        bool behind_dollar =
            template->kind == TP_TEMPLATE_COMMAND && at > 0 && text.ptr[at - 1] == '$';

        if (c == '{' && at + 1 < text.len && text.ptr[at + 1] == '{')
            at++;
        else if (c == '{' && !behind_dollar)
            break;
        tp_buf_put_char(to, c);
    }
    return at;
}

static int
parse_parts(struct tp_template *template, struct tp_str text, bool numbered, struct tp_err *err)
{
    size_t at = 0;

    /* Room for all of it, so that what is lent stays in place. */
    if (!tp_buf_reserve(&template->memory, text.len + 1))
        return tp_err_memory(err);
    while (at < text.len) {
        size_t from = template->memory.len;
        struct part *part;

        at = literal_end(template, text, at, &template->memory);
        if (template->memory.len > from) {
            part = add_part(template, LITERAL);
            if (!part)
                return tp_err_memory(err);
            part->text = (struct tp_str){template->memory.ptr + from, template->memory.len - from};
        }
        if (at == text.len)
            break;
        at++;
        if (numbered && text.len - at >= 2 && memcmp(text.ptr + at, "n}", 2) == 0) {
            if (!add_part(template, NUMBER))
                return tp_err_memory(err);
            template->numbered = true;
            at += 2;
        } else if (parse_member(template, text, &at, err) < 0) {
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
check_fields(const struct tp_template *template, struct tp_str text, struct tp_err *err)
{
    if (tp_template_is_fixed(template))
        return 0;
    if (template->kind == TP_TEMPLATE_DEVICE)
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
fit_segment(struct tp_template *template, struct segment *segment, struct tp_err *err)
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
    if (each < template->value_most)
        template->value_most = each;
    return 0;
}

static int
fit_literal(struct tp_template *template, struct segment *segment, struct tp_str text,
            struct tp_err *err)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '/')
            segment->fixed++;
        else if (fit_segment(template, segment, err) < 0)
            return -1;
    }
    return 0;
}

static int
fit(struct tp_template *template, struct tp_err *err)
{
    struct segment segment = {0, 0};

    template->value_most = TP_TEMPLATE_VALUE;
    if (template->kind == TP_TEMPLATE_COMMAND)
        return 0;
    for (size_t i = 0; i < template->parts; i++) {
        const struct part *part = &template->part[i];

        if (part->kind == NUMBER)
            segment.fixed += NUMBER_BYTES;
        else if (part->kind == MEMBER && part->unit)
            segment.fixed += TIME_BYTES;
        else if (part->kind == MEMBER)
            segment.values++;
        else if (fit_literal(template, &segment, part->text, err) < 0)
            return -1;
    }
    return fit_segment(template, &segment, err);
}

static int
need_stamp(struct tp_template *template, struct tp_err *err)
{
    for (size_t i = 0; i < template->parts && !template->stamp; i++) {
        if (!template->part[i].unit)
            continue;
        template->stamp = tp_stamp_new(NULL, NULL, err);
        if (!template->stamp)
            return -1;
    }
    return 0;
}

struct tp_template *
tp_template_parse(struct tp_str text, bool numbered, struct tp_err *err)
{
    struct tp_template *template;

    if (text.len == 0 || memchr(text.ptr, '\0', text.len)) {
        tp_err_at(err, TP_FAULT_USAGE, 0, "a target must not be empty");
        return NULL;
    }
    template = calloc(1, sizeof *template);
    if (!template) {
        tp_err_memory(err);
        return NULL;
    }
    template->kind = kind_of(text);
    if (parse_parts(template, text, numbered, err) < 0 || check_fields(template, text, err) < 0 ||
        fit(template, err) < 0 || need_stamp(template, err) < 0) {
        tp_template_free(template);
        return NULL;
    }
    if (template->kind != TP_TEMPLATE_COMMAND && template->parts > 0 &&
        template->part[0].kind == LITERAL) {
        const char *slash = memrchr(template->part[0].text.ptr, '/', template->part[0].text.len);

        template->folder = slash ? (size_t)(slash - template->part[0].text.ptr) + 1 : 0;
    }
    return template;
}

void
tp_template_free(struct tp_template *template)
{
    if (!template)
        return;
    for (size_t i = 0; i < template->parts; i++)
        tp_path_release(&template->part[i].path);
    free(template->part);
    tp_stamp_free(template->stamp);
    tp_buf_release(&template->memory);
    tp_buf_release(&template->scratch);
    free(template);
}

/* --- questions ---------------------------------------------------------------------------------*/

enum tp_template_kind
tp_template_kind(const struct tp_template *template)
{
    return template->kind;
}

bool
tp_template_is_fixed(const struct tp_template *template)
{
    return template->members == 0 && !template->numbered;
}

bool
tp_template_is_numbered(const struct tp_template *template)
{
    return template->numbered;
}

size_t
tp_template_members(const struct tp_template *template)
{
    return template->members;
}

/* The part that is member number I. */
static struct part *
member_part(const struct tp_template *template, size_t i)
{
    struct part *part = template->part;

    while (part->kind != MEMBER || i-- > 0)
        part++;
    return part;
}

const struct tp_path *
tp_template_member(const struct tp_template *template, size_t i)
{
    return &member_part(template, i)->path;
}

void
tp_template_set_slot(struct tp_template *template, size_t i, int slot)
{
    member_part(template, i)->slot = slot;
}

struct tp_str
tp_template_folder(const struct tp_template *template)
{
    return (struct tp_str){template->folder ? template->part[0].text.ptr : "", template->folder};
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
slot_text(struct tp_template *template, const struct tp_slot *slot)
{
    if (slot->kind != TP_SLOT_ESCAPED)
        return (struct tp_str){slot->ptr, slot->len};
    tp_buf_clear(&template->scratch);
    tp_text_unescape((struct tp_str){slot->ptr, slot->len}, &template->scratch);
    return tp_buf_str(&template->scratch);
}

static void
put_value(const struct tp_template *template, struct tp_str value, struct tp_buf *to)
{
    tp_template_put_value(to, value, template->value_most, template->kind == TP_TEMPLATE_COMMAND);
}

static int
write_time(struct tp_template *template, const struct part *part, const struct tp_slot *slot,
           struct tp_buf *to, struct tp_err *err)
{
    struct tp_str text = slot_text(template, slot);
    bool is_number = slot->kind == TP_SLOT_INTEGER || slot->kind == TP_SLOT_REAL;
    struct tp_err why;
    tp_time time;

    if (is_number ? tp_stamp_read_number(template->stamp, text, &time, &why)
                  : tp_stamp_read_text(template->stamp, text, &time, &why))
        return unfit(part, "is no time, which the name of its target needs", err);
    tp_template_put_time(to, time, part->unit);
    return 0;
}

static int
write_member(struct tp_template *template, const struct part *part, const struct tp_slot *slot,
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
        put_value(template, slot->kind == TP_SLOT_TRUE ? TP_STR("true") : TP_STR("false"), to);
        return 0;
    case TP_SLOT_INTEGER:
    case TP_SLOT_REAL:
    case TP_SLOT_TEXT:
    case TP_SLOT_ESCAPED:
        break;
    }
    if (part->unit)
        return write_time(template, part, slot, to, err);
    put_value(template, slot_text(template, slot), to);
    return 0;
}

int
tp_template_write(struct tp_template *template, const struct tp_slot *slots, uint64_t number,
                  struct tp_buf *to, struct tp_err *err)
{
    for (size_t i = 0; i < template->parts; i++) {
        const struct part *part = &template->part[i];

        if (part->kind == LITERAL)
            tp_buf_put_str(to, part->text);
        else if (part->kind == NUMBER)
            tp_buf_printf(to, "%llu", (unsigned long long)number);
        else if (write_member(template, part, &slots[part->slot], to, err) < 0)
            return -1;
    }
    return tp_buf_failed(to) || tp_buf_failed(&template->scratch) ? tp_err_memory(err) : 0;
}
