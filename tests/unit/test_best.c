#include "event/best.h"

#include "unit.h"

static size_t size;

static void
offer(struct tp_best **best, const char *rank, tp_time time, const char *line)
{
    const struct tp_best_offer offered = {time, tp_str_of(rank), tp_str_of(line)};

    CHECK(tp_best_take(best, &offered, 1, &size) == 0); /* the NUL belongs to it */
}

static void
first_wins(void)
{
    struct tp_best *best = NULL;

    offer(&best, "m", 5, "first");
    offer(&best, "m", 5, "same");
    offer(&best, "m", 6, "later");
    offer(&best, "n", 1, "worse");
    offer(&best, "mm", 1, "longer");
    CHECK(tp_str_equal(tp_best_line(best), TP_STR("first")) && tp_best_time(best) == 5);
    offer(&best, "m", 4, "earlier");
    CHECK(tp_str_equal(tp_best_line(best), TP_STR("earlier")) && tp_best_time(best) == 4);
    offer(&best, "lzzzzzzz", 9, "of another, longer rank, and longer");
    CHECK(tp_str_equal(tp_best_line(best), TP_STR("of another, longer rank, and longer")));
    CHECK(tp_best_line(best).ptr[tp_best_line(best).len] == '\0');
    offer(&best, "", 99, "without rank");
    offer(&best, "", 98, "without rank, earlier");
    CHECK(tp_best_time(best) == 98);
    CHECK(size > 0);
    tp_best_free(best, &size);
    CHECK(size == 0);
    tp_best_free(NULL, &size);
}

int
main(void)
{
    RUN(first_wins);
    return unit_end();
}
