#include "record/emit.h"

#include "value/num.h"
#include "value/text.h"
#include "value/time.h"

struct tp_emit
tp_emit_open(struct tp_buf *to)
{
    tp_buf_put_char(to, '{');
    return (struct tp_emit){.to = to};
}

void
tp_emit_close(struct tp_emit *emit)
{
    TP_BUF_PUT(emit->to, "}\n");
}

void
tp_emit_name(struct tp_emit *emit, struct tp_str name)
{
    if (emit->any)
        tp_buf_put_char(emit->to, ',');
    emit->any = true;
    tp_text_quote(name, emit->to);
    tp_buf_put_char(emit->to, ':');
}

/* ---- values ---- */

static void
put_int(struct tp_buf *to, int64_t integer)
{
    char *at = tp_buf_reserve(to, TP_NUM_MAX);

    if (at)
        to->len += tp_num_write_int(at, integer);
}

static void
put_real(struct tp_buf *to, double real)
{
    char *at = tp_buf_reserve(to, TP_NUM_MAX);

    if (at)
        to->len += tp_num_write_real(at, real);
}

static void
put_time(struct tp_buf *to, tp_time time)
{
    char *at = tp_buf_reserve(to, TP_TIME_TEXT + 2);
    size_t len;

    if (!at)
        return;
    at[0] = '"';
    len = 1 + tp_time_write(at + 1, time);
    at[len] = '"';
    to->len += len + 1;
}

static void
put_duration(struct tp_buf *to, tp_duration duration)
{
    char *at = tp_buf_reserve(to, TP_TIME_TEXT + 2);
    size_t len;

    if (!at)
        return;
    at[0] = '"';
    len = 1 + tp_duration_write(at + 1, duration);
    at[len] = '"';
    to->len += len + 1;
}

/* MANTISSA / 10^SCALE, digit by digit; 0 < SCALE <= 18. */
static void
put_decimal(struct tp_buf *to, int64_t mantissa, int scale)
{
    char digits[TP_NUM_MAX];
    const char *digit = digits;
    size_t len = tp_num_write_int(digits, mantissa), whole;

    if (digits[0] == '-') {
        tp_buf_put_char(to, '-');
        digit++;
        len--;
    }
    whole = len > (size_t)scale ? len - (size_t)scale : 0;
    if (whole == 0)
        TP_BUF_PUT(to, "0");
    tp_buf_put(to, digit, whole);
    tp_buf_put_char(to, '.');
    for (size_t zeros = len; zeros < (size_t)scale; zeros++)
        tp_buf_put_char(to, '0');
    tp_buf_put(to, digit + whole, len - whole);
}

/* Every decimal of up to 15 significant digits survives the way through a double and its shortest
 * text (DBL_DIG); a longer one is written from its mantissa, so that none of its digits change. */
#define DOUBLE_HOLDS INT64_C(1000000000000000)

static void
put_number(struct tp_buf *to, struct tp_value value)
{
    int64_t mantissa = value.mantissa;
    int scale = value.scale;

    if (scale == TP_NO_SCALE) {
        put_real(to, value.real);
        return;
    }
    for (; scale > 0 && mantissa % 10 == 0; scale--)
        mantissa /= 10;
    if (mantissa > -DOUBLE_HOLDS && mantissa < DOUBLE_HOLDS)
        put_real(to, value.real);
    else if (scale == 0)
        put_int(to, mantissa);
    else
        put_decimal(to, mantissa, scale);
}

void
tp_emit_value(struct tp_buf *to, struct tp_value value)
{
    switch (value.kind) {
    case TP_NULL:
        TP_BUF_PUT(to, "null");
        break;
    case TP_BOOL:
        tp_buf_put_str(to, value.boolean ? TP_STR("true") : TP_STR("false"));
        break;
    case TP_INT:
        put_int(to, value.integer);
        break;
    case TP_REAL:
        put_number(to, value);
        break;
    case TP_TEXT:
        tp_text_quote(value.text, to);
        break;
    case TP_TIME:
        put_time(to, value.time);
        break;
    case TP_DURATION:
        put_duration(to, value.duration);
        break;
    case TP_JSON:
        tp_buf_put_str(to, value.text);
        break;
    }
}

/* ---- members ---- */

void
tp_emit_text(struct tp_emit *emit, struct tp_str name, struct tp_str text)
{
    tp_emit_name(emit, name);
    tp_text_quote(text, emit->to);
}

void
tp_emit_json(struct tp_emit *emit, struct tp_str name, struct tp_str json)
{
    tp_emit_name(emit, name);
    tp_buf_put_str(emit->to, json);
}

void
tp_emit_int(struct tp_emit *emit, struct tp_str name, int64_t integer)
{
    tp_emit_name(emit, name);
    put_int(emit->to, integer);
}

void
tp_emit_real(struct tp_emit *emit, struct tp_str name, double real)
{
    tp_emit_name(emit, name);
    put_real(emit->to, real);
}

void
tp_emit_time(struct tp_emit *emit, struct tp_str name, tp_time time)
{
    tp_emit_name(emit, name);
    put_time(emit->to, time);
}

void
tp_emit_null(struct tp_emit *emit, struct tp_str name)
{
    tp_emit_name(emit, name);
    TP_BUF_PUT(emit->to, "null");
}

/* ---- adding to a line ---- */

/* LINE[0..at), the members (with a comma on the side where the others are), LINE[at..), newline. */
static void
insert(struct tp_buf *to, struct tp_str line, size_t at, struct tp_str comma_before,
       struct tp_str added, struct tp_str comma_behind)
{
    if (!tp_buf_reserve(to, line.len + added.len + 2))
        return;
    tp_buf_put(to, line.ptr, at);
    tp_buf_put_str(to, comma_before);
    tp_buf_put_str(to, added);
    tp_buf_put_str(to, comma_behind);
    tp_buf_put(to, line.ptr + at, line.len - at);
    tp_buf_put_char(to, '\n');
}

void
tp_emit_first(struct tp_buf *to, struct tp_str line, size_t members, struct tp_str added)
{
    const char *open = memchr(line.ptr, '{', line.len);
    size_t at = open ? (size_t)(open - line.ptr) + 1 : 0;

    insert(to, line, at, TP_STR(""), added, members ? TP_STR(",") : TP_STR(""));
}

void
tp_emit_last(struct tp_buf *to, struct tp_str line, size_t members, struct tp_str added)
{
    const char *close = memrchr(line.ptr, '}', line.len);
    size_t at = close ? (size_t)(close - line.ptr) : line.len;

    insert(to, line, at, members ? TP_STR(",") : TP_STR(""), added, TP_STR(""));
}
