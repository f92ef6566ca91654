#include "stream/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "record/emit.h"
#include "stream/log_index.h"

enum {
    INDEX_EVERY = 1024 * 1024, /* bytes between two lines of the index */
    MAX_OPEN = 2,              /* a segment and its index */
};

struct tp_log {
    struct tp_log_settings set;
    struct tp_log_segments old; /* whole ones, and the one that is written to last */
    struct tp_files *files;
    struct tp_file *lines, *index; /* NULL: no segment is open */
    uint64_t base, size;           /* of the segment at hand */
    uint64_t indexed;              /* its bytes up to the last line of the index */
    tp_time latest;                /* of its lines */
    tp_time newest;                /* of all */
    struct tp_buf row;
};

/* --- opening -----------------------------------------------------------------------------------*/

/* Where the last whole line of a file of SIZE bytes ends. -1: reading failed. */
static int
whole_lines(int fd, uint64_t size, uint64_t *end)
{
    char bytes[4096];

    while (size > 0) {
        size_t want = size < sizeof bytes ? (size_t)size : sizeof bytes;
        ssize_t got = pread(fd, bytes, want, (off_t)(size - want));
        const char *newline;

        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)want)
            return -1;
        newline = memrchr(bytes, '\n', want);
        if (newline) {
            *end = size - want + (uint64_t)(newline - bytes) + 1;
            return 0;
        }
        size -= want;
    }
    *end = 0;
    return 0;
}

/* A crash may have left half a line, in the lines or in the index: what is behind the last whole
 * one goes. *SIZE becomes what is left. */
static int
cut_torn_line(const char *folder, uint64_t base, const char *ending, uint64_t *size,
              struct tp_err *err)
{
    char *path = tp_log_path(folder, base, ending);
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1, result = 0;
    struct stat st;

    *size = 0;
    if (!path)
        return tp_err_memory(err);
    if (fd < 0)
        result = errno == ENOENT ? 0 : tp_err_system(err, path);
    else if (fstat(fd, &st) || whole_lines(fd, (uint64_t)st.st_size, size) < 0 ||
             (*size < (uint64_t)st.st_size && ftruncate(fd, (off_t)*size)))
        result = tp_err_system(err, path);
    if (fd >= 0)
        close(fd);
    free(path);
    return result;
}

/* What a reader would find damaged must not be written on. */
static int
check_segments(const struct tp_log_segments *segments, struct tp_err *err)
{
    for (size_t i = 0; i < segments->count; i++) {
        const struct tp_log_segment *s = &segments->segment[i];
        bool last = i + 1 == segments->count;

        if (s->size == s->end || (last && s->size > s->end))
            continue;
        return tp_err_set(err, TP_FAULT_MACHINE, "%s/%020llu.ndjson is damaged: %llu bytes of %llu",
                          segments->folder, (unsigned long long)s->base,
                          (unsigned long long)s->size, (unsigned long long)s->end);
    }
    return 0;
}

/* --- retention ---------------------------------------------------------------------------------*/

static int
remove_oldest(struct tp_log *log, struct tp_err *err)
{
    struct tp_log_segments *old = &log->old;
    static const char *const endings[] = {".index", ".ndjson"};

    for (size_t i = 0; i < 2; i++) {
        char *path = tp_log_path(old->folder, old->segment[0].base, endings[i]);
        int failed = path ? unlink(path) && errno != ENOENT : tp_err_memory(err);

        if (failed && path)
            tp_err_system(err, path);
        free(path);
        if (failed)
            return -1;
    }
    old->count--;
    memmove(old->segment, old->segment + 1, old->count * sizeof *old->segment);
    return 0;
}

/* One whose times are not known is judged by the next. */
static tp_time
latest_of_oldest(const struct tp_log *log)
{
    for (size_t i = 0; i < log->old.count; i++)
        if (log->old.segment[i].latest != TP_TIME_BEFORE_ALL)
            return log->old.segment[i].latest;
    return TP_TIME_AFTER_ALL;
}

static bool
is_expired(const struct tp_log *log, const struct tp_log_segment *oldest)
{
    tp_time limit;

    if (log->set.keep_size > 0 && log->base - (oldest->base + oldest->size) >= log->set.keep_size)
        return true;
    return log->set.keep_time > 0 && log->newest != TP_TIME_BEFORE_ALL &&
           tp_time_subtract(log->newest, log->set.keep_time, &limit) &&
           latest_of_oldest(log) < limit;
}

static int
forget_expired(struct tp_log *log, struct tp_err *err)
{
    while (log->old.count > 0 && is_expired(log, &log->old.segment[0]))
        if (remove_oldest(log, err) < 0)
            return -1;
    return 0;
}

/* --- writing -----------------------------------------------------------------------------------*/

static int
put_index(struct tp_log *log, const char *name, struct tp_err *err)
{
    struct tp_emit row;

    tp_buf_clear(&log->row);
    row = tp_emit_open(&log->row);
    tp_emit_int(&row, tp_str_of(name), (int64_t)log->size);
    if (log->latest != TP_TIME_BEFORE_ALL)
        tp_emit_time(&row, TP_STR("time"), log->latest);
    tp_emit_close(&row);
    if (tp_buf_failed(&log->row))
        return tp_err_memory(err);
    log->indexed = log->size;
    if (tp_files_pass(log->files, log->index, tp_buf_str(&log->row), err) < 0)
        return -1;
    return tp_files_settle(log->files, err);
}

static struct tp_file *
open_file(struct tp_log *log, const char *ending, struct tp_err *err)
{
    char *path = tp_log_path(log->old.folder, log->base, ending);
    struct tp_file *file;

    if (!path) {
        tp_err_memory(err);
        return NULL;
    }
    file = tp_files_file(log->files, tp_str_of(path), strlen(path), err);
    free(path);
    return file;
}

static int
open_segment(struct tp_log *log, struct tp_err *err)
{
    log->lines = open_file(log, ".ndjson", err);
    log->index = log->lines ? open_file(log, ".index", err) : NULL;
    return log->index ? 0 : -1;
}

/* The lines are whole before the index says so. */
static int
end_segment(struct tp_log *log, struct tp_err *err)
{
    struct tp_file *lines = log->lines, *index = log->index;

    if (!lines)
        return 0;
    log->lines = NULL;
    if (tp_files_finish(log->files, lines, err) < 0 || put_index(log, "end", err) < 0)
        return -1;
    log->index = NULL;
    return tp_files_finish(log->files, index, err);
}

static int
next_segment(struct tp_log *log, struct tp_err *err)
{
    struct tp_log_segments *old = &log->old;
    struct tp_log_segment *grown = realloc(old->segment, (old->count + 1) * sizeof *grown);

    if (!grown)
        return tp_err_memory(err);
    old->segment = grown;
    if (end_segment(log, err) < 0)
        return -1;
    old->segment[old->count++] =
        (struct tp_log_segment){log->base, log->size, log->size, log->latest};
    log->base += log->size;
    log->size = log->indexed = 0;
    log->latest = TP_TIME_BEFORE_ALL;
    return forget_expired(log, err);
}

static int
go_on(struct tp_log *log, const char *folder, uint64_t *cut, struct tp_err *err)
{
    const struct tp_log_segment *last;
    uint64_t ignored;

    if (mkdir(folder, 0777) && errno != EEXIST)
        return tp_err_system(err, folder);
    if (tp_log_list(&log->old, folder, err) < 0 || check_segments(&log->old, err) < 0)
        return -1;
    for (size_t k = 0; k < log->old.count; k++)
        if (log->old.segment[k].latest > log->newest)
            log->newest = log->old.segment[k].latest;
    if (log->old.count == 0)
        return 0;
    last = &log->old.segment[log->old.count - 1];
    log->latest = last->latest;
    log->base = last->base;
    if (cut_torn_line(folder, last->base, ".ndjson", &log->size, err) < 0 ||
        cut_torn_line(folder, last->base, ".index", &ignored, err) < 0)
        return -1;
    *cut = last->size - log->size;
    log->indexed = log->size;
    log->old.count--; /* it is the one at hand */
    if (log->size == last->end || log->size == 0)
        return 0;
    /* What the lines behind the index say was lost with the process that wrote them. */
    log->latest = TP_TIME_BEFORE_ALL;
    return open_segment(log, err) < 0 ? -1 : next_segment(log, err);
}

struct tp_log *
tp_log_open(const char *folder, const struct tp_log_settings *settings, uint64_t *cut,
            struct tp_err *err)
{
    struct tp_files_settings files = {
        .in_place = true, .max_open = MAX_OPEN, .sync = settings->sync};
    struct tp_log *log = calloc(1, sizeof *log);

    *cut = 0;
    if (log)
        log->files = tp_files_new(&files);
    if (!log || !log->files) {
        free(log);
        tp_err_memory(err);
        return NULL;
    }
    log->set = *settings;
    log->latest = log->newest = TP_TIME_BEFORE_ALL;
    if (go_on(log, folder, cut, err) == 0)
        return log;
    tp_log_free(log);
    return NULL;
}

void
tp_log_free(struct tp_log *log)
{
    if (!log)
        return;
    tp_files_free(log->files);
    tp_log_segments_release(&log->old);
    tp_buf_release(&log->row);
    free(log);
}

int
tp_log_pass(struct tp_log *log, struct tp_str line, tp_time time, struct tp_err *err)
{
    if (log->size > 0 && log->size + line.len > log->set.segment && next_segment(log, err) < 0)
        return -1;
    if (!log->lines && open_segment(log, err) < 0)
        return -1;
    if (log->size - log->indexed >= INDEX_EVERY && put_index(log, "offset", err) < 0)
        return -1;
    if (time > log->latest)
        log->latest = time;
    if (time > log->newest)
        log->newest = time;
    log->size += line.len;
    return tp_files_pass(log->files, log->lines, line, err);
}

int
tp_log_settle(struct tp_log *log, struct tp_err *err)
{
    return tp_files_settle(log->files, err);
}

int
tp_log_flush(struct tp_log *log, struct tp_err *err)
{
    return tp_files_flush(log->files, err);
}

int
tp_log_close(struct tp_log *log, struct tp_err *err)
{
    struct tp_err ignored;
    int result = tp_files_settle(log->files, &ignored) < 0 ? 0 : end_segment(log, err);

    return tp_files_close(log->files, result < 0 ? &ignored : err) < 0 ? -1 : result;
}
