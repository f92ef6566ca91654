#include "record/scan_walk.h"

#include "record/scan_block.h"
#include "value/text.h"

/* -- white space -- */

static const char *
skip_spaces(const struct tp_walk *walk, const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\r' || (*p == '\n' && p < walk->soft_end))
        p++;
    return p;
}

static inline const char *
spaces(const struct tp_walk *walk, const char *p)
{
    return (unsigned char)*p > ' ' ? p : skip_spaces(walk, p);
}

/* -- strings -- */

static inline const char *
string_end(struct tp_walk *walk, const char *p, enum tp_slot_kind *kind)
{
    p = tp_plain_end(p);
    return *p == '"' ? p : tp_walk_string(walk, p, kind);
}

/* -- numbers -- */

static inline const char *
number_end(struct tp_walk *walk, const char *p, enum tp_slot_kind *kind)
{
    bool real;
    size_t len = tp_simple_number(p, &real);

    if (!len)
        return tp_walk_number(walk, p, kind);
    *kind = real ? TP_SLOT_REAL : TP_SLOT_INTEGER;
    return p + len;
}

/* -- effects on slots -- */

static void
apply(const struct tp_effect *effect, const char *base, struct tp_slot *slots)
{
    struct tp_slot *slot = &slots[effect->slot];

    if (effect->kind == TP_EFFECT_CLOSE)
        slot->len = (uint32_t)(base + effect->offset - slot->ptr);
    else
        tp_slot_set(slot, base + effect->offset, effect->len, effect->slot_kind);
}

void
tp_effects_apply(const struct tp_effect *effect, size_t count, const char *base,
                 struct tp_slot *slots)
{
    for (size_t i = 0; i < count; i++)
        apply(&effect[i], base, slots);
}

static void
take_effect(struct tp_walk *walk, struct tp_effect effect, const char *at)
{
    struct tp_effects *record = walk->record;

    apply(&effect, at, walk->slots);
    if (!record)
        return;
    effect.offset = (uint32_t)(at - record->base);
    if (record->count < TP_EFFECTS_MAX)
        record->effect[record->count] = effect;
    record->count++;
}

/* As deep as a wanted path is long at most. */
static void
clear_below(struct tp_walk *walk, const struct tp_want *want, const char *at)
{
    for (const struct tp_want *child = want->child; child; child = child->next) {
        struct tp_effect effect = {.kind = TP_EFFECT_CLEAR, .slot = child->slot};

        if (child->slot >= 0)
            take_effect(walk, effect, at);
        clear_below(walk, child, at);
    }
}

/* The value at P is wanted, or something below it: an earlier one of the same name is forgotten
 * (the last one wins). */
static inline void
begin_value(struct tp_walk *walk, const char *p)
{
    if (walk->want && walk->want->child && walk->depth)
        clear_below(walk, walk->want, p);
}

static void
set_slot(struct tp_walk *walk, const char *p, size_t len, enum tp_slot_kind kind)
{
    struct tp_effect effect = {.kind = TP_EFFECT_SET, .slot_kind = kind, .len = (uint32_t)len};

    if (!walk->want || walk->want->slot < 0)
        return;
    effect.slot = walk->want->slot;
    take_effect(walk, effect, p);
}

/* -- the open containers -- */

static inline const struct tp_want *
container(const struct tp_walk *walk)
{
    return walk->depth <= TP_WALK_FRAMES ? walk->of[walk->depth - 1] : NULL;
}

/* Enters the container at P; returns the first byte of its content. */
static const char *
open_container(struct tp_walk *walk, const char *p)
{
    uint64_t bit;

    if (walk->depth == TP_SCAN_DEPTH)
        return tp_walk_fail(walk, p, "nested deeper than 1000");
    set_slot(walk, p, 0, *p == '{' ? TP_SLOT_OBJECT : TP_SLOT_ARRAY);
    if (walk->depth < TP_WALK_FRAMES) {
        walk->of[walk->depth] = walk->want;
        walk->index[walk->depth] = 0;
    }
    walk->depth++;
    bit = (uint64_t)1 << (walk->depth % 64);
    if (*p == '[')
        walk->arrays[walk->depth / 64] |= bit;
    else
        walk->arrays[walk->depth / 64] &= ~bit;
    return spaces(walk, p + 1);
}

/* Leaves the innermost container, which ends at P; returns the byte behind it. */
static const char *
close_container(struct tp_walk *walk, const char *p)
{
    const struct tp_want *of = container(walk);

    if (of && of->slot >= 0) {
        struct tp_effect effect = {.kind = TP_EFFECT_CLOSE, .slot = of->slot};

        take_effect(walk, effect, p + 1);
    }
    walk->depth--;
    return p + 1;
}

static inline char
closer(const struct tp_walk *walk)
{
    return tp_walk_in_array(walk) ? ']' : '}';
}

/* -- steps -- */

static const struct tp_want *
wanted_member(struct tp_walk *walk, struct tp_str name, bool escaped)
{
    const struct tp_want *of = container(walk);

    if (walk->depth == 1)
        walk->members++;
    if (!of || (!of->child && walk->depth > 1))
        return NULL;
    if (escaped) {
        tp_buf_clear(&walk->unescaped);
        tp_text_unescape(name, &walk->unescaped);
        tp_buf_reserve(&walk->unescaped, 8); /* tp_names_want reads whole words */
        name = tp_buf_str(&walk->unescaped);
    }
    return walk->depth == 1 ? tp_names_want(walk->names, of, name) : tp_want_member(of, name);
}

/* From a member's name to its value. */
static const char *
member_name(struct tp_walk *walk, const char *p)
{
    enum tp_slot_kind kind = TP_SLOT_TEXT;
    const char *end;

    if (*p != '"')
        return tp_walk_fail(walk, p, "expected a member name in double quotes");
    end = string_end(walk, p + 1, &kind);
    if (!end)
        return NULL;
    walk->want =
        wanted_member(walk, (struct tp_str){p + 1, (size_t)(end - p - 1)}, kind == TP_SLOT_ESCAPED);
    if (kind == TP_SLOT_ESCAPED && tp_buf_failed(&walk->unescaped))
        return tp_walk_fail(walk, p, NULL);
    p = spaces(walk, end + 1);
    if (*p != ':')
        return tp_walk_fail(walk, p, "expected ':' after a member name");
    return spaces(walk, p + 1);
}

/* From a comma in an array to the next value. */
static const char *
next_element(struct tp_walk *walk, const char *p)
{
    const struct tp_want *of = container(walk);

    walk->want = NULL;
    if (of && of->indexed) {
        size_t *index = &walk->index[walk->depth - 1];

        *index += *index < of->index_limit;
        walk->want = tp_want_element(of, *index);
    }
    return spaces(walk, p);
}

static const char *
constant(struct tp_walk *walk, const char *p)
{
    static const struct {
        char text[6];
        unsigned char len;
        enum tp_slot_kind kind;
    } known[] = {{"true", 4, TP_SLOT_TRUE}, {"false", 5, TP_SLOT_FALSE}, {"null", 4, TP_SLOT_NULL}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(p, known[i].text, known[i].len) == 0) {
            set_slot(walk, p, known[i].len, known[i].kind);
            return p + known[i].len;
        }
    }
    return tp_walk_fail(walk, p, "expected a value");
}

static const char *
scalar(struct tp_walk *walk, const char *p, enum tp_stop *stop)
{
    if (*p == '"') {
        *stop = TP_STOP_STRING;
        return p + 1;
    }
    if (tp_is_digit(*p) || *p == '-') {
        *stop = TP_STOP_NUMBER;
        return p;
    }
    *stop = TP_STOP_DONE;
    return constant(walk, p);
}

/* From the start of a value to the first stop in it. */
static const char *
enter_value(struct tp_walk *walk, const char *p, enum tp_stop *stop)
{
    for (;;) {
        begin_value(walk, p);
        if (*p != '{' && *p != '[')
            return scalar(walk, p, stop);
        p = open_container(walk, p);
        if (!p)
            return NULL;
        if (*p == closer(walk)) {
            *stop = TP_STOP_DONE;
            return close_container(walk, p);
        }
        if (!tp_walk_in_array(walk)) {
            p = member_name(walk, p);
            if (!p)
                return NULL;
        } else {
            const struct tp_want *of = container(walk);

            walk->want = of && of->indexed ? tp_want_element(of, 0) : NULL;
        }
    }
}

const char *
tp_walk_first(struct tp_walk *walk, const char *p, enum tp_stop *stop)
{
    walk->depth = 0;
    walk->members = 0;
    walk->want = walk->root;
    p = spaces(walk, p);
    if (*p != '{' && !walk->any_value)
        return tp_walk_fail(walk, p, "expected '{'");
    return enter_value(walk, p, stop);
}

static const char *
text_end(struct tp_walk *walk, const char *p, enum tp_stop *stop)
{
    *stop = TP_STOP_END;
    if (*p != '\n')
        return tp_walk_fail(walk, p,
                            walk->any_value ? "expected nothing behind the value"
                                            : "expected nothing behind the object");
    return p + 1;
}

const char *
tp_walk_next(struct tp_walk *walk, const char *p, enum tp_stop *stop)
{
    for (;;) {
        p = spaces(walk, p);
        if (walk->depth == 0)
            return text_end(walk, p, stop);
        if (*p == ',')
            break;
        if (*p != closer(walk))
            return tp_walk_fail(
                walk, p, tp_walk_in_array(walk) ? "expected ',' or ']'" : "expected ',' or '}'");
        p = close_container(walk, p);
    }
    p = tp_walk_in_array(walk) ? next_element(walk, p + 1) : member_name(walk, spaces(walk, p + 1));
    return p ? enter_value(walk, p, stop) : NULL;
}

static inline const char *
take_scalar(struct tp_walk *walk, const char *p, enum tp_stop stop)
{
    enum tp_slot_kind kind = TP_SLOT_TEXT;
    const char *end =
        stop == TP_STOP_STRING ? string_end(walk, p, &kind) : number_end(walk, p, &kind);

    if (!end)
        return NULL;
    if (walk->want && walk->want->slot >= 0)
        tp_slot_set(&walk->slots[walk->want->slot], p, (size_t)(end - p), kind);
    return end + (stop == TP_STOP_STRING);
}

const char *
tp_walk_text(struct tp_walk *walk, const char *p)
{
    enum tp_stop stop;

    p = tp_walk_first(walk, p, &stop);
    while (p && stop != TP_STOP_END) {
        if (stop != TP_STOP_DONE)
            p = take_scalar(walk, p, stop);
        if (p)
            p = tp_walk_next(walk, p, &stop);
    }
    return p;
}
