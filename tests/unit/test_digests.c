#include "base/digests.h"

#include "unit.h"

static struct tp_digest
digest_of(uint32_t number)
{
    return tp_digest_of(7, (struct tp_str){(const char *)&number, sizeof number});
}

/* Forty that begin in one bucket, the first of them in a table's last. */
static struct tp_digest
crowded_of(uint32_t number)
{
    struct tp_digest digest = digest_of(number);

    digest.low = number < 40 ? UINT64_MAX : digest_of(number / 40).low;
    return digest;
}

typedef struct tp_digest make_digest(uint32_t number);

static int
count_walked(const struct tp_digests *digests)
{
    struct tp_digest digest;
    int64_t number, there;
    int walked = 0;

    for (size_t at = 0; tp_digests_next(digests, &at, &digest, &number); walked++)
        CHECK(tp_digests_find(digests, digest, &there) && there == number);
    return walked;
}

/* So many that parts double and split: what was added is there, once, and nothing else. */
static void
check_set(bool numbered, make_digest *make, uint32_t count)
{
    struct tp_digests *digests = tp_digests_new(numbered);
    int wrong = 0;
    int64_t number;

    CHECK(digests != NULL);
    CHECK(count_walked(digests) == 0);
    for (uint32_t i = 0; i < count; i++) {
        wrong += tp_digests_find(digests, make(i), &number);
        tp_digests_expect(digests, make(i));
        wrong += tp_digests_add(digests, make(i), -(int64_t)i) != 1;
        wrong += tp_digests_add(digests, make(i / 2), 7) != 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        wrong += !tp_digests_find(digests, make(i), &number);
        wrong += number != (numbered ? -(int64_t)i : 0);
    }
    CHECK(wrong == 0);
    CHECK(tp_digests_count(digests) == count);
    CHECK(count_walked(digests) == (int)count);
    tp_digests_free(digests);
}

static void
test_set(void)
{
    check_set(false, digest_of, 700000);
    check_set(true, digest_of, 700000);
    check_set(true, crowded_of, 300000);
    tp_digests_free(NULL);
}

/* At most 3/4 of the places are taken, at least 3/8 once there are many. */
static void
test_size(void)
{
    struct tp_digests *digests = tp_digests_new(false);
    size_t least = SIZE_MAX, most = 0;

    for (uint32_t i = 0; i < 1000000; i++) {
        size_t a_thousandth;

        CHECK(tp_digests_add(digests, digest_of(i), 0) == 1);
        a_thousandth = tp_digests_size(digests) * 1000 / (i + 1);
        if (i >= 1000)
            least = a_thousandth < least ? a_thousandth : least;
        if (i >= 1000)
            most = a_thousandth > most ? a_thousandth : most;
    }
    CHECK(least >= 21000 && least < 22500);
    CHECK(most < 43500);
    tp_digests_free(digests);
}

/* The seed counts, and both halves do. */
static void
test_digest(void)
{
    struct tp_digest one = tp_digest_of(1, TP_STR("a")), other = tp_digest_of(2, TP_STR("a"));

    CHECK(one.low != other.low && one.high != other.high && one.low != one.high);
}

/* As XXH3_128bits is defined, the low half first, of each half the least byte. */
static void
test_bytes(void)
{
    static const char of_nothing[TP_DIGEST_SIZE] = "\x7f\x49\x8d\x46\x24\xc3\x01\x60"
                                                   "\xd8\x98\x47\x01\xd3\x06\xaa\x99";
    struct tp_digest digest = tp_digest_of(0, TP_STR("")), again;
    char bytes[TP_DIGEST_SIZE];

    tp_digest_write(bytes, digest);
    CHECK(memcmp(bytes, of_nothing, sizeof bytes) == 0);
    again = tp_digest_read(bytes);
    CHECK(again.low == digest.low && again.high == digest.high);
}

int
main(void)
{
    RUN(test_set);
    RUN(test_size);
    RUN(test_digest);
    RUN(test_bytes);
    return unit_end();
}
