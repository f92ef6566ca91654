#include "stream/savepoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/store_dir.h"

enum { MOST = 1 << 20 }; /* bytes of a COMMIT */

struct tp_savepoint {
    struct tp_survey *of;
    struct tp_store *to;
    bool finished;
};

static int
make_directory(const char *dir, struct tp_err *err)
{
    if (mkdir(dir, 0777) == 0)
        return 0;
    if (errno != EEXIST)
        return tp_err_system(err, dir);
    return tp_err_set(err, TP_FAULT_USAGE, "%s is there already: name a directory to be made", dir);
}

static struct tp_savepoint *
open_directory(const char *dir, struct tp_err *err)
{
    struct tp_savepoint *savepoint = calloc(1, sizeof *savepoint);

    if (!savepoint) {
        tp_err_memory(err);
        return NULL;
    }
    savepoint->to = tp_store_look(dir, err);
    if (savepoint->to)
        return savepoint;
    free(savepoint);
    return NULL;
}

struct tp_savepoint *
tp_savepoint_new(struct tp_survey *of, const char *dir, struct tp_err *err)
{
    struct tp_savepoint *savepoint;

    if (make_directory(dir, err) < 0)
        return NULL;
    savepoint = open_directory(dir, err);
    if (!savepoint) {
        rmdir(dir);
        return NULL;
    }
    savepoint->of = of;
    if (tp_sync_folder_of(dir, err) == 0)
        return savepoint;
    tp_savepoint_free(savepoint);
    return NULL;
}

/* We made the directory: all that is in it is ours. */
static void
remove_all(struct tp_store *to)
{
    int fd = openat(to->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(to->dir, entry->d_name, 0);
    closedir(dir);
    rmdir(to->path);
}

void
tp_savepoint_free(struct tp_savepoint *savepoint)
{
    if (!savepoint)
        return;
    if (!savepoint->finished)
        remove_all(savepoint->to);
    tp_store_close(savepoint->to);
    free(savepoint);
}

/* --- snapshots ---------------------------------------------------------------------------------*/

static int
write_copy(struct tp_store *to, const struct tp_loaded *loaded, struct tp_err *err)
{
    char temp[] = "copy.tmp";
    int fd = tp_store_create(to, temp, err);

    if (fd < 0)
        return -1;
    if (tp_write_all(fd, (struct tp_str){loaded->map, loaded->len}, temp, err) == 0)
        return tp_store_rename(to, fd, temp, loaded->file, err);
    close(fd);
    return -1;
}

int
tp_savepoint_copy(struct tp_savepoint *savepoint, const struct tp_survey_snapshot *snapshot,
                  struct tp_err *err)
{
    struct tp_loaded loaded;
    int result;

    if (tp_survey_open(savepoint->of, snapshot, &loaded, err) < 0)
        return -1;
    result = write_copy(savepoint->to, &loaded, err);
    tp_loaded_release(&loaded);
    return result;
}

int
tp_savepoint_save(struct tp_savepoint *savepoint, const char *name,
                  const struct tp_snapshot *header, struct tp_save *save, struct tp_err *err)
{
    snprintf(savepoint->to->name, sizeof savepoint->to->name, "%s", name);
    return tp_store_save(savepoint->to, header, save, err);
}

int
tp_savepoint_save_done(struct tp_savepoint *savepoint, struct tp_save *save, struct tp_err *err)
{
    return tp_store_save_done(savepoint->to, save, err);
}

void
tp_savepoint_save_drop(struct tp_savepoint *savepoint, struct tp_save *save)
{
    tp_store_save_drop(savepoint->to, save);
}

/* --- the rest ----------------------------------------------------------------------------------*/

static int
copy_file(struct tp_savepoint *savepoint, const char *file, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    int result = tp_store_get(savepoint->of->look, file, MOST, &text, err);

    if (result > 0)
        result = tp_store_put(savepoint->to, file, tp_buf_str(&text), err);
    tp_buf_release(&text);
    return result;
}

int
tp_savepoint_finish(struct tp_savepoint *savepoint, struct tp_err *err)
{
    const struct tp_survey *of = savepoint->of;
    char file[TP_STORE_FILE];

    for (size_t i = 0; i < of->stages; i++) {
        snprintf(file, sizeof file, "%s.epoch", of->stage[i].name);
        if (of->stage[i].source && copy_file(savepoint, file, err) < 0)
            return -1;
    }
    if (copy_file(savepoint, "COMMIT", err) < 0)
        return -1;
    savepoint->finished = true;
    return 0;
}
