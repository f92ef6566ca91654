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
 * --approx some bits a key, --on-change two hashes. A
 * record that comes so late that what it repeats may be forgotten is late (watermark - time >=
 * within; --keep first and last: time < watermark). A record whose key cannot be evaluated is
 * rejected, and one without a usable time where times matter.
 * Output: the lines, byte for byte, in the order of arrival, and W; --keep first: of event time,
 * and W; --keep last: of the ends of their horizons, and W - within.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bloom.h"
#include "base/hash.h"
#include "base/map.h"
#include "event/recent.h"
#include "event/reorder.h"
#include "filter/operator.h"
#include "record/canon.h"
#include "record/emit.h"
#include "stream/target.h"

/* --keep last: the latest record of a horizon so far. */
struct latest {
    tp_time opened;
    char *line; /* owned */
    size_t len;
};

/* A record that is not judged yet. */
struct waiting {
    struct tp_str line; /* borrowed from its block */
    struct tp_digest digest;
    tp_time time;
};

enum { WAITING = 32 };
enum { PIECE = 32 * 1024 }; /* of a filter's bytes, in a line of saved state */

struct sdedup {
    const char *key_text, *keep, *dups_text, *change_text;
    double approx;      /* percent; -1: exactly */
    tp_duration within; /* -1: for ever */
    bool verify;

    struct tp_keys keys;
    struct tp_canon canon; /* without keys */
    struct tp_buf key;
    uint64_t seed;
    struct tp_bloom *bloom; /* --approx */
    struct tp_keys fields;  /* --on-change */
    struct tp_map *last;    /* ... of each key the digest of its last values */
    struct tp_recent *seen;
    struct waiting waiting[WAITING]; /* [first, next), modulo their number */
    uint64_t first, next;
    struct tp_reorder *held; /* NULL: --keep arrival */
    struct tp_map *latest;   /* NULL: not --keep last; in the order in which horizons opened */
    struct tp_target *dups;  /* NULL: dropped */
};

#define FIELD(name) offsetof(struct sdedup, name)

static const struct tp_option options[] = {
    {'k', "key", "KEYS", "what makes two records the same", TP_OPTION_TEXT, FIELD(key_text)},
    {0, "within", "DUR", "forget a key so long after it was first seen, in event time",
     TP_OPTION_DURATION, FIELD(within)},
    {0, "keep", "WHICH", "arrival (the first to come, at once), or first or last by event time",
     TP_OPTION_TEXT, FIELD(keep)},
    {0, "on-change", "FIELDS", "pass a record when these differ from the last of its key",
     TP_OPTION_TEXT, FIELD(change_text)},
    {0, "approx", "P%", "in a few bits a key; takes so many new keys for seen", TP_OPTION_PERCENT,
     FIELD(approx)},
    {0, "dups", "TARGET", "keep the repeats there", TP_OPTION_TEXT, FIELD(dups_text)},
    {0, "verify", NULL, "compare whole keys, not their 128-bit hashes", TP_OPTION_FLAG,
     FIELD(verify)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_keep(struct sdedup *d, struct tp_stage *stage, struct tp_err *err)
{
    bool last = strcmp(d->keep, "last") == 0;

    if (last || strcmp(d->keep, "first") == 0) {
        d->held = tp_reorder_new();
        d->latest = last ? tp_map_new(sizeof(struct latest)) : NULL;
        return d->held && (d->latest || !last) ? 0 : tp_err_memory(err);
    }
    if (strcmp(d->keep, "arrival") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--keep: arrival, first or last, not \"%s\"",
                          d->keep);
    if (d->within < 0)
        tp_stage_take_untimed(stage);
    return 0;
}

/* --approx and --on-change are ways of their own. */
static int
check_options(const struct sdedup *d, struct tp_err *err)
{
    const char *own = d->change_text ? "--on-change" : d->approx >= 0 ? "--approx" : NULL;

    if (d->within == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--within: 0 would find no repeats");
    if (d->approx == 0 || d->approx >= 100)
        return tp_err_set(err, TP_FAULT_USAGE, "--approx: more than 0%% and less than 100%%");
    if (own && (d->within > 0 || strcmp(d->keep, "arrival") != 0))
        return tp_err_set(err, TP_FAULT_USAGE, "%s goes neither with --within nor with --keep",
                          own);
    if (d->approx >= 0 && (d->verify || d->change_text))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--approx goes neither with --verify nor with "
                          "--on-change");
    return 0;
}

static int
open_state(struct sdedup *d, struct tp_err *err)
{
    d->seed = tp_hash_seed();
    if (d->approx >= 0)
        d->bloom = tp_bloom_new(d->approx / 100);
    if (d->change_text)
        d->last = tp_map_new(sizeof(struct tp_digest));
    d->seen = tp_recent_new(d->within < 0 ? 0 : d->within, d->verify);
    return d->seen && (d->bloom || d->approx < 0) && (d->last || !d->change_text)
               ? 0
               : tp_err_memory(err);
}

static int
sdedup_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sdedup *d = self;

    if (check_options(d, err) < 0 || open_keep(d, stage, err) < 0 ||
        tp_stage_want_keys(stage, "-k", d->key_text, &d->keys, err) < 0 ||
        tp_stage_want_keys(stage, "--on-change", d->change_text, &d->fields, err) < 0)
        return -1;
    if (d->dups_text) {
        d->dups = tp_target_open(d->dups_text, err);
        if (!d->dups) {
            err->fault = TP_FAULT_USAGE;
            return -1;
        }
    }
    return open_state(d, err);
}

/* --- records -----------------------------------------------------------------------------------*/

/* LINE ends with its newline. */
static int
keep_repeat(struct sdedup *d, struct tp_str line, struct tp_err *err)
{
    return d->dups ? tp_target_write(d->dups, line, err) : 0;
}

/* A record of which is known whether it IS_NEW; LINE ends before its newline. */
static int
answer(struct sdedup *d, struct tp_stage *stage, struct tp_str line, bool is_new,
       struct tp_err *err)
{
    if (is_new)
        return tp_stage_pass_held(stage, line, err);
    tp_stage_drop_duplicate(stage, 1);
    return keep_repeat(d, (struct tp_str){line.ptr, line.len + 1}, err);
}

/* The record that has waited longest for its place in the table. */
static int
judge_oldest(struct sdedup *d, struct tp_stage *stage, struct tp_err *err)
{
    const struct waiting *w = &d->waiting[d->first++ % WAITING];
    int is_new = tp_recent_see_digest(d->seen, w->digest, w->time, err);

    return is_new < 0 ? -1 : answer(d, stage, w->line, is_new, err);
}

static int
judge_waiting(struct sdedup *d, struct tp_stage *stage, struct tp_err *err)
{
    while (d->first < d->next)
        if (judge_oldest(d, stage, err) < 0)
            return -1;
    return 0;
}

/* Looking a key up is waiting for memory: meanwhile the next records are read. Their lines are
 * borrowed until the block is given up, and nobody sees them wait. */
static enum tp_verdict
judge_soon(struct sdedup *d, struct tp_stage *stage, const struct tp_record *r, tp_time time)
{
    struct tp_err err;

    if (d->next - d->first == WAITING && judge_oldest(d, stage, &err) < 0)
        return tp_stage_fail(stage, &err);
    d->waiting[d->next++ % WAITING] =
        (struct waiting){r->line, tp_recent_expect(d->seen, tp_buf_str(&d->key), time), time};
    return TP_HELD;
}

/* Is the key's last value another one? Then it is this from now on. 1, 0, or -1. */
static int
has_changed(struct sdedup *d, const struct tp_record *r, struct tp_err *err)
{
    struct tp_digest digest = tp_digest_of(d->seed, tp_buf_str(&d->key)), now, *last;
    struct tp_str key = {(const char *)&digest, sizeof digest};
    bool is_new, changed;

    last = tp_map_add(d->last, d->verify ? tp_buf_str(&d->key) : key, &is_new);
    if (!last)
        return tp_err_memory(err);
    tp_buf_clear(&d->key);
    if (tp_keys_make(&d->fields, r->slot, &d->key, err) < 0)
        return -1;
    now = tp_digest_of(d->seed, tp_buf_str(&d->key));
    changed = is_new || now.low != last->low || now.high != last->high;
    *last = now;
    return changed;
}

/* What needs no place in the table of keys. */
static int
see(struct sdedup *d, const struct tp_record *r, tp_time time, struct tp_err *err)
{
    int is_new;

    if (d->last)
        return has_changed(d, r, err);
    if (!d->bloom)
        return tp_recent_see(d->seen, tp_buf_str(&d->key), time, err);
    is_new = tp_bloom_see(d->bloom, tp_digest_of(d->seed, tp_buf_str(&d->key)));
    return is_new < 0 ? tp_err_memory(err) : is_new;
}

static enum tp_verdict
judge_at_once(struct sdedup *d, struct tp_stage *stage, const struct tp_record *r)
{
    tp_time time = r->has_time ? r->time : 0;
    struct tp_err err;
    int is_new;

    if (r->has_time && tp_recent_is_late(d->seen, r->time, r->watermark))
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time + d->within);
    if (!d->verify && !d->last && !d->bloom)
        return judge_soon(d, stage, r, time);
    is_new = see(d, r, time, &err);
    if (is_new < 0)
        return tp_stage_fail(stage, &err);
    if (is_new)
        return TP_PASS;
    if (keep_repeat(d, (struct tp_str){r->line.ptr, r->line.len + 1}, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_DUPLICATE;
}

/* Held as its key's length, the key and the line. */
static enum tp_verdict
hold(struct sdedup *d, struct tp_stage *stage, const struct tp_record *r)
{
    struct tp_err err;

    if (r->time < r->watermark)
        return tp_stage_late(stage, TP_TIME_BEFORE_ALL, r->time);
    if (tp_reorder_add(d->held, r->time, tp_buf_str(&d->key),
                       (struct tp_str){r->line.ptr, r->line.len + 1}, &err) < 0)
        return tp_stage_fail(stage, &err);
    return TP_HELD;
}

/* Appends what makes two records the same: by -k, else all they say; --on-change without -k: one
 * key for all. */
static int
make_key(struct sdedup *d, const struct tp_record *r, struct tp_err *err)
{
    if (d->key_text || d->last)
        return tp_keys_make(&d->keys, r->slot, &d->key, err);
    return tp_canon_put(&d->canon, r->line, &d->key) < 0 ? tp_err_memory(err) : 0;
}

static enum tp_verdict
sdedup_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct sdedup *d = self;
    struct tp_err err;
    size_t len = 0;

    tp_buf_clear(&d->key);
    if (d->held)
        tp_buf_put(&d->key, &len, sizeof len);
    if (make_key(d, r, &err) < 0)
        return tp_stage_fail(stage, &err);
    if (!d->held)
        return judge_at_once(d, stage, r);
    len = d->key.len - sizeof len;
    memcpy(d->key.ptr, &len, sizeof len);
    return hold(d, stage, r);
}

/* --- time --------------------------------------------------------------------------------------*/

struct leaving {
    struct sdedup *d;
    struct tp_stage *stage;
};

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

static int
keep_first(struct sdedup *d, struct tp_stage *stage, tp_time time, struct tp_str key,
           struct tp_str line, struct tp_err *err)
{
    int is_new;

    /* In order of time: what is out of reach for this one is so for all that follow. */
    tp_recent_expire(d->seen, time);
    is_new = tp_recent_see(d->seen, key, time, err);
    if (is_new)
        return is_new < 0 ? -1 : write_line(stage, line, err);
    tp_stage_drop_duplicate(stage, 1);
    return keep_repeat(d, line, err);
}

/* Horizons that end at REACHED or before are complete (--keep last; TP_TIME_AFTER_ALL: all). They
 * opened in the order of time, so they end in it. */
static int
write_latest(struct sdedup *d, struct tp_stage *stage, tp_time reached, struct tp_err *err)
{
    struct latest *first;

    while ((first = tp_map_first(d->latest))) {
        int result;
        tp_time end;

        if (reached != TP_TIME_AFTER_ALL &&
            (d->within < 0 || !tp_time_add(first->opened, d->within, &end) || end > reached))
            return 0;
        result = write_line(stage, (struct tp_str){first->line, first->len}, err);
        free(first->line);
        tp_map_remove(d->latest, tp_map_key(d->latest, first));
        if (result < 0)
            return -1;
    }
    return 0;
}

/* LATEST has a successor, which it takes over. */
static int
replace(struct sdedup *d, struct tp_stage *stage, struct latest *latest, char *line, size_t len,
        struct tp_err *err)
{
    int result = keep_repeat(d, (struct tp_str){latest->line, latest->len}, err);

    free(latest->line);
    latest->line = line;
    latest->len = len;
    tp_stage_drop_duplicate(stage, 1);
    return result;
}

static int
keep_last(struct sdedup *d, struct tp_stage *stage, tp_time time, struct tp_str key,
          struct tp_str line, struct tp_err *err)
{
    struct latest *latest;
    char *copy;
    bool is_new;

    if (write_latest(d, stage, time, err) < 0)
        return -1;
    copy = malloc(line.len);
    latest = copy ? tp_map_add(d->latest, key, &is_new) : NULL;
    if (!latest) {
        free(copy);
        return tp_err_memory(err);
    }
    memcpy(copy, line.ptr, line.len);
    if (is_new) {
        *latest = (struct latest){time, copy, line.len};
        return 0;
    }
    return replace(d, stage, latest, copy, line.len, err);
}

/* A held record as `hold` put it together: its line and its key. */
static struct tp_str
held_line(struct tp_str text, struct tp_str *key)
{
    struct tp_str line;

    memcpy(&key->len, text.ptr, sizeof key->len);
    key->ptr = text.ptr + sizeof key->len;
    line.ptr = key->ptr + key->len;
    line.len = (size_t)(text.ptr + text.len - line.ptr);
    return line;
}

/* The next record in order of time. */
static int
judge_held(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct leaving *leaving = context;
    struct sdedup *d = leaving->d;
    struct tp_str key, line = held_line(text, &key);

    if (d->latest)
        return keep_last(d, leaving->stage, time, key, line, err);
    return keep_first(d, leaving->stage, time, key, line, err);
}

static int
judge_until(struct sdedup *d, struct tp_stage *stage, tp_time reached, struct tp_err *err)
{
    struct leaving leaving = {d, stage};

    if (tp_reorder_drain(d->held, reached, judge_held, &leaving, err) < 0)
        return -1;
    return d->latest ? write_latest(d, stage, reached, err) : 0;
}

static int
sdedup_watermark(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err)
{
    struct sdedup *d = self;

    if (judge_waiting(d, stage, err) < 0)
        return -1;
    if (d->held && judge_until(d, stage, *watermark, err) < 0)
        return -1;
    tp_recent_expire(d->seen, *watermark);
    /* An open horizon began later than W - within, and so is what will be written of it. */
    if (d->latest && (d->within < 0 || !tp_time_add(*watermark, -d->within, watermark)))
        *watermark = TP_TIME_BEFORE_ALL;
    return 0;
}

static int
sdedup_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sdedup *d = self;

    /* A barrier behind `end` comes in the same block: it is not given up before. */
    if (judge_waiting(d, stage, err) < 0)
        return -1;
    return d->held ? judge_until(d, stage, TP_TIME_AFTER_ALL, err) : 0;
}

/* The block of the lines that wait is given up. */
static int
sdedup_settle(void *self, struct tp_stage *stage, struct tp_err *err)
{
    return judge_waiting(self, stage, err);
}

static int
sdedup_barrier(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err)
{
    (void)id;
    return judge_waiting(self, stage, err);
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

    if (d->bloom)
        tp_stage_stat(stage, "%zu keys in a filter of %zu bytes", tp_bloom_count(d->bloom),
                      tp_bloom_size(d->bloom));
    d->dups = NULL;
    return dups ? tp_target_close(dups, err) : 0;
}

static size_t
sdedup_unfinished(void *self, const char **what)
{
    struct sdedup *d = self;

    *what = "held record";
    return (d->held ? tp_reorder_count(d->held) : 0) + (d->latest ? tp_map_count(d->latest) : 0);
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
    tp_emit_int(&line, TP_STR("hashed"), (int64_t)d->seed);
    if (is_file) {
        tp_emit_text(&line, TP_STR("dups"), tp_str_of(tp_target_name(d->dups)));
        tp_emit_int(&line, TP_STR("length"), (int64_t)length);
    }
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
save_line(struct tp_save *save, struct tp_str name, tp_time time, struct tp_str key,
          struct tp_str text, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, name, time);
    tp_emit_name(&line, TP_STR("key"));
    tp_save_hex(line.to, key);
    tp_emit_text(&line, TP_STR("line"), text);
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
save_held(void *save, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct tp_str key, line = held_line(text, &key);

    return save_line(save, TP_STR("held"), time, key, line, err);
}

static int
save_latest(const struct sdedup *d, struct tp_save *save, struct tp_err *err)
{
    for (struct latest *l = tp_map_first(d->latest); l; l = tp_map_next(d->latest, l))
        if (save_line(save, TP_STR("latest"), l->opened, tp_map_key(d->latest, l),
                      (struct tp_str){l->line, l->len}, err) < 0)
            return -1;
    return 0;
}

/* --on-change */
static int
save_values(const struct sdedup *d, struct tp_save *save, struct tp_err *err)
{
    for (struct tp_digest *now = tp_map_first(d->last); now; now = tp_map_next(d->last, now)) {
        struct tp_emit line = tp_emit_open(tp_save_line(save));

        tp_emit_name(&line, TP_STR("last"));
        tp_save_hex(line.to, tp_map_key(d->last, now));
        tp_emit_name(&line, TP_STR("values"));
        tp_save_hex(line.to, (struct tp_str){(const char *)now, sizeof *now});
        tp_emit_close(&line);
        if (tp_save_line_end(save, err) < 0)
            return -1;
    }
    return 0;
}

/* A piece of a filter of --approx. */
static int
save_bits(struct tp_save *save, size_t which, size_t taken, struct tp_str bytes, size_t at,
          struct tp_err *err)
{
    size_t len = bytes.len - at < PIECE ? bytes.len - at : PIECE;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("filter"), (int64_t)which);
    tp_emit_int(&line, TP_STR("taken"), (int64_t)taken);
    tp_emit_int(&line, TP_STR("at"), (int64_t)at);
    tp_emit_name(&line, TP_STR("bits"));
    tp_save_hex(line.to, (struct tp_str){bytes.ptr + at, len});
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
save_bloom(const struct sdedup *d, struct tp_save *save, struct tp_err *err)
{
    struct tp_str bytes;
    size_t taken;

    for (size_t i = 0; (bytes = tp_bloom_bytes(d->bloom, i, &taken)).len; i++)
        for (size_t at = 0; at < bytes.len; at += PIECE)
            if (save_bits(save, i, taken, bytes, at, err) < 0)
                return -1;
    return 0;
}

static int
sdedup_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    struct sdedup *d = self;

    (void)stage;
    if (save_head(d, save, err) < 0 || (d->bloom && save_bloom(d, save, err) < 0) ||
        (d->last && save_values(d, save, err) < 0) || tp_recent_save(d->seen, save, err) < 0 ||
        (d->latest && save_latest(d, save, err) < 0))
        return -1;
    return d->held ? tp_reorder_walk(d->held, save_held, save, err) : 0;
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

    d->seed = (uint64_t)seed;
    /* Another file stays as it is. */
    if (result == 0 && d->dups && name.len &&
        tp_str_equal(tp_buf_str(&name), tp_str_of(tp_target_name(d->dups))))
        result = tp_target_truncate(d->dups, length, err);
    tp_buf_release(&name);
    return result;
}

static int
load_bits(struct sdedup *d, struct tp_str line, struct tp_err *err)
{
    uint64_t which, taken, at;
    struct tp_buf bits = TP_BUF_INIT;
    const struct tp_saved fields[] = {
        {"filter", TP_SAVED_COUNT, &which, false},
        {"taken", TP_SAVED_COUNT, &taken, false},
        {"at", TP_SAVED_COUNT, &at, false},
        {"bits", TP_SAVED_HEX, &bits, false},
    };
    int result = tp_saved_read(line, fields, 4, err);

    if (result == 0 &&
        (!d->bloom || tp_bloom_put(d->bloom, which, taken, at, tp_buf_str(&bits)) < 0))
        result = tp_err_set(err, TP_FAULT_MACHINE, "a saved filter does not fit");
    tp_buf_release(&bits);
    return result;
}

static int
load_values(struct sdedup *d, struct tp_str line, struct tp_err *err)
{
    struct tp_buf values = TP_BUF_INIT;
    const struct tp_saved fields[] = {
        {"last", TP_SAVED_HEX, &d->key, false},
        {"values", TP_SAVED_HEX, &values, false},
    };
    int result = tp_saved_read(line, fields, 2, err);
    struct tp_digest *now;

    if (result == 0 && (!d->last || values.len != sizeof *now))
        result = tp_err_set(err, TP_FAULT_MACHINE, "saved values: not as they are written");
    now = result == 0 ? tp_map_add(d->last, tp_buf_str(&d->key), NULL) : NULL;
    if (now)
        memcpy(now, values.ptr, sizeof *now);
    tp_buf_release(&values);
    return result < 0 || now ? result : tp_err_memory(err);
}

static int
put_held(struct sdedup *d, tp_time time, struct tp_str key, struct tp_str line, struct tp_err *err)
{
    struct tp_buf head = TP_BUF_INIT;
    int result;

    tp_buf_put(&head, &key.len, sizeof key.len);
    tp_buf_put_str(&head, key);
    result = tp_buf_failed(&head) ? tp_err_memory(err)
                                  : tp_reorder_add(d->held, time, tp_buf_str(&head), line, err);
    tp_buf_release(&head);
    return result;
}

static int
put_latest(struct sdedup *d, tp_time opened, struct tp_str key, struct tp_str line,
           struct tp_err *err)
{
    char *copy = malloc(line.len + 1);
    struct latest *latest = copy ? tp_map_add(d->latest, key, NULL) : NULL;

    if (!latest) {
        free(copy);
        return tp_err_memory(err);
    }
    if (line.len)
        memcpy(copy, line.ptr, line.len);
    free(latest->line);
    *latest = (struct latest){opened, copy, line.len};
    return 0;
}

/* A record that is held, or (LATEST) the one of a horizon. */
static int
load_record(struct sdedup *d, bool latest, struct tp_str saved, struct tp_err *err)
{
    struct tp_buf line = TP_BUF_INIT;
    tp_time time;
    const struct tp_saved fields[] = {
        {latest ? "latest" : "held", TP_SAVED_INT, &time, false},
        {"key", TP_SAVED_HEX, &d->key, false},
        {"line", TP_SAVED_TEXT, &line, false},
    };
    int result = tp_saved_read(saved, fields, 3, err);

    if (result == 0 && (latest ? !d->latest : !d->held))
        result = tp_err_set(err, TP_FAULT_MACHINE, "it holds records, and nothing is held now");
    if (result == 0)
        result =
            (latest ? put_latest : put_held)(d, time, tp_buf_str(&d->key), tp_buf_str(&line), err);
    tp_buf_release(&line);
    return result;
}

static int
sdedup_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sdedup *d = self;
    bool latest = tp_saved_is(line, "latest");

    (void)stage;
    tp_buf_clear(&d->key);
    if (tp_saved_is(line, "hashed"))
        return load_head(d, line, err);
    if (tp_saved_is(line, "filter"))
        return load_bits(d, line, err);
    if (tp_saved_is(line, "last"))
        return load_values(d, line, err);
    if (latest || tp_saved_is(line, "held"))
        return load_record(d, latest, line, err);
    return tp_recent_load(d->seen, line, err);
}

static void
sdedup_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sdedup *d = self;
    char text[TP_TIME_TEXT];

    (void)stage;
    if (d->key_text)
        tp_emit_text(to, TP_STR("key"), tp_str_of(d->key_text));
    if (d->within >= 0)
        tp_emit_text(to, TP_STR("within"),
                     (struct tp_str){text, tp_duration_write(text, d->within)});
    tp_emit_text(to, TP_STR("keep"), tp_str_of(d->keep));
    if (d->change_text)
        tp_emit_text(to, TP_STR("on-change"), tp_str_of(d->change_text));
    if (d->approx >= 0)
        tp_emit_real(to, TP_STR("approx"), d->approx);
    if (d->verify)
        tp_emit_json(to, TP_STR("verify"), TP_STR("true"));
}

static void
free_latest(struct sdedup *d)
{
    if (d->latest)
        for (struct latest *l = tp_map_first(d->latest); l; l = tp_map_next(d->latest, l))
            free(l->line);
    tp_map_free(d->latest);
}

static void
sdedup_close(void *self)
{
    struct sdedup *d = self;

    if (d->dups)
        tp_target_close(d->dups, NULL);
    tp_recent_free(d->seen);
    tp_reorder_free(d->held);
    free_latest(d);
    tp_bloom_free(d->bloom);
    tp_map_free(d->last);
    tp_canon_release(&d->canon);
    tp_keys_release(&d->keys);
    tp_keys_release(&d->fields);
    tp_buf_release(&d->key);
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
    .traits = TP_TIMED | TP_DELAYS | TP_LATENESS | TP_STATEFUL | TP_NO_CHANGES,
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
    struct sdedup self = {.keep = "arrival", .within = -1, .approx = -1};

    return tp_transform_main(&sdedup, &self, argc, argv);
}
