#include "event/partitions.h"

#include "record/key.h"
#include "saved.h"
#include "unit.h"

#define S TP_SECOND

static struct tp_partitions *
make(bool keyed)
{
    struct tp_err err;

    return tp_partitions_new(keyed, 2 * S, S, &err);
}

static struct tp_partition *
get(struct tp_partitions *s, const char *name, tp_duration now)
{
    struct tp_slot slot = {name, (uint32_t)strlen(name), TP_SLOT_TEXT};
    struct tp_buf key = TP_BUF_INIT;
    struct tp_partition *p;
    struct tp_err err;

    tp_key_put_slot(&key, &slot);
    p = tp_partitions_get(s, tp_buf_str(&key), now, &err);
    tp_buf_release(&key);
    return p;
}

static void
one(void)
{
    struct tp_partitions *s = make(false);
    struct tp_partition *p = get(s, "whatever", 0);

    CHECK(p == get(s, "else", 0) && !p->behind);
    CHECK(tp_partitions_watermark(s) == TP_TIME_BEFORE_ALL);
    CHECK(tp_partitions_observe(s, p, 10 * S) && tp_partitions_watermark(s) == 8 * S);
    CHECK(!tp_partitions_observe(s, p, 9 * S) && tp_partitions_watermark(s) == 8 * S);
    tp_partitions_free(s);
}

static void
least_of_all(void)
{
    struct tp_partitions *s = make(true);
    struct tp_partition *a = get(s, "a", 0), *b = get(s, "b", 0);

    CHECK(a != b && a == get(s, "a", 0) && a->behind);
    tp_partitions_observe(s, a, 10 * S);
    CHECK(tp_partitions_watermark(s) == TP_TIME_BEFORE_ALL);
    tp_partitions_observe(s, b, 7 * S);
    CHECK(tp_partitions_watermark(s) == 5 * S);
    tp_partitions_free(s);
}

static void
waits_for_so_many(void)
{
    struct tp_partitions *s = make(true);
    struct tp_err err;

    CHECK(tp_partitions_wait_for(s, 2, &err) == 0);
    tp_partitions_observe(s, get(s, "a", 0), 10 * S);
    CHECK(tp_partitions_watermark(s) == TP_TIME_BEFORE_ALL);
    tp_partitions_observe(s, get(s, "b", 0), 6 * S);
    CHECK(tp_partitions_watermark(s) == 4 * S);
    tp_partitions_free(s);
}

static void
silence(void)
{
    struct tp_partitions *s = make(true);
    struct tp_partition *a, *b;

    CHECK(!tp_partitions_all_idle(s));
    a = get(s, "a", 0);
    b = get(s, "b", 3 * S);
    tp_partitions_observe(s, a, 10 * S);
    tp_partitions_observe(s, b, 20 * S);
    CHECK(tp_partitions_check(s, 4 * S, 5 * S) == 1 * S);
    CHECK(tp_partitions_check(s, 5 * S, 5 * S) == 3 * S && a->idle && a->behind && !b->idle);
    CHECK(tp_partitions_watermark(s) == 18 * S && !tp_partitions_all_idle(s));
    CHECK(tp_partitions_check(s, 8 * S, 5 * S) == 0 && tp_partitions_all_idle(s));
    /* It comes back behind the others, and holds nobody back. */
    CHECK(tp_partitions_observe(s, a, 11 * S) && !a->idle);
    CHECK(tp_partitions_watermark(s) == 18 * S);
    tp_partitions_end(s);
    CHECK(tp_partitions_ended(s));
    tp_partitions_free(s);
}

static void
save_all(struct tp_partitions *s, struct tp_buf *text)
{
    struct tp_save save;
    struct tp_err err;

    tp_save_init(&save, saved_append, text, &err);
    CHECK(tp_partitions_save(s, 0, 1, &save, &err) == 0);
    tp_save_seal(&save, &err);
    tp_save_release(&save);
}

static int
load_all(struct tp_partitions *s, struct tp_buf *text, struct tp_err *err)
{
    struct tp_str body, line;
    int result = tp_snapshot_open(tp_buf_str(text), &body, err);

    while (result == 0 && tp_snapshot_next(&body, &line))
        result = tp_partitions_load(s, 1, 0, line, err);
    return result;
}

static void
saved_and_loaded(void)
{
    struct tp_partitions *s = make(true), *again = make(true), *other = make(false);
    struct tp_buf first = TP_BUF_INIT, second = TP_BUF_INIT;
    struct tp_err err;

    tp_partitions_observe(s, get(s, "a", 0), 10 * S);
    tp_partitions_observe(s, get(s, "b", 6 * S), 7 * S);
    tp_partitions_check(s, 7 * S, 5 * S);
    save_all(s, &first);
    CHECK(load_all(again, &first, &err) == 0);
    CHECK(tp_partitions_watermark(again) == 8 * S); /* of `a`, when it was alone */
    CHECK(get(again, "a", 0)->idle);
    save_all(again, &second);
    CHECK(tp_str_equal(tp_buf_str(&first), tp_buf_str(&second)));
    tp_partitions_observe(again, get(again, "b", 0), 12 * S);
    CHECK(tp_partitions_watermark(again) == 10 * S);
    CHECK(load_all(other, &first, &err) < 0);
    CHECK(tp_partitions_load(again, 1, 0,
                             TP_STR("{\"key\":[\"c\"],\"input\":0,\"largest\":1,\"watermark\":1,"
                                    "\"member\":7,\"idle\":false,\"behind\":false}"),
                             &err) < 0);
    tp_buf_release(&first);
    tp_buf_release(&second);
    tp_partitions_free(s);
    tp_partitions_free(again);
    tp_partitions_free(other);
}

int
main(void)
{
    RUN(one);
    RUN(least_of_all);
    RUN(waits_for_so_many);
    RUN(silence);
    RUN(saved_and_loaded);
    return unit_end();
}
