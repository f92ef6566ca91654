/* Functions of text: characters are counted, not bytes. */
#include <string.h>

#include "query/expr_cast.h"
#include "query/expr_func.h"
#include "query/expr_like.h"
#include "value/text.h"

#define ONES UINT64_C(0x0101010101010101)

/* All bytes but those of the form 10xxxxxx begin a character. Eight are looked at together: a 1 for
 * each that begins none, and the sum of them in the highest byte of the product. */
static size_t
count_characters(struct tp_str text)
{
    size_t count = text.len, i = 0;

    for (; i + 8 <= text.len; i += 8) {
        uint64_t bytes, inner;

        memcpy(&bytes, text.ptr + i, sizeof bytes);
        inner = bytes >> 7 & ~bytes >> 6 & ONES;
        count -= inner * ONES >> 56;
    }
    for (; i < text.len; i++)
        count -= ((unsigned char)text.ptr[i] & 0xC0) == 0x80;
    return count;
}

/* The bytes that the first COUNT characters of TEXT take. */
static size_t
bytes_of(struct tp_str text, size_t count)
{
    size_t i = 0;

    if (count >= text.len)
        return text.len;
    for (; i < text.len; i++) {
        if (((unsigned char)text.ptr[i] & 0xC0) != 0x80 && count-- == 0)
            break;
    }
    return i;
}

static struct tp_str
behind(struct tp_str text, size_t bytes)
{
    return (struct tp_str){text.ptr + bytes, text.len - bytes};
}

static int
give_text(struct tp_value *out, struct tp_str text)
{
    *out = tp_text(text);
    return 0;
}

static int
give_null(struct tp_value *out)
{
    *out = tp_null();
    return 0;
}

static struct tp_buf *
fresh(struct tp_run *run)
{
    tp_buf_clear(&run->temp);
    return &run->temp;
}

static int
too_long(const struct tp_node *node, struct tp_run *run)
{
    return tp_run_fail(run, node, "more than %u MiB of text", TP_EXPR_TEXT_MAX >> 20);
}

typedef uint32_t fold_fn(uint32_t code, locale_t locale);

/* FIRST: of the 26 ASCII letters that change their case, and nothing else of ASCII does. */
static int
fold(const struct tp_node *node, struct tp_run *run, struct tp_str text, char first,
     fold_fn *to_case, struct tp_value *out)
{
    struct tp_buf *to = fresh(run);
    size_t at = 0;

    tp_buf_reserve(to, text.len);
    while (at < text.len) {
        unsigned char byte = (unsigned char)text.ptr[at];

        if (byte < 128) {
            tp_buf_put_char(to, (char)((unsigned)(byte - first) < 26 ? byte ^ 0x20 : byte));
            at++;
        } else {
            tp_text_put(to, to_case(tp_text_next(text, &at), run->locale));
        }
    }
    return tp_run_finish_text(run, node, out);
}

int
tp_call_lower(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    return fold(node, run, arg[0].text, 'A', tp_fold_lower, out);
}

int
tp_call_upper(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    return fold(node, run, arg[0].text, 'a', tp_fold_upper, out);
}

static bool
has_character(struct tp_str set, struct tp_str character)
{
    return memmem(set.ptr, set.len, character.ptr, character.len) != NULL;
}

static struct tp_str
trim_start(struct tp_str text, struct tp_str set)
{
    while (text.len) {
        size_t len = bytes_of(text, 1);

        if (!has_character(set, (struct tp_str){text.ptr, len}))
            break;
        text = behind(text, len);
    }
    return text;
}

static struct tp_str
trim_end(struct tp_str text, struct tp_str set)
{
    while (text.len) {
        size_t start = text.len - 1;

        while (start > 0 && ((unsigned char)text.ptr[start] & 0xC0) == 0x80)
            start--;
        if (!has_character(set, behind(text, start)))
            break;
        text.len = start;
    }
    return text;
}

/* Without a set: spaces only, as SQL says. */
static struct tp_str
trim_set(const struct tp_node *node, const struct tp_value *arg)
{
    return node->count > 1 ? arg[1].text : TP_STR(" ");
}

int
tp_call_trim(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
             struct tp_value *out)
{
    struct tp_str set = trim_set(node, arg);

    (void)run;
    return give_text(out, trim_end(trim_start(arg[0].text, set), set));
}

int
tp_call_ltrim(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    (void)run;
    return give_text(out, trim_start(arg[0].text, trim_set(node, arg)));
}

int
tp_call_rtrim(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    (void)run;
    return give_text(out, trim_end(arg[0].text, trim_set(node, arg)));
}

/* As Flink's SUBSTR: positions from 1, negative ones from the end, 0 is 1; a start outside gives
 * an empty text, a negative length NULL. */
int
tp_call_substr(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
               struct tp_value *out)
{
    struct tp_str text = arg[0].text;
    int64_t start = arg[1].integer;
    uint64_t count, from_end;

    (void)run;
    if (node->count > 2 && arg[2].integer < 0)
        return give_null(out);
    if (start < 0) {
        count = count_characters(text);
        from_end = 0 - (uint64_t)start;
        if (from_end > count)
            return give_text(out, TP_STR(""));
        text = behind(text, bytes_of(text, (size_t)(count - from_end)));
    } else if (start > 1) {
        text = behind(text, bytes_of(text, (size_t)start - 1));
    }
    if (node->count > 2)
        text.len = bytes_of(text, (size_t)arg[2].integer);
    return give_text(out, text);
}

int
tp_call_left(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
             struct tp_value *out)
{
    int64_t count = arg[1].integer;

    (void)node;
    (void)run;
    return give_text(out, (struct tp_str){arg[0].text.ptr,
                                          count > 0 ? bytes_of(arg[0].text, (size_t)count) : 0});
}

int
tp_call_right(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    struct tp_str text = arg[0].text;
    uint64_t count = count_characters(text);
    uint64_t wanted = arg[1].integer > 0 ? (uint64_t)arg[1].integer : 0;

    (void)node;
    (void)run;
    return give_text(out, wanted >= count ? text
                                          : behind(text, bytes_of(text, (size_t)(count - wanted))));
}

int
tp_call_length(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
               struct tp_value *out)
{
    (void)node;
    (void)run;
    *out = tp_int((int64_t)count_characters(arg[0].text));
    return 0;
}

int
tp_call_octet_length(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                     struct tp_value *out)
{
    (void)node;
    (void)run;
    *out = tp_int((int64_t)arg[0].text.len);
    return 0;
}

static const char *
find(struct tp_str text, struct tp_str wanted)
{
    return memmem(text.ptr, text.len, wanted.ptr, wanted.len);
}

int
tp_call_replace(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                struct tp_value *out)
{
    struct tp_str text = arg[0].text, from = arg[1].text;
    struct tp_buf *to = fresh(run);
    const char *found;

    if (from.len == 0)
        return give_text(out, text);
    while ((found = find(text, from))) {
        tp_buf_put(to, text.ptr, (size_t)(found - text.ptr));
        tp_buf_put_str(to, arg[2].text);
        if (to->len > TP_EXPR_TEXT_MAX)
            return too_long(node, run);
        text = behind(text, (size_t)(found - text.ptr) + from.len);
    }
    tp_buf_put_str(to, text);
    return tp_run_finish_text(run, node, out);
}

static int64_t
count_parts(struct tp_str text, struct tp_str separator)
{
    int64_t parts = 1;
    const char *found;

    while ((found = find(text, separator))) {
        text = behind(text, (size_t)(found - text.ptr) + separator.len);
        parts++;
    }
    return parts;
}

/* As PostgreSQL's: parts from 1, negative ones from the end, an empty text when there is none. */
int
tp_call_split_part(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                   struct tp_value *out)
{
    struct tp_str text = arg[0].text, separator = arg[1].text;
    int64_t part = arg[2].integer;
    const char *found;

    if (part == 0)
        return tp_run_fail(run, node, "parts are counted from 1");
    if (separator.len == 0)
        return give_text(out, part == 1 || part == -1 ? text : TP_STR(""));
    if (part < 0)
        part += count_parts(text, separator) + 1;
    if (part < 1)
        return give_text(out, TP_STR(""));
    while ((found = find(text, separator)) && --part > 0)
        text = behind(text, (size_t)(found - text.ptr) + separator.len);
    if (found)
        return give_text(out, (struct tp_str){text.ptr, (size_t)(found - text.ptr)});
    return give_text(out, part == 1 ? text : TP_STR(""));
}

int
tp_call_concat(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
               struct tp_value *out)
{
    struct tp_buf *to = fresh(run);
    size_t i;

    for (i = 0; i < node->count; i++) {
        tp_put_printed(to, arg[i]);
        if (to->len > TP_EXPR_TEXT_MAX)
            return too_long(node, run);
    }
    return tp_run_finish_text(run, node, out);
}

/* Skips NULLs, unless the separator is one. */
int
tp_call_concat_ws(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                  struct tp_value *out)
{
    struct tp_buf *to = fresh(run);
    bool any = false;
    size_t i;

    if (arg[0].kind == TP_NULL)
        return give_null(out);
    for (i = 1; i < node->count; i++) {
        if (arg[i].kind == TP_NULL)
            continue;
        if (any)
            tp_put_printed(to, arg[0]);
        tp_put_printed(to, arg[i]);
        if (to->len > TP_EXPR_TEXT_MAX)
            return too_long(node, run);
        any = true;
    }
    return tp_run_finish_text(run, node, out);
}

static int
give_bool(struct tp_value *out, bool truth)
{
    *out = tp_bool(truth);
    return 0;
}

int
tp_call_starts_with(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                    struct tp_value *out)
{
    struct tp_str text = arg[0].text, start = arg[1].text;

    (void)node;
    (void)run;
    return give_bool(out, text.len >= start.len && memcmp(text.ptr, start.ptr, start.len) == 0);
}

int
tp_call_ends_with(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                  struct tp_value *out)
{
    struct tp_str text = arg[0].text, end = arg[1].text;

    (void)node;
    (void)run;
    return give_bool(out, text.len >= end.len &&
                              memcmp(text.ptr + text.len - end.len, end.ptr, end.len) == 0);
}

int
tp_call_contains(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                 struct tp_value *out)
{
    (void)node;
    (void)run;
    return give_bool(out, find(arg[0].text, arg[1].text) != NULL);
}

/* POSITION(needle IN text): from 1, 0 when it is not there. */
int
tp_call_position(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                 struct tp_value *out)
{
    struct tp_str text = arg[1].text;
    const char *found = find(text, arg[0].text);

    (void)node;
    (void)run;
    *out = tp_int(0);
    if (found) {
        text.len = (size_t)(found - text.ptr);
        *out = tp_int((int64_t)count_characters(text) + 1);
    }
    return 0;
}

static void
put_padding(struct tp_buf *to, struct tp_str pad, size_t characters)
{
    size_t whole = count_characters(pad);

    for (; characters >= whole; characters -= whole)
        tp_buf_put_str(to, pad);
    tp_buf_put(to, pad.ptr, bytes_of(pad, characters));
}

/* As Flink's: cuts what is longer; NULL for a negative length or without padding. */
static int
pad(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg, bool left,
    struct tp_value *out)
{
    struct tp_str text = arg[0].text, padding = node->count > 2 ? arg[2].text : TP_STR(" ");
    size_t count = count_characters(text), wanted = (size_t)arg[1].integer;
    struct tp_buf *to = fresh(run);

    if (arg[1].integer < 0 || padding.len == 0)
        return give_null(out);
    if (wanted > TP_EXPR_TEXT_MAX / 4)
        return too_long(node, run);
    if (count >= wanted)
        return give_text(out, (struct tp_str){text.ptr, bytes_of(text, wanted)});
    if (!left)
        tp_buf_put_str(to, text);
    put_padding(to, padding, wanted - count);
    if (left)
        tp_buf_put_str(to, text);
    return tp_run_finish_text(run, node, out);
}

int
tp_call_lpad(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
             struct tp_value *out)
{
    return pad(node, run, arg, true, out);
}

int
tp_call_rpad(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
             struct tp_value *out)
{
    return pad(node, run, arg, false, out);
}

int
tp_call_reverse(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                struct tp_value *out)
{
    struct tp_str text = arg[0].text;
    char *end = tp_buf_reserve(fresh(run), text.len + 1);
    size_t at = 0, len;

    if (!end)
        return tp_err_memory(run->err);
    end += text.len;
    for (; at < text.len; at += len) {
        len = bytes_of(behind(text, at), 1);
        end -= len;
        memcpy(end, text.ptr + at, len);
    }
    run->temp.len = text.len;
    return tp_run_finish_text(run, node, out);
}

int
tp_call_repeat(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
               struct tp_value *out)
{
    struct tp_str text = arg[0].text;
    struct tp_buf *to = fresh(run);
    int64_t count = text.len ? arg[1].integer : 0;

    if (count > 0 && (uint64_t)count > TP_EXPR_TEXT_MAX / text.len)
        return too_long(node, run);
    while (count-- > 0)
        tp_buf_put_str(to, text);
    return tp_run_finish_text(run, node, out);
}
