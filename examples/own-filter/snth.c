/*
 * snth: passes every Nth record on. A filter of one's own: reading, control lines, bad records,
 * flushing and exit status are the library's.
 */
#include <tidepipe.h>

struct snth {
    uint64_t every, seen;
};

static const struct tp_option options[] = {
    {'n', "every", "N", "pass every Nth record (2)", TP_OPTION_COUNT, offsetof(struct snth, every)},
    {0},
};

static int
snth_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct snth *s = self;

    (void)stage;
    return s->every ? 0 : tp_err_set(err, TP_FAULT_USAGE, "-n 0: every 0th record is none");
}

static enum tp_verdict
snth_record(void *self, struct tp_stage *stage, const struct tp_record *record)
{
    struct snth *s = self;

    (void)stage, (void)record;
    return ++s->seen % s->every ? TP_FILTERED : TP_PASS;
}

static const struct tp_operator snth = {
    .name = "snth",
    .purpose = "passes every Nth record on",
    .synopsis = "[-n N] [FILE ...]",
    .options = options,
    .traits = TP_STATEFUL,
    .open = snth_open,
    .record = snth_record,
};

int
main(int argc, char **argv)
{
    struct snth self = {.every = 2};

    return tp_transform_main(&snth, &self, argc, argv);
}
