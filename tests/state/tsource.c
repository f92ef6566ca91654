/*
 * tsource: the smallest source with state, for tests: the lines of a file, from where it left off.
 */
#include <stdio.h>
#include <stdlib.h>

#include "filter/operator.h"
#include "record/emit.h"

struct tsource {
    uint64_t until; /* suspended behind so many lines of the file; 0: to its end */
    tp_duration pause;
    FILE *file;
    char *line;
    size_t room;
    int64_t offset;
    uint64_t lines;
};

#define FIELD(name) offsetof(struct tsource, name)

static const struct tp_option options[] = {
    {0, "until", "N", "suspend behind line N", TP_OPTION_COUNT, FIELD(until)},
    {0, "pause", "DUR", "between lines", TP_OPTION_DURATION, FIELD(pause)},
    {0},
};

static int
tsource_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tsource *t = self;

    t->file = fopen(tp_stage_operand(stage, 0), "r");
    return t->file ? 0 : tp_err_system(err, tp_stage_operand(stage, 0));
}

static int
tsource_produce(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tsource *t = self;
    ssize_t len;
    struct tp_buf *to;

    if (t->until > 0 && t->lines >= t->until) {
        tp_stage_suspend(stage);
        return 0;
    }
    len = getline(&t->line, &t->room, t->file);
    if (len < 0)
        return 0;
    to = tp_stage_row(stage, err);
    if (!to)
        return -1;
    tp_buf_put(to, t->line, (size_t)len);
    t->offset += len;
    t->lines++;
    if (t->pause > 0)
        tp_stage_wake_after(stage, t->pause);
    return tp_stage_row_end(stage, err) < 0 ? -1 : 1;
}

static int
tsource_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct tsource *t = self;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_int(&line, TP_STR("offset"), t->offset);
    tp_emit_int(&line, TP_STR("lines"), (int64_t)t->lines);
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
tsource_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct tsource *t = self;
    const struct tp_saved fields[] = {
        {"offset", TP_SAVED_INT, &t->offset, false},
        {"lines", TP_SAVED_COUNT, &t->lines, false},
    };

    (void)stage;
    if (tp_saved_read(line, fields, 2, err) < 0)
        return -1;
    return fseek(t->file, (long)t->offset, SEEK_SET) < 0 ? tp_err_system(err, "seek") : 0;
}

static void
tsource_close(void *self)
{
    struct tsource *t = self;

    if (t->file)
        fclose(t->file);
    free(t->line);
}

static const struct tp_operator tsource = {
    .name = "tsource",
    .purpose = "a source for tests",
    .synopsis = "[--until N] [--pause DUR] [--every DUR] [-S DIR] FILE",
    .options = options,
    .operands_before_files = 1,
    .open = tsource_open,
    .produce = tsource_produce,
    .save = tsource_save,
    .load = tsource_load,
    .close = tsource_close,
};

int
main(int argc, char **argv)
{
    struct tsource self = {0};

    return tp_source_main(&tsource, &self, argc, argv);
}
