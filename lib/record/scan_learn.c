#include "record/scan_piece.h"

#include <stdlib.h>

#define PLACE_DEPTH_MAX 64
#define TEXT_MAX 512     /* of one piece */
#define PAUSE_FIRST 4096 /* lines without guessing, the first time */
#define PAUSE_LAST (1024 * 1024)
#define UNORDERED_REVIEWS 64 /* after so many, order is looked for again */

/* Forgets every piece. Nothing outside points to one between two lines. */
static void
forget(struct tp_guess *guess)
{
    memset(&guess->start, 0, sizeof guess->start);
    memset(guess->bucket, 0, sizeof guess->bucket);
    memset(guess->named, 0, sizeof guess->named);
    guess->places = 1;
    guess->place[0] = (struct place){0};
    guess->start.from = guess->start.to = &guess->before;
    guess->start.stop = TP_STOP_DONE;
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
tp_guess_expect_disorder(struct tp_guess *guess)
{
    guess->unordered = UNORDERED_REVIEWS;
}

/* Members in no order are looked up by name. If that too misses more than 1.5 times a line, the
 * walker alone is faster. */
static void
review(struct tp_guess *guess)
{
    if (!guess->unordered && guess->strays > 3 * guess->lines) {
        guess->unordered = UNORDERED_REVIEWS;
    } else if (guess->misses > guess->lines + guess->lines / 2) {
        guess->pause = guess->next_pause;
        if (guess->next_pause < PAUSE_LAST)
            guess->next_pause *= 2;
        guess->unordered = 0;
        forget(guess);
    } else if (guess->full && guess->misses > guess->lines / 4) {
        forget(guess); /* the pool is full of what no longer comes */
    }
    if (guess->unordered)
        guess->unordered--;
    guess->lines = guess->misses = guess->strays = 0;
}

bool
tp_guess_review(struct tp_guess *guess)
{
    if (!guess->pause)
        review(guess);
    if (!guess->pause)
        return true;
    guess->pause--;
    guess->lines = REVIEW_LINES; /* to be asked again for the next one */
    return false;
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
                            .members = (uint32_t)found->members,
                            .effects = (uint8_t)guess->record.count,
                            .effect = guess->effect + guess->effects,
                            .from = found->from,
                            .to = found->to};
    piece->mask = (1u << (found->len - rest_len)) - 1;
    piece->mask |= rest_len ? PIECE_LONG : 0;
    piece->mask |= piece->effects ? PIECE_EFFECTS : 0;
    if (found->stop == TP_STOP_END)
        piece->mask |= PIECE_END;
    else
        piece->mask |= found->stop == TP_STOP_DONE ? PIECE_LAST : PIECE_LAST | PIECE_UNSTEADY;
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
    piece->mask &= ~PIECE_LAST;
}

struct piece *
tp_guess_learn(struct tp_guess *guess, struct tp_walk *walk, struct piece *piece, const char *p)
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
    if (!next)
        return NULL;
    add_successor(piece, next);
    guess->gap = 2 + (p[1] == ' ');
    *named_at(guess, p, guess->gap, name_len(p, tp_quotes(p + guess->gap))) = next;
    return next;
}

void
tp_guess_settle(struct piece *piece, const char *value, enum tp_slot_kind kind)
{
    size_t rest = piece->length % TP_BLOCK;
    bool simple = tp_is_digit(*value) && piece->length < TP_BLOCK;

    piece->alike = 0;
    piece->kind = (uint8_t)kind;
    piece->within = tp_mark_at(rest) | (tp_mark_at(rest) - 1);
    if (kind == TP_SLOT_TEXT && piece->length + TP_BLOCK <= TP_SCAN_PADDING)
        piece->ends = tp_mark_at(rest);
    else if ((kind == TP_SLOT_INTEGER || (kind == TP_SLOT_REAL && value[1] == '.')) && simple)
        piece->ends = tp_non_digits(value) & piece->within;
    else
        return;
    piece->mask &= ~PIECE_UNSTEADY;
}
