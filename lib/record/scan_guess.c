#include "record/scan_guess.h"

#include "record/scan_block.h"
#include "record/scan_piece.h"

#define PROMOTE_AFTER 8

/* Two pieces that take turns must not swap places each time. */
static void
promote(struct piece *piece, size_t at)
{
    struct piece *better = piece->next[at];

    if (++piece->promote < PROMOTE_AFTER)
        return;
    piece->promote = 0;
    piece->next[at] = piece->next[at - 1];
    piece->next[at - 1] = better;
}

/* *LEN becomes the piece's length: measured in the text, if that comes to the same. Then the
 * processor need not wait until the piece is found to go on behind it. */
static inline struct piece *
follow_name(struct tp_guess *guess, struct piece *piece, const char *p, size_t *len)
{
    const char *name = p + guess->gap;
    size_t measured = name_len(name);
    struct piece *next = *named_at(guess, p, name, measured);

    measured += guess->gap + guess->gap; /* quote and colon, and a space if there was one before */
    measured += p[measured] == '"';
    if (!next || next->from != piece->to || !fits(next, p))
        return NULL;
    *len = next->len;
    if (__builtin_expect(measured == next->len, 1)) {
        __asm__("" : "+r"(measured));
        *len = measured;
    }
    return next;
}

static __attribute__((noinline)) struct piece *
follow_other(struct tp_guess *guess, struct tp_walk *walk, struct piece *piece, const char *p)
{
    for (size_t at = 1; at < SUCCESSORS && piece->next[at]; at++) {
        struct piece *next = piece->next[at];

        if (fits(next, p)) {
            guess->strays += at > 1;
            promote(piece, at);
            return next;
        }
    }
    guess->strays++;
    return tp_guess_learn(guess, walk, piece, p);
}

static inline __attribute__((always_inline)) struct piece *
follow(struct tp_guess *guess, struct tp_walk *walk, struct piece *piece, const char *p,
       bool unordered, size_t *len)
{
    struct piece *next = unordered ? follow_name(guess, piece, p, len) : NULL;

    if (unordered && __builtin_expect(next != NULL, 1))
        return next;
    next = piece->next[0];
    if (!__builtin_expect(next != NULL && fits(next, p), 1))
        next = follow_other(guess, walk, piece, p);
    *len = next ? next->len : 0;
    return next;
}

/* Without order it is not foreseeable whether the scalar is wanted: then all are put somewhere. */
static inline __attribute__((always_inline)) void
put(struct tp_walk *walk, int slot, const char *p, const char *end, enum tp_slot_kind kind,
    bool unordered)
{
    struct tp_slot unwanted = {NULL, 0, TP_SLOT_MISSING}, *to;

    if (!unordered && slot < 0)
        return;
    to = slot < 0 ? &unwanted : &walk->slots[slot];
    if (unordered)
        __asm__("" : "+r"(to)); /* keeps the compiler from making it a branch again */
    tp_slot_set(to, p, (size_t)(end - p), kind);
}

/* Whether this string is longer than a block cannot be foreseen, whether strings behind this piece
 * sometimes are can. */
static inline const char *
plain_end(struct piece *piece, const char *p, bool unordered)
{
    tp_marks marks;

    if (TP_SCAN_SSE2 && (unordered || piece->wide))
        return tp_plain_end_wide(p);
    marks = tp_stops(p);
    if (__builtin_expect(marks != 0, 1))
        return p + tp_first(marks);
    piece->wide = true;
    return tp_plain_end_wide(p + TP_BLOCK);
}

static inline __attribute__((always_inline)) const char *
take_string(struct tp_walk *walk, struct piece *piece, const char *p, bool unordered)
{
    enum tp_slot_kind kind = TP_SLOT_TEXT;
    const char *end = plain_end(piece, p, unordered);

    if (__builtin_expect(*end != '"', 0)) {
        end = tp_walk_string(walk, end, &kind);
        if (!end)
            return NULL;
    }
    put(walk, piece->slot, p, end, kind, unordered);
    return end + 1;
}

static inline __attribute__((always_inline)) const char *
take_number(struct tp_walk *walk, struct piece *piece, const char *p, bool unordered)
{
    bool real;
    size_t len = tp_simple_number(p, &real);
    enum tp_slot_kind kind = real ? TP_SLOT_REAL : TP_SLOT_INTEGER;
    const char *end = p + len;

    if (__builtin_expect(len == 0, 0)) {
        piece->wide = true;
        end = tp_walk_number(walk, p, &kind);
        if (!end)
            return NULL;
    }
    put(walk, piece->slot, p, end, kind, unordered);
    return end;
}

/* The length of the string at VALUE behind PIECE, which is not plain, or not as short as those
 * before it; TP_NO_END when it is bad. */
static __attribute__((noinline)) size_t
other_string(struct tp_walk *walk, struct piece *piece, const char *value, enum tp_slot_kind *kind)
{
    const char *end = tp_walk_string(walk, value, kind);

    if (!end)
        return TP_NO_END;
    piece->wide |= end - value >= TP_BLOCK;
    return (size_t)(end - value);
}

/* The length of the value at VALUE behind PIECE; TP_NO_END if it is bad, or not a number as most
 * are. */
static inline __attribute__((always_inline)) size_t
quick_value(struct tp_walk *walk, struct piece *piece, const char *value, enum tp_slot_kind *kind)
{
    size_t len;
    bool real;

    if (__builtin_expect(piece->stop == TP_STOP_STRING, 1)) {
        *kind = TP_SLOT_TEXT;
        len = piece->wide ? tp_quick_end(value, true) : tp_quick_end(value, false);
        return __builtin_expect(len == TP_NO_END, 0) ? other_string(walk, piece, value, kind) : len;
    }
    *kind = TP_SLOT_MISSING;
    if (piece->stop != TP_STOP_NUMBER)
        return piece->stop == TP_STOP_DONE ? 0 : TP_NO_END; /* the value is in the piece */
    len = piece->wide ? tp_simple_number_wide(value, &real) : tp_simple_number(value, &real);
    if (!len)
        return TP_NO_END;
    *kind = real ? TP_SLOT_REAL : TP_SLOT_INTEGER;
    return len;
}

/* Is the value at VALUE behind PIECE as the steady ones before it were? That what ends a number is
 * no part of it is left to the next piece. */
static inline __attribute__((always_inline)) bool
is_steady(const struct piece *piece, const char *value)
{
    const char *end = value + piece->length;
    tp_marks odd = 0;

    if (__builtin_expect(piece->stop != TP_STOP_STRING, 0)) {
        if ((tp_non_digits(value) & piece->within) != piece->ends)
            return false;
        return piece->kind == TP_SLOT_REAL ? value[1] == '.' : *value != '0' || end == value + 1;
    }
    for (; __builtin_expect(end - value >= TP_BLOCK, 0); value += TP_BLOCK)
        odd |= tp_stops(value);
    odd |= (tp_stops(value) & piece->within) ^ piece->ends;
    return !odd && *end == '"';
}

/* VALUE behind PIECE is LEN long: are they all? */
static inline void
watch_length(struct piece *piece, const char *value, size_t len, enum tp_slot_kind kind)
{
    uint32_t same = len == piece->length;

    __asm__("" : "+r"(same)); /* not foreseeable: no branch */
    piece->alike = (piece->alike + 1) & (0 - same);
    piece->length = (uint32_t)len;
    piece->mask |= PIECE_UNSTEADY;
    if (__builtin_expect(piece->alike >= TP_STEADY_AFTER, 0))
        tp_guess_settle(piece, value, kind);
}

/* What comes behind PIECE second most often, if it stands at P. */
static inline struct piece *
follow_second(struct piece *piece, const char *p)
{
    struct piece *second = piece->next[1];

    if (!second || !second->next[0] || (all_unsettled(second, p) & ~PIECE_UNSTEADY))
        return NULL;
    promote(piece, 1);
    return second;
}

/* Steps as most are: behind *LAST comes what came there last time, and then a scalar without
 * surprises. Goes on as long as that holds. Hands back the byte behind the last value, and *LAST
 * and *MEMBERS are as far as that; whatever comes there (another successor, effects, an escape, the
 * end) is the caller's to see to. Only what all lines need is in here: each instruction counts, and
 * most of all those between the length of a value and the next value, for which all else waits. */
static inline __attribute__((always_inline)) const char *
quick_steps(struct tp_walk *walk, struct piece **last, const char *p, uint32_t *members)
{
    struct piece *piece = *last, *next = piece->next[0], *ahead;
    const char *value;

    if (__builtin_expect(!next, 0))
        return p;
    value = p + next->len;
    for (;;) {
        uint32_t left = all_unsettled(next, p);
        const char *beyond; /* ... the next piece, were this value empty */
        enum tp_slot_kind kind;
        bool string;
        size_t len;

        if (__builtin_expect(left & ~PIECE_UNSTEADY, 0)) {
            if (left == PIECE_END) {
                *members += next->members;
                piece = next;
                p = value;
                break;
            }
            next = follow_second(piece, p);
            if (!next)
                break;
            value = p + next->len;
            left = next->mask & PIECE_UNSTEADY;
        }
        if (__builtin_expect(left == 0, 1) && __builtin_expect(is_steady(next, value), 1)) {
            piece = next;
            next = piece->next[0];
            *members += piece->members;
            len = piece->length;
            if (__builtin_expect(piece->slot >= 0, 0))
                tp_slot_set(&walk->slots[piece->slot], value, len, piece->kind);
            p = value + len + (piece->stop == TP_STOP_STRING);
            value = p + next->len;
            continue;
        }
        ahead = next->next[0];
        string = next->stop == TP_STOP_STRING;
        beyond = value + string + ahead->len;
        len = quick_value(walk, next, value, &kind);
        if (__builtin_expect(len == TP_NO_END, 0))
            break;
        watch_length(next, value, len, kind);
        __asm__("" : "+r"(beyond)); /* so that it is not put together in another order */
        p = value + len + string;
        *members += next->members;
        piece = next;
        if (__builtin_expect(piece->slot >= 0, 0))
            tp_slot_set(&walk->slots[piece->slot], value, len, kind);
        value = beyond + len;
        next = ahead;
    }
    *last = piece;
    return p;
}

static inline __attribute__((always_inline)) const char *
guess_line(struct tp_guess *guess, struct tp_walk *walk, const char *p, bool unordered)
{
    struct piece *piece = &guess->start;
    uint32_t members = 0;
    size_t len;

    for (;;) {
        if (!unordered)
            p = quick_steps(walk, &piece, p, &members);
        if (!unordered && piece->stop == TP_STOP_END)
            break;
        piece = follow(guess, walk, piece, p, unordered, &len);
        if (!piece)
            return NULL;
        members += piece->members;
        if (__builtin_expect(piece->effects != 0, 0))
            tp_effects_apply(piece->effect, piece->effects, p, walk->slots);
        p += len;
        if (piece->stop == TP_STOP_STRING)
            p = take_string(walk, piece, p, unordered);
        else if (piece->stop == TP_STOP_NUMBER)
            p = take_number(walk, piece, p, unordered);
        else if (piece->stop == TP_STOP_END)
            break;
        if (!p)
            return NULL;
    }
    walk->members = members;
    return p;
}

const char *
tp_guess_line(struct tp_guess *guess, struct tp_walk *walk, const char *p)
{
    if (__builtin_expect(++guess->lines >= REVIEW_LINES, 0) && !tp_guess_review(guess))
        return NULL;
    return guess->unordered ? guess_line(guess, walk, p, true) : guess_line(guess, walk, p, false);
}
