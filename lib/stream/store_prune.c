/*
 * Marks of snapshots that are not there yet; and what is deleted when nobody needs it any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/store_dir.h"

/* ---- marks ---- */

static void
mark_of(char *file, const struct tp_store *s, int64_t id)
{
    snprintf(file, TP_STORE_FILE, "%s.%lld%s", s->name, (long long)id, TP_STORE_MARK);
}

/* Not synced: it binds only processes of this run, and none of them outlives the machine. */
int
tp_store_mark(struct tp_store *s, int64_t id, struct tp_err *err)
{
    char file[TP_STORE_FILE];
    int fd;

    mark_of(file, s, id);
    fd = tp_store_create(s, file, err);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int
unlink_file(struct tp_store *s, const char *file, struct tp_err *err)
{
    return unlinkat(s->dir, file, 0) < 0 && errno != ENOENT ? tp_store_fail(s, file, err) : 0;
}

static int
unmark_to(struct tp_store *s, int64_t last, struct tp_err *err)
{
    struct tp_store_list list = {NULL, 0};
    char file[TP_STORE_FILE];
    int result = tp_store_list_marks(s, &list, err);

    for (size_t i = 0; result == 0 && i < list.count; i++) {
        if (strcmp(list.item[i].name, s->name) != 0 || list.item[i].id > last)
            continue;
        mark_of(file, s, list.item[i].id);
        result = unlink_file(s, file, err);
    }
    free(list.item);
    return result;
}

int
tp_store_unmark(struct tp_store *s, int64_t id, struct tp_err *err)
{
    char file[TP_STORE_FILE];

    if (id < 0)
        return unmark_to(s, INT64_MAX, err);
    mark_of(file, s, id);
    return unlink_file(s, file, err);
}

/* ---- deleting ---- */

/* The oldest own snapshot that a commit may need: the last one up to PREVIOUS. */
static int64_t
oldest_needed(const struct tp_store *s, const struct tp_store_list *list, int64_t previous)
{
    int64_t keep = -1;

    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i].name, s->name) == 0 && list->item[i].id <= previous)
            keep = list->item[i].id;
    return keep;
}

int
tp_store_prune(struct tp_store *s, struct tp_err *err)
{
    struct tp_commit commit = {.id = 0};
    struct tp_store_list list = {NULL, 0};
    char file[TP_STORE_FILE];
    int64_t keep = -1;
    int result = tp_store_commit_read(s, &commit, err);

    if (result == 0)
        result = tp_store_list(s, &list, err);
    if (result == 0)
        keep = oldest_needed(s, &list, commit.previous);
    for (size_t i = 0; result == 0 && i < list.count; i++) {
        if (strcmp(list.item[i].name, s->name) != 0 || list.item[i].id >= keep)
            continue;
        tp_store_file_of(file, s->name, list.item[i].id);
        result = unlink_file(s, file, err);
    }
    if (result == 0) /* behind COMMIT, which only grows: they keep nobody from anything any more */
        result = unmark_to(s, commit.id, err);
    free(list.item);
    tp_commit_release(&commit);
    return result;
}
