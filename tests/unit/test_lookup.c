#include "event/lookup.h"

#include <stdlib.h>

#include "unit.h"

/* Rows of key I are numbers: I, I + KEYS, I + 2 KEYS ... */
enum { KEYS = 5000, ROWS = 20000 };

static struct tp_str
text_of(char *to, int number)
{
    return (struct tp_str){to, (size_t)snprintf(to, 16, "%d", number)};
}

static void
gives_what_was_added(void)
{
    struct tp_lookup *lookup = tp_lookup_new();
    struct tp_lookup_row row;
    char key[16], line[16];

    for (int i = 0; i < ROWS; i++)
        CHECK(tp_lookup_add(lookup, text_of(key, i % KEYS), text_of(line, i), (uint32_t)i, NULL) ==
              0);
    CHECK(tp_lookup_count(lookup) == ROWS);
    CHECK(tp_lookup_ready(lookup, NULL) == 0);
    for (int i = 0; i < KEYS; i++) {
        struct tp_lookup_found found = tp_lookup_find(lookup, text_of(key, i));
        int wanted = i;

        for (; tp_lookup_next(&found, &row); wanted += KEYS)
            CHECK(tp_str_equal(row.line, text_of(line, wanted)) && row.mark == (uint32_t)wanted);
        CHECK_THAT(wanted == i + ROWS, "key %d ends at %d", i, wanted);
    }
    tp_lookup_free(lookup);
}

static void
knows_what_is_not_there(void)
{
    struct tp_lookup *lookup = tp_lookup_new();
    struct tp_lookup_row row;
    struct tp_lookup_found found;
    uint32_t hash;

    CHECK(tp_lookup_add(lookup, TP_STR("a"), TP_STR(""), 0, NULL) == 0);
    CHECK(tp_lookup_ready(lookup, NULL) == 0);
    found = tp_lookup_find(lookup, TP_STR("b"));
    CHECK(!tp_lookup_next(&found, &row));
    hash = tp_lookup_hash(lookup, TP_STR("a"));
    tp_lookup_fetch(lookup, hash);
    found = tp_lookup_find_hashed(lookup, TP_STR("a"), hash);
    CHECK(tp_lookup_next(&found, &row) && row.line.len == 0 && !tp_lookup_next(&found, &row));
    tp_lookup_free(lookup);
}

static void
may_be_empty(void)
{
    struct tp_lookup *lookup = tp_lookup_new();
    struct tp_lookup_row row;
    struct tp_lookup_found found;

    CHECK(tp_lookup_ready(lookup, NULL) == 0);
    found = tp_lookup_find(lookup, TP_STR("a"));
    CHECK(!tp_lookup_next(&found, &row));
    tp_lookup_fetch(lookup, tp_lookup_hash(lookup, TP_STR("a")));
    tp_lookup_free(lookup);
}

/* A million rows of 50 bytes with keys of 9: what the header promises, not a pointer's worth more.
 */
static void
is_compact(void)
{
    struct tp_lookup *lookup = tp_lookup_new();
    char key[16], line[50] = {0};

    for (int i = 0; i < 1000000; i++)
        CHECK(tp_lookup_add(lookup, text_of(key, 100000000 + i), (struct tp_str){line, 50}, 0,
                            NULL) == 0);
    CHECK(tp_lookup_ready(lookup, NULL) == 0);
    CHECK_THAT(tp_lookup_size(lookup) < 97u * 1000000, "%zu bytes", tp_lookup_size(lookup));
    tp_lookup_free(lookup);
}

int
main(void)
{
    RUN(gives_what_was_added);
    RUN(knows_what_is_not_there);
    RUN(may_be_empty);
    RUN(is_compact);
    return unit_end();
}
