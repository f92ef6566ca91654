#include "event/interval.h"

#include <stdlib.h>
#include <string.h>

#include "event/asked.h"
#include "event/join.h"
#include "event/match_saved.h"

struct interval {
    struct tp_match match;
    struct tp_interval options;
    struct tp_join *join;
    struct tp_asked asked;
    tp_time watermark; /* the last that there was */
    size_t behind[2];  /* bytes that belong to lines */
    bool ended[2];
};

int
tp_interval_parse(struct tp_str text, tp_duration *lo, tp_duration *hi, struct tp_err *err)
{
    const char *comma = text.len ? memchr(text.ptr, ',', text.len) : NULL;
    struct tp_str low, high;
    struct tp_err why;

    if (!comma)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "two bounds of right time - left time: \"-%.*s,%.*s\" or \"0,%.*s\"",
                          (int)text.len, text.ptr, (int)text.len, text.ptr, (int)text.len,
                          text.ptr);
    low = (struct tp_str){text.ptr, (size_t)(comma - text.ptr)};
    high = (struct tp_str){comma + 1, text.len - low.len - 1};
    if (tp_duration_parse(low, lo, &why) < 0 || tp_duration_parse(high, hi, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s", why.text);
    if (*lo > *hi)
        return tp_err_set(err, TP_FAULT_USAGE, "the lower bound comes first");
    return 0;
}

static bool
is_outer(const struct interval *i, enum tp_join_side side)
{
    return tp_match_is_outer(i->match.type, side);
}

/* Are rows said of records of SIDE when the watermark proves that nothing can meet them? */
static bool
waits_alone(const struct interval *i, enum tp_join_side side)
{
    return is_outer(i, side) && !i->options.updates;
}

static struct tp_str
line_of(const struct tp_join_kept *kept)
{
    return (struct tp_str){kept->line, kept->len};
}

/* --- records -----------------------------------------------------------------------------------*/

/* KEPT, which has met its first partner, was said to have none. */
static int
take_back(struct interval *i, const struct tp_join_kept *kept, struct tp_err *err)
{
    enum tp_match_op op = i->match.type == TP_MATCH_ANTI ? TP_MATCH_DELETE : TP_MATCH_RETRACT;

    return tp_match_alone(&i->match, (enum tp_join_side)kept->side, kept->time, op, line_of(kept),
                          err);
}

static int
say_pair(struct interval *i, const struct tp_match_record *r, const struct tp_join_kept *met,
         enum tp_match_op op, struct tp_err *err)
{
    struct tp_match_row row = {.time = r->time > met->time ? r->time : met->time, .op = op};

    row.left = r->side == TP_JOIN_LEFT ? r->line : line_of(met);
    row.right = r->side == TP_JOIN_LEFT ? line_of(met) : r->line;
    return i->match.sink.row(i->match.sink.context, &row, err);
}

/* A semi join says a left record with its first match, an anti join never one with a match. */
static int
take_match(struct interval *i, const struct tp_match_record *r, struct tp_join_kept *met,
           struct tp_err *err)
{
    bool fresh = !met->matched, outer = is_outer(i, (enum tp_join_side)met->side);
    bool said = fresh && outer && i->options.updates;

    met->matched = true;
    i->match.met++;
    i->match.waiting -= fresh && outer && !said;
    if (said && take_back(i, met, err) < 0)
        return -1;
    if (!tp_match_is_left_only(i->match.type))
        return say_pair(i, r, met, said ? TP_MATCH_UPDATE : TP_MATCH_INSERT, err);
    if (i->match.type == TP_MATCH_SEMI && r->side == TP_JOIN_RIGHT && fresh)
        return tp_match_alone(&i->match, TP_JOIN_LEFT, met->time, TP_MATCH_INSERT, line_of(met),
                              err);
    return 0;
}

static int
meets(const struct interval *i, const struct tp_match_record *r, const struct tp_join_kept *met,
      struct tp_err *err)
{
    if (r->side == TP_JOIN_LEFT)
        return tp_match_meets(&i->match, r->line, line_of(met), err);
    return tp_match_meets(&i->match, line_of(met), r->line, err);
}

static int
take_matches(struct interval *i, const struct tp_match_record *r, uint32_t hash, bool *matched,
             struct tp_err *err)
{
    const struct tp_join_record probing = {
        .side = r->side, .time = r->time, .key = r->key, .hash = hash};
    struct tp_join_matches matches = tp_join_probe(i->join, &probing);

    *matched = false;
    for (size_t k = 0; k < matches.count; k++) {
        int met = meets(i, r, matches.entry[k].kept, err);

        if (met < 0)
            return -1;
        if (!met)
            continue;
        *matched = true;
        if (take_match(i, r, matches.entry[k].kept, err) < 0)
            return -1;
    }
    if (*matched && i->match.type == TP_MATCH_SEMI && r->side == TP_JOIN_LEFT)
        return tp_match_alone(&i->match, TP_JOIN_LEFT, r->time, TP_MATCH_INSERT, r->line, err);
    return 0;
}

static int
hold(struct interval *i, const struct tp_match_record *r, uint32_t hash, bool matched,
     struct tp_err *err)
{
    bool bare = r->side == TP_JOIN_RIGHT && i->options.bare_right;
    const struct tp_join_record record = {.side = r->side,
                                          .time = r->time,
                                          .key = r->key,
                                          .line = bare ? (struct tp_str){NULL, 0} : r->line,
                                          .hash = hash};
    struct tp_join_kept *kept = tp_join_keep(i->join, &record, err);

    if (!kept)
        return -1;
    kept->matched = matched;
    if (matched || !waits_alone(i, r->side))
        return 0;
    i->match.waiting++;
    return tp_join_await(i->join, kept, err);
}

/* The record goes on waiting, or there is nothing to wait for. */
static int
keep(struct interval *i, const struct tp_match_record *r, uint32_t hash, bool matched,
     struct tp_err *err)
{
    bool lonely = !matched && is_outer(i, r->side), over = i->ended[!r->side];

    if (lonely && (over || i->options.updates) &&
        tp_match_alone(&i->match, r->side, r->time, TP_MATCH_INSERT, r->line, err) < 0)
        return -1;
    return over ? 0 : hold(i, r, hash, matched, err);
}

static int
answer(struct tp_match *match, const struct tp_match_record *r, uint32_t hash, struct tp_err *err)
{
    struct interval *i = (struct interval *)match;
    bool matched;

    if (!r->key.ptr)
        return is_outer(i, r->side)
                   ? tp_match_alone(&i->match, r->side, r->time, TP_MATCH_INSERT, r->line, err)
                   : 0;
    if (take_matches(i, r, hash, &matched, err) < 0)
        return -1;
    return keep(i, r, hash, matched, err);
}

static uint32_t
hash_of(struct tp_match *match, struct tp_str key)
{
    return tp_join_hash(((struct interval *)match)->join, key);
}

static void
fetch(struct tp_match *match, uint32_t hash)
{
    tp_join_fetch(((struct interval *)match)->join, hash);
}

static int
add(struct tp_match *match, const struct tp_match_record *r, tp_time *limit, struct tp_err *err)
{
    struct interval *i = (struct interval *)match;

    if (!tp_time_add(r->time, i->options.lateness, limit))
        *limit = TP_TIME_MAX;
    if (*limit < r->watermark)
        return 0;
    return tp_asked_put(&i->asked, r, err) < 0 ? -1 : 1;
}

/* --- time --------------------------------------------------------------------------------------*/

/* Says those of SIDE that no record can meet any more and none has met, and lets go of all of them.
 */
static int
expire(struct interval *i, enum tp_join_side side, tp_time watermark, struct tp_err *err)
{
    const struct tp_join_kept *kept;

    while ((kept = tp_join_alone(i->join, side, watermark))) {
        i->match.waiting--;
        if (tp_match_alone(&i->match, side, kept->time, TP_MATCH_INSERT, line_of(kept), err) < 0)
            return -1;
    }
    tp_join_expire(i->join, side, watermark);
    return 0;
}

static int
settle(struct tp_match *match, struct tp_err *err)
{
    struct interval *i = (struct interval *)match;

    if (tp_asked_flush(&i->asked, err) < 0 || expire(i, TP_JOIN_LEFT, i->watermark, err) < 0)
        return -1;
    return expire(i, TP_JOIN_RIGHT, i->watermark, err);
}

/* Rows come before the watermark that their records came before, however the input was cut into
 * blocks. What is kept in vain may stay until there is more of it: then it is cheaper to find. */
static int
advance(struct tp_match *match, tp_time watermark, struct tp_err *err)
{
    struct interval *i = (struct interval *)match;

    i->watermark = watermark;
    if (waits_alone(i, TP_JOIN_LEFT) || waits_alone(i, TP_JOIN_RIGHT))
        return settle(match, err);
    return tp_asked_flush(&i->asked, err);
}

/* What waited for this side waits in vain. */
static int
end(struct tp_match *match, enum tp_join_side side, struct tp_err *err)
{
    struct interval *i = (struct interval *)match;

    if (settle(match, err) < 0)
        return -1;
    i->ended[side] = true;
    return expire(i, side == TP_JOIN_LEFT ? TP_JOIN_RIGHT : TP_JOIN_LEFT, TP_TIME_AFTER_ALL, err);
}

static tp_time
forward(const struct tp_match *match, tp_time watermark)
{
    return tp_join_forward(((const struct interval *)match)->join, watermark);
}

static size_t
held(const struct tp_match *match, enum tp_join_side side)
{
    return tp_join_count(((const struct interval *)match)->join, side);
}

static size_t
size(const struct tp_match *match)
{
    return tp_join_size(((const struct interval *)match)->join);
}

/* --- saved state -------------------------------------------------------------------------------*/

static const char *const side_name[] = {"left", "right"};

static int
save_side(struct interval *i, enum tp_join_side side, size_t parts, struct tp_save *save,
          struct tp_err *err)
{
    struct tp_join_walk walk = {0};
    const struct tp_join_kept *kept;

    while ((kept = tp_join_next(i->join, side, &walk))) {
        struct tp_match_saved saved = {.time = kept->time, .matched = kept->matched};

        saved.key = tp_join_key(i->join, kept);
        if (kept->len > 0)
            saved.line = line_of(kept);
        if (tp_match_saved_write(&saved, side_name[side], parts, save, err) < 0)
            return -1;
    }
    return 0;
}

static int
save(struct tp_match *match, size_t parts, struct tp_save *to, struct tp_err *err)
{
    struct interval *i = (struct interval *)match;

    if (save_side(i, TP_JOIN_LEFT, parts, to, err) < 0)
        return -1;
    return save_side(i, TP_JOIN_RIGHT, parts, to, err);
}

static int
load_record(struct interval *i, enum tp_join_side side, const struct tp_match_saved *saved,
            struct tp_err *err)
{
    bool bare = side == TP_JOIN_RIGHT && i->options.bare_right;
    struct tp_match_record record = {
        .side = side, .time = saved->time, .key = saved->key, .line = saved->line};

    if (!saved->key.ptr || (!saved->line.ptr && !bare))
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved record has no %s",
                          saved->key.ptr ? "line" : "key");
    return hold(i, &record, tp_join_hash(i->join, saved->key), saved->matched, err);
}

/* Zeros behind the line of SAVED. */
static int
extend_line(const struct interval *i, enum tp_join_side side, struct tp_match_saved *saved,
            struct tp_err *err)
{
    size_t len = saved->line.len;

    if (!saved->line.ptr)
        return 0;
    if (!tp_buf_reserve(&saved->line_memory, i->behind[side]))
        return tp_err_memory(err);
    memset(saved->line_memory.ptr + len, 0, i->behind[side]);
    saved->line.ptr = saved->line_memory.ptr;
    return 0;
}

static int
load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err)
{
    enum tp_join_side side =
        tp_saved_is(line, side_name[TP_JOIN_RIGHT]) ? TP_JOIN_RIGHT : TP_JOIN_LEFT;
    struct tp_match_saved saved = {0};
    int result = tp_match_saved_read(&saved, side_name[side], parts, line, err);

    if (result == 0)
        result = extend_line((struct interval *)match, side, &saved, err);
    if (result == 0)
        result = load_record((struct interval *)match, side, &saved, err);
    tp_match_saved_release(&saved);
    return result;
}

static void
interval_free(struct tp_match *match)
{
    tp_join_free(((struct interval *)match)->join);
    tp_asked_release(&((struct interval *)match)->asked);
    free(match);
}

static const struct tp_match_way way = {
    .add = add,
    .settle = settle,
    .advance = advance,
    .end = end,
    .forward = forward,
    .held = held,
    .size = size,
    .save = save,
    .load = load,
    .free = interval_free,
};

struct tp_match *
tp_interval_new(const struct tp_interval *options)
{
    struct interval *i = calloc(1, sizeof *i);

    if (!i)
        return NULL;
    i->match.way = &way;
    i->match.type = options->type;
    i->options = *options;
    i->watermark = TP_TIME_BEFORE_ALL;
    i->asked.table = (struct tp_asked_table){&i->match, hash_of, fetch, answer};
    i->join = tp_join_new(options->lo, options->hi, options->lateness);
    if (i->join)
        return &i->match;
    free(i);
    return NULL;
}

void
tp_interval_keep_behind(struct tp_match *match, enum tp_join_side side, size_t bytes)
{
    struct interval *i = (struct interval *)match;

    i->behind[side] = bytes;
    tp_join_keep_behind(i->join, side, bytes);
}
