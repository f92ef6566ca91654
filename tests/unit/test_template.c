/* Names from values: no value leaves the folder, breaks a command, or grows without bound. */
#include "stream/template.h"

#include <stdint.h>
#include <stdlib.h>

#include "unit.h"
#include "value/text.h"

static struct tp_err err;

static struct tp_template *
parse(const char *text)
{
    return tp_template_parse(tp_str_of(text), false, &err);
}

/* The name that TEMPLATE makes of one SLOT, which stands for every member. */
static const char *
name_of(const char *text, struct tp_slot slot, uint64_t number)
{
    static struct tp_buf name;
    struct tp_template *t = tp_template_parse(tp_str_of(text), true, &err);

    tp_buf_clear(&name);
    if (!t)
        return err.text;
    for (size_t i = 0; i < tp_template_members(t); i++)
        tp_template_set_slot(t, i, 0);
    err.text[0] = '\0';
    if (tp_template_write(t, &slot, number, &name, &err) < 0) {
        tp_template_free(t);
        return err.text;
    }
    tp_template_free(t);
    return tp_buf_text(&name);
}

static struct tp_slot
text_slot(struct tp_str text)
{
    return (struct tp_slot){text.ptr, (uint32_t)text.len, TP_SLOT_TEXT};
}

#define SLOT(kind_, text) ((struct tp_slot){(text), sizeof(text) - 1, (kind_)})
#define IS(got, want)                                      \
    do {                                                   \
        const char *is = (got);                            \
        CHECK_THAT(!strcmp(is, (want)), "it is '%s'", is); \
    } while (0)

static void
test_literal(void)
{
    struct tp_slot none = {NULL, 0, TP_SLOT_MISSING};

    IS(name_of("a/b.ndjson", none, 0), "a/b.ndjson");
    IS(name_of("a{{b}{{", none, 0), "a{b}{");
    IS(name_of("| echo ${HOME} ${{x}", none, 0), "| echo ${HOME} ${x}");
    IS(name_of("part-{n}", none, UINT64_MAX), "part-18446744073709551615");
    IS(name_of("{\"n\"}", none, 7), "_null");
}

static void
test_values(void)
{
    IS(name_of("{a}", SLOT(TP_SLOT_TEXT, "x y"), 0), "x y");
    IS(name_of("{a}.{a.b[0]}", SLOT(TP_SLOT_INTEGER, "-12"), 0), "-12.-12");
    IS(name_of("{a}", SLOT(TP_SLOT_REAL, "1.10e+400"), 0), "1.10e+400");
    IS(name_of("{a}", SLOT(TP_SLOT_ESCAPED, "\\u00e9\\/\\\""), 0), "\303\251_\"");
    IS(name_of("{a}", SLOT(TP_SLOT_TEXT, ""), 0), "_empty");
    IS(name_of("{a}", SLOT(TP_SLOT_NULL, "null"), 0), "_null");
    IS(name_of("{a|day}", SLOT(TP_SLOT_NULL, "null"), 0), "_null");
    IS(name_of("{a}", SLOT(TP_SLOT_TRUE, "true"), 0), "true");
    IS(name_of("{a}", SLOT(TP_SLOT_FALSE, "false"), 0), "false");
    IS(name_of("{a}", SLOT(TP_SLOT_OBJECT, "{}"), 0), "a is an object: it cannot name a target");
    IS(name_of("{a}", SLOT(TP_SLOT_ARRAY, "[]"), 0), "a is an array: it cannot name a target");
    CHECK(err.fault == TP_FAULT_RECORD);
}

static void
test_times(void)
{
    struct tp_slot time = SLOT(TP_SLOT_TEXT, "2026-11-21T12:59:59.999999999Z");

    IS(name_of("{a|hour}", time, 0), "2026-11-21T12");
    IS(name_of("{a|day}", time, 0), "2026-11-21");
    IS(name_of("{a|week}", time, 0), "2026-W47");
    IS(name_of("{a|month}", time, 0), "2026-11");
    /* ISO 8601's own examples of the turn of the year. */
    IS(name_of("{a|week}", SLOT(TP_SLOT_TEXT, "2005-01-02"), 0), "2004-W53");
    IS(name_of("{a|week}", SLOT(TP_SLOT_TEXT, "2008-12-30"), 0), "2009-W01");
    IS(name_of("{a|week}", SLOT(TP_SLOT_TEXT, "2010-01-03"), 0), "2009-W53");
    IS(name_of("{a|hour}", SLOT(TP_SLOT_INTEGER, "-1"), 0), "1969-12-31T23");
    IS(name_of("{a|day}", SLOT(TP_SLOT_ESCAPED, "\\u0032026-11-21"), 0), "2026-11-21");
    IS(name_of("{a|day}", SLOT(TP_SLOT_TEXT, "../x"), 0),
       "a is no time, which the name of its target needs");
}

static void
test_questions(void)
{
    struct tp_template *t = parse("/var/log/{host}/{at|day}.ndjson");

    CHECK(t && tp_template_kind(t) == TP_TEMPLATE_FILE && !tp_template_is_fixed(t));
    CHECK(tp_template_members(t) == 2);
    CHECK(tp_str_equal(tp_template_member(t, 0)->step[0].name, TP_STR("host")));
    CHECK(tp_str_equal(tp_template_member(t, 1)->step[0].name, TP_STR("at")));
    CHECK(tp_str_equal(tp_template_folder(t), TP_STR("/var/log/")));
    tp_template_free(t);

    static const struct {
        const char *text;
        enum tp_template_kind kind;
    } kinds[] = {
        {"-", TP_TEMPLATE_STDOUT},         {"/dev/stdout", TP_TEMPLATE_STDOUT},
        {"/dev/fd/1", TP_TEMPLATE_STDOUT}, {"/dev/fd/3", TP_TEMPLATE_DEVICE},
        {"/dev/null", TP_TEMPLATE_FILE},   {"| x", TP_TEMPLATE_COMMAND},
        {"x | y", TP_TEMPLATE_FILE},       {"-{a}", TP_TEMPLATE_FILE},
        {"{a}", TP_TEMPLATE_FILE},         {"|{a}", TP_TEMPLATE_COMMAND},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        t = parse(kinds[i].text);
        CHECK_THAT(t && tp_template_kind(t) == kinds[i].kind, "%s", kinds[i].text);
        tp_template_free(t);
    }
}

static void
test_refused(void)
{
    static const char *const wrong[] = {
        "",        "{",           "{}",    "a{b",
        "{a|Day}", "{a|}",        "{a b}", "{a}{b}{c}{d}{e}{f}{g}{h}",
        "{a|day",  "/dev/fd/{a}", "{[}",   "{a.}"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        err.fault = TP_FAULT_NONE;
        CHECK_THAT(!parse(wrong[i]) && err.fault == TP_FAULT_USAGE, "%s", wrong[i]);
    }
}

/* --- properties over made-up values ---*/

static uint64_t state = 20261121;

static unsigned
random_below(unsigned limit)
{
    return (unsigned)(unit_random(&state) % limit);
}

/* Nasty bytes more often than others; valid UTF-8, as the scanner sees to. */
static struct tp_str
random_value(char *to)
{
    static const char nasty[] = "./././.~-$`'\"\\;&|<>(){}[]*?! \n\t\r\033\177";
    static const char *const wide[] = {"\302\205", "\303\251", "\346\227\245", "\360\237\230\200"};
    size_t len = 0, most = random_below(8) ? random_below(12) : random_below(400);

    while (len < most) {
        if (random_below(6) == 0) {
            const char *character = wide[random_below(4)];

            memcpy(to + len, character, strlen(character));
            len += strlen(character);
        } else {
            /* The literal's NUL takes part. */
            to[len++] = random_below(3) ? nasty[random_below(sizeof nasty)]
                                        : (char)('a' + random_below(26));
        }
    }
    return (struct tp_str){to, len};
}

static void
check_file_name(const char *name, size_t literal_slashes)
{
    size_t slashes = 0;
    const char *segment = name;

    for (const char *p = name;; p++) {
        CHECK_THAT((*p & 0x80) || *p == '\0' || ((unsigned char)*p >= ' ' && *p != 0x7f), "%s",
                   name);
        if (*p != '/' && *p != '\0')
            continue;
        CHECK_THAT(p - segment > 0 && p - segment <= 255, "%s", name);
        CHECK_THAT(segment[0] != '.', "%s", name);
        segment = p + 1;
        if (*p == '\0')
            break;
        slashes++;
    }
    CHECK_THAT(slashes == literal_slashes, "%s", name);
    CHECK_THAT(tp_text_is_utf8(tp_str_of(name)), "%s", name);
}

static void
test_no_value_escapes_from_a_file_name(void)
{
    char bytes[512];

    for (int i = 0; i < 20000; i++) {
        struct tp_slot slot = text_slot(random_value(bytes));

        check_file_name(name_of("{a}", slot, 0), 0);
        check_file_name(name_of("{a}/{a}-{a}/{a}{a}{a}.ndjson", slot, 0), 2);
    }
}

static void
test_no_value_escapes_from_a_command(void)
{
    char bytes[512];

    for (int i = 0; i < 20000; i++) {
        const char *name = name_of("| x {a}", text_slot(random_value(bytes)), 0);
        size_t len = strlen(name);

        CHECK_THAT(len > 4 && len <= 4 + TP_TEMPLATE_VALUE, "%s", name);
        CHECK_THAT(name[4] != '-' && name[4] != '.', "%s", name);
        CHECK_THAT(strspn(name + 4, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789_.:@+,-") == len - 4,
                   "%s", name);
    }
}

/* Two long values that differ only where they are cut keep different names. */
static void
test_long_values_stay_apart(void)
{
    char a[10001], b[10001], first[512];

    memset(a, 'x', sizeof a);
    memcpy(b, a, sizeof b);
    b[10000] = 'y';
    snprintf(first, sizeof first, "%s", name_of("{a}", text_slot((struct tp_str){a, sizeof a}), 0));
    CHECK(strlen(first) == TP_TEMPLATE_VALUE);
    CHECK(strcmp(first, name_of("{a}", text_slot((struct tp_str){b, sizeof b}), 0)) != 0);
    IS(name_of("{a}", text_slot((struct tp_str){a, sizeof a}), 0), first);
}

int
main(void)
{
    RUN(test_literal);
    RUN(test_values);
    RUN(test_times);
    RUN(test_questions);
    RUN(test_refused);
    RUN(test_no_value_escapes_from_a_file_name);
    RUN(test_no_value_escapes_from_a_command);
    RUN(test_long_values_stay_apart);
    return unit_end();
}
