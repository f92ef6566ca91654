#include "event/expiring.h"

#include "unit.h"

static int cleared;

static void
count_cleared(const void *context, void *state)
{
    (void)context;
    cleared += *(int *)state;
}

static int *
touch(struct tp_expiring *keys, const char *key, tp_time time)
{
    return tp_expiring_touch(keys, tp_str_of(key), time);
}

static void
forgets_the_unseen(void)
{
    struct tp_expiring *keys = tp_expiring_new(sizeof(int), 10, count_cleared, NULL);

    cleared = 0;
    *touch(keys, "a", 0) = 1;
    *touch(keys, "b", 1) = 2;
    tp_expiring_forget(keys, 10); /* exactly 10 is not longer than 10 */
    CHECK(tp_expiring_count(keys) == 2);
    CHECK(*touch(keys, "a", 10) == 1);
    tp_expiring_forget(keys, 12);
    CHECK(tp_expiring_count(keys) == 1);
    CHECK(cleared == 2);
    CHECK(*touch(keys, "b", 12) == 0);
    *touch(keys, "b", 12) = 4;
    tp_expiring_forget(keys, TP_TIME_MAX);
    CHECK(tp_expiring_count(keys) == 0);
    CHECK(cleared == 7);
    tp_expiring_free(keys);
}

static void
keeps_for_ever(void)
{
    struct tp_expiring *keys = tp_expiring_new(sizeof(int), 0, count_cleared, NULL);

    cleared = 0;
    *touch(keys, "a", TP_TIME_MIN) = 1;
    tp_expiring_forget(keys, TP_TIME_AFTER_ALL);
    CHECK(tp_expiring_count(keys) == 1);
    CHECK(*touch(keys, "a", TP_TIME_MAX) == 1);
    tp_expiring_free(keys);
    CHECK(cleared == 1);
}

int
main(void)
{
    RUN(forgets_the_unseen);
    RUN(keeps_for_ever);
    return unit_end();
}
