/* The rate that was promised holds, over several filters; nothing that was seen is new. */
#include "base/bloom.h"

#include "unit.h"

static struct tp_digest
digest_of(uint64_t seed, uint32_t number)
{
    return tp_digest_of(seed, (struct tp_str){(const char *)&number, sizeof number});
}

/* All COUNT are different: what is taken for seen is wrong. */
static void
check_rate(double rate, uint32_t count, uint64_t seed)
{
    struct tp_bloom *bloom = tp_bloom_new(rate);
    uint32_t wrong = 0, again = 0;
    double most;

    for (uint32_t i = 0; i < count; i++)
        wrong += tp_bloom_see(bloom, digest_of(seed, i)) == 0;
    for (uint32_t i = 0; i < count; i += 7)
        again += tp_bloom_see(bloom, digest_of(seed, i)) == 1;
    /* Four standard deviations above the promise. */
    most = rate * count + 4 * __builtin_sqrt(rate * count) + 1;
    CHECK_THAT(wrong <= most, "%u of %u, not %g", wrong, count, rate * count);
    CHECK(again == 0);
    CHECK(tp_bloom_count(bloom) == count - wrong);
    CHECK_THAT(tp_bloom_size(bloom) < (size_t)count * 20, "%zu bytes", tp_bloom_size(bloom));
    tp_bloom_free(bloom);
}

static void
the_rate_holds(void)
{
    check_rate(0.01, 500000, 1);
    check_rate(0.01, 500000, 2);
    check_rate(0.1, 400000, 3);
    check_rate(0.0001, 1000000, 4);
    tp_bloom_free(NULL);
}

int
main(void)
{
    RUN(the_rate_holds);
    return unit_end();
}
