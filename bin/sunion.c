/*
 * sunion: merges streams into one.
 *
 * Input: any records; order within an input is kept, between inputs it is whatever comes first.
 * State: none. Malformed records are rejected, late ones are not this filter's business.
 * Output: the lines, byte for byte (--source adds a last member); the watermark is the minimum over
 * the inputs.
 */
#include "filter/operator.h"
#include "record/emit.h"
#include "value/text.h"

struct sunion {
    const char *source; /* the member that names the input; NULL: none */
    struct tp_buf member;
};

static const struct tp_option options[] = {
    {0, "source", "FIELD", "add a member with the name of the input", TP_OPTION_TEXT,
     offsetof(struct sunion, source)},
    {0},
};

static enum tp_verdict
sunion_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sunion *u = self;
    struct tp_buf *to;
    struct tp_err err;

    if (!u->source)
        return TP_PASS;
    tp_buf_clear(&u->member);
    tp_text_quote(tp_str_of(u->source), &u->member);
    tp_buf_put_char(&u->member, ':');
    tp_text_quote(tp_str_of(tp_stage_input_name(stage, r->input)), &u->member);
    to = tp_stage_row(stage, &err);
    if (!to)
        return tp_stage_fail(stage, &err);
    tp_emit_last(to, r->line, r->members, tp_buf_str(&u->member));
    if (tp_stage_row_end(stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

static void
sunion_close(void *self)
{
    struct sunion *u = self;

    tp_buf_release(&u->member);
}

static const struct tp_operator sunion = {
    .name = "sunion",
    .purpose = "merges streams into one",
    .synopsis = "[--source FIELD] [FILE ...]",
    .example = "  sunion --source host web1.ndjson web2.ndjson",
    .options = options,
    .record = sunion_record,
    .close = sunion_close,
};

int
main(int argc, char **argv)
{
    struct sunion self = {0};

    return tp_transform_main(&sunion, &self, argc, argv);
}
