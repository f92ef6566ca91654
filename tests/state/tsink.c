/*
 * tsink: the smallest sink that commits, for tests: appends its input to a file. What is behind the
 * committed length is taken back.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filter/operator.h"
#include "record/emit.h"
#include "stream/store.h"

struct tsink {
    int fd;
    const char *name;
    int64_t length;
    struct tp_buf buf;
};

static int
write_out(struct tsink *t, struct tp_err *err)
{
    size_t at = 0;

    while (at < t->buf.len) {
        ssize_t put = write(t->fd, t->buf.ptr + at, t->buf.len - at);

        if (put < 0)
            return tp_err_system(err, t->name);
        at += (size_t)put;
    }
    t->length += (int64_t)t->buf.len;
    tp_buf_clear(&t->buf);
    return 0;
}

static int
tsink_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tsink *t = self;
    struct stat st;

    t->name = tp_stage_operand(stage, 0);
    t->fd = open(t->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (t->fd < 0 || fstat(t->fd, &st) < 0)
        return tp_err_system(err, t->name);
    t->length = st.st_size;
    return 0;
}

static enum tp_verdict
tsink_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct tsink *t = self;
    struct tp_err err;

    tp_buf_put_str(&t->buf, r->line);
    tp_buf_put_char(&t->buf, '\n');
    if (t->buf.len > 65536 && write_out(t, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

static int
tsink_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    struct tsink *t = self;

    (void)stage;
    (void)id;
    return write_out(t, err) < 0 ? -1 : tp_sync(t->fd, t->name, err);
}

static int
tsink_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct tsink *t = self;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_text(&line, TP_STR("file"), tp_str_of(t->name));
    tp_emit_int(&line, TP_STR("length"), t->length);
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
tsink_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct tsink *t = self;
    const struct tp_saved field = {"length", TP_SAVED_INT, &t->length, false};

    (void)stage;
    return tp_saved_read(line, &field, 1, err);
}

static int
tsink_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tsink *t = self;

    (void)stage;
    return ftruncate(t->fd, t->length) < 0 ? tp_err_system(err, t->name) : 0;
}

static int
tsink_shut(void *self, struct tp_stage *stage, struct tp_err *err)
{
    (void)stage;
    return write_out(self, err);
}

static void
tsink_close(void *self)
{
    struct tsink *t = self;

    close(t->fd);
    tp_buf_release(&t->buf);
}

static const struct tp_operator tsink = {
    .name = "tsink",
    .purpose = "a sink for tests",
    .synopsis = "[--sinks N] [-S DIR] OUT [FILE ...]",
    .traits = TP_COMMITS,
    .operands_before_files = 1,
    .open = tsink_open,
    .record = tsink_record,
    .barrier = tsink_barrier,
    .save = tsink_save,
    .load = tsink_load,
    .restored = tsink_restored,
    .shut = tsink_shut,
    .close = tsink_close,
};

int
main(int argc, char **argv)
{
    struct tsink self = {.fd = -1};

    return tp_sink_main(&tsink, &self, argc, argv);
}
