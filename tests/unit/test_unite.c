#include "record/unite.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct tp_str
part(const char *text)
{
    return text ? tp_str_of(text) : (struct tp_str){NULL, 0};
}

static void
unites(struct tp_unite *unite, const char *left, const char *right, const char *want)
{
    struct tp_buf row = TP_BUF_INIT;
    struct tp_emit emit = tp_emit_open(&row);
    struct tp_err err;

    CHECK(tp_unite_members(unite, part(left), part(right), &emit, &err) == 0);
    CHECK_THAT(tp_str_equal(tp_buf_str(&row), tp_str_of(want)), "%.*s, not %s", (int)row.len,
               row.ptr, want);
    tp_buf_release(&row);
}

static const struct tp_str shared[] = {{"k", 1}}, taken[] = {{"w", 1}}, known[] = {{"n", 1}};

static struct tp_unite
new_unite(void)
{
    return (struct tp_unite){.right_prefix = {"r_", 2},
                             .shared = shared,
                             .shares = 1,
                             .taken = taken,
                             .known = {known, known},
                             .knowns = {1, 1}};
}

static void
names_stay_apart(void)
{
    struct tp_unite u = new_unite();

    unites(&u, "{\"k\":1,\"a\":2}", "{\"k\":1,\"b\":3}", "{\"k\":1,\"a\":2,\"b\":3");
    unites(&u, "{ \"k\" : 1 , \"a\":2}", "{\"a\":[3], \"k\":1.0}",
           "{\"k\" : 1,\"a\":2,\"r_a\":[3]");
    unites(&u, "{\"a\":1,\"r_a\":2}", "{\"a\":3}", "{\"a\":1,\"r_a\":2,\"r_r_a\":3");
    unites(&u, "{\"\\u0061\":1}", "{\"a\":3}", "{\"\\u0061\":1,\"r_a\":3");
    unites(&u, "{}", "{\"@op\":\"x\",\"a\":3,\"@timestamp\":1}", "{\"a\":3");
    unites(&u, NULL, "{\"n\":3,\"m\":4}", "{\"r_n\":3,\"m\":4");
    unites(&u, "{\"n\":3,\"m\":4}", NULL, "{\"n\":3,\"m\":4");
    u.takes = 1;
    unites(&u, "{\"w\":3,\"m\":4}", NULL, "{\"m\":4");
    u.takes = 0;
    unites(&u, "{\"w\":3,\"m\":4}", NULL, "{\"w\":3,\"m\":4");
    tp_unite_release(&u);
}

/* More shapes than are remembered, again and again. */
static void
shapes_come_and_go(void)
{
    struct tp_unite u = new_unite();

    for (int round = 0; round < 100; round++) {
        char left[64], right[64], want[128];
        int l = round * 7 % 5, r = round * 3 % 4;

        snprintf(left, sizeof left, "{\"k\":1,\"m%d\":2}", l);
        snprintf(right, sizeof right, "{\"m%d\":3,\"k\":1}", r);
        snprintf(want, sizeof want, "{\"k\":1,\"m%d\":2,\"%sm%d\":3", l, l == r ? "r_" : "", r);
        unites(&u, left, right, want);
    }
    tp_unite_release(&u);
}

int
main(void)
{
    RUN(names_stay_apart);
    RUN(shapes_come_and_go);
    return unit_end();
}
