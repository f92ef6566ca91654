/*
 * A log of which state is kept: prepared at barriers, told to be committed by one rename, cut back
 * by who goes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/emit.h"
#include "stream/log_inside.h"
#include "stream/store.h"

enum { COMMITTED_MOST = 256 }; /* bytes of FOLDER/committed, and more */

static char *
path_in(const char *folder, const char *name)
{
    char *path;

    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* --- FOLDER/committed: reading -----------------------------------------------------------------*/

static int
parse_committed(struct tp_str text, uint64_t *end, struct tp_err *err)
{
    const struct tp_saved field = {"committed", TP_SAVED_COUNT, end, false};
    struct tp_str body, line;

    if (tp_snapshot_open(text, &body, err) < 0)
        return -1;
    if (!tp_snapshot_next(&body, &line))
        return tp_err_set(err, TP_FAULT_MACHINE, "it says nothing");
    return tp_saved_read(line, &field, 1, err);
}

/* The bytes of the file PATH; -1: that failed. */
static ssize_t
read_small(const char *path, char *to, size_t most)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0)
        return -1;
    do
        got = pread(fd, to, most, 0);
    while (got < 0 && errno == EINTR);
    close(fd);
    return got;
}

int
tp_log_committed_end(const char *folder, uint64_t *end, struct tp_err *err)
{
    char *path = path_in(folder, "committed");
    char text[COMMITTED_MOST];
    ssize_t len = path ? read_small(path, text, sizeof text) : -1;
    int result = 1;
    struct tp_err why;

    if (!path)
        return tp_err_memory(err);
    if (len < 0)
        result = errno == ENOENT ? 0 : tp_err_system(err, path);
    else if (parse_committed((struct tp_str){text, (size_t)len}, end, &why) < 0)
        result =
            tp_err_set(err, TP_FAULT_MACHINE,
                       "%s: %s; the pipeline that writes the log makes it anew when it is started",
                       path, why.text);
    free(path);
    return result;
}

/* --- FOLDER/committed: writing -----------------------------------------------------------------*/

static int
append(void *to, struct tp_str bytes, struct tp_err *err)
{
    tp_buf_put_str(to, bytes);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

static int
format_committed(struct tp_buf *text, uint64_t end, struct tp_err *err)
{
    struct tp_save save;
    int result = tp_save_init(&save, append, text, err);

    if (result == 0) {
        struct tp_emit line = tp_emit_open(tp_save_line(&save));

        tp_emit_int(&line, TP_STR("committed"), (int64_t)end);
        tp_emit_close(&line);
        result = tp_save_line_end(&save, err);
    }
    if (result == 0)
        result = tp_save_seal(&save, err);
    tp_save_release(&save);
    return result;
}

/* Synced before it is renamed, or a power failure could leave it empty. Its folder is not: an older
 * one is as true, and whoever goes on with the log writes it anew. */
static int
replace(const char *temp, const char *path, struct tp_str text, struct tp_err *err)
{
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int result;

    if (fd < 0)
        return tp_err_system(err, temp);
    result = tp_write_all(fd, text, temp, err);
    if (result == 0)
        result = tp_sync(fd, temp, err);
    if (close(fd) && errno != EINTR && result == 0)
        result = tp_err_system(err, temp);
    if (result == 0 && rename(temp, path))
        result = tp_err_system(err, path);
    return result;
}

static int
write_committed(struct tp_log *log, uint64_t end, struct tp_err *err)
{
    char *temp = path_in(log->old.folder, "committed.tmp");
    char *path = path_in(log->old.folder, "committed");
    int result = -1;

    tp_buf_clear(&log->row);
    if (!temp || !path)
        tp_err_memory(err);
    else if (format_committed(&log->row, end, err) == 0)
        result = replace(temp, path, tp_buf_str(&log->row), err);
    free(temp);
    free(path);
    return result;
}

/* --- barriers ----------------------------------------------------------------------------------*/

static int
add_due(struct tp_log *log, int64_t id, struct tp_err *err)
{
    struct tp_log_due *grown = realloc(log->due, (log->dues + 1) * sizeof *grown);

    if (!grown)
        return tp_err_memory(err);
    log->due = grown;
    grown[log->dues++] = (struct tp_log_due){id, log->base + log->size, tp_log_first(log)};
    return 0;
}

int
tp_log_prepare(struct tp_log *log, int64_t id, bool is_whole, struct tp_err *err)
{
    if (is_whole && tp_log_end_segment(log, err) < 0)
        return -1;
    if (tp_files_prepare(log->files, id, err) < 0)
        return -1;
    if (log->named && tp_log_sync_folder(log, err) < 0)
        return -1;
    log->named = false;
    return add_due(log, id, err);
}

int
tp_log_save(const struct tp_log *log, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit row = tp_emit_open(tp_save_line(save));

    tp_emit_int(&row, TP_STR("log"), (int64_t)log->base);
    tp_emit_int(&row, TP_STR("size"), (int64_t)log->size);
    tp_emit_int(&row, TP_STR("indexed"), (int64_t)log->indexed);
    tp_emit_int(&row, TP_STR("index"), (int64_t)log->index_size);
    tp_emit_int(&row, TP_STR("first"), (int64_t)tp_log_first(log));
    tp_emit_int(&row, TP_STR("latest"), log->latest);
    tp_emit_int(&row, TP_STR("newest"), log->newest);
    tp_emit_close(&row);
    return tp_save_line_end(save, err);
}

int
tp_log_committed(struct tp_log *log, int64_t id, struct tp_err *err)
{
    struct tp_log_due due;
    size_t n = 0;

    while (n < log->dues && log->due[n].id <= id)
        n++;
    if (n == 0)
        return 0;
    due = log->due[n - 1];
    log->dues -= n;
    memmove(log->due, log->due + n, log->dues * sizeof *log->due);
    return write_committed(log, due.end, err) < 0 ? -1 : tp_log_drop(log, due.first, err);
}

/* --- going back --------------------------------------------------------------------------------*/

int
tp_log_load(struct tp_log *log, struct tp_str line, struct tp_err *err)
{
    const struct tp_saved fields[] = {
        {"log", TP_SAVED_COUNT, &log->base, false},
        {"size", TP_SAVED_COUNT, &log->size, false},
        {"indexed", TP_SAVED_COUNT, &log->indexed, false},
        {"index", TP_SAVED_COUNT, &log->index_size, false},
        {"first", TP_SAVED_COUNT, &log->kept_from, false},
        {"latest", TP_SAVED_INT, &log->latest, false},
        {"newest", TP_SAVED_INT, &log->newest, false},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    if (log->indexed > log->size || log->kept_from > log->base ||
        log->size > UINT64_MAX - log->base)
        return tp_err_set(err, TP_FAULT_MACHINE, "its numbers do not fit together");
    log->loaded = true;
    return 0;
}

/* The file of the segment at hand was LENGTH bytes long; one of no bytes need not be there. */
static int
cut_back(const struct tp_log *log, const char *ending, uint64_t length, struct tp_err *err)
{
    char *path = tp_log_path(log->old.folder, log->base, ending);
    int result = 0;

    if (!path)
        return tp_err_memory(err);
    if (length > 0 || access(path, F_OK) == 0 || errno != ENOENT)
        result = tp_cut_back(path, length, err);
    free(path);
    return result;
}

/* Those that the snapshot knows as whole must be; a beginning that --keep has forgotten may be
 * gone, or not yet. */
static int
check_old(struct tp_log *log, struct tp_err *err)
{
    struct tp_log_segments *old = &log->old;

    for (size_t i = 0; i < old->count && old->segment[i].base < log->base; i++) {
        struct tp_log_segment *s = &old->segment[i];

        if (i + 1 == old->count || s[1].base > log->base)
            s->end = log->base - s->base;
        if (s->base >= log->kept_from && s->size != s->end)
            return tp_log_refuse_damaged(old, i, err);
    }
    return 0;
}

/* The segment at hand is cut back; what begins behind it goes, the last first, so that at any time
 * what is left is a beginning of the log. What stands before it is `old`. */
static int
take_back(struct tp_log *log, struct tp_err *err)
{
    struct tp_log_segments *old = &log->old;

    for (; old->count > 0 && old->segment[old->count - 1].base >= log->base; old->count--) {
        uint64_t base = old->segment[old->count - 1].base;

        if ((base > log->base || log->size == 0) && tp_log_remove(old->folder, base, err) < 0)
            return -1;
    }
    if (cut_back(log, ".index", log->index_size, err) < 0 ||
        cut_back(log, ".ndjson", log->size, err) < 0)
        return -1;
    while (log->first < old->count && old->segment[log->first].base < log->kept_from)
        log->first++;
    return tp_log_drop(log, log->kept_from, err);
}

static int
begin(struct tp_log *log, uint64_t *cut, struct tp_err *err)
{
    tp_log_note_newest(log);
    if (tp_log_check(&log->old, err) < 0 || tp_log_go_on(log, cut, err) < 0)
        return -1;
    return tp_log_sync_folder(log, err);
}

/* What was written of the segment at hand since the last line of its index is hashed anew. */
static int
sum_again(struct tp_log *log, struct tp_err *err)
{
    char *path = tp_log_path(log->old.folder, log->base, ".ndjson");
    int fd = path && log->size > log->indexed ? open(path, O_RDONLY | O_CLOEXEC) : -1, result = 0;
    uint64_t at = log->indexed;
    char bytes[4096];

    if (!path)
        return tp_err_memory(err);
    XXH64_reset(log->sum, 0);
    while (at < log->size && result == 0) {
        size_t want = log->size - at < sizeof bytes ? (size_t)(log->size - at) : sizeof bytes;
        ssize_t got = fd < 0 ? -1 : pread(fd, bytes, want, (off_t)at);

        if (got < 0 && fd >= 0 && errno == EINTR)
            continue;
        if (got <= 0)
            result = tp_err_system(err, path);
        else
            XXH64_update(log->sum, bytes, (size_t)got);
        at += got > 0 ? (uint64_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return result;
}

int
tp_log_restored(struct tp_log *log, uint64_t *cut, struct tp_err *err)
{
    char *folder = log->old.folder;
    int result;

    *cut = 0;
    log->old = (struct tp_log_segments){0};
    result = tp_log_take_lock(log, folder, err);
    if (result == 0)
        result = tp_log_list(&log->old, folder, err);
    free(folder);
    if (result == 0)
        result = tp_log_remove_orphans(&log->old, err);
    if (result == 0)
        result = log->loaded ? check_old(log, err) : begin(log, cut, err);
    if (result == 0)
        result = write_committed(log, log->base + log->size, err);
    if (result == 0 && log->loaded)
        result = take_back(log, err);
    return result == 0 && log->loaded ? sum_again(log, err) : result;
}
