#include "stream/sources.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "stream/log.h"
#include "stream/rotation.h"

/* --- opening -----------------------------------------------------------------------------------*/

int
tp_sources_add(struct tp_sources *sources, const char *operand, struct tp_err *err)
{
    return tp_filenames_add(&sources->names, operand, err);
}

/* One more; at most all names and segments, so this is no hot path. */
static struct tp_source *
add_source(struct tp_sources *sources, struct tp_tail *tail, struct tp_err *err)
{
    struct tp_source *grown =
        tail ? realloc(sources->source, (sources->count + 1) * sizeof *grown) : NULL;

    if (!grown) {
        if (tail)
            tp_err_memory(err);
        tp_tail_close(tail);
        return NULL;
    }
    sources->source = grown;
    grown[sources->count] = (struct tp_source){.tail = tail};
    return &grown[sources->count++];
}

static int
open_segment(struct tp_sources *sources, const struct tp_log_segments *log, size_t i, uint64_t from,
             struct tp_err *err)
{
    const struct tp_log_segment *segment = &log->segment[i];
    char *path = tp_log_path(log->folder, segment->base, ".ndjson");
    struct tp_source *source;

    if (!path)
        return tp_err_memory(err);
    source = add_source(sources, tp_tail_open(path, false, sources->max_line, err), err);
    free(path);
    if (!source)
        return -1;
    source->base = segment->base;
    tp_tail_expect(source->tail, segment->end);
    return from > segment->base ? tp_tail_skip_to(source->tail, from - segment->base, err) : 0;
}

/* The segments of a log, from where reading begins. */
static int
open_log(struct tp_sources *sources, const char *folder, struct tp_err *err)
{
    struct tp_log_segments log;
    uint64_t from = sources->from == TP_FROM_OFFSET ? sources->from_offset : 0;
    int result = 0;

    if (sources->follow || sources->kept)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "%s: %s is a folder, whose log is read to its end, in one run",
                          sources->follow ? "-F" : "--state", folder);
    if (tp_log_list(&log, folder, err) < 0)
        return -1;
    if (log.count == 0)
        result =
            tp_err_set(err, TP_FAULT_USAGE, "%s is a folder without segments of a log", folder);
    else if (sources->from == TP_FROM_TIME)
        result = tp_log_seek(&log, sources->from_time, &from, err);
    for (size_t i = 0; i < log.count && result == 0; i++)
        if (i + 1 == log.count || log.segment[i + 1].base > from)
            result = open_segment(sources, &log, i, from, err);
    tp_log_segments_release(&log);
    return result;
}

/* What is read must be there in the next run, too. */
static int
check_resumable(const struct tp_source *source, bool rotated, struct tp_err *err)
{
    if (rotated)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--state: %s is a rotated file of another operand, and files change "
                          "their names: name only the one that is written to",
                          source->name);
    if (strcmp(source->name, "-") == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--state: what standard input says is said once: name a FILE");
    return tp_tail_check_plain(source->tail, err);
}

static int
open_file(struct tp_sources *sources, size_t i, struct tp_err *err)
{
    const char *name = sources->names.name[i];
    bool rotated = tp_rotation_has_live(sources->names.name, sources->names.count, i);
    bool follow = sources->follow && !rotated;
    struct tp_source *source = add_source(
        sources, tp_tail_open(name, follow || sources->kept, sources->max_line, err), err);

    if (!source)
        return -1;
    source->name = name;
    source->follow = follow;
    if (sources->kept && check_resumable(source, rotated, err) < 0)
        return -1;
    if (follow)
        tp_watch_add(sources->watch, name);
    if (sources->from == TP_FROM_OFFSET)
        return tp_tail_skip_to(source->tail, sources->from_offset, err);
    if (sources->from != TP_FROM_END)
        return 0;
    source->ended = !follow;
    sources->ended += source->ended;
    return follow ? tp_tail_skip_all(source->tail, err) : 0;
}

static bool
is_folder(const char *name)
{
    struct stat st;

    return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

int
tp_sources_open(struct tp_sources *sources, struct tp_err *err)
{
    sources->watch = tp_watch_new(err);
    if (!sources->watch)
        return -1;
    tp_filenames_sort(&sources->names);
    for (size_t i = 0; i < sources->names.count; i++) {
        const char *name = sources->names.name[i];
        int result = is_folder(name) ? open_log(sources, name, err) : open_file(sources, i, err);

        if (result < 0) {
            err->fault = TP_FAULT_USAGE;
            return -1;
        }
    }
    return 0;
}

int
tp_sources_open_command(struct tp_sources *sources, const char *text, struct tp_err *err)
{
    sources->watch = tp_watch_new(err);
    if (!sources->watch || !add_source(sources, tp_tail_exec(text, sources->max_line, err), err))
        return -1;
    return sources->from == TP_FROM_OFFSET
               ? tp_tail_skip_to(sources->source[0].tail, sources->from_offset, err)
               : 0;
}

void
tp_sources_release(struct tp_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        tp_tail_close(sources->source[i].tail);
    free(sources->source);
    tp_filenames_release(&sources->names);
    tp_watch_free(sources->watch);
    *sources = (struct tp_sources){0};
}

/* --- turns -------------------------------------------------------------------------------------*/

struct tp_source *
tp_sources_current(const struct tp_sources *sources)
{
    return &sources->source[sources->at];
}

void
tp_sources_heard(struct tp_sources *sources)
{
    sources->silent = 0;
}

static void
next_source(struct tp_sources *sources)
{
    sources->silent++;
    sources->at++;
    if (sources->at < sources->count)
        return;
    sources->at = 0;
    sources->all_begun = true;
}

void
tp_sources_end_current(struct tp_sources *sources)
{
    struct tp_source *source = tp_sources_current(sources);

    sources->ended += !source->ended;
    source->ended = true;
    next_source(sources);
}

bool
tp_sources_pass_turn(struct tp_sources *sources)
{
    /* Before all have been begun, one that is not at its end must come first. */
    bool must_wait = !sources->all_begun && tp_tail_in(tp_sources_current(sources)->tail);

    if (!must_wait)
        next_source(sources);
    if (!must_wait && !(sources->all_begun && sources->silent > sources->count))
        return false;
    sources->silent = 0;
    return true;
}

int
tp_sources_wait(struct tp_sources *sources, struct tp_err *err)
{
    struct tp_in **waiting = calloc(sources->count, sizeof(struct tp_in *));
    int result;

    if (!waiting)
        return tp_err_memory(err);
    for (size_t i = 0; i < sources->count; i++)
        if (!sources->source[i].ended && (sources->all_begun || i == sources->at))
            waiting[i] = tp_tail_in(sources->source[i].tail);
    result = tp_watch_wait(sources->watch, waiting, sources->count, -1, err);
    free(waiting);
    return result;
}
