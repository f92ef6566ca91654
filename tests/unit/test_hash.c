/* The hash of seed 0 decides partitions and must never change; the others must differ. */
#include "base/hash.h"

#include "base/str.h"
#include "unit.h"

/* As other implementations of XXH3 publish them. */
static void
test_known_values(void)
{
    CHECK(tp_hash(0, "", 0) == 0x2d06800538d394c2u);
    CHECK(tp_hash(0, "a", 1) == 0xe6c632b61e964e1fu);
    CHECK(tp_hash(0, "abc", 3) == 0x78af5f94892f3950u);
}

static void
test_every_byte_counts(void)
{
    char bytes[300] = {0};
    uint64_t whole;

    for (size_t len = 1; len <= sizeof bytes; len++) {
        whole = tp_hash(7, bytes, len);
        CHECK(whole != tp_hash(7, bytes, len - 1));
        bytes[len - 1] = 1;
        CHECK(whole != tp_hash(7, bytes, len));
        bytes[len - 1] = 0;
        CHECK(whole != tp_hash(8, bytes, len));
    }
}

static void
test_seeds_differ(void)
{
    CHECK(tp_hash_seed() != tp_hash_seed());
}

int
main(void)
{
    RUN(test_known_values);
    RUN(test_every_byte_counts);
    RUN(test_seeds_differ);
    return unit_end();
}
