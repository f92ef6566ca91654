/*
 * scan_piece: what scan_guess has learned, and how it is compared. Private to scan.
 */
#ifndef TP_RECORD_SCAN_PIECE_H
#define TP_RECORD_SCAN_PIECE_H

#include "record/scan_block.h"
#include "record/scan_guess.h"

#define SUCCESSORS 5
#define REVIEW_LINES 128 /* guessing is judged after that many */
#define PIECES_MAX 512
#define PIECE_BUCKETS 1024
#define NAMED 256
#define PLACES_MAX 256
#define TEXTS_SIZE (64 * 1024) /* of all pieces */
#define EFFECTS_SIZE 4096      /* of all pieces */

/* The open containers, as a chain inwards out. The one without parent stands for no container. */
struct place {
    const struct place *parent;
    const struct tp_want *of;
    size_t index;
    size_t depth;
    bool array;
};

/* In a piece's mask, beside a bit for each byte of its `text`: what else a step over it has to
 * see to. */
#define PIECE_LONG 0x10000u     /* it does not end in its `text` */
#define PIECE_EFFECTS 0x20000u  /* it changes slots */
#define PIECE_UNSTEADY 0x40000u /* the values behind it are of different lengths */
#define PIECE_LAST 0x80000u     /* nothing is known to come behind that value */
#define PIECE_END 0x100000u     /* the line ends with it */
#define PIECE_FLAGS 0xffff0000u
#define PIECE_IN_NO_ORDER (PIECE_UNSTEADY | PIECE_LAST) /* where these say nothing */

/* Values of one length are steady after so many; fewer in builds that look for faults. */
#ifndef TP_STEADY_AFTER
#define TP_STEADY_AFTER 32
#endif

/* The first 64 bytes are what a line that repeats the last one needs of it. */
struct piece {
    char text[16];    /* its beginning, with zeros behind it */
    const char *rest; /* from byte 16 on, in whole words; NULL when there is no more */
    uint32_t len;
    uint32_t mask;    /* a bit for each byte of it in `text`, and flags as above */
    int slot;         /* of the scalar behind it; -1: not wanted */
    uint32_t members; /* of the outermost object, begun in it */
    uint32_t length;  /* of the last value behind it, and of all steady ones; 0: it is in it */
    tp_marks within;  /* of a steady value: its last block as far as the byte behind it, ... */
    tp_marks ends;    /* ... and which bytes of that are marked */
    uint8_t stop;     /* enum tp_stop */
    uint8_t effects;
    uint8_t kind;                   /* of steady values: enum tp_slot_kind */
    bool wide;                      /* there have been values longer than a block behind it */
    struct piece *next[SUCCESSORS]; /* likeliest first */
    uint32_t alike; /* so many values behind it, one after the other, were as long as the last */
    const struct tp_effect *effect;
    const struct place *from, *to;
    struct piece *same_bucket;
    uint32_t promote; /* successors other than the first that fitted, since the last change */
} __attribute__((aligned(64)));

struct tp_guess {
    struct piece start;  /* no bytes, no value: what follows it begins a line */
    struct place before; /* before the outermost object: not the same as behind it */
    struct piece *bucket[PIECE_BUCKETS];
    struct piece *named[NAMED]; /* by the name that begins at the third byte or so */
    size_t pieces, places, texts, effects;
    uint32_t lines, misses; /* since the last review; REVIEW_LINES lines in a pause */
    uint32_t strays;        /* pieces that were not one of the two likeliest, since then */
    uint32_t gap;       /* bytes from the end of a value to the next name: 2, or 3 with a space */
    uint32_t unordered; /* reviews for which no order of members is expected */
    uint32_t pause;     /* lines left to scan without guessing */
    uint32_t next_pause;
    bool full;
    struct tp_effects record;
    struct place place[PLACES_MAX];
    struct piece piece[PIECES_MAX];
    struct tp_effect effect[EFFECTS_SIZE];
    char text[TEXTS_SIZE];
};

/* How long the name is that begins before the one of QUOTES behind it, as far as it matters to
 * named_at; 0 where P is the end of a line, behind which there is none. */
static inline size_t
name_len(const char *p, tp_marks quotes)
{
    size_t len = quotes ? tp_first(quotes) : TP_BLOCK;

    return p[1] == '\n' ? 0 : len;
}

/* A place in `named` for what stands at P: if that is `,"name":`, the same one for the same name.
 * Anything else only must not make it read further than the padding. */
static inline struct piece **
named_at(struct tp_guess *guess, const char *p, size_t gap, size_t len)
{
    uint64_t head = (tp_load64(p + gap) & tp_low_bytes(len)) + len + (unsigned char)*p;

    return &guess->named[head * UINT64_C(0x9e3779b97f4a7c15) >> 56]; /* 2^64 / golden ratio */
}

/* -- comparing -- */

/* What of the piece is not settled by the first 16 bytes at P: bits of its mask. */
static inline uint32_t
unsettled(const struct piece *piece, const char *p)
{
#if TP_SCAN_SSE2
    __m128i a = _mm_load_si128((const __m128i *)(const void *)piece->text);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);

    return ~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & piece->mask;
#else
    uint32_t len = piece->len;
    uint64_t low = tp_load64(piece->text) ^ tp_load64(p);
    uint64_t high = len > 8 ? tp_load64(piece->text + 8) ^ tp_load64(p + 8) : 0;

    low &= tp_low_bytes(len);
    high &= tp_low_bytes(len - 8);
    return (piece->mask & PIECE_FLAGS) | ((low | high) != 0);
#endif
}

/* Compares word by word and stops at the first difference: a newline is only ever the last byte of
 * a piece, so nothing far behind the line's end is read. */
static inline bool
same_rest(const struct piece *piece, const char *p)
{
    size_t left = piece->len - 16;
    const char *text = piece->rest;

    for (p += 16; left > 8; left -= 8, p += 8, text += 8)
        if (tp_load64(text) != tp_load64(p))
            return false;
    return ((tp_load64(text) ^ tp_load64(p)) & tp_low_bytes(left)) == 0;
}

/* '-', the digits, and '.' and '/', behind which the walker finds the fault. */
static inline bool
begins_number(char c)
{
    return (unsigned char)(c - '-') <= '9' - '-';
}

/* The same with all of its text, but for the flags in BUT. */
static inline uint32_t
all_unsettled(const struct piece *piece, const char *p, uint32_t but)
{
    uint32_t left = unsettled(piece, p) & ~but;

    if (__builtin_expect(left != 0, 0) && left & PIECE_LONG && same_rest(piece, p))
        left ^= PIECE_LONG;
    return left;
}

/* Does PIECE stand at P? A number's piece ends before the number, so it does not say by itself
 * that a number follows. */
static inline bool
fits(const struct piece *piece, const char *p)
{
    if (unsettled(piece, p) & 0xffff)
        return false;
    if (__builtin_expect(piece->rest != NULL, 0) && !same_rest(piece, p))
        return false;
    return piece->stop != TP_STOP_NUMBER || begins_number(p[piece->len]);
}

/* A review of the last lines, which are REVIEW_LINES now, or a pause that goes on. Should the next
 * line be guessed? */
bool tp_guess_review(struct tp_guess *guess);

/* Lets the walker make one step from behind the value that followed PIECE, and learns it. NULL
 * when the walker finds a fault, or the step cannot be kept. */
struct piece *tp_guess_learn(struct tp_guess *guess, struct tp_walk *walk, struct piece *piece,
                             const char *p);

/* The values behind PIECE, of which VALUE is one, have been equally long for a while. If they are
 * of a kind that can be recognised by that, they are steady until one differs: then where the next
 * piece begins is known before the value is looked at, and not after. */
void tp_guess_settle(struct piece *piece, const char *value, enum tp_slot_kind kind);

#endif
