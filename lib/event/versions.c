#include "event/versions.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "event/match_saved.h"
#include "event/reorder.h"

struct version {
    tp_time time;
    size_t len;
    bool ends; /* `delete`: nothing is in force from here on */
    char line[];
};

/* The versions of a key, by time. */
struct history {
    struct version **version;
    size_t count, cap;
};

struct versions {
    struct tp_match match;
    struct tp_reorder *left; /* each led by its key: see put_head */
    struct tp_reorder *due;  /* every version until the watermark passes it: its history */
    struct tp_map *keys;     /* key -> struct history */
    struct tp_buf head;      /* of the left record at hand */
    size_t kept;             /* versions */
    size_t size;             /* bytes of versions, histories, and waiting left records */
    bool left_ended;
};

/* What a waiting left record takes beside key and line: its entry, and the length of the key. */
#define LEFT_COST 44
/* An entry among the due ones. */
#define DUE_COST 48

/* --- versions ----------------------------------------------------------------------------------*/

/* The number of versions at or before TIME. */
static size_t
up_to(const struct history *h, tp_time time)
{
    size_t low = 0, high = h->count;

    /* Most come in order, and most are asked for at the end. */
    if (high > 0 && h->version[high - 1]->time <= time)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (h->version[middle]->time <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t
cost(const struct version *version)
{
    return sizeof *version + version->len;
}

static void
drop_version(struct versions *v, struct version *version)
{
    v->size -= cost(version);
    v->kept--;
    free(version);
}

/* Takes out the first COUNT. */
static void
drop_first(struct versions *v, struct history *h, size_t count)
{
    for (size_t i = 0; i < count; i++)
        drop_version(v, h->version[i]);
    h->count -= count;
    memmove(h->version, h->version + count, h->count * sizeof(struct version *));
}

static void
forget_if_empty(struct versions *v, struct history *h)
{
    if (h->count > 0)
        return;
    v->size -= h->cap * sizeof(struct version *);
    free(h->version);
    tp_map_remove(v->keys, tp_map_key(v->keys, h));
}

static struct version *
new_version(const struct tp_match_record *r)
{
    bool ends = r->op == TP_MATCH_DELETE;
    size_t len = ends ? 0 : r->line.len;
    struct version *version = malloc(sizeof *version + len);

    if (!version)
        return NULL;
    *version = (struct version){.time = r->time, .len = len, .ends = ends};
    if (len > 0)
        memcpy(version->line, r->line.ptr, len);
    return version;
}

static int
make_room(struct versions *v, struct history *h)
{
    size_t cap = h->cap ? 2 * h->cap : 2;
    struct version **grown;

    if (h->count < h->cap)
        return 0;
    grown = realloc(h->version, cap * sizeof(struct version *));
    if (!grown)
        return -1;
    v->size += (cap - h->cap) * sizeof(struct version *);
    h->version = grown;
    h->cap = cap;
    return 0;
}

/* Puts VERSION in its place. 1: it is new there; 0: it replaces one of the same time; -1: no
 * memory. */
static int
place(struct versions *v, struct history *h, struct version *version)
{
    size_t at = up_to(h, version->time);

    if (at > 0 && h->version[at - 1]->time == version->time) {
        drop_version(v, h->version[at - 1]);
        h->version[at - 1] = version;
        return 0;
    }
    if (make_room(v, h) < 0)
        return -1;
    memmove(h->version + at + 1, h->version + at, (h->count - at) * sizeof(struct version *));
    h->version[at] = version;
    h->count++;
    return 1;
}

static int
add_version(struct versions *v, const struct tp_match_record *r, struct tp_err *err)
{
    struct history *h = tp_map_add(v->keys, r->key, NULL);
    struct version *version = h ? new_version(r) : NULL;
    struct tp_str self = {(const char *)&h, sizeof(struct history *)};
    int placed = version ? place(v, h, version) : -1;

    if (placed < 0) {
        free(version);
        return tp_err_memory(err);
    }
    v->size += cost(version);
    v->kept++;
    /* A history lives as long as one of its versions is due: nothing dangles. */
    if (placed == 0)
        return 0;
    v->size += DUE_COST;
    return tp_reorder_add(v->due, r->time, self, (struct tp_str){NULL, 0}, err);
}

/* The watermark has passed a version: what it replaced is in force for no record to come. */
static int
pass_version(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct versions *v = context;
    struct history *h;
    size_t older;

    (void)err;
    memcpy(&h, text.ptr, text.len);
    older = up_to(h, time) - 1;
    v->size -= DUE_COST;
    drop_first(v, h, older + h->version[older]->ends);
    forget_if_empty(v, h);
    return 0;
}

/* --- left records ------------------------------------------------------------------------------*/

/* In front of a waiting line: the length of its key and the key; no key has length 0. */
static int
add_left(struct versions *v, const struct tp_match_record *r, struct tp_err *err)
{
    uint32_t len = r->key.ptr ? (uint32_t)r->key.len : 0;

    tp_buf_clear(&v->head);
    tp_buf_put(&v->head, &len, sizeof len);
    tp_buf_put(&v->head, r->key.ptr, len);
    if (tp_buf_failed(&v->head))
        return tp_err_memory(err);
    if (tp_reorder_add(v->left, r->time, tp_buf_str(&v->head), r->line, err) < 0)
        return -1;
    v->size += LEFT_COST + len + r->line.len;
    v->match.waiting++;
    return 0;
}

/* What was in force at TIME; NULL: nothing. */
static const struct version *
in_force(struct versions *v, struct tp_str key, tp_time time)
{
    const struct history *h = key.len > 0 ? tp_map_find(v->keys, key) : NULL;
    size_t count = h ? up_to(h, time) : 0;

    if (count == 0 || h->version[count - 1]->ends)
        return NULL;
    return h->version[count - 1];
}

/* What add_left made TEXT of. */
static struct tp_str
left_line(struct tp_str text, struct tp_str *key)
{
    uint32_t len;

    memcpy(&len, text.ptr, sizeof len);
    *key = (struct tp_str){text.ptr + sizeof len, len};
    return (struct tp_str){key->ptr + len, text.len - sizeof len - len};
}

static int
answer(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct versions *v = context;
    struct tp_match_row row = {.time = time};
    const struct version *version;
    struct tp_str key, right;
    int met;

    row.left = left_line(text, &key);
    v->match.waiting--;
    v->size -= LEFT_COST + key.len + row.left.len;
    version = in_force(v, key, time);
    if (version) {
        right = (struct tp_str){version->line, version->len};
        met = tp_match_meets(&v->match, row.left, right, err);
        if (met < 0)
            return -1;
        v->match.met += met > 0;
        if (met > 0)
            row.right = right;
    }
    if (!row.right.ptr && v->match.type == TP_MATCH_INNER)
        return 0;
    return v->match.sink.row(v->match.sink.context, &row, err);
}

/* --- the way -----------------------------------------------------------------------------------*/

static int
add(struct tp_match *match, const struct tp_match_record *r, tp_time *limit, struct tp_err *err)
{
    struct versions *v = (struct versions *)match;

    *limit = r->time;
    if (r->time < r->watermark)
        return 0;
    if (r->side == TP_JOIN_LEFT)
        return add_left(v, r, err) < 0 ? -1 : 1;
    if (!r->key.ptr || r->op == TP_MATCH_RETRACT || (v->left_ended && match->waiting == 0))
        return 1;
    return add_version(v, r, err) < 0 ? -1 : 1;
}

static int
advance(struct tp_match *match, tp_time watermark, struct tp_err *err)
{
    struct versions *v = (struct versions *)match;

    if (tp_reorder_drain(v->left, watermark, answer, v, err) < 0)
        return -1;
    return tp_reorder_drain(v->due, watermark, pass_version, v, err);
}

static int
end(struct tp_match *match, enum tp_join_side side, struct tp_err *err)
{
    (void)err;
    if (side == TP_JOIN_LEFT)
        ((struct versions *)match)->left_ended = true;
    return 0;
}

static size_t
held(const struct tp_match *match, enum tp_join_side side)
{
    return side == TP_JOIN_LEFT ? match->waiting : ((const struct versions *)match)->kept;
}

static size_t
size(const struct tp_match *match)
{
    const struct versions *v = (const struct versions *)match;

    return v->size + tp_map_size(v->keys);
}

/* --- saved state -------------------------------------------------------------------------------*/

struct saving {
    struct tp_save *save;
    size_t parts; /* of a key */
};

static int
save_left(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    const struct saving *saving = context;
    struct tp_match_saved saved = {.time = time};
    struct tp_str key;

    saved.line = left_line(text, &key);
    if (key.len > 0)
        saved.key = key;
    return tp_match_saved_write(&saved, "left", saving->parts, saving->save, err);
}

/* One without a line ends its key. */
static int
save_history(const struct versions *v, const struct history *h, const struct saving *saving,
             struct tp_err *err)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct version *version = h->version[i];
        struct tp_match_saved saved = {.time = version->time};

        saved.key = tp_map_key(v->keys, h);
        if (!version->ends)
            saved.line = (struct tp_str){version->line, version->len};
        if (tp_match_saved_write(&saved, "version", saving->parts, saving->save, err) < 0)
            return -1;
    }
    return 0;
}

static int
save(struct tp_match *match, size_t parts, struct tp_save *to, struct tp_err *err)
{
    struct versions *v = (struct versions *)match;
    struct saving saving = {to, parts};

    for (struct history *h = tp_map_first(v->keys); h; h = tp_map_next(v->keys, h))
        if (save_history(v, h, &saving, err) < 0)
            return -1;
    return tp_reorder_walk(v->left, save_left, &saving, err);
}

/* A version that the watermark has passed is due again, at the next: that changes nothing. */
static int
load_record(struct versions *v, enum tp_join_side side, const struct tp_match_saved *saved,
            struct tp_err *err)
{
    struct tp_match_record record = {
        .side = side, .time = saved->time, .key = saved->key, .line = saved->line};

    if (side == TP_JOIN_LEFT ? !saved->line.ptr : !saved->key.ptr)
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved %s",
                          side == TP_JOIN_LEFT ? "record has no line" : "version has no key");
    if (side == TP_JOIN_LEFT)
        return add_left(v, &record, err);
    record.op = saved->line.ptr ? TP_MATCH_INSERT : TP_MATCH_DELETE;
    return add_version(v, &record, err);
}

static int
load(struct tp_match *match, size_t parts, struct tp_str line, struct tp_err *err)
{
    enum tp_join_side side = tp_saved_is(line, "version") ? TP_JOIN_RIGHT : TP_JOIN_LEFT;
    struct tp_match_saved saved = {0};
    int result =
        tp_match_saved_read(&saved, side == TP_JOIN_LEFT ? "left" : "version", parts, line, err);

    if (result == 0)
        result = load_record((struct versions *)match, side, &saved, err);
    tp_match_saved_release(&saved);
    return result;
}

static void
versions_free(struct tp_match *match)
{
    struct versions *v = (struct versions *)match;

    if (v->keys)
        for (struct history *h = tp_map_first(v->keys); h; h = tp_map_next(v->keys, h)) {
            drop_first(v, h, h->count);
            free(h->version);
        }
    tp_map_free(v->keys);
    tp_reorder_free(v->left);
    tp_reorder_free(v->due);
    tp_buf_release(&v->head);
    free(v);
}

static const struct tp_match_way way = {
    .add = add,
    .advance = advance,
    .end = end,
    .held = held,
    .size = size,
    .save = save,
    .load = load,
    .free = versions_free,
};

struct tp_match *
tp_versions_new(enum tp_match_type type)
{
    struct versions *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    v->match.way = &way;
    v->match.type = type;
    v->left = tp_reorder_new();
    v->due = tp_reorder_new();
    v->keys = tp_map_new(sizeof(struct history));
    if (v->left && v->due && v->keys)
        return &v->match;
    versions_free(&v->match);
    return NULL;
}
