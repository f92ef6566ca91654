#include "record/control.h"

#include "record/emit.h"
#include "record/scan.h"
#include "value/text.h"

/* ---- recognition ---- */

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
skip_space(struct tp_str line, size_t at)
{
    while (at < line.len && is_space(line.ptr[at]))
        at++;
    return at;
}

static bool
stands_at(struct tp_str line, size_t at, struct tp_str text)
{
    return line.len - at >= text.len && memcmp(line.ptr + at, text.ptr, text.len) == 0;
}

/* The quoted name of the first member, when it is one of the two; else empty. */
static struct tp_str
control_name(struct tp_str line)
{
    static const struct tp_str names[] = {{"\"@watermark\"", 12}, {"\"@barrier\"", 10}};
    size_t at = skip_space(line, 0), colon;

    if (at == line.len || line.ptr[at] != '{')
        return (struct tp_str){NULL, 0};
    at = skip_space(line, at + 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!stands_at(line, at, names[i]))
            continue;
        colon = skip_space(line, at + names[i].len);
        if (colon < line.len && line.ptr[colon] == ':')
            return names[i];
    }
    return (struct tp_str){NULL, 0};
}

bool
tp_control_is(struct tp_str line)
{
    return control_name(line).len > 0;
}

/* ---- reading ---- */

/* The members that control lines know, as they stand in the line; of duplicates the last. */
struct members {
    struct tp_str watermark, barrier, delay, held_by, rejected, late, last, restore;
};

/* A walk over the text of an object that is known to be valid JSON: nothing is checked again. Not
 * tp_scan: a scanner is made to learn from millions of lines, and would have to be carried along
 * for one line in thousands. */
struct walk {
    struct tp_str line;
    size_t at;
};

static void
skip_string(struct walk *walk)
{
    for (walk->at++; walk->line.ptr[walk->at] != '"'; walk->at++)
        if (walk->line.ptr[walk->at] == '\\')
            walk->at++;
    walk->at++;
}

static void
skip_value(struct walk *walk)
{
    size_t depth = 0;

    for (; walk->at < walk->line.len; walk->at++) {
        char c = walk->line.ptr[walk->at];

        if (depth == 0 && (c == ',' || c == '}' || is_space(c)))
            return;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        else if (c == '"') {
            skip_string(walk);
            walk->at--;
        }
    }
}

static struct tp_str
walked_from(const struct walk *walk, size_t start)
{
    return (struct tp_str){walk->line.ptr + start, walk->at - start};
}

/* The next member behind `{` or a value; false at the end of the object. */
static bool
next_member(struct walk *walk, struct tp_str *name, struct tp_str *value)
{
    size_t start = skip_space(walk->line, walk->at);

    if (walk->line.ptr[start] == ',')
        start = skip_space(walk->line, start + 1);
    if (walk->line.ptr[start] != '"')
        return false;
    walk->at = start;
    skip_string(walk);
    *name = walked_from(walk, start);
    walk->at = skip_space(walk->line, walk->at);
    walk->at = start = skip_space(walk->line, walk->at + 1);
    skip_value(walk);
    *value = walked_from(walk, start);
    return true;
}

static bool
has_escapes(struct tp_str text)
{
    return memchr(text.ptr, '\\', text.len) != NULL;
}

static bool
is_string(struct tp_str value)
{
    return value.len > 0 && value.ptr[0] == '"';
}

/* The inside of a quoted string; escapes are undone into SCRATCH. */
static struct tp_str
inside_of(struct tp_str string, struct tp_buf *scratch)
{
    struct tp_str inside = {string.ptr + 1, string.len - 2};

    if (!has_escapes(inside))
        return inside;
    tp_buf_clear(scratch);
    tp_text_unescape(inside, scratch);
    return tp_buf_str(scratch);
}

static int
collect(struct tp_str line, struct members *members, struct tp_buf *scratch, struct tp_err *err)
{
    struct {
        struct tp_str name;
        struct tp_str *value;
    } known[] = {
        {TP_STR("@watermark"), &members->watermark},
        {TP_STR("@barrier"), &members->barrier},
        {TP_STR("delay"), &members->delay},
        {TP_STR("held_by"), &members->held_by},
        {TP_STR("rejected"), &members->rejected},
        {TP_STR("late"), &members->late},
        {TP_STR("last"), &members->last},
        {TP_STR("restore"), &members->restore},
    };
    struct walk walk = {line, skip_space(line, 0) + 1};
    struct tp_str name, value;

    while (next_member(&walk, &name, &value)) {
        name = inside_of(name, scratch);
        if (tp_buf_failed(scratch))
            return tp_err_memory(err);
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (tp_str_equal(name, known[i].name))
                *known[i].value = value;
    }
    return 0;
}

/* "NAME: REASON: VALUE", with as much of the value as helps. */
static int
refuse(struct tp_err *err, const char *name, const char *reason, struct tp_str value)
{
    size_t shown = value.len;

    if (shown > 60)
        for (shown = 60; shown > 0 && ((unsigned char)value.ptr[shown] & 0xC0) == 0x80;)
            shown--;
    return tp_err_set(err, TP_FAULT_RECORD, "%s: %s: %.*s%s", name, reason, (int)shown, value.ptr,
                      shown < value.len ? "..." : "");
}

/* A whole number from 0 to MOST. */
static bool
read_count(struct tp_str value, uint64_t most, uint64_t *count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)value.ptr[i] - '0';

        if (digit > 9 || sum > (most - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *count = sum;
    return true;
}

static int
read_time(struct tp_str value, struct tp_str text, tp_time *watermark, struct tp_err *err)
{
    struct tp_err reason;
    bool zoneless = false;

    if (tp_time_parse(text, watermark, &zoneless, &reason) < 0) {
        /* A date that is not one deserves its own reason; a word is just an unknown word. */
        if (text.len > 0 && text.ptr[0] >= '0' && text.ptr[0] <= '9')
            return tp_err_set(err, TP_FAULT_RECORD, "@watermark: %s", reason.text);
        return refuse(err, "@watermark", "neither a time nor start, none, idle, end", value);
    }
    if (zoneless)
        return refuse(err, "@watermark", "a time without Z or an offset", value);
    *watermark = tp_time_floor(*watermark, TP_MILLISECOND, 0);
    return 0;
}

static int
read_watermark(struct tp_str value, struct tp_control *control, struct tp_buf *scratch,
               struct tp_err *err)
{
    const struct {
        struct tp_str word;
        enum tp_control_kind kind;
    } words[] = {
        {TP_STR("start"), TP_CONTROL_START},
        {TP_STR("none"), TP_CONTROL_NONE},
        {TP_STR("idle"), TP_CONTROL_IDLE},
        {TP_STR("end"), TP_CONTROL_END},
    };
    struct tp_str text;

    if (!is_string(value))
        return refuse(err, "@watermark", "neither a time nor start, none, idle, end", value);
    text = inside_of(value, scratch);
    if (tp_buf_failed(scratch))
        return tp_err_memory(err);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!tp_str_equal(text, words[i].word))
            continue;
        control->kind = words[i].kind;
        return 0;
    }
    control->kind = TP_CONTROL_WATERMARK;
    return read_time(value, text, &control->watermark, err);
}

static int
read_delay(struct tp_str value, tp_duration *delay, struct tp_err *err)
{
    struct tp_err reason;

    if (value.len == 0)
        return 0;
    if (!is_string(value) ||
        tp_duration_parse((struct tp_str){value.ptr + 1, value.len - 2}, delay, &reason) < 0 ||
        *delay < 0)
        return refuse(err, "delay", "not a duration", value);
    return 0;
}

static int
read_held_by(struct tp_str value, struct tp_control *control, struct tp_err *err)
{
    if (value.len == 0)
        return 0;
    if (!is_string(value))
        return refuse(err, "held_by", "not a name", value);
    control->held_by = (struct tp_str){value.ptr + 1, value.len - 2};
    control->held_by_escaped = has_escapes(control->held_by);
    return 0;
}

static int
read_ledger(const struct members *members, struct tp_ledger *ledger, struct tp_err *err)
{
    if (!read_count(members->rejected, UINT64_MAX, &ledger->rejected))
        return refuse(err, "rejected", "not a count", members->rejected);
    if (!read_count(members->late, UINT64_MAX, &ledger->late))
        return refuse(err, "late", "not a count", members->late);
    return 0;
}

static int
read_barrier(const struct members *members, struct tp_control *control, struct tp_err *err)
{
    struct tp_str last = members->last, restore = members->restore;
    uint64_t id;

    if (!read_count(members->barrier, INT64_MAX, &id))
        return refuse(err, "@barrier", "not an ID, a whole number from 0", members->barrier);
    control->kind = TP_CONTROL_BARRIER;
    control->barrier = (int64_t)id;
    control->last = tp_str_equal(last, TP_STR("true"));
    if (last.len > 0 && !control->last && !tp_str_equal(last, TP_STR("false")))
        return refuse(err, "last", "neither true nor false", last);
    if (restore.len > 0 && restore.ptr[0] != '{')
        return refuse(err, "restore", "not an object", restore);
    control->restore = restore;
    return 0;
}

static int
interpret(const struct members *members, bool barrier, struct tp_control *control,
          struct tp_buf *scratch, struct tp_err *err)
{
    if (barrier)
        return read_barrier(members, control, err);
    if (read_watermark(members->watermark, control, scratch, err) < 0)
        return -1;
    if (control->kind == TP_CONTROL_START)
        return read_delay(members->delay, &control->delay, err);
    if (control->kind == TP_CONTROL_WATERMARK)
        return read_held_by(members->held_by, control, err);
    if (control->kind == TP_CONTROL_END)
        return read_ledger(members, &control->ledger, err);
    return 0;
}

int
tp_control_parse(struct tp_str line, struct tp_control *control, struct tp_err *err)
{
    struct members members = {.watermark = {NULL, 0}};
    struct tp_buf scratch = TP_BUF_INIT;
    struct tp_str name = control_name(line);
    int result;

    *control = (struct tp_control){.kind = TP_CONTROL_NONE, .delay = -1};
    if (name.len == 0)
        return tp_err_set(err, TP_FAULT_RECORD, "not a control line");
    if (tp_scan_validate(line, err) < 0)
        return -1;
    result = collect(line, &members, &scratch, err);
    if (result == 0)
        result = interpret(&members, name.ptr[2] == 'b', control, &scratch, err);
    tp_buf_release(&scratch);
    return result;
}

bool
tp_control_is_restore(struct tp_str line)
{
    struct tp_control control;

    return tp_control_is(line) && tp_control_parse(line, &control, NULL) == 0 &&
           control.kind == TP_CONTROL_BARRIER && control.restore.len > 0;
}

/* ---- writing ---- */

static void
write_ledger(struct tp_emit *line, const struct tp_ledger *ledger)
{
    /* Not tp_emit_int: counts are unsigned. */
    tp_emit_name(line, TP_STR("rejected"));
    tp_buf_printf(line->to, "%llu", (unsigned long long)ledger->rejected);
    tp_emit_name(line, TP_STR("late"));
    tp_buf_printf(line->to, "%llu", (unsigned long long)ledger->late);
}

static void
write_watermark(struct tp_emit *line, const struct tp_control *control)
{
    struct tp_str held_by = control->held_by;

    tp_emit_time(line, TP_STR("@watermark"), control->watermark);
    if (held_by.len == 0)
        return;
    if (!control->held_by_escaped) {
        tp_emit_text(line, TP_STR("held_by"), held_by);
        return;
    }
    tp_emit_name(line, TP_STR("held_by"));
    tp_buf_put_char(line->to, '"');
    tp_buf_put_str(line->to, held_by);
    tp_buf_put_char(line->to, '"');
}

static void
write_barrier(struct tp_emit *line, const struct tp_control *control)
{
    tp_emit_int(line, TP_STR("@barrier"), control->barrier);
    if (control->last)
        tp_emit_json(line, TP_STR("last"), TP_STR("true"));
    if (control->restore.len > 0)
        tp_emit_json(line, TP_STR("restore"), control->restore);
}

static void
write_start(struct tp_emit *line, const struct tp_control *control)
{
    char delay[TP_TIME_TEXT];

    tp_emit_text(line, TP_STR("@watermark"), TP_STR("start"));
    if (control->delay >= 0)
        tp_emit_text(line, TP_STR("delay"),
                     (struct tp_str){delay, tp_duration_write(delay, control->delay)});
}

void
tp_control_write(struct tp_buf *to, const struct tp_control *control)
{
    struct tp_emit line = tp_emit_open(to);

    switch (control->kind) {
    case TP_CONTROL_START:
        write_start(&line, control);
        break;
    case TP_CONTROL_NONE:
        tp_emit_text(&line, TP_STR("@watermark"), TP_STR("none"));
        break;
    case TP_CONTROL_WATERMARK:
        write_watermark(&line, control);
        break;
    case TP_CONTROL_IDLE:
        tp_emit_text(&line, TP_STR("@watermark"), TP_STR("idle"));
        break;
    case TP_CONTROL_END:
        tp_emit_text(&line, TP_STR("@watermark"), TP_STR("end"));
        write_ledger(&line, &control->ledger);
        break;
    case TP_CONTROL_BARRIER:
        write_barrier(&line, control);
        break;
    }
    tp_emit_close(&line);
}
