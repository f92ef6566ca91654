/* The map against a model that cannot be wrong (an array of all possible keys), and what it
 * promises beyond that: order, stable addresses, alignment, bounded memory, no long pause. */
#include "base/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

static uint32_t
random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Keys of many lengths: empty, with NULs, beyond every border of the slab. */
static struct tp_str
key_number(size_t number, char *to)
{
    static const size_t lens[] = {8, 9, 15, 16, 17, 40, 511, 520, 600, 5000, 70000};
    size_t len = number % 97 == 0 ? lens[number / 97 % 11] : 4 + number % 13;

    if (number == 1)
        return (struct tp_str){NULL, 0};
    memset(to, number % 2 ? '\0' : 'k', len);
    for (size_t i = 0; i < 4; i++)
        to[len - 1 - i] = (char)(number >> (8 * i));
    return (struct tp_str){to, len};
}

enum { KEYS = 3000, KEY_ROOM = 70000 };

struct model {
    uint64_t stamp[KEYS]; /* 0: absent; otherwise when it was added */
    void *value[KEYS];
    size_t count;
    uint64_t clock;
};

static size_t
least_after(const struct model *model, uint64_t stamp)
{
    size_t best = KEYS;

    for (size_t i = 0; i < KEYS; i++)
        if (model->stamp[i] > stamp && (best == KEYS || model->stamp[i] < model->stamp[best]))
            best = i;
    return best;
}

static bool
is_zero(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

static void
check_walk(const struct tp_map *map, const struct model *model)
{
    char room[KEY_ROOM];
    uint64_t stamp = 0;
    size_t seen = 0;

    for (void *v = tp_map_first(map); v; v = tp_map_next(map, v)) {
        size_t i = least_after(model, stamp);

        if (i == KEYS || v != model->value[i] ||
            !tp_str_equal(tp_map_key(map, v), key_number(i, room))) {
            CHECK_THAT(false, "the walk leaves the order of insertion at step %zu", seen);
            return;
        }
        stamp = model->stamp[i];
        seen++;
    }
    CHECK(seen == model->count && seen == tp_map_count(map));
}

static void
step(struct tp_map *map, struct model *model, size_t value_size, uint32_t *seed)
{
    static char room[KEY_ROOM];
    size_t i = random_next(seed) % KEYS;
    struct tp_str key = key_number(i, room);
    uint32_t what = random_next(seed) % 8;
    bool is_new;
    char *value;

    if (what < 4) {
        value = tp_map_add(map, key, &is_new);
        CHECK(value && is_new == (model->stamp[i] == 0));
        CHECK((uintptr_t)value % (value_size && value_size % 16 == 0 ? 16 : 8) == 0);
        if (!is_new) {
            CHECK(value == model->value[i]);
            return;
        }
        CHECK(is_zero(value, value_size));
        memset(value, (int)(i | 1), value_size);
        model->stamp[i] = ++model->clock;
        model->value[i] = value;
        model->count++;
    } else if (what < 6) {
        CHECK(tp_map_find(map, key) == (model->stamp[i] ? model->value[i] : NULL));
    } else if (what == 6 || !model->stamp[i]) {
        CHECK(tp_map_remove(map, key) == (model->stamp[i] != 0));
        model->count -= model->stamp[i] != 0;
        model->stamp[i] = 0;
    } else {
        tp_map_expect_removal(map, model->value[i], tp_map_hash(map, key));
        tp_map_remove_value(map, model->value[i], tp_map_hash(map, key));
        model->count--;
        model->stamp[i] = 0;
    }
}

static void
against_model(size_t value_size, uint32_t seed)
{
    struct tp_map *map = tp_map_new(value_size);
    struct model *model = calloc(1, sizeof *model);

    for (int i = 0; i < 30000; i++) {
        step(map, model, value_size, &seed);
        if (i % 5000 == 0)
            check_walk(map, model);
        if (i == 20000) {
            tp_map_clear(map);
            memset(model, 0, sizeof *model);
            check_walk(map, model);
        }
    }
    check_walk(map, model);
    for (size_t i = 0; i < KEYS; i++)
        if (model->stamp[i])
            CHECK(((char *)model->value[i])[0] == (char)(i | 1) || !value_size);
    tp_map_free(map);
    free(model);
}

static void
test_against_model(void)
{
    static const size_t sizes[] = {0, 1, 8, 12, 16, 48, 100, 2000};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        against_model(sizes[i], (uint32_t)i + 1);
}

static void
test_special_keys(void)
{
    struct tp_map *map = tp_map_new(sizeof(int));
    char nul[3] = {0};
    bool is_new;

    CHECK(!tp_map_find(map, (struct tp_str){NULL, 0}));
    CHECK(!tp_map_first(map));
    CHECK(!tp_map_remove(map, TP_STR("a")));
    for (size_t len = 0; len <= 3; len++) {
        *(int *)tp_map_add(map, (struct tp_str){nul, len}, &is_new) = (int)len;
        CHECK(is_new);
    }
    for (size_t len = 0; len <= 3; len++)
        CHECK(*(int *)tp_map_find(map, (struct tp_str){nul, len}) == (int)len);
    for (int i = 0; i < 10; i++)
        CHECK(tp_map_find(map, TP_STR("")) == tp_map_add(map, (struct tp_str){NULL, 0}, NULL));
    CHECK(tp_map_count(map) == 4);
    tp_map_free(map);
    tp_map_free(NULL);
}

/* Each entry is removed while it is walked, the key given as the map lent it. */
static void
test_remove_while_walking(void)
{
    struct tp_map *map = tp_map_new(8);
    char room[KEY_ROOM];
    size_t left = 0;

    for (size_t i = 0; i < KEYS; i++)
        CHECK(tp_map_add(map, key_number(i, room), NULL) != NULL);
    for (void *v = tp_map_first(map); v; v = tp_map_next(map, v)) {
        if (tp_map_key(map, v).len % 3)
            CHECK(tp_map_remove(map, tp_map_key(map, v)));
        else
            left++;
    }
    CHECK(tp_map_count(map) == left && left > 0);
    for (void *v = tp_map_first(map); v; v = tp_map_next(map, v))
        CHECK(tp_map_remove(map, tp_map_key(map, v)));
    CHECK(tp_map_count(map) == 0 && !tp_map_first(map));
    tp_map_free(map);
}

/* Keys that come and go for ever must not make the map grow. */
static void
test_memory_is_reused(void)
{
    struct tp_map *map = tp_map_new(16);
    char key[32];
    size_t early = 0;

    for (int i = 0; i < 200000; i++) {
        int len = snprintf(key, sizeof key, "session-%08d", i);

        CHECK(tp_map_add(map, (struct tp_str){key, (size_t)len}, NULL) != NULL);
        if (i >= 1000) {
            len = snprintf(key, sizeof key, "session-%08d", i - 1000);
            CHECK(tp_map_remove(map, (struct tp_str){key, (size_t)len}));
        }
        if (i == 20000)
            early = tp_map_size(map);
    }
    CHECK_THAT(tp_map_size(map) <= early, "%zu, then %zu bytes", early, tp_map_size(map));
    tp_map_clear(map);
    CHECK(tp_map_size(map) < early && tp_map_count(map) == 0);
    tp_map_free(map);
}

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Time is printed, never judged; memory is. An argument gives the number of keys. */
static void
measure(size_t count, size_t value_size)
{
    struct tp_map *map = tp_map_new(value_size);
    int64_t worst = 0, begun = now_ns(), total;
    char key[32];

    for (size_t i = 0; i < count; i++) {
        int64_t before;

        snprintf(key, sizeof key, "user%08zu", i);
        before = now_ns();
        CHECK(tp_map_add(map, (struct tp_str){key, 12}, NULL) != NULL);
        before = now_ns() - before;
        worst = before > worst ? before : worst;
    }
    total = now_ns() - begun;
    printf("   %zu keys of 12 bytes, values of %zu: %.0f bytes each, %.0f ns each with snprintf, "
           "worst %.0f us\n",
           count, value_size, (double)tp_map_size(map) / (double)count,
           (double)total / (double)count, (double)worst / 1000);
    CHECK((double)tp_map_size(map) / (double)count < 72);
    tp_map_free(map);
}

static size_t many = 200000;

static void
test_memory_per_key(void)
{
    measure(many, 8);
    measure(many, 16);
}

static double
ns_per_find(struct tp_map *map, const char *keys, size_t count, size_t finds)
{
    uint32_t state = 12345;
    int64_t begun = now_ns();
    uint64_t sum = 0;

    for (size_t i = 0; i < finds; i++) {
        size_t which = ((uint64_t)random_next(&state) * count) >> 24;
        const uint64_t *value = tp_map_find(map, (struct tp_str){keys + 16 * which, 12});

        sum += *value;
    }
    begun = now_ns() - begun;
    CHECK(sum > 0);
    return (double)begun / (double)finds;
}

static void
test_lookup_speed(void)
{
    static const size_t counts[] = {100, 10000, 1000000};

    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct tp_map *map = tp_map_new(8);
        size_t count = counts[c] < many ? counts[c] : many;
        char *keys = calloc(count + 2, 16);

        for (size_t i = 0; i < count; i++) {
            snprintf(keys + 16 * i, 32, "user%08zu", i);
            *(uint64_t *)tp_map_add(map, (struct tp_str){keys + 16 * i, 12}, NULL) = i + 1;
        }
        printf("   %zu keys: %.1f ns a find\n", count, ns_per_find(map, keys, count, many * 5));
        tp_map_free(map);
        free(keys);
    }
}

/* So many keys that their table lies in huge pages, which a child does not get. */
static void
test_a_child_walks(void)
{
    const uint32_t keys = 500000;
    struct tp_map *map = tp_map_new_walked(sizeof(uint32_t));
    uint64_t sum = 0;
    int status = -1;
    pid_t child;

    for (uint32_t i = 0; i < keys; i++)
        *(uint32_t *)tp_map_add(map, (struct tp_str){(const char *)&i, sizeof i}, NULL) = i;
    child = fork();
    if (child == 0) {
        for (const uint32_t *value = tp_map_first(map); value; value = tp_map_next(map, value))
            sum += *value;
        _exit(sum == (uint64_t)keys * (keys - 1) / 2 ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(tp_map_find(map, (struct tp_str){"\1\0\0", 4}) != NULL);
    tp_map_free(map);
}

int
main(int argc, char **argv)
{
    if (argc > 1)
        many = strtoul(argv[1], NULL, 10);
    RUN(test_special_keys);
    RUN(test_against_model);
    RUN(test_remove_while_walking);
    RUN(test_memory_is_reused);
    RUN(test_memory_per_key);
    RUN(test_a_child_walks);
    RUN(test_lookup_speed);
    return unit_end();
}
