/*
 * Snapshots: saving, finding, loading, deleting.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/store_dir.h"
#include "value/num.h"

/* ---- names ---- */

void
tp_store_file_of(char *file, const char *name, int64_t id)
{
    snprintf(file, TP_STORE_FILE, "%s.%lld.ndjson", name, (long long)id);
}

static bool
parse_file_name(const char *file, const char *suffix, struct tp_store_item *item)
{
    const char *dot = strchr(file, '.');
    const char *end = dot ? strchr(dot + 1, '.') : NULL;
    size_t len = dot ? (size_t)(dot - file) : 0;

    if (!end || strcmp(end, suffix) != 0 || len > TP_STAGE_NAME_BYTES ||
        !tp_stage_name_is_valid((struct tp_str){file, len}) ||
        !tp_num_parse_int((struct tp_str){dot + 1, (size_t)(end - dot - 1)}, &item->id) ||
        item->id < 0)
        return false;
    memset(item->name, 0, sizeof item->name);
    memcpy(item->name, file, len);
    return true;
}

static int
compare_items(const void *a, const void *b)
{
    const struct tp_store_item *one = a, *other = b;
    int order = strcmp(one->name, other->name);

    return order ? order : (one->id > other->id) - (one->id < other->id);
}

static int
add_item(struct tp_store_list *list, const struct tp_store_item *item)
{
    struct tp_store_item *grown = list->item;

    if ((list->count & (list->count - 1)) == 0) {
        grown = realloc(grown, (list->count ? list->count * 2 : 1) * sizeof *grown);
        if (!grown)
            return -1;
        list->item = grown;
    }
    grown[list->count++] = *item;
    return 0;
}

static int
read_list(struct tp_store *s, DIR *dir, const char *suffix, struct tp_store_list *list,
          struct tp_err *err)
{
    struct tp_store_item item;
    const struct dirent *entry;

    for (errno = 0; (entry = readdir(dir)); errno = 0)
        if (parse_file_name(entry->d_name, suffix, &item) && add_item(list, &item) < 0)
            return tp_err_memory(err);
    return errno ? tp_store_fail(s, ".", err) : 0;
}

static int
list_files(struct tp_store *s, const char *suffix, struct tp_store_list *list, struct tp_err *err)
{
    int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int result;

    *list = (struct tp_store_list){NULL, 0};
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return tp_store_fail(s, ".", err);
    }
    result = read_list(s, dir, suffix, list, err);
    closedir(dir);
    if (result < 0) {
        free(list->item);
        *list = (struct tp_store_list){NULL, 0};
        return -1;
    }
    if (list->count > 0)
        qsort(list->item, list->count, sizeof *list->item, compare_items);
    return 0;
}

int
tp_store_list(struct tp_store *s, struct tp_store_list *list, struct tp_err *err)
{
    return list_files(s, ".ndjson", list, err);
}

int
tp_store_list_marks(struct tp_store *s, struct tp_store_list *list, struct tp_err *err)
{
    return list_files(s, TP_STORE_MARK, list, err);
}

/* ---- saving ---- */

static int
write_piece(void *to, struct tp_str bytes, struct tp_err *err)
{
    struct tp_store *s = to;
    char temp[TP_STORE_FILE];

    s->temp_bytes += bytes.len;
    if (s->limit > 0 && s->temp_bytes > s->limit) {
        s->too_large = true;
        return tp_err_set(err, TP_FAULT_MACHINE, "the snapshot is larger than %llu bytes",
                          (unsigned long long)s->limit);
    }
    snprintf(temp, sizeof temp, "%s.tmp", s->name);
    return tp_write_all(s->temp, bytes, temp, err);
}

int
tp_store_save(struct tp_store *s, const struct tp_snapshot *header, struct tp_save *save,
              struct tp_err *err)
{
    char temp[TP_STORE_FILE];

    if (tp_save_init(save, write_piece, s, err) < 0)
        return -1;
    snprintf(temp, sizeof temp, "%s.tmp", s->name);
    s->temp_id = header->id;
    s->temp_bytes = 0;
    s->too_large = false;
    s->temp = tp_store_create(s, temp, err);
    if (s->temp < 0)
        return -1;
    tp_snapshot_write(header, tp_save_line(save));
    return tp_save_line_end(save, err);
}

void
tp_store_save_drop(struct tp_store *s, struct tp_save *save)
{
    char temp[TP_STORE_FILE];

    tp_save_release(save);
    if (s->temp < 0)
        return;
    close(s->temp);
    s->temp = -1;
    snprintf(temp, sizeof temp, "%s.tmp", s->name);
    unlinkat(s->dir, temp, 0);
}

void
tp_store_save_leave(struct tp_store *s, struct tp_save *save)
{
    tp_save_release(save);
    if (s->temp >= 0)
        close(s->temp);
    s->temp = -1;
}

void
tp_store_limit(struct tp_store *s, uint64_t most)
{
    s->limit = most;
}

bool
tp_store_is_too_large(const struct tp_store *s)
{
    return s->too_large;
}

uint64_t
tp_store_written(const struct tp_store *s)
{
    return s->temp_bytes;
}

uint64_t
tp_store_size(const struct tp_store *s, int64_t id)
{
    char file[TP_STORE_FILE];
    struct stat st;

    tp_store_file_of(file, s->name, id);
    return fstatat(s->dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_size : 0;
}

int
tp_store_save_seal(struct tp_store *s, struct tp_save *save, struct tp_err *err)
{
    if (tp_save_seal(save, err) < 0) {
        tp_store_save_drop(s, save);
        return -1;
    }
    tp_save_release(save);
    return 0;
}

int
tp_store_save_sync(struct tp_store *s, struct tp_err *err)
{
    char temp[TP_STORE_FILE], file[TP_STORE_FILE];
    int fd = s->temp;

    s->temp = -1;
    snprintf(temp, sizeof temp, "%s.tmp", s->name);
    tp_store_file_of(file, s->name, s->temp_id);
    return tp_store_rename(s, fd, temp, file, err);
}

int
tp_store_save_done(struct tp_store *s, struct tp_save *save, struct tp_err *err)
{
    return tp_store_save_seal(s, save, err) < 0 ? -1 : tp_store_save_sync(s, err);
}

/* ---- loading ---- */

static int
map_file(struct tp_store *s, struct tp_loaded *loaded, struct tp_err *err)
{
    int fd = openat(s->dir, loaded->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        tp_store_fail(s, loaded->file, err);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    loaded->len = (size_t)st.st_size;
    if (loaded->len > 0) {
        loaded->map = mmap(NULL, loaded->len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (loaded->map == MAP_FAILED) {
            loaded->map = NULL;
            tp_store_fail(s, loaded->file, err);
            close(fd);
            return -1;
        }
    }
    close(fd);
    return 0;
}

void
tp_loaded_release(struct tp_loaded *loaded)
{
    tp_snapshot_release(&loaded->header);
    if (loaded->map)
        munmap(loaded->map, loaded->len);
    loaded->map = NULL;
}

int
tp_store_open_snapshot(struct tp_store *s, int64_t id, struct tp_loaded *loaded, struct tp_err *err)
{
    struct tp_str line;
    struct tp_err why;

    *loaded = (struct tp_loaded){.map = NULL};
    tp_store_file_of(loaded->file, s->name, id);
    if (map_file(s, loaded, err) < 0)
        return -1;
    if (tp_snapshot_open((struct tp_str){loaded->map, loaded->len}, &loaded->body, &why) == 0) {
        if (!tp_snapshot_next(&loaded->body, &line))
            tp_err_set(&why, TP_FAULT_MACHINE, "it has no header");
        else if (tp_snapshot_parse(&loaded->header, line, &why) == 0 && loaded->header.id == id)
            return 0;
        else if (loaded->header.filter.ptr)
            tp_err_set(&why, TP_FAULT_MACHINE, "it is the snapshot of barrier %lld",
                       (long long)loaded->header.id);
    }
    tp_loaded_release(loaded);
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s/%s: %s; restore it from a copy, or --fresh begins without it", s->path,
                      loaded->file, why.text);
}

static int
refuse_missing(struct tp_store *s, int64_t id, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s has no snapshot of %s for commit %lld; --fresh begins without one",
                      s->path, s->name, (long long)id);
}

/* Does LOADED stand for COMMIT? It was saved by the run that made it, at its ID or at a last
 * barrier before. */
static bool
stands_for(const struct tp_loaded *loaded, const struct tp_commit *commit)
{
    if (commit->id == 0)
        return true;
    return (loaded->header.id == commit->id || loaded->header.last) &&
           tp_epochs_within(&loaded->header.epochs, &commit->epochs);
}

int
tp_store_load(struct tp_store *s, const struct tp_commit *commit, struct tp_loaded *loaded,
              struct tp_err *err)
{
    struct tp_store_list list;
    bool any = false;
    int result = 0;

    if (tp_store_list(s, &list, err) < 0)
        return -1;
    for (size_t i = list.count; i-- > 0 && result == 0;) {
        if (strcmp(list.item[i].name, s->name) != 0)
            continue;
        any = true;
        if (list.item[i].id > commit->id)
            continue;
        result = tp_store_open_snapshot(s, list.item[i].id, loaded, err) < 0 ? -1 : 1;
        if (result < 0 || stands_for(loaded, commit))
            break;
        tp_loaded_release(loaded);
        result = 0;
    }
    free(list.item);
    if (result == 0 && (any || commit->id > 0))
        return refuse_missing(s, commit->id, err);
    return result;
}
