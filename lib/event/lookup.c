#include "event/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/fetch.h"
#include "base/hash.h"
#include "base/huge.h"

/* Rows begin at multiples of this: 32 bits then reach 16 GiB. */
#define UNIT 4
#define USUAL_ROW 128 /* bytes that most rows do not exceed */
#define LEAST_SLOTS 1024
#define AHEAD 16 /* rows whose places are on their way */
#define FIRST_BYTES 65536

/* Rows of one key form a ring; its slot names the last, whose `next` is the first. Until the table
 * is ready `next` is the hash of the key. */
struct row {
    uint32_t next;
    uint32_t key_len, len;
    uint32_t mark;
    char text[]; /* key, line */
};

struct slot {
    uint32_t tag;
    uint32_t at; /* of the last row of the key, in units; 0: empty */
};

struct tp_lookup {
    struct slot *slot;
    size_t slots; /* a power of two, more than 4/3 of the rows; 0: not ready */
    char *bytes;
    size_t used, cap; /* used: a multiple of UNIT */
    size_t rows;
    uint64_t seed;
};

struct tp_lookup *
tp_lookup_new(void)
{
    struct tp_lookup *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->seed = tp_hash_seed();
    l->bytes = tp_huge_zeroed(FIRST_BYTES);
    l->cap = FIRST_BYTES;
    l->used = UNIT; /* no row is at 0 */
    if (l->bytes)
        return l;
    tp_lookup_free(l);
    return NULL;
}

void
tp_lookup_free(struct tp_lookup *l)
{
    if (!l)
        return;
    tp_huge_free(l->slot, l->slots * sizeof *l->slot);
    tp_huge_free(l->bytes, l->cap);
    free(l);
}

static struct row *
row_at(const struct tp_lookup *l, uint32_t at)
{
    return (struct row *)(l->bytes + (size_t)at * UNIT);
}

/* Where KEY stands, or the empty slot where it would. */
static struct slot *
slot_of(const struct tp_lookup *l, struct tp_str key, uint32_t tag)
{
    size_t mask = l->slots - 1, i = tag & mask;

    for (; l->slot[i].at; i = (i + 1) & mask) {
        const struct row *row;

        if (l->slot[i].tag != tag)
            continue;
        row = row_at(l, l->slot[i].at);
        if (row->key_len == key.len && memcmp(row->text, key.ptr, key.len) == 0)
            break;
    }
    return &l->slot[i];
}

/* --- adding ------------------------------------------------------------------------------------*/

static int
grow_bytes(struct tp_lookup *l, size_t cap)
{
    char *grown = tp_huge_grow(l->bytes, l->cap, cap);

    if (!grown)
        return -1;
    l->bytes = grown;
    l->cap = cap;
    return 0;
}

/* Bytes from one row to the next. */
static size_t
size_of_row(size_t text)
{
    return (sizeof(struct row) + text + UNIT - 1) / UNIT * UNIT;
}

/* Room for a row of LEN bytes of text; its offset in units, 0 when memory ran out. */
static uint32_t
room_for(struct tp_lookup *l, size_t len)
{
    size_t need = size_of_row(len), cap = l->cap, at = l->used;

    if (at / UNIT > UINT32_MAX)
        return 0;
    while (cap - l->used < need)
        cap += cap / 2;
    if (cap > l->cap && grow_bytes(l, cap) < 0)
        return 0;
    l->used += need;
    return (uint32_t)(at / UNIT);
}

void
tp_lookup_expect(struct tp_lookup *l, size_t bytes)
{
    if (bytes > l->cap)
        (void)grow_bytes(l, bytes);
}

static uint32_t
hash_of(const struct tp_lookup *l, struct tp_str key)
{
    return (uint32_t)tp_hash(l->seed, key.ptr, key.len);
}

int
tp_lookup_add(struct tp_lookup *l, struct tp_str key, struct tp_str line, uint32_t mark,
              struct tp_err *err)
{
    uint32_t at;
    struct row *row;

    if (key.len > UINT32_MAX || line.len > UINT32_MAX)
        return tp_err_memory(err);
    at = room_for(l, key.len + line.len);
    if (at == 0)
        return tp_err_memory(err);
    row = row_at(l, at);
    row->next = hash_of(l, key);
    row->key_len = (uint32_t)key.len;
    row->len = (uint32_t)line.len;
    row->mark = mark;
    memcpy(row->text, key.ptr, key.len);
    memcpy(row->text + key.len, line.ptr, line.len);
    l->rows++;
    return 0;
}

/* --- getting ready -----------------------------------------------------------------------------*/

/* Places for so many rows. */
static size_t
slots_for(size_t rows)
{
    size_t slots = LEAST_SLOTS;

    while (3 * slots <= 4 * rows)
        slots *= 2;
    return slots;
}

static uint32_t
row_behind(const struct tp_lookup *l, uint32_t at)
{
    const struct row *row = row_at(l, at);

    return at + (uint32_t)(size_of_row((size_t)row->key_len + row->len) / UNIT);
}

static void
link_row(struct tp_lookup *l, uint32_t at)
{
    struct row *row = row_at(l, at), *last;
    uint32_t tag = row->next;
    struct slot *slot = slot_of(l, (struct tp_str){row->text, row->key_len}, tag);

    row->next = at;
    if (slot->at != 0) {
        last = row_at(l, slot->at);
        row->next = last->next;
        last->next = at;
    }
    *slot = (struct slot){tag, at};
}

static void
ask_for_place(const struct tp_lookup *l, uint32_t hash)
{
    __builtin_prefetch(&l->slot[hash & (l->slots - 1)]);
}

/* The places of all rows lie anywhere, so each is asked for AHEAD rows before it is needed. */
static void
link_rows(struct tp_lookup *l)
{
    uint32_t at = 1, ahead = 1;

    for (size_t i = 0; i < l->rows + AHEAD; i++) {
        if (i < l->rows) {
            ask_for_place(l, row_at(l, ahead)->next);
            ahead = row_behind(l, ahead);
        }
        if (i >= AHEAD) {
            uint32_t next = row_behind(l, at);

            link_row(l, at);
            at = next;
        }
    }
}

int
tp_lookup_ready(struct tp_lookup *l, struct tp_err *err)
{
    size_t slots = slots_for(l->rows);

    l->slot = tp_huge_zeroed(slots * sizeof *l->slot);
    if (!l->slot)
        return tp_err_memory(err);
    l->slots = slots;
    link_rows(l);
    return 0;
}

/* --- asking ------------------------------------------------------------------------------------*/

uint32_t
tp_lookup_hash(const struct tp_lookup *l, struct tp_str key)
{
    uint32_t hash = hash_of(l, key);

    ask_for_place(l, hash);
    return hash;
}

void
tp_lookup_fetch(const struct tp_lookup *l, uint32_t hash)
{
    size_t mask = l->slots - 1, i = hash & mask;

    while (l->slot[i].at && l->slot[i].tag != hash)
        i = (i + 1) & mask;
    if (l->slot[i].at)
        tp_fetch(row_at(l, l->slot[i].at), USUAL_ROW);
}

struct tp_lookup_found
tp_lookup_find_hashed(const struct tp_lookup *l, struct tp_str key, uint32_t hash)
{
    uint32_t last = slot_of(l, key, hash)->at;

    return (struct tp_lookup_found){l, last ? row_at(l, last)->next : 0, last};
}

struct tp_lookup_found
tp_lookup_find(const struct tp_lookup *l, struct tp_str key)
{
    return tp_lookup_find_hashed(l, key, hash_of(l, key));
}

bool
tp_lookup_next(struct tp_lookup_found *found, struct tp_lookup_row *row)
{
    const struct row *at;

    if (found->at == 0)
        return false;
    at = row_at(found->lookup, found->at);
    row->line = (struct tp_str){at->text + at->key_len, at->len};
    row->mark = at->mark;
    found->at = found->at == found->last ? 0 : at->next;
    return true;
}

size_t
tp_lookup_count(const struct tp_lookup *l)
{
    return l->rows;
}

size_t
tp_lookup_size(const struct tp_lookup *l)
{
    return sizeof *l + slots_for(l->rows) * sizeof *l->slot + l->used;
}
