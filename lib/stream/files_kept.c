/*
 * Files of which state is kept: prepared at barriers, named by commits, truncated by who goes back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"
#include "stream/files_inside.h"
#include "stream/lock.h"
#include "stream/store.h"

/* --- folders -----------------------------------------------------------------------------------*/

static int
note_folder(struct tp_files *files, struct tp_str folder, struct tp_err *err)
{
    return tp_map_add(files->folders, folder, NULL) ? 0 : tp_files_fail_memory(files, err);
}

/* The folder that names it, and those above that may have been made for it. */
int
tp_file_note_folders(struct tp_files *files, const struct tp_file *file, struct tp_err *err)
{
    struct tp_str path = tp_file_path(files, file);
    const char *slash = memrchr(path.ptr, '/', path.len);

    if (!slash)
        return note_folder(files, TP_STR("."), err);
    do {
        size_t len = (size_t)(slash - path.ptr);

        if (note_folder(files, (struct tp_str){path.ptr, len ? len : 1}, err) < 0)
            return -1;
        if (len < file->folder)
            return 0;
        slash = memrchr(path.ptr, '/', len);
    } while (slash);
    return note_folder(files, TP_STR("."), err);
}

static int
sync_folders(struct tp_files *files, struct tp_err *err)
{
    for (void *at = tp_map_first(files->folders); at; at = tp_map_next(files->folders, at)) {
        struct tp_str path = tp_map_key(files->folders, at);
        char *folder = strndup(path.ptr, path.len);
        int result =
            folder ? tp_files_sync_folder(files, folder, err) : tp_files_fail_memory(files, err);

        free(folder);
        if (result < 0)
            return -1;
    }
    tp_map_clear(files->folders);
    return 0;
}

/* --- barriers ----------------------------------------------------------------------------------*/

/* Bears `.part`, and no line is waited for that would have to come first. */
static bool
waits_for_name(const struct tp_files *files, const struct tp_file *file)
{
    return !file->named && (file->whole || !files->set.built);
}

int
tp_files_prepare(struct tp_files *files, int64_t id, struct tp_err *err)
{
    if (tp_files_settle(files, err) < 0)
        return -1;
    for (struct tp_file *file = files->newest; file; file = file->older)
        if (file->dirty && tp_file_write_all(files, file, true, err) < 0)
            return -1;
    for (struct tp_file *file = tp_map_first(files->file); file;
         file = tp_map_next(files->file, file))
        if (file->due == 0 && (file->whole || waits_for_name(files, file)))
            file->due = id;
    return sync_folders(files, err);
}

const struct tp_file *
tp_files_first(const struct tp_files *files)
{
    return tp_map_first(files->file);
}

const struct tp_file *
tp_files_next(const struct tp_files *files, const struct tp_file *file)
{
    return tp_map_next(files->file, file);
}

struct tp_file_state
tp_file_state(const struct tp_files *files, const struct tp_file *file)
{
    return (struct tp_file_state){.path = tp_file_path(files, file),
                                  .length = file->length,
                                  .taken = file->taken,
                                  .folder = file->folder,
                                  .named = file->named,
                                  .whole = file->whole};
}

/* --- commits -----------------------------------------------------------------------------------*/

/* AGAIN: a run that was killed may have done it, and not have synced it. */
static int
name_file(struct tp_files *files, struct tp_file *file, bool again, struct tp_err *err)
{
    struct tp_str path = tp_file_path(files, file);
    char *part = tp_file_name(files, file), *name = strndup(path.ptr, path.len);
    int result = 0;

    if (!part || !name)
        result = tp_files_fail_memory(files, err);
    else if (again && access(part, F_OK) && errno == ENOENT)
        result = tp_file_note_folders(files, file, err);
    else if (tp_files_give_name(part, name) < 0)
        result = tp_files_fail_system(files, name, err);
    else
        result = tp_file_note_folders(files, file, err);
    file->named |= result == 0;
    free(part);
    free(name);
    return result;
}

int
tp_files_committed(struct tp_files *files, int64_t id, struct tp_err *err)
{
    struct tp_file *next;

    for (struct tp_file *file = tp_map_first(files->file); file; file = next) {
        next = tp_map_next(files->file, file);
        if (file->due == 0 || file->due > id)
            continue;
        if (!file->named && name_file(files, file, false, err) < 0)
            return -1;
        file->due = 0;
        if (file->whole)
            tp_map_remove(files->file, tp_file_path(files, file));
    }
    return sync_folders(files, err);
}

/* --- going back --------------------------------------------------------------------------------*/

struct tp_file *
tp_files_resume(struct tp_files *files, const struct tp_file_state *state, struct tp_err *err)
{
    struct tp_file *file = tp_map_add(files->file, state->path, NULL);

    if (!file) {
        tp_files_fail_memory(files, err);
        return NULL;
    }
    file->folder = state->folder;
    file->opened = file->resumed = true;
    file->named = state->named;
    file->whole = state->whole;
    file->length = state->length;
    file->taken = state->taken;
    return file;
}

/* One that is not open: nobody else writes there. */
static int
cut_back(const char *name, uint64_t length, struct tp_err *err)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY), result;

    if (fd < 0)
        return tp_err_system(err, name);
    result = tp_lock_content(fd, name, err) < 0 ? -1 : tp_cut_back(name, length, err);
    close(fd);
    return result;
}

static int
take_back(struct tp_files *files, struct tp_file *file, struct tp_err *err)
{
    char *name = tp_file_name(files, file);
    struct tp_err why;
    int result;

    if (!name)
        return tp_files_fail_memory(files, err);
    result = file->out ? tp_cut_back(name, file->length, &why) : cut_back(name, file->length, &why);
    free(name);
    return result < 0 ? tp_files_fail(files, &why, err) : 0;
}

/* A file that was there before, and is gone on with. */
static int
note_length(struct tp_files *files, struct tp_file *file, struct tp_err *err)
{
    struct stat st;

    if (fstat(file->fd, &st))
        return tp_files_fail_system(files, "fstat", err);
    file->length = (uint64_t)st.st_size;
    return 0;
}

static int
go_back(struct tp_files *files, struct tp_file *file, struct tp_err *err)
{
    if (!file->resumed)
        return note_length(files, file, err);
    if (waits_for_name(files, file) && name_file(files, file, true, err) < 0)
        return -1;
    /* Whoever waited for a whole file may have taken it away by now. */
    return file->whole ? 0 : take_back(files, file, err);
}

int
tp_files_restored(struct tp_files *files, struct tp_err *err)
{
    struct tp_file *next;

    for (struct tp_file *file = tp_map_first(files->file); file; file = next) {
        next = tp_map_next(files->file, file);
        if (go_back(files, file, err) < 0)
            return -1;
        if (file->whole)
            tp_map_remove(files->file, tp_file_path(files, file));
    }
    return sync_folders(files, err);
}
