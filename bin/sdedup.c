/*
 * sdedup: drops repeats: records whose key has been seen.
 *
 * Input: records in any order. Without -k records are the same that say the same (record/canon).
 * By default the first of a key to arrive passes at once; with --keep
 * first it is the one with the least event time, with --keep last the one with the greatest, once
 * the watermark proves it; among equals the first, or the last, to arrive, as with Flink's
 * ROW_NUMBER() OVER (PARTITION BY key ORDER BY rowtime [DESC]) = 1. --on-change
 * passes those whose values differ from those of the key's last record to arrive.
 * State: for each key 16 bytes (its 128-bit hash; --verify: the key) for ever, or for --within
 * twice that long in event time, and the time; --keep first also holds the records that the
 * watermark has not passed, --keep last these and a record for each key whose horizon is open;
 * --approx some bits a key, --on-change two hashes; --max-memory bounds all. A
 * record that comes so late that what it repeats may be forgotten is late (watermark - time >=
 * within; --keep first and last: time < watermark). A record whose key cannot be evaluated is
 * rejected, and one without a usable time where times matter.
 * Output: the lines, byte for byte, in the order of arrival, and W; --keep first: of event time,
 * and W; --keep last: of the ends of their horizons, and W - within.
 */
#include <string.h>

#include "filter/operator.h"
#include "record/canon.h"
#include "record/emit.h"
#include "sdedup/judge.h"
#include "stream/target.h"

struct sdedup {
    const char *key_text, *dups_text;
    uint64_t max_memory; /* 0: no limit */
    struct judge judge;

    struct tp_keys keys;
    struct tp_canon canon; /* without keys */
    struct tp_buf key;
    struct tp_keys fields; /* --on-change: these */
    struct tp_buf values;
    struct tp_target *dups; /* NULL: dropped */
};

/* Whose records are answered, and where to. */
struct leaving {
    struct sdedup *d;
    struct tp_stage *stage;
};

#define FIELD(name) offsetof(struct sdedup, name)

static const struct tp_option options[] = {
    {'k', "key", "KEYS", "what makes two records the same", TP_OPTION_TEXT, FIELD(key_text)},
    {0, "within", "DUR", "forget a key so long after it was first seen, in event time",
     TP_OPTION_DURATION, FIELD(judge.within)},
    {0, "keep", "WHICH", "arrival (the first to come, at once), or first or last by event time",
     TP_OPTION_TEXT, FIELD(judge.keep)},
    {0, "on-change", "FIELDS", "pass a record when these differ from the last of its key",
     TP_OPTION_TEXT, FIELD(judge.change_text)},
    {0, "approx", "P%", "in a few bits a key; takes so many new keys for seen", TP_OPTION_PERCENT,
     FIELD(judge.approx)},
    {0, "dups", "TARGET", "keep the repeats there", TP_OPTION_TEXT, FIELD(dups_text)},
    {0, "verify", NULL, "compare whole keys, not their 128-bit hashes", TP_OPTION_FLAG,
     FIELD(judge.verify)},
    {0, "max-memory", "SIZE", "stop when keys and records held take more (no limit)",
     TP_OPTION_SIZE, FIELD(max_memory)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

/* As they come, and for ever: times mean nothing. */
static void
choose_times(const struct judge *judge, struct tp_stage *stage)
{
    if (judge->within >= 0 || strcmp(judge->keep, "arrival") != 0)
        return;
    tp_stage_take_untimed(stage);
    if (tp_stage_delay(stage) < 0)
        tp_stage_ignore_time(stage);
}

static int
sdedup_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sdedup *d = self;

    if (judge_check(&d->judge, err) < 0)
        return -1;
    choose_times(&d->judge, stage);
    if (tp_stage_want_keys(stage, "-k", d->key_text, &d->keys, err) < 0 ||
        tp_stage_want_keys(stage, "--on-change", d->judge.change_text, &d->fields, err) < 0)
        return -1;
    if (d->dups_text) {
        d->dups = tp_target_open(d->dups_text, err);
        if (!d->dups) {
            err->fault = TP_FAULT_USAGE;
            return -1;
        }
    }
    return judge_open(&d->judge, err);
}

/* --- memory ------------------------------------------------------------------------------------*/

static int
check_memory(const struct sdedup *d, struct tp_err *err)
{
    const struct judge *judge = &d->judge;

    if (d->max_memory == 0 || judge_size(judge) <= d->max_memory)
        return 0;
    return tp_err_set(
        err, TP_FAULT_MACHINE, "more than --max-memory: %zu keys and %zu held records%s",
        judge_keys(judge), judge_held(judge),
        judge->within < 0 && !judge->changed && !judge->bloom ? "; --within forgets keys" : "");
}

/* --- records -----------------------------------------------------------------------------------*/

/* LINE ends with its newline. */
static int
keep_repeat(struct sdedup *d, struct tp_str line, struct tp_err *err)
{
    return d->dups ? tp_target_write(d->dups, line, err) : 0;
}

/* A record that waited for its place in the table; LINE ends before its newline. */
static int
answer(void *context, struct tp_str line, bool is_new, struct tp_err *err)
{
    struct leaving *to = context;

    if (is_new && check_memory(to->d, err) < 0)
        return -1;
    if (is_new)
        return tp_stage_pass_held(to->stage, line, err);
    tp_stage_drop_duplicate(to->stage, 1);
    return keep_repeat(to->d, (struct tp_str){line.ptr, line.len + 1}, err);
}

/* Lines are borrowed until the block is given up: nobody sees them wait. */
static enum tp_verdict
ask_soon(struct sdedup *d, struct tp_stage *stage, const struct tp_record *r, tp_time time)
{
    struct leaving to = {d, stage};
    struct tp_err err;

    if (tp_soon_ask(d->judge.soon, tp_buf_str(&d->key), time, r->line, answer, &to, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

static int
answer_waiting(struct sdedup *d, struct tp_stage *stage, struct tp_err *err)
{
    struct leaving to = {d, stage};

    return d->judge.soon ? tp_soon_settle(d->judge.soon, answer, &to, err) : 0;
}

/* The answer for a record that need not wait for it: 1 new, 0 a repeat, -1. */
static int
see(struct sdedup *d, const struct tp_record *r, tp_time time, struct tp_err *err)
{
    tp_buf_clear(&d->values);
    if (d->judge.changed && tp_keys_make(&d->fields, r->slot, &d->values, err) < 0)
        return -1;
    return judge_see(&d->judge, tp_buf_str(&d->key), tp_buf_str(&d->values), time, err);
}

static enum tp_verdict
pass_or_drop(struct sdedup *d, struct tp_stage *stage, const struct tp_record *r)
{
    tp_time time = r->has_time ? r->time : 0;
    struct tp_err err;
    int is_new;

    if (r->has_time && tp_recent_is_late(d->judge.seen, r->time, r->watermark))
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time + d->judge.within);
    if (d->judge.soon)
        return ask_soon(d, stage, r, time);
    is_new = see(d, r, time, &err);
    if (is_new < 0 || (is_new && check_memory(d, &err) < 0))
        return tp_stage_fail(stage, &err);
    if (is_new)
        return TP_PASS;
    if (keep_repeat(d, (struct tp_str){r->line.ptr, r->line.len + 1}, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_DUPLICATE;
}

static enum tp_verdict
hold(struct sdedup *d, struct tp_stage *stage, const struct tp_record *r)
{
    struct tp_err err;

    if (r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    if (tp_elect_add(d->judge.elect, r->time, tp_buf_str(&d->key),
                     (struct tp_str){r->line.ptr, r->line.len + 1}, &err) < 0 ||
        check_memory(d, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

/* Appends what makes two records the same: by -k, else all they say; --on-change without -k: one
 * key for all. */
static int
make_key(struct sdedup *d, const struct tp_record *r, struct tp_err *err)
{
    if (d->key_text || d->judge.changed)
        return tp_keys_make(&d->keys, r->slot, &d->key, err);
    return tp_canon_put(&d->canon, r->line, &d->key) < 0 ? tp_err_memory(err) : 0;
}

static enum tp_verdict
sdedup_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sdedup *d = self;
    struct tp_err err;

    tp_buf_clear(&d->key);
    if (make_key(d, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    return d->judge.elect ? hold(d, stage, r) : pass_or_drop(d, stage, r);
}

/* --- time --------------------------------------------------------------------------------------*/

static int
write_line(struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);

    if (!to)
        return -1;
    tp_buf_put_str(to, line);
    tp_stage_release(stage, 1);
    return tp_stage_row_end(stage, err);
}

/* A held record that is judged now. */
static int
leave(void *context, struct tp_str line, bool elected, struct tp_err *err)
{
    struct leaving *to = context;

    if (elected)
        return write_line(to->stage, line, err);
    tp_stage_drop_duplicate(to->stage, 1);
    return keep_repeat(to->d, line, err);
}

static int
elect_until(struct sdedup *d, struct tp_stage *stage, tp_time reached, struct tp_err *err)
{
    struct leaving to = {d, stage};

    return d->judge.elect ? tp_elect_reach(d->judge.elect, reached, leave, &to, err) : 0;
}

static int
sdedup_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sdedup *d = self;

    if (answer_waiting(d, stage, err) < 0 || elect_until(d, stage, *watermark, err) < 0)
        return -1;
    tp_recent_expire(d->judge.seen, *watermark);
    if (d->judge.elect)
        *watermark = tp_elect_promise(d->judge.elect, *watermark);
    return 0;
}

static int
sdedup_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sdedup *d = self;

    /* A barrier behind `end` comes in the same block: it is not given up before. */
    if (answer_waiting(d, stage, err) < 0)
        return -1;
    return elect_until(d, stage, TP_TIME_AFTER_ALL, err);
}

/* The block of the lines that wait is given up. */
static int
sdedup_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    return answer_waiting(self, stage, err);
}

static int
sdedup_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    (void)id;
    return answer_waiting(self, stage, err);
}

/* --- the end -----------------------------------------------------------------------------------*/

static int
sdedup_quiet(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sdedup *d = self;

    (void)stage;
    return d->dups ? tp_target_flush(d->dups, err) : 0;
}

static int
sdedup_shut(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sdedup *d = self;
    struct tp_target *dups = d->dups;

    if (d->judge.bloom)
        tp_stage_stat(stage, "%zu keys in a filter of %zu bytes", tp_bloom_count(d->judge.bloom),
                      tp_bloom_size(d->judge.bloom));
    d->dups = NULL;
    return dups ? tp_target_close(dups, err) : 0;
}

static size_t
sdedup_unfinished(void *self, const char **what)
{
    const struct sdedup *d = self;

    *what = "held record";
    return judge_held(&d->judge);
}

/* --- state -------------------------------------------------------------------------------------*/

/* The digests are of this run's seeds; and how long the file of repeats is. */
static int
save_head(struct sdedup *d, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line;
    uint64_t length = 0;
    bool is_file = d->dups && tp_target_is_regular(d->dups);

    if (is_file && tp_target_sync(d->dups, &length, err) < 0)
        return -1;
    line = tp_emit_open(tp_save_line(save));
    tp_emit_int(&line, TP_STR("hashed"), (int64_t)d->judge.seed);
    if (is_file) {
        tp_emit_text(&line, TP_STR("dups"), tp_str_of(tp_target_name(d->dups)));
        tp_emit_int(&line, TP_STR("length"), (int64_t)length);
    }
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
sdedup_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct sdedup *d = self;

    (void)stage;
    return save_head(d, save, err) < 0 ? -1 : judge_save(&d->judge, save, err);
}

static int
load_head(struct sdedup *d, struct tp_str line, struct tp_err *err)
{
    int64_t seed = 0;
    uint64_t length = 0;
    struct tp_buf name = TP_BUF_INIT;
    const struct tp_saved fields[] = {
        {"hashed", TP_SAVED_INT, &seed, false},
        {"dups", TP_SAVED_TEXT, &name, true},
        {"length", TP_SAVED_COUNT, &length, true},
    };
    int result = tp_saved_read(line, fields, 3, err);

    d->judge.seed = (uint64_t)seed;
    /* Another file stays as it is. */
    if (result == 0 && d->dups && name.len &&
        tp_str_equal(tp_buf_str(&name), tp_str_of(tp_target_name(d->dups))))
        result = tp_target_truncate(d->dups, length, err);
    tp_buf_release(&name);
    return result;
}

static int
sdedup_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sdedup *d = self;

    (void)stage;
    if (tp_saved_is(line, "hashed"))
        return load_head(d, line, err);
    return judge_load(&d->judge, line, err);
}

static void
sdedup_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sdedup *d = self;

    (void)stage;
    if (d->key_text)
        tp_emit_text(to, TP_STR("key"), tp_str_of(d->key_text));
    judge_identify(&d->judge, to);
}

static void
sdedup_close(void *self)
{
    struct sdedup *d = self;

    if (d->dups)
        tp_target_close(d->dups, NULL);
    judge_release(&d->judge);
    tp_canon_release(&d->canon);
    tp_keys_release(&d->keys);
    tp_keys_release(&d->fields);
    tp_buf_release(&d->key);
    tp_buf_release(&d->values);
}

static const struct tp_operator sdedup = {
    .name = "sdedup",
    .purpose = "drops repeats",
    .synopsis =
        "[-k KEYS] [--within DUR] [--keep WHICH] [--dups TARGET] [--verify] [-d DUR] [FILE ...]\n"
        "--on-change FIELDS [-k KEYS] [--dups TARGET] [--verify] [FILE ...]\n"
        "--approx P% [-k KEYS] [--dups TARGET] [FILE ...]",
    .example = "  sdedup -k id --within 1h -d 5s events.ndjson",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_SAVES_APART | TP_NO_CHANGES,
    .open = sdedup_open,
    .record = sdedup_record,
    .watermark = sdedup_watermark,
    .finish = sdedup_finish,
    .settle = sdedup_settle,
    .barrier = sdedup_barrier,
    .quiet = sdedup_quiet,
    .shut = sdedup_shut,
    .unfinished = sdedup_unfinished,
    .save = sdedup_save,
    .load = sdedup_load,
    .identity = sdedup_identity,
    .close = sdedup_close,
};

int
main(int argc, char **argv)
{
    struct sdedup self = {.judge = {.keep = "arrival", .within = -1, .approx = -1}};

    return tp_transform_main(&sdedup, &self, argc, argv);
}
