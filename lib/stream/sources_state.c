/*
 * The places of sources, saved and gone back to.
 */
#include <string.h>

#include "stream/sources.h"
#include "stream/tail_save.h"

static struct tp_tail_place
place_of(const struct tp_source *source, struct tp_str taken)
{
    if (source->log)
        return taken.ptr ? tp_log_reader_place_behind(source->log, taken)
                         : tp_log_reader_place(source->log);
    return taken.ptr ? tp_tail_place_behind(source->tail, taken) : tp_tail_place(source->tail);
}

static int
save_source(const struct tp_source *source, struct tp_str taken, struct tp_save *save,
            struct tp_err *err)
{
    struct tp_tail_saved saved = {
        .is_log = source->log,
        .place = place_of(source, taken),
        .lines = source->line_number,
        .too_long = source->too_long + source->told,
    };
    int result;

    tp_buf_put(&saved.name, source->name, strlen(source->name));
    result = tp_buf_failed(&saved.name) ? tp_err_memory(err) : tp_tail_save(&saved, save, err);
    tp_buf_release(&saved.name);
    return result;
}

int
tp_sources_save(const struct tp_sources *sources, struct tp_str taken, struct tp_save *save,
                struct tp_err *err)
{
    const struct tp_str all = {NULL, 0};

    for (size_t i = 0; i < sources->count; i++)
        if (save_source(&sources->source[i], i == sources->at ? taken : all, save, err) < 0)
            return -1;
    return 0;
}

static struct tp_source *
find_source(struct tp_sources *sources, struct tp_str name)
{
    for (size_t i = 0; i < sources->count; i++)
        if (tp_str_equal(tp_str_of(sources->source[i].name), name))
            return &sources->source[i];
    return NULL;
}

static int
resume(struct tp_source *source, const struct tp_tail_saved *saved, struct tp_err *err)
{
    if (saved->is_log != (source->log != NULL))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s was %s when it was read", source->name,
                          saved->is_log ? "a log" : "a file");
    source->resumed = true;
    source->line_number = saved->lines;
    source->told = saved->too_long;
    return source->log ? tp_log_reader_resume(source->log, &saved->place, err)
                       : tp_tail_resume(source->tail, &saved->place, err);
}

int
tp_sources_load(struct tp_sources *sources, struct tp_str line, struct tp_source_gone *gone,
                struct tp_err *err)
{
    struct tp_tail_saved saved = {.lines = 0};
    struct tp_source *source;
    int result = tp_tail_saved_read(&saved, line, err);

    source = result == 0 ? find_source(sources, tp_buf_str(&saved.name)) : NULL;
    if (source) {
        result = resume(source, &saved, err);
    } else if (result == 0) {
        /* Operands are the same, so that it was one of a pattern. */
        gone->name = saved.name;
        gone->offset = saved.place.offset;
        return 0;
    }
    tp_buf_release(&saved.name);
    return result;
}

int
tp_sources_check_present(const struct tp_sources *sources, struct tp_err *err)
{
    for (size_t i = 0; i < sources->count; i++) {
        const struct tp_source *source = &sources->source[i];

        if (!source->follow && !source->resumed && !tp_source_is_there(source))
            return tp_err_set(err, TP_FAULT_USAGE, "%s: No such file or directory", source->name);
    }
    return 0;
}
