#include "record/scan_guess.h"

#include <stdlib.h>

#include "record/scan_block.h"

#define SUCCESSORS 5
#define PIECES_MAX 512
#define PIECE_BUCKETS 1024
#define PLACES_MAX 256
#define PLACE_DEPTH_MAX 64
#define TEXT_MAX 512           /* of one piece */
#define TEXTS_SIZE (64 * 1024) /* of all pieces */
#define EFFECTS_SIZE 4096      /* of all pieces */
#define REVIEW_LINES 128       /* guessing is judged after that many */
#define PAUSE_FIRST 4096       /* lines without guessing, the first time */
#define PAUSE_LAST (1024 * 1024)
#define PROMOTE_AFTER 8

/* The open containers, as a chain inwards out. The one without parent stands for no container. */
struct place {
    const struct place *parent;
    const struct tp_want *of;
    size_t index;
    size_t depth;
    bool array;
};

/* The first 64 bytes are what a line that repeats the last one needs of it. */
struct piece {
    char text[16];    /* its beginning, with zeros behind it */
    const char *rest; /* from byte 16 on, in whole words; NULL when there is no more */
    uint32_t len;
    uint32_t value_len;  /* of the value before the last... */
    uint32_t value_runs; /* ... and how often in a row it was the same */
    int slot;            /* of the scalar behind it; -1: not wanted */
    uint8_t stop;        /* enum tp_stop */
    uint8_t effects;
    uint16_t members; /* of the outermost object, begun in it */
    bool wide;        /* there have been strings longer than a block behind it */
    uint16_t mask;    /* a bit for each byte of it in `text` */
    const struct tp_effect *effect;
    struct piece *next[SUCCESSORS]; /* likeliest first */
    const struct place *from, *to;
    struct piece *same_bucket;
    uint32_t promote; /* successors other than the first that fitted, since the last change */
} __attribute__((aligned(64)));

struct tp_guess {
    struct piece start; /* ends nothing: what follows it begins a line */
    struct piece *bucket[PIECE_BUCKETS];
    size_t pieces, places, texts, effects;
    unsigned confidence;
    uint32_t lines, misses; /* since the last review */
    uint32_t pause;         /* lines left to scan without guessing */
    uint32_t next_pause;
    bool full;
    struct tp_effects record;
    struct place place[PLACES_MAX];
    struct piece piece[PIECES_MAX];
    struct tp_effect effect[EFFECTS_SIZE];
    char text[TEXTS_SIZE];
};

/* Forgets every piece. Nothing outside points to one between two lines. */
static void
forget(struct tp_guess *guess)
{
    memset(&guess->start, 0, sizeof guess->start);
    memset(guess->bucket, 0, sizeof guess->bucket);
    guess->places = 1;
    guess->place[0] = (struct place){0};
    guess->start.from = guess->start.to = &guess->place[0];
    guess->start.stop = TP_STOP_END;
    guess->pieces = guess->texts = guess->effects = 0;
    guess->full = false;
}

struct tp_guess *
tp_guess_new(void)
{
    struct tp_guess *guess = aligned_alloc(_Alignof(struct tp_guess), sizeof *guess);

    if (!guess)
        return NULL;
    memset(guess, 0, offsetof(struct tp_guess, place));
    guess->next_pause = PAUSE_FIRST;
    forget(guess);
    return guess;
}

void
tp_guess_free(struct tp_guess *guess)
{
    free(guess);
}

void
tp_guess_set_confidence(struct tp_guess *guess, unsigned confidence)
{
    guess->confidence = confidence;
}

/* Above 1.5 misses a line the walker alone is faster. */
static void
review(struct tp_guess *guess)
{
    if (guess->misses > guess->lines + guess->lines / 2) {
        guess->pause = guess->next_pause;
        if (guess->next_pause < PAUSE_LAST)
            guess->next_pause *= 2;
        forget(guess);
    } else if (guess->full && guess->misses > guess->lines / 4) {
        forget(guess); /* the pool is full of what no longer comes */
    }
    guess->lines = guess->misses = 0;
}

bool
tp_guess_wanted(struct tp_guess *guess)
{
    if (guess->pause) {
        guess->pause--;
        return false;
    }
    if (++guess->lines == REVIEW_LINES)
        review(guess);
    return guess->pause == 0;
}

/* -- comparing -- */

#if TP_SCAN_SSE2

static inline bool
same_start(const struct piece *piece, const char *p)
{
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)piece->text);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);

    return (~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & piece->mask) == 0;
}

#else

static inline bool
same_start(const struct piece *piece, const char *p)
{
    uint32_t len = piece->len;
    uint64_t low = tp_load64(piece->text) ^ tp_load64(p);
    uint64_t high = tp_load64(piece->text + 8) ^ tp_load64(p + 8);

    if (len <= 8)
        return (low & tp_low_bytes(len)) == 0;
    return (low | (high & tp_low_bytes(len - 8))) == 0;
}

#endif

/* Compares word by word and stops at the first difference: a newline is only ever the last byte of
 * a piece, so nothing far behind the line's end is read. */
static bool
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

/* Does PIECE stand at P? A number's piece ends before the number, so it does not say by itself
 * that a number follows. */
static inline bool
fits(const struct piece *piece, const char *p)
{
    if (!same_start(piece, p))
        return false;
    if (__builtin_expect(piece->rest != NULL, 0) && !same_rest(piece, p))
        return false;
    return piece->stop != TP_STOP_NUMBER || begins_number(p[piece->len]);
}

/* -- learning -- */

/* Puts the walker where PLACE is. */
static void
stand_at(struct tp_walk *walk, const struct place *place)
{
    walk->depth = place->depth;
    for (; place->depth; place = place->parent) {
        uint64_t bit = (uint64_t)1 << (place->depth % 64);

        if (place->array)
            walk->arrays[place->depth / 64] |= bit;
        else
            walk->arrays[place->depth / 64] &= ~bit;
        if (place->depth <= TP_WALK_FRAMES) {
            walk->of[place->depth - 1] = place->of;
            walk->index[place->depth - 1] = place->index;
        }
    }
}

static const struct place *
find_place(struct tp_guess *guess, struct place place)
{
    for (size_t i = 1; i < guess->places; i++) {
        const struct place *known = &guess->place[i];

        if (known->parent == place.parent && known->array == place.array && known->of == place.of &&
            known->index == place.index)
            return known;
    }
    if (guess->places == PLACES_MAX) {
        guess->full = true;
        return NULL;
    }
    guess->place[guess->places] = place;
    return &guess->place[guess->places++];
}

/* Where the walker stands, or NULL when that is too deep or there are too many places. */
static const struct place *
place_of(struct tp_guess *guess, const struct tp_walk *walk)
{
    const struct place *place = &guess->place[0];

    if (walk->depth > PLACE_DEPTH_MAX)
        return NULL;
    for (size_t depth = 1; place && depth <= walk->depth; depth++) {
        struct place inner = {.parent = place, .depth = depth};

        inner.array = walk->arrays[depth / 64] >> (depth % 64) & 1;
        if (depth <= TP_WALK_FRAMES) {
            inner.of = walk->of[depth - 1];
            if (inner.array && inner.of && inner.of->indexed)
                inner.index = walk->index[depth - 1];
        }
        place = find_place(guess, inner);
    }
    return place;
}

static size_t
bucket_of(const struct place *from, const char *text, size_t len)
{
    uint64_t hash = (uint64_t)from->depth + len;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return (size_t)(hash >> 24) % PIECE_BUCKETS;
}

static bool
is_piece(const struct piece *piece, const struct place *from, const char *text, size_t len,
         enum tp_stop stop)
{
    if (piece->from != from || piece->len != len || piece->stop != stop)
        return false;
    if (len <= 16)
        return memcmp(piece->text, text, len) == 0;
    return memcmp(piece->text, text, 16) == 0 && memcmp(piece->rest, text + 16, len - 16) == 0;
}

/* What a step of the walker found out. */
struct finding {
    const struct place *from, *to;
    const char *text;
    size_t len;
    enum tp_stop stop;
    int slot;
    size_t members;
};

static struct piece *
new_piece(struct tp_guess *guess, const struct finding *found)
{
    size_t rest_len = found->len > 16 ? found->len - 16 : 0;
    size_t room = (rest_len + 7) / 8 * 8;
    struct piece *piece = &guess->piece[guess->pieces];

    if (guess->pieces == PIECES_MAX || TEXTS_SIZE - guess->texts < room ||
        EFFECTS_SIZE - guess->effects < guess->record.count) {
        guess->full = true;
        return NULL;
    }
    *piece = (struct piece){.len = (uint32_t)found->len,
                            .slot = found->slot,
                            .stop = (uint8_t)found->stop,
                            .members = (uint16_t)found->members,
                            .effects = (uint8_t)guess->record.count,
                            .effect = guess->effect + guess->effects,
                            .from = found->from,
                            .to = found->to};
    piece->mask = (uint16_t)((1u << (found->len - rest_len)) - 1);
    memcpy(piece->text, found->text, found->len - rest_len);
    if (rest_len) {
        piece->rest = guess->text + guess->texts;
        memcpy(guess->text + guess->texts, found->text + 16, rest_len);
    }
    memcpy(guess->effect + guess->effects, guess->record.effect,
           guess->record.count * sizeof *piece->effect);
    guess->pieces++;
    guess->texts += room;
    guess->effects += guess->record.count;
    return piece;
}

static struct piece *
find_piece(struct tp_guess *guess, const struct finding *found)
{
    struct piece **bucket = &guess->bucket[bucket_of(found->from, found->text, found->len)];
    struct piece *piece;

    for (piece = *bucket; piece; piece = piece->same_bucket)
        if (is_piece(piece, found->from, found->text, found->len, found->stop))
            return piece;
    piece = new_piece(guess, found);
    if (piece) {
        piece->same_bucket = *bucket;
        *bucket = piece;
    }
    return piece;
}

/* In the last place when there is none free: the earlier ones have proved themselves. */
static void
add_successor(struct piece *piece, struct piece *next)
{
    size_t at = 0;

    while (at < SUCCESSORS - 1 && piece->next[at])
        at++;
    piece->next[at] = next;
}

/* Lets the walker make one step from behind the value that followed PIECE, and learns it. NULL
 * when the walker finds a fault, or the step cannot be kept. */
static struct piece *
learn(struct tp_guess *guess, struct tp_walk *walk, struct piece *piece, const char *p)
{
    struct finding found = {.from = piece->to, .text = p};
    struct piece *next;
    const char *end;

    guess->misses++;
    guess->record.count = 0;
    guess->record.base = p;
    walk->record = &guess->record;
    walk->members = 0;
    stand_at(walk, piece->to);
    end = piece == &guess->start ? tp_walk_first(walk, p, &found.stop)
                                 : tp_walk_next(walk, p, &found.stop);
    walk->record = NULL;
    if (!end || end - p > TEXT_MAX || guess->record.count > TP_EFFECTS_MAX)
        return NULL;
    found.len = (size_t)(end - p);
    found.members = walk->members;
    found.slot = found.stop == TP_STOP_STRING || found.stop == TP_STOP_NUMBER
                     ? (walk->want ? walk->want->slot : -1)
                     : -1;
    found.to = place_of(guess, walk);
    if (!found.to)
        return NULL;
    next = find_piece(guess, &found);
    if (next)
        add_successor(piece, next);
    return next;
}

/* -- following -- */

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
            promote(piece, at);
            return next;
        }
    }
    return learn(guess, walk, piece, p);
}

static inline struct piece *
follow(struct tp_guess *guess, struct tp_walk *walk, struct piece *piece, const char *p)
{
    struct piece *next = piece->next[0];

    if (__builtin_expect(next != NULL && fits(next, p), 1))
        return next;
    return follow_other(guess, walk, piece, p);
}

/* LEN was measured. When values of this piece have been of one length for long, hands back that
 * length instead (the same number!): the processor then goes on with what it knows instead of
 * waiting for what it measured, as the branch is foreseen. */
static inline size_t
settle_len(struct piece *piece, size_t len, unsigned confidence)
{
    size_t known = piece->value_len;
    uint32_t same;

    if (piece->value_runs >= confidence) {
        if (__builtin_expect(len == known, 1)) {
            __asm__("" : "+r"(known)); /* keeps the compiler from using `len` after all */
            return known;
        }
        piece->value_runs = 0;
        return len;
    }
    same = (uint32_t)0 - (uint32_t)(len == known); /* a mask: it is not foreseeable */
    piece->value_runs = (piece->value_runs + 1) & same;
    piece->value_len = (uint32_t)len;
    return len;
}

/* Whether this string is longer than a block cannot be foreseen, whether strings behind this piece
 * sometimes are can. */
static inline const char *
plain_end(struct piece *piece, const char *p)
{
    tp_marks marks;

    if (piece->wide)
        return tp_plain_end_wide(p);
    marks = tp_stops(p);
    if (__builtin_expect(marks != 0, 1))
        return p + tp_first(marks);
    piece->wide = true;
    return tp_plain_end_wide(p + TP_BLOCK);
}

static inline const char *
take_string(struct tp_walk *walk, struct piece *piece, const char *p, unsigned confidence)
{
    enum tp_slot_kind kind = TP_SLOT_TEXT;
    const char *end = plain_end(piece, p);

    if (__builtin_expect(*end == '"', 1)) {
        end = p + settle_len(piece, (size_t)(end - p), confidence);
    } else {
        end = tp_walk_string(walk, end, &kind);
        if (!end)
            return NULL;
    }
    if (piece->slot >= 0)
        tp_slot_set(&walk->slots[piece->slot], p, (size_t)(end - p), kind);
    return end + 1;
}

static inline const char *
take_number(struct tp_walk *walk, struct piece *piece, const char *p, unsigned confidence)
{
    bool real;
    size_t len = tp_simple_number(p, &real);
    enum tp_slot_kind kind = real ? TP_SLOT_REAL : TP_SLOT_INTEGER;
    const char *end;

    if (__builtin_expect(len != 0, 1)) {
        end = p + settle_len(piece, len, confidence);
    } else {
        end = tp_walk_number(walk, p, &kind);
        if (!end)
            return NULL;
    }
    if (piece->slot >= 0)
        tp_slot_set(&walk->slots[piece->slot], p, (size_t)(end - p), kind);
    return end;
}

const char *
tp_guess_line(struct tp_guess *guess, struct tp_walk *walk, const char *p)
{
    struct piece *piece = &guess->start;
    unsigned confidence = guess->confidence;
    size_t members = 0;

    for (;;) {
        piece = follow(guess, walk, piece, p);
        if (!piece)
            return NULL;
        members += piece->members;
        if (__builtin_expect(piece->effects != 0, 0))
            tp_effects_apply(piece->effect, piece->effects, p, walk->slots);
        p += piece->len;
        if (piece->stop == TP_STOP_STRING)
            p = take_string(walk, piece, p, confidence);
        else if (piece->stop == TP_STOP_NUMBER)
            p = take_number(walk, piece, p, confidence);
        else if (piece->stop == TP_STOP_END)
            break;
        if (!p)
            return NULL;
    }
    walk->members = members;
    return p;
}
