#include "query/agg_state.h"

#include <math.h>

#include "record/emit.h"
#include "value/num.h"
#include "value/text.h"

#define DOUBLE_EXACT ((__int128)1 << 53)
#define PIECE INT64_C(1000000000000000000)
#define WHOLE_MAX (TP_NUM_WIDE_MAX + 2) /* bytes of a whole number */

/* ---- writing ---- */

/* Most numbers of most accumulators are 0 or 1, which is why they come first here and below. */
static char *
write_whole(char *to, __int128 whole)
{
    size_t quotes, len;

    if (whole >= 0 && whole < 10) {
        *to = (char)('0' + (int)whole);
        return to + 1;
    }
    quotes = whole < -DOUBLE_EXACT || whole > DOUBLE_EXACT;
    len = tp_num_write_wide(to + quotes, whole);
    if (quotes)
        to[0] = to[1 + len] = '"';
    return to + len + 2 * quotes;
}

void
tp_agg_put_whole(struct tp_buf *to, __int128 whole)
{
    char *at = tp_buf_reserve(to, WHOLE_MAX);

    if (at)
        to->len += (size_t)(write_whole(at, whole) - at);
}

void
tp_agg_put_real(struct tp_buf *to, double real)
{
    if (real == 0 && !signbit(real))
        tp_buf_put_char(to, '0');
    else if (isfinite(real))
        tp_emit_value(to, tp_real(real));
    else
        tp_text_quote(isnan(real)  ? TP_STR("nan")
                      : real > 0.0 ? TP_STR("inf")
                                   : TP_STR("-inf"),
                      to);
}

void
tp_agg_put_value(struct tp_buf *to, struct tp_value value)
{
    switch (value.kind) {
    case TP_TIME:
        TP_BUF_PUT(to, "{\"time\":");
        tp_agg_put_whole(to, value.time);
        break;
    case TP_DURATION:
        TP_BUF_PUT(to, "{\"duration\":");
        tp_agg_put_whole(to, value.duration);
        break;
    case TP_JSON:
        TP_BUF_PUT(to, "{\"json\":");
        tp_buf_put_str(to, value.text);
        break;
    case TP_REAL:
        if (value.scale != TP_NO_SCALE) {
            tp_emit_value(to, value);
            return;
        }
        TP_BUF_PUT(to, "{\"real\":");
        tp_agg_put_real(to, value.real);
        break;
    default:
        tp_emit_value(to, value);
        return;
    }
    tp_buf_put_char(to, '}');
}

/* Each behind a comma. */
static void
put_counts(struct tp_buf *to, const uint64_t *counts, size_t number)
{
    char *at = tp_buf_reserve(to, number * (1 + WHOLE_MAX));

    if (!at)
        return;
    for (size_t i = 0; i < number; i++) {
        *at++ = ',';
        at = write_whole(at, counts[i]);
    }
    to->len = (size_t)(at - to->ptr);
}

void
tp_agg_put_sum(struct tp_buf *to, const struct tp_sum *sum)
{
    const uint64_t counts[] = {sum->integers, sum->decimals, sum->reals, sum->infinities_up,
                               sum->infinities_down};
    struct tp_sum settled = *sum;

    tp_sum_settle(&settled);
    tp_buf_put_char(to, '[');
    tp_agg_put_whole(to, settled.whole);
    tp_buf_put_char(to, ',');
    tp_agg_put_whole(to, settled.fraction);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, sum->real);
    tp_buf_put_char(to, ',');
    tp_agg_put_real(to, sum->compensation);
    put_counts(to, counts, sizeof counts / sizeof *counts);
    tp_buf_put_char(to, ']');
}

/* ---- reading ---- */

static void
skip_space(struct tp_agg_reader *from)
{
    while (from->at < from->end &&
           (*from->at == ' ' || *from->at == '\t' || *from->at == '\n' || *from->at == '\r'))
        from->at++;
}

/* What comes next; NUL: nothing. */
static char
next_char(struct tp_agg_reader *from)
{
    skip_space(from);
    return from->at < from->end ? *from->at : '\0';
}

bool
tp_agg_read_spaced(struct tp_agg_reader *from, char c)
{
    if (next_char(from) != c || from->at == from->end)
        return false;
    from->at++;
    return true;
}

static bool
read_word(struct tp_agg_reader *from, struct tp_str word)
{
    skip_space(from);
    if ((size_t)(from->end - from->at) < word.len || memcmp(from->at, word.ptr, word.len) != 0)
        return false;
    from->at += word.len;
    return true;
}

bool
tp_agg_read_string(struct tp_agg_reader *from, struct tp_str *inside)
{
    const char *start;

    if (!tp_agg_read_char(from, '"'))
        return false;
    for (start = from->at; from->at < from->end && *from->at != '"'; from->at++)
        if (*from->at == '\\' && from->at + 1 < from->end)
            from->at++;
    *inside = (struct tp_str){start, (size_t)(from->at - start)};
    return tp_agg_read_char(from, '"');
}

static bool
is_of_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* A number, or what stands in its place as a string. */
static bool
read_number(struct tp_agg_reader *from, struct tp_str *text)
{
    const char *start;

    if (next_char(from) == '"')
        return tp_agg_read_string(from, text);
    for (start = from->at; from->at < from->end && is_of_number(*from->at); from->at++)
        ;
    *text = (struct tp_str){start, (size_t)(from->at - start)};
    return text->len > 0;
}

/* TEXT as a number, as far as it is digits and no more than a word holds. UNIT: the power of ten
 * that it stood in for. */
static struct tp_str
read_piece(struct tp_str text, int64_t *piece, int64_t *unit)
{
    *piece = 0;
    *unit = 1;
    for (; text.len > 0 && *unit < PIECE && *text.ptr >= '0' && *text.ptr <= '9'; text.len--) {
        *piece = *piece * 10 + (*text.ptr++ - '0');
        *unit *= 10;
    }
    return text;
}

/* A whole number of few digits, as most are; -1: another one. */
static int64_t
read_small(struct tp_agg_reader *from)
{
    enum { MOST = 9 };
    const char *at = from->at, *end = from->end - at > MOST ? at + MOST : from->end;
    int64_t number = 0;

    for (; at < end && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (*at - '0');
    if (at == from->at || at == end || is_of_number(*at))
        return -1;
    from->at = at;
    return number;
}

/* In pieces of 18 digits: arithmetic in 128 bits takes long. */
bool
tp_agg_read_whole(struct tp_agg_reader *from, __int128 *whole)
{
    int64_t small = read_small(from), piece, unit;
    struct tp_str text;
    bool negative;

    *whole = small;
    if (small >= 0)
        return true;
    if (!read_number(from, &text) || text.len == 0)
        return false;
    negative = *text.ptr == '-';
    if (negative)
        text = (struct tp_str){text.ptr + 1, text.len - 1};
    *whole = 0;
    do {
        text = read_piece(text, &piece, &unit);
        if (unit == 1 || (*whole != 0 && __builtin_mul_overflow(*whole, (__int128)unit, whole)) ||
            __builtin_add_overflow(*whole, negative ? -piece : piece, whole))
            return false;
    } while (text.len > 0);
    return true;
}

bool
tp_agg_read_int(struct tp_agg_reader *from, int64_t *integer)
{
    __int128 whole;

    if (!tp_agg_read_whole(from, &whole) || whole < INT64_MIN || whole > INT64_MAX)
        return false;
    *integer = (int64_t)whole;
    return true;
}

bool
tp_agg_read_count(struct tp_agg_reader *from, uint64_t *count)
{
    int64_t integer = read_small(from);

    if (integer < 0 && (!tp_agg_read_int(from, &integer) || integer < 0))
        return false;
    *count = (uint64_t)integer;
    return true;
}

bool
tp_agg_read_real(struct tp_agg_reader *from, double *real)
{
    int64_t small = read_small(from);
    struct tp_value value;
    struct tp_str text;

    *real = (double)small;
    if (small >= 0)
        return true;
    if (!read_number(from, &text))
        return false;
    if (tp_num_parse(text, &value)) {
        *real = value.kind == TP_INT ? (double)value.integer : value.real;
        return true;
    }
    *real = tp_str_equal(text, TP_STR("inf")) ? HUGE_VAL : -HUGE_VAL;
    if (tp_str_equal(text, TP_STR("nan")))
        *real = (double)NAN;
    return isnan(*real) || *real > 0 || tp_str_equal(text, TP_STR("-inf"));
}

bool
tp_agg_read_json(struct tp_agg_reader *from, struct tp_str *json)
{
    const char *start;
    struct tp_str inside;
    size_t depth = 0;

    skip_space(from);
    start = from->at;
    while (from->at < from->end) {
        char c = *from->at;

        if (c == '"') {
            if (!tp_agg_read_string(from, &inside))
                return false;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            break;
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        from->at++;
    }
    *json = (struct tp_str){start, (size_t)(from->at - start)};
    return depth == 0 && json->len > 0;
}

static bool
keep_text(struct tp_agg_reader *from, struct tp_str *text)
{
    tp_buf_text(&from->text); /* so that even an empty one has a place */
    from->memory |= tp_buf_failed(&from->text);
    *text = tp_buf_str(&from->text);
    return !from->memory;
}

static bool
read_wrapped(struct tp_agg_reader *from, struct tp_value *value)
{
    struct tp_str name, json;
    double real;
    bool ok = false;

    if (!tp_agg_read_string(from, &name) || !tp_agg_read_char(from, ':'))
        return false;
    if (tp_str_equal(name, TP_STR("time")) || tp_str_equal(name, TP_STR("duration"))) {
        value->kind = name.len == 4 ? TP_TIME : TP_DURATION;
        ok = tp_agg_read_int(from, &value->time);
    } else if (tp_str_equal(name, TP_STR("real"))) {
        ok = tp_agg_read_real(from, &real);
        *value = tp_real(ok ? real : 0);
    } else if (tp_str_equal(name, TP_STR("json")) && tp_agg_read_json(from, &json)) {
        value->kind = TP_JSON;
        tp_buf_put_str(&from->text, json);
        ok = keep_text(from, &value->text);
    }
    return ok && tp_agg_read_char(from, '}');
}

static bool
read_text(struct tp_agg_reader *from, struct tp_value *value)
{
    struct tp_str inside;

    if (!tp_agg_read_string(from, &inside))
        return false;
    value->kind = TP_TEXT;
    tp_text_unescape(inside, &from->text);
    return keep_text(from, &value->text);
}

static bool
read_truth(struct tp_agg_reader *from, bool truth, struct tp_value *value)
{
    *value = tp_bool(truth);
    return read_word(from, truth ? TP_STR("true") : TP_STR("false"));
}

bool
tp_agg_read_value(struct tp_agg_reader *from, struct tp_value *value)
{
    struct tp_str text;
    char next = next_char(from);

    tp_buf_clear(&from->text);
    *value = tp_null();
    switch (next) {
    case '{':
        from->at++;
        return read_wrapped(from, value);
    case '"':
        return read_text(from, value);
    case 'n':
        return read_word(from, TP_STR("null"));
    case 't':
    case 'f':
        return read_truth(from, next == 't', value);
    default:
        return read_number(from, &text) && tp_num_parse(text, value);
    }
}

bool
tp_agg_read_more(struct tp_agg_reader *from, bool *first, bool *broken)
{
    bool was_first = *first;

    *first = false;
    if (tp_agg_read_char(from, ']'))
        return false;
    if (was_first || tp_agg_read_char(from, ','))
        return true;
    *broken = true;
    return false;
}

bool
tp_agg_read_sum(struct tp_agg_reader *from, struct tp_sum *sum)
{
    uint64_t *const counts[] = {&sum->integers, &sum->decimals, &sum->reals, &sum->infinities_up,
                                &sum->infinities_down};

    if (!tp_agg_read_char(from, '[') || !tp_agg_read_whole(from, &sum->whole) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_whole(from, &sum->fraction) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_real(from, &sum->real) ||
        !tp_agg_read_char(from, ',') || !tp_agg_read_real(from, &sum->compensation))
        return false;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (!tp_agg_read_char(from, ',') || !tp_agg_read_count(from, counts[i]))
            return false;
    return tp_agg_read_char(from, ']');
}
