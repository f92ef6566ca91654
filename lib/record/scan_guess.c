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

static inline struct piece *
follow(struct tp_guess *guess, struct tp_walk *walk, struct piece *piece, const char *p)
{
    struct piece *next = piece->next[0];

    if (!__builtin_expect(next != NULL && fits(next, p), 1))
        next = follow_other(guess, walk, piece, p);
    return next;
}

static inline const char *
plain_end(struct piece *piece, const char *p)
{
    tp_marks marks;

    if (TP_SCAN_SSE2 && piece->wide)
        return tp_plain_end_wide(p);
    marks = tp_stops(p);
    if (__builtin_expect(marks != 0, 1))
        return p + tp_first(marks);
    piece->wide = true;
    return tp_plain_end_wide(p + TP_BLOCK);
}

static inline const char *
take_string(struct tp_walk *walk, struct piece *piece, const char *p)
{
    enum tp_slot_kind kind = TP_SLOT_TEXT;
    const char *end = plain_end(piece, p);

    if (__builtin_expect(*end != '"', 0)) {
        end = tp_walk_string(walk, end, &kind);
        if (!end)
            return NULL;
    }
    if (piece->slot >= 0)
        tp_slot_set(&walk->slots[piece->slot], p, (size_t)(end - p), kind);
    return end + 1;
}

static inline const char *
take_number(struct tp_walk *walk, struct piece *piece, const char *p)
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
    if (piece->slot >= 0)
        tp_slot_set(&walk->slots[piece->slot], p, (size_t)(end - p), kind);
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

    if (!second || !second->next[0] || all_unsettled(second, p, PIECE_UNSTEADY) != 0)
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
        uint32_t left = all_unsettled(next, p, 0);
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

/* Where to put the value behind PIECE. Whether it is wanted is not foreseeable, so it must be put
 * somewhere, and the choice must not become a branch. */
static inline struct tp_slot *
slot_behind(const struct piece *piece, struct tp_walk *walk, struct tp_slot *unwanted)
{
    struct tp_slot *slot = &walk->slots[piece->slot < 0 ? 0 : piece->slot];

    __asm__("" : "+r"(slot));
    slot = piece->slot < 0 ? unwanted : slot;
    __asm__("" : "+r"(slot));
    return slot;
}

/* The same where members come in no order: the next piece is looked up by the name in it, and how
 * long it is and whether it opens a string is seen in the text, so that nothing waits for what is
 * found. What cannot be foreseen (which member, of what kind, how long, wanted or not) is no
 * branch. */
static inline __attribute__((always_inline)) const char *
named_steps(struct tp_guess *guess, struct tp_walk *walk, struct piece **last, const char *p,
            uint32_t *members)
{
    static const uint8_t kinds[2][2] = {{TP_SLOT_INTEGER, TP_SLOT_REAL}, {TP_SLOT_TEXT}};
    struct piece *piece = *last, *next;

    for (;;) {
        size_t gap = guess->gap, name, len;
        tp_marks quotes = tp_quotes(p + gap);
        const char *value; /* from its quote on, if it has one */
        struct tp_slot unwanted;
        uint32_t left, string;
        bool real;

        name = name_len(p, quotes);
        value = p + name + gap + gap; /* quote and colon, and a space if there is one */
        string = tp_quote_at(p + gap, quotes, name + gap);
        next = *named_at(guess, p, gap, name);
        if (!next || next->from != piece->to)
            break;
        left = all_unsettled(next, p, PIECE_IN_NO_ORDER);
        if (__builtin_expect(left != 0, 0)) {
            if (left == PIECE_END) {
                *members += next->members;
                piece = next;
                p += next->len;
            }
            break;
        }
        if (__builtin_expect(p + next->len != value + string || next->stop != !string, 0)) {
            if (next->stop > TP_STOP_NUMBER)
                break;
            string = next->stop == TP_STOP_STRING; /* behind a long name */
            value = p + next->len - string;
        }
        len = tp_quick_scalar(value, string, &real);
        if (__builtin_expect(len == TP_NO_END, 0))
            break;
        tp_slot_set(slot_behind(next, walk, &unwanted), value + string, len - string,
                    kinds[string][real]);
        *members += next->members;
        p = value + len + string;
        piece = next;
    }
    *last = piece;
    return p;
}

static inline __attribute__((always_inline)) const char *
guess_line(struct tp_guess *guess, struct tp_walk *walk, const char *p, bool unordered)
{
    struct piece *piece = &guess->start;
    uint32_t members = 0;

    for (;;) {
        p = unordered ? named_steps(guess, walk, &piece, p, &members)
                      : quick_steps(walk, &piece, p, &members);
        if (piece->stop == TP_STOP_END)
            break;
        piece = follow(guess, walk, piece, p);
        if (!piece)
            return NULL;
        members += piece->members;
        if (__builtin_expect(piece->effects != 0, 0))
            tp_effects_apply(piece->effect, piece->effects, p, walk->slots);
        p += piece->len;
        if (piece->stop == TP_STOP_STRING)
            p = take_string(walk, piece, p);
        else if (piece->stop == TP_STOP_NUMBER)
            p = take_number(walk, piece, p);
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
