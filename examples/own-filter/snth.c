/*
 * snth: passes every Nth record on; -n 0 and -n 1 pass all. A filter of one's own: reading, control
 * lines, bad records, flushing and exit status are the library's.
 */
#include <tidepipe.h>

struct snth {
    uint64_t every, seen;
};

static const struct tp_option options[] = {
    {'n', "every", "N", "pass every Nth record (2)", TP_OPTION_COUNT, offsetof(struct snth, every)},
    {0},
};

static enum tp_verdict
snth_record(void *self, struct tp_stage *stage, const struct tp_record *record)
{
    struct snth *s = self;

    (void)stage, (void)record;
    return s->every > 1 && ++s->seen % s->every ? TP_FILTERED : TP_PASS;
}

static const struct tp_operator snth = {
    .name = "snth",
    .purpose = "passes every Nth record on",
    .synopsis = "[-n N] [FILE ...]",
    .options = options,
    .traits = TP_STATEFUL,
    .record = snth_record,
};

int
main(int argc, char **argv)
{
    struct snth self = {.every = 2};

    return tp_transform_main(&snth, &self, argc, argv);
}
