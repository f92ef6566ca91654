/*
 * memo: what was found last by keys of one short member, by the member's text as it stands in
 * the line. Logs say a few values (a status, a method, a host) again and again: comparing 16 bytes
 * then stands for making the key, hashing it and probing a map. Where keys are many it seldom
 * helps, notices that, and rests.
 *
 * All zero is an empty memo. It may forget at any time; who removes what it lends clears it first.
 */
#ifndef TP_RECORD_MEMO_H
#define TP_RECORD_MEMO_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "record/scan.h"

enum { TP_MEMO_TEXT = 16, TP_MEMO_BITS = 5, TP_MEMO_TRIAL = 256, TP_MEMO_REST = 1 << 14 };

static_assert(TP_MEMO_TEXT <= TP_SCAN_PADDING, "a slot's text may be read so far");

struct tp_memo_entry {
    uint64_t head, tail; /* of the text, zeros behind it */
    uint64_t shape;      /* its kind and length */
    const void *owner;   /* the map, or whatever else VALUE was found in; NULL: no entry */
    void *value;
};

struct tp_memo {
    struct tp_memo_entry entry[1 << TP_MEMO_BITS];
    unsigned hits, misses; /* since it was last judged */
    unsigned rest;         /* so many more questions are not worth an answer */
};

/* The LEN bytes at P as a number, zeros behind them; eight can be read there. */
static inline uint64_t
tp_memo_word(const char *p, uint32_t len)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return len >= 8 ? word : word & ~(~UINT64_C(0) << 8 * len);
}

static inline bool
tp_memo_fits(const struct tp_slot *slot)
{
    return slot->len <= TP_MEMO_TEXT && slot->kind >= TP_SLOT_INTEGER;
}

/* What an entry for SLOT's value in OWNER says, but for the value it lends. */
static inline struct tp_memo_entry
tp_memo_sought(const void *owner, const struct tp_slot *slot)
{
    return (struct tp_memo_entry){
        .head = tp_memo_word(slot->ptr, slot->len),
        .tail = slot->len > 8 ? tp_memo_word(slot->ptr + 8, slot->len - 8) : 0,
        .shape = (uint64_t)slot->kind << 32 | slot->len,
        .owner = owner,
    };
}

/* Where it stands or would. */
static inline struct tp_memo_entry *
tp_memo_place(struct tp_memo *memo, const struct tp_memo_entry *sought)
{
    uint64_t mixed = (sought->head ^ (sought->tail << 1)) * UINT64_C(0x9e3779b97f4a7c15);

    return &memo->entry[mixed >> (64 - TP_MEMO_BITS)];
}

/* What was kept for SLOT's value in OWNER; NULL when that is not known (any more). */
static inline void *
tp_memo_find(struct tp_memo *memo, const void *owner, const struct tp_slot *slot)
{
    const struct tp_memo_entry *place;
    struct tp_memo_entry sought;

    if (memo->rest > 0) {
        memo->rest--;
        return NULL;
    }
    if (!tp_memo_fits(slot))
        return NULL;
    sought = tp_memo_sought(owner, slot);
    place = tp_memo_place(memo, &sought);
    if (place->head != sought.head || place->tail != sought.tail || place->shape != sought.shape ||
        place->owner != owner)
        return NULL;
    memo->hits++;
    return place->value;
}

/* Is nothing to be found or kept just now? */
static inline bool
tp_memo_rests(const struct tp_memo *memo)
{
    return memo->rest > 0;
}

/* Keeps VALUE, which was not found, for the next time. */
static inline void
tp_memo_keep(struct tp_memo *memo, const void *owner, const struct tp_slot *slot, void *value)
{
    struct tp_memo_entry entry;

    if (memo->rest > 0)
        return;
    if (tp_memo_fits(slot)) {
        entry = tp_memo_sought(owner, slot);
        entry.value = value;
        *tp_memo_place(memo, &entry) = entry;
    }
    if (++memo->misses < TP_MEMO_TRIAL)
        return;
    if (memo->hits < TP_MEMO_TRIAL / 2)
        memo->rest = TP_MEMO_REST;
    memo->hits = memo->misses = 0;
}

static inline void
tp_memo_clear(struct tp_memo *memo)
{
    memset(memo->entry, 0, sizeof memo->entry);
}

#endif
