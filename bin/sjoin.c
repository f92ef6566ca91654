/*
 * sjoin: joins two streams by key and time.
 *
 * Input: LEFT and RIGHT in any order; records later than their own input's watermark (and
 * --lateness) are late. Without watermarks and -d both are bounded sets.
 * State: records of either side until the watermark proves that nothing can match them any more
 * (event/interval); of a right side with versions the last one of each key, too (event/versions).
 * --max-memory bounds it.
 * Malformed: as in every filter. A NULL key matches nothing, as in SQL.
 * Output: --within: a row for each pair as soon as both are there, in the order of arrival, the
 * partners of one record by time; rows of records without a match once none can come, before the
 * watermark. --as-of: in the order of the left's time, before the watermark.
 */
#include <stdlib.h>

#include "event/interval.h"
#include "event/versions.h"
#include "filter/operator.h"
#include "query/joined.h"
#include "record/key.h"

/* One input: its keys, and what its end is told by. */
struct side {
    struct tp_keys keys;
    struct tp_buf key_text;
    uint64_t records, keyed, nulls; /* all; with a key; with a NULL for one */
    const char *kind; /* of the first key, while all records agree; "" when they do not */
};

struct sjoin {
    const char *within_text, *key_text, *type_text;
    bool as_of;
    tp_duration lateness; /* -1: not given */
    uint64_t max_memory;
    struct tp_joined_options rows;

    enum tp_match_type type;
    struct side side[2];
    struct tp_match *match;
    struct tp_joined *joined;
    int change; /* slot of `@op` */
    struct tp_buf key, scratch;
    struct tp_stage *stage;
    const struct tp_record *record; /* at hand; NULL: time goes on */
    bool on_failed;                 /* said once */
};

#define FIELD(name) offsetof(struct sjoin, name)

static const struct tp_option options[] = {
    {0, "within", "LO,HI", "bounds of right time - left time: -20s,0s", TP_OPTION_TEXT,
     FIELD(within_text)},
    {0, "as-of", NULL, "RIGHT holds versions: the one in force at the left's time", TP_OPTION_FLAG,
     FIELD(as_of)},
    {'k', "key", "KEYS", "what must be equal: id, or auction=id where names differ", TP_OPTION_TEXT,
     FIELD(key_text)},
    {'j', "join", "TYPE", "inner, left, right, full, semi or anti (inner)", TP_OPTION_TEXT,
     FIELD(type_text)},
    {0, "on", "EXPR", "what must hold, too: l.price >= r.reserve", TP_OPTION_TEXT, FIELD(rows.on)},
    {0, "lp", "PREFIX", "for a left member that the right has, too (none)", TP_OPTION_TEXT,
     FIELD(rows.left_prefix)},
    {0, "rp", "PREFIX", "for a right member that the left has, too (right_)", TP_OPTION_TEXT,
     FIELD(rows.right_prefix)},
    {0, "nest", "L,R", "rows hold the two records whole, under these names", TP_OPTION_TEXT,
     FIELD(rows.nest)},
    {0, "lateness", "DUR", "--within: take records so far behind their input's watermark",
     TP_OPTION_DURATION, FIELD(lateness)},
    {0, "max-memory", "SIZE", "stop when the records kept take more (no limit)", TP_OPTION_SIZE,
     FIELD(max_memory)},
    {0},
};

/* --- rows --------------------------------------------------------------------------------------*/

static int
write_row(void *context, const struct tp_match_row *row, struct tp_err *err)
{
    static const struct tp_str ops[] = {
        {NULL, 0}, {"upsert", 6}, {"retract", 7}, {"update", 6}, {"delete", 6}};
    struct sjoin *j = context;
    struct tp_buf *to = tp_stage_row(j->stage, err);
    struct tp_joined_row out = {
        .time = row->time, .op = ops[row->op], .left = row->left, .right = row->right};

    if (!to)
        return -1;
    if (tp_joined_write(j->joined, &out, to, err) < 0)
        return -1;
    return tp_stage_row_end(j->stage, err);
}

/* --on: a pair of which that cannot be said does not meet it; the first is reported. */
static int
meets(void *context, struct tp_str left, struct tp_str right, struct tp_err *err)
{
    struct sjoin *j = context;
    struct tp_err why, named;
    int result = tp_joined_meets(j->joined, left, right, &why);

    if (result >= 0)
        return result;
    if (why.fault == TP_FAULT_MACHINE) {
        *err = why;
        return -1;
    }
    if (j->on_failed)
        return 0;
    j->on_failed = true;
    if (j->record)
        tp_err_set(&named, why.fault, "%s:%llu: --on: %s (further ones are not reported)",
                   tp_stage_input_name(j->stage, j->record->input),
                   (unsigned long long)j->record->line_number, why.text);
    else
        tp_err_set(&named, why.fault, "--on: %s (further ones are not reported)", why.text);
    tp_stage_spoiled(j->stage, &named);
    return 0;
}

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_type(struct sjoin *j, struct tp_err *err)
{
    if (tp_match_type_of(tp_str_of(j->type_text), &j->type) < 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "-j: inner, left, right, full, semi or anti, not \"%s\"", j->type_text);
    j->rows.left_only = tp_match_is_left_only(j->type);
    return 0;
}

static int
open_interval(struct sjoin *j, struct tp_err *err)
{
    struct tp_interval bounds = {.type = j->type};
    struct tp_err why;

    if (tp_interval_parse(tp_str_of(j->within_text), &bounds.lo, &bounds.hi, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--within: %s", why.text);
    bounds.lateness = j->lateness < 0 ? 0 : j->lateness;
    bounds.bare_right = j->rows.left_only && !j->rows.on;
    j->match = tp_interval_new(&bounds);
    return j->match ? 0 : tp_err_memory(err);
}

static int
open_versions(struct sjoin *j, struct tp_err *err)
{
    if (j->type != TP_MATCH_INNER && j->type != TP_MATCH_LEFT)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--as-of looks up what was in force for each left record: -j inner or "
                          "left, not %s",
                          j->type_text);
    if (j->lateness >= 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--lateness goes with --within: --as-of says each left record once, in "
                          "order; a larger -d waits longer");
    j->match = tp_versions_new(j->type);
    return j->match ? 0 : tp_err_memory(err);
}

static int
open_match(struct sjoin *j, struct tp_err *err)
{
    int ways = !!j->within_text + j->as_of, opened;

    if (ways == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "how? --within -20s,0s, say, or --as-of, is missing");
    if (ways > 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--within and --as-of: only one of them");
    opened = j->within_text ? open_interval(j, err) : open_versions(j, err);
    if (opened < 0)
        return -1;
    j->match->sink =
        (struct tp_match_sink){.context = j, .meets = j->rows.on ? meets : NULL, .row = write_row};
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
    return 0;
}

static int
open_rows(struct sjoin *j, struct tp_err *err)
{
    const char *which;
    struct tp_err why;

    j->rows.left = &j->side[TP_JOIN_LEFT].keys;
    j->rows.right = &j->side[TP_JOIN_RIGHT].keys;
    j->joined = tp_joined_new(&j->rows, &which, &why);
    if (j->joined)
        return 0;
    *err = why;
    if (which)
        tp_stage_show_place(which, tp_str_of(j->rows.on), &why, err);
    return -1;
}

static int
open_change(struct sjoin *j, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_path op;

    j->change = tp_path_parse(&op, TP_STR("@op"), err);
    if (j->change == 0)
        j->change = tp_scan_want(tp_stage_scan(stage), &op, err);
    tp_path_release(&op);
    return j->change < 0 ? -1 : 0;
}

static int
sjoin_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;

    j->stage = stage;
    if (open_type(j, err) < 0 || open_match(j, err) < 0 || open_keys(j, stage, err) < 0 ||
        open_rows(j, err) < 0)
        return -1;
    return open_change(j, stage, err);
}

/* --- records -----------------------------------------------------------------------------------*/

static int
check_memory(const struct sjoin *j, struct tp_err *err)
{
    size_t left, right;

    if (j->max_memory == 0 || j->match->way->size(j->match) <= j->max_memory)
        return 0;
    left = j->match->way->held(j->match, TP_JOIN_LEFT);
    right = j->match->way->held(j->match, TP_JOIN_RIGHT);
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "more than --max-memory: %zu records of %s and %zu of %s wait for the "
                      "watermark of %s",
                      left, tp_stage_input_name(j->stage, 0), right,
                      tp_stage_input_name(j->stage, 1),
                      tp_stage_input_name(j->stage, left > right));
}

/* What the record says of those before it. -1: nothing that is known. */
static int
read_op(struct sjoin *j, const struct tp_slot *change, enum tp_match_op *op, struct tp_err *err)
{
    static const char *const names[] = {"insert", "upsert", "retract", "update", "delete"};
    struct tp_value value;

    *op = TP_MATCH_INSERT;
    if (change->kind <= TP_SLOT_NULL)
        return 0;
    tp_buf_clear(&j->scratch);
    value = tp_slot_value(change, &j->scratch);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (value.kind == TP_TEXT && tp_str_equal(value.text, tp_str_of(names[i]))) {
            *op = (enum tp_match_op)i;
            return 0;
        }
    return tp_err_set(err, TP_FAULT_RECORD,
                      "\"@op\" is not insert, upsert, retract, update or delete");
}

/* Only versions change: a changed record of a pair that was said cannot be taken back. */
static int
check_op(const struct sjoin *j, const struct tp_record *r, enum tp_match_op op, struct tp_err *err)
{
    if (op == TP_MATCH_INSERT || (j->as_of && r->input == TP_JOIN_RIGHT))
        return 0;
    return tp_err_set(
        err, TP_FAULT_USAGE,
        "%s:%llu: a record with \"@op\": sjoin %scannot take changes, only new records",
        tp_stage_input_name(j->stage, r->input), (unsigned long long)r->line_number,
        j->as_of ? "--as-of on its left " : "");
}

/* The key of the record at hand; ptr NULL when a part of it is NULL: then it equals no other. */
static int
make_key(struct sjoin *j, const struct side *side, const struct tp_record *r, struct tp_str *key,
         const char **kind, struct tp_err *err)
{
    tp_buf_clear(&j->key);
    if (tp_keys_make(&side->keys, r->slot, &j->key, err) < 0)
        return -1;
    *key = tp_buf_str(&j->key);
    for (size_t i = 0, at = 0; i < side->keys.count; i++) {
        const char *of = tp_key_kind(tp_key_next(tp_buf_str(&j->key), side->keys.count, &at));

        if (i == 0)
            *kind = of;
        if (!of)
            *key = (struct tp_str){NULL, 0};
    }
    return 0;
}

/* What the closing words tell of a side. */
static void
note_key(struct side *side, bool is_null, const char *kind)
{
    if (is_null) {
        side->nulls++;
        return;
    }
    side->keyed++;
    if (!side->kind)
        side->kind = kind;
    else if (side->kind != kind)
        side->kind = "";
}

static enum tp_verdict
sjoin_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sjoin *j = self;
    struct side *side = &j->side[r->input];
    struct tp_match_record record = {.side = (enum tp_join_side)r->input,
                                     .time = r->time,
                                     .watermark = r->input_watermark,
                                     .line = r->line};
    const char *kind = NULL;
    struct tp_err err;
    tp_time limit;
    int taken;

    side->records++;
    if (read_op(j, &r->slot[j->change], &record.op, &err) < 0 ||
        check_op(j, r, record.op, &err) < 0 || make_key(j, side, r, &record.key, &kind, &err) < 0)
        return tp_stage_fail(stage, &err);
    j->record = r;
    taken = j->match->way->add(j->match, &record, &limit, &err);
    j->record = NULL;
    if (taken == 0)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, limit);
    if (taken < 0 || check_memory(j, &err) < 0)
        return tp_stage_fail(stage, &err);
    note_key(side, !record.key.ptr, kind);
    return TP_USED;
}

/* --- time --------------------------------------------------------------------------------------*/

static int
sjoin_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sjoin *j = self;

    (void)stage;
    if (j->match->way->advance(j->match, *watermark, err) < 0)
        return -1;
    *watermark = j->match->way->forward(j->match, *watermark);
    return 0;
}

static int
sjoin_input_end(void *self, struct tp_stage *stage, int input, struct tp_err *err)
{
    struct sjoin *j = self;

    (void)stage;
    return j->match->way->end(j->match, (enum tp_join_side)input, err);
}

/* --- closing words -----------------------------------------------------------------------------*/

/* Why nothing matched, where it can be told. */
static void
explain(const struct sjoin *j, struct tp_stage *stage)
{
    const struct side *left = &j->side[TP_JOIN_LEFT], *right = &j->side[TP_JOIN_RIGHT];

    for (int i = 0; i < 2; i++) {
        const struct side *side = &j->side[i];

        if (side->records == 0 && j->side[!i].records > 0)
            tp_stage_note(stage, "%s had no records: nothing could match",
                          tp_stage_input_name(stage, i));
        else if (side->nulls > 0 && side->keyed == 0)
            tp_stage_note(stage, "no record of %s had a key that is not NULL (-k \"%s\")",
                          tp_stage_input_name(stage, i), j->key_text);
    }
    if (j->match->met == 0 && left->kind && right->kind && left->kind != right->kind &&
        *left->kind && *right->kind)
        tp_stage_note(stage, "nothing matched: the key is %s in %s, %s in %s; CAST one of them",
                      left->kind, tp_stage_input_name(stage, 0), right->kind,
                      tp_stage_input_name(stage, 1));
}

static int
sjoin_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;

    if (j->match->way->advance(j->match, TP_TIME_AFTER_ALL, err) < 0)
        return -1;
    explain(j, stage);
    return 0;
}

static size_t
sjoin_unfinished(void *self, const char **what)
{
    const struct sjoin *j = self;

    *what = "waiting record";
    return j->match->waiting;
}

static void
sjoin_close(void *self)
{
    struct sjoin *j = self;

    if (j->match)
        j->match->way->free(j->match);
    tp_joined_free(j->joined);
    for (int i = 0; i < 2; i++) {
        tp_keys_release(&j->side[i].keys);
        tp_buf_release(&j->side[i].key_text);
    }
    tp_buf_release(&j->key);
    tp_buf_release(&j->scratch);
}

static const struct tp_operator sjoin = {
    .name = "sjoin",
    .purpose = "joins two streams by key and time",
    .synopsis = "--within LO,HI -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT\n"
                "--as-of -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT",
    .example = "  sjoin --within -20s,0s -k auction=id -d 5s bids.ndjson auctions.ndjson\n"
               "  sjoin --as-of -k currency -d 5s orders.ndjson rates.ndjson",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_TWO_INPUTS,
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
    struct sjoin self = {.type_text = "inner",
                         .rows.left_prefix = "",
                         .rows.right_prefix = "right_",
                         .lateness = -1};

    return tp_transform_main(&sjoin, &self, argc, argv);
}
