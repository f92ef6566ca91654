#include "query/expr_cast.h"

#include <math.h>

#include "record/emit.h"
#include "value/num.h"
#include "value/text.h"

static const struct {
    const char *name;
    enum tp_cast cast;
} types[] = {
    /* The first of each is how it is printed. */
    {"BIGINT", TP_CAST_BIGINT},   {"INTEGER", TP_CAST_INTEGER},     {"SMALLINT", TP_CAST_SMALLINT},
    {"TINYINT", TP_CAST_TINYINT}, {"DOUBLE", TP_CAST_DOUBLE},       {"VARCHAR", TP_CAST_VARCHAR},
    {"BOOLEAN", TP_CAST_BOOLEAN}, {"TIMESTAMP", TP_CAST_TIMESTAMP}, {"INTERVAL", TP_CAST_INTERVAL},
    {"INT", TP_CAST_INTEGER},     {"STRING", TP_CAST_VARCHAR},      {"TEXT", TP_CAST_VARCHAR},
    {"BOOL", TP_CAST_BOOLEAN},
};

enum { TYPES = sizeof types / sizeof *types };

bool
tp_cast_find(struct tp_str name, enum tp_cast *cast)
{
    size_t i;

    for (i = 0; i < TYPES; i++) {
        if (!tp_text_equal_nocase(name, tp_str_of(types[i].name)))
            continue;
        *cast = types[i].cast;
        return true;
    }
    return false;
}

struct tp_str
tp_cast_likest(struct tp_str name)
{
    struct tp_str names[TYPES];
    const struct tp_str *likest;
    size_t i;

    for (i = 0; i < TYPES; i++)
        names[i] = tp_str_of(types[i].name);
    likest = tp_text_likest(name, names, TYPES);
    return likest ? *likest : TP_STR("");
}

const char *
tp_cast_name(enum tp_cast cast)
{
    return types[cast].name;
}

unsigned
tp_cast_gives(enum tp_cast cast)
{
    static const unsigned gives[TP_CASTS] = {
        [TP_CAST_BIGINT] = TP_SET_INT,        [TP_CAST_INTEGER] = TP_SET_INT,
        [TP_CAST_SMALLINT] = TP_SET_INT,      [TP_CAST_TINYINT] = TP_SET_INT,
        [TP_CAST_DOUBLE] = TP_SET_REAL,       [TP_CAST_VARCHAR] = TP_SET_TEXT,
        [TP_CAST_BOOLEAN] = TP_SET_BOOL,      [TP_CAST_TIMESTAMP] = TP_SET_TIME,
        [TP_CAST_INTERVAL] = TP_SET_DURATION,
    };

    return gives[cast];
}

void
tp_put_printed(struct tp_buf *to, struct tp_value value)
{
    char text[TP_TIME_TEXT > TP_NUM_MAX ? TP_TIME_TEXT : TP_NUM_MAX];

    switch (value.kind) {
    case TP_NULL:
        break;
    case TP_BOOL:
        tp_buf_put_str(to, value.boolean ? TP_STR("true") : TP_STR("false"));
        break;
    case TP_INT:
        tp_buf_put(to, text, tp_num_write_int(text, value.integer));
        break;
    case TP_REAL:
        if (isnan(value.real))
            TP_BUF_PUT(to, "NaN");
        else if (isinf(value.real))
            tp_buf_put_str(to, value.real > 0 ? TP_STR("Infinity") : TP_STR("-Infinity"));
        else
            tp_buf_put(to, text, tp_num_write_real(text, value.real));
        break;
    case TP_TIME:
        tp_buf_put(to, text, tp_time_write(text, value.time));
        break;
    case TP_DURATION:
        tp_buf_put(to, text, tp_duration_write(text, value.duration));
        break;
    case TP_TEXT:
    case TP_JSON:
        tp_buf_put_str(to, value.text);
        break;
    }
}

static struct tp_str
trimmed(struct tp_str text)
{
    while (text.len && (unsigned char)text.ptr[0] <= ' ')
        text = (struct tp_str){text.ptr + 1, text.len - 1};
    while (text.len && (unsigned char)text.ptr[text.len - 1] <= ' ')
        text.len--;
    return text;
}

/* At most 40 bytes of a text, for messages; not within a character. */
static int
excerpt(struct tp_str text)
{
    size_t len = text.len;

    if (len <= 40)
        return (int)len;
    for (len = 40; len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80;)
        len--;
    return (int)len;
}

static int
not_a(struct tp_run *run, const struct tp_node *node, struct tp_str text, const char *what)
{
    return tp_run_fail(run, node, "'%.*s' is not %s", excerpt(text), text.ptr, what);
}

static int
refuse(struct tp_run *run, const struct tp_node *node, struct tp_value value, const char *type)
{
    return tp_run_fail(run, node, "%s cannot become %s", tp_kind_name(value.kind), type);
}

/* Truncates, as Flink (and Java) do; DuckDB and PostgreSQL round. */
static int
real_to_int(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    double real = trunc(value->real);

    if (!(real >= -TP_INT64_LIMIT && real < TP_INT64_LIMIT))
        return tp_run_fail(run, node, "%g does not fit into an integer", real);
    *value = tp_int((int64_t)real);
    return 0;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
digit_at(struct tp_str text, size_t at)
{
    return at < text.len && is_digit(text.ptr[at]);
}

bool
tp_read_number(struct tp_str text, struct tp_value *value)
{
    char json[TP_NUMBER_MAX + 16]; /* as JSON writes it; tp_num_read may look 16 bytes ahead */
    size_t len = 0, at = text.len && (text.ptr[0] == '+' || text.ptr[0] == '-');

    if (text.len > TP_NUMBER_MAX - 2 || !(digit_at(text, at) || digit_at(text, at + 1)))
        return false;
    if (at && text.ptr[0] == '-')
        json[len++] = '-';
    while (text.ptr[at] == '0' && digit_at(text, at + 1))
        at++;
    for (; at < text.len; at++) {
        char c = text.ptr[at];

        if (c == '.' && !(at > 0 && is_digit(text.ptr[at - 1])))
            json[len++] = '0';
        json[len++] = c;
        if (c == '.' && !digit_at(text, at + 1))
            json[len++] = '0';
    }
    memset(json + len, 0, 16);
    if (!tp_num_parse((struct tp_str){json, len}, value))
        return false;
    /* With an exponent it is a DOUBLE, as SQL says, not an exact decimal. */
    if (memchr(json, 'e', len) || memchr(json, 'E', len))
        *value = tp_real(tp_as_real(*value));
    return true;
}

static int
number_of_text(struct tp_run *run, const struct tp_node *node, struct tp_str text,
               struct tp_value *number)
{
    struct tp_str inner = trimmed(text);
    bool minus = inner.len && inner.ptr[0] == '-';

    if (tp_read_number(inner, number))
        return 0;
    if (inner.len && (minus || inner.ptr[0] == '+'))
        inner = (struct tp_str){inner.ptr + 1, inner.len - 1};
    if (tp_text_equal_nocase(inner, TP_STR("nan")))
        *number = tp_real(NAN);
    else if (tp_text_equal_nocase(inner, TP_STR("infinity")))
        *number = tp_real(minus ? -INFINITY : INFINITY);
    else
        return not_a(run, node, text, "a number");
    return 0;
}

static int
cast_number(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    switch (value->kind) {
    case TP_INT:
    case TP_REAL:
        return 0;
    case TP_BOOL:
        *value = tp_int(value->boolean);
        return 0;
    case TP_TEXT:
        return number_of_text(run, node, value->text, value);
    case TP_TIME:
        return tp_run_fail(run, node, "a timestamp has no unit as a number: use epoch_ms(…)");
    case TP_DURATION:
        return tp_run_fail(run, node,
                           "a duration has no unit as a number: divide it by "
                           "INTERVAL '1s'");
    default:
        return refuse(run, node, *value, "a number");
    }
}

static int
cast_integer(struct tp_run *run, const struct tp_node *node, enum tp_cast cast,
             struct tp_value *value)
{
    static const int64_t largest[] = {INT64_MAX, INT32_MAX, INT16_MAX, INT8_MAX};
    int64_t integer;

    if (cast_number(run, node, value) < 0)
        return -1;
    if (value->kind == TP_REAL && real_to_int(run, node, value) < 0)
        return -1;
    integer = value->integer;
    if (integer > largest[cast] || integer < -largest[cast] - 1)
        return tp_run_fail(run, node, "%lld does not fit into %s", (long long)integer,
                           tp_cast_name(cast));
    return 0;
}

/* The words that Flink takes. */
static int
bool_of_text(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    static const char *const words[2][5] = {{"false", "f", "no", "n", "0"},
                                            {"true", "t", "yes", "y", "1"}};
    struct tp_str text = trimmed(value->text);
    int side, i;

    for (side = 0; side < 2; side++)
        for (i = 0; i < 5; i++)
            if (tp_text_equal_nocase(text, tp_str_of(words[side][i]))) {
                *value = tp_bool(side);
                return 0;
            }
    return not_a(run, node, value->text, "a boolean");
}

static int
cast_boolean(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    switch (value->kind) {
    case TP_BOOL:
        return 0;
    case TP_INT:
        *value = tp_bool(value->integer != 0);
        return 0;
    case TP_REAL:
        *value = tp_bool(value->real != 0);
        return 0;
    case TP_TEXT:
        return bool_of_text(run, node, value);
    default:
        return refuse(run, node, *value, "a boolean");
    }
}

static struct tp_stamp *
stamp_for(struct tp_run *run, const struct tp_node *node)
{
    if (node->is_row_time && run->row_time)
        return run->row_time;
    if (!run->stamp)
        run->stamp = tp_stamp_new(NULL, NULL, run->err);
    return run->stamp;
}

/* The number as text: the record's own digits where it is a member, so that no digit is lost. */
static struct tp_str
number_text(struct tp_run *run, const struct tp_node *node, struct tp_value value, char *to)
{
    const struct tp_slot *slot;

    if (node->op == TP_OP_MEMBER) {
        slot = tp_slot_of(node, run);
        return (struct tp_str){slot->ptr, slot->len};
    }
    if (value.kind == TP_INT)
        return (struct tp_str){to, tp_num_write_int(to, value.integer)};
    return (struct tp_str){to, tp_num_write_real(to, value.real)};
}

int
tp_want_time(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    struct tp_err reason;
    struct tp_stamp *stamp;
    char digits[TP_NUM_MAX];
    tp_time time;
    int done;

    if (value->kind == TP_TIME)
        return 0;
    if (value->kind != TP_TEXT && !tp_is_number(value->kind))
        return refuse(run, node, *value, "a timestamp");
    stamp = stamp_for(run, node);
    if (!stamp)
        return -1;
    done =
        value->kind == TP_TEXT
            ? tp_stamp_read_text(stamp, value->text, &time, &reason)
            : tp_stamp_read_number(stamp, number_text(run, node, *value, digits), &time, &reason);
    if (done < 0)
        return tp_run_fail(run, node, "%s", reason.text);
    *value = tp_instant(time);
    return 0;
}

int
tp_want_duration(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    struct tp_err reason;
    tp_duration duration;

    if (value->kind == TP_DURATION)
        return 0;
    if (value->kind != TP_TEXT)
        return refuse(run, node, *value, "a duration");
    if (tp_duration_parse(trimmed(value->text), &duration, &reason) < 0)
        return tp_run_fail(run, node, "%s", reason.text);
    *value = (struct tp_value){.kind = TP_DURATION, .duration = duration};
    return 0;
}

int
tp_want_text(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    if (value->kind == TP_JSON)
        value->kind = TP_TEXT;
    if (value->kind == TP_TEXT || value->kind == TP_NULL)
        return 0;
    tp_buf_clear(&run->temp);
    tp_put_printed(&run->temp, *value);
    return tp_run_finish_text(run, node, value);
}

int
tp_cast(struct tp_run *run, const struct tp_node *node, enum tp_cast cast, struct tp_value *value)
{
    switch (cast) {
    case TP_CAST_BIGINT:
    case TP_CAST_INTEGER:
    case TP_CAST_SMALLINT:
    case TP_CAST_TINYINT:
        return cast_integer(run, node, cast, value);
    case TP_CAST_DOUBLE:
        if (cast_number(run, node, value) < 0)
            return -1;
        if (value->kind == TP_INT)
            *value = tp_real((double)value->integer);
        return 0;
    case TP_CAST_VARCHAR:
        return tp_want_text(run, node, value);
    case TP_CAST_BOOLEAN:
        return cast_boolean(run, node, value);
    case TP_CAST_TIMESTAMP:
        return tp_want_time(run, node, value);
    case TP_CAST_INTERVAL:
        return tp_want_duration(run, node, value);
    default:
        return tp_run_fail(run, node, "no such type");
    }
}

unsigned
tp_comparable(unsigned kinds)
{
    unsigned with = kinds & (TP_SET_BOOL | TP_SET_JSON | TP_SET_TEXT);

    if (kinds & TP_SET_NUMBER)
        with |= TP_SET_NUMBER | TP_SET_TIME;
    if (kinds & TP_SET_TEXT)
        with |= TP_SET_TIME | TP_SET_DURATION;
    if (kinds & TP_SET_TIME)
        with |= TP_SET_TIME | TP_SET_TEXT | TP_SET_NUMBER;
    if (kinds & TP_SET_DURATION)
        with |= TP_SET_DURATION | TP_SET_TEXT;
    return with;
}

static int
incomparable(struct tp_run *run, const struct tp_node *left, const struct tp_node *right,
             enum tp_kind a, enum tp_kind b)
{
    bool swap = tp_is_constant(left) && !tp_is_constant(right);
    const struct tp_node *named = swap ? right : left;
    const char *hint =
        (tp_is_number(a) && b == TP_TEXT) || (tp_is_number(b) && a == TP_TEXT) ? "; use CAST" : "";

    return tp_run_fail(run, named, "compared %s with %s%s", tp_kind_name(swap ? b : a),
                       tp_kind_name(swap ? a : b), hint);
}

/* Makes one kind of two that differ, or of text that stands for a time. */
static int
bring_together(struct tp_run *run, const struct tp_node *left, const struct tp_node *right,
               struct tp_value *a, struct tp_value *b)
{
    if (a->kind == TP_TIME || b->kind == TP_TIME || a->kind == b->kind) {
        if (!(tp_comparable(TP_SET(a->kind)) & TP_SET(b->kind)))
            return incomparable(run, left, right, a->kind, b->kind);
        return tp_want_time(run, left, a) < 0 ? -1 : tp_want_time(run, right, b);
    }
    if (!(tp_comparable(TP_SET(a->kind)) & TP_SET(b->kind)))
        return incomparable(run, left, right, a->kind, b->kind);
    return tp_want_duration(run, left, a) < 0 ? -1 : tp_want_duration(run, right, b);
}

static int
order_of(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int
tp_compare(struct tp_run *run, const struct tp_node *left, const struct tp_node *right,
           struct tp_value *a, struct tp_value *b, int *order)
{
    bool times = a->kind == TP_TEXT && (left->is_row_time || right->is_row_time);

    if (tp_is_number(a->kind) && tp_is_number(b->kind)) {
        *order = a->kind == TP_INT && b->kind == TP_INT ? order_of(a->integer, b->integer)
                                                        : tp_num_compare(*a, *b);
        return 0;
    }
    if ((a->kind != b->kind || times) && bring_together(run, left, right, a, b) < 0)
        return -1;
    switch (a->kind) {
    case TP_BOOL:
        *order = (int)a->boolean - (int)b->boolean;
        return 0;
    case TP_TIME:
        *order = order_of(a->time, b->time);
        return 0;
    case TP_DURATION:
        *order = order_of(a->duration, b->duration);
        return 0;
    default:
        *order = tp_str_compare(a->text, b->text);
        return 0;
    }
}

/* Texts of different lengths, as most that differ, are told apart without a look into them. */
int
tp_equal(struct tp_run *run, const struct tp_node *left, const struct tp_node *right,
         struct tp_value *a, struct tp_value *b)
{
    int order;

    if (a->kind == TP_TEXT && b->kind == TP_TEXT && !left->is_row_time && !right->is_row_time)
        return tp_str_equal(a->text, b->text);
    return tp_compare(run, left, right, a, b, &order) < 0 ? -1 : order == 0;
}
