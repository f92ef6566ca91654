/* Records that say the same have the same bytes, and others do not. */
#include "record/canon.h"

#include "unit.h"

/* Two records: equal or not. */
static const struct pair {
    const char *one, *other;
    int same;
} pairs[] = {
    {"{\"a\":1,\"b\":2}", "{ \"b\" : 2.0 , \"a\" : 1e0 }", 1},
    {"{\"a\":1,\"a\":2}", "{\"a\":2}", 1},
    {"{\"a\":1,\"\\u0061\":2}", "{\"a\":2}", 1},
    {"{\"a\":{\"x\":1,\"y\":[{\"p\":1,\"q\":2}]}}", "{\"a\":{\"y\":[{\"q\":2,\"p\":1}],\"x\":1}}",
     1},
    {"{\"a\":0}", "{\"a\":-0.0}", 1},
    {"{\"a\":\"\\n\"}", "{\"a\":\"\\u000a\"}", 1},
    {"{\"a\":1}", "{\"a\":\"1\"}", 0},
    {"{\"a\":null}", "{}", 0},
    {"{\"a\":[1,2]}", "{\"a\":[2,1]}", 0},
    {"{\"a\":[1,[2]]}", "{\"a\":[[1],2]}", 0},
    {"{\"a\":[]}", "{\"a\":{}}", 0},
    {"{\"a\":true}", "{\"a\":false}", 0},
    {"{\"a\":\"x\",\"b\":\"y\"}", "{\"a\":\"y\",\"b\":\"x\"}", 0},
    {"{\"a\":{\"b\":1}}", "{\"a\":{},\"b\":1}", 0},
    {"{\"ab\":\"c\"}", "{\"a\":\"bc\"}", 0},
    {"{\"\":1,\"\":2}", "{\"\":2}", 1},
    {"{\"a\":9007199254740993}", "{\"a\":9007199254740992}", 0},
};

static void
same_and_different(void)
{
    struct tp_canon canon = TP_CANON_INIT;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct tp_buf one = TP_BUF_INIT, other = TP_BUF_INIT;

        CHECK(tp_canon_put(&canon, tp_str_of(pairs[i].one), &one) == 0);
        CHECK(tp_canon_put(&canon, tp_str_of(pairs[i].other), &other) == 0);
        CHECK_THAT(tp_str_equal(tp_buf_str(&one), tp_buf_str(&other)) == pairs[i].same, "%s %s",
                   pairs[i].one, pairs[i].other);
        tp_buf_release(&one);
        tp_buf_release(&other);
    }
    tp_canon_release(&canon);
}

/* More members than a first array holds, at two depths. */
static void
many_members(void)
{
    struct tp_buf up = TP_BUF_INIT, down = TP_BUF_INIT, one = TP_BUF_INIT, other = TP_BUF_INIT;
    struct tp_canon canon = TP_CANON_INIT;

    for (int i = 0; i < 100; i++) {
        tp_buf_printf(&up, "%c\"m%d\":{\"x\":%d,\"y\":%d}", i ? ',' : '{', i, i, -i);
        tp_buf_printf(&down, "%c\"m%d\":{\"y\":%d,\"x\":%d.0}", i ? ',' : '{', 99 - i, i - 99,
                      99 - i);
    }
    tp_buf_put_char(&up, '}');
    tp_buf_put_char(&down, '}');
    CHECK(tp_canon_put(&canon, tp_buf_str(&up), &one) == 0);
    CHECK(tp_canon_put(&canon, tp_buf_str(&down), &other) == 0);
    CHECK(tp_str_equal(tp_buf_str(&one), tp_buf_str(&other)));
    tp_canon_release(&canon);
    tp_buf_release(&up);
    tp_buf_release(&down);
    tp_buf_release(&one);
    tp_buf_release(&other);
}

int
main(void)
{
    RUN(same_and_different);
    RUN(many_members);
    return unit_end();
}
