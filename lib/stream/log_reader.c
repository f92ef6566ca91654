#include "stream/log_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/log_reader_inside.h"
#include "value/clock.h"

/* How often all segments are looked at while nothing comes. */
#define LOOK_AT_ALL TP_SECOND

/* --- segments ----------------------------------------------------------------------------------*/

static int
say_damaged(const struct tp_log_reader *reader, uint64_t end, bool torn, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "%s is damaged: whole lines up to byte %llu of %llu%s",
                      reader->path, (unsigned long long)(reader->place.offset - reader->base),
                      (unsigned long long)(end - reader->base), torn ? ", then half a line" : "");
}

/* Opens the segment at hand where reading is taken up. */
static int
open_segment(struct tp_log_reader *reader, struct tp_err *err)
{
    errno = 0;
    reader->in = tp_in_open(reader->path, reader->set.max_line, err);
    if (!reader->in && errno == ENOENT)
        return tp_log_reader_list(reader, err) < 0
                   ? -1
                   : tp_log_reader_say_removed(reader, reader->place.offset, err);
    if (!reader->in)
        return -1;
    tp_in_set_endless(reader->in, true);
    if (tp_log_reader_read_sums(reader, err) < 0)
        return -1;
    return reader->start > reader->base ? tp_in_seek(reader->in, reader->start - reader->base, err)
                                        : 0;
}

/* What was read and not given is dropped, to be read again. */
static int
begin_again(struct tp_log_reader *reader, struct tp_err *err)
{
    struct tp_tail_mark mark = reader->place.mark;

    if (reader->place.offset >= reader->end)
        return tp_err_set(err, TP_FAULT_MACHINE,
                          "%s is damaged: it goes on behind byte %llu, where the next one begins",
                          reader->path, (unsigned long long)(reader->end - reader->base));
    if (tp_log_reader_take_up(reader, reader->base, reader->place.offset, err) < 0)
        return -1;
    reader->place.mark = mark;
    reader->told = reader->too_long;
    return 0;
}

/* 1: lines may be read, 0: there are none yet, -1: failure. */
static int
prepare(struct tp_log_reader *reader, struct tp_err *err)
{
    if (reader->spent && begin_again(reader, err) < 0)
        return -1;
    if (!reader->path && tp_log_reader_find_first(reader, err) < 0)
        return -1;
    if (!reader->path)
        return 0;
    if ((!reader->in || reader->place.offset >= reader->limit) &&
        tp_log_reader_limit(reader, &reader->limit, err) < 0)
        return -1;
    if (reader->place.offset >= reader->limit)
        return 0;
    return reader->in || open_segment(reader, err) == 0 ? 1 : -1;
}

/* Where the file at hand was read to is noted, so that a change of that is seen. */
static int
note_end(struct tp_log_reader *reader, uint64_t *end, bool *torn, struct tp_err *err)
{
    char bytes[TP_TAIL_BACK];
    int fd = tp_in_fd(reader->in);
    off_t at = lseek(fd, 0, SEEK_CUR);
    size_t want = at < (off_t)sizeof bytes ? (size_t)at : sizeof bytes;
    ssize_t got = at < 0 ? -1 : pread(fd, bytes, want, at - (off_t)want);
    struct stat st;

    if (got < 0 || fstat(fd, &st))
        return tp_err_system(err, reader->path);
    reader->seen = (struct tp_tail_place){.offset = (uint64_t)at};
    tp_tail_mark_back(&reader->seen, (struct tp_str){bytes, (size_t)got});
    reader->modified = st.st_mtim;
    reader->idle = true;
    *end = reader->base + (uint64_t)at;
    *torn = got > 0 && bytes[got - 1] != '\n';
    return 0;
}

/* A file whose end was seen: does it still say what was read? What was read and not given may have
 * been taken away; what was given may not. */
static int
look_again(struct tp_log_reader *reader, struct tp_err *err)
{
    struct tp_tail_place given = reader->place;
    int fd = tp_in_fd(reader->in), same;
    struct stat st;

    reader->idle = false;
    if (fstat(fd, &st))
        return tp_err_system(err, reader->path);
    if ((uint64_t)st.st_size == reader->seen.offset &&
        st.st_mtim.tv_sec == reader->modified.tv_sec &&
        st.st_mtim.tv_nsec == reader->modified.tv_nsec)
        return 0;
    same = tp_tail_is_at(fd, &reader->seen);
    if (same == 0) {
        reader->spent = true;
        given.offset -= reader->base;
        if (given.offset < given.mark.back_len)
            return 0;
        same = tp_tail_is_at(fd, &given);
    }
    if (same < 0)
        return tp_err_system(err, reader->path);
    return same ? 0 : tp_log_reader_say_other(reader, reader->place.offset, err);
}

/* --- the end of a segment ----------------------------------------------------------------------*/

/* What comes of having read a segment up to byte END. */
enum outcome { FAILED = -1, NOTHING, MORE };

static bool
is_there(const struct tp_log_reader *reader, uint64_t base)
{
    char *path = tp_log_path(reader->folder, base, ".ndjson");
    bool found = path && access(path, F_OK) == 0;

    free(path);
    return found;
}

static enum outcome
next_segment(struct tp_log_reader *reader, uint64_t base, struct tp_err *err)
{
    struct tp_tail_mark mark = reader->place.mark;

    if (tp_log_reader_take_up(reader, base, base, err) < 0)
        return FAILED;
    reader->place.mark = mark;
    reader->turn++;
    reader->too_long = reader->told = 0;
    return MORE;
}

/* The file that is read is not the one that bears its name: it was removed, and perhaps made anew.
 */
static bool
is_replaced(const struct tp_log_reader *reader)
{
    struct stat mine, now;

    return fstat(tp_in_fd(reader->in), &mine) == 0 && stat(reader->path, &now) == 0 &&
           (mine.st_dev != now.st_dev || mine.st_ino != now.st_ino);
}

/* By all segments: is there nothing behind END? */
static enum outcome
judge_end(struct tp_log_reader *reader, uint64_t end, bool torn, struct tp_err *err)
{
    const struct tp_log_segments *log = &reader->log;
    const struct tp_log_segment *own;
    bool last;

    if (log->count == 0 || log->segment[tp_log_segment_of(log, reader->base)].base != reader->base)
        return tp_log_reader_say_removed(reader, end, err);
    own = &log->segment[tp_log_segment_of(log, reader->base)];
    last = own == log->segment + log->count - 1;
    if (is_replaced(reader))
        return tp_log_reader_say_other(reader, end, err);
    if (reader->base + own->size > end || (!last && own[1].base == end && !torn))
        return MORE; /* by now */
    if (!last || own->end > own->size)
        return say_damaged(reader, reader->base + own->end, torn, err);
    if (reader->limit != UINT64_MAX && reader->limit > end)
        return say_damaged(reader, reader->limit, torn, err);
    if (torn && !reader->set.follow)
        return say_damaged(reader, end, torn, err);
    return NOTHING;
}

static enum outcome
look_at_all(struct tp_log_reader *reader, uint64_t end, bool torn, struct tp_err *err)
{
    tp_time now = tp_clock_steady();

    if (reader->set.follow && reader->looked != TP_TIME_BEFORE_ALL &&
        now - reader->looked < LOOK_AT_ALL)
        return NOTHING;
    reader->looked = now;
    return tp_log_reader_list(reader, err) < 0 ? FAILED : judge_end(reader, end, torn, err);
}

static enum outcome
at_end_for_now(struct tp_log_reader *reader, struct tp_err *err)
{
    uint64_t end = 0;
    bool torn = false;

    if (note_end(reader, &end, &torn, err) < 0)
        return FAILED;
    if (!torn && end > reader->base && is_there(reader, end))
        return next_segment(reader, end, err);
    return look_at_all(reader, end, torn, err);
}

/* --- reading -----------------------------------------------------------------------------------*/

/* What of BLOCK is to be given. */
static struct tp_str
take_block(struct tp_log_reader *reader, struct tp_str block)
{
    uint64_t from = reader->base + tp_in_offset(reader->in);
    uint64_t end = reader->limit < reader->end ? reader->limit : reader->end;
    const char *start = block.ptr;

    if (from >= end || end - from < block.len) {
        reader->spent = true;
        block.len = from < end ? (size_t)(end - from) : 0;
    }
    block.len = tp_log_reader_verify(reader, from, block.len);
    if (block.len == 0)
        return block;
    reader->place.offset = from + block.len;
    tp_tail_mark_back(&reader->place, block);
    reader->too_long = reader->told = 0;
    block = tp_tail_skip_lines(&reader->skip_to, from, block);
    reader->offset = from + (uint64_t)(block.ptr - start);
    return block;
}

/* One that was told before reading was taken up again is not told twice. */
static bool
take_too_long(struct tp_log_reader *reader)
{
    reader->offset = reader->base + tp_in_offset(reader->in);
    reader->spent |= reader->offset >= reader->limit;
    if (reader->spent || reader->offset < reader->skip_to)
        return false;
    if (reader->told > 0) {
        reader->told--;
        return false;
    }
    reader->too_long++;
    return true;
}

static enum tp_in_state
end_or_wait(const struct tp_log_reader *reader)
{
    return reader->set.follow ? TP_IN_WAIT : TP_IN_END;
}

/* What the segment at hand says; TP_IN_BLOCK without bytes: ask again. */
static enum tp_in_state
read_on(struct tp_log_reader *reader, struct tp_str *block, struct tp_err *err)
{
    enum tp_in_state state;
    enum outcome outcome;

    if (reader->idle && look_again(reader, err) < 0)
        return TP_IN_ERROR;
    if (reader->spent)
        return TP_IN_BLOCK;
    state = tp_in_next(reader->in, block, err);
    if (state == TP_IN_BLOCK)
        *block = take_block(reader, *block);
    if (state == TP_IN_TOO_LONG && !take_too_long(reader)) {
        *block = (struct tp_str){NULL, 0};
        return TP_IN_BLOCK;
    }
    if (state != TP_IN_WAIT)
        return state;
    outcome = at_end_for_now(reader, err);
    if (outcome == NOTHING)
        return end_or_wait(reader);
    return outcome == MORE ? TP_IN_BLOCK : TP_IN_ERROR;
}

enum tp_in_state
tp_log_reader_next(struct tp_log_reader *reader, struct tp_str *block, struct tp_err *err)
{
    for (;;) {
        enum tp_in_state state;
        int ready;

        *block = (struct tp_str){NULL, 0};
        ready =
            reader->sums.differs ? tp_log_reader_say_differs(reader, err) : prepare(reader, err);
        if (ready <= 0)
            return ready < 0 ? TP_IN_ERROR : end_or_wait(reader);
        state = read_on(reader, block, err);
        if (state != TP_IN_BLOCK || block->len > 0)
            return state;
    }
}

void
tp_log_reader_stop_following(struct tp_log_reader *reader)
{
    reader->set.follow = false;
}

/* --- questions ---------------------------------------------------------------------------------*/

const char *
tp_log_reader_name(const struct tp_log_reader *reader)
{
    return reader->path ? reader->path : reader->folder;
}

uint64_t
tp_log_reader_turn(const struct tp_log_reader *reader)
{
    return reader->turn;
}

const char *
tp_log_reader_news(struct tp_log_reader *reader)
{
    const char *news = reader->news;

    reader->news = NULL;
    return news;
}

uint64_t
tp_log_reader_offset(const struct tp_log_reader *reader)
{
    return reader->offset;
}

struct tp_tail_place
tp_log_reader_place(const struct tp_log_reader *reader)
{
    return reader->place;
}

struct tp_tail_place
tp_log_reader_place_behind(const struct tp_log_reader *reader, struct tp_str taken)
{
    struct tp_tail_place place = reader->place;

    place.offset = reader->offset + taken.len;
    tp_tail_mark_back(&place, taken);
    return place;
}
