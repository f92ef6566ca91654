/* lineup: by end, then by first record, whatever the order it was given in. */
#include "event/lineup.h"

#include "unit.h"

static void
orders_by_end_then_sequence(void)
{
    struct tp_lineup lineup = {NULL, 0, 0};
    uint64_t state = 1;
    size_t wrong = 0;

    tp_lineup_sort(&lineup); /* none is fine */
    for (size_t i = 0; i < 1000; i++)
        CHECK(tp_lineup_add(&lineup, (tp_time)(unit_random(&state) % 50) - 25,
                            unit_random(&state) % 1000, NULL) == 0);
    tp_lineup_sort(&lineup);
    CHECK(lineup.count == 1000);
    for (size_t i = 1; i < lineup.count; i++) {
        const struct tp_lineup_entry *a = &lineup.entry[i - 1], *b = &lineup.entry[i];

        wrong += a->end > b->end || (a->end == b->end && a->sequence > b->sequence);
    }
    CHECK(wrong == 0);
    tp_lineup_clear(&lineup);
    CHECK(lineup.count == 0 && lineup.cap >= 1000);
    tp_lineup_release(&lineup);
    CHECK(lineup.entry == NULL && lineup.cap == 0);
}

/* Runs that are sorted alone, one short one left over, and both halves as the last place. */
static void
any_number_is_sorted(void)
{
    uint64_t state = 3;

    for (size_t count = 0; count < 150; count++) {
        struct tp_lineup lineup = {NULL, 0, 0};
        uint64_t sum = 0, sorted = 0;
        size_t wrong = 0;

        for (size_t i = 0; i < count; i++) {
            uint64_t sequence = unit_random(&state) >> 40;

            sum += sequence;
            CHECK(tp_lineup_add(&lineup, (tp_time)(sequence % 3), sequence, NULL) == 0);
        }
        tp_lineup_sort(&lineup);
        for (size_t i = 0; i < count; i++) {
            const struct tp_lineup_entry *entry = &lineup.entry[i];

            sorted += entry->sequence;
            wrong +=
                i > 0 && (entry->end < entry[-1].end ||
                          (entry->end == entry[-1].end && entry->sequence < entry[-1].sequence));
        }
        CHECK(wrong == 0 && sorted == sum);
        tp_lineup_release(&lineup);
    }
}

static void
entries_keep_what_they_were_given(void)
{
    struct tp_lineup lineup = {NULL, 0, 0};
    int first, second, third;

    CHECK(tp_lineup_add(&lineup, TP_TIME_AFTER_ALL, 0, &third) == 0);
    CHECK(tp_lineup_add(&lineup, TP_TIME_BEFORE_ALL, UINT64_MAX, &second) == 0);
    CHECK(tp_lineup_add(&lineup, TP_TIME_BEFORE_ALL, 7, &first) == 0);
    tp_lineup_sort(&lineup);
    CHECK(lineup.entry[0].what == &first && lineup.entry[0].sequence == 7);
    CHECK(lineup.entry[1].what == &second && lineup.entry[1].end == TP_TIME_BEFORE_ALL);
    CHECK(lineup.entry[2].what == &third);
    tp_lineup_release(&lineup);
}

int
main(void)
{
    RUN(orders_by_end_then_sequence);
    RUN(any_number_is_sorted);
    RUN(entries_keep_what_they_were_given);
    return unit_end();
}
