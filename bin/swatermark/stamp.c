#include "stamp.h"

#include "record/emit.h"
#include "record/path.h"
#include "record/scan.h"

int
stamp_open(struct stamp *s, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_path path;

    if (tp_path_parse(&path, TP_STR("@timestamp"), err) < 0)
        return -1;
    s->slot = tp_scan_want(tp_stage_scan(stage), &path, err);
    tp_path_release(&path);
    return s->slot < 0 ? -1 : 0;
}

void
stamp_release(struct stamp *s)
{
    tp_buf_release(&s->member);
}

/* The member that says TIME, which is often that of the record before, too. */
static struct tp_str
member_of(struct stamp *s, tp_time time)
{
    struct tp_emit member = {.to = &s->member};

    if (s->member.len == 0 || s->said != time) {
        tp_buf_clear(&s->member);
        tp_emit_time(&member, TP_STR("@timestamp"), time);
        s->said = time;
    }
    return tp_buf_str(&s->member);
}

static void
put_in_place(struct tp_buf *to, struct tp_str line, const struct tp_slot *old, tp_time time)
{
    struct tp_str value = tp_slot_json(old);
    const char *behind = value.ptr + value.len;

    tp_buf_put(to, line.ptr, (size_t)(value.ptr - line.ptr));
    tp_emit_value(to, tp_instant(time));
    tp_buf_put(to, behind, (size_t)(line.ptr + line.len - behind));
    tp_buf_put_char(to, '\n');
}

int
stamp_write(struct stamp *s, struct tp_stage *stage, const struct tp_record *r, tp_time time,
            struct tp_err *err)
{
    const struct tp_slot *old = &r->slot[s->slot];
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    if (old->kind == TP_SLOT_MISSING)
        tp_emit_first(to, r->line, r->members, member_of(s, time));
    else
        put_in_place(to, r->line, old, time);
    if (tp_buf_failed(to) || tp_buf_failed(&s->member))
        return tp_err_memory(err);
    return tp_stage_row_end(stage, err);
}
