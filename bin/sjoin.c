/*
 * sjoin: joins two streams by key and time.
 *
 * Input: LEFT and RIGHT in any order; records later than their own input's watermark (and
 * --lateness) are late. Without watermarks and -d both are bounded sets.
 * State: records of either side until the watermark proves that nothing can match them any more
 * (event/join); with a complete other side none. --max-memory bounds it.
 * Malformed: as in every filter. A NULL key matches nothing, as in SQL.
 * Output: a row for each pair as soon as both are there, in the order of arrival, the partners of
 * one record by time; rows of records without a match once none can come, before the watermark.
 */
#include <stdlib.h>

#include "event/join.h"
#include "filter/operator.h"
#include "query/pair.h"
#include "record/emit.h"
#include "record/key.h"
#include "record/unite.h"

enum kind { INNER, LEFT_OUTER, RIGHT_OUTER, FULL, SEMI, ANTI };

/* One input: its keys, and what its end is told by. */
struct side {
    struct tp_keys keys;
    struct tp_buf key_text;
    uint64_t records, keyed, nulls; /* all; with a key; with a NULL for one */
    const char *kind; /* of the first key, while all records agree; "" when they do not */
    bool ended;
    bool keeps_line; /* its lines are needed for rows */
    bool lonely;     /* a record without a match makes a row */
};

struct sjoin {
    const char *within_text, *key_text, *kind_text, *left_prefix, *right_prefix, *nest_text,
        *on_text;
    tp_duration lateness;
    uint64_t max_memory;

    enum kind kind;
    struct side side[2];
    struct tp_join *join;
    struct tp_pair *on; /* NULL: no further condition */
    bool on_failed;     /* said once */
    struct tp_unite unite;
    struct tp_str *shared;
    struct tp_str nest[2]; /* names; ptr NULL: rows are merged */
    struct tp_buf key;
    uint64_t rows;  /* of pairs */
    size_t waiting; /* kept records that will make a row if nothing comes */
};

#define FIELD(name) offsetof(struct sjoin, name)

static const struct tp_option options[] = {
    {0, "within", "LO,HI", "bounds of right time - left time: -20s,0s", TP_OPTION_TEXT,
     FIELD(within_text)},
    {'k', "key", "KEYS", "what must be equal: id, or auction=id where names differ", TP_OPTION_TEXT,
     FIELD(key_text)},
    {'j', "join", "TYPE", "inner, left, right, full, semi or anti (inner)", TP_OPTION_TEXT,
     FIELD(kind_text)},
    {0, "on", "EXPR", "what must hold, too: l.price >= r.reserve", TP_OPTION_TEXT, FIELD(on_text)},
    {0, "lp", "PREFIX", "for a left member that the right has, too (none)", TP_OPTION_TEXT,
     FIELD(left_prefix)},
    {0, "rp", "PREFIX", "for a right member that the left has, too (right_)", TP_OPTION_TEXT,
     FIELD(right_prefix)},
    {0, "nest", "L,R", "rows hold the two records whole, under these names", TP_OPTION_TEXT,
     FIELD(nest_text)},
    {0, "lateness", "DUR", "take records so far behind their input's watermark", TP_OPTION_DURATION,
     FIELD(lateness)},
    {0, "max-memory", "SIZE", "stop when the records kept take more (no limit)", TP_OPTION_SIZE,
     FIELD(max_memory)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_kind(struct sjoin *j, struct tp_err *err)
{
    static const char *const names[] = {"inner", "left", "right", "full", "semi", "anti"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(j->kind_text, names[i]) == 0) {
            j->kind = (enum kind)i;
            j->side[TP_JOIN_LEFT].lonely = i == LEFT_OUTER || i == FULL || i == ANTI;
            j->side[TP_JOIN_RIGHT].lonely = i == RIGHT_OUTER || i == FULL;
            j->side[TP_JOIN_LEFT].keeps_line = true;
            j->side[TP_JOIN_RIGHT].keeps_line = (i != SEMI && i != ANTI) || j->on_text;
            return 0;
        }
    return tp_err_set(err, TP_FAULT_USAGE, "-j: inner, left, right, full, semi or anti, not \"%s\"",
                      j->kind_text);
}

static int
open_bounds(struct sjoin *j, struct tp_err *err)
{
    struct tp_str text = {j->within_text, j->within_text ? strlen(j->within_text) : 0};
    const char *comma = text.len ? memchr(text.ptr, ',', text.len) : NULL;
    tp_duration lo, hi;
    struct tp_err why;

    if (!j->within_text)
        return tp_err_set(err, TP_FAULT_USAGE, "--within is missing: --within -20s,0s, say");
    if (!comma)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--within: two bounds of right time - left time: \"-%s,%s\" or \"0,%s\"",
                          j->within_text, j->within_text, j->within_text);
    if (tp_duration_parse((struct tp_str){text.ptr, (size_t)(comma - text.ptr)}, &lo, &why) < 0 ||
        tp_duration_parse(tp_str_of(comma + 1), &hi, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--within: %s", why.text);
    if (lo > hi)
        return tp_err_set(err, TP_FAULT_USAGE, "--within: the lower bound comes first");
    j->join = tp_join_new(lo, hi, j->lateness);
    return j->join ? 0 : tp_err_memory(err);
}

/* Members that have one name and one value on both sides: written once. */
static int
find_shared(struct sjoin *j, struct tp_err *err)
{
    const struct tp_keys *left = &j->side[TP_JOIN_LEFT].keys, *right = &j->side[TP_JOIN_RIGHT].keys;

    j->shared = calloc(left->count + 1, sizeof *j->shared);
    if (!j->shared)
        return tp_err_memory(err);
    for (size_t i = 0; i < left->count && i < right->count; i++) {
        const struct tp_path *a = tp_expr_path(left->select->item[i].expr, NULL);
        const struct tp_path *b = tp_expr_path(right->select->item[i].expr, NULL);

        if (a && b && a->count == 1 && !a->step[0].is_index && tp_path_equal(a, b))
            j->shared[j->unite.shares++] = a->step[0].name;
    }
    j->unite.shared = j->shared;
    return 0;
}

static int
open_keys(struct sjoin *j, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_err why;

    if (!j->key_text)
        return tp_err_set(err, TP_FAULT_USAGE, "-k is missing: -k id, or -k auction=id");
    if (tp_keys_split(tp_str_of(j->key_text), &j->side[TP_JOIN_LEFT].key_text,
                      &j->side[TP_JOIN_RIGHT].key_text, &why) < 0)
        return tp_err_set(err, why.fault, "-k: %s", why.text);
    for (int i = 0; i < 2; i++) {
        struct side *side = &j->side[i];
        const char *text = tp_buf_text(&side->key_text);

        if (tp_buf_failed(&side->key_text))
            return tp_err_memory(err);
        if (tp_stage_want_keys(stage, "-k", text, &side->keys, err) < 0)
            return -1;
    }
    return find_shared(j, err);
}

static int
open_rows(struct sjoin *j, struct tp_err *err)
{
    const char *comma = j->nest_text ? strchr(j->nest_text, ',') : NULL;

    j->unite.left_prefix = tp_str_of(j->left_prefix);
    j->unite.right_prefix = tp_str_of(j->right_prefix);
    if (tp_str_equal(j->unite.left_prefix, j->unite.right_prefix))
        return tp_err_set(err, TP_FAULT_USAGE, "--lp and --rp are the same: \"%s\"",
                          j->left_prefix);
    if (!j->nest_text)
        return 0;
    if (!comma || comma == j->nest_text || !comma[1] || strchr(comma + 1, ','))
        return tp_err_set(err, TP_FAULT_USAGE, "--nest: two names: --nest l,r");
    j->nest[0] = (struct tp_str){j->nest_text, (size_t)(comma - j->nest_text)};
    j->nest[1] = tp_str_of(comma + 1);
    if (tp_str_equal(j->nest[0], j->nest[1]) || j->nest[0].ptr[0] == '@' ||
        j->nest[1].ptr[0] == '@')
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--nest: two different names that do not begin with @");
    return 0;
}

static int
open_condition(struct sjoin *j, struct tp_err *err)
{
    struct tp_err why;

    if (!j->on_text)
        return 0;
    j->on = tp_pair_compile(tp_str_of(j->on_text), &why);
    if (!j->on)
        tp_stage_show_place("--on", tp_str_of(j->on_text), &why, err);
    return j->on ? 0 : -1;
}

static int
sjoin_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;

    if (open_kind(j, err) < 0 || open_bounds(j, err) < 0 || open_keys(j, stage, err) < 0 ||
        open_condition(j, err) < 0)
        return -1;
    return open_rows(j, err);
}

/* --- rows --------------------------------------------------------------------------------------*/

static void
put_nested(struct tp_emit *row, struct tp_str name, struct tp_str line)
{
    if (line.ptr)
        tp_emit_json(row, name, line);
    else
        tp_emit_null(row, name);
}

/* A row of LEFT and RIGHT, one of which may be missing. */
static int
write_row(struct sjoin *j, struct tp_stage *stage, tp_time time, struct tp_str left,
          struct tp_str right, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    if (j->kind == SEMI || j->kind == ANTI) {
        tp_buf_put_str(to, left);
        tp_buf_put_char(to, '\n');
    } else if (j->nest_text) {
        struct tp_emit row = tp_emit_open(to);

        tp_emit_time(&row, TP_STR("@timestamp"), time);
        put_nested(&row, j->nest[0], left);
        put_nested(&row, j->nest[1], right);
        tp_emit_close(&row);
    } else if (tp_unite_write(&j->unite, time, left, right, to, err) < 0) {
        return -1;
    }
    if (tp_buf_failed(to))
        return tp_err_memory(err);
    return tp_stage_row_end(stage, err);
}

static int
write_lonely(struct sjoin *j, struct tp_stage *stage, enum tp_join_side side, tp_time time,
             struct tp_str line, struct tp_err *err)
{
    struct tp_str none = {NULL, 0};

    if (side == TP_JOIN_LEFT)
        return write_row(j, stage, time, line, none, err);
    return write_row(j, stage, time, none, line, err);
}

static int
write_pair(struct sjoin *j, struct tp_stage *stage, enum tp_join_side side,
           const struct tp_record *r, const struct tp_join_kept *met, struct tp_err *err)
{
    struct tp_str other = {met->line, met->len};
    tp_time time = r->time > met->time ? r->time : met->time;

    j->rows++;
    if (side == TP_JOIN_LEFT)
        return write_row(j, stage, time, r->line, other, err);
    return write_row(j, stage, time, other, r->line, err);
}

/* --- records -----------------------------------------------------------------------------------*/

/* --on: does the pair meet it? One of which that cannot be said does not; the first is reported. */
static bool
meets(struct sjoin *j, struct tp_stage *stage, enum tp_join_side side, const struct tp_record *r,
      const struct tp_join_kept *met)
{
    struct tp_str other = {met->line, met->len};
    struct tp_err why, named;
    int result;

    if (!j->on)
        return true;
    result = side == TP_JOIN_LEFT ? tp_pair_test(j->on, r->line, other, &why)
                                  : tp_pair_test(j->on, other, r->line, &why);
    if (result < 0 && !j->on_failed) {
        j->on_failed = true;
        tp_err_set(&named, why.fault, "%s:%llu: --on: %s (further ones are not reported)",
                   tp_stage_input_name(stage, r->input), (unsigned long long)r->line_number,
                   why.text);
        tp_stage_spoiled(stage, &named);
    }
    return result > 0;
}

/* A semi join says a left record with its first match, an anti join never one with a match. */
static int
take_match(struct sjoin *j, struct tp_stage *stage, enum tp_join_side side,
           const struct tp_record *r, struct tp_join_kept *met, struct tp_err *err)
{
    bool fresh = !met->matched;

    met->matched = true;
    j->waiting -= fresh && j->side[met->side].lonely;
    if (j->kind != SEMI && j->kind != ANTI)
        return write_pair(j, stage, side, r, met, err);
    j->rows++;
    if (j->kind == SEMI && side == TP_JOIN_RIGHT && fresh)
        return write_lonely(j, stage, TP_JOIN_LEFT, met->time, (struct tp_str){met->line, met->len},
                            err);
    return 0;
}

static int
take_matches(struct sjoin *j, struct tp_stage *stage, enum tp_join_side side,
             const struct tp_record *r, bool *matched, struct tp_err *err)
{
    struct tp_join_matches matches = tp_join_probe(j->join, side, tp_buf_str(&j->key), r->time);

    *matched = false;
    for (size_t i = 0; i < matches.count; i++) {
        if (!meets(j, stage, side, r, matches.kept[i]))
            continue;
        *matched = true;
        if (take_match(j, stage, side, r, matches.kept[i], err) < 0)
            return -1;
    }
    if (*matched && j->kind == SEMI && side == TP_JOIN_LEFT)
        return write_lonely(j, stage, TP_JOIN_LEFT, r->time, r->line, err);
    return 0;
}

static int
check_memory(const struct sjoin *j, const struct tp_stage *stage, struct tp_err *err)
{
    size_t left = tp_join_count(j->join, TP_JOIN_LEFT),
           right = tp_join_count(j->join, TP_JOIN_RIGHT);

    if (j->max_memory == 0 || tp_join_size(j->join) <= j->max_memory)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "more than --max-memory: %zu records of %s and %zu of %s wait for the "
                      "watermark of %s",
                      left, tp_stage_input_name(stage, 0), right, tp_stage_input_name(stage, 1),
                      tp_stage_input_name(stage, left > right));
}

/* The record goes on waiting, or there is nothing to wait for. */
static int
keep(struct sjoin *j, struct tp_stage *stage, enum tp_join_side side, const struct tp_record *r,
     bool matched, struct tp_err *err)
{
    struct tp_str line = j->side[side].keeps_line ? r->line : (struct tp_str){NULL, 0};
    struct tp_join_kept *kept;

    if (j->side[!side].ended) {
        if (matched || !j->side[side].lonely)
            return 0;
        return write_lonely(j, stage, side, r->time, r->line, err);
    }
    kept = tp_join_keep(j->join, side, tp_buf_str(&j->key), r->time, line, err);
    if (!kept)
        return -1;
    kept->matched = matched;
    j->waiting += !matched && j->side[side].lonely;
    return check_memory(j, stage, err);
}

/* What the closing words tell of a side. False: a part is NULL, so the key equals no other. */
static bool
note_key(struct side *side, struct tp_str key)
{
    size_t parts = side->keys.count;
    const char *first = NULL;

    for (size_t i = 0, at = 0; i < parts; i++) {
        const char *kind = tp_key_kind(tp_key_next(key, parts, &at));

        if (!kind) {
            side->nulls++;
            return false;
        }
        if (i == 0)
            first = kind;
    }
    side->keyed++;
    if (!side->kind)
        side->kind = first;
    else if (side->kind != first)
        side->kind = "";
    return true;
}

static bool
is_late(const struct sjoin *j, const struct tp_record *r, tp_time *limit)
{
    if (!tp_time_add(r->time, j->lateness, limit))
        *limit = TP_TIME_MAX;
    return *limit < r->input_watermark;
}

static enum tp_verdict
sjoin_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sjoin *j = self;
    enum tp_join_side side = r->input == 0 ? TP_JOIN_LEFT : TP_JOIN_RIGHT;
    struct tp_err err;
    tp_time limit;
    bool matched;

    j->side[side].records++;
    if (is_late(j, r, &limit))
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, limit);
    tp_buf_clear(&j->key);
    if (tp_keys_make(&j->side[side].keys, r->slot, &j->key, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (!note_key(&j->side[side], tp_buf_str(&j->key))) {
        if (j->side[side].lonely && write_lonely(j, stage, side, r->time, r->line, &err) < 0)
            return tp_stage_fail(stage, &err);
        return TP_USED;
    }
    if (take_matches(j, stage, side, r, &matched, &err) < 0 ||
        keep(j, stage, side, r, matched, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_USED;
}

/* --- time --------------------------------------------------------------------------------------*/

/* Lets go of the records of SIDE that nothing can match any more. */
static int
expire(struct sjoin *j, struct tp_stage *stage, enum tp_join_side side, tp_time watermark,
       struct tp_err *err)
{
    const struct tp_join_kept *kept;

    while ((kept = tp_join_expire(j->join, side, watermark))) {
        if (kept->matched || !j->side[side].lonely)
            continue;
        j->waiting--;
        if (write_lonely(j, stage, side, kept->time, (struct tp_str){kept->line, kept->len}, err) <
            0)
            return -1;
    }
    return 0;
}

static int
sjoin_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sjoin *j = self;

    if (expire(j, stage, TP_JOIN_LEFT, *watermark, err) < 0 ||
        expire(j, stage, TP_JOIN_RIGHT, *watermark, err) < 0)
        return -1;
    *watermark = tp_join_forward(j->join, *watermark);
    return 0;
}

/* What waited for the other input waits in vain. */
static int
sjoin_input_end(void *self, struct tp_stage *stage, int input, struct tp_err *err)
{
    struct sjoin *j = self;

    j->side[input].ended = true;
    return expire(j, stage, input == 0 ? TP_JOIN_RIGHT : TP_JOIN_LEFT, TP_TIME_AFTER_ALL, err);
}

/* --- closing words -----------------------------------------------------------------------------*/

/* Why nothing matched, where it can be told. */
static int
sjoin_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;
    const struct side *left = &j->side[TP_JOIN_LEFT], *right = &j->side[TP_JOIN_RIGHT];

    (void)err;
    for (int i = 0; i < 2; i++) {
        const struct side *side = &j->side[i];

        if (side->records == 0 && j->side[!i].records > 0)
            tp_stage_note(stage, "%s had no records: nothing could match",
                          tp_stage_input_name(stage, i));
        else if (side->nulls > 0 && side->keyed == 0)
            tp_stage_note(stage, "no record of %s had a key that is not NULL (-k \"%s\")",
                          tp_stage_input_name(stage, i), j->key_text);
    }
    if (j->rows == 0 && left->kind && right->kind && left->kind != right->kind && *left->kind &&
        *right->kind)
        tp_stage_note(stage, "nothing matched: the key is %s in %s, %s in %s; CAST one of them",
                      left->kind, tp_stage_input_name(stage, 0), right->kind,
                      tp_stage_input_name(stage, 1));
    return 0;
}

static size_t
sjoin_unfinished(void *self, const char **what)
{
    const struct sjoin *j = self;

    *what = "waiting record";
    return j->waiting;
}

static void
sjoin_close(void *self)
{
    struct sjoin *j = self;

    tp_join_free(j->join);
    tp_pair_free(j->on);
    for (int i = 0; i < 2; i++) {
        tp_keys_release(&j->side[i].keys);
        tp_buf_release(&j->side[i].key_text);
    }
    tp_unite_release(&j->unite);
    free(j->shared);
    tp_buf_release(&j->key);
}

static const struct tp_operator sjoin = {
    .name = "sjoin",
    .purpose = "joins two streams by key and time",
    .synopsis = "--within LO,HI -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT",
    .example = "  sjoin --within -20s,0s -k auction=id -d 5s bids.ndjson auctions.ndjson",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES | TP_TWO_INPUTS,
    .open = sjoin_open,
    .record = sjoin_record,
    .watermark = sjoin_watermark,
    .input_end = sjoin_input_end,
    .finish = sjoin_finish,
    .unfinished = sjoin_unfinished,
    .close = sjoin_close,
};

int
main(int argc, char **argv)
{
    struct sjoin self = {.kind_text = "inner", .left_prefix = "", .right_prefix = "right_"};

    return tp_transform_main(&sjoin, &self, argc, argv);
}
