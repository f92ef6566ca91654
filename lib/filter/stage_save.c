/*
 * The driver's own lines of a snapshot. Whatever has a line here is read back in stage_load.c.
 */
#include "filter/stage.h"
#include "record/emit.h"

static void
put_count(struct tp_emit *line, const char *name, uint64_t count)
{
    tp_emit_int(line, tp_str_of(name), (int64_t)count);
}

static void
put_flag(struct tp_emit *line, const char *name, bool flag)
{
    tp_emit_json(line, tp_str_of(name), flag ? TP_STR("true") : TP_STR("false"));
}

static void
write_stage(const struct tp_stage *s, struct tp_buf *to)
{
    const struct tp_counts *c = &s->count;
    struct tp_emit line = tp_emit_open(to);

    put_count(&line, "@stage", s->record.sequence);
    put_count(&line, "in", c->in);
    put_count(&line, "used", c->used);
    put_count(&line, "late", c->late);
    put_count(&line, "rejected", c->rejected);
    put_count(&line, "filtered", c->filtered);
    put_count(&line, "duplicate", c->duplicate);
    put_count(&line, "held", c->held);
    put_count(&line, "rows", c->rows);
    put_count(&line, "lost", s->side.rejected);
    put_count(&line, "dropped_late", s->side.dropped_late);
    put_count(&line, "upstream_rejected", s->upstream.rejected);
    put_count(&line, "upstream_late", s->upstream.late);
    tp_emit_int(&line, TP_STR("watermark"), s->record.watermark);
    tp_emit_int(&line, TP_STR("forwarded"), s->forwarded);
    tp_emit_int(&line, TP_STR("delay"), s->delay);
    put_flag(&line, "idle", s->said_idle);
    put_flag(&line, "spoiled", s->spoiled);
    tp_emit_close(&line);
}

/* How far an input was read. One that is a file goes on from there; of a pipe's only the numbers
 * that messages name go on. */
static uint64_t
position_of(const struct tp_input *in)
{
    if (!tp_in_is_regular(in->in))
        return in->mark;
    if (!in->block_start)
        return in->skipped;
    return tp_in_offset(in->in) + (uint64_t)(in->block.ptr - in->block_start);
}

static void
write_input(const struct tp_stage *s, int which, struct tp_buf *to)
{
    const struct tp_input *in = &s->input[which];
    struct tp_emit line = tp_emit_open(to);
    enum tp_minimum_state state;
    tp_time member = tp_minimum_member(s->minimum, which, &state);

    tp_emit_int(&line, TP_STR("@input"), which);
    if (tp_in_is_regular(in->in))
        tp_emit_text(&line, TP_STR("file"), tp_str_of(tp_in_name(in->in)));
    put_count(&line, "offset", position_of(in));
    put_count(&line, "line", in->line_number);
    tp_emit_int(&line, TP_STR("watermark"), in->watermark);
    tp_emit_int(&line, TP_STR("member"), member);
    tp_emit_int(&line, TP_STR("state"), state);
    tp_emit_int(&line, TP_STR("largest"), in->bounded.largest);
    tp_emit_int(&line, TP_STR("bounded"), in->bounded.watermark);
    put_flag(&line, "timed", in->timed);
    put_flag(&line, "idle", in->idle);
    put_flag(&line, "over", in->over);
    tp_emit_close(&line);
}

/* Standard base 64 would do; hexadecimal needs no code to read: it is one record's beginning. */
static void
write_partial(const struct tp_input *in, int which, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);

    tp_emit_int(&line, TP_STR("@partial"), which);
    put_count(&line, "offset", in->partial_offset);
    tp_emit_name(&line, TP_STR("hex"));
    tp_buf_put_char(to, '"');
    for (size_t i = 0; i < in->partial.len; i++)
        tp_buf_printf(to, "%02x", (unsigned)(unsigned char)in->partial.ptr[i]);
    tp_buf_put_char(to, '"');
    tp_emit_close(&line);
}

static void
write_lateness(const struct tp_lateness *late, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);
    bool any = false;

    put_count(&line, "@lateness", late->count);
    tp_emit_int(&line, TP_STR("most"), late->most);
    tp_emit_name(&line, TP_STR("buckets"));
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < TP_LATE_BUCKETS; i++) {
        if (!late->bucket[i])
            continue;
        tp_buf_printf(to, "%s[%zu,%llu]", any ? "," : "", i, (unsigned long long)late->bucket[i]);
        any = true;
    }
    tp_buf_put_char(to, ']');
    tp_emit_close(&line);
}

/* Members that were asked for and seen, so that nobody is told of a typo after a restart. */
static void
write_seen(const struct tp_stage *s, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);
    bool any = false;

    tp_emit_name(&line, TP_STR("@seen"));
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < s->slots; i++) {
        if (!s->seen[i])
            continue;
        tp_buf_printf(to, "%s%zu", any ? "," : "", i);
        any = true;
    }
    tp_buf_put_char(to, ']');
    tp_emit_close(&line);
}

static int
write_target(struct tp_target *target, const char *what, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line;
    uint64_t length;

    if (!target || !tp_target_is_regular(target))
        return 0;
    if (tp_target_length(target, &length, err) < 0)
        return -1;
    line = tp_emit_open(tp_save_line(save));
    tp_emit_text(&line, TP_STR("@side"), tp_str_of(what));
    tp_emit_text(&line, TP_STR("file"), tp_str_of(tp_target_name(target)));
    put_count(&line, "length", length);
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
sync_target(struct tp_target *target, struct tp_err *err)
{
    uint64_t length;

    if (!target || !tp_target_is_regular(target))
        return 0;
    return tp_target_sync(target, &length, err);
}

int
tp_state_sync_own(struct tp_stage *s)
{
    if (sync_target(s->side.rejects, &s->err) < 0)
        return -1;
    return sync_target(s->side.late, &s->err);
}

int
tp_state_save_own(struct tp_stage *s, struct tp_save *save)
{
    write_stage(s, tp_save_line(save));
    if (tp_save_line_end(save, &s->err) < 0)
        return -1;
    for (int i = 0; i < s->inputs; i++) {
        write_input(s, i, tp_save_line(save));
        if (tp_save_line_end(save, &s->err) < 0)
            return -1;
        if (s->input[i].partial.len == 0)
            continue;
        write_partial(&s->input[i], i, tp_save_line(save));
        if (tp_save_line_end(save, &s->err) < 0)
            return -1;
    }
    if (s->side.lateness.count > 0) {
        write_lateness(&s->side.lateness, tp_save_line(save));
        if (tp_save_line_end(save, &s->err) < 0)
            return -1;
    }
    write_seen(s, tp_save_line(save));
    if (tp_save_line_end(save, &s->err) < 0)
        return -1;
    if (write_target(s->side.rejects, "rejects", save, &s->err) < 0)
        return -1;
    return write_target(s->side.late, "late", save, &s->err);
}
