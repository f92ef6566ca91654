/*
 * files_inside: what files.c and files_kept.c share.
 */
#ifndef TP_STREAM_FILES_INSIDE_H
#define TP_STREAM_FILES_INSIDE_H

#include "base/map.h"
#include "stream/files.h"
#include "stream/out.h"

struct tp_file {
    struct tp_out *out; /* NULL: closed for now */
    int fd;
    struct tp_pack *pack;
    struct tp_file *newer, *older; /* among the open ones, by use */
    size_t folder;
    bool opened;  /* at least once, in this run or the one that was gone back to */
    bool resumed; /* as it was saved */
    bool named;   /* bears its own name, without `.part` */
    bool whole;   /* kept: nothing follows, its name is due */
    bool dirty;   /* something was written since it was last synced */
    int64_t due;  /* kept: its name is, with this commit; 0: not prepared yet */
    uint64_t taken;
    uint64_t length; /* of what was synced */
};

struct tp_files {
    struct tp_files_settings set;
    struct tp_map *file;    /* path -> struct tp_file */
    struct tp_map *folders; /* kept: those whose names changed since they were synced */
    struct tp_file *newest, *oldest;
    size_t open;
    struct tp_file *run_file; /* whose the borrowed lines are */
    struct tp_str run;
    bool failed;
    struct tp_err why;
};

/* Malloced: the name a file bears now; NULL when memory ran out. */
char *tp_file_name(const struct tp_files *files, const struct tp_file *file);

/* A failure is the last word: WHY stays, and every later verb repeats it. All give -1. */
int tp_files_fail(struct tp_files *files, const struct tp_err *why, struct tp_err *err);
int tp_files_fail_system(struct tp_files *files, const char *what, struct tp_err *err);
int tp_files_fail_memory(struct tp_files *files, struct tp_err *err);

/* Writes what was put in so far. WHOLE: also what a packer holds, so that all of it can be read;
 * and to the disk, if that is wanted. */
int tp_file_write_all(struct tp_files *files, struct tp_file *file, bool whole, struct tp_err *err);

/* Renames to PATH, which nobody may bear. */
int tp_files_give_name(const char *part, const char *path);

/* What changed in FOLDER is on the disk. */
int tp_files_sync_folder(struct tp_files *files, const char *folder, struct tp_err *err);

/* Kept: FILE was made; the folders that say so are to be synced. */
int tp_file_note_folders(struct tp_files *files, const struct tp_file *file, struct tp_err *err);

#endif
