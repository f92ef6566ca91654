#include "stream/tail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/in_fd.h"
#include "stream/process.h"
#include "stream/tail_inside.h"

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
    else if (tp_in_is_regular(tail->in))
        tp_tail_mark_packed(&tail->place, tp_in_fd(tail->in), block);
}

/* --- reading -----------------------------------------------------------------------------------*/

/* What of BLOCK is to be given. */
static struct tp_str
take_block(struct tp_tail *tail, struct tp_str block)
{
    const char *start = block.ptr;
    uint64_t from = tp_in_offset(tail->in), end;

    block.len = tp_tail_committed(tail, from, block.len);
    if (block.len == 0)
        return block;
    end = from + block.len;
    if (!tail->spent && tp_in_at_end(tail->in) && tp_in_unterminated(tail->in))
        end--;
    tail->idle = false;
    note_place(tail, (struct tp_str){block.ptr, (size_t)(end - from)}, end);
    if (tail->recalled.expected)
        tp_tail_recall(tail, from, (struct tp_str){block.ptr, (size_t)(end - from)});
    block = tp_tail_skip_lines(&tail->skip_to, from, block);
    tail->offset = from + (uint64_t)(block.ptr - start);
    return block;
}

static enum tp_in_state
pass_over(struct tp_str *block)
{
    *block = (struct tp_str){NULL, 0};
    return TP_IN_BLOCK;
}

/* What there was of a regular file was read. */
static enum tp_in_state
end_for_now(struct tp_tail *tail, struct tp_err *err)
{
    int changed;

    if (tp_in_is_packed(tail->in)) {
        tp_tail_stop_following(tail);
        return TP_IN_BLOCK;
    }
    changed = tp_tail_at_end_for_now(tail, err);
    return changed < 0 ? TP_IN_ERROR : changed ? TP_IN_BLOCK : TP_IN_WAIT;
}

static enum tp_in_state
end_of_input(struct tp_tail *tail, struct tp_err *err)
{
    pid_t child = tail->child;

    if (tail->next || (tail->follow && is_plain(tail->in)))
        return tp_tail_switch_over(tail, err) < 0 ? TP_IN_ERROR : TP_IN_BLOCK;
    tail->child = 0;
    return child && tp_process_wait(child, tail->name, err) < 0 ? TP_IN_ERROR : TP_IN_END;
}

/* What the input at hand says; TP_IN_BLOCK without bytes: ask again. */
static enum tp_in_state
read_on(struct tp_tail *tail, struct tp_str *block, struct tp_err *err)
{
    enum tp_in_state state = tp_in_next(tail->in, block, err);

    if (state == TP_IN_TOO_LONG) {
        tail->offset = tp_in_offset(tail->in);
        if (tail->offset < tail->skip_to || tp_tail_committed(tail, tail->offset, 1) == 0)
            return pass_over(block);
        return state;
    }
    if (state == TP_IN_BLOCK)
        *block = take_block(tail, *block);
    if (tail->recalled.differs || (state == TP_IN_END && tail->recalled.expected)) {
        tp_tail_say_other(tail, tail->recalled.place.offset, err);
        return TP_IN_ERROR;
    }
    if ((state == TP_IN_WAIT || state == TP_IN_END) && tp_tail_check_committed(tail, err) < 0)
        return TP_IN_ERROR;
    if (state == TP_IN_WAIT && tp_in_is_regular(tail->in))
        return end_for_now(tail, err);
    return state == TP_IN_END ? end_of_input(tail, err) : state;
}

enum tp_in_state
tp_tail_next(struct tp_tail *tail, struct tp_str *block, struct tp_err *err)
{
    for (;;) {
        enum tp_in_state state;
        int more;

        *block = (struct tp_str){NULL, 0};
        if (!tail->in && !tail->follow)
            return TP_IN_END;
        if (!tail->in && tp_tail_look_at_name(tail, err) < 0)
            return TP_IN_ERROR;
        if (!tail->in)
            return TP_IN_WAIT;
        more = tp_tail_look_at_commit(tail, err);
        if (more <= 0)
            return more < 0 ? TP_IN_ERROR : tail->follow ? TP_IN_WAIT : TP_IN_END;
        if (tail->idle && tail->follow && tp_tail_look_at_file(tail, err) < 0)
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
    return in ? tp_tail_take_up(tail, in, err) : -1;
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
    in = tp_tail_open_named(tail, &missing, err);
    if (in ? tp_tail_take_up(tail, in, err) < 0 : missing || !follow) {
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
    packed = tp_tail_looks_packed(tail->in);
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
    if (!tp_in_is_regular(tail->in) || tp_tail_looks_packed(tail->in) > 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s is no file whose end could be looked for",
                          tail->name);
    if (fstat(tp_in_fd(tail->in), &st))
        return tp_err_system(err, tail->name);
    return tp_tail_skip_to(tail, (uint64_t)st.st_size, err);
}

int
tp_tail_check_file(const struct tp_tail *tail, struct tp_err *err)
{
    if (!tail->in)
        return 0;
    if (!tp_in_is_regular(tail->in))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--state: %s is no regular file: what it says is said once",
                          tp_tail_name(tail));
    return 0;
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
