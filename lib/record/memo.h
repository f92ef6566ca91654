/*
 * memo: what was found last by keys of one short member, by the member's text as it stands in
 * the line. Logs say a few values (a status, a method, a host) again and again: comparing 16 bytes
 * then stands for making the key, hashing it and probing a map.
 *
 * All zero is an empty memo. It may forget at any time; who removes what it lends clears it first.
 */
#ifndef TP_RECORD_MEMO_H
#define TP_RECORD_MEMO_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "record/scan.h"

enum { TP_MEMO_TEXT = 16, TP_MEMO_BITS = 5 };

static_assert(TP_MEMO_TEXT <= TP_SCAN_PADDING, "a slot's text may be read so far");

struct tp_memo_entry {
    uint64_t head, tail; /* of the text, zeros behind it */
    uint32_t len;
    enum tp_slot_kind kind;
    const void *owner; /* the map, or whatever else VALUE was found in; NULL: no entry */
    void *value;
};

struct tp_memo {
    struct tp_memo_entry entry[1 << TP_MEMO_BITS];
};

/* The LEN bytes at P as a number, zeros behind them; eight can be read there. */
static inline uint64_t
tp_memo_word(const char *p, uint32_t len)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return len >= 8 ? word : word & ~(~UINT64_C(0) << 8 * len);
}

/* Where SLOT's value in OWNER stands or would: *SOUGHT is what an entry must say (but its value).
 * NULL when the text is too long to be kept. */
static inline struct tp_memo_entry *
tp_memo_place(struct tp_memo *memo, const void *owner, const struct tp_slot *slot,
              struct tp_memo_entry *sought)
{
    uint64_t mixed;

    if (slot->len > TP_MEMO_TEXT || slot->kind < TP_SLOT_INTEGER)
        return NULL;
    sought->head = tp_memo_word(slot->ptr, slot->len);
    sought->tail = slot->len > 8 ? tp_memo_word(slot->ptr + 8, slot->len - 8) : 0;
    sought->len = slot->len;
    sought->kind = slot->kind;
    sought->owner = owner;
    mixed = (sought->head ^ (sought->tail << 1)) * UINT64_C(0x9e3779b97f4a7c15);
    return &memo->entry[mixed >> (64 - TP_MEMO_BITS)];
}

static inline bool
tp_memo_is(const struct tp_memo_entry *entry, const struct tp_memo_entry *sought)
{
    return entry->head == sought->head && entry->tail == sought->tail &&
           entry->len == sought->len && entry->kind == sought->kind &&
           entry->owner == sought->owner;
}

static inline void
tp_memo_clear(struct tp_memo *memo)
{
    memset(memo, 0, sizeof *memo);
}

#endif
