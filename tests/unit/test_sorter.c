/* runs and sorter against a stable sort, with so little memory that runs are merged in levels; the
 * bytes of sort keys against the comparison they stand for. */
#include "stream/sorter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/sortkey.h"
#include "unit.h"
#include "value/num.h"

struct seen {
    char last[40];
    size_t last_len;
    uint32_t number; /* of the last: among equal keys it grows */
    uint64_t count, sum;
    bool ordered, whole;
};

static int
take(void *context, struct tp_str key, struct tp_str text, struct tp_err *err)
{
    struct seen *seen = context;
    struct tp_str last = {seen->last, seen->last_len};
    int order = tp_str_compare(last, key);
    uint32_t number;

    (void)err;
    memcpy(&number, text.ptr, sizeof number);
    seen->ordered &= seen->count == 0 || order < 0 || (order == 0 && seen->number < number);
    for (size_t i = sizeof number; i < text.len; i++)
        seen->whole &= text.ptr[i] == (char)(number + i);
    memcpy(seen->last, key.ptr, key.len);
    seen->last_len = key.len;
    seen->number = number;
    seen->sum += number;
    seen->count++;
    return 0;
}

static void
add_random(struct tp_sorter *sorter, uint64_t *random, uint32_t number, unsigned keys)
{
    char key[40], text[600];
    size_t len = sizeof number + unit_random(random) % (sizeof text - sizeof number);
    int key_len =
        snprintf(key, sizeof key, "%016llx%s", (unsigned long long)(unit_random(random) % keys),
                 unit_random(random) % 2 ? "" : "longer");
    struct tp_err err;

    memcpy(text, &number, sizeof number);
    for (size_t i = sizeof number; i < len; i++)
        text[i] = (char)(number + i);
    CHECK(tp_sorter_add(sorter, (struct tp_str){key, (size_t)key_len}, (struct tp_str){text, len},
                        &err) == 0);
}

static void
sort_many(uint64_t seed, size_t memory, uint32_t count, unsigned keys, uint64_t least_runs)
{
    struct tp_err err;
    struct tp_sorter *sorter = tp_sorter_new(memory, &err);
    struct seen seen = {.ordered = true, .whole = true};

    for (uint32_t i = 0; i < count; i++)
        add_random(sorter, &seed, i, keys);
    CHECK(tp_sorter_count(sorter) == count);
    CHECK(tp_sorter_finish(sorter, take, &seen, &err) == 0);
    CHECK(seen.count == count && seen.sum == (uint64_t)count * (count - 1) / 2);
    CHECK(seen.ordered);
    CHECK(seen.whole);
    CHECK(tp_sorter_count(sorter) == 0);
    CHECK_THAT(tp_sorter_use(sorter).runs >= least_runs, "%llu runs",
               (unsigned long long)tp_sorter_use(sorter).runs);
    CHECK(tp_sorter_use(sorter).memory <= memory);
    tp_sorter_free(sorter);
}

static void
sorts_in_memory(void)
{
    sort_many(1, 1 << 24, 20000, 100, 0);
    sort_many(2, 1 << 24, 20000, 1u << 31, 0);
    sort_many(3, 1 << 24, 1, 1, 0);
}

static void
sorts_with_runs(void)
{
    sort_many(4, 1 << 18, 20000, 50, 20);
    sort_many(5, 1 << 14, 20000, 3, 150); /* more than 64: merged in levels */
    sort_many(6, 1 << 12, 12000, 1u << 31, 1000);
}

static void
an_item_beyond_the_memory_is_refused(void)
{
    struct tp_err err;
    struct tp_sorter *sorter = tp_sorter_new(4096, &err);
    static char text[5000];

    CHECK(tp_sorter_add(sorter, TP_STR("k"), (struct tp_str){text, sizeof text}, &err) < 0);
    CHECK_THAT(strstr(err.text, "--max-memory"), "%s", err.text);
    tp_sorter_free(sorter);
}

/* --- keys --------------------------------------------------------------------------------------*/

static struct tp_value
random_number(uint64_t *random)
{
    static const char *const some[] = {"0",
                                       "-0.0",
                                       "1",
                                       "1.0",
                                       "10",
                                       "0.1",
                                       "9007199254740992",
                                       "9007199254740993",
                                       "9007199254740993.0",
                                       "9007199254740992.5",
                                       "-9223372036854775808",
                                       "9223372036854775807",
                                       "1e300",
                                       "1e-300",
                                       "-1e300",
                                       "1e999",
                                       "-1e999",
                                       "123456789012345678",
                                       "0.123456789012345678",
                                       "0.123456789012345679",
                                       "100",
                                       "99.99",
                                       "-99.99",
                                       "5e-324"};
    uint64_t r = unit_random(random);
    char text[60] = ""; /* what reads numbers looks beyond them */

    switch (r % 6) {
    case 0:
        snprintf(text, sizeof text, "%s", some[r / 8 % (sizeof some / sizeof *some)]);
        return tp_num_read(tp_str_of(text));
    case 1:
        return (struct tp_value){.kind = TP_INT, .integer = (int64_t)unit_random(random)};
    case 2:
        return (struct tp_value){.kind = TP_INT, .integer = (int64_t)(r / 8 % 200) - 100};
    case 3:
        snprintf(text, sizeof text, "%d.%02u", (int)(r / 8 % 200) - 100,
                 (unsigned)(r / 2000 % 100));
        return tp_num_read(tp_str_of(text));
    case 4:
        return tp_real(ldexp((double)(int64_t)unit_random(random), (int)(r / 8 % 200) - 160));
    default:
        return tp_real(r / 8 % 50 ? (double)(r / 8 % 200) / 7 : NAN);
    }
}

static int
sign(int x)
{
    return (x > 0) - (x < 0);
}

static void
numbers_as_bytes(void)
{
    uint64_t random = 7;

    for (int i = 0; i < 200000; i++) {
        struct tp_value a = random_number(&random), b = random_number(&random);
        struct tp_buf x = TP_BUF_INIT, y = TP_BUF_INIT;
        int wanted, got;

        tp_num_put_ordered(a, &x);
        tp_num_put_ordered(b, &y);
        wanted = sign(tp_num_compare(a, b));
        got = sign(tp_str_compare(tp_buf_str(&x), tp_buf_str(&y)));
        CHECK_THAT(got == wanted, "%d not %d: kinds %d %d, %.17g %.17g, %lld %lld", got, wanted,
                   a.kind, b.kind, a.kind == TP_REAL ? a.real : 0, b.kind == TP_REAL ? b.real : 0,
                   a.kind == TP_INT ? (long long)a.integer : 0,
                   b.kind == TP_INT ? (long long)b.integer : 0);
        tp_buf_release(&x);
        tp_buf_release(&y);
    }
}

static struct tp_value
random_value(uint64_t *random, int kind)
{
    static const struct tp_str some[] = {{"", 0},   {"a", 1},     {"a\0", 2}, {"a\0b", 3},
                                         {"ab", 2}, {"a\xff", 2}, {"\0", 1},  {"\xc3\xa4", 2},
                                         {"b", 1},  {"a\x01", 2}};
    uint64_t r = unit_random(random);

    if (r % 7 == 0)
        return tp_null();
    switch (kind) {
    case 0:
        return (struct tp_value){.kind = TP_TEXT, .text = some[r / 8 % 10]};
    case 1:
        return tp_bool(r / 8 % 2);
    case 2:
        return (struct tp_value){.kind = TP_TIME, .time = (int64_t)unit_random(random)};
    case 3:
        return (struct tp_value){.kind = TP_DURATION, .duration = (int64_t)(r / 8 % 9) - 4};
    default:
        return random_number(random);
    }
}

static void
lists_as_bytes(void)
{
    static const char *const lists[] = {"a, b, c", "a DESC, b, c DESC", "a NULLS LAST, b DESC, c",
                                        "a DESC NULLS FIRST, b NULLS LAST, c"};
    uint64_t random = 9;

    for (int i = 0; i < 40000; i++) {
        struct tp_buf x = TP_BUF_INIT, y = TP_BUF_INIT;
        struct tp_value a[3], b[3];
        struct tp_order order;
        struct tp_err err;

        CHECK(tp_order_parse(tp_str_of(lists[i % 4]), &order, &err) == 0);
        for (int j = 0; j < 3; j++) {
            int kind = (int)(unit_random(&random) % 5);

            a[j] = random_value(&random, kind);
            b[j] = unit_random(&random) % 2 ? a[j] : random_value(&random, kind);
        }
        tp_sortkey_put(&order, a, &x);
        tp_sortkey_put(&order, b, &y);
        CHECK(sign(tp_str_compare(tp_buf_str(&x), tp_buf_str(&y))) ==
              sign(tp_order_compare(&order, a, b)));
        tp_buf_release(&x);
        tp_buf_release(&y);
        tp_order_release(&order);
    }
}

int
main(void)
{
    RUN(sorts_in_memory);
    RUN(sorts_with_runs);
    RUN(an_item_beyond_the_memory_is_refused);
    RUN(numbers_as_bytes);
    RUN(lists_as_bytes);
    return unit_end();
}
