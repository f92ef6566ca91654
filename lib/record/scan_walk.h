/*
 * scan_walk: the plain walker: the one place that knows JSON's grammar. Private to scan.
 *
 * It goes from scalar to scalar: tp_walk_first and tp_walk_next cross everything between two of
 * them (braces, brackets, commas, member names, white space); the caller then takes the scalar.
 * The predictor (scan_guess) records what such a step crossed, and later recognises it by
 * comparing bytes.
 */
#ifndef TP_RECORD_SCAN_WALK_H
#define TP_RECORD_SCAN_WALK_H

#include "record/scan.h"
#include "record/scan_want.h"

/* Where a step ended. */
enum tp_stop {
    TP_STOP_STRING, /* behind the opening quote of a string */
    TP_STOP_NUMBER, /* before a number */
    TP_STOP_DONE,   /* behind a value that is the same bytes each time: true, null, {}, [] */
    TP_STOP_END,    /* behind the newline */
};

/* What a step did to slots, as a list that can be done again on a line with the same bytes. */
enum tp_effect_kind {
    TP_EFFECT_CLEAR, /* missing again: an object above it came a second time */
    TP_EFFECT_SET,   /* a constant, or the beginning of an object or array */
    TP_EFFECT_CLOSE, /* the end of an object or array */
};

struct tp_effect {
    enum tp_effect_kind kind;
    enum tp_slot_kind slot_kind;
    int slot;
    uint32_t offset; /* from where the step began */
    uint32_t len;
};

#define TP_EFFECTS_MAX 64

struct tp_effects {
    const char *base;
    size_t count; /* more than TP_EFFECTS_MAX: too many, not all kept */
    struct tp_effect effect[TP_EFFECTS_MAX];
};

#define TP_WALK_FRAMES (TP_PATH_MAX_STEPS + 1)

struct tp_walk {
    /* set up once */
    const struct tp_want *root; /* NULL: nothing is wanted, no names are kept */
    struct tp_names *names;
    struct tp_buf unescaped; /* a name with escapes */

    /* of a line */
    const char *soft_end; /* newlines before it are white space; NULL in lines */
    bool any_value;       /* the outermost value need not be an object */
    struct tp_slot *slots;
    struct tp_effects *record; /* when not NULL, effects are written down here too */

    /* where it stands */
    const struct tp_want *want; /* the value at hand, as a place in the wanted tree */
    size_t depth;
    size_t members;
    const struct tp_want *of[TP_WALK_FRAMES]; /* the open containers; deeper ones are unwanted */
    size_t index[TP_WALK_FRAMES];             /* in arrays; stops at the want's index_limit */
    uint64_t arrays[TP_SCAN_DEPTH / 64 + 1];  /* a bit for each depth: array or object */

    /* why it failed */
    const char *fault;
    const char *why; /* NULL: memory ran out */
};

/* From the start of a text to its first stop. NULL on a fault, here and below. */
const char *tp_walk_first(struct tp_walk *walk, const char *p, enum tp_stop *stop);

/* From behind a value to the next stop. */
const char *tp_walk_next(struct tp_walk *walk, const char *p, enum tp_stop *stop);

/* From inside a string to its closing quote. *KIND becomes TP_SLOT_ESCAPED if it has escapes, and
 * is left alone if not. */
const char *tp_walk_string(struct tp_walk *walk, const char *p, enum tp_slot_kind *kind);

/* From the start of a number to the byte behind it. *KIND says INTEGER or REAL. */
const char *tp_walk_number(struct tp_walk *walk, const char *p, enum tp_slot_kind *kind);

/* The whole text: returns the byte behind the newline. */
const char *tp_walk_text(struct tp_walk *walk, const char *p);

void tp_effects_apply(const struct tp_effect *effect, size_t count, const char *base,
                      struct tp_slot *slots);

/* Writes down the fault at AT; hands back NULL. */
static inline const char *
tp_walk_fail(struct tp_walk *walk, const char *at, const char *why)
{
    walk->fault = at;
    walk->why = why;
    return NULL;
}

static inline bool
tp_walk_in_array(const struct tp_walk *walk)
{
    return walk->arrays[walk->depth / 64] >> (walk->depth % 64) & 1;
}

static inline void
tp_slot_set(struct tp_slot *slot, const char *ptr, size_t len, enum tp_slot_kind kind)
{
    slot->ptr = ptr;
    slot->len = (uint32_t)len;
    slot->kind = kind;
}

#endif
