// LIBS: -ljansson
/*
 * The scanner against jansson on thousands of random objects: with prediction, without, and line
 * by line, in blocks of about 700 bytes, and whole.
 */
#include "record/scan.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "value/text.h"

#include "unit.h"

static const char *const wanted[] = {"time", "a", "a.b", "a[1]", "b.c[0].d", "\"k\xc3\xa9y\""};

#define WANTED (sizeof wanted / sizeof *wanted)

static struct tp_path path[WANTED];
static uint64_t random_state;

/* xorshift64* (Vigna 2016) */
static unsigned
below(unsigned limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

/* -- random lines -- */

static void
put_space(struct tp_buf *to, unsigned style)
{
    if (style == 0 || below(4) != 0)
        return;
    tp_buf_put_char(to, " \t\r"[below(style)]);
}

static void
put_string(struct tp_buf *to)
{
    static const char *const part[] = {
        "GET",
        "/index.html",
        "a",
        "\\n",
        "\\\"",
        "\\u00e9",
        "\\u0441\\u043b\\u043e\\u0432\\u043e",
        "\\ud83d\\ude00",
        "\xc3\xa9",
        "\xe6\xb5\x81\xe5\xa4\x84\xe7\x90\x86\xe7\xb3\xbb\xe7\xbb\x9f",
        "\xf0\x9f\x98\x80",
        " ",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101",
        "\\/",
        "\\\\",
        "{\\\"a\\\":1}",
    };

    tp_buf_put_char(to, '"');
    for (unsigned i = below(5); i > 0; i--)
        tp_buf_put_str(to, tp_str_of(part[below(sizeof part / sizeof *part)]));
    tp_buf_put_char(to, '"');
}

static void
put_number(struct tp_buf *to)
{
    unsigned small = below(100), large = below(1000000);

    switch (below(6)) {
    case 0:
        tp_buf_printf(to, "%u", below(1000));
        break;
    case 1:
        tp_buf_printf(to, "-%u%u", large, small);
        break;
    case 2:
        tp_buf_printf(to, "%u.%03u", small, large % 1000);
        break;
    case 3:
        tp_buf_printf(to, "%s%u.%u%u", small % 2 ? "-" : "", small, 1 + large, 1 + large * 3);
        break;
    case 4:
        tp_buf_printf(to, "%u.%uE-%u", small / 10, large, small % 30);
        break;
    default:
        tp_buf_printf(to, "200");
        break;
    }
}

static void put_value(struct tp_buf *to, unsigned style, unsigned depth);

static void
put_name(struct tp_buf *to)
{
    static const char *const name[] = {"\"time\"",    "\"a\"",        "\"b\"",          "\"c\"",
                                       "\"\\u0061\"", "\"d\"",        "\"k\xc3\xa9y\"", "\"\"",
                                       "\"status\"",  "\"k\\u00e9y\""};

    tp_buf_put_str(to, tp_str_of(name[below(sizeof name / sizeof *name)]));
}

static void
put_object(struct tp_buf *to, unsigned style, unsigned depth)
{
    tp_buf_put_char(to, '{');
    for (unsigned i = 0, count = below(6); i < count; i++) {
        put_space(to, style);
        if (i)
            tp_buf_put_char(to, ',');
        put_space(to, style);
        put_name(to);
        put_space(to, style);
        tp_buf_put_char(to, ':');
        put_space(to, style);
        put_value(to, style, depth + 1);
    }
    put_space(to, style);
    tp_buf_put_char(to, '}');
}

static void
put_array(struct tp_buf *to, unsigned style, unsigned depth)
{
    tp_buf_put_char(to, '[');
    for (unsigned i = 0, count = below(4); i < count; i++) {
        if (i)
            tp_buf_put_char(to, ',');
        put_space(to, style);
        put_value(to, style, depth + 1);
    }
    put_space(to, style);
    tp_buf_put_char(to, ']');
}

static void
put_value(struct tp_buf *to, unsigned style, unsigned depth)
{
    static const char *const word[] = {"true", "false", "null"};
    unsigned kind = below(depth < 5 ? 10 : 6);

    if (kind < 3)
        put_string(to);
    else if (kind < 5)
        put_number(to);
    else if (kind == 5)
        tp_buf_put_str(to, tp_str_of(word[below(3)]));
    else if (kind < 8)
        put_object(to, style, depth);
    else
        put_array(to, style, depth);
}

/* Damages one byte of the last line now and then. */
static void
damage(struct tp_buf *to, size_t start)
{
    static const char byte[] = "\"\\{}[]:,0.e- \x01\xff"
                               "a";

    size_t at;

    if (to->len == start || below(6) != 0)
        return;
    at = start + below((unsigned)(to->len - start));
    to->ptr[at] = byte[below(sizeof byte - 1)];
}

/* Lines come from few distinct seeds, so that shapes repeat and are predicted. */
static void
put_lines(struct tp_buf *to, unsigned seed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t start = to->len;

        if (i % 4 != 3)
            random_state = UINT64_C(0x9e3779b97f4a7c15) * (seed * 8 + i % 5 + 1);
        else
            random_state = UINT64_C(0x9e3779b97f4a7c15) * (seed * 1000003 + i + 7);
        put_object(to, seed % 3, 0);
        damage(to, start);
        tp_buf_put_char(to, '\n');
    }
}

/* -- comparing -- */

static const json_t *
json_at(const json_t *json, const struct tp_path *at)
{
    for (size_t i = 0; json && i < at->count; i++) {
        const struct tp_step *step = &at->step[i];

        json = step->is_index ? json_array_get(json, step->index)
                              : json_object_getn(json, step->name.ptr, step->name.len);
    }
    return json;
}

/* jansson reads the slot's own text, alone: it must be what it read in the whole line. */
static bool
same_value(const struct tp_slot *slot, const json_t *json)
{
    struct tp_str text = tp_slot_json(slot);
    json_t *own;
    bool same;

    if (slot->kind == TP_SLOT_MISSING || !json)
        return slot->kind == TP_SLOT_MISSING && !json;
    own = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    same = own && json_equal(own, json);
    json_decref(own);
    return same;
}

struct answer {
    bool accepted;
    size_t members;
    struct tp_slot slot[WANTED];
    struct tp_err err;
};

static struct tp_scan *
new_scan(bool guessing)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_err err;

    for (size_t i = 0; i < WANTED; i++)
        CHECK(tp_scan_want(scan, &path[i], &err) == (int)i);
    tp_scan_set_guessing(scan, guessing);
    return scan;
}

static struct answer
ask(struct tp_scan *scan, const char *line, const char *end)
{
    struct answer answer = {0};

    answer.accepted =
        tp_scan_line(scan, line, end, answer.slot, &answer.members, &answer.err) != NULL;
    return answer;
}

static bool
same_answer(const struct answer *a, const struct answer *b)
{
    if (a->accepted != b->accepted)
        return false;
    if (!a->accepted)
        return a->err.at == b->err.at && strcmp(a->err.text, b->err.text) == 0;
    for (size_t i = 0; i < WANTED; i++)
        if (a->slot[i].kind != b->slot[i].kind || a->slot[i].ptr != b->slot[i].ptr ||
            a->slot[i].len != b->slot[i].len)
            return false;
    return a->members == b->members;
}

static void
check_line(struct tp_scan *guessing, struct tp_scan *plain, const char *line, const char *next,
           const char *end)
{
    size_t len = (size_t)(next - line) - 1;
    struct answer a = ask(guessing, line, end), b = ask(plain, line, end);
    json_error_t error;
    json_t *json = json_loadb(line, len, JSON_ALLOW_NUL, &error);

    CHECK_THAT(same_answer(&a, &b), "%.*s", (int)len, line);
    if (json || json_error_code(&error) != json_error_numeric_overflow)
        CHECK_THAT(a.accepted == (json != NULL), "%.*s", (int)len, line);
    for (size_t i = 0; json && a.accepted && i < WANTED; i++)
        CHECK_THAT(same_value(&a.slot[i], json_at(json, &path[i])), "%s in %.*s", wanted[i],
                   (int)len, line);
    json_decref(json);
}

static void
check_block(struct tp_scan *guessing, struct tp_scan *plain, const char *text, size_t len)
{
    char *block = malloc(len + TP_SCAN_PADDING);
    const char *line = block;

    memcpy(block, text, len);
    memset(block + len, '"', TP_SCAN_PADDING);
    while (line < block + len) {
        const char *next = (const char *)memchr(line, '\n', (size_t)(block + len - line)) + 1;

        check_line(guessing, plain, line, next, block + len);
        line = next;
    }
    free(block);
}

static void
check_blocks(const struct tp_buf *lines, size_t at_least, bool disorder)
{
    struct tp_scan *guessing = new_scan(true), *plain = new_scan(false);
    size_t start = 0;

    if (disorder)
        tp_scan_expect_disorder(guessing);

    for (size_t i = 0; i < lines->len; i++) {
        if (lines->ptr[i] != '\n' || (i + 1 - start < at_least && i + 1 < lines->len))
            continue;
        check_block(guessing, plain, lines->ptr + start, i + 1 - start);
        start = i + 1;
    }
    tp_scan_free(guessing);
    tp_scan_free(plain);
}

static void
random_objects(void)
{
    for (unsigned seed = 1; seed <= 60; seed++) {
        struct tp_buf lines = TP_BUF_INIT;

        put_lines(&lines, seed, 60);
        check_blocks(&lines, 1, false);
        check_blocks(&lines, 700, false);
        check_blocks(&lines, 1, true);
        check_blocks(&lines, 700, true);
        check_blocks(&lines, lines.len, false);
        tp_buf_release(&lines);
    }
}

/* LINE as it is, and with each of its bytes from AT on exchanged for others. */
static void
check_damaged(const struct tp_buf *line, size_t at)
{
    static const char byte[] = "\"\\/u0dDgG.-e} \x1f\xc3";
    struct tp_buf lines = TP_BUF_INIT;

    for (; at < line->len - 1; at++) {
        for (size_t i = 0; i < sizeof byte - 1; i++) {
            tp_buf_put_str(&lines, tp_buf_str(line));
            lines.ptr[lines.len - line->len + at] = byte[i];
        }
        tp_buf_put_str(&lines, tp_buf_str(line));
    }
    check_blocks(&lines, lines.len, false);
    tp_buf_release(&lines);
}

/* Runs of escapes are taken by blocks, so all of this is tried at every place behind the beginning
 * of one. */
static void
one_byte_wrong_in_escapes(void)
{
    static const char *const text[] = {
        "\\u0440\\ud7ff\\uE000\\u00df\\u0064 0",
        " \\ud83d\\ude00\\uDBFF\\uDFFF\\\\\\\"\\u0041",
        "\\\\\\\\\\u0041\\/\\b\\f\\n\\r\\t\\\\u",
    };

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        for (int before = 0; before < 33; before++) {
            struct tp_buf line = TP_BUF_INIT;

            tp_buf_printf(&line, "{\"a\":\"\\u0416\\u0430%.*s%s\",\"time\":1}\n", before,
                          "0123456789abcdef0123456789abcdef0", text[i]);
            check_damaged(&line, 18 + (size_t)before);
            tp_buf_release(&line);
        }
    }
}

static void
one_byte_wrong_in_numbers(void)
{
    static const char *const text[] = {"-1",
                                       "-0.5",
                                       "0.1234567890123456",
                                       "-73.98765432109876",
                                       "123456789012345",
                                       "1234567890123456",
                                       "-123456789012345.75",
                                       "-1e-7",
                                       "0.123456789012345678901234567890",
                                       "-0.1234567890123456789012345678901"};

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        struct tp_buf line = TP_BUF_INIT;

        tp_buf_printf(&line, "{\"b\":true,\"a\":%s,\"time\":[%s,false]}\n", text[i], text[i]);
        check_damaged(&line, 10);
        tp_buf_release(&line);
    }
}

/* The big list of naughty strings, each as a value, once raw and once as jansson escapes it. */
static void
check_naughty(struct tp_scan *scan, const json_t *string, size_t flags)
{
    struct tp_str text = {json_string_value(string), json_string_length(string)};
    char *dump = json_dumps(string, JSON_ENCODE_ANY | flags);
    struct tp_buf line = TP_BUF_INIT, inside = TP_BUF_INIT;
    struct tp_slot slot[WANTED];

    tp_buf_printf(&line, "{\"time\":%s,\"x\":1}\n", dump);
    memset(tp_buf_reserve(&line, TP_SCAN_PADDING), 0, TP_SCAN_PADDING);
    struct tp_err err = {.text = ""};
    CHECK_THAT(tp_scan_line(scan, line.ptr, line.ptr + line.len, slot, NULL, &err) != NULL,
               "%s %ld %s", line.ptr, err.at, err.text);
    CHECK(tp_str_equal(tp_slot_json(&slot[0]), tp_str_of(dump)));
    if (slot[0].kind == TP_SLOT_ESCAPED)
        tp_text_unescape((struct tp_str){slot[0].ptr, slot[0].len}, &inside);
    else if (slot[0].len)
        tp_buf_put(&inside, slot[0].ptr, slot[0].len);
    CHECK_THAT(tp_str_equal(tp_buf_str(&inside), text), "%s", dump);
    tp_buf_release(&line);
    tp_buf_release(&inside);
    free(dump);
}

static void
naughty_strings(void)
{
    const char *shared = getenv("TIDEPIPE_SHARED");
    struct tp_scan *scan = new_scan(true);
    char file[1024];
    json_t *list;
    size_t i;
    json_t *string;

    snprintf(file, sizeof file, "%s/json/blns.json", shared ? shared : "../shared/data");
    if (access(file, R_OK) < 0 && !shared)
        snprintf(file, sizeof file, "../../shared/data/json/blns.json"); /* from a worktree */
    list = json_load_file(file, JSON_ALLOW_NUL, NULL);
    if (!list)
        printf("skipped: no shared data\n");
    json_array_foreach(list, i, string)
    {
        check_naughty(scan, string, 0);
        check_naughty(scan, string, JSON_ENSURE_ASCII);
    }
    json_decref(list);
    tp_scan_free(scan);
}

int
main(void)
{
    struct tp_err err;

    for (size_t i = 0; i < WANTED; i++)
        CHECK(tp_path_parse(&path[i], tp_str_of(wanted[i]), &err) == 0);
    RUN(random_objects);
    RUN(one_byte_wrong_in_escapes);
    RUN(one_byte_wrong_in_numbers);
    RUN(naughty_strings);
    for (size_t i = 0; i < WANTED; i++)
        tp_path_release(&path[i]);
    return unit_end();
}
