/*
 * How often each value occurred: mode, set, topk, histogram. Exact.
 *
 * Values are told apart as keys are (record/key): 1 = 1.0, no type equals another; a time is as its
 * text, NaN and the infinities as the null they are written as. Among values that occurred equally
 * often, the one seen first by event time, then by arrival, is said first: the result depends
 * neither on the order of records nor on how they were split.
 */
#include "query/agg_function.h"

#include <stdlib.h>

#include "base/map.h"
#include "record/key.h"
#include "value/num.h"

struct tally_entry {
    uint64_t count;
    tp_time time; /* of the first */
    uint64_t sequence;
};

struct tally {
    struct tp_map *entries; /* NULL: nothing yet */
    struct tp_buf key, said;
};

/* An entry with its key, to be sorted. */
struct ranked {
    struct tp_str key;
    const struct tally_entry *entry;
};

static int
add_key(struct tally *tally, struct tp_str key, const struct tally_entry *more)
{
    struct tally_entry *entry;
    bool is_new;

    if (!tally->entries && !(tally->entries = tp_map_new(sizeof *entry)))
        return -1;
    entry = tp_map_add(tally->entries, key, &is_new);
    if (!entry)
        return -1;
    if (is_new || more->time < entry->time ||
        (more->time == entry->time && more->sequence < entry->sequence)) {
        entry->time = more->time;
        entry->sequence = more->sequence;
    }
    entry->count += more->count;
    return 0;
}

static int
tally_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct tally *tally = cell;
    struct tally_entry one = {1, input->time, input->sequence};

    tp_buf_clear(&tally->key);
    tp_key_put_value(&tally->key, *value);
    if (tp_buf_failed(&tally->key))
        return -1;
    return add_key(tally, tp_buf_str(&tally->key), &one);
}

static int
tally_merge(void *into, const void *from, uint64_t seed)
{
    const struct tp_map *entries = ((const struct tally *)from)->entries;

    (void)seed;
    if (!entries)
        return 0;
    for (void *entry = tp_map_first(entries); entry; entry = tp_map_next(entries, entry))
        if (add_key(into, tp_map_key(entries, entry), entry) < 0)
            return -1;
    return 0;
}

struct tp_value
tp_agg_value_of_key(struct tp_str key)
{
    struct tp_str content = {key.ptr + 1, key.len - 1};
    struct tp_value value;

    switch (key.ptr[0]) {
    case 't':
    case 'f':
        return tp_bool(key.ptr[0] == 't');
    case '"':
        return tp_text(content);
    case '#':
        return tp_num_parse(content, &value) ? value : tp_null();
    case '{':
        return (struct tp_value){.kind = TP_JSON, .text = content};
    default:
        return tp_null();
    }
}

static size_t
tally_held(const void *cell)
{
    const struct tally *tally = cell;

    return (tally->entries ? tp_map_size(tally->entries) : 0) + tally->key.cap + tally->said.cap;
}

static void
tally_clear(void *cell)
{
    struct tally *tally = cell;

    tp_map_free(tally->entries);
    tp_buf_release(&tally->key);
    tp_buf_release(&tally->said);
}

static void
tally_save(const void *cell, struct tp_buf *to)
{
    const struct tp_map *entries = ((const struct tally *)cell)->entries;
    const struct tally_entry *entry = entries ? tp_map_first(entries) : NULL;

    tp_buf_put_char(to, '[');
    for (bool first = true; entry; entry = tp_map_next(entries, entry), first = false) {
        tp_buf_put_str(to, first ? TP_STR("[") : TP_STR(",["));
        tp_agg_put_value(to, tp_agg_value_of_key(tp_map_key(entries, entry)));
        tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, entry->count);
        tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, entry->time);
        tp_buf_put_char(to, ',');
        tp_agg_put_whole(to, entry->sequence);
        tp_buf_put_char(to, ']');
    }
    tp_buf_put_char(to, ']');
}

static bool
load_entry(struct tally *tally, struct tp_agg_reader *from)
{
    struct tally_entry entry;
    struct tp_value value;

    if (!tp_agg_read_char(from, '[') || !tp_agg_read_value(from, &value) ||
        !tp_agg_read_char(from, ','))
        return false;
    tp_buf_clear(&tally->key);
    tp_key_put_value(&tally->key, value);
    if (!tp_agg_read_count(from, &entry.count) || !tp_agg_read_char(from, ',') ||
        !tp_agg_read_int(from, &entry.time) || !tp_agg_read_char(from, ',') ||
        !tp_agg_read_count(from, &entry.sequence) || !tp_agg_read_char(from, ']'))
        return false;
    from->memory =
        tp_buf_failed(&tally->key) || add_key(tally, tp_buf_str(&tally->key), &entry) < 0;
    return !from->memory;
}

static bool
tally_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    bool first = true, broken = !tp_agg_read_char(from, '[');

    (void)seed;
    while (!broken && tp_agg_read_more(from, &first, &broken))
        broken = !load_entry(cell, from);
    return !broken;
}

const struct tp_agg_store tp_agg_tally_store = {
    .size = sizeof(struct tally),
    .align = _Alignof(struct tally),
    .accepts = TP_AGG_ALL,
    .add = tally_add,
    .merge = tally_merge,
    .held = tally_held,
    .clear = tally_clear,
    .save = tally_save,
    .load = tally_load,
};

/* ---- orders ---- */

static int
by_rank(const void *left, const void *right)
{
    const struct ranked *x = left, *y = right;
    const struct tally_entry *a = x->entry, *b = y->entry;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return tp_str_compare(x->key, y->key); /* parts of several runs, that count from 0 each */
}

/* Numbers by their value, all else by the bytes of the key, whose first says the type. */
static int
by_value(const void *left, const void *right)
{
    struct tp_str a = ((const struct ranked *)left)->key, b = ((const struct ranked *)right)->key;
    struct tp_value x, y;
    int order = 0;

    if (a.ptr[0] != b.ptr[0])
        return (unsigned char)a.ptr[0] < (unsigned char)b.ptr[0] ? -1 : 1;
    if (tp_num_parse((struct tp_str){a.ptr + 1, a.len - 1}, &x) && a.ptr[0] == '#' &&
        tp_num_parse((struct tp_str){b.ptr + 1, b.len - 1}, &y))
        order = tp_num_compare(x, y);
    return order ? order : tp_str_compare(a, b);
}

/* All entries in the order of COMPARE; NULL when memory ran out. */
static struct ranked *
sorted(const struct tally *tally, int (*compare)(const void *, const void *))
{
    const struct tp_map *entries = tally->entries;
    size_t count = tp_map_count(entries), i = 0;
    struct ranked *ranked = malloc(count * sizeof *ranked);

    if (!ranked)
        return NULL;
    for (void *entry = tp_map_first(entries); entry; entry = tp_map_next(entries, entry))
        ranked[i++] = (struct ranked){tp_map_key(entries, entry), entry};
    qsort(ranked, count, sizeof *ranked, compare);
    return ranked;
}

/* ---- results ---- */

static void
put_entry(struct tp_buf *said, const struct ranked *ranked, bool counted)
{
    if (!counted) {
        tp_key_write(said, ranked->key);
        return;
    }
    TP_BUF_PUT(said, "{\"value\":");
    tp_key_write(said, ranked->key);
    tp_buf_printf(said, ",\"count\":%llu}", (unsigned long long)ranked->entry->count);
}

/* The first MOST of them as an array. */
static int
say(struct tally *tally, int (*compare)(const void *, const void *), size_t most, bool counted,
    struct tp_value *value, struct tp_err *err)
{
    struct tp_buf *said = &tally->said;
    struct ranked *ranked;

    *value = tp_null();
    if (!tally->entries)
        return 0;
    ranked = sorted(tally, compare);
    if (!ranked)
        return tp_err_memory(err);
    tp_buf_clear(said);
    for (size_t i = 0; i < most && i < tp_map_count(tally->entries); i++) {
        tp_buf_put_char(said, i ? ',' : '[');
        put_entry(said, &ranked[i], counted);
    }
    free(ranked);
    tp_buf_put_char(said, ']');
    if (tp_buf_failed(said))
        return tp_err_memory(err);
    *value = (struct tp_value){.kind = TP_JSON, .text = tp_buf_str(said)};
    return 0;
}

TP_AGG_VALUE(tp_agg_set_value)
{
    (void)quantile;
    return say(cell, by_value, SIZE_MAX, false, value, err);
}

TP_AGG_VALUE(tp_agg_histogram_value)
{
    (void)quantile;
    return say(cell, by_value, SIZE_MAX, true, value, err);
}

TP_AGG_VALUE(tp_agg_topk_value)
{
    return say(cell, by_rank, (size_t)quantile.numerator, true, value, err);
}

TP_AGG_VALUE(tp_agg_mode_value)
{
    const struct tp_map *entries = ((struct tally *)cell)->entries;
    struct ranked best;

    (void)quantile;
    (void)err;
    *value = tp_null();
    if (!entries)
        return 0;
    best.entry = tp_map_first(entries);
    best.key = tp_map_key(entries, best.entry);
    for (void *entry = tp_map_next(entries, best.entry); entry;
         entry = tp_map_next(entries, entry)) {
        struct ranked other = {tp_map_key(entries, entry), entry};

        if (by_rank(&other, &best) < 0)
            best = other;
    }
    *value = tp_agg_value_of_key(best.key);
    return 0;
}
