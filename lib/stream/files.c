#include "stream/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "stream/files_inside.h"
#include "stream/lock.h"

int
tp_files_parse_sync(const char *text, enum tp_files_sync *sync, struct tp_err *err)
{
    static const char *const words[] = {"never", "end", "flush"};

    if (!text)
        return 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) != 0)
            continue;
        *sync = (enum tp_files_sync)i;
        return 0;
    }
    return tp_err_set(err, TP_FAULT_USAGE, "--fsync: never, end or flush, not \"%s\"", text);
}

struct tp_files *
tp_files_new(const struct tp_files_settings *settings)
{
    struct tp_files *files = calloc(1, sizeof *files);

    if (!files)
        return NULL;
    files->set = *settings;
    files->file = tp_map_new(sizeof(struct tp_file));
    files->folders = tp_map_new(1);
    if (files->file && files->folders)
        return files;
    tp_files_free(files);
    return NULL;
}

struct tp_str
tp_file_path(const struct tp_files *files, const struct tp_file *file)
{
    return tp_map_key(files->file, file);
}

char *
tp_file_name(const struct tp_files *files, const struct tp_file *file)
{
    struct tp_str path = tp_file_path(files, file);
    char *name;

    return asprintf(&name, "%.*s%s", (int)path.len, path.ptr, file->named ? "" : ".part") < 0
               ? NULL
               : name;
}

int
tp_files_fail(struct tp_files *files, const struct tp_err *why, struct tp_err *err)
{
    if (!files->failed)
        files->why = *why;
    files->failed = true;
    *err = files->why;
    return -1;
}

int
tp_files_fail_system(struct tp_files *files, const char *what, struct tp_err *err)
{
    struct tp_err why;

    tp_err_system(&why, what);
    return tp_files_fail(files, &why, err);
}

int
tp_files_fail_memory(struct tp_files *files, struct tp_err *err)
{
    struct tp_err why;

    tp_err_memory(&why);
    return tp_files_fail(files, &why, err);
}

/* --- the open ones, by use ---------------------------------------------------------------------*/

static void
unlink_file(struct tp_files *files, struct tp_file *file)
{
    *(file->newer ? &file->newer->older : &files->newest) = file->older;
    *(file->older ? &file->older->newer : &files->oldest) = file->newer;
    file->newer = file->older = NULL;
}

static void
link_newest(struct tp_files *files, struct tp_file *file)
{
    file->older = files->newest;
    *(files->newest ? &files->newest->newer : &files->oldest) = file;
    files->newest = file;
}

/* --- closing -----------------------------------------------------------------------------------*/

int
tp_file_write_all(struct tp_files *files, struct tp_file *file, bool whole, struct tp_err *err)
{
    struct tp_buf *to = tp_out_buf(file->out, err);
    bool sync = whole && files->set.sync != TP_SYNC_NEVER;
    struct stat st;
    char *name;

    if (!to || (whole && file->pack && tp_pack_end(file->pack, to, err) < 0) ||
        tp_out_flush(file->out, err) < 0)
        return tp_files_fail(files, err, err);
    if (!sync)
        return 0;
    if (fsync(file->fd) == 0 && fstat(file->fd, &st) == 0) {
        file->length = (uint64_t)st.st_size;
        file->dirty = false;
        return 0;
    }
    name = tp_file_name(files, file);
    tp_files_fail_system(files, name ? name : "fsync", err);
    free(name);
    return -1;
}

static int
close_file(struct tp_files *files, struct tp_file *file, struct tp_err *err)
{
    int result = files->failed ? -1 : tp_file_write_all(files, file, true, err);
    struct tp_err why;

    if (result == 0 && tp_out_close(file->out, &why) < 0)
        result = tp_files_fail(files, &why, err);
    else if (result < 0)
        close(file->fd);
    tp_out_free(file->out);
    tp_pack_free(file->pack);
    file->out = NULL;
    file->pack = NULL;
    unlink_file(files, file);
    files->open--;
    return result;
}

/* --- opening -----------------------------------------------------------------------------------*/

/* Folders that values name. One that cannot be made shows when the file is opened. */
static void
make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

static int
make_room(struct tp_files *files, struct tp_err *err)
{
    while (files->open >= files->set.max_open)
        if (close_file(files, files->oldest, err) < 0)
            return -1;
    return 0;
}

/* What we may take back must not have lines of another run between: one writer at a time. */
static int
own(struct tp_files *files, const struct tp_file *file, const char *name, bool begins,
    struct tp_err *err)
{
    struct tp_err why;

    if (tp_lock_content(file->fd, name, &why) < 0)
        return tp_files_fail(files, &why, err);
    return begins && ftruncate(file->fd, 0) < 0 ? tp_files_fail_system(files, name, err) : 0;
}

static int
open_named(struct tp_files *files, struct tp_file *file, const char *name, struct tp_err *err)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    struct tp_err why;

    /* A built file that someone else began is theirs; but one that is kept, and that no commit
     * knows, was begun by a run that was killed. */
    bool begins = !file->named && !file->opened;

    if (begins && !files->set.kept)
        flags |= O_EXCL;
    file->fd = open(name, flags, 0666);
    if (file->fd < 0)
        return tp_files_fail_system(files, name, err);
    if (files->set.kept && own(files, file, name, begins, err) < 0) {
        close(file->fd);
        return -1;
    }
    file->out = tp_out_new(file->fd, name, &why);
    if (files->set.packing != TP_PACK_NONE)
        file->pack = tp_pack_new(files->set.packing);
    if (!file->out || (files->set.packing != TP_PACK_NONE && !file->pack)) {
        if (file->out)
            tp_err_memory(&why);
        tp_out_free(file->out);
        tp_pack_free(file->pack);
        file->out = NULL;
        file->pack = NULL;
        close(file->fd);
        return tp_files_fail(files, &why, err);
    }
    return 0;
}

static int
open_file(struct tp_files *files, struct tp_file *file, struct tp_err *err)
{
    char *name;
    int result;

    if (file->out)
        return 0;
    if (make_room(files, err) < 0)
        return -1;
    name = tp_file_name(files, file);
    if (!name)
        return tp_files_fail_memory(files, err);
    if (!file->opened)
        make_folders(name, file->folder);
    result = open_named(files, file, name, err);
    free(name);
    if (result < 0)
        return -1;
    if (files->set.kept && !file->opened && tp_file_note_folders(files, file, err) < 0)
        result = -1;
    file->opened = true;
    link_newest(files, file);
    files->open++;
    return result;
}

struct tp_file *
tp_files_file(struct tp_files *files, struct tp_str path, size_t folder, struct tp_err *err)
{
    bool is_new;
    struct tp_file *file;

    if (files->failed) {
        *err = files->why;
        return NULL;
    }
    file = tp_map_add(files->file, path, &is_new);
    if (!file) {
        tp_files_fail_memory(files, err);
        return NULL;
    }
    if (!is_new)
        return file;
    file->folder = folder;
    file->named = files->set.in_place;
    /* Opening may close others: no borrowed lines may be theirs. */
    if (tp_files_settle(files, err) < 0 || open_file(files, file, err) < 0)
        return NULL;
    return file;
}

bool
tp_files_is_taken(const struct tp_files *files, const char *path)
{
    struct tp_str name = tp_str_of(path);
    struct stat st;
    char *part;
    bool taken;

    if (tp_map_find(files->file, name))
        return false;
    if (lstat(path, &st) == 0)
        return true;
    if (files->set.kept)
        return false; /* a `.part` that no commit knows is nobody's */
    if (asprintf(&part, "%s.part", path) < 0)
        return true; /* opening it will say why */
    taken = lstat(part, &st) == 0;
    free(part);
    return taken;
}

/* --- lines -------------------------------------------------------------------------------------*/

/* The borrowed lines are copied only where they are packed or few. */
static int
write_run(struct tp_files *files, struct tp_file *file, struct tp_str run, struct tp_err *err)
{
    struct tp_buf *to;

    file->dirty = true;
    if (!file->pack)
        return tp_out_pass(file->out, run.ptr, run.len, err) < 0 ||
                       tp_out_settle(file->out, err) < 0
                   ? tp_files_fail(files, err, err)
                   : 0;
    to = tp_out_buf(file->out, err);
    if (!to || tp_pack_put(file->pack, run, to, err) < 0 || tp_out_check(file->out, err) < 0)
        return tp_files_fail(files, err, err);
    return 0;
}

int
tp_files_settle(struct tp_files *files, struct tp_err *err)
{
    struct tp_file *file = files->run_file;
    struct tp_str run = files->run;

    if (files->failed)
        return tp_files_fail(files, &files->why, err);
    if (!file)
        return 0;
    files->run_file = NULL;
    files->run.len = 0;
    if (open_file(files, file, err) < 0)
        return -1;
    if (files->newest != file) {
        unlink_file(files, file);
        link_newest(files, file);
    }
    return write_run(files, file, run, err);
}

int
tp_files_pass(struct tp_files *files, struct tp_file *file, struct tp_str lines, struct tp_err *err)
{
    file->taken += lines.len;
    if (files->run_file == file && files->run.ptr + files->run.len == lines.ptr) {
        files->run.len += lines.len;
        return 0;
    }
    if (tp_files_settle(files, err) < 0)
        return -1;
    files->run_file = file;
    files->run = lines;
    return 0;
}

int
tp_files_flush(struct tp_files *files, struct tp_err *err)
{
    if (tp_files_settle(files, err) < 0)
        return -1;
    for (struct tp_file *file = files->newest; file; file = file->older)
        if (tp_file_write_all(files, file, files->set.sync == TP_SYNC_FLUSH, err) < 0)
            return -1;
    return 0;
}

/* --- whole files -------------------------------------------------------------------------------*/

int
tp_files_sync_folder(struct tp_files *files, const char *folder, struct tp_err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;

    if (fd < 0 || fsync(fd))
        result = tp_files_fail_system(files, folder, err);
    if (fd >= 0)
        close(fd);
    return result;
}

/* What a rename to PATH changed is on the disk when its folder is. */
static int
sync_folder_of(struct tp_files *files, const char *path, struct tp_err *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int result =
        folder ? tp_files_sync_folder(files, folder, err) : tp_files_fail_memory(files, err);

    free(folder);
    return result;
}

/* What bears the name by now must not be lost; where the file system cannot rename without
 * replacing, only a race could lose it. */
int
tp_files_give_name(const char *part, const char *path)
{
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return access(path, F_OK) == 0 ? (errno = EEXIST, -1) : rename(part, path);
}

static int
name_whole(struct tp_files *files, struct tp_file *file, struct tp_err *err)
{
    struct tp_str path = tp_file_path(files, file);
    char *part = tp_file_name(files, file), *whole = strndup(path.ptr, path.len);
    int result = 0;

    if (!part || !whole)
        result = tp_files_fail_memory(files, err);
    else if (tp_files_give_name(part, whole) < 0)
        result = tp_files_fail_system(files, whole, err);
    else if (files->set.sync != TP_SYNC_NEVER)
        result = sync_folder_of(files, whole, err);
    free(part);
    free(whole);
    return result;
}

int
tp_files_finish(struct tp_files *files, struct tp_file *file, struct tp_err *err)
{
    if (tp_files_settle(files, err) < 0)
        return -1;
    if (file->out && close_file(files, file, err) < 0)
        return -1;
    if (files->set.kept) {
        file->whole = files->set.built; /* the commit gives it its name */
        return 0;
    }
    if (!file->named && name_whole(files, file, err) < 0)
        return -1;
    tp_map_remove(files->file, tp_file_path(files, file));
    return 0;
}

int
tp_files_close(struct tp_files *files, struct tp_err *err)
{
    bool told = files->failed;
    int result = tp_files_settle(files, err);

    while (files->newest)
        if (close_file(files, files->newest, err) < 0)
            result = -1;
    return told ? 0 : result;
}

void
tp_files_free(struct tp_files *files)
{
    if (!files)
        return;
    files->run_file = NULL;
    tp_files_close(files, &(struct tp_err){0});
    tp_map_free(files->file);
    tp_map_free(files->folders);
    free(files);
}

/* --- questions ---------------------------------------------------------------------------------*/

uint64_t
tp_file_taken(const struct tp_file *file)
{
    return file->taken;
}
