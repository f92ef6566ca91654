/*
 * The driver's own lines of a snapshot, read back (stage_save.c writes them).
 */
#include <string.h>

#include "filter/stage.h"
#include "record/member.h"
#include "value/num.h"
#include "value/text.h"

#define COUNT(name, field)                    \
    {                                         \
        name, TP_SAVED_COUNT, &(field), false \
    }
#define INT(name, field)                    \
    {                                       \
        name, TP_SAVED_INT, &(field), false \
    }
#define FLAG(name, field)                    \
    {                                        \
        name, TP_SAVED_FLAG, &(field), false \
    }
#define READ(s, line, fields) \
    tp_saved_read(line, fields, sizeof(fields) / sizeof *(fields), &(s)->err)

static int
load_stage(struct tp_stage *s, struct tp_str line)
{
    struct tp_counts *c = &s->count;
    const struct tp_saved fields[] = {
        COUNT("@stage", s->record.sequence),
        COUNT("in", c->in),
        COUNT("used", c->used),
        COUNT("late", c->late),
        COUNT("rejected", c->rejected),
        COUNT("filtered", c->filtered),
        COUNT("duplicate", c->duplicate),
        COUNT("held", c->held),
        COUNT("rows", c->rows),
        COUNT("lost", s->side.rejected),
        COUNT("dropped_late", s->side.dropped_late),
        COUNT("upstream_rejected", s->upstream.rejected),
        COUNT("upstream_late", s->upstream.late),
        INT("watermark", s->record.watermark),
        INT("forwarded", s->forwarded),
        INT("delay", s->delay),
        FLAG("idle", s->said_idle),
        FLAG("spoiled", s->spoiled),
    };
    struct tp_minimum *minimum = tp_minimum_new();

    if (!minimum)
        return tp_err_memory(&s->err);
    tp_minimum_free(s->minimum);
    s->minimum = minimum;
    if (READ(s, line, fields) < 0)
        return -1;
    /* -d of now rules what is to come. */
    if (s->settings.delay >= 0)
        s->delay = s->settings.delay;
    tp_minimum_resume(minimum, s->record.watermark);
    return 0;
}

/* A file is read again up to where it was left: it may be packed, and lines may be too long. */
static int
skip_to(struct tp_stage *s, struct tp_input *in, uint64_t offset)
{
    struct tp_str block;

    in->skipped = offset;
    while (offset > 0) {
        enum tp_in_state state = tp_in_next(in->in, &block, &s->err);
        uint64_t from = tp_in_offset(in->in);

        if (state == TP_IN_TOO_LONG)
            continue;
        if (state == TP_IN_ERROR)
            return -1;
        if (state != TP_IN_BLOCK)
            return state == TP_IN_END && from == offset
                       ? 0
                       : tp_err_set(&s->err, TP_FAULT_MACHINE,
                                    "%s is shorter than when its position was saved",
                                    tp_in_name(in->in));
        if (from + block.len < offset)
            continue;
        in->block_start = block.ptr;
        in->block =
            (struct tp_str){block.ptr + (offset - from), (size_t)(from + block.len - offset)};
        return 0;
    }
    return 0;
}

/* Where an input stands: a file is gone on with; of a pipe the numbers in messages go on. */
static int
set_position(struct tp_stage *s, struct tp_input *in, uint64_t offset, uint64_t line)
{
    in->line_number = line;
    if (tp_in_is_regular(in->in))
        return skip_to(s, in, offset);
    in->shift += offset - in->mark;
    in->mark = offset;
    return 0;
}

static int
check_file(struct tp_stage *s, const struct tp_input *in, struct tp_str file)
{
    struct tp_buf name = TP_BUF_INIT;
    bool same;

    if (!tp_in_is_regular(in->in))
        return 0;
    tp_text_quote(tp_str_of(tp_in_name(in->in)), &name);
    same = tp_str_equal(file, tp_buf_str(&name));
    tp_buf_release(&name);
    return same ? 0
                : tp_err_set(&s->err, TP_FAULT_MACHINE, "its FILE was %.*s, and now it is %s",
                             (int)file.len, file.ptr, tp_in_name(in->in));
}

static int
load_input(struct tp_stage *s, struct tp_str line)
{
    struct tp_input read = {.watermark = 0}, *in;
    struct tp_str file = {"", 0};
    uint64_t which = 0, offset = 0, state = 0;
    tp_time member = 0;
    const struct tp_saved fields[] = {
        COUNT("@input", which),
        {"file", TP_SAVED_JSON, &file, true},
        COUNT("offset", offset),
        COUNT("line", read.line_number),
        INT("watermark", read.watermark),
        INT("member", member),
        COUNT("state", state),
        INT("largest", read.bounded.largest),
        INT("bounded", read.bounded.watermark),
        FLAG("timed", read.timed),
        FLAG("idle", read.idle),
        FLAG("over", read.over),
    };

    if (READ(s, line, fields) < 0)
        return -1;
    if (which >= (uint64_t)s->inputs || state > TP_MINIMUM_ENDED)
        return tp_err_set(&s->err, TP_FAULT_MACHINE, "it has other inputs");
    in = &s->input[which];
    if (check_file(s, in, file) < 0)
        return -1;
    in->watermark = read.watermark;
    in->timed = read.timed;
    in->idle = read.idle;
    in->over = read.over;
    tp_bounded_resume(&in->bounded, read.bounded.largest, read.bounded.watermark);
    if (tp_minimum_rejoin(s->minimum, member, (enum tp_minimum_state)state) < 0)
        return tp_err_memory(&s->err);
    return set_position(s, in, offset, read.line_number);
}

static int
digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
load_partial(struct tp_stage *s, struct tp_str line)
{
    struct tp_buf hex = TP_BUF_INIT;
    uint64_t which = 0, offset = 0;
    const struct tp_saved fields[] = {
        COUNT("@partial", which),
        COUNT("offset", offset),
        {"hex", TP_SAVED_TEXT, &hex, false},
    };
    int result = READ(s, line, fields);
    struct tp_input *in;

    if (result == 0 && which >= (uint64_t)s->inputs)
        result = tp_err_set(&s->err, TP_FAULT_MACHINE, "it has other inputs");
    in = &s->input[result == 0 ? which : 0];
    for (size_t i = 0; result == 0 && i + 1 < hex.len; i += 2)
        tp_buf_put_char(&in->partial, (char)(digit_of(hex.ptr[i]) * 16 + digit_of(hex.ptr[i + 1])));
    in->partial_offset = offset;
    tp_buf_release(&hex);
    return result == 0 && tp_buf_failed(&in->partial) ? tp_err_memory(&s->err) : result;
}

/* The whole number that VALUE is. */
static bool
read_number(const struct tp_slot *value, int64_t *number)
{
    return value->kind == TP_SLOT_INTEGER &&
           tp_num_parse_int((struct tp_str){value->ptr, value->len}, number) && *number >= 0;
}

static bool
read_bucket(const struct tp_slot *pair, struct tp_lateness *late)
{
    struct tp_members walk;
    struct tp_slot value;
    int64_t at, count;

    if (pair->kind != TP_SLOT_ARRAY)
        return false;
    walk = tp_elements_open(tp_slot_json(pair));
    if (!tp_elements_next(&walk, &value) || !read_number(&value, &at) || at >= TP_LATE_BUCKETS ||
        !tp_elements_next(&walk, &value) || !read_number(&value, &count))
        return false;
    late->bucket[at] = (uint64_t)count;
    return true;
}

static int
load_lateness(struct tp_stage *s, struct tp_str line)
{
    struct tp_lateness *late = &s->side.lateness;
    struct tp_str buckets;
    const struct tp_saved fields[] = {
        COUNT("@lateness", late->count),
        INT("most", late->most),
        {"buckets", TP_SAVED_JSON, &buckets, false},
    };
    struct tp_members walk;
    struct tp_slot pair;

    if (READ(s, line, fields) < 0)
        return -1;
    walk = tp_elements_open(buckets);
    while (tp_elements_next(&walk, &pair))
        if (!read_bucket(&pair, late))
            return tp_err_set(&s->err, TP_FAULT_MACHINE, "\"buckets\": not as they are written");
    return 0;
}

static int
load_seen(struct tp_stage *s, struct tp_str line)
{
    struct tp_str seen;
    const struct tp_saved field = {"@seen", TP_SAVED_JSON, &seen, false};
    struct tp_members walk;
    struct tp_slot value;
    int64_t slot;

    if (tp_saved_read(line, &field, 1, &s->err) < 0)
        return -1;
    walk = tp_elements_open(seen);
    while (tp_elements_next(&walk, &value)) {
        if (!read_number(&value, &slot))
            return tp_err_set(&s->err, TP_FAULT_MACHINE, "\"@seen\": not as it is written");
        if ((size_t)slot >= s->slots || s->seen[slot])
            continue;
        s->seen[slot] = true;
        s->unseen -= s->wanted[slot].path.len > 0;
    }
    return 0;
}

static int
load_side(struct tp_stage *s, struct tp_str line)
{
    struct tp_str what, file;
    uint64_t length = 0;
    const struct tp_saved fields[] = {
        {"@side", TP_SAVED_JSON, &what, false},
        {"file", TP_SAVED_JSON, &file, false},
        COUNT("length", length),
    };
    struct tp_target *target;
    struct tp_buf name = TP_BUF_INIT;
    bool same;

    if (READ(s, line, fields) < 0)
        return -1;
    target = tp_str_equal(what, TP_STR("\"late\"")) ? s->side.late : s->side.rejects;
    if (!target)
        return 0; /* not asked for any more: the file stays as it is */
    tp_text_quote(tp_str_of(tp_target_name(target)), &name);
    same = tp_str_equal(tp_buf_str(&name), file);
    tp_buf_release(&name);
    return same ? tp_target_truncate(target, length, &s->err) : 0;
}

int
tp_state_load_own(struct tp_stage *s, struct tp_str line)
{
    if (tp_saved_is(line, "@stage"))
        return load_stage(s, line);
    if (tp_saved_is(line, "@input"))
        return load_input(s, line);
    if (tp_saved_is(line, "@partial"))
        return load_partial(s, line);
    if (tp_saved_is(line, "@lateness"))
        return load_lateness(s, line);
    if (tp_saved_is(line, "@seen"))
        return load_seen(s, line);
    if (tp_saved_is(line, "@side"))
        return load_side(s, line);
    return tp_err_set(&s->err, TP_FAULT_MACHINE, "a line of a later version: %.*s",
                      (int)(line.len < 60 ? line.len : 60), line.ptr);
}
