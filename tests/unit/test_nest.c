/* What members a row has: flat, nested, left out. Rows of whole filters: tests/property/map.py. */
#include "record/nest.h"
#include "record/omit.h"

#include "unit.h"

static struct tp_buf row;

typedef int nest_fn(struct tp_nest *nest, struct tp_str object, struct tp_buf *to,
                    struct tp_err *err);

static const char *
make(nest_fn *fn, const char *object)
{
    struct tp_nest *nest = tp_nest_new();
    struct tp_err err;

    tp_buf_clear(&row);
    if (fn(nest, tp_str_of(object), &row, &err) < 0) {
        tp_buf_clear(&row);
        tp_buf_put_str(&row, tp_str_of(err.text));
    }
    tp_nest_free(nest);
    return tp_buf_text(&row);
}

#define FLAT(object, want) CHECK_THAT(!strcmp(make(tp_nest_flatten, object), want), "%s", row.ptr)
#define DEEP(object, want) CHECK_THAT(!strcmp(make(tp_nest_unflatten, object), want), "%s", row.ptr)

static void
test_flatten(void)
{
    FLAT("{}", "{}");
    FLAT("{ \"a\" : 1.10 }", "{\"a\":1.10}");
    FLAT("{\"a\":{\"b\":{\"c\":1},\"d\":\"x\"},\"e\":2}", "{\"a.b.c\":1,\"a.d\":\"x\",\"e\":2}");
    FLAT("{\"a\":{ },\"b\":[{\"c\":{}}]}", "{\"a\":{ },\"b\":[{\"c\":{}}]}");
    FLAT("{ \"a\" : { \"b\" : { \"c\" : 1 } } , \"d\" : { \"e\" : 2 } }",
         "{\"a.b.c\":1,\"d.e\":2}");
    FLAT("{\"\":{\"\":1},\"a.b\":{\"c\\\"\":1}}", "{\".\":1,\"a.b.c\\\"\":1}");
}

static void
test_unflatten(void)
{
    DEEP("{}", "{}");
    DEEP("{\"a.b\":1,\"c\":2,\"a.d\":3}", "{\"a\":{\"b\":1,\"d\":3},\"c\":2}");
    DEEP("{\"a\":{\"b\":{\"c\":1}},\"a.b.d\":2}", "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}");
    DEEP("{\"a.b.d\":2,\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"d\":2,\"c\":1}}}");
    DEEP("{\"\\u0061.b\":1,\"a.c\":2}", "{\"a\":{\"b\":1,\"c\":2}}");
    DEEP("{\"a\":1,\"a\":2}", "{\"a\":2}");
    DEEP("{\"a\":1,\"a.b\":2}", "\"a\" is a value, and an object by other members");
}

static const char *
leave_out(const char *path, const char *prefix, const char *object)
{
    struct tp_omit omit = {0};
    struct tp_path parsed = {0};
    struct tp_err err;

    if (path)
        CHECK(tp_path_parse(&parsed, tp_str_of(path), &err) == 0 &&
              tp_omit_path(&omit, &parsed, &err) == 0);
    if (prefix)
        CHECK(tp_omit_prefix(&omit, tp_str_of(prefix), &err) == 0);
    tp_buf_clear(&row);
    tp_omit_copy(&omit, tp_str_of(object), &row);
    tp_path_release(&parsed);
    tp_omit_release(&omit);
    return tp_buf_text(&row);
}

#define LEFT(path, prefix, object, want) \
    CHECK_THAT(!strcmp(leave_out(path, prefix, object), want), "%s", row.ptr)

static void
test_omit(void)
{
    LEFT("a", NULL, "{ \"a\" : 1 , \"b\" : 2 }", "{ \"b\" : 2 }");
    LEFT("b", NULL, "{ \"a\" : 1 , \"b\" : 2 }", "{ \"a\" : 1 }");
    LEFT("a", NULL, "{\"a\":1,\"b\":2,\"\\u0061\":3}", "{\"b\":2}");
    LEFT("a.b", NULL, "{\"a\":{\"b\":1,\"c\":[{\"b\":1}]},\"b\":2}",
         "{\"a\":{\"c\":[{\"b\":1}]},\"b\":2}");
    LEFT("a.b", NULL, "{\"a\":[1],\"c\":2}", "{\"a\":[1],\"c\":2}");
    LEFT(NULL, "@", "{\"@t\":1,\"a\":{\"@t\":1},\"\\u0040x\":2}", "{\"a\":{\"@t\":1}}");
    LEFT("b", "a", "{\"ab\":1,\"b\":1,\"a\":1}", "{}");
}

static void
test_omit_refuses(void)
{
    struct tp_omit omit = {0};
    struct tp_path path;
    struct tp_err err;

    CHECK(tp_path_parse(&path, TP_STR("a[0]"), &err) == 0);
    CHECK(tp_omit_path(&omit, &path, &err) < 0);
    CHECK(err.fault == TP_FAULT_USAGE);
    tp_path_release(&path);
    tp_omit_release(&omit);
}

int
main(void)
{
    RUN(test_flatten);
    RUN(test_unflatten);
    RUN(test_omit);
    RUN(test_omit_refuses);
    tp_buf_release(&row);
    return unit_end();
}
