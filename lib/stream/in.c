#include "stream/in.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/in_fd.h"
#include "stream/in_source.h"
#include "stream/in_unpack.h"
#include "stream/in_wait.h"

enum { DEFAULT_BLOCK = 256 * 1024, LARGEST_BLOCK = 1 << 30, EXCERPT = 200 };

/* What the blocks of many inputs may take in all, and the least for each. */
enum { ALL_BLOCKS = 64 * 1024 * 1024, LEAST_BLOCK = 4 * 1024 };

static const char byte_order_mark[3] = "\xef\xbb\xbf";

/*
 * The unserved bytes are mem[start, len):
 *
 *   [start, fresh)     a record put back by tp_in_keep, whole lines (empty without one)
 *   [fresh, complete)  whole lines that were not given out yet
 *   [complete, len)    the beginning of a line: no newline in it, and never searched again
 */
struct tp_in {
    char *name;
    struct tp_in_source source;
    struct tp_in_unpack *unpack; /* NULL while the input is plain */
    enum tp_packing packing;
    bool headed;       /* the byte order mark was looked for */
    bool dropping;     /* the rest of a line that is too long is being skipped */
    bool endless;      /* where the source ends now, it may go on later */
    bool ended;        /* the source has no more */
    bool unterminated; /* the last line came without a newline */
    bool at_end;       /* the last block given is the last one there is */
    bool told_end;     /* TP_IN_END was returned */
    bool broken;       /* for good: why says what */
    struct tp_err why;
    char *mem;
    size_t cap; /* without the padding */
    size_t start, fresh, complete, len;
    uint64_t mem_offset; /* of mem[0] in the unpacked input */
    uint64_t offset;     /* of the block given last */
    size_t block, max_line;
};

/* Of COUNT inputs together. */
static size_t
default_block(size_t count)
{
    size_t share = ALL_BLOCKS / (count ? count : 1);

    if (share > DEFAULT_BLOCK)
        return DEFAULT_BLOCK;
    return share < LEAST_BLOCK ? LEAST_BLOCK : share;
}

static size_t
block_size(size_t count)
{
    const char *text = getenv("TIDEPIPE_BLOCK");
    char *end;
    unsigned long long size;

    if (!text || !isdigit((unsigned char)*text))
        return default_block(count);
    size = strtoull(text, &end, 10);
    if (*end || !size || size > LARGEST_BLOCK)
        return default_block(count);
    return (size_t)size;
}

/* One of COUNT, not open yet. */
static struct tp_in *
new_in(size_t count, const char *name, size_t max_line, struct tp_err *err)
{
    struct tp_in *in = calloc(1, sizeof *in);

    if (in)
        in->name = strdup(strcmp(name, "-") ? name : "stdin");
    if (!in || !in->name) {
        free(in);
        tp_err_memory(err);
        return NULL;
    }
    in->source.fd = -1;
    in->source.parks = !tp_fd_allow(count);
    in->block = block_size(count);
    in->max_line = max_line < SIZE_MAX / 8 ? max_line : SIZE_MAX / 8;
    return in;
}

struct tp_in *
tp_in_open_one_of(size_t count, const char *name, size_t max_line, struct tp_err *err)
{
    struct tp_in *in = new_in(count, name, max_line, err);

    if (!in)
        return NULL;
    if (tp_in_source_open(&in->source, name, in->name, err)) {
        tp_in_close(in);
        return NULL;
    }
    return in;
}

struct tp_in *
tp_in_open(const char *name, size_t max_line, struct tp_err *err)
{
    return tp_in_open_one_of(1, name, max_line, err);
}

struct tp_in *
tp_in_adopt(int fd, const char *name, size_t max_line, struct tp_err *err)
{
    struct tp_in *in = new_in(1, name, max_line, err);

    if (!in) {
        close(fd);
        return NULL;
    }
    if (tp_in_source_adopt(&in->source, fd, in->name, err)) {
        tp_in_close(in);
        return NULL;
    }
    return in;
}

void
tp_in_close(struct tp_in *in)
{
    if (!in)
        return;
    tp_in_source_close(&in->source);
    tp_in_unpack_free(in->unpack);
    free(in->name);
    free(in->mem);
    free(in);
}

const char *
tp_in_name(const struct tp_in *in)
{
    return in->name;
}

bool
tp_in_at_end(const struct tp_in *in)
{
    return in->at_end;
}

bool
tp_in_unterminated(const struct tp_in *in)
{
    return in->unterminated;
}

uint64_t
tp_in_offset(const struct tp_in *in)
{
    return in->offset;
}

bool
tp_in_is_regular(const struct tp_in *in)
{
    return in->source.regular;
}

bool
tp_in_is_packed(const struct tp_in *in)
{
    return in->unpack != NULL;
}

/* ---- for those who follow ---- */

int
tp_in_fd(const struct tp_in *in)
{
    return in->source.fd;
}

void
tp_in_set_endless(struct tp_in *in, bool endless)
{
    in->endless = endless;
}

void
tp_in_end_here(struct tp_in *in)
{
    in->ended = true;
}

int
tp_in_seek(struct tp_in *in, uint64_t offset, struct tp_err *err)
{
    if (lseek(in->source.fd, (off_t)offset, SEEK_SET) < 0)
        return tp_err_system(err, in->name);
    in->mem_offset = offset;
    in->headed = offset > 0; /* a byte order mark stands at the start alone */
    if (offset > 0)
        in->packing = TP_PACKING_NONE;
    return 0;
}

/* ---- memory ---- */

static void
move_to_front(struct tp_in *in)
{
    if (!in->start)
        return;
    memmove(in->mem, in->mem + in->start, in->len - in->start);
    in->mem_offset += in->start;
    in->len -= in->start;
    in->fresh -= in->start;
    in->complete -= in->start;
    in->start = 0;
}

/* Room for one more block, a newline and the padding. Doubling, but not beyond what the longest
 * line needs: the rest would never be used. */
static int
make_room(struct tp_in *in)
{
    size_t need = in->len + in->block + 1;
    size_t largest = in->max_line + in->block + 1;
    size_t cap = in->cap ? in->cap * 2 : in->block * 2;
    char *mem;

    if (need <= in->cap)
        return 0;
    if (cap > largest)
        cap = largest;
    if (cap < need)
        cap = need;
    mem = realloc(in->mem, cap + TP_IN_PADDING);
    if (!mem)
        return tp_err_memory(&in->why);
    in->mem = mem;
    in->cap = cap;
    return 0;
}

/* ---- reading ---- */

static ssize_t
read_source(struct tp_in *in, char *to, size_t len)
{
    return tp_in_source_read(&in->source, to, len, in->name, &in->why);
}

static ssize_t
read_unpacked(struct tp_in *in)
{
    for (;;) {
        ssize_t got =
            tp_in_unpack_take(in->unpack, in->mem + in->len, in->block, in->name, &in->why);
        size_t room_len;
        char *room;

        if (got != TP_UNPACK_HUNGRY)
            return got;
        room = tp_in_unpack_room(in->unpack, &room_len);
        got = read_source(in, room, room_len);
        if (got == TP_SOURCE_END)
            return tp_in_unpack_end(in->unpack, in->name, &in->why);
        if (got < 0)
            return got;
        tp_in_unpack_fed(in->unpack, (size_t)got);
    }
}

/* The first bytes, read as if they were plain, decide; packed ones go to the unpacker. */
static int
detect_packing(struct tp_in *in)
{
    in->packing = tp_packing_of(in->mem, in->len);
    if (in->packing != TP_PACKING_GZIP && in->packing != TP_PACKING_ZSTD)
        return 0;
    in->unpack = tp_in_unpack_new(in->packing, in->mem, in->len);
    if (!in->unpack)
        return tp_err_memory(&in->why);
    in->len = in->complete = 0;
    return 0;
}

static void
skip_byte_order_mark(struct tp_in *in)
{
    size_t shown = in->len < sizeof byte_order_mark ? in->len : sizeof byte_order_mark;
    bool could_be = memcmp(in->mem, byte_order_mark, shown) == 0;

    if (could_be && shown < sizeof byte_order_mark)
        return;
    in->headed = true;
    if (!could_be)
        return;
    in->start = in->fresh = sizeof byte_order_mark;
    if (in->complete < in->start)
        in->complete = in->start;
}

/* Skips what belongs to a dropped line at the front of [len, len+got); returns what is left. */
static size_t
drop(struct tp_in *in, size_t got)
{
    char *from = in->mem + in->len;
    char *newline = memchr(from, '\n', got);
    size_t dropped = newline ? (size_t)(newline - from) + 1 : got;

    in->dropping = !newline;
    memmove(from, from + dropped, got - dropped);
    in->mem_offset += dropped;
    return got - dropped;
}

/* Takes GOT new bytes behind len into the bookkeeping. Only they are searched for newlines, so that
 * a long line that comes in bits costs no more than its length. */
static void
take_in(struct tp_in *in, size_t got)
{
    const char *from = in->mem + in->len;
    const char *newline;

    if (in->dropping)
        got = drop(in, got);
    newline = memrchr(from, '\n', got);
    in->len += got;
    if (newline)
        in->complete = (size_t)(newline - in->mem) + 1;
    /* Whoever reads the padding reads zeros, with room left for a newline added at the end. */
    memset(in->mem + in->len, 0, TP_IN_PADDING + 1);
}

/* One read. TP_IN_BLOCK: something came in, not necessarily a whole line. */
static enum tp_in_state
fill(struct tp_in *in)
{
    ssize_t got;

    move_to_front(in);
    if (make_room(in))
        return TP_IN_ERROR;
    got = in->unpack ? read_unpacked(in) : read_source(in, in->mem + in->len, in->block);
    if (got == TP_SOURCE_WAIT)
        return TP_IN_WAIT;
    if (got == TP_SOURCE_ERROR)
        return TP_IN_ERROR;
    if (got == TP_SOURCE_END)
        return in->endless ? TP_IN_WAIT : TP_IN_END;
    take_in(in, (size_t)got);
    if (in->packing == TP_PACKING_UNDECIDED && detect_packing(in))
        return TP_IN_ERROR;
    if (!in->headed && in->packing != TP_PACKING_UNDECIDED && in->len)
        skip_byte_order_mark(in);
    return TP_IN_BLOCK;
}

/* ---- giving out ---- */

static enum tp_in_state
give(struct tp_in *in, size_t end, struct tp_str *block)
{
    *block = (struct tp_str){in->mem + in->start, end - in->start};
    in->offset = in->mem_offset + in->start;
    in->start = in->fresh = end;
    return TP_IN_BLOCK;
}

/* Reports [start, end), of which more may come, as too long, and forgets it. The excerpt is what is
 * there in any case, so that it does not depend on how the line came in. */
static enum tp_in_state
give_too_long(struct tp_in *in, size_t end, struct tp_str *block)
{
    give(in, end, block);
    if (in->complete < end)
        in->complete = end;
    block->len = in->max_line < EXCERPT ? in->max_line + 1 : EXCERPT;
    return TP_IN_TOO_LONG;
}

/* Where the first line of [fresh, complete) that is too long begins, or complete. Leaps from
 * newline to newline, a longest line at a time. */
static size_t
first_too_long(const struct tp_in *in)
{
    size_t at = in->fresh;

    while (in->complete - at > in->max_line + 1) {
        const char *newline = memrchr(in->mem + at, '\n', in->max_line + 1);

        if (!newline)
            return at;
        at = (size_t)(newline - in->mem) + 1;
    }
    return in->complete;
}

static enum tp_in_state
give_complete(struct tp_in *in, struct tp_str *block)
{
    size_t end = first_too_long(in);
    const char *newline;

    if (end > in->fresh)
        return give(in, end, block);
    newline = memchr(in->mem + end, '\n', in->complete - end);
    return give_too_long(in, (size_t)(newline - in->mem) + 1, block);
}

static enum tp_in_state
give_last(struct tp_in *in, struct tp_str *block)
{
    in->ended = true;
    in->at_end = true;
    if (in->len == in->start) {
        in->told_end = true;
        return TP_IN_END;
    }
    if (in->len > in->complete) {
        in->unterminated = true;
        in->mem[in->len++] = '\n';
        in->complete = in->len;
    }
    return give(in, in->len, block);
}

/* A line without an end yet, or a kept record, longer than max_line. */
static bool
overlong(const struct tp_in *in)
{
    return in->headed && in->len - in->start > in->max_line;
}

static enum tp_in_state
give_overlong(struct tp_in *in, struct tp_str *block)
{
    in->dropping = in->len > in->complete;
    return give_too_long(in, in->len, block);
}

/* Whoever kept a record looks at it again from its start: it is given again when it has doubled, so
 * that a record over many blocks costs no more than its length, twice. */
static bool
gathers(const struct tp_in *in)
{
    size_t kept = in->fresh - in->start, there = in->len - in->start;

    return !in->ended && there < 2 * kept && there < in->max_line;
}

static enum tp_in_state
next(struct tp_in *in, struct tp_str *block)
{
    for (;;) {
        enum tp_in_state state;

        if (in->complete > in->fresh && !gathers(in))
            return give_complete(in, block);
        if (in->ended)
            return give_last(in, block);
        if (in->complete == in->fresh && overlong(in))
            return give_overlong(in, block);
        state = fill(in);
        if (state == TP_IN_END)
            in->ended = true;
        else if (state == TP_IN_WAIT && in->complete > in->fresh)
            return give_complete(in, block);
        else if (state != TP_IN_BLOCK)
            return state;
    }
}

enum tp_in_state
tp_in_next(struct tp_in *in, struct tp_str *block, struct tp_err *err)
{
    enum tp_in_state state = TP_IN_ERROR;

    *block = (struct tp_str){NULL, 0};
    if (!in->broken)
        state = next(in, block);
    if (state == TP_IN_ERROR) {
        in->broken = true;
        if (err)
            *err = in->why;
    }
    return state;
}

void
tp_in_keep(struct tp_in *in, const char *from)
{
    if (!in->at_end)
        in->start = (size_t)(from - in->mem);
}

bool
tp_in_has_something(const struct tp_in *in)
{
    return !in->told_end &&
           (in->source.regular || in->broken || in->ended || in->complete > in->fresh ||
            (in->unpack && tp_in_unpack_pending(in->unpack)) ||
            tp_in_source_has_backlog(&in->source));
}

int
tp_in_descriptor(const struct tp_in *in)
{
    return in->told_end ? -1 : in->source.fd;
}

int
tp_in_drainable(const struct tp_in *in)
{
    const struct tp_in_source *source = &in->source;

    return source->regular || source->drained || source->failed || in->ended || in->broken
               ? -1
               : source->fd;
}

int
tp_in_drain(struct tp_in *in, struct tp_err *err)
{
    return tp_in_source_drain(&in->source, err);
}
