/*
 * sjoin: joins two streams by key and time.
 *
 * Input: LEFT and RIGHT in any order; records later than their own input's watermark (and
 * --lateness) are late. Without watermarks and -d both are bounded sets.
 * State: records of either side until the watermark proves that nothing can match them any more
 * (event/interval, event/cogroup); of a right side with versions the last one of each key, too
 * (event/versions). Of --lookup the table (stream/reference), and of the stream nothing.
 * --max-memory bounds it. Malformed: as in every filter. A NULL key matches nothing, as in SQL.
 * Output: --within: a row for each pair as soon as both are there, in the order of arrival, the
 * partners of one record by time; rows of records without a match once none can come, before the
 * watermark. -w: window by window, before the watermark that proves it whole. --as-of: in the order
 * of the left's time, before the watermark. --lookup: in the order of the left records.
 */
#include <stdlib.h>

#include "filter/operator.h"
#include "query/joined.h"
#include "query/party.h"
#include "stream/joining.h"

struct sjoin {
    struct tp_joining how;
    const char *key_text;
    uint64_t max_memory;
    struct tp_joined_options rows;

    struct tp_party side[2];
    struct tp_match *match;
    struct tp_joined *joined;
    int change;     /* slot of `@op` */
    int *name_slot; /* lookup: of what the table may add */
    size_t names;
    struct tp_buf key, scratch;
    struct tp_stage *stage;
    const struct tp_record *record; /* at hand; NULL: time goes on */
    bool failed;                    /* --on or --select, for a pair: said once */
};

#define FIELD(name) offsetof(struct sjoin, name)

static const struct tp_option options[] = {
    {0, "within", "LO,HI", "bounds of right time - left time: -20s,0s", TP_OPTION_TEXT,
     FIELD(how.within)},
    {'w', "window", "SPEC", "pairs in one window: 1m, hop:10m,1m, session:30m, 1d@Europe/Berlin",
     TP_OPTION_TEXT, FIELD(how.window)},
    {0, "as-of", NULL, "RIGHT holds versions: the one in force at the left's time", TP_OPTION_FLAG,
     FIELD(how.as_of)},
    {0, "lookup", NULL, "RIGHT is a table, read whole, and again when it changes", TP_OPTION_FLAG,
     FIELD(how.lookup)},
    {'k', "key", "KEYS", "what must be equal: id, or auction=id where names differ", TP_OPTION_TEXT,
     FIELD(key_text)},
    {'j', "join", "TYPE", "inner, left, right, full, semi or anti (inner)", TP_OPTION_TEXT,
     FIELD(how.type)},
    {0, "on", "EXPR", "what must hold, too: l.price >= r.reserve", TP_OPTION_TEXT, FIELD(rows.on)},
    {0, "lp", "PREFIX", "for a left member that the right has, too (none)", TP_OPTION_TEXT,
     FIELD(rows.left_prefix)},
    {0, "rp", "PREFIX", "for a right member that the left has, too (right_)", TP_OPTION_TEXT,
     FIELD(rows.right_prefix)},
    {0, "nest", "L,R", "rows hold the two records whole, under these names", TP_OPTION_TEXT,
     FIELD(rows.nest)},
    {0, "select", "LIST", "rows are these: l.price, r.name AS seller", TP_OPTION_TEXT,
     FIELD(rows.select)},
    {0, "updates", NULL, "--within: unmatched rows at once, taken back (@op) by a match",
     TP_OPTION_FLAG, FIELD(how.updates)},
    {0, "lookup-format", "F", "ndjson, csv or tsv (by the end of the name)", TP_OPTION_TEXT,
     FIELD(how.table_format)},
    {0, "lateness", "DUR", "--within: take records so far behind their input's watermark",
     TP_OPTION_DURATION, FIELD(how.lateness)},
    {0, "max-memory", "SIZE", "stop when the records kept take more (no limit)", TP_OPTION_SIZE,
     FIELD(max_memory)},
    {0},
};

/* --- rows --------------------------------------------------------------------------------------*/

/* What fails for a pair makes no row of it: reported once, and the exit status is 1. */
static int
say_failure(struct sjoin *j, const char *option, const struct tp_err *why, struct tp_err *err)
{
    struct tp_err named;

    *err = *why;
    if (why->fault != TP_FAULT_RECORD)
        return -1;
    if (j->failed)
        return 0;
    j->failed = true;
    if (j->record)
        tp_err_set(&named, why->fault, "%s:%llu: %s: %s (further ones are not reported)",
                   tp_stage_input_name(j->stage, j->record->input),
                   (unsigned long long)j->record->line_number, option, why->text);
    else
        tp_err_set(&named, why->fault, "%s: %s (further ones are not reported)", option, why->text);
    tp_stage_spoiled(j->stage, &named);
    return 0;
}

static int
write_row(void *context, const struct tp_match_row *row, struct tp_err *err)
{
    struct sjoin *j = context;
    struct tp_buf *to = tp_stage_row(j->stage, err);
    struct tp_joined_row out = {.time = row->time,
                                .op = tp_match_op_text(row->op),
                                .left = row->left,
                                .right = row->right,
                                .added = row->added};
    struct tp_err why;

    if (row->window) {
        out.has_window = true;
        out.window_start = row->window->start;
        out.window_end = row->window->end;
    }
    if (!to)
        return -1;
    if (tp_joined_write(j->joined, &out, to, &why) < 0)
        return say_failure(j, "--select", &why, err);
    return tp_stage_row_end(j->stage, err);
}

/* --on: a pair of which that cannot be said does not meet it. */
static int
meets(void *context, struct tp_str left, struct tp_str right, struct tp_err *err)
{
    struct sjoin *j = context;
    struct tp_err why;
    int result = tp_joined_meets(j->joined, left, right, &why);

    return result < 0 ? say_failure(j, "--on", &why, err) : result;
}

/* --- opening -----------------------------------------------------------------------------------*/

/* The slot of the outermost member NAME; -1 with the reason. */
static int
want_name(struct sjoin *j, struct tp_str name, struct tp_err *err)
{
    struct tp_step step = {.name = name};
    struct tp_path path = {&step, 1, NULL};

    return tp_scan_want(tp_stage_scan(j->stage), &path, err);
}

/* What the scanner is to see for: may a row's members stand behind those of a record? */
static int
want_names(struct sjoin *j, struct tp_err *err)
{
    const struct tp_str *names = tp_reference_names(j->match, &j->names);

    j->name_slot = calloc(j->names + 1, sizeof *j->name_slot);
    if (!j->name_slot)
        return tp_err_memory(err);
    for (size_t i = 0; i < j->names; i++) {
        j->name_slot[i] = want_name(j, names[i], err);
        if (j->name_slot[i] < 0)
            return -1;
    }
    return 0;
}

/* What the table is told beside its own options. */
static void
prepare_lookup(struct sjoin *j)
{
    tp_stage_ignore_time(j->stage);
    j->rows.adds = true;
    j->how.reference = (struct tp_reference_options){
        .keys = tp_buf_text(&j->side[TP_JOIN_RIGHT].text),
        .left = &j->side[TP_JOIN_LEFT].keys,
        .as_is = j->rows.nest != NULL,
        .max_size = j->max_memory,
        .max_line = tp_stage_max_line(j->stage),
    };
}

/* The table takes part in the closing words. */
static int
learn_table(struct sjoin *j, struct tp_err *err)
{
    struct tp_reference_facts facts = tp_reference_facts(j->match);
    struct tp_party *right = &j->side[TP_JOIN_RIGHT];

    right->records = facts.rows;
    right->nulls = facts.nulls;
    right->keyed = facts.rows - facts.nulls;
    right->kind = facts.kind;
    return want_names(j, err);
}

static int
open_match(struct sjoin *j, struct tp_err *err)
{
    struct tp_err why;

    j->rows.left_only = tp_match_is_left_only(j->how.kind);
    j->how.bare_right = j->rows.left_only && !j->rows.on;
    if (j->how.lookup)
        prepare_lookup(j);
    j->match = tp_joining_new(&j->how, &why);
    if (!j->match) {
        *err = why;
        if (why.at >= 0)
            tp_stage_show_place("-k", tp_buf_str(&j->side[TP_JOIN_RIGHT].text), &why, err);
        return -1;
    }
    j->match->sink =
        (struct tp_match_sink){.context = j, .meets = j->rows.on ? meets : NULL, .row = write_row};
    return j->how.lookup ? learn_table(j, err) : 0;
}

static int
open_keys(struct sjoin *j, struct tp_err *err)
{
    struct tp_err why;

    if (!j->key_text)
        return tp_err_set(err, TP_FAULT_USAGE, "-k is missing: -k id, or -k auction=id");
    if (tp_keys_split(tp_str_of(j->key_text), &j->side[TP_JOIN_LEFT].text,
                      &j->side[TP_JOIN_RIGHT].text, &why) < 0)
        return tp_err_set(err, why.fault, "-k: %s", why.text);
    for (int i = 0; i < 2; i++) {
        struct tp_party *side = &j->side[i];
        const char *text = tp_buf_text(&side->text);

        if (tp_buf_failed(&side->text))
            return tp_err_memory(err);
        if (i == TP_JOIN_RIGHT && j->how.lookup)
            return 0; /* compiled against the table's rows */
        if (tp_stage_want_keys(j->stage, "-k", text, &side->keys, err) < 0)
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
    j->rows.right = j->how.lookup ? tp_reference_keys(j->match) : &j->side[TP_JOIN_RIGHT].keys;
    j->joined = tp_joined_new(&j->rows, &which, &why);
    if (j->joined)
        return 0;
    *err = why;
    if (which)
        tp_stage_show_place(
            which, tp_str_of(strcmp(which, "--on") == 0 ? j->rows.on : j->rows.select), &why, err);
    return -1;
}

static int
sjoin_operands(void *self, struct tp_stage *stage)
{
    if (((struct sjoin *)self)->how.lookup)
        tp_stage_keep_last(stage);
    return 0;
}

static int
sjoin_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;

    j->stage = stage;
    j->how.table = tp_stage_last_operand(stage);
    j->how.has_delay = tp_stage_delay(stage) >= 0;
    if (tp_joining_check(&j->how, err) < 0 || open_keys(j, err) < 0 || open_match(j, err) < 0 ||
        open_rows(j, err) < 0)
        return -1;
    j->change = want_name(j, TP_STR("@op"), err);
    return j->change < 0 ? -1 : 0;
}

/* --- records -----------------------------------------------------------------------------------*/

static int
check_memory(const struct sjoin *j, struct tp_err *err)
{
    size_t left, right;

    if (j->max_memory == 0 || j->how.lookup || j->match->way->size(j->match) <= j->max_memory)
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
    struct tp_value value;

    *op = TP_MATCH_INSERT;
    if (change->kind <= TP_SLOT_NULL)
        return 0;
    tp_buf_clear(&j->scratch);
    value = tp_slot_value(change, &j->scratch);
    if (value.kind == TP_TEXT && tp_match_op_of(value.text, op) == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD,
                      "\"@op\" is not insert, upsert, retract, update or delete");
}

/* Only versions change: a changed record of a pair that was said cannot be taken back. */
static int
check_op(const struct sjoin *j, const struct tp_record *r, enum tp_match_op op, struct tp_err *err)
{
    if (op == TP_MATCH_INSERT || j->how.lookup || (j->how.as_of && r->input == TP_JOIN_RIGHT))
        return 0;
    return tp_err_set(
        err, TP_FAULT_USAGE,
        "%s:%llu: a record with \"@op\": sjoin %scannot take changes, only new records",
        tp_stage_input_name(j->stage, r->input), (unsigned long long)r->line_number,
        j->how.as_of ? "--as-of on its left " : "");
}

/* Has the record none of the names that the table may add? */
static bool
stands_apart(const struct sjoin *j, const struct tp_record *r)
{
    for (size_t i = 0; i < j->names; i++)
        if (r->slot[j->name_slot[i]].kind != TP_SLOT_MISSING)
            return false;
    return true;
}

static enum tp_verdict
sjoin_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sjoin *j = self;
    enum tp_join_side which = j->how.lookup ? TP_JOIN_LEFT : (enum tp_join_side)r->input;
    struct tp_party *side = &j->side[which];
    struct tp_match_record record = {
        .side = which, .time = r->time, .watermark = r->input_watermark, .line = r->line};
    const char *kind = NULL;
    struct tp_err err;
    tp_time limit;
    int taken;

    side->records++;
    if (read_op(j, &r->slot[j->change], &record.op, &err) < 0 ||
        check_op(j, r, record.op, &err) < 0 ||
        tp_party_key(side, r->slot, &j->key, &record.key, &kind, &err) < 0)
        return tp_stage_fail(stage, &err);
    record.apart = j->how.lookup && stands_apart(j, r);
    j->record = j->how.lookup && !j->rows.on ? NULL : r; /* who waits there is another */
    taken = j->match->way->add(j->match, &record, &limit, &err);
    j->record = NULL;
    if (taken == 0)
        return tp_stage_late(stage, j->how.window ? limit : TP_TIME_BEFORE_ALL, limit);
    if (taken < 0 || check_memory(j, &err) < 0)
        return tp_stage_fail(stage, &err);
    tp_party_note(side, record.key, kind);
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
    *watermark = tp_match_forward(j->match, *watermark);
    return 0;
}

static int
sjoin_input_end(void *self, struct tp_stage *stage, int input, struct tp_err *err)
{
    struct sjoin *j = self;

    (void)stage;
    if (j->how.lookup)
        return 0;
    j->side[input].over = true;
    return tp_match_end(j->match, (enum tp_join_side)input, err);
}

/* Before every block of input, so that no record meets a table that is out of date. */
static int
sjoin_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;
    struct tp_err why;

    if (!j->how.lookup)
        return 0;
    if (tp_reference_flush(j->match, err) < 0)
        return -1;
    if (tp_reference_refresh(j->match, &why) < 0)
        tp_stage_note(stage, "%s: the table as it was read before stays in use", why.text);
    return 0;
}

/* --- closing words -----------------------------------------------------------------------------*/

static const char *
name_of(const struct sjoin *j, int side)
{
    if (j->how.lookup && side == TP_JOIN_RIGHT)
        return tp_stage_last_operand(j->stage);
    return tp_stage_input_name(j->stage, side);
}

/* Why nothing matched, where it can be told. */
static void
explain(const struct sjoin *j, struct tp_stage *stage)
{
    const struct tp_party *left = &j->side[TP_JOIN_LEFT], *right = &j->side[TP_JOIN_RIGHT];

    for (int i = 0; i < 2; i++) {
        const struct tp_party *side = &j->side[i];

        if (side->records == 0 && j->side[!i].records > 0)
            tp_stage_note(stage, "%s had no records: nothing could match", name_of(j, i));
        else if (side->nulls > 0 && side->keyed == 0)
            tp_stage_note(stage, "no record of %s had a key that is not NULL (-k \"%s\")",
                          name_of(j, i), j->key_text);
    }
    if (j->match->met == 0 && tp_party_differ(left, right))
        tp_stage_note(stage, "nothing matched: the key is %s in %s, %s in %s; CAST one of them",
                      left->kind, name_of(j, 0), right->kind, name_of(j, 1));
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

/* A run that stops early (--strict) has still answered every record before. */
static int
sjoin_shut(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sjoin *j = self;

    if (!j->how.lookup)
        return 0;
    return tp_reference_flush(j->match, err) < 0 ? -1 : tp_stage_flush(stage, err);
}

/* --- state -------------------------------------------------------------------------------------*/

/* Records that still ask for rows of a table are answered in front of the barrier. */
static int
sjoin_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    struct sjoin *j = self;

    (void)stage;
    (void)id;
    return j->how.lookup ? tp_reference_flush(j->match, err) : 0;
}

/* Sides come first: what is kept hangs on which of them is over. */
static int
sjoin_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct sjoin *j = self;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_int(&line, TP_STR("met"), (int64_t)j->match->met);
    tp_emit_json(&line, TP_STR("failed"), j->failed ? TP_STR("true") : TP_STR("false"));
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    for (int i = 0; i < (j->how.lookup ? 1 : 2); i++)
        if (tp_party_save(&j->side[i], i, save, err) < 0)
            return -1;
    return tp_match_save(j->match, j->side[TP_JOIN_LEFT].keys.count, save, err);
}

static int
load_side(struct sjoin *j, struct tp_str line, struct tp_err *err)
{
    uint64_t which = 0;
    const struct tp_saved field = {"side", TP_SAVED_COUNT, &which, false};

    if (tp_saved_read(line, &field, 1, err) < 0)
        return -1;
    if (which > (j->how.lookup ? TP_JOIN_LEFT : TP_JOIN_RIGHT))
        return tp_err_set(err, TP_FAULT_MACHINE, "it has other sides");
    if (tp_party_load(&j->side[which], line, err) < 0)
        return -1;
    return j->side[which].over ? tp_match_end(j->match, (enum tp_join_side)which, err) : 0;
}

static int
sjoin_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sjoin *j = self;
    const struct tp_saved fields[] = {
        {"met", TP_SAVED_COUNT, &j->match->met, false},
        {"failed", TP_SAVED_FLAG, &j->failed, false},
    };

    (void)stage;
    if (tp_saved_is(line, "met"))
        return tp_saved_read(line, fields, 2, err);
    if (tp_saved_is(line, "side"))
        return load_side(j, line, err);
    return tp_match_load(j->match, j->side[TP_JOIN_LEFT].keys.count, line, err);
}

static int
sjoin_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    (void)stage;
    (void)err;
    tp_match_loaded(((struct sjoin *)self)->match);
    return 0;
}

static void
say_option(struct tp_emit *to, const char *name, const char *value)
{
    if (value)
        tp_emit_text(to, tp_str_of(name), tp_str_of(value));
}

/* Of a lookup nothing is kept. How rows look may change where none is taken back. */
static void
sjoin_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sjoin *j = self;

    (void)stage;
    if (j->how.lookup) {
        tp_emit_json(to, TP_STR("lookup"), TP_STR("true"));
        return;
    }
    say_option(to, "within", j->how.within);
    say_option(to, "window", j->how.window);
    if (j->how.as_of)
        tp_emit_json(to, TP_STR("as-of"), TP_STR("true"));
    say_option(to, "key", j->key_text);
    say_option(to, "join", j->how.type);
    say_option(to, "on", j->rows.on);
    if (j->how.lateness > 0)
        tp_emit_int(to, TP_STR("lateness"), j->how.lateness);
    if (!j->how.updates)
        return;
    tp_emit_json(to, TP_STR("updates"), TP_STR("true"));
    say_option(to, "lp", j->rows.left_prefix);
    say_option(to, "rp", j->rows.right_prefix);
    say_option(to, "nest", j->rows.nest);
    say_option(to, "select", j->rows.select);
}

static void
sjoin_close(void *self)
{
    struct sjoin *j = self;

    if (j->match)
        j->match->way->free(j->match);
    tp_joined_free(j->joined);
    tp_joining_release(&j->how);
    tp_party_release(&j->side[TP_JOIN_LEFT]);
    tp_party_release(&j->side[TP_JOIN_RIGHT]);
    free(j->name_slot);
    tp_buf_release(&j->key);
    tp_buf_release(&j->scratch);
}

static const struct tp_operator sjoin = {
    .name = "sjoin",
    .purpose = "joins two streams by key and time",
    .synopsis = "--within LO,HI -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT\n"
                "-w SPEC -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT\n"
                "--as-of -k KEYS [-j TYPE] [-d DUR] [--nest L,R] [LEFT] RIGHT\n"
                "--lookup -k KEYS [-j TYPE] [--nest L,R] [LEFT ...] TABLE",
    .example = "  sjoin --within -20s,0s -k auction=id -d 5s bids.ndjson auctions.ndjson\n"
               "  sjoin --as-of -k currency -d 5s orders.ndjson rates.ndjson\n"
               "  tail -F hits.ndjson | sjoin --lookup -k ip - hosts.csv",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_TWO_INPUTS,
    .operands = sjoin_operands,
    .open = sjoin_open,
    .record = sjoin_record,
    .watermark = sjoin_watermark,
    .input_end = sjoin_input_end,
    .settle = sjoin_settle,
    .finish = sjoin_finish,
    .unfinished = sjoin_unfinished,
    .shut = sjoin_shut,
    .barrier = sjoin_barrier,
    .save = sjoin_save,
    .load = sjoin_load,
    .restored = sjoin_restored,
    .identity = sjoin_identity,
    .close = sjoin_close,
};

int
main(int argc, char **argv)
{
    struct sjoin self = {.how.type = "inner",
                         .rows.left_prefix = "",
                         .rows.right_prefix = "right_",
                         .how.lateness = -1};

    return tp_transform_main(&sjoin, &self, argc, argv);
}
