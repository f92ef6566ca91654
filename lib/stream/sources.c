#include "stream/sources.h"

#include <stdio.h>
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

static void
close_source(const struct tp_source *source)
{
    tp_tail_close(source->tail);
    tp_log_reader_close(source->log);
}

/* One more; at most all names, so this is no hot path. NULL: memory; OPENED is closed then. */
static struct tp_source *
add_source(struct tp_sources *sources, const struct tp_source *opened, struct tp_err *err)
{
    struct tp_source *grown = realloc(sources->source, (sources->count + 1) * sizeof *grown);

    if (!grown) {
        tp_err_memory(err);
        close_source(opened);
        return NULL;
    }
    sources->source = grown;
    grown[sources->count] = *opened;
    return &grown[sources->count++];
}

/* The log in the folder NAME, from where reading begins. */
static int
open_log(struct tp_sources *sources, const char *name, struct tp_err *err)
{
    struct tp_log_reader_settings settings = {.follow = sources->follow || sources->kept,
                                              .committed = sources->committed,
                                              .max_line = sources->max_line};
    struct tp_source source = {.name = name, .follow = sources->follow};

    source.log = tp_log_reader_open(name, &settings, err);
    if (!source.log || !add_source(sources, &source, err))
        return -1;
    tp_watch_add(sources->watch, name);
    tp_watch_add(sources->watch, tp_log_reader_name(source.log));
    switch (sources->from) {
    case TP_FROM_OFFSET:
        return tp_log_reader_skip_to(source.log, sources->from_offset, err);
    case TP_FROM_TIME:
        return tp_log_reader_skip_to_time(source.log, sources->from_time, err);
    case TP_FROM_END:
        return tp_log_reader_skip_all(source.log, err);
    case TP_FROM_START:
        break;
    }
    return 0;
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
    return tp_tail_check_file(source->tail, err);
}

static int
limit_to_committed(struct tp_sources *sources, const struct tp_source *source, struct tp_err *err)
{
    char *commit;

    if (!sources->state)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--committed: %s is no log; --committed=DIR says where the pipeline that "
                          "writes it keeps its state",
                          source->name);
    if (asprintf(&commit, "%s/COMMIT", sources->state) < 0)
        return tp_err_memory(err);
    tp_watch_add(sources->watch, commit);
    free(commit);
    tp_tail_only_committed(source->tail, sources->state);
    return 0;
}

static int
open_file(struct tp_sources *sources, size_t i, struct tp_err *err)
{
    const char *name = sources->names.name[i];
    bool rotated = tp_rotation_has_live(sources->names.name, sources->names.count, i);
    bool follow = sources->follow && !rotated;
    struct tp_source opened = {.name = name, .follow = follow}, *source;

    opened.tail = tp_tail_open(name, follow || sources->kept, sources->max_line, err);
    source = opened.tail ? add_source(sources, &opened, err) : NULL;
    if (!source)
        return -1;
    if (sources->kept && check_resumable(source, rotated, err) < 0)
        return -1;
    if (sources->committed && limit_to_committed(sources, source, err) < 0)
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

/* One that is not there yet says so by its last byte. */
static bool
is_folder(const char *name)
{
    size_t len = strlen(name);
    struct stat st;

    if (stat(name, &st) == 0)
        return S_ISDIR(st.st_mode);
    return len > 0 && name[len - 1] == '/';
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
    struct tp_source source = {.tail = NULL};

    sources->watch = tp_watch_new(err);
    if (!sources->watch)
        return -1;
    source.tail = tp_tail_exec(text, sources->max_line, err);
    if (!source.tail || !add_source(sources, &source, err))
        return -1;
    return sources->from == TP_FROM_OFFSET
               ? tp_tail_skip_to(sources->source[0].tail, sources->from_offset, err)
               : 0;
}

void
tp_sources_release(struct tp_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        close_source(&sources->source[i]);
    free(sources->source);
    tp_filenames_release(&sources->names);
    tp_watch_free(sources->watch);
    *sources = (struct tp_sources){0};
}

/* --- one of them -------------------------------------------------------------------------------*/

enum tp_in_state
tp_source_next(struct tp_source *source, struct tp_str *block, struct tp_err *err)
{
    return source->log ? tp_log_reader_next(source->log, block, err)
                       : tp_tail_next(source->tail, block, err);
}

const char *
tp_source_name(const struct tp_source *source)
{
    return source->log ? tp_log_reader_name(source->log) : tp_tail_name(source->tail);
}

uint64_t
tp_source_offset(const struct tp_source *source)
{
    return source->log ? tp_log_reader_offset(source->log) : tp_tail_offset(source->tail);
}

void
tp_source_stop_following(struct tp_source *source)
{
    if (source->log)
        tp_log_reader_stop_following(source->log);
    else
        tp_tail_stop_following(source->tail);
}

bool
tp_source_has_next(const struct tp_source *source)
{
    return source->tail && tp_tail_has_next(source->tail);
}

const char *
tp_source_news(struct tp_source *source)
{
    return source->log ? tp_log_reader_news(source->log) : tp_tail_news(source->tail);
}

bool
tp_source_is_there(const struct tp_source *source)
{
    return source->log || tp_tail_place(source->tail).inode != 0;
}

bool
tp_source_has_turned(struct tp_source *source)
{
    uint64_t turn = source->log ? tp_log_reader_turn(source->log) : tp_tail_turn(source->tail);
    bool turned = turn != source->turn;

    source->turn = turn;
    return turned;
}

/* What to wait on; NULL where only looking again helps. */
static struct tp_in *
in_of(const struct tp_source *source)
{
    return source->tail ? tp_tail_in(source->tail) : NULL;
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
    bool must_wait = !sources->all_begun && in_of(tp_sources_current(sources));

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
            waiting[i] = in_of(&sources->source[i]);
    result = tp_watch_wait(sources->watch, waiting, sources->count, -1, err);
    free(waiting);
    return result;
}
