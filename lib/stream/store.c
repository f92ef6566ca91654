#include "stream/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/lock.h"
#include "stream/store_dir.h"

int
tp_store_fail(const struct tp_store *s, const char *file, struct tp_err *err)
{
    int why = errno;

    return tp_err_set(err, TP_FAULT_MACHINE, "%s/%s: %s", s->path, file, strerror(why));
}

/* ---- files ---- */

int
tp_write_all(int fd, struct tp_str bytes, const char *name, struct tp_err *err)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return tp_err_system(err, name);
        bytes.ptr += put;
        bytes.len -= (size_t)put;
    }
    return 0;
}

int
tp_store_create(struct tp_store *s, const char *file, struct tp_err *err)
{
    int fd = openat(s->dir, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);

    return fd < 0 ? tp_store_fail(s, file, err) : fd;
}

int
tp_store_rename(struct tp_store *s, int fd, const char *from, const char *file, struct tp_err *err)
{
    int result = tp_sync(fd, from, err);

    if (close(fd) < 0 && result == 0)
        result = tp_store_fail(s, from, err);
    if (result == 0 && renameat(s->dir, from, s->dir, file) < 0)
        result = tp_store_fail(s, file, err);
    if (result < 0) {
        unlinkat(s->dir, from, 0);
        return -1;
    }
    return tp_sync(s->dir, s->path, err);
}

int
tp_store_put(struct tp_store *s, const char *file, struct tp_str text, struct tp_err *err)
{
    char temp[TP_STORE_FILE];
    int fd;

    snprintf(temp, sizeof temp, "%s.tmp", file);
    fd = tp_store_create(s, temp, err);
    if (fd < 0)
        return -1;
    if (tp_write_all(fd, text, temp, err) < 0) {
        close(fd);
        unlinkat(s->dir, temp, 0);
        return -1;
    }
    return tp_store_rename(s, fd, temp, file, err);
}

static int
read_all(struct tp_store *s, int fd, const char *file, size_t most, struct tp_buf *to,
         struct tp_err *err)
{
    while (to->len < most) {
        size_t room = most - to->len < 65536 ? most - to->len : 65536;
        char *at = tp_buf_reserve(to, room);
        ssize_t got = at ? read(fd, at, room) : 0;

        if (!at)
            return tp_err_memory(err);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tp_store_fail(s, file, err);
        if (got == 0)
            break;
        to->len += (size_t)got;
    }
    return 1;
}

int
tp_store_get(struct tp_store *s, const char *file, size_t most, struct tp_buf *to,
             struct tp_err *err)
{
    int fd = openat(s->dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int result;

    if (fd < 0)
        return errno == ENOENT ? 0 : tp_store_fail(s, file, err);
    result = read_all(s, fd, file, most, to, err);
    close(fd);
    return result;
}

int
tp_sync(int fd, const char *name, struct tp_err *err)
{
    if (fsync(fd) == 0)
        return 0;
    tp_err_system(err, name);
    return -1;
}

int
tp_sync_folder_of(const char *path, struct tp_err *err)
{
    size_t len = strlen(path);
    const char *slash;
    char *folder;
    int fd, result;

    while (len > 1 && path[len - 1] == '/')
        len--;
    slash = memrchr(path, '/', len);
    folder = slash == path ? strdup("/")
             : slash       ? strndup(path, (size_t)(slash - path))
                           : strdup(".");
    if (!folder)
        return tp_err_memory(err);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    result = fd < 0 ? tp_err_system(err, folder) : tp_sync(fd, folder, err);
    if (fd >= 0)
        close(fd);
    free(folder);
    return result;
}

/* ---- locks ---- */

static int
wait_for_lock(const struct tp_store *s, int fd, const char *file, struct tp_err *err)
{
    return tp_lock_wait(fd, s->path, file,
                        "an earlier run that still lives, or another stage of that name (--name "
                        "tells them apart)",
                        err);
}

static int
open_lock(struct tp_store *s, const char *file, struct tp_err *err)
{
    int fd = openat(s->dir, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);

    return fd < 0 ? tp_store_fail(s, file, err) : fd;
}

int
tp_store_lock(struct tp_store *s, struct tp_err *err)
{
    if (wait_for_lock(s, s->common, ".lock", err) < 0)
        return -1;
    tp_lock_say(s->common);
    return 0;
}

void
tp_store_unlock(struct tp_store *s)
{
    flock(s->common, LOCK_UN);
}

/* ---- opening ---- */

static int
open_dir(struct tp_store *s, struct tp_err *err)
{
    char lock[TP_STORE_FILE];

    if (mkdir(s->path, 0777) && errno != EEXIST)
        return tp_err_system(err, s->path);
    /* Whoever made it need not have: without its name all that is synced within it is lost. */
    if (tp_sync_folder_of(s->path, err) < 0)
        return -1;
    s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir < 0)
        return tp_err_system(err, s->path);
    s->common = open_lock(s, ".lock", err);
    if (s->common < 0)
        return -1;
    snprintf(lock, sizeof lock, "%s.lock", s->name);
    s->lock = open_lock(s, lock, err);
    if (s->lock < 0 || wait_for_lock(s, s->lock, lock, err) < 0)
        return -1;
    tp_lock_say(s->lock);
    return 0;
}

struct tp_store *
tp_store_open(const char *dir, const char *name, struct tp_err *err)
{
    struct tp_store *s;

    if (!tp_stage_name_is_valid(tp_str_of(name))) {
        tp_err_set(err, TP_FAULT_USAGE,
                   "--name: letters, digits, _ and -, at most %d of them, not \"%s\"",
                   TP_STAGE_NAME_BYTES, name);
        return NULL;
    }
    s = calloc(1, sizeof *s);
    if (s)
        s->path = strdup(dir);
    if (!s || !s->path) {
        free(s);
        tp_err_memory(err);
        return NULL;
    }
    memcpy(s->name, name, strlen(name) + 1);
    s->dir = s->lock = s->common = s->temp = -1;
    if (open_dir(s, err) < 0) {
        tp_store_close(s);
        return NULL;
    }
    return s;
}

struct tp_store *
tp_store_look(const char *dir, struct tp_err *err)
{
    struct tp_store *s = calloc(1, sizeof *s);

    if (s)
        s->path = strdup(dir);
    if (!s || !s->path) {
        free(s);
        tp_err_memory(err);
        return NULL;
    }
    s->lock = s->common = s->temp = -1;
    s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir >= 0)
        return s;
    tp_err_system(err, dir);
    tp_store_close(s);
    return NULL;
}

void
tp_store_close(struct tp_store *s)
{
    const int fds[] = {s ? s->temp : -1, s ? s->common : -1, s ? s->dir : -1, s ? s->lock : -1};

    if (!s)
        return;
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(s->path);
    free(s);
}

const char *
tp_store_name(const struct tp_store *s)
{
    return s->name;
}

const char *
tp_store_path(const struct tp_store *s)
{
    return s->path;
}

int
tp_cut_back(const char *path, uint64_t length, struct tp_err *err)
{
    struct stat st;
    int result;

    if (stat(path, &st))
        return tp_err_system(err, path);
    if ((uint64_t)st.st_size < length)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s is shorter than when its length was saved",
                          path);
    if ((uint64_t)st.st_size == length)
        return 0;
    do
        result = truncate(path, (off_t)length);
    while (result < 0 && errno == EINTR);
    return result < 0 ? tp_err_system(err, path) : 0;
}
