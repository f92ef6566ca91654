#include "stream/in.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/in_fd.h"
#include "stream/in_lines.h"
#include "stream/in_source.h"
#include "stream/in_unpack.h"
#include "stream/in_wait.h"

enum { DEFAULT_BLOCK = 256 * 1024, LARGEST_BLOCK = 1 << 30 };

/* What the blocks of many inputs may take in all, and the least for each. */
enum { ALL_BLOCKS = 64 * 1024 * 1024, LEAST_BLOCK = 4 * 1024 };

static const char byte_order_mark[3] = "\xef\xbb\xbf";

struct tp_in {
    char *name;
    struct tp_in_source source;
    struct tp_in_unpack *unpack; /* NULL while the input is plain */
    enum tp_packing packing;
    bool headed;       /* the byte order mark was looked for */
    bool endless;      /* where the source ends now, it may go on later */
    bool ended;        /* the source has no more */
    bool unterminated; /* the last line came without a newline */
    bool at_end;       /* the last block given is the last one there is */
    bool told_end;     /* TP_IN_END was returned */
    bool broken;       /* for good: why says what */
    struct tp_err why;
    struct tp_in_lines lines; /* unpacked */
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
    in->lines.block = block_size(count);
    in->lines.max_line = max_line < SIZE_MAX / 8 ? max_line : SIZE_MAX / 8;
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
    tp_in_lines_release(&in->lines);
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
    return in->lines.offset;
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
    in->lines.mem_offset = offset;
    in->headed = offset > 0; /* a byte order mark stands at the start alone */
    if (offset > 0)
        in->packing = TP_PACKING_NONE;
    return 0;
}

/* ---- reading ---- */

static ssize_t
read_source(struct tp_in *in, char *to, size_t len)
{
    return tp_in_source_read(&in->source, to, len, in->name, &in->why);
}

static ssize_t
read_unpacked(struct tp_in *in, char *to, size_t len)
{
    for (;;) {
        ssize_t got = tp_in_unpack_take(in->unpack, to, len, in->name, &in->why);
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
    const struct tp_in_lines *lines = &in->lines;

    in->packing = tp_packing_of(lines->mem, lines->len);
    if (in->packing != TP_PACKING_GZIP && in->packing != TP_PACKING_ZSTD)
        return 0;
    in->unpack = tp_in_unpack_new(in->packing, lines->mem, lines->len);
    if (!in->unpack)
        return tp_err_memory(&in->why);
    tp_in_lines_forget(&in->lines);
    return 0;
}

static void
skip_byte_order_mark(struct tp_in *in)
{
    size_t len = in->lines.len;
    size_t shown = len < sizeof byte_order_mark ? len : sizeof byte_order_mark;
    bool could_be = memcmp(in->lines.mem, byte_order_mark, shown) == 0;

    if (could_be && shown < sizeof byte_order_mark)
        return;
    in->headed = true;
    if (could_be)
        tp_in_lines_skip(&in->lines, sizeof byte_order_mark);
}

/* One read. TP_IN_BLOCK: something came in, not necessarily a whole line. */
static enum tp_in_state
fill(struct tp_in *in)
{
    struct tp_in_lines *lines = &in->lines;
    ssize_t got;
    char *to;

    if (tp_in_lines_make_room(lines, &in->why))
        return TP_IN_ERROR;
    to = lines->mem + lines->len;
    got = in->unpack ? read_unpacked(in, to, lines->block) : read_source(in, to, lines->block);
    if (got == TP_SOURCE_WAIT)
        return TP_IN_WAIT;
    if (got == TP_SOURCE_ERROR)
        return TP_IN_ERROR;
    if (got == TP_SOURCE_END)
        return in->endless ? TP_IN_WAIT : TP_IN_END;
    tp_in_lines_take(lines, (size_t)got);
    if (in->packing == TP_PACKING_UNDECIDED && detect_packing(in))
        return TP_IN_ERROR;
    if (!in->headed && in->packing != TP_PACKING_UNDECIDED && lines->len)
        skip_byte_order_mark(in);
    return TP_IN_BLOCK;
}

/* ---- giving out ---- */

static enum tp_in_state
give_last(struct tp_in *in, struct tp_str *block)
{
    enum tp_in_state state = tp_in_lines_give_rest(&in->lines, block, &in->unterminated);

    in->ended = true;
    in->at_end = true;
    in->told_end = state == TP_IN_END;
    return state;
}

static enum tp_in_state
next(struct tp_in *in, struct tp_str *block)
{
    struct tp_in_lines *lines = &in->lines;

    for (;;) {
        enum tp_in_state state;

        if (tp_in_lines_has_whole(lines) && (in->ended || !tp_in_lines_gathers(lines)))
            return tp_in_lines_give(lines, block);
        if (in->ended)
            return give_last(in, block);
        if (!tp_in_lines_has_whole(lines) && in->headed && tp_in_lines_is_overlong(lines))
            return tp_in_lines_give_overlong(lines, block);
        state = fill(in);
        if (state == TP_IN_END)
            in->ended = true;
        else if (state == TP_IN_WAIT && tp_in_lines_has_whole(lines))
            return tp_in_lines_give(lines, block);
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
        tp_in_lines_keep(&in->lines, from);
}

bool
tp_in_has_something(const struct tp_in *in)
{
    return !in->told_end &&
           (in->source.regular || in->broken || in->ended || tp_in_lines_has_whole(&in->lines) ||
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
