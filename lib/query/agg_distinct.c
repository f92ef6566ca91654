/*
 * count_distinct: exact. Values are equal as keys are (record/key): numbers by their
 * value, so 1 = 1.0; strings by their bytes; never across types.
 *
 * Whole numbers are kept as 8 bytes in an open table; all else as its bytes, one behind the other,
 * with a table of where they start. Nothing is told apart by a hash alone.
 */
#include "query/agg_function.h"

#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "record/emit.h"
#include "value/num.h"

#define LEAST_SLOTS 8

/* A set of integers other than 0, which marks a free slot. */
struct integers {
    int64_t *slot;
    size_t count, slots; /* slots: 0 or a power of two */
    bool zero;           /* 0 is in the set */
};

/* A set of byte strings. A slot is 0 or a place: its low 40 bits are the offset + 1 of a string
 * (its length as 4 bytes, its type as one, then itself), the upper 24 bits of its hash spare most
 * comparisons. */
struct strings {
    uint64_t *slot;
    size_t count, slots;
    struct tp_buf bytes;
};

#define PLACE_BITS 40
#define PLACE_MASK ((UINT64_C(1) << PLACE_BITS) - 1)

struct distinct {
    struct integers integers;
    struct strings strings;
};

/* Tables grow when three quarters full. */
static bool
is_full(size_t count, size_t slots)
{
    return count >= slots / 4 * 3;
}

/* ---- integers ---- */

/* A folded multiplication mixes enough for an open table; the seed keeps it from being guessed. */
static size_t
integer_hash(int64_t integer, uint64_t seed)
{
    unsigned __int128 product =
        ((unsigned __int128)((uint64_t)integer ^ seed)) * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)((uint64_t)(product >> 64) ^ (uint64_t)product);
}

/* The slot where INTEGER is or belongs. */
static int64_t *
integer_slot(const struct integers *set, int64_t integer, uint64_t seed)
{
    size_t mask = set->slots - 1, at = integer_hash(integer, seed) & mask;

    while (set->slot[at] != 0 && set->slot[at] != integer)
        at = (at + 1) & mask;
    return &set->slot[at];
}

static int
integers_grow(struct integers *set, uint64_t seed)
{
    struct integers larger = *set;

    larger.slots = set->slots ? set->slots * 2 : LEAST_SLOTS;
    larger.slot = calloc(larger.slots, sizeof *larger.slot);
    if (!larger.slot)
        return -1;
    for (size_t i = 0; i < set->slots; i++)
        if (set->slot[i] != 0)
            *integer_slot(&larger, set->slot[i], seed) = set->slot[i];
    free(set->slot);
    *set = larger;
    return 0;
}

static int
integers_add(struct integers *set, int64_t integer, uint64_t seed)
{
    int64_t *slot;

    if (integer == 0) {
        set->zero = true;
        return 0;
    }
    if (is_full(set->count, set->slots) && integers_grow(set, seed) < 0)
        return -1;
    slot = integer_slot(set, integer, seed);
    set->count += *slot == 0;
    *slot = integer;
    return 0;
}

/* ---- strings ---- */

struct key {
    char type; /* a tp_kind */
    struct tp_str bytes;
};

#define KEY_HEAD (sizeof(uint32_t) + 1)

static uint64_t
key_hash(struct key key, uint64_t seed)
{
    return tp_hash(seed + (uint64_t)key.type, key.bytes.ptr, key.bytes.len);
}

static struct key
key_at(const struct strings *set, uint64_t place)
{
    const char *from = set->bytes.ptr + (place & PLACE_MASK) - 1;
    uint32_t len;

    memcpy(&len, from, sizeof len);
    return (struct key){from[sizeof len], {from + KEY_HEAD, len}};
}

/* The slot where KEY is or belongs. */
static uint64_t *
string_slot(const struct strings *set, struct key key, uint64_t hash)
{
    size_t mask = set->slots - 1, at = hash & mask;

    for (; set->slot[at] != 0; at = (at + 1) & mask) {
        struct key there;

        if (set->slot[at] >> PLACE_BITS != hash >> PLACE_BITS)
            continue;
        there = key_at(set, set->slot[at]);
        if (there.type == key.type && tp_str_equal(there.bytes, key.bytes))
            break;
    }
    return &set->slot[at];
}

static int
strings_grow(struct strings *set, uint64_t seed)
{
    size_t slots = set->slots ? set->slots * 2 : LEAST_SLOTS, mask = slots - 1;
    uint64_t *slot = calloc(slots, sizeof *slot);

    if (!slot)
        return -1;
    for (size_t i = 0; i < set->slots; i++) {
        size_t at;

        if (set->slot[i] == 0)
            continue;
        for (at = key_hash(key_at(set, set->slot[i]), seed) & mask; slot[at] != 0;)
            at = (at + 1) & mask;
        slot[at] = set->slot[i];
    }
    free(set->slot);
    set->slot = slot;
    set->slots = slots;
    return 0;
}

static int
strings_add(struct strings *set, struct key key, uint64_t seed)
{
    uint64_t hash = key_hash(key, seed), *slot;
    uint32_t len = (uint32_t)key.bytes.len;

    if (is_full(set->count, set->slots) && strings_grow(set, seed) < 0)
        return -1;
    slot = string_slot(set, key, hash);
    if (*slot != 0)
        return 0;
    if (key.bytes.len > UINT32_MAX || set->bytes.len >= PLACE_MASK ||
        !tp_buf_reserve(&set->bytes, KEY_HEAD + key.bytes.len)) {
        set->bytes.failed = false; /* what it holds is still good */
        return -1;
    }
    *slot = (hash >> PLACE_BITS << PLACE_BITS) | (set->bytes.len + 1);
    tp_buf_put(&set->bytes, &len, sizeof len);
    tp_buf_put_char(&set->bytes, key.type);
    tp_buf_put_str(&set->bytes, key.bytes);
    set->count++;
    return 0;
}

/* ---- values ---- */

static int
add_bytes(struct distinct *distinct, enum tp_kind type, struct tp_str bytes, uint64_t seed)
{
    return strings_add(&distinct->strings, (struct key){(char)type, bytes}, seed);
}

static int
add_word(struct distinct *distinct, enum tp_kind type, int64_t word, int scale, uint64_t seed)
{
    char bytes[sizeof word + 1];

    memcpy(bytes, &word, sizeof word);
    bytes[sizeof word] = (char)scale;
    return add_bytes(distinct, type, (struct tp_str){bytes, sizeof bytes}, seed);
}

static int
add_decimal(struct distinct *distinct, int64_t mantissa, int scale, uint64_t seed)
{
    while (scale > 0 && mantissa % 10 == 0) {
        mantissa /= 10;
        scale--;
    }
    if (scale == 0)
        return integers_add(&distinct->integers, mantissa, seed);
    return add_word(distinct, TP_REAL, mantissa, scale, seed);
}

/* A double without a decimal is the shortest one that reads back as it, as in tp_num_compare. */
static int
add_real(struct distinct *distinct, struct tp_value value, uint64_t seed)
{
    struct tp_value decimal;
    char text[TP_NUM_MAX];
    size_t len;
    int64_t bits;

    if (value.scale != TP_NO_SCALE)
        return add_decimal(distinct, value.mantissa, value.scale, seed);
    if (value.real >= (double)INT64_MIN && value.real < -(double)INT64_MIN) {
        if (value.real == trunc(value.real))
            return integers_add(&distinct->integers, (int64_t)value.real, seed);
        len = tp_num_write_real(text, value.real);
        tp_num_parse((struct tp_str){text, len}, &decimal);
        if (decimal.kind == TP_REAL && decimal.scale != TP_NO_SCALE)
            return add_decimal(distinct, decimal.mantissa, decimal.scale, seed);
    }
    if (isnan(value.real))
        value.real = (double)NAN; /* one of them */
    memcpy(&bits, &value.real, sizeof bits);
    return add_word(distinct, TP_REAL, bits, TP_NO_SCALE, seed);
}

static int
distinct_add(void *cell, const struct tp_value *value, const struct tp_agg_input *input)
{
    struct distinct *distinct = cell;

    switch (value->kind) {
    case TP_INT:
        return integers_add(&distinct->integers, value->integer, input->seed);
    case TP_REAL:
        return add_real(distinct, *value, input->seed);
    case TP_TEXT:
    case TP_JSON:
        return add_bytes(distinct, value->kind, value->text, input->seed);
    case TP_BOOL:
        return add_word(distinct, TP_BOOL, value->boolean, 0, input->seed);
    case TP_TIME:
    case TP_DURATION:
        return add_word(distinct, value->kind, value->time, 0, input->seed);
    case TP_NULL:
        break;
    }
    return 0;
}

static int
distinct_merge(void *into, const void *from, uint64_t seed)
{
    struct distinct *distinct = into;
    const struct distinct *other = from;

    distinct->integers.zero |= other->integers.zero;
    for (size_t i = 0; i < other->integers.slots; i++)
        if (other->integers.slot[i] != 0 &&
            integers_add(&distinct->integers, other->integers.slot[i], seed) < 0)
            return -1;
    for (size_t i = 0; i < other->strings.slots; i++)
        if (other->strings.slot[i] != 0 &&
            strings_add(&distinct->strings, key_at(&other->strings, other->strings.slot[i]), seed) <
                0)
            return -1;
    return 0;
}

static size_t
distinct_held(const void *cell)
{
    const struct distinct *distinct = cell;

    return (distinct->integers.slots + distinct->strings.slots) * sizeof(uint64_t) +
           distinct->strings.bytes.cap;
}

static void
distinct_clear(void *cell)
{
    struct distinct *distinct = cell;

    free(distinct->integers.slot);
    free(distinct->strings.slot);
    tp_buf_release(&distinct->strings.bytes);
}

/* The value that KEY was made of; text is borrowed from it. */
static struct tp_value
value_of(struct key key)
{
    struct tp_value value = {.kind = (enum tp_kind)key.type};
    int64_t word;

    if (value.kind == TP_TEXT || value.kind == TP_JSON) {
        value.text = key.bytes;
        return value;
    }
    memcpy(&word, key.bytes.ptr, sizeof word);
    if (value.kind == TP_BOOL)
        return tp_bool(word != 0);
    value.time = word;
    if (value.kind != TP_REAL)
        return value;
    value = tp_real(0);
    value.scale = (unsigned char)key.bytes.ptr[sizeof word];
    if (value.scale == (unsigned char)TP_NO_SCALE) {
        value.scale = TP_NO_SCALE;
        memcpy(&value.real, &word, sizeof word);
    }
    value.mantissa = word;
    return value;
}

/* A decimal as its digits: its double need not be known. */
static void
save_value(struct tp_buf *to, struct tp_value value)
{
    if (value.kind != TP_REAL || value.scale == TP_NO_SCALE)
        tp_agg_put_value(to, value);
    else
        tp_buf_printf(to, "%llde-%d", (long long)value.mantissa, value.scale);
}

static void
distinct_save(const void *cell, struct tp_buf *to)
{
    const struct distinct *distinct = cell;
    const struct integers *integers = &distinct->integers;
    const struct strings *strings = &distinct->strings;
    bool any = integers->zero;

    tp_buf_put_str(to, integers->zero ? TP_STR("[0") : TP_STR("["));
    for (size_t i = 0; i < integers->slots; i++) {
        if (integers->slot[i] == 0)
            continue;
        if (any)
            tp_buf_put_char(to, ',');
        tp_emit_value(to, tp_int(integers->slot[i]));
        any = true;
    }
    for (size_t i = 0; i < strings->slots; i++) {
        if (strings->slot[i] == 0)
            continue;
        if (any)
            tp_buf_put_char(to, ',');
        save_value(to, value_of(key_at(strings, strings->slot[i])));
        any = true;
    }
    tp_buf_put_char(to, ']');
}

static bool
distinct_load(void *cell, struct tp_agg_reader *from, uint64_t seed)
{
    struct tp_agg_input input = {.seed = seed};
    bool first = true, broken = !tp_agg_read_char(from, '[');

    while (!broken && tp_agg_read_more(from, &first, &broken)) {
        struct tp_value value;

        broken = !tp_agg_read_value(from, &value);
        if (!broken)
            from->memory |= distinct_add(cell, &value, &input) < 0;
        broken |= from->memory;
    }
    return !broken;
}

const struct tp_agg_store tp_agg_distinct_store = {
    .size = sizeof(struct distinct),
    .align = _Alignof(struct distinct),
    .accepts = TP_AGG_ALL,
    .add = distinct_add,
    .merge = distinct_merge,
    .held = distinct_held,
    .clear = distinct_clear,
    .save = distinct_save,
    .load = distinct_load,
};

TP_AGG_VALUE(tp_agg_distinct_value)
{
    const struct distinct *distinct = cell;

    (void)quantile;
    (void)err;
    *value = tp_int((int64_t)(distinct->integers.count + distinct->strings.count) +
                    distinct->integers.zero);
    return 0;
}
