/*
 * Files that come and go: which one is read next, and how another process goes on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/in_unpack.h"
#include "stream/tail_inside.h"
#include "value/clock.h"

enum {
    MAGIC = 4, /* bytes that tell how a file is packed */
};

/* A file that lost its name is left when it has been silent for so long. */
#define LINGER TP_SECOND

/* --- files that come and go --------------------------------------------------------------------*/

/* IN is read from now on. */
int
tp_tail_take_up(struct tp_tail *tail, struct tp_in *in, struct tp_err *err)
{
    struct stat st;

    tail->in = in;
    tail->idle = false;
    tail->offset = 0;
    tail->place = (struct tp_tail_place){0};
    if (fstat(tp_in_fd(in), &st))
        return tp_err_system(err, tail->name);
    tail->place.device = st.st_dev;
    tail->place.inode = st.st_ino;
    tp_in_set_endless(in, tail->follow && tp_in_is_regular(in));
    return 0;
}

int
tp_tail_switch_over(struct tp_tail *tail, struct tp_err *err)
{
    struct tp_in *next = tail->next;

    tp_in_close(tail->in);
    tail->in = tail->next = NULL;
    tail->turn++;
    tail->skip_to = 0;
    return next ? tp_tail_take_up(tail, next, err) : 0;
}

/* The file NAME; NULL when there is none, which is no failure (*FAILED). */
static struct tp_in *
open_path(const struct tp_tail *tail, const char *name, bool *failed, struct tp_err *err)
{
    struct tp_in *in;

    errno = 0;
    in = tp_in_open(name, tail->max_line, err);
    *failed = !in && errno != ENOENT;
    return in;
}

struct tp_in *
tp_tail_open_named(const struct tp_tail *tail, bool *failed, struct tp_err *err)
{
    return open_path(tail, tail->name, failed, err);
}

/* 1: IN is packed, 0: not, -1: reading failed. */
int
tp_tail_looks_packed(const struct tp_in *in)
{
    char magic[MAGIC];
    ssize_t got = pread(tp_in_fd(in), magic, sizeof magic, 0);
    enum tp_packing packing = got > 0 ? tp_packing_of(magic, (size_t)got) : TP_PACKING_NONE;

    return got < 0 ? -1 : packing == TP_PACKING_GZIP || packing == TP_PACKING_ZSTD;
}

/* Of several files that were rotated away since the last run the one that comes now. */
static int
open_younger(struct tp_tail *tail, struct tp_err *err)
{
    char *path;
    bool failed;

    if (tp_tail_younger(tail->name, &tail->place, &path, err) < 0)
        return -1;
    tail->next = open_path(tail, path ? path : tail->name, &failed, err);
    tail->catching_up = path != NULL;
    free(path);
    if (failed)
        return -1;
    if (tail->next && tp_tail_looks_packed(tail->next) != 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s was packed before it was read",
                          tp_in_name(tail->next));
    return 0;
}

/* Another file may bear the name by now. */
int
tp_tail_look_at_name(struct tp_tail *tail, struct tp_err *err)
{
    struct stat st;
    bool failed;

    if (tail->next)
        return 0;
    if (tail->catching_up)
        return open_younger(tail, err);
    if (stat(tail->name, &st))
        return errno == ENOENT ? 0 : tp_err_system(err, tail->name);
    if (tail->in && st.st_dev == tail->place.device && st.st_ino == tail->place.inode)
        return 0;
    tail->next = tp_tail_open_named(tail, &failed, err);
    if (failed)
        return -1;
    return !tail->in && tail->next ? tp_tail_switch_over(tail, err) : 0;
}

/* Is it time to leave the file at hand for the one that bears its name now? */
static bool
may_leave(const struct tp_tail *tail)
{
    return tp_tail_has_next(tail) && tp_clock_steady() - tail->quiet_since >= LINGER;
}

/* Other bytes stand where ours stood: what was read and not given ends here; then from the start.
 */
static int
begin_again(struct tp_tail *tail, struct tp_err *err)
{
    bool failed;

    tail->news = "was truncated: reading it from its start";
    tp_in_end_here(tail->in);
    if (!tail->next)
        tail->next = tp_tail_open_named(tail, &failed, err);
    else
        failed = false;
    return failed ? -1 : 0;
}

static bool
same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Before a file is read on whose end was seen: is it still the one that was read? */
int
tp_tail_look_at_file(struct tp_tail *tail, struct tp_err *err)
{
    int fd = tp_in_fd(tail->in), same;
    off_t at = lseek(fd, 0, SEEK_CUR);
    struct stat st;

    if (fstat(fd, &st) || at < 0)
        return tp_err_system(err, tail->name);
    if (st.st_size < at)
        return begin_again(tail, err);
    if (st.st_size == at && same_time(st.st_mtim, tail->modified))
        return 0;
    same = tp_tail_is_at(fd, &tail->place);
    if (same < 0)
        return tp_err_system(err, tail->name);
    if (!same)
        return begin_again(tail, err);
    tail->modified = st.st_mtim;
    return 0;
}

/* The end of the file at hand, for now. 1: something has changed, 0: not, -1: failure. */
int
tp_tail_at_end_for_now(struct tp_tail *tail, struct tp_err *err)
{
    bool had_next = tail->next != NULL;

    if (!tail->idle)
        tail->quiet_since = tp_clock_steady();
    tail->idle = true;
    if (tp_tail_look_at_name(tail, err) < 0)
        return -1;
    /* Once more, as what was written before the new file came stands in the old one. */
    if (tail->next && !had_next)
        tail->quiet_since = tp_clock_steady();
    if (!may_leave(tail))
        return 0;
    tp_in_set_endless(tail->in, false);
    return 1;
}

/* --- going on ----------------------------------------------------------------------------------*/

/* The file at hand is left for the one at PATH, which was rotated away. */
static int
take_rotated(struct tp_tail *tail, const char *path, struct tp_err *err)
{
    bool failed;
    struct tp_in *in = open_path(tail, path, &failed, err);

    if (!in)
        return -1;
    tp_in_close(tail->in);
    tail->in = NULL;
    tail->catching_up = true;
    return tp_tail_take_up(tail, in, err);
}

int
tp_tail_say_other(const struct tp_tail *tail, uint64_t offset, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s is not the packed file of which %llu bytes, unpacked, were read",
                      tail->name, (unsigned long long)offset);
}

/* The last bytes read, as far as they are compared. */
static void
keep_back(struct tp_tail_recalled *recalled, struct tp_str bytes)
{
    size_t keep, most = sizeof recalled->back;

    if (bytes.len > most)
        bytes = (struct tp_str){bytes.ptr + bytes.len - most, most};
    keep = recalled->len < most - bytes.len ? recalled->len : most - bytes.len;
    memmove(recalled->back, recalled->back + recalled->len - keep, keep);
    memcpy(recalled->back + keep, bytes.ptr, bytes.len);
    recalled->len = keep + bytes.len;
}

void
tp_tail_recall(struct tp_tail *tail, uint64_t from, struct tp_str block)
{
    struct tp_tail_recalled *recalled = &tail->recalled;
    const struct tp_tail_mark *mark = &recalled->place.mark;
    struct tp_tail_place now = {0};
    uint64_t left = from < tail->skip_to ? tail->skip_to - from : 0;

    keep_back(recalled, (struct tp_str){block.ptr, left < block.len ? (size_t)left : block.len});
    if (left > block.len)
        return;
    recalled->expected = false;
    recalled->differs = recalled->len < mark->back_len;
    if (recalled->differs)
        return;
    tp_tail_mark_back(
        &now, (struct tp_str){recalled->back + recalled->len - mark->back_len, mark->back_len});
    recalled->differs = now.mark.back != mark->back;
}

static int
resume_packed(struct tp_tail *tail, const struct tp_tail_place *place, struct tp_err *err)
{
    int same = tail->in && tp_in_is_regular(tail->in) ? tp_tail_looks_packed(tail->in) : 0;

    if (same > 0)
        same = tp_tail_begins_as(tp_in_fd(tail->in), place);
    if (same < 0)
        return tp_err_system(err, tail->name);
    if (!same)
        return tp_tail_say_other(tail, place->offset, err);
    tail->skip_to = tail->place.offset = place->offset;
    tail->place.mark = place->mark;
    tail->place.packed = true;
    tail->recalled = (struct tp_tail_recalled){.expected = place->offset > 0, .place = *place};
    return 0;
}

int
tp_tail_resume(struct tp_tail *tail, const struct tp_tail_place *place, struct tp_err *err)
{
    char *path = NULL;
    int found, result = 0;

    if (place->inode == 0)
        return 0;
    if (place->packed)
        return resume_packed(tail, place, err);
    found = tail->in ? tp_tail_is_file_at(tp_in_fd(tail->in), place) : 0;
    if (found < 0)
        return tp_err_system(err, tail->name);
    if (!found && tp_tail_rotated(tail->name, place, &path, err) < 0)
        return -1;
    if (!found)
        result = take_rotated(tail, path, err);
    free(path);
    tail->skip_to = 0;
    if (result == 0 && place->offset > 0)
        result = tp_tail_skip_to(tail, place->offset, err);
    else if (result == 0)
        result = tp_in_seek(tail->in, 0, err);
    tail->place.offset = place->offset;
    tail->place.mark = place->mark;
    return result;
}

bool
tp_tail_has_next(const struct tp_tail *tail)
{
    struct stat st;

    if (!tail->next)
        return false;
    /* A rotated one stays empty: nobody will write to it. */
    return tail->catching_up || (fstat(tp_in_fd(tail->next), &st) == 0 && st.st_size > 0);
}
