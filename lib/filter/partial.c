/*
 * A record that spans lines (CSV, JSON printed over several) may have a control line within: its
 * source counts lines, and knows nothing of records. What came of it before the control line waits
 * here, and is saved.
 */
#include <string.h>

#include "filter/stage.h"

/* The byte behind which the first control line of [P, END) begins, or END. Only lines as we write
 * them: sources let no content through that looks like one. */
static const char *
find_control(const char *p, const char *end)
{
    static const struct tp_str starts[] = {TP_STR("\n{\"@barrier\":"),
                                           TP_STR("\n{\"@watermark\":")};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const char *found = memmem(p, (size_t)(end - p), starts[i].ptr, starts[i].len);

        if (found)
            end = found + 1;
    }
    return end;
}

const char *
tp_partial_limit(struct tp_input *in, const char *p, const char *end)
{
    if (!in->may_speak)
        return end;
    if (in->block_end != end || in->limit <= p) {
        in->limit = find_control(p, end);
        in->block_end = end;
    }
    return in->limit;
}

int
tp_partial_keep(struct tp_stage *s, struct tp_input *in, const char *p, const char *limit)
{
    if (in->partial.len == 0)
        in->partial_offset = tp_in_offset(in->in) + (uint64_t)(p - in->block_start) + in->shift;
    tp_buf_put(&in->partial, p, (size_t)(limit - p));
    return tp_buf_failed(&in->partial) ? tp_err_memory(&s->err) : 0;
}

/* The first record of what is kept, of which the last KEPT bytes stand nowhere else. */
static int
take_first(struct tp_stage *s, int which, const char *next)
{
    struct tp_input *in = &s->input[which];
    size_t len = (size_t)(next - in->partial.ptr);
    int result;

    in->in_partial = true;
    result = tp_input_take_frame(s, which, in->partial.ptr, next);
    in->in_partial = false;
    memmove(in->partial.ptr, next, in->partial.len - len);
    in->partial.len -= len;
    in->partial_offset += len;
    return result;
}

int
tp_partial_go_on(struct tp_stage *s, int which, const char *p, const char *limit, const char **next)
{
    struct tp_input *in = &s->input[which];
    size_t kept = in->partial.len;
    const char *end;

    if (tp_partial_keep(s, in, p, limit) < 0)
        return -1;
    *next = limit;
    end = s->op->frame->next(s->self, in->partial.ptr, in->partial.ptr + in->partial.len,
                             in->partial.len > s->settings.max_line);
    if (!end)
        return 0;
    if ((size_t)(end - in->partial.ptr) < kept) /* it was whole before: another framing by now */
        end = in->partial.ptr + kept;
    *next = p + ((size_t)(end - in->partial.ptr) - kept);
    in->partial.len = (size_t)(end - in->partial.ptr);
    return take_first(s, which, end);
}

int
tp_partial_end(struct tp_stage *s, int which)
{
    struct tp_input *in = &s->input[which];

    while (in->partial.len > 0) {
        const char *end =
            s->op->frame->next(s->self, in->partial.ptr, in->partial.ptr + in->partial.len, true);

        if (take_first(s, which, end) < 0)
            return -1;
    }
    return 0;
}
