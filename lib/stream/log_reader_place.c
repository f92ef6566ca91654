/*
 * Where in a log reading begins, and where it goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/log_reader_inside.h"

/* --- places ------------------------------------------------------------------------------------*/

static void
drop_input(struct tp_log_reader *reader)
{
    tp_in_close(reader->in);
    reader->in = NULL;
    reader->idle = reader->spent = false;
}

int
tp_log_reader_take_up(struct tp_log_reader *reader, uint64_t base, uint64_t offset,
                      struct tp_err *err)
{
    char *path = tp_log_path(reader->folder, base, ".ndjson");

    if (!path)
        return tp_err_memory(err);
    drop_input(reader);
    free(reader->path);
    reader->path = path;
    reader->base = base;
    reader->end = UINT64_MAX;
    for (size_t i = reader->log.count; i > 0 && reader->log.segment[i - 1].base > base; i--)
        if (reader->log.segment[i - 1].base < reader->sure)
            reader->end = reader->log.segment[i - 1].base;
    reader->start = reader->place.offset = offset;
    reader->skip_to = 0;
    /* The byte before it tells whether a line begins there. */
    if (offset > base) {
        reader->start--;
        reader->skip_to = offset;
    }
    return 0;
}

size_t
tp_log_segment_of(const struct tp_log_segments *log, uint64_t offset)
{
    size_t i = 0;

    while (i + 1 < log->count && log->segment[i + 1].base <= offset)
        i++;
    return i;
}

static uint64_t
end_of(const struct tp_log_segments *log)
{
    const struct tp_log_segment *last;

    if (log->count == 0)
        return 0;
    last = &log->segment[log->count - 1];
    return last->base + last->size;
}

int
tp_log_reader_limit(const struct tp_log_reader *reader, uint64_t *limit, struct tp_err *err)
{
    int found = reader->set.committed ? tp_log_committed_end(reader->folder, limit, err) : 0;

    if (found == 0)
        *limit = UINT64_MAX;
    return found < 0 ? -1 : 0;
}

int
tp_log_reader_list(struct tp_log_reader *reader, struct tp_err *err)
{
    struct tp_err said_later; /* when it is the limit of what is read */
    struct stat st;

    tp_log_segments_release(&reader->log);
    if (reader->set.follow && stat(reader->folder, &st) && errno == ENOENT)
        return 0;
    /* First, so that it holds of what is seen then. */
    if (tp_log_reader_limit(reader, &reader->sure, &said_later) < 0)
        reader->sure = 0;
    return tp_log_list(&reader->log, reader->folder, err);
}

/* --- opening -----------------------------------------------------------------------------------*/

int
tp_log_reader_find_first(struct tp_log_reader *reader, struct tp_err *err)
{
    if (tp_log_reader_list(reader, err) < 0)
        return -1;
    if (reader->log.count == 0)
        return 0;
    return tp_log_reader_take_up(reader, reader->log.segment[0].base, reader->log.segment[0].base,
                                 err);
}

struct tp_log_reader *
tp_log_reader_open(const char *folder, const struct tp_log_reader_settings *settings,
                   struct tp_err *err)
{
    struct tp_log_reader *reader = calloc(1, sizeof *reader);

    if (reader)
        reader->folder = strdup(folder);
    if (!reader || !reader->folder) {
        free(reader);
        tp_err_memory(err);
        return NULL;
    }
    reader->set = *settings;
    reader->looked = TP_TIME_BEFORE_ALL;
    if (tp_log_reader_find_first(reader, err) == 0) {
        if (!reader->path)
            reader->news = "has no segments of a log yet: waiting for them";
        if (reader->path || settings->follow)
            return reader;
        tp_err_set(err, TP_FAULT_USAGE, "%s is a folder without segments of a log", folder);
    }
    tp_log_reader_close(reader);
    return NULL;
}

void
tp_log_reader_close(struct tp_log_reader *reader)
{
    if (!reader)
        return;
    tp_in_close(reader->in);
    tp_log_segments_release(&reader->log);
    free(reader->sums.mark);
    free(reader->path);
    free(reader->folder);
    free(reader);
}

int
tp_log_reader_skip_to(struct tp_log_reader *reader, uint64_t offset, struct tp_err *err)
{
    const struct tp_log_segments *log = &reader->log;
    uint64_t base;

    if (offset > end_of(log))
        return tp_err_set(err, TP_FAULT_USAGE, "%s has only %llu bytes", reader->folder,
                          (unsigned long long)end_of(log));
    if (log->count == 0)
        return 0;
    base = log->segment[tp_log_segment_of(log, offset)].base;
    return tp_log_reader_take_up(reader, base, offset > base ? offset : base, err);
}

int
tp_log_reader_skip_to_time(struct tp_log_reader *reader, tp_time time, struct tp_err *err)
{
    uint64_t offset;

    return tp_log_seek(&reader->log, time, &offset, err) < 0
               ? -1
               : tp_log_reader_skip_to(reader, offset, err);
}

int
tp_log_reader_skip_all(struct tp_log_reader *reader, struct tp_err *err)
{
    uint64_t end = end_of(&reader->log);

    return tp_log_reader_skip_to(reader, end < reader->sure ? end : reader->sure, err);
}

/* --- going on ----------------------------------------------------------------------------------*/

int
tp_log_reader_say_other(const struct tp_log_reader *reader, uint64_t offset, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s does not hold what was read of it up to byte %llu: it is another log, or "
                      "that was taken back by who writes it (--committed waits for what stays)",
                      reader->folder, (unsigned long long)offset);
}

int
tp_log_reader_say_removed(const struct tp_log_reader *reader, uint64_t from, struct tp_err *err)
{
    const struct tp_log_segments *log = &reader->log;
    uint64_t to = log->count > 0 ? log->segment[tp_log_segment_of(log, from)].base : from;

    if (to <= from)
        return tp_log_reader_say_other(reader, from, err);
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s: bytes %llu to %llu of the log were removed before they were read",
                      reader->folder, (unsigned long long)from, (unsigned long long)to);
}

/* Do the bytes before PLACE bear its mark? 1: they do, or are not there any more, 0: not, -1:
 * failure. */
static int
has_mark(const struct tp_log_reader *reader, const struct tp_tail_place *place, struct tp_err *err)
{
    const struct tp_log_segments *log = &reader->log;
    struct tp_tail_place within = *place;
    char *path;
    int fd, same;
    uint64_t base;

    if (place->mark.back_len == 0 || log->segment[0].base >= place->offset)
        return 1;
    base = log->segment[tp_log_segment_of(log, place->offset - 1)].base;
    within.offset = place->offset - base;
    within.mark.head_len = 0;
    if (within.offset < within.mark.back_len)
        return 0;
    path = tp_log_path(log->folder, base, ".ndjson");
    fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    same = fd < 0 ? -1 : tp_tail_is_at(fd, &within);
    if (same < 0)
        path ? tp_err_system(err, path) : tp_err_memory(err);
    if (fd >= 0)
        close(fd);
    free(path);
    return same;
}

int
tp_log_reader_resume(struct tp_log_reader *reader, const struct tp_tail_place *place,
                     struct tp_err *err)
{
    const struct tp_log_segments *log = &reader->log;
    int same;

    if (log->count == 0 && place->offset == 0)
        return 0;
    if (log->count > 0 && log->segment[0].base > place->offset) {
        if (place->mark.back_len == 0)
            return 0; /* nothing was read */
        return tp_log_reader_say_removed(reader, place->offset, err);
    }
    if (end_of(log) < place->offset)
        return tp_log_reader_say_other(reader, place->offset, err);
    same = has_mark(reader, place, err);
    if (same <= 0)
        return same < 0 ? -1 : tp_log_reader_say_other(reader, place->offset, err);
    if (tp_log_reader_take_up(reader, log->segment[tp_log_segment_of(log, place->offset)].base,
                              place->offset, err) < 0)
        return -1;
    reader->place = *place;
    return 0;
}
