#include "stream/sorter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fetch.h"

enum { INSERTION = 12 }; /* so few are sorted by insertion */

/* Sorted items lie anywhere: so many ahead of the one at hand are asked for, so much of each. */
enum { FETCH_AHEAD = 16, FETCHED = 128 };

/* In front of an item in the arena; key and text follow. */
struct head {
    uint32_t key, text;
};

struct entry {
    uint64_t prefix; /* 8 bytes of the key, most significant first, then zeros: the first ones, or
                        where all begin alike (while sorting) those behind that */
    const char *item;
};

struct tp_sorter {
    size_t limit; /* of what the arena and the entries hold */
    size_t memory;
    char *arena; /* limit bytes of address space; pages come as they are touched */
    struct entry *entry, *scratch; /* likewise */
    size_t used, count;
    size_t common; /* bytes with which all keys in the arena begin */
    bool descends; /* some item is less than the one before it */
    size_t most;
    struct tp_runs *runs; /* NULL: everything fitted so far */
    uint64_t spilled;     /* items in runs */
};

/* Address space is reserved once, so that nothing moves as it fills. */
static void *
reserve(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

static void
give_back(struct tp_sorter *s)
{
    if (s->arena)
        munmap(s->arena, s->limit);
    if (s->entry)
        munmap(s->entry, s->limit);
    if (s->scratch)
        munmap(s->scratch, s->limit);
    s->arena = NULL;
    s->entry = s->scratch = NULL;
}

static int
take_space(struct tp_sorter *s, struct tp_err *err)
{
    s->arena = reserve(s->limit);
    s->entry = reserve(s->limit);
    s->scratch = reserve(s->limit);
    return s->arena && s->entry && s->scratch ? 0 : tp_err_memory(err);
}

struct tp_sorter *
tp_sorter_new(size_t memory, struct tp_err *err)
{
    struct tp_sorter *s = calloc(1, sizeof *s);

    if (!s) {
        tp_err_memory(err);
        return NULL;
    }
    s->memory = memory;
    s->limit = memory - memory / 8; /* the rest is for the blocks of the runs */
    if (take_space(s, err) == 0)
        return s;
    tp_sorter_free(s);
    return NULL;
}

void
tp_sorter_free(struct tp_sorter *s)
{
    if (!s)
        return;
    give_back(s);
    tp_runs_free(s->runs);
    free(s);
}

/* --- sorting -----------------------------------------------------------------------------------*/

static inline struct tp_str
key_of(const char *item)
{
    struct head head;

    memcpy(&head, item, sizeof head);
    return (struct tp_str){item + sizeof head, head.key};
}

static inline struct tp_str
text_of(const char *item)
{
    struct head head;

    memcpy(&head, item, sizeof head);
    return (struct tp_str){item + sizeof head + head.key, head.text};
}

static uint64_t
prefix_of(struct tp_str key)
{
    uint64_t prefix = 0;

    memcpy(&prefix, key.ptr, key.len < sizeof prefix ? key.len : sizeof prefix);
    return __builtin_bswap64(prefix);
}

static inline bool
is_before(const struct entry *a, const struct entry *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix;
    return tp_str_compare(key_of(a->item), key_of(b->item)) < 0;
}

static void
sort_by_insertion(struct entry *entry, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct entry moving = entry[i];
        size_t at = i;

        for (; at > 0 && is_before(&moving, &entry[at - 1]); at--)
            entry[at] = entry[at - 1];
        entry[at] = moving;
    }
}

/* entry[0, half) and entry[half, count) are sorted. */
static void
merge_halves(struct entry *entry, size_t half, size_t count, struct entry *scratch)
{
    struct entry *left = scratch, *left_end = scratch + half;
    struct entry *right = entry + half, *right_end = entry + count, *to = entry;

    if (!is_before(right, right - 1))
        return;
    memcpy(scratch, entry, half * sizeof *entry);
    while (left < left_end && right < right_end)
        *to++ = is_before(right, left) ? *right++ : *left++;
    memcpy(to, left, (size_t)(left_end - left) * sizeof *entry);
}

static void
sort(struct entry *entry, size_t count, struct entry *scratch)
{
    size_t half = count / 2;

    if (count <= INSERTION) {
        sort_by_insertion(entry, count);
        return;
    }
    sort(entry, half, scratch);
    sort(entry + half, count - half, scratch);
    merge_halves(entry, half, count, scratch);
}

/* With how many bytes, at most MOST, both A and B begin. */
static size_t
common_length(struct tp_str a, struct tp_str b, size_t most)
{
    size_t len = 0;

    while (len < most && len < a.len && len < b.len && a.ptr[len] == b.ptr[len])
        len++;
    return len;
}

/* What all keys begin with tells none from another: prefixes that begin behind it mostly decide
 * without a look at the keys, which lie anywhere. */
static void
sort_all(struct tp_sorter *s)
{
    for (size_t i = 0; s->common > 0 && i < s->count; i++) {
        struct tp_str key = key_of(s->entry[i].item);

        s->entry[i].prefix = prefix_of((struct tp_str){key.ptr + s->common, key.len - s->common});
    }
    sort(s->entry, s->count, s->scratch);
}

/* --- adding ------------------------------------------------------------------------------------*/

/* What COUNT items that take USED bytes in the arena take in all, with the scratch for half of
 * them. */
static size_t
size_of(size_t used, size_t count)
{
    return used + count * (sizeof(struct entry) + sizeof(struct entry) / 2);
}

static int
hand_out(struct tp_sorter *s, tp_runs_take *take, void *context, struct tp_err *err)
{
    if (s->descends)
        sort_all(s);
    for (size_t i = 0; i < s->count; i++) {
        if (i + FETCH_AHEAD < s->count)
            tp_fetch(s->entry[i + FETCH_AHEAD].item, FETCHED);
        if (take(context, key_of(s->entry[i].item), text_of(s->entry[i].item), err) < 0)
            return -1;
    }
    s->used = s->count = 0;
    s->descends = false;
    return 0;
}

static int
add_to_run(void *context, struct tp_str key, struct tp_str text, struct tp_err *err)
{
    return tp_runs_add(context, key, text, err);
}

static int
spill(struct tp_sorter *s, struct tp_err *err)
{
    if (!s->runs)
        s->runs = tp_runs_new(s->memory - s->limit, err);
    if (!s->runs)
        return -1;
    s->spilled += s->count;
    if (hand_out(s, add_to_run, s->runs, err) < 0)
        return -1;
    return tp_runs_end(s->runs, err);
}

static void
append(struct tp_sorter *s, struct tp_str key, struct tp_str text)
{
    struct head head = {(uint32_t)key.len, (uint32_t)text.len};
    char *item = s->arena + s->used;

    memcpy(item, &head, sizeof head);
    memcpy(item + sizeof head, key.ptr, key.len);
    memcpy(item + sizeof head + key.len, text.ptr, text.len);
    s->used += sizeof head + key.len + text.len;
    s->entry[s->count] = (struct entry){prefix_of(key), item};
    s->common = common_length(key_of(s->entry[0].item), key, s->count > 0 ? s->common : key.len);
    s->descends |= s->count > 0 && is_before(&s->entry[s->count], &s->entry[s->count - 1]);
    s->count++;
}

int
tp_sorter_add(struct tp_sorter *s, struct tp_str key, struct tp_str text, struct tp_err *err)
{
    size_t need = sizeof(struct head) + key.len + text.len, all;

    if (size_of(need, 1) > s->limit || need > UINT32_MAX / 4)
        return tp_err_set(err, TP_FAULT_MACHINE,
                          "a record of %zu bytes is too long for %zu bytes "
                          "of memory (--max-memory)",
                          text.len, s->memory);
    if (size_of(s->used + need, s->count + 1) > s->limit && spill(s, err) < 0)
        return -1;
    append(s, key, text);
    all = size_of(s->used, s->count);
    if (all > s->most)
        s->most = all;
    return 0;
}

int
tp_sorter_finish(struct tp_sorter *s, tp_runs_take *take, void *context, struct tp_err *err)
{
    if (!s->runs)
        return hand_out(s, take, context, err);
    if (s->count > 0 && spill(s, err) < 0)
        return -1;
    give_back(s); /* the merge needs its blocks only */
    s->spilled = 0;
    return tp_runs_drain(s->runs, NULL, take, context, err) < 0 ? -1 : take_space(s, err);
}

uint64_t
tp_sorter_count(const struct tp_sorter *s)
{
    return s->spilled + s->count;
}

struct tp_sorter_use
tp_sorter_use(const struct tp_sorter *s)
{
    return (struct tp_sorter_use){
        .memory = s->most,
        .runs = s->runs ? tp_runs_made(s->runs) : 0,
        .spilled = s->runs ? tp_runs_bytes(s->runs) : 0,
    };
}
