// LIBS: -ljansson
/*
 * fuzz_scan: the scanner against jansson, and against itself without prediction.
 *
 * The input is lines. Each goes through a scanner that predicts, through one that does so by name,
 * as if members came in no order, through one that never predicts, and through jansson; they must
 * agree on what is refused (and the scanners on why and where), and on the value of every wanted
 * member. The lines go round several times, in blocks of different sizes with different bytes
 * behind them, so that what was learned from one line is tried on all others.
 *
 * Where jansson has limits that the scanner has not (scan.h), a line is not compared: numbers
 * that overflow, NUL in member names, depth between the two limits. A raw NUL byte is never JSON;
 * jansson overlooks one that stands behind a number.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/scan.h"
#include "value/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) __attribute__((weak));

static const char *const wanted[] = {
    "time",   "status", "latency", "a",       "a.b",  "a.b.c", "a[0]",
    "a[1].c", "a[2]",   "b.c.d",   "b[0][1]", "\"\"", "b",     "a.\"\".a",
};

#define WANTED (sizeof wanted / sizeof *wanted)

static struct tp_path path[WANTED];

#define REQUIRE(condition, what)  \
    do {                          \
        if (!(condition))         \
            die(line, len, what); \
    } while (0)

static void
die(const char *line, size_t len, const char *what)
{
    fprintf(stderr, "fuzz_scan: %s: %.*s\n", what, (int)len, line);
    abort();
}

static struct tp_scan *
new_scan(bool guessing)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_err err;

    for (size_t i = 0; i < WANTED; i++) {
        if (!path[i].count && tp_path_parse(&path[i], tp_str_of(wanted[i]), &err) < 0)
            abort();
        if (tp_scan_want(scan, &path[i], &err) != (int)i)
            abort();
    }
    tp_scan_set_guessing(scan, guessing);
    return scan;
}

static const json_t *
json_at(const json_t *json, const struct tp_path *at)
{
    for (size_t i = 0; json && i < at->count; i++) {
        const struct tp_step *step = &at->step[i];

        if (step->is_index)
            json = json_array_get(json, step->index);
        else
            json = json_object_getn(json, step->name.ptr, step->name.len);
    }
    return json;
}

static bool
same_text(const struct tp_slot *slot, const json_t *json)
{
    struct tp_buf text = TP_BUF_INIT;
    bool same;

    if (slot->kind == TP_SLOT_ESCAPED)
        tp_text_unescape((struct tp_str){slot->ptr, slot->len}, &text);
    else if (slot->len)
        tp_buf_put(&text, slot->ptr, slot->len);
    same = tp_str_equal(tp_buf_str(&text),
                        (struct tp_str){json_string_value(json), json_string_length(json)});
    tp_buf_release(&text);
    return same;
}

static bool
same_number(const struct tp_slot *slot, const json_t *json)
{
    char *text = strndup(slot->ptr, slot->len);
    bool same;

    if (slot->kind == TP_SLOT_INTEGER)
        same = strtoll(text, NULL, 10) == json_integer_value(json);
    else
        same = strtod(text, NULL) == json_real_value(json);
    free(text);
    return same;
}

static bool
same_container(const struct tp_slot *slot, const json_t *json)
{
    json_t *own = json_loadb(slot->ptr, slot->len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    bool same = own && json_equal(own, json);

    json_decref(own);
    return same;
}

static bool
same_value(const struct tp_slot *slot, const json_t *json)
{
    switch (slot->kind) {
    case TP_SLOT_MISSING:
        return !json;
    case TP_SLOT_NULL:
        return json_is_null(json) && slot->len == 4 && memcmp(slot->ptr, "null", 4) == 0;
    case TP_SLOT_FALSE:
        return json_is_false(json) && slot->len == 5 && memcmp(slot->ptr, "false", 5) == 0;
    case TP_SLOT_TRUE:
        return json_is_true(json) && slot->len == 4 && memcmp(slot->ptr, "true", 4) == 0;
    case TP_SLOT_INTEGER:
        return json_is_integer(json) && same_number(slot, json);
    case TP_SLOT_REAL:
        return json_is_real(json) && same_number(slot, json);
    case TP_SLOT_TEXT:
    case TP_SLOT_ESCAPED:
        return json_is_string(json) && same_text(slot, json);
    case TP_SLOT_OBJECT:
        return json_is_object(json) && same_container(slot, json);
    case TP_SLOT_ARRAY:
        return json_is_array(json) && same_container(slot, json);
    }
    return false;
}

static void
compare_jansson(const char *line, size_t len, bool accepted, const struct tp_slot *slot,
                size_t members, const struct tp_err *err)
{
    json_error_t error;
    json_t *json = json_loadb(line, len, JSON_ALLOW_NUL, &error);
    enum json_error_code code = json ? json_error_unknown : json_error_code(&error);

    if (memchr(line, '\0', len)) {
        REQUIRE(!accepted, "a NUL byte is accepted");
        json_decref(json);
        return;
    }
    if (!json && (code == json_error_numeric_overflow || code == json_error_null_byte_in_key))
        return;
    if (!accepted && strstr(err->text, "nested deeper")) {
        json_decref(json);
        return;
    }
    REQUIRE(accepted == json_is_object(json), accepted ? "jansson refuses" : "jansson accepts");
    if (accepted) {
        REQUIRE(members >= json_object_size(json), "too few members");
        REQUIRE((members == 0) == (json_object_size(json) == 0), "members of an empty object");
        for (size_t i = 0; i < WANTED; i++)
            REQUIRE(same_value(&slot[i], json_at(json, &path[i])), wanted[i]);
    }
    json_decref(json);
}

static void
compare_slots(const char *line, size_t len, const struct tp_slot *a, const struct tp_slot *b)
{
    for (size_t i = 0; i < WANTED; i++) {
        REQUIRE(a[i].kind == b[i].kind, "prediction gives another kind");
        if (a[i].kind == TP_SLOT_MISSING)
            continue;
        REQUIRE(a[i].ptr == b[i].ptr && a[i].len == b[i].len, "prediction gives another slice");
        REQUIRE(a[i].ptr >= line && a[i].ptr + a[i].len <= line + len, "slice outside the line");
    }
}

/* The line at LINE; returns what is behind it. */
static const char *
one_line(struct tp_scan *eager, struct tp_scan *plain, const char *line, const char *end)
{
    struct tp_slot a[WANTED], b[WANTED];
    struct tp_err err_a = {.at = -2}, err_b = {.at = -2};
    size_t members_a = 0, members_b = 0;
    const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
    size_t len = (size_t)(next - line) - 1;
    const char *next_a, *next_b;

    next_a = tp_scan_line(eager, line, end, a, &members_a, &err_a);
    next_b = tp_scan_line(plain, line, end, b, &members_b, &err_b);
    REQUIRE(next_a == next_b, "prediction changes acceptance");
    REQUIRE(!next_a || next_a == next, "not the end of the line");
    if (next_a) {
        REQUIRE(members_a == members_b, "prediction changes the members");
        compare_slots(line, len, a, b);
    } else {
        REQUIRE(err_a.at == err_b.at && strcmp(err_a.text, err_b.text) == 0 && err_a.at >= 0 &&
                    err_a.at <= (long)len,
                "prediction changes the error");
        REQUIRE(err_a.fault == TP_FAULT_RECORD, "not the record's fault");
    }
    compare_jansson(line, len, next_a != NULL, b, members_b, &err_b);
    return next;
}

/* Lets BEHIND stand behind the lines of [DATA, DATA + SIZE), which are whole. */
static void
one_block(struct tp_scan *eager, struct tp_scan *plain, const char *data, size_t size, char behind)
{
    char *block = malloc(size + TP_SCAN_PADDING);
    const char *p = block;

    memcpy(block, data, size);
    memset(block + size, behind, TP_SCAN_PADDING);
    while (p < block + size)
        p = one_line(eager, plain, p, block + size);
    free(block);
}

/* Blocks of at least AT_LEAST bytes, in whole lines. */
static void
in_blocks(struct tp_scan *eager, struct tp_scan *plain, const char *data, size_t size,
          size_t at_least, char behind)
{
    size_t start = 0;

    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n' && i + 1 - start >= at_least) {
            one_block(eager, plain, data + start, i + 1 - start, behind);
            start = i + 1;
        }
    }
    if (start < size)
        one_block(eager, plain, data + start, size - start, behind);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tp_scan *eager = new_scan(true), *disorder = new_scan(true), *plain = new_scan(false);
    char *lines = malloc(size + 1);

    if (size)
        memcpy(lines, data, size);
    lines[size] = '\n';
    in_blocks(eager, plain, lines, size + 1, size + 1, '"');
    in_blocks(eager, plain, lines, size + 1, 1, '0');
    in_blocks(eager, plain, lines, size + 1, 700, '}');
    tp_scan_expect_disorder(disorder);
    in_blocks(disorder, plain, lines, size + 1, 700, '"');
    in_blocks(disorder, plain, lines, size + 1, 1, '0');
    free(lines);
    tp_scan_free(eager);
    tp_scan_free(disorder);
    tp_scan_free(plain);
    return 0;
}

/* -- a mutator that knows what lines look like -- */

static const char *const snippet[] = {
    "{\"time\":\"2026-11-21T10:15:30.123Z\",\"status\":200,\"latency\":0.123}\n",
    "{\"a\":{\"b\":{\"c\":1}},\"b\":{\"c\":{\"d\":[]}}}\n",
    "{\"a\":[1,2.5,{\"c\":\"x\"}],\"b\":[[1,2],[3]]}\n",
    "{\"a\":",
    ",\"a\":",
    ",\"b\":",
    "\"b\":",
    "\"c\":",
    "\"time\":",
    "\"status\":",
    ",\"latency\":",
    "\"\\u0061\":",
    "\"\":",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\n",
    "{}",
    "[]",
    " ",
    "\t",
    "\r",
    "true",
    "false",
    "null",
    "0",
    "-0",
    "1",
    "581.291",
    "581",
    "12345678",
    "1234567890123456",
    "1e5",
    "1E+5",
    "-1.5e-3",
    ".5",
    "1.",
    "01",
    "\\",
    "\\n",
    "\\\"",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\ud83d",
    "\\u0000",
    "\xc3\xa9",
    "\xe6\xb5\x81\xe6\xb0\xb4\xe4\xbd\x8d\xe7\xba\xbf\xe8\xaf\xb4",
    "\xf0\x9f\x98\x80",
    "\xed\xa0\x80",
    "\xe0\x80\x80",
    "\xc0\xaf",
    "\xf4\x90\x80\x80",
    "\xff",
    "\xef\xbb\xbf",
    "aaaaaaaaaaaaaaa",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "\x01",
    "\x7f",
    "x",
};

static unsigned
next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes */
    return *state >> 8;
}

/* Replaces CUT bytes at AT by the bytes at FROM. */
static size_t
splice(uint8_t *data, size_t size, size_t max_size, size_t at, size_t cut, const void *from,
       size_t len)
{
    if (size - cut + len > max_size)
        return size;
    memmove(data + at + len, data + at + cut, size - at - cut);
    memcpy(data + at, from, len);
    return size - cut + len;
}

/* Copies a piece of the input to another place of it. */
static size_t
copy_within(uint8_t *data, size_t size, size_t max_size, unsigned *state)
{
    uint8_t copy[256];
    size_t from = next_random(state) % (size + 1);
    size_t len = next_random(state) % sizeof copy;

    if (len > size - from)
        len = size - from;
    memcpy(copy, data + from, len);
    return splice(data, size, max_size, next_random(state) % (size + 1), 0, copy, len);
}

static size_t
mutate_once(uint8_t *data, size_t size, size_t max_size, unsigned *state)
{
    const char *text = snippet[next_random(state) % (sizeof snippet / sizeof *snippet)];
    size_t at = next_random(state) % (size + 1);
    size_t cut = next_random(state) % 8;

    if (cut > size - at)
        cut = size - at;
    switch (next_random(state) % 4) {
    case 0:
        return splice(data, size, max_size, at, 0, text, strlen(text));
    case 1:
        return splice(data, size, max_size, at, cut, text, strlen(text));
    case 2:
        return splice(data, size, max_size, at, cut, "", 0);
    default:
        return copy_within(data, size, max_size, state);
    }
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    unsigned state = seed;
    unsigned rounds = 1 + next_random(&state) % 4;

    if (LLVMFuzzerMutate && next_random(&state) % 3 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    for (unsigned i = 0; i < rounds; i++)
        size = mutate_once(data, size, max_size, &state);
    return size;
}
