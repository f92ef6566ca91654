/*
 * member: all members in order, with their kinds and texts; own members taken out byte for byte.
 */
#include "record/member.h"

#include <stdlib.h>

#include "unit.h"

static struct tp_buf out = TP_BUF_INIT;

/* name=kind:value| for each member. The text lies at the very end of its memory. */
static const char *
walked(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len);
    struct tp_members walk;
    struct tp_member member;

    memcpy(copy, text, len);
    tp_buf_clear(&out);
    walk = tp_members_open((struct tp_str){copy, len});
    while (tp_members_next(&walk, &member)) {
        tp_member_name(&member, &out);
        if (!member.name_escaped)
            tp_buf_put_str(&out, member.name);
        tp_buf_printf(&out, "=%d:%.*s|", (int)member.value.kind, (int)member.value.len,
                      member.value.ptr);
    }
    free(copy);
    return tp_buf_text(&out);
}

static void
check_walk(const char *text, const char *expected)
{
    const char *got = walked(text);

    CHECK_THAT(strcmp(got, expected) == 0, "%s: %s", text, got);
}

static void
walks(void)
{
    check_walk("{}", "");
    check_walk(" { } ", "");
    check_walk("{\"a\":1}", "a=4:1|");
    check_walk("{\"a\":-1.5e+3,\"b\":null,\"c\":true,\"d\":false}",
               "a=5:-1.5e+3|b=1:null|c=3:true|d=2:false|");
    check_walk("{ \"a\" : \"x\" , \"b\" : [ 1 , {\"}\":\"]\"} ] }",
               "a=6:x|b=9:[ 1 , {\"}\":\"]\"} ]|");
    check_walk("{\"a\":\"\\\"\\\\\",\"\":{}}", "a=7:\\\"\\\\|=8:{}|");
    check_walk("{\"\\u0061\\n\":{\"x\":{\"y\":\"{\\\"\"}}}", "a\n=8:{\"x\":{\"y\":\"{\\\"\"}}|");
    check_walk("{\"long member name here\":\"a text that is longer than sixteen bytes \\\\ \"}",
               "long member name here=7:a text that is longer than sixteen bytes \\\\ |");
    check_walk("\xef\xbb\xbf{\"a\":1}\r", "a=4:1|");
}

/* A lead is gone over when it stands there, blanks behind it too; else nothing moves. */
static void
skips(void)
{
    struct tp_str line = TP_STR("{\"a\":1,\"b\":  [2]}");
    struct tp_members walk = tp_members_open(line);
    struct tp_slot value;

    CHECK(!tp_members_skip(&walk, TP_STR("\"b\":")));
    CHECK(!tp_members_skip(&walk, TP_STR("\"a\":1,\"b\":  [2]}, and what is longer")));
    CHECK(tp_members_skip(&walk, TP_STR("\"a\":")));
    walk.p = tp_member_value(walk.p, walk.end, &value);
    CHECK(value.kind == TP_SLOT_INTEGER && value.ptr == line.ptr + 5 && value.len == 1);
    CHECK(tp_members_skip(&walk, TP_STR(",\"b\":")));
    walk.p = tp_member_value(walk.p, walk.end, &value);
    CHECK(value.kind == TP_SLOT_ARRAY && value.len == 3 && *value.ptr == '[');
    CHECK(!tp_members_skip(&walk, TP_STR(",\"a\":")));
}

static void
check_stripped(const char *text, const char *expected)
{
    tp_buf_clear(&out);
    tp_member_strip_own(tp_str_of(text), &out);
    CHECK_THAT(strcmp(tp_buf_text(&out), expected) == 0, "%s: %s", text, tp_buf_text(&out));
    CHECK(tp_member_has_own(tp_str_of(text)) == (strcmp(text, expected) != 0));
}

static void
own_members(void)
{
    check_stripped("{}", "{}");
    check_stripped("{\"a\":1,\"b\":\"@\"}", "{\"a\":1,\"b\":\"@\"}");
    check_stripped("{\"@t\":1}", "{}");
    check_stripped("{\"@t\":1,\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}");
    check_stripped("{\"a\":2,\"@t\":1,\"b\":3}", "{\"a\":2,\"b\":3}");
    check_stripped("{\"a\":2,\"@t\":1}", "{\"a\":2}");
    check_stripped("{\"@t\":1,\"@op\":\"x\",\"a\":\"@\",\"@x\":{},\"b\":[\"\\\"@\"]}",
                   "{\"a\":\"@\",\"b\":[\"\\\"@\"]}");
    check_stripped("{ \"@t\" : 1 , \"a\" :  1.10 ,\"b\": 2 }", "{ \"a\" :  1.10 ,\"b\": 2 }");
    check_stripped("{\"\\u0040t\":1,\"a\":{\"@inner\":1}}", "{\"a\":{\"@inner\":1}}");
}

int
main(void)
{
    RUN(walks);
    RUN(skips);
    RUN(own_members);
    tp_buf_release(&out);
    return unit_end();
}
