/* pending: lines leave in order, each when enough is answered, whatever is put in between. */
#include "stream/pending.h"

#include "unit.h"

static void
lines_wait_for_their_answers(void)
{
    struct tp_pending pending = {.passed = 0};
    struct tp_str line;

    CHECK(!tp_pending_next(&pending, UINT64_MAX, &line) && tp_pending_bytes(&pending) == 0);
    CHECK(tp_pending_put(&pending, 1, TP_STR("first")) == 0);
    CHECK(tp_pending_put(&pending, 3, TP_STR("second")) == 0);
    CHECK(tp_pending_bytes(&pending) > 10);
    CHECK(!tp_pending_next(&pending, 0, &line));
    CHECK(tp_pending_next(&pending, 2, &line) && tp_str_equal(line, TP_STR("first")));
    CHECK(!tp_pending_next(&pending, 2, &line));
    CHECK(tp_pending_next(&pending, 3, &line) && tp_str_equal(line, TP_STR("second")));
    CHECK(!tp_pending_next(&pending, 3, &line) && tp_pending_bytes(&pending) == 0);
    tp_pending_release(&pending);
}

/* Line N is N as text, and waits for N answers. */
static void
a_long_queue_stays_small(void)
{
    struct tp_pending pending = {.passed = 0};
    uint64_t state = 7, in = 0, out = 0;
    size_t largest = 0;

    while (out < 20000) {
        char text[32];
        struct tp_str line;

        for (uint64_t n = unit_random(&state) % 20; n > 0; n--) {
            int len = snprintf(text, sizeof text, "%llu", (unsigned long long)in);

            CHECK(tp_pending_put(&pending, in++, (struct tp_str){text, (size_t)len}) == 0);
        }
        while (tp_pending_next(&pending, in - in % 8, &line)) {
            int len = snprintf(text, sizeof text, "%llu", (unsigned long long)out++);

            CHECK(tp_str_equal(line, (struct tp_str){text, (size_t)len}));
        }
        if (pending.lines.len > largest)
            largest = pending.lines.len;
    }
    CHECK_THAT(largest < 4096, "%zu", largest);
    tp_pending_release(&pending);
}

int
main(void)
{
    RUN(lines_wait_for_their_answers);
    RUN(a_long_queue_stays_small);
    return unit_end();
}
