#include "stream/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/lock.h"
#include "stream/log_inside.h"
#include "stream/store.h"

enum {
    INDEX_EVERY = 1024 * 1024, /* bytes between two lines of the index */
    MAX_OPEN = 2,              /* a segment and its index */
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
             (*size < (uint64_t)st.st_size && (ftruncate(fd, (off_t)*size) || fsync(fd))))
        result = tp_err_system(err, path);
    if (fd >= 0)
        close(fd);
    free(path);
    return result;
}

int
tp_log_refuse_damaged(const struct tp_log_segments *segments, size_t i, struct tp_err *err)
{
    const struct tp_log_segment *s = &segments->segment[i];

    return tp_err_set(err, TP_FAULT_MACHINE, "%s/%020llu.ndjson is damaged: %llu bytes of %llu",
                      segments->folder, (unsigned long long)s->base, (unsigned long long)s->size,
                      (unsigned long long)s->end);
}

int
tp_log_check(const struct tp_log_segments *segments, struct tp_err *err)
{
    for (size_t i = 0; i < segments->count; i++) {
        const struct tp_log_segment *s = &segments->segment[i];
        bool last = i + 1 == segments->count;

        if (s->size != s->end && (!last || s->size < s->end))
            return tp_log_refuse_damaged(segments, i, err);
    }
    return 0;
}

void
tp_log_note_newest(struct tp_log *log)
{
    for (size_t i = 0; i < log->old.count; i++)
        if (log->old.segment[i].latest > log->newest)
            log->newest = log->old.segment[i].latest;
}

/* --- retention ---------------------------------------------------------------------------------*/

static int
remove_file(const char *folder, uint64_t base, const char *ending, struct tp_err *err)
{
    char *path = tp_log_path(folder, base, ending);
    int result = path ? 0 : tp_err_memory(err);

    if (path && unlink(path) && errno != ENOENT)
        result = tp_err_system(err, path);
    free(path);
    return result;
}

int
tp_log_remove(const char *folder, uint64_t base, struct tp_err *err)
{
    return remove_file(folder, base, ".index", err) < 0 ? -1
                                                        : remove_file(folder, base, ".ndjson", err);
}

int
tp_log_drop(struct tp_log *log, uint64_t base, struct tp_err *err)
{
    struct tp_log_segments *old = &log->old;
    size_t n = 0;
    int result = 0;

    while (n < old->count && old->segment[n].base < base && result == 0)
        result = tp_log_remove(old->folder, old->segment[n++].base, err);
    old->count -= n;
    log->first -= n < log->first ? n : log->first;
    if (n > 0)
        memmove(old->segment, old->segment + n, old->count * sizeof *old->segment);
    return result;
}

uint64_t
tp_log_first(const struct tp_log *log)
{
    return log->first < log->old.count ? log->old.segment[log->first].base : log->base;
}

/* One whose times are not known is judged by the next. */
static tp_time
latest_of_oldest(const struct tp_log *log)
{
    for (size_t i = log->first; i < log->old.count; i++)
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

/* Of a kept log the commit removes them: who goes back to the one before it may need them. */
static int
forget_expired(struct tp_log *log, struct tp_err *err)
{
    while (log->first < log->old.count && is_expired(log, &log->old.segment[log->first]))
        log->first++;
    return log->set.kept ? 0 : tp_log_drop(log, tp_log_first(log), err);
}

/* --- writing -----------------------------------------------------------------------------------*/

static int
put_index(struct tp_log *log, bool is_end, struct tp_err *err)
{
    const struct tp_log_mark mark = {.size = log->size,
                                     .is_end = is_end,
                                     .latest = log->latest,
                                     .is_summed = log->size > log->indexed,
                                     .sum = XXH64_digest(log->sum)};

    tp_buf_clear(&log->row);
    if (tp_log_mark_write(&mark, &log->row, err) < 0)
        return -1;
    log->indexed = log->size;
    XXH64_reset(log->sum, 0);
    log->index_size += log->row.len;
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

/* What bears the names of a segment that begins was left by a run, or a power, that failed. */
static int
open_segment(struct tp_log *log, struct tp_err *err)
{
    if (log->size == 0 && tp_log_remove(log->old.folder, log->base, err) < 0)
        return -1;
    log->named = true;
    log->lines = open_file(log, ".ndjson", err);
    log->index = log->lines ? open_file(log, ".index", err) : NULL;
    return log->index ? 0 : -1;
}

/* What the files of segments are called is on the disk. */
static int
sync_names(struct tp_log *log, struct tp_err *err)
{
    if (!log->named || log->set.sync == TP_SYNC_NEVER)
        return 0;
    log->named = false;
    return tp_log_sync_folder(log, err);
}

int
tp_log_sync_folder(const struct tp_log *log, struct tp_err *err)
{
    char *path = tp_log_path(log->old.folder, log->base, "");
    int result = path ? tp_sync_folder_of(path, err) : tp_err_memory(err);

    free(path);
    return result;
}

/* The lines are whole before the index says so. One that was gone back to may not be open yet. */
int
tp_log_end_segment(struct tp_log *log, struct tp_err *err)
{
    struct tp_file *lines, *index;

    if (!log->lines && log->indexed == log->size)
        return 0; /* it has its end */
    if (!log->lines && open_segment(log, err) < 0)
        return -1;
    lines = log->lines;
    index = log->index;
    log->lines = NULL;
    if (tp_files_finish(log->files, lines, err) < 0 || put_index(log, true, err) < 0)
        return -1;
    log->index = NULL;
    return tp_files_finish(log->files, index, err) < 0 ? -1 : sync_names(log, err);
}

static int
next_segment(struct tp_log *log, struct tp_err *err)
{
    struct tp_log_segments *old = &log->old;
    struct tp_log_segment *grown = realloc(old->segment, (old->count + 1) * sizeof *grown);

    if (!grown)
        return tp_err_memory(err);
    old->segment = grown;
    if (tp_log_end_segment(log, err) < 0)
        return -1;
    old->segment[old->count++] =
        (struct tp_log_segment){log->base, log->size, log->size, log->latest};
    log->base += log->size;
    log->size = log->indexed = log->index_size = 0;
    log->latest = TP_TIME_BEFORE_ALL;
    return forget_expired(log, err);
}

int
tp_log_go_on(struct tp_log *log, uint64_t *cut, struct tp_err *err)
{
    const char *folder = log->old.folder;
    const struct tp_log_segment *last;

    *cut = 0;
    if (log->old.count == 0)
        return 0;
    last = &log->old.segment[log->old.count - 1];
    log->latest = last->latest;
    log->base = last->base;
    if (cut_torn_line(folder, last->base, ".ndjson", &log->size, err) < 0 ||
        cut_torn_line(folder, last->base, ".index", &log->index_size, err) < 0)
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

/* What one run of a pipeline may take back must not be followed by what another cannot. */
static int
check_not_kept(const char *folder, struct tp_err *err)
{
    uint64_t end;
    int kept = tp_log_committed_end(folder, &end, err);

    if (kept <= 0)
        return kept;
    return tp_err_set(err, TP_FAULT_USAGE,
                      "%s is the log of a pipeline with saved state: -S DIR goes on with it; "
                      "without %s/committed all it holds counts, and so does what follows",
                      folder, folder);
}

int
tp_log_take_lock(struct tp_log *log, const char *folder, struct tp_err *err)
{
    log->lock = tp_lock_take(folder, ".lock", "a log has one writer at a time", err);
    return log->lock < 0 ? -1 : 0;
}

static int
open_folder(struct tp_log *log, const char *folder, uint64_t *cut, struct tp_err *err)
{
    if (mkdir(folder, 0777) && errno != EEXIST)
        return tp_err_system(err, folder);
    if (log->set.kept) {
        log->old.folder = strdup(folder);
        return log->old.folder ? tp_sync_folder_of(folder, err) : tp_err_memory(err);
    }
    if (tp_log_take_lock(log, folder, err) < 0)
        return -1;
    if (tp_log_list(&log->old, folder, err) < 0)
        return -1;
    if (check_not_kept(folder, err) < 0 || tp_log_check(&log->old, err) < 0)
        return -1;
    tp_log_note_newest(log);
    return tp_log_go_on(log, cut, err);
}

struct tp_log *
tp_log_open(const char *folder, const struct tp_log_settings *settings, uint64_t *cut,
            struct tp_err *err)
{
    struct tp_files_settings files = {
        .in_place = true, .max_open = MAX_OPEN, .sync = settings->sync};
    struct tp_log *log = calloc(1, sizeof *log);

    *cut = 0;
    if (log) {
        log->lock = -1;
        log->files = tp_files_new(&files);
        log->sum = XXH64_createState();
    }
    if (!log || !log->files || !log->sum) {
        tp_log_free(log);
        tp_err_memory(err);
        return NULL;
    }
    XXH64_reset(log->sum, 0);
    log->set = *settings;
    log->latest = log->newest = TP_TIME_BEFORE_ALL;
    if (open_folder(log, folder, cut, err) == 0)
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
    XXH64_freeState(log->sum);
    tp_log_segments_release(&log->old);
    tp_buf_release(&log->row);
    free(log->due);
    if (log->lock >= 0)
        close(log->lock);
    free(log);
}

int
tp_log_pass(struct tp_log *log, struct tp_str line, tp_time time, struct tp_err *err)
{
    if (log->size > 0 && log->size + line.len > log->set.segment && next_segment(log, err) < 0)
        return -1;
    if (!log->lines && open_segment(log, err) < 0)
        return -1;
    if (log->size - log->indexed >= INDEX_EVERY && put_index(log, false, err) < 0)
        return -1;
    if (time > log->latest)
        log->latest = time;
    if (time > log->newest)
        log->newest = time;
    log->size += line.len;
    XXH64_update(log->sum, line.ptr, line.len);
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
    int result = 0;

    /* Where state is kept, the last barrier did, or there will be another run. */
    if (tp_files_settle(log->files, &ignored) == 0 && !log->set.kept)
        result = tp_log_end_segment(log, err);
    return tp_files_close(log->files, result < 0 ? &ignored : err) < 0 ? -1 : result;
}
