#include "base/digests.h"

#include "unit.h"

static struct tp_digest
digest_of(uint32_t number)
{
    return tp_digest_of(7, (struct tp_str){(const char *)&number, sizeof number});
}

static void
check_set(bool numbered)
{
    struct tp_digests *digests = tp_digests_new(numbered);
    int wrong = 0;
    int64_t number;

    CHECK(digests != NULL);
    for (uint32_t i = 0; i < 100000; i++) {
        wrong += tp_digests_find(digests, digest_of(i), &number);
        wrong += tp_digests_add(digests, digest_of(i), -(int64_t)i) != 0;
    }
    for (uint32_t i = 0; i < 100000; i++) {
        wrong += !tp_digests_find(digests, digest_of(i), &number);
        wrong += number != (numbered ? -(int64_t)i : 0);
    }
    CHECK(wrong == 0);
    CHECK(tp_digests_count(digests) == 100000);
    tp_digests_free(digests);
}

static void
test_set(void)
{
    check_set(false);
    check_set(true);
    tp_digests_free(NULL);
}

/* The seed counts, and both halves do. */
static void
test_digest(void)
{
    struct tp_digest one = tp_digest_of(1, TP_STR("a")), other = tp_digest_of(2, TP_STR("a"));

    CHECK(one.low != other.low && one.high != other.high && one.low != one.high);
}

int
main(void)
{
    RUN(test_set);
    RUN(test_digest);
    return unit_end();
}
