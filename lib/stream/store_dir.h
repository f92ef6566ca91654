/*
 * store_dir: what the parts of store share.
 */
#ifndef TP_STREAM_STORE_DIR_H
#define TP_STREAM_STORE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "stream/store.h"

#define TP_STORE_MARK ".saving"

enum { TP_STORE_FILE = TP_STAGE_NAME_BYTES + 40 }; /* bytes of a file's name */

struct tp_store {
    char *path;
    char name[TP_STAGE_NAME_BYTES + 1];
    int dir;    /* descriptor of the directory */
    int lock;   /* of NAME */
    int common; /* of the directory */
    int temp;   /* the snapshot that is being written; -1: none */
    int64_t temp_id;
    uint64_t temp_bytes, limit; /* written so far; at most (0: any) */
    bool too_large;
};

/* DIR as it lies there, for those who take no lock of a stage. */
struct tp_store *tp_store_look(const char *dir, struct tp_err *err);

/* The directory's lock, for moments. */
int tp_store_lock(struct tp_store *store, struct tp_err *err);
void tp_store_unlock(struct tp_store *store);

/* FILE becomes TEXT: beside, synced, renamed. */
int tp_store_put(struct tp_store *store, const char *file, struct tp_str text, struct tp_err *err);

/* Appends FILE, up to MOST bytes. 1: there, 0: there is none. */
int tp_store_get(struct tp_store *store, const char *file, size_t most, struct tp_buf *to,
                 struct tp_err *err);

/* Makes FILE, empty, to be renamed later. */
int tp_store_create(struct tp_store *store, const char *file, struct tp_err *err);

/* FROM, written through FD, becomes FILE; closes FD. */
int tp_store_rename(struct tp_store *store, int fd, const char *from, const char *file,
                    struct tp_err *err);

/* A system call about FILE failed. */
int tp_store_fail(const struct tp_store *store, const char *file, struct tp_err *err);

/* The snapshots in the directory, in the order of name and ID. */
struct tp_store_item {
    char name[TP_STAGE_NAME_BYTES + 1];
    int64_t id;
};

struct tp_store_list {
    struct tp_store_item *item;
    size_t count;
};

/* Empty when it failed. */
int tp_store_list(struct tp_store *store, struct tp_store_list *list, struct tp_err *err);

/* Likewise the marks. */
int tp_store_list_marks(struct tp_store *store, struct tp_store_list *list, struct tp_err *err);

/* Opens the snapshot of store->name and ID, and sees that it is whole. */
int tp_store_open_snapshot(struct tp_store *store, int64_t id, struct tp_loaded *loaded,
                           struct tp_err *err);

/* The epoch of the source NAME; 0: it has none. */
int tp_store_read_epoch(struct tp_store *store, const char *name, int64_t *number,
                        struct tp_err *err);

void tp_store_file_of(char *file, const char *name, int64_t id);

#endif
