#include "event/interval_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"

/* Partners lie anywhere: so many of them, of so many bytes, are asked for before they are looked
 * at.
 */
enum { AHEAD = 4, TYPICAL = 128 };

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

static bool
chooses(const struct interval *i, enum tp_join_side side)
{
    return i->options.chooses && i->options.chooser == side;
}

/* Are rows said of records of SIDE when the watermark proves that nothing can meet them (any more)?
 */
static bool
waits_alone(const struct interval *i, enum tp_join_side side)
{
    return (is_outer(i, side) && !i->options.updates) || chooses(i, side);
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

/* The row of ONE, of SIDE, and OTHER, of the other side, which have these times. */
static struct tp_match_row
pair_of(enum tp_join_side side, tp_time time, struct tp_str one, tp_time other_time,
        struct tp_str other)
{
    return (struct tp_match_row){.time = time > other_time ? time : other_time,
                                 .left = side == TP_JOIN_LEFT ? one : other,
                                 .right = side == TP_JOIN_LEFT ? other : one};
}

static int
say_pair(struct interval *i, const struct tp_match_record *r, const struct tp_join_kept *met,
         enum tp_match_op op, struct tp_err *err)
{
    struct tp_match_row row = pair_of(r->side, r->time, r->line, met->time, line_of(met));

    row.op = op;
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

/* --- the best of all partners ------------------------------------------------------------------*/

/* R and MET are a pair: who chooses keeps the other, if it is the best so far. */
static int
choose(struct interval *i, const struct tp_match_record *r, struct tp_join_kept *met,
       struct tp_err *err)
{
    bool at_hand = chooses(i, r->side);
    struct tp_match_row pair = pair_of(r->side, r->time, r->line, met->time, line_of(met));
    struct tp_best_offer offer = {at_hand ? met->time : r->time, {NULL, 0}, r->line};
    struct tp_best **best = at_hand ? &i->chosen : &met->best;
    int ranked = tp_match_rank(&i->match, pair.left, pair.right, &offer.rank, err);

    if (ranked <= 0)
        return ranked;
    i->match.met++;
    i->match.waiting += !at_hand && !met->best && !is_outer(i, (enum tp_join_side)met->side);
    if (at_hand)
        offer.line = line_of(met);
    if (tp_best_take(best, &offer, i->behind[!i->options.chooser], &i->bests) < 0)
        return tp_err_memory(err);
    return 0;
}

/* No better one than BEST can come for the record LINE of the side that chooses. */
static int
say_best(struct interval *i, tp_time time, struct tp_str line, const struct tp_best *best,
         struct tp_err *err)
{
    enum tp_join_side side = i->options.chooser;
    struct tp_match_row row;

    if (!best && !is_outer(i, side))
        return 0;
    if (!best)
        return tp_match_alone(&i->match, side, time, TP_MATCH_INSERT, line, err);
    row = pair_of(side, time, line, tp_best_time(best), tp_best_line(best));
    return i->match.sink.row(i->match.sink.context, &row, err);
}

static void
forget_best(struct interval *i, struct tp_best **best)
{
    tp_best_free(*best, &i->bests);
    *best = NULL;
}

/* The record at hand chooses, and nothing comes that it could wait for. */
static int
say_chosen(struct interval *i, const struct tp_match_record *r, struct tp_err *err)
{
    int result = say_best(i, r->time, r->line, i->chosen, err);

    forget_best(i, &i->chosen);
    return result;
}

/* --- answers -----------------------------------------------------------------------------------*/

typedef int tp_take_pair(struct interval *i, const struct tp_match_record *r,
                         struct tp_join_kept *met, struct tp_err *err);

static int
take_matches(struct interval *i, const struct tp_match_record *r, uint32_t hash, bool *matched,
             struct tp_err *err)
{
    const struct tp_join_record probing = {
        .side = r->side, .time = r->time, .key = r->key, .hash = hash};
    tp_take_pair *take = i->options.chooses ? choose : take_match;
    struct tp_join_matches matches = tp_join_probe(i->join, &probing);

    *matched = false;
    for (size_t k = 0; k < matches.count; k++) {
        int met;

        if (k + AHEAD < matches.count)
            tp_fetch(matches.entry[k + AHEAD].kept, TYPICAL);
        met = meets(i, r, matches.entry[k].kept, err);

        if (met < 0)
            return -1;
        if (!met)
            continue;
        *matched = !i->options.chooses;
        if (take(i, r, matches.entry[k].kept, err) < 0)
            return -1;
    }
    if (*matched && i->match.type == TP_MATCH_SEMI && r->side == TP_JOIN_LEFT)
        return tp_match_alone(&i->match, TP_JOIN_LEFT, r->time, TP_MATCH_INSERT, r->line, err);
    return 0;
}

int
tp_interval_hold(struct interval *i, const struct tp_match_record *r, uint32_t hash, bool matched,
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
    kept->best = i->chosen;
    i->chosen = NULL;
    i->match.waiting += kept->best || is_outer(i, r->side);
    return tp_join_await(i->join, kept, err);
}

/* The record goes on waiting, or there is nothing to wait for. */
static int
keep(struct interval *i, const struct tp_match_record *r, uint32_t hash, bool matched,
     struct tp_err *err)
{
    bool lonely = !matched && is_outer(i, r->side), over = i->ended[!r->side];

    if (over && chooses(i, r->side))
        return say_chosen(i, r, err);
    if (lonely && (over || i->options.updates) &&
        tp_match_alone(&i->match, r->side, r->time, TP_MATCH_INSERT, r->line, err) < 0)
        return -1;
    return over ? 0 : tp_interval_hold(i, r, hash, matched, err);
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

/* No record can meet KEPT any more, and none has made a row with it. */
static int
say_last(struct interval *i, struct tp_join_kept *kept, struct tp_err *err)
{
    enum tp_join_side side = (enum tp_join_side)kept->side;
    int result;

    i->match.waiting -= kept->best || is_outer(i, side);
    if (!chooses(i, side))
        return tp_match_alone(&i->match, side, kept->time, TP_MATCH_INSERT, line_of(kept), err);
    result = say_best(i, kept->time, line_of(kept), kept->best, err);
    forget_best(i, &kept->best);
    return result;
}

/* Says those of SIDE that no record can meet any more and that have waited for that, and lets go of
 * all of them. */
static int
expire(struct interval *i, enum tp_join_side side, tp_time watermark, struct tp_err *err)
{
    struct tp_join_kept *kept;

    while ((kept = tp_join_alone(i->join, side, watermark)))
        if (say_last(i, kept, err) < 0)
            return -1;
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
    const struct interval *i = (const struct interval *)match;

    return tp_join_size(i->join) + i->bests;
}

/* --- making ------------------------------------------------------------------------------------*/

static void
interval_free(struct tp_match *match)
{
    struct interval *i = (struct interval *)match;
    struct tp_join_kept *kept;

    while (i->options.chooses &&
           (kept = tp_join_alone(i->join, i->options.chooser, TP_TIME_AFTER_ALL)))
        forget_best(i, &kept->best);
    forget_best(i, &i->chosen);
    tp_join_free(i->join);
    tp_asked_release(&i->asked);
    free(i);
}

static const struct tp_match_way way = {
    .add = add,
    .settle = settle,
    .advance = advance,
    .end = end,
    .forward = forward,
    .held = held,
    .size = size,
    .save = tp_interval_save,
    .load = tp_interval_load,
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
