#include "event/filling.h"

#include "unit.h"

static struct tp_buf *
lend(void *context, struct tp_err *err)
{
    (void)err;
    return context;
}

/* Marks with `<` what came as a record. */
static int
end(void *context, bool was_held, struct tp_err *err)
{
    (void)err;
    if (was_held)
        tp_buf_put_char(context, '<');
    return 0;
}

/* The one record `{"t":"1970-01-01T00:00:0NZ","n":N}`, with its time found. */
static void
add(struct tp_filling *filling, int n)
{
    char line[64];
    int len = snprintf(line, sizeof line, "{\"t\":\"1970-01-01T00:00:0%dZ\",\"n\":%d}", n, n);
    const struct tp_slot time = {.ptr = line + 6, .len = 20, .kind = TP_SLOT_TEXT};
    const struct tp_filling_record record = {n * TP_SECOND, {line, (size_t)len}, &time, &time};

    CHECK(tp_filling_add(filling, &record, NULL) == 0);
}

static void
fills_behind_the_record_before(void)
{
    static const struct tp_keys one;
    const struct tp_filling_rule rule = {
        .after = TP_SECOND, .step = TP_SECOND, .how = TP_FILL_PREVIOUS, .keys = &one};
    struct tp_buf rows = TP_BUF_INIT;
    struct tp_filling *filling = tp_filling_new(&rule, (struct tp_filling_rows){lend, end, &rows});

    add(filling, 3);
    add(filling, 1);
    CHECK(tp_filling_held(filling) == 2 && rows.len == 0);
    CHECK(tp_filling_advance(filling, TP_TIME_AFTER_ALL, 3 * TP_SECOND + 1, NULL) == 0);
    CHECK(
        tp_str_equal(tp_buf_str(&rows),
                     TP_STR("{\"t\":\"1970-01-01T00:00:01Z\",\"n\":1}\n<"
                            "{\"t\":\"1970-01-01T00:00:02.000Z\",\"n\":1,\"@fill\":\"previous\"}\n"
                            "{\"t\":\"1970-01-01T00:00:03Z\",\"n\":3}\n<")));
    CHECK(tp_filling_held(filling) == 0 && tp_filling_keys(filling) == 1);
    tp_filling_free(filling);
    tp_buf_release(&rows);
}

int
main(void)
{
    RUN(fills_behind_the_record_before);
    return unit_end();
}
