#include "record/snapshot.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "record/emit.h"
#include "record/member.h"
#include "value/num.h"
#include "value/text.h"

enum { GATHER = 256 << 10, SEAL_BYTES = 80 };

/* ---- writing ---- */

int
tp_save_init(struct tp_save *save, int (*write)(void *, struct tp_str, struct tp_err *), void *to,
             struct tp_err *err)
{
    *save = (struct tp_save){.hash = XXH64_createState(), .write = write, .to = to};
    if (!save->hash)
        return tp_err_memory(err);
    XXH64_reset(save->hash, 0);
    return 0;
}

void
tp_save_hex(struct tp_buf *to, struct tp_str bytes)
{
    static const char digits[] = "0123456789abcdef";

    tp_buf_put_char(to, '"');
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];

        tp_buf_put_char(to, digits[byte >> 4]);
        tp_buf_put_char(to, digits[byte & 15]);
    }
    tp_buf_put_char(to, '"');
}

struct tp_buf *
tp_save_line(struct tp_save *save)
{
    return &save->buf;
}

static int
hand_on(struct tp_save *save, struct tp_err *err)
{
    int result;

    if (tp_buf_failed(&save->buf))
        return tp_err_memory(err);
    result = save->write(save->to, tp_buf_str(&save->buf), err);
    tp_buf_clear(&save->buf);
    return result;
}

static int
hash_and_hand_on(struct tp_save *save, struct tp_err *err)
{
    if (!tp_buf_failed(&save->buf))
        XXH64_update(save->hash, save->buf.ptr ? save->buf.ptr : "", save->buf.len);
    return hand_on(save, err);
}

int
tp_save_line_end(struct tp_save *save, struct tp_err *err)
{
    struct tp_buf *buf = &save->buf;

    save->lines++;
    if (buf->len == 0 || buf->ptr[buf->len - 1] != '\n')
        tp_buf_put_char(buf, '\n');
    return buf->len >= GATHER || tp_buf_failed(buf) ? hash_and_hand_on(save, err) : 0;
}

static size_t
write_seal(char *to, uint64_t lines, uint64_t hash)
{
    return (size_t)snprintf(to, SEAL_BYTES, "{\"@end\":%llu,\"xxh64\":\"%016llx\"}\n",
                            (unsigned long long)lines, (unsigned long long)hash);
}

int
tp_save_seal(struct tp_save *save, struct tp_err *err)
{
    char seal[SEAL_BYTES];

    if (hash_and_hand_on(save, err) < 0)
        return -1;
    tp_buf_put(&save->buf, seal, write_seal(seal, save->lines, XXH64_digest(save->hash)));
    return hand_on(save, err);
}

void
tp_save_release(struct tp_save *save)
{
    tp_buf_release(&save->buf);
    XXH64_freeState(save->hash);
    save->hash = NULL;
}

/* ---- the header ---- */

static void
put_flag(struct tp_emit *line, const char *name, bool flag)
{
    if (flag)
        tp_emit_json(line, tp_str_of(name), TP_STR("true"));
}

void
tp_snapshot_write(const struct tp_snapshot *header, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);

    tp_emit_int(&line, TP_STR("@snapshot"), header->id);
    tp_emit_int(&line, TP_STR("format"), TP_SNAPSHOT_VERSION);
    tp_emit_text(&line, TP_STR("filter"), header->filter);
    tp_emit_text(&line, TP_STR("version"), header->version);
    tp_emit_name(&line, TP_STR("epochs"));
    tp_epochs_write(&header->epochs, to);
    put_flag(&line, "last", header->last);
    put_flag(&line, "complete", header->complete);
    put_flag(&line, "sink", header->sink);
    tp_emit_json(&line, TP_STR("options"), header->options);
    tp_emit_close(&line);
}

/* The inside of a JSON string that stands for itself. */
static int
plain_text(struct tp_str json, struct tp_str *inside, struct tp_err *err)
{
    if (json.len < 2 || json.ptr[0] != '"' || memchr(json.ptr, '\\', json.len))
        return tp_err_set(err, TP_FAULT_MACHINE, "its header names no filter");
    *inside = (struct tp_str){json.ptr + 1, json.len - 2};
    return 0;
}

int
tp_snapshot_parse(struct tp_snapshot *header, struct tp_str line, struct tp_err *err)
{
    struct tp_str filter = {NULL, 0}, version = {NULL, 0}, epochs = {NULL, 0};
    int64_t format = 0;
    const struct tp_saved fields[] = {
        {"@snapshot", TP_SAVED_INT, &header->id, false},
        {"format", TP_SAVED_INT, &format, false},
        {"filter", TP_SAVED_JSON, &filter, false},
        {"version", TP_SAVED_JSON, &version, false},
        {"epochs", TP_SAVED_JSON, &epochs, false},
        {"last", TP_SAVED_FLAG, &header->last, true},
        {"complete", TP_SAVED_FLAG, &header->complete, true},
        {"sink", TP_SAVED_FLAG, &header->sink, true},
        {"options", TP_SAVED_JSON, &header->options, false},
    };

    *header = (struct tp_snapshot){.id = 0};
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    if (format != TP_SNAPSHOT_VERSION)
        return tp_err_set(err, TP_FAULT_MACHINE, "written in format %lld, this is %d",
                          (long long)format, TP_SNAPSHOT_VERSION);
    if (plain_text(filter, &header->filter, err) < 0 ||
        plain_text(version, &header->version, err) < 0)
        return -1;
    if (tp_epochs_parse(&header->epochs, epochs, err) < 0) {
        tp_epochs_release(&header->epochs);
        err->fault = TP_FAULT_MACHINE;
        return -1;
    }
    return 0;
}

void
tp_snapshot_release(struct tp_snapshot *header)
{
    tp_epochs_release(&header->epochs);
}

/* ---- reading ---- */

static uint64_t
count_lines(struct tp_str text)
{
    const char *p = text.ptr, *end = p + text.len;
    uint64_t lines = 0;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        p++;
        lines++;
    }
    return lines;
}

/* A scanner learns what the lines have in common; it needs bytes behind a line. */
static int
check_line(struct tp_scan *scan, struct tp_str line, const char *end, struct tp_err *err)
{
    const char *behind = line.ptr + line.len + 1;

    if (end - behind < TP_SCAN_PADDING)
        return tp_scan_validate(line, err);
    return tp_scan_line(scan, line.ptr, behind, NULL, NULL, err) ? 0 : -1;
}

/* END: of the text that BODY is the beginning of. */
static int
check_lines(struct tp_str body, const char *end, struct tp_err *err)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_str line;
    struct tp_err why;
    uint64_t number = 0;
    bool good = true;

    if (!scan)
        return tp_err_memory(err);
    while (good && tp_snapshot_next(&body, &line)) {
        number++;
        good = check_line(scan, line, end, &why) == 0;
    }
    tp_scan_free(scan);
    return good ? 0
                : tp_err_set(err, TP_FAULT_MACHINE, "line %llu: %s", (unsigned long long)number,
                             why.text);
}

int
tp_snapshot_open(struct tp_str text, struct tp_str *body, struct tp_err *err)
{
    char seal[SEAL_BYTES];
    const char *last;
    size_t len;

    if (text.len == 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "empty");
    if (text.ptr[text.len - 1] != '\n')
        return tp_err_set(err, TP_FAULT_MACHINE, "cut off: its last line has no end");
    last = memrchr(text.ptr, '\n', text.len - 1);
    *body = (struct tp_str){text.ptr, last ? (size_t)(last + 1 - text.ptr) : 0};
    if (text.len - body->len < 8 || memcmp(text.ptr + body->len, "{\"@end\":", 8) != 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "cut off: no line \"@end\" closes it");
    len = write_seal(seal, count_lines(*body), XXH64(body->ptr, body->len, 0));
    if (len != text.len - body->len || memcmp(text.ptr + body->len, seal, len) != 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "damaged: its checksum does not fit");
    return check_lines(*body, text.ptr + text.len, err);
}

bool
tp_snapshot_next(struct tp_str *body, struct tp_str *line)
{
    const char *newline;

    if (body->len == 0)
        return false;
    newline = memchr(body->ptr, '\n', body->len);
    *line = (struct tp_str){body->ptr, (size_t)(newline - body->ptr)};
    body->ptr = newline + 1;
    body->len -= line->len + 1;
    return true;
}

/* ---- members of a line ---- */

static bool
read_text(const struct tp_slot *value, struct tp_buf *to)
{
    struct tp_str inside = {value->ptr, value->len};

    if (value->kind == TP_SLOT_ESCAPED)
        tp_text_unescape(inside, to);
    else if (value->kind == TP_SLOT_TEXT)
        tp_buf_put_str(to, inside);
    else
        return false;
    return !tp_buf_failed(to);
}

/* The value of a digit as tp_save_hex writes it, or -1. */
static int
digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_hex(const struct tp_slot *value, struct tp_buf *to)
{
    if (value->kind != TP_SLOT_TEXT || value->len % 2 != 0)
        return false;
    for (size_t i = 0; i < value->len; i += 2) {
        int high = digit_of(value->ptr[i]), low = digit_of(value->ptr[i + 1]);

        if (high < 0 || low < 0)
            return false;
        tp_buf_put_char(to, (char)(high * 16 + low));
    }
    return !tp_buf_failed(to);
}

static bool
read_number(const struct tp_slot *value, const struct tp_saved *field)
{
    struct tp_str text = {value->ptr, value->len};
    struct tp_value number;
    int64_t integer;

    if (field->kind == TP_SAVED_REAL) {
        if ((value->kind != TP_SLOT_INTEGER && value->kind != TP_SLOT_REAL) ||
            !tp_num_parse(text, &number))
            return false;
        *(double *)field->to = number.kind == TP_INT ? (double)number.integer : number.real;
        return true;
    }
    if (value->kind != TP_SLOT_INTEGER || !tp_num_parse_int(text, &integer))
        return false;
    if (field->kind == TP_SAVED_INT)
        *(int64_t *)field->to = integer;
    else if (integer >= 0)
        *(uint64_t *)field->to = (uint64_t)integer;
    else
        return false;
    return true;
}

static bool
read_field(const struct tp_slot *value, const struct tp_saved *field)
{
    switch (field->kind) {
    case TP_SAVED_INT:
    case TP_SAVED_COUNT:
    case TP_SAVED_REAL:
        return read_number(value, field);
    case TP_SAVED_FLAG:
        *(bool *)field->to = value->kind == TP_SLOT_TRUE;
        return value->kind == TP_SLOT_TRUE || value->kind == TP_SLOT_FALSE;
    case TP_SAVED_TEXT:
        return read_text(value, field->to);
    case TP_SAVED_HEX:
        return read_hex(value, field->to);
    case TP_SAVED_JSON:
        *(struct tp_str *)field->to = tp_slot_json(value);
        return true;
    }
    return false;
}

/* The field called NAME. Members come in the order in which they were written, which is that of
 * most readers' fields: it is probably GUESS. FIELDS: none is called so. */
static size_t
find_field(const struct tp_saved *field, size_t fields, struct tp_str name, size_t guess)
{
    for (size_t n = 0, i = guess; n < fields; n++, i++) {
        i = i < fields ? i : 0;
        if (tp_str_equal(name, tp_str_of(field[i].name)))
            return i;
    }
    return fields;
}

static int
refuse_missing(const struct tp_saved *field, size_t fields, uint64_t found, struct tp_err *err)
{
    for (size_t i = 0; i < fields; i++)
        if (!(found >> i & 1) && !field[i].optional)
            return tp_err_set(err, TP_FAULT_MACHINE, "a saved line has no \"%s\"", field[i].name);
    return 0;
}

int
tp_saved_read(struct tp_str line, const struct tp_saved *field, size_t fields, struct tp_err *err)
{
    struct tp_members walk = tp_members_open(line);
    struct tp_member member;
    uint64_t found = 0;
    size_t guess = 0, i;

    while (tp_members_next(&walk, &member)) {
        i = find_field(field, fields, member.name, guess);
        if (i == fields || found >> i & 1)
            continue;
        if (!read_field(&member.value, &field[i]))
            return tp_err_set(err, TP_FAULT_MACHINE, "\"%s\" of a saved line: not as it is written",
                              field[i].name);
        found |= UINT64_C(1) << i;
        guess = i + 1;
    }
    return refuse_missing(field, fields, found, err);
}

bool
tp_saved_is(struct tp_str line, const char *name)
{
    size_t len = strlen(name);

    return line.len > len + 4 && line.ptr[0] == '{' && line.ptr[1] == '"' &&
           memcmp(line.ptr + 2, name, len) == 0 && line.ptr[len + 2] == '"';
}
