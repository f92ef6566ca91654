/*
 * sunion: merges streams into one.
 *
 * Input: any records; order within an input is kept, between inputs it is whatever comes first.
 * State: none. Malformed records are rejected, late ones are not this filter's business.
 * Output: the lines, byte for byte (--source adds a last member); the watermark is the minimum over
 * the inputs.
 */
#include <stdlib.h>

#include "filter/operator.h"
#include "record/emit.h"
#include "value/text.h"

struct sunion {
    const char *source;    /* the member that names the input; NULL: none */
    struct tp_buf *member; /* by input: `"FIELD":"NAME"` */
    int inputs;
};

static const struct tp_option options[] = {
    {0, "source", "FIELD", "add a member with the name of the input", TP_OPTION_TEXT,
     offsetof(struct sunion, source)},
    {0},
};

/* The member that says where a record came from is the same for all records of an input. */
static int
sunion_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sunion *u = self;

    if (tp_stage_delay(stage) < 0)
        tp_stage_ignore_time(stage);
    if (!u->source)
        return 0;
    u->inputs = tp_stage_inputs(stage);
    u->member = calloc((size_t)u->inputs, sizeof *u->member);
    if (!u->member)
        return tp_err_memory(err);
    for (int i = 0; i < u->inputs; i++) {
        tp_text_quote(tp_str_of(u->source), &u->member[i]);
        tp_buf_put_char(&u->member[i], ':');
        tp_text_quote(tp_str_of(tp_stage_input_name(stage, i)), &u->member[i]);
        if (tp_buf_failed(&u->member[i]))
            return tp_err_memory(err);
    }
    return 0;
}

static enum tp_verdict
sunion_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sunion *u = self;
    struct tp_buf *to;
    struct tp_err err;

    if (!u->source)
        return TP_PASS;
    to = tp_stage_row(stage, &err);
    if (!to)
        return tp_stage_fail(stage, &err);
    tp_emit_last(to, r->line, r->members, tp_buf_str(&u->member[r->input]));
    if (tp_stage_row_end(stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

static void
sunion_close(void *self)
{
    struct sunion *u = self;

    for (int i = 0; u->member && i < u->inputs; i++)
        tp_buf_release(&u->member[i]);
    free(u->member);
}

static const struct tp_operator sunion = {
    .name = "sunion",
    .purpose = "merges streams into one",
    .synopsis = "[--source FIELD] [-d DUR] [--max-drift DUR] [FILE ...]",
    .example = "  sunion --source host web1.ndjson web2.ndjson",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS,
    .open = sunion_open,
    .record = sunion_record,
    .close = sunion_close,
};

int
main(int argc, char **argv)
{
    struct sunion self = {0};

    return tp_transform_main(&sunion, &self, argc, argv);
}
