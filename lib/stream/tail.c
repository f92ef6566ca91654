#include "stream/tail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/in_fd.h"
#include "stream/in_unpack.h"
#include "stream/process.h"
#include "value/clock.h"

enum {
    MAGIC = 4, /* bytes that tell how a file is packed */
};

/* A file that lost its name is left when it has been silent for so long. */
#define LINGER TP_SECOND

struct tp_tail {
    char *name;
    bool follow;
    size_t max_line;
    struct tp_in *in;   /* being read; NULL: no file bears the name yet */
    struct tp_in *next; /* bears the name now; its turn comes */
    struct tp_tail_place place;
    uint64_t offset, turn;
    uint64_t skip_to;         /* lines that begin before it are dropped */
    bool idle;                /* its end was seen the last time */
    tp_time quiet_since;      /* by the steady clock, while idle */
    struct timespec modified; /* when it was last found unchanged */
    const char *news;
    bool strict;       /* a segment of a log */
    uint64_t expected; /* its bytes */
    bool is_torn;      /* half a line stands at its end */
    pid_t child;       /* writes it; 0: none, or waited for */
    bool catching_up;  /* a file that was rotated away is read, and then those behind it */
};

/* --- places ------------------------------------------------------------------------------------*/

static bool
is_plain(const struct tp_in *in)
{
    return tp_in_is_regular(in) && !tp_in_is_packed(in);
}

/* Lines up to byte END were given, the last of them from BLOCK. */
static void
note_place(struct tp_tail *tail, struct tp_str block, uint64_t end)
{
    tail->place.offset = end;
    if (is_plain(tail->in))
        tp_tail_mark(&tail->place, tp_in_fd(tail->in), block);
}

/* --- files that come and go --------------------------------------------------------------------*/

/* IN is read from now on. */
static int
take_up(struct tp_tail *tail, struct tp_in *in, struct tp_err *err)
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

static int
switch_over(struct tp_tail *tail, struct tp_err *err)
{
    struct tp_in *next = tail->next;

    tp_in_close(tail->in);
    tail->in = tail->next = NULL;
    tail->turn++;
    tail->skip_to = 0;
    return next ? take_up(tail, next, err) : 0;
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

static struct tp_in *
open_named(const struct tp_tail *tail, bool *failed, struct tp_err *err)
{
    return open_path(tail, tail->name, failed, err);
}

static int looks_packed(const struct tp_in *in);

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
    if (tail->next && looks_packed(tail->next) != 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s was packed before it was read",
                          tp_in_name(tail->next));
    return 0;
}

/* Another file may bear the name by now. */
static int
look_at_name(struct tp_tail *tail, struct tp_err *err)
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
    tail->next = open_named(tail, &failed, err);
    if (failed)
        return -1;
    return !tail->in && tail->next ? switch_over(tail, err) : 0;
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
        tail->next = open_named(tail, &failed, err);
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
static int
look_at_file(struct tp_tail *tail, struct tp_err *err)
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
static int
at_end_for_now(struct tp_tail *tail, struct tp_err *err)
{
    bool had_next = tail->next != NULL;

    if (!tail->idle)
        tail->quiet_since = tp_clock_steady();
    tail->idle = true;
    if (look_at_name(tail, err) < 0)
        return -1;
    /* Once more, as what was written before the new file came stands in the old one. */
    if (tail->next && !had_next)
        tail->quiet_since = tp_clock_steady();
    if (!may_leave(tail))
        return 0;
    tp_in_set_endless(tail->in, false);
    return 1;
}

/* --- reading -----------------------------------------------------------------------------------*/

/* Drops the lines of BLOCK that begin before skip_to. */
static struct tp_str
skip_lines(struct tp_tail *tail, struct tp_str block)
{
    uint64_t from = tp_in_offset(tail->in);
    const char *newline;

    if (from >= tail->skip_to) {
        tail->skip_to = 0;
        return block;
    }
    if (tail->skip_to - 1 - from >= block.len)
        return (struct tp_str){block.ptr + block.len, 0};
    newline = memchr(block.ptr + (tail->skip_to - 1 - from), '\n',
                     block.len - (size_t)(tail->skip_to - 1 - from));
    tail->skip_to = 0;
    return (struct tp_str){newline + 1, (size_t)(block.ptr + block.len - newline) - 1};
}

/* What of BLOCK is to be given. */
static struct tp_str
take_block(struct tp_tail *tail, struct tp_str block)
{
    const char *start = block.ptr;
    uint64_t from = tp_in_offset(tail->in), end;

    if (tail->strict && tp_in_at_end(tail->in) && tp_in_unterminated(tail->in)) {
        const char *newline = memrchr(block.ptr, '\n', block.len - 1);

        block.len = newline ? (size_t)(newline - block.ptr) + 1 : 0;
        tail->is_torn = true;
        if (block.len == 0)
            return block;
    }
    end = from + block.len;
    if (!tail->is_torn && tp_in_at_end(tail->in) && tp_in_unterminated(tail->in))
        end--;
    tail->idle = false;
    note_place(tail, (struct tp_str){block.ptr, (size_t)(end - from)}, end);
    if (tail->skip_to > 0)
        block = skip_lines(tail, block);
    tail->offset = from + (uint64_t)(block.ptr - start);
    return block;
}

/* What the input at hand says; TP_IN_BLOCK without bytes: ask again. */
static enum tp_in_state
read_on(struct tp_tail *tail, struct tp_str *block, struct tp_err *err)
{
    enum tp_in_state state = tp_in_next(tail->in, block, err);
    int changed;

    if (state == TP_IN_TOO_LONG)
        tail->offset = tp_in_offset(tail->in);
    if (state == TP_IN_BLOCK) {
        *block = take_block(tail, *block);
    } else if (state == TP_IN_WAIT && tp_in_is_regular(tail->in)) {
        if (tp_in_is_packed(tail->in)) {
            tp_tail_stop_following(tail);
            return TP_IN_BLOCK;
        }
        changed = at_end_for_now(tail, err);
        return changed < 0 ? TP_IN_ERROR : changed ? TP_IN_BLOCK : TP_IN_WAIT;
    } else if (state == TP_IN_END && (tail->next || (tail->follow && is_plain(tail->in)))) {
        return switch_over(tail, err) < 0 ? TP_IN_ERROR : TP_IN_BLOCK;
    } else if (state == TP_IN_END && tail->strict &&
               (tail->is_torn || tail->place.offset < tail->expected)) {
        tp_err_set(err, TP_FAULT_MACHINE, "%s is damaged: whole lines up to byte %llu of %llu%s",
                   tail->name, (unsigned long long)tail->place.offset,
                   (unsigned long long)tail->expected, tail->is_torn ? ", then half a line" : "");
        return TP_IN_ERROR;
    } else if (state == TP_IN_END && tail->child) {
        pid_t child = tail->child;

        tail->child = 0;
        return tp_process_wait(child, tail->name, err) < 0 ? TP_IN_ERROR : TP_IN_END;
    }
    return state;
}

enum tp_in_state
tp_tail_next(struct tp_tail *tail, struct tp_str *block, struct tp_err *err)
{
    for (;;) {
        enum tp_in_state state;

        *block = (struct tp_str){NULL, 0};
        if (!tail->in && !tail->follow)
            return TP_IN_END;
        if (!tail->in && look_at_name(tail, err) < 0)
            return TP_IN_ERROR;
        if (!tail->in)
            return TP_IN_WAIT;
        if (tail->idle && tail->follow && look_at_file(tail, err) < 0)
            return TP_IN_ERROR;
        state = read_on(tail, block, err);
        if (state != TP_IN_BLOCK || block->len > 0)
            return state;
    }
}

/* --- opening -----------------------------------------------------------------------------------*/

static struct tp_tail *
new_tail(const char *name, struct tp_err *err)
{
    struct tp_tail *tail = calloc(1, sizeof *tail);

    if (tail)
        tail->name = strdup(name);
    if (tail && tail->name)
        return tail;
    free(tail);
    tp_err_memory(err);
    return NULL;
}

static int
start_command(struct tp_tail *tail, struct tp_err *err)
{
    const char *const words[] = {"/bin/sh", "-c", tail->name, NULL};
    struct tp_in *in;
    int ends[2];

    if (tp_fd_pipe(ends) < 0)
        return tp_err_system(err, tail->name);
    if (tp_process_start(&tail->child, words, -1, ends[1], tail->name, err) < 0) {
        tail->child = 0;
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    close(ends[1]);
    in = tp_in_adopt(ends[0], tail->name, tail->max_line, err);
    return in ? take_up(tail, in, err) : -1;
}

struct tp_tail *
tp_tail_exec(const char *text, size_t max_line, struct tp_err *err)
{
    struct tp_tail *tail = new_tail(text, err);

    if (!tail)
        return NULL;
    tail->max_line = max_line;
    if (start_command(tail, err) == 0)
        return tail;
    tp_tail_close(tail);
    return NULL;
}

struct tp_tail *
tp_tail_open(const char *name, bool follow, size_t max_line, struct tp_err *err)
{
    struct tp_tail *tail = new_tail(name, err);
    struct tp_in *in;
    bool missing;

    if (!tail)
        return NULL;
    tail->follow = follow;
    tail->max_line = max_line;
    in = open_named(tail, &missing, err);
    if (in ? take_up(tail, in, err) < 0 : missing || !follow) {
        tp_tail_close(tail);
        return NULL;
    }
    if (!in)
        tail->news = "is not there yet: waiting for it";
    return tail;
}

void
tp_tail_close(struct tp_tail *tail)
{
    if (!tail)
        return;
    tp_in_close(tail->in);
    tp_in_close(tail->next);
    free(tail->name);
    free(tail);
}

void
tp_tail_stop_following(struct tp_tail *tail)
{
    tail->follow = false;
    if (tail->in)
        tp_in_set_endless(tail->in, false);
}

/* 1: IN is packed, 0: not, -1: reading failed. */
static int
looks_packed(const struct tp_in *in)
{
    char magic[MAGIC];
    ssize_t got = pread(tp_in_fd(in), magic, sizeof magic, 0);
    enum tp_packing packing = got > 0 ? tp_packing_of(magic, (size_t)got) : TP_PACKING_NONE;

    return got < 0 ? -1 : packing == TP_PACKING_GZIP || packing == TP_PACKING_ZSTD;
}

int
tp_tail_skip_to(struct tp_tail *tail, uint64_t offset, struct tp_err *err)
{
    struct stat st;
    int packed;

    if (!tail->in || offset == 0)
        return 0;
    tail->skip_to = offset;
    if (!tp_in_is_regular(tail->in))
        return 0;
    packed = looks_packed(tail->in);
    if (packed < 0 || fstat(tp_in_fd(tail->in), &st))
        return tp_err_system(err, tail->name);
    if (packed)
        return 0;
    if (offset > (uint64_t)st.st_size)
        return tp_err_set(err, TP_FAULT_USAGE, "%s has only %lld bytes", tail->name,
                          (long long)st.st_size);
    tail->place.offset = offset;
    return tp_in_seek(tail->in, offset - 1, err);
}

int
tp_tail_skip_all(struct tp_tail *tail, struct tp_err *err)
{
    struct stat st;

    if (!tail->in)
        return 0;
    if (!tp_in_is_regular(tail->in) || looks_packed(tail->in) > 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s is no file whose end could be looked for",
                          tail->name);
    if (fstat(tp_in_fd(tail->in), &st))
        return tp_err_system(err, tail->name);
    return tp_tail_skip_to(tail, (uint64_t)st.st_size, err);
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
    return take_up(tail, in, err);
}

int
tp_tail_resume(struct tp_tail *tail, const struct tp_tail_place *place, struct tp_err *err)
{
    char *path = NULL;
    int found, result = 0;

    if (place->inode == 0)
        return 0;
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

int
tp_tail_check_plain(const struct tp_tail *tail, struct tp_err *err)
{
    int packed;

    if (!tail->in)
        return 0;
    if (!tp_in_is_regular(tail->in))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--state: %s is no regular file: what it says is said once",
                          tp_tail_name(tail));
    packed = looks_packed(tail->in);
    if (packed < 0)
        return tp_err_system(err, tail->name);
    return packed ? tp_err_set(err, TP_FAULT_USAGE,
                               "--state: %s is packed: there is no going on within it", tail->name)
                  : 0;
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

/* --- questions ---------------------------------------------------------------------------------*/

const char *
tp_tail_name(const struct tp_tail *tail)
{
    return strcmp(tail->name, "-") ? tail->name : "stdin";
}

uint64_t
tp_tail_offset(const struct tp_tail *tail)
{
    return tail->offset;
}

uint64_t
tp_tail_turn(const struct tp_tail *tail)
{
    return tail->turn;
}

const char *
tp_tail_news(struct tp_tail *tail)
{
    const char *news = tail->news;

    tail->news = NULL;
    return news;
}

struct tp_in *
tp_tail_in(const struct tp_tail *tail)
{
    return tail->in && !tp_in_is_regular(tail->in) ? tail->in : NULL;
}

void
tp_tail_expect(struct tp_tail *tail, uint64_t size)
{
    tail->strict = true;
    tail->expected = size;
}

struct tp_tail_place
tp_tail_place(const struct tp_tail *tail)
{
    return tail->place;
}

struct tp_tail_place
tp_tail_place_behind(const struct tp_tail *tail, struct tp_str taken)
{
    struct tp_tail_place place = tail->place;

    place.offset = tail->offset + taken.len;
    tp_tail_mark_back(&place, taken);
    return place;
}
