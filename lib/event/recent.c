#include "event/recent.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/digests.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/map.h"
#include "record/emit.h"

/* The horizons that open in [number * within, (number + 1) * within). */
struct table {
    struct tp_digests *digests; /* with the times */
    struct tp_map *keys;        /* instead of them: to tp_time */
};

struct tp_recent {
    tp_duration within;
    bool exactly;
    uint64_t seed;
    struct tp_map *tables;  /* by number; the values are struct table */
    struct tp_heap numbers; /* of the tables, the lowest first */
    size_t count;
    size_t size; /* bytes of all tables */

    bool looked_up; /* for NUMBER: the tables before, at and behind it (NULL: there is none) */
    int64_t number;
    struct table *near[3];
};

struct tp_recent *
tp_recent_new(tp_duration within, bool exactly)
{
    struct tp_recent *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->within = within;
    r->exactly = exactly;
    r->seed = tp_hash_seed();
    r->tables = tp_map_new(sizeof(struct table));
    if (r->tables)
        return r;
    tp_recent_free(r);
    return NULL;
}

/* --- tables ------------------------------------------------------------------------------------*/

static void
release_table(struct table *table)
{
    tp_digests_free(table->digests);
    tp_map_free(table->keys);
}

static size_t
count_of(const struct table *table)
{
    if (table->keys)
        return tp_map_count(table->keys);
    return table->digests ? tp_digests_count(table->digests) : 0;
}

static size_t
size_of(const struct table *table)
{
    if (table->keys)
        return tp_map_size(table->keys);
    return table->digests ? tp_digests_size(table->digests) : 0;
}

static int64_t
number_of(const struct tp_recent *r, tp_time time)
{
    if (r->within == 0)
        return 0;
    return time / r->within - (time % r->within < 0);
}

static struct tp_str
name_of(const int64_t *number)
{
    return (struct tp_str){(const char *)number, sizeof *number};
}

static void
look_up(struct tp_recent *r, int64_t number)
{
    if (r->looked_up && r->number == number)
        return;
    for (int i = 0; i < 3; i++) {
        int64_t wanted;
        bool outside = __builtin_add_overflow(number, i - 1, &wanted);

        r->near[i] = outside ? NULL : tp_map_find(r->tables, name_of(&wanted));
    }
    r->looked_up = true;
    r->number = number;
}

/* The table NUMBER, made now. NULL when memory ran out. */
static struct table *
make_table(struct tp_recent *r, int64_t number)
{
    struct table made = {0}, *table;

    if (r->exactly)
        made.keys = tp_map_new(sizeof(tp_time));
    else
        made.digests = tp_digests_new(r->within > 0);
    table = made.keys || made.digests ? tp_map_add(r->tables, name_of(&number), NULL) : NULL;
    if (!table) {
        release_table(&made);
        return NULL;
    }
    *table = made;
    r->looked_up = false;
    if (tp_heap_push(&r->numbers, number, NULL) == 0) {
        r->size += size_of(table);
        return table;
    }
    release_table(table);
    tp_map_remove(r->tables, name_of(&number));
    return NULL;
}

/* --- keys --------------------------------------------------------------------------------------*/

static bool
is_near(const struct tp_recent *r, tp_time a, tp_time b)
{
    tp_duration apart;

    if (r->within == 0)
        return true;
    if (__builtin_sub_overflow(a > b ? a : b, a > b ? b : a, &apart))
        return false;
    return apart < r->within;
}

/* Does another table than that of TIME hold a horizon of the key that TIME lies in? */
static bool
repeats_in(const struct tp_recent *r, const struct table *table, struct tp_str key,
           struct tp_digest digest, tp_time time)
{
    tp_time opened = 0;

    if (!table)
        return false;
    if (r->exactly) {
        const tp_time *found = tp_map_find(table->keys, key);

        return found && is_near(r, *found, time);
    }
    return tp_digests_find(table->digests, digest, &opened) && is_near(r, opened, time);
}

/* In the table of TIME, where any horizon of the key is near: 1 opened, 0 there is one, or -1. */
static int
put_in(const struct table *table, struct tp_str key, struct tp_digest digest, tp_time time)
{
    tp_time *opened;
    bool is_new;

    if (table->digests)
        return tp_digests_add(table->digests, digest, time);
    opened = tp_map_add(table->keys, key, &is_new);
    if (!opened)
        return -1;
    if (is_new)
        *opened = time;
    return is_new;
}

static int
open_horizon(struct tp_recent *r, struct tp_str key, struct tp_digest digest, tp_time time)
{
    const struct table *table = r->near[1] ? r->near[1] : make_table(r, r->number);
    size_t before;
    int is_new;

    if (!table)
        return -1;
    before = size_of(table);
    is_new = put_in(table, key, digest, time);
    r->size += size_of(table) - before;
    if (is_new > 0)
        r->count++;
    return is_new;
}

/* The key in both forms: DIGEST counts, or EXACTLY the KEY. */
static int
see(struct tp_recent *r, struct tp_str key, struct tp_digest digest, tp_time time,
    struct tp_err *err)
{
    int is_new;

    look_up(r, number_of(r, time));
    if (repeats_in(r, r->near[0], key, digest, time) ||
        repeats_in(r, r->near[2], key, digest, time))
        return 0;
    is_new = open_horizon(r, key, digest, time);
    return is_new < 0 ? tp_err_memory(err) : is_new;
}

int
tp_recent_see(struct tp_recent *r, struct tp_str key, tp_time time, struct tp_err *err)
{
    struct tp_digest digest = {0, 0};

    if (!r->exactly)
        digest = tp_digest_of(r->seed, key);
    return see(r, key, digest, time, err);
}

struct tp_digest
tp_recent_digest(const struct tp_recent *r, struct tp_str key)
{
    return tp_digest_of(r->seed, key);
}

void
tp_recent_expect(struct tp_recent *r, struct tp_digest digest, tp_time time)
{
    look_up(r, number_of(r, time));
    for (int i = 0; i < 3; i++)
        if (r->near[i])
            tp_digests_expect(r->near[i]->digests, digest);
}

int
tp_recent_see_digest(struct tp_recent *r, struct tp_digest digest, tp_time time, struct tp_err *err)
{
    return see(r, (struct tp_str){NULL, 0}, digest, time, err);
}

/* --- time --------------------------------------------------------------------------------------*/

bool
tp_recent_is_late(const struct tp_recent *r, tp_time time, tp_time watermark)
{
    return r->within > 0 && time < watermark && !is_near(r, time, watermark);
}

void
tp_recent_expire(struct tp_recent *r, tp_time watermark)
{
    int64_t reached = number_of(r, watermark);
    const struct tp_heap_entry *first;

    if (r->within == 0)
        return;
    /* All that opened in table N opened before (N + 1) * within, so 2 * within later is before
     * (N + 3) * within. */
    while ((first = tp_heap_peek(&r->numbers)) && first->at <= reached - 3) {
        int64_t number = tp_heap_pop(&r->numbers).at;
        struct table *table = tp_map_find(r->tables, name_of(&number));

        r->count -= count_of(table);
        r->size -= size_of(table);
        release_table(table);
        tp_map_remove(r->tables, name_of(&number));
        r->looked_up = false;
    }
}

/* --- saved state -------------------------------------------------------------------------------*/

static int
save_horizon(struct tp_save *save, struct tp_str key, tp_time opened, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_name(&line, TP_STR("seen"));
    tp_save_hex(line.to, key);
    tp_emit_int(&line, TP_STR("time"), opened);
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
save_table(const struct table *table, struct tp_save *save, struct tp_err *err)
{
    struct tp_digest digest;
    tp_time opened;
    size_t at = 0;

    if (table->keys) {
        for (tp_time *time = tp_map_first(table->keys); time; time = tp_map_next(table->keys, time))
            if (save_horizon(save, tp_map_key(table->keys, time), *time, err) < 0)
                return -1;
        return 0;
    }
    while (tp_digests_next(table->digests, &at, &digest, &opened)) {
        char bytes[TP_DIGEST_SIZE];

        tp_digest_write(bytes, digest);
        if (save_horizon(save, (struct tp_str){bytes, sizeof bytes}, opened, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_recent_save(const struct tp_recent *r, struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("seed"), (int64_t)r->seed);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    for (struct table *table = tp_map_first(r->tables); table;
         table = tp_map_next(r->tables, table))
        if (save_table(table, save, err) < 0)
            return -1;
    return 0;
}

static int
load_horizon(struct tp_recent *r, struct tp_str key, tp_time opened, struct tp_err *err)
{
    struct tp_digest digest = {0, 0};

    if (!r->exactly) {
        if (key.len != TP_DIGEST_SIZE)
            return tp_err_set(err, TP_FAULT_MACHINE, "a saved digest is none");
        digest = tp_digest_read(key.ptr);
    }
    look_up(r, number_of(r, opened));
    return open_horizon(r, key, digest, opened) < 0 ? tp_err_memory(err) : 0;
}

int
tp_recent_load(struct tp_recent *r, struct tp_str line, struct tp_err *err)
{
    struct tp_buf key = TP_BUF_INIT;
    int64_t seed;
    tp_time opened;
    const struct tp_saved of_seed = {"seed", TP_SAVED_INT, &seed, false};
    const struct tp_saved fields[] = {
        {"seen", TP_SAVED_HEX, &key, false},
        {"time", TP_SAVED_INT, &opened, false},
    };
    int result;

    if (tp_saved_is(line, "seed")) {
        if (tp_saved_read(line, &of_seed, 1, err) < 0)
            return -1;
        r->seed = (uint64_t)seed;
        return 0;
    }
    result = tp_saved_read(line, fields, 2, err);
    if (result == 0)
        result = load_horizon(r, tp_buf_str(&key), opened, err);
    tp_buf_release(&key);
    return result;
}

size_t
tp_recent_size(const struct tp_recent *r)
{
    return sizeof *r + tp_map_size(r->tables) + r->numbers.cap * sizeof *r->numbers.entry + r->size;
}

size_t
tp_recent_count(const struct tp_recent *r)
{
    return r->count;
}

void
tp_recent_free(struct tp_recent *r)
{
    if (!r)
        return;
    if (r->tables)
        for (void *v = tp_map_first(r->tables); v; v = tp_map_next(r->tables, v))
            release_table(v);
    tp_map_free(r->tables);
    tp_heap_release(&r->numbers);
    free(r);
}
