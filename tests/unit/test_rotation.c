#include "stream/rotation.h"

#include <stdlib.h>

#include "unit.h"

static bool
is(const char *name, enum tp_rotation_kind kind, const char *base, const char *suffix)
{
    struct tp_rotation r = tp_rotation_of(name);

    return r.kind == kind && tp_str_equal(r.base, tp_str_of(base)) &&
           tp_str_equal(r.suffix, tp_str_of(suffix));
}

static void
kinds(void)
{
    CHECK(is("a.log", TP_ROTATION_LIVE, "a.log", ""));
    CHECK(is("a.log.1", TP_ROTATION_NUMBERED, "a.log", "1"));
    CHECK(is("d/a.log.12.gz", TP_ROTATION_NUMBERED, "d/a.log", "12"));
    CHECK(is("a.log-20261121", TP_ROTATION_DATED, "a.log", "20261121"));
    CHECK(is("a.log.2026-11-21.zst", TP_ROTATION_DATED, "a.log", "2026-11-21"));
    CHECK(is("a.log-20261121T1200.gz", TP_ROTATION_DATED, "a.log", "20261121T1200"));
    /* No rotation: a host's number, a bare number, an archive, nothing. */
    CHECK(is("host-1", TP_ROTATION_LIVE, "host-1", ""));
    CHECK(is("1", TP_ROTATION_LIVE, "1", ""));
    CHECK(is(".1", TP_ROTATION_LIVE, ".1", ""));
    CHECK(is("a.gz", TP_ROTATION_LIVE, "a.gz", ""));
    CHECK(is("", TP_ROTATION_LIVE, "", ""));
    CHECK(is("-", TP_ROTATION_LIVE, "-", ""));
    CHECK(is("20261121", TP_ROTATION_LIVE, "20261121", ""));
}

/* Any order that a set comes in gives the same, and what is no part of it keeps its place. */
static void
order(void)
{
    static const char *const expected[] = {
        "x", "a-20261119", "a.2026-11-20.gz", "a.10.gz", "a.02", "a.1", "a", "y"};
    enum { COUNT = sizeof expected / sizeof *expected };
    uint64_t random = 1;

    for (int round = 0; round < 200; round++) {
        const char *names[COUNT];

        memcpy(names, expected, sizeof expected);
        for (size_t i = COUNT - 2; i > 1; i--) {
            size_t j = 1 + unit_random(&random) % i;
            const char *name = names[i];

            names[i] = names[j];
            names[j] = name;
        }
        tp_rotation_sort(names, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            CHECK_THAT(strcmp(names[i], expected[i]) == 0, "%zu: %s", i, names[i]);
    }
}

static void
apart(void)
{
    const char *names[] = {"b.1", "a", "b", "a.1", "b.2"};

    CHECK(tp_rotation_has_live(names, 5, 0));
    CHECK(!tp_rotation_has_live(names, 5, 1));
    CHECK(tp_rotation_has_live(names, 5, 3));
    tp_rotation_sort(names, 5);
    CHECK(strcmp(names[0], "b.2") == 0 && strcmp(names[1], "b.1") == 0);
    CHECK(strcmp(names[2], "b") == 0);
    CHECK(strcmp(names[3], "a.1") == 0 && strcmp(names[4], "a") == 0);
    CHECK(!tp_rotation_has_live((const char *[]){"a.1"}, 1, 0));
}

int
main(void)
{
    RUN(kinds);
    RUN(order);
    RUN(apart);
    return unit_end();
}
