#include "stream/tail_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "stream/filenames.h"
#include "stream/rotation.h"

/* --- marks -------------------------------------------------------------------------------------*/

/* The hash of LEN bytes from OFFSET on. 0, or -1 when they are not all there; errno is 0 then. */
static int
hash_at(int fd, uint64_t offset, size_t len, uint64_t *hash)
{
    char bytes[TP_TAIL_HEAD];
    size_t have = 0;

    while (have < len) {
        ssize_t got = pread(fd, bytes + have, len - have, (off_t)(offset + have));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got < 0 ? errno : 0;
            return -1;
        }
        have += (size_t)got;
    }
    *hash = tp_hash(0, bytes, len);
    return 0;
}

/* 1: those bytes have that hash, 0: not, -1: reading failed. */
static int
has_hash(int fd, uint64_t offset, size_t len, uint64_t expected)
{
    uint64_t hash;

    if (len == 0)
        return 1;
    if (hash_at(fd, offset, len, &hash) < 0)
        return errno ? -1 : 0;
    return hash == expected;
}

int
tp_tail_is_at(int fd, const struct tp_tail_place *place)
{
    const struct tp_tail_mark *mark = &place->mark;
    int same = has_hash(fd, 0, mark->head_len, mark->head);

    if (same <= 0)
        return same;
    return has_hash(fd, place->offset - mark->back_len, mark->back_len, mark->back);
}

int
tp_tail_is_file_at(int fd, const struct tp_tail_place *place)
{
    struct stat st;

    if (fstat(fd, &st))
        return -1;
    if (st.st_dev != place->device || st.st_ino != place->inode ||
        (uint64_t)st.st_size < place->offset)
        return 0;
    return tp_tail_is_at(fd, place);
}

void
tp_tail_mark_back(struct tp_tail_place *place, struct tp_str block)
{
    size_t back = block.len < TP_TAIL_BACK ? block.len : TP_TAIL_BACK;

    place->mark.back = tp_hash(0, block.ptr + block.len - back, back);
    place->mark.back_len = (uint32_t)back;
}

void
tp_tail_mark(struct tp_tail_place *place, int fd, struct tp_str block)
{
    struct tp_tail_mark *mark = &place->mark;
    size_t head = place->offset < TP_TAIL_HEAD ? (size_t)place->offset : TP_TAIL_HEAD;

    tp_tail_mark_back(place, block);
    /* A file that changed meanwhile is found out by this mark. */
    if (mark->head_len < head && hash_at(fd, 0, head, &mark->head) == 0)
        mark->head_len = (uint32_t)head;
}

void
tp_tail_mark_packed(struct tp_tail_place *place, int fd, struct tp_str block)
{
    struct tp_tail_mark *mark = &place->mark;
    struct stat st;
    size_t head;

    place->packed = true;
    tp_tail_mark_back(place, block);
    if (mark->head_len > 0 || fstat(fd, &st))
        return;
    head = st.st_size < TP_TAIL_HEAD ? (size_t)st.st_size : TP_TAIL_HEAD;
    if (hash_at(fd, 0, head, &mark->head) == 0)
        mark->head_len = (uint32_t)head;
}

int
tp_tail_begins_as(int fd, const struct tp_tail_place *place)
{
    return has_hash(fd, 0, place->mark.head_len, place->mark.head);
}

struct tp_str
tp_tail_skip_lines(uint64_t *skip_to, uint64_t from, struct tp_str block)
{
    uint64_t before = *skip_to - 1; /* a line begins behind it when it is a newline */
    const char *newline;

    if (from >= *skip_to) {
        *skip_to = 0;
        return block;
    }
    if (before - from >= block.len)
        return (struct tp_str){block.ptr + block.len, 0};
    newline = memchr(block.ptr + (before - from), '\n', block.len - (size_t)(before - from));
    *skip_to = 0;
    return (struct tp_str){newline + 1, (size_t)(block.ptr + block.len - newline) - 1};
}

/* --- rotated sets ------------------------------------------------------------------------------*/

/* The pattern of NAME and all names that begin with it; what would be a pattern in it is none. */
static void
put_pattern(struct tp_buf *to, const char *name)
{
    for (; *name; name++) {
        if (strchr("*?[\\", *name))
            tp_buf_put_char(to, '\\');
        tp_buf_put_char(to, *name);
    }
    tp_buf_put(to, "[.-]*", sizeof "[.-]*");
}

/* The rotated files of NAME, oldest first; others may be among them. */
static int
list_rotated(const char *name, struct tp_filenames *names, struct tp_err *err)
{
    struct tp_buf pattern = TP_BUF_INIT;
    int result;

    *names = (struct tp_filenames){0};
    put_pattern(&pattern, name);
    result = tp_buf_failed(&pattern) ? tp_err_memory(err)
                                     : tp_filenames_add(names, tp_buf_str(&pattern).ptr, err);
    tp_buf_release(&pattern);
    if (result == 0)
        tp_filenames_sort(names);
    return result;
}

static bool
is_rotated(const char *path, const char *name)
{
    struct tp_rotation rotation = tp_rotation_of(path);

    return rotation.kind != TP_ROTATION_LIVE && tp_str_equal(rotation.base, tp_str_of(name));
}

/* Is it a file that says what was read up to PLACE, and, where EXACT, that very one? */
static bool
is_there(const char *path, const struct tp_tail_place *place, bool exact)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    bool found;

    if (fd < 0)
        return false;
    found = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
            (exact ? tp_tail_is_file_at(fd, place) > 0
                   : (uint64_t)st.st_size >= place->offset && tp_tail_is_at(fd, place) > 0);
    close(fd);
    return found;
}

/* The number of the name in NAMES that PLACE is in; their count when there is none. */
static size_t
find(const struct tp_filenames *names, const char *name, const struct tp_tail_place *place,
     bool exact)
{
    size_t i = 0;

    while (i < names->count &&
           !(is_rotated(names->name[i], name) && is_there(names->name[i], place, exact)))
        i++;
    return i;
}

static int
copy(const char *text, char **to, struct tp_err *err)
{
    *to = strdup(text);
    return *to ? 0 : tp_err_memory(err);
}

int
tp_tail_rotated(const char *name, const struct tp_tail_place *place, char **path,
                struct tp_err *err)
{
    struct tp_filenames names;
    int result = list_rotated(name, &names, err);
    size_t found = 0;

    if (result == 0)
        found = find(&names, name, place, true);
    /* Without a mark every file would do. */
    if (result == 0 && found == names.count && place->mark.head_len > 0)
        found = find(&names, name, place, false);
    if (result == 0 && found < names.count)
        result = copy(names.name[found], path, err);
    else if (result == 0)
        result = tp_err_set(err, TP_FAULT_MACHINE,
                            "neither %s nor a rotated file of it holds what was read up to byte "
                            "%llu: it was removed, packed or truncated",
                            name, (unsigned long long)place->offset);
    tp_filenames_release(&names);
    return result;
}

int
tp_tail_younger(const char *name, const struct tp_tail_place *place, char **path,
                struct tp_err *err)
{
    struct tp_filenames names;
    int result = list_rotated(name, &names, err);
    size_t i = 0;

    *path = NULL;
    if (result == 0)
        i = find(&names, name, place, true);
    for (i++; result == 0 && !*path && i < names.count; i++)
        if (is_rotated(names.name[i], name))
            result = copy(names.name[i], path, err);
    tp_filenames_release(&names);
    return result;
}
