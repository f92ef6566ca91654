#include "query/expr_func.h"

#include <math.h>

#include "query/expr_cast.h"
#include "value/text.h"

#define P(name) TP_PARAM_##name
#define PARAMS(...) .param = {__VA_ARGS__}
#define CALL(function) .call = tp_call_##function

static const struct tp_function functions[] = {
    /* text */
    {"lower", NULL, 1, 1, PARAMS(P(TEXT)), TP_SET_TEXT, 0, CALL(lower)},
    {"upper", NULL, 1, 1, PARAMS(P(TEXT)), TP_SET_TEXT, 0, CALL(upper)},
    {"trim", NULL, 1, 2, PARAMS(P(TEXT), P(TEXT)), TP_SET_TEXT, 0, CALL(trim)},
    {"ltrim", NULL, 1, 2, PARAMS(P(TEXT), P(TEXT)), TP_SET_TEXT, 0, CALL(ltrim)},
    {"rtrim", NULL, 1, 2, PARAMS(P(TEXT), P(TEXT)), TP_SET_TEXT, 0, CALL(rtrim)},
    {"substr", NULL, 2, 3, PARAMS(P(TEXT), P(INTEGER), P(INTEGER)), TP_SET_TEXT, 0, CALL(substr)},
    {.name = "substring", .same_as = "substr"},
    {"left", NULL, 2, 2, PARAMS(P(TEXT), P(INTEGER)), TP_SET_TEXT, 0, CALL(left)},
    {"right", NULL, 2, 2, PARAMS(P(TEXT), P(INTEGER)), TP_SET_TEXT, 0, CALL(right)},
    {"length", NULL, 1, 1, PARAMS(P(TEXT)), TP_SET_INT, 0, CALL(length)},
    {.name = "char_length", .same_as = "length"},
    {.name = "character_length", .same_as = "length"},
    {"octet_length", NULL, 1, 1, PARAMS(P(TEXT)), TP_SET_INT, 0, CALL(octet_length)},
    {"replace", NULL, 3, 3, PARAMS(P(TEXT), P(TEXT), P(TEXT)), TP_SET_TEXT, 0, CALL(replace)},
    {"split_part", NULL, 3, 3, PARAMS(P(TEXT), P(TEXT), P(INTEGER)), TP_SET_TEXT, 0,
     CALL(split_part)},
    {"concat", NULL, 1, TP_FUNCTION_MANY,
     PARAMS(P(PRINTABLE), P(PRINTABLE), P(PRINTABLE), P(PRINTABLE), P(PRINTABLE)), TP_SET_TEXT, 0,
     CALL(concat)},
    {"concat_ws", NULL, 2, TP_FUNCTION_MANY,
     PARAMS(P(PRINTABLE), P(PRINTABLE), P(PRINTABLE), P(PRINTABLE), P(PRINTABLE)), TP_SET_TEXT,
     TP_FUNCTION_TAKES_NULL, CALL(concat_ws)},
    {"starts_with", NULL, 2, 2, PARAMS(P(TEXT), P(TEXT)), TP_SET_BOOL, 0, CALL(starts_with)},
    {"ends_with", NULL, 2, 2, PARAMS(P(TEXT), P(TEXT)), TP_SET_BOOL, 0, CALL(ends_with)},
    {"contains", NULL, 2, 2, PARAMS(P(TEXT), P(TEXT)), TP_SET_BOOL, 0, CALL(contains)},
    {"position", NULL, 2, 2, PARAMS(P(TEXT), P(TEXT)), TP_SET_INT, 0, CALL(position)},
    {"lpad", NULL, 2, 3, PARAMS(P(TEXT), P(INTEGER), P(TEXT)), TP_SET_TEXT, 0, CALL(lpad)},
    {"rpad", NULL, 2, 3, PARAMS(P(TEXT), P(INTEGER), P(TEXT)), TP_SET_TEXT, 0, CALL(rpad)},
    {"reverse", NULL, 1, 1, PARAMS(P(TEXT)), TP_SET_TEXT, 0, CALL(reverse)},
    {"repeat", NULL, 2, 2, PARAMS(P(TEXT), P(INTEGER)), TP_SET_TEXT, 0, CALL(repeat)},
    {"regexp_replace", NULL, 3, 3, PARAMS(P(TEXT), P(CONSTANT_TEXT), P(CONSTANT_TEXT)), TP_SET_TEXT,
     0, CALL(regexp_replace), .prepare = tp_prepare_replace},
    {"regexp_extract", NULL, 2, 3, PARAMS(P(TEXT), P(CONSTANT_TEXT), P(INTEGER)), TP_SET_TEXT, 0,
     CALL(regexp_extract), .prepare = tp_prepare_extract},
    {"regexp_like", NULL, 2, 2, PARAMS(P(TEXT), P(CONSTANT_TEXT)), TP_SET_BOOL, 0,
     CALL(regexp_like), .prepare = tp_prepare_regexp},
    /* numbers */
    {"abs", NULL, 1, 1, PARAMS(P(NUMBER)), 0, 0, CALL(abs)},
    {"ceil", NULL, 1, 1, PARAMS(P(NUMBER)), 0, 0, CALL(ceil)},
    {.name = "ceiling", .same_as = "ceil"},
    {"floor", NULL, 1, 1, PARAMS(P(NUMBER)), 0, 0, CALL(floor)},
    {"round", NULL, 1, 2, PARAMS(P(NUMBER), P(INTEGER)), TP_SET_NUMBER, 0, CALL(round)},
    {"trunc", NULL, 1, 2, PARAMS(P(NUMBER), P(INTEGER)), TP_SET_NUMBER, 0, CALL(trunc)},
    {.name = "truncate", .same_as = "trunc"},
    {"sqrt", NULL, 1, 1, PARAMS(P(NUMBER)), TP_SET_REAL, 0, CALL(sqrt)},
    {"ln", NULL, 1, 1, PARAMS(P(NUMBER)), TP_SET_REAL, 0, CALL(ln)},
    {"log10", NULL, 1, 1, PARAMS(P(NUMBER)), TP_SET_REAL, 0, CALL(log10)},
    {"log2", NULL, 1, 1, PARAMS(P(NUMBER)), TP_SET_REAL, 0, CALL(log2)},
    {"exp", NULL, 1, 1, PARAMS(P(NUMBER)), TP_SET_REAL, 0, CALL(exp)},
    {"power", NULL, 2, 2, PARAMS(P(NUMBER), P(NUMBER)), TP_SET_REAL, 0, CALL(power)},
    {.name = "pow", .same_as = "power"},
    {"sign", NULL, 1, 1, PARAMS(P(NUMBER)), 0, 0, CALL(sign)},
    {"mod", NULL, 2, 2, PARAMS(P(NUMBER), P(NUMBER)), TP_SET_NUMBER, 0, CALL(mod)},
    /* any value */
    {"greatest", NULL, 1, TP_FUNCTION_MANY, PARAMS(P(ANY)), 0, 0, CALL(greatest)},
    {"least", NULL, 1, TP_FUNCTION_MANY, PARAMS(P(ANY)), 0, 0, CALL(least)},
    {"nullif", NULL, 2, 2, PARAMS(P(ANY)), 0, TP_FUNCTION_TAKES_NULL, CALL(nullif)},
    {"coalesce", NULL, 1, TP_FUNCTION_MANY, PARAMS(P(ANY)), 0, TP_FUNCTION_LAZY,
     .eval = tp_eval_coalesce},
    {"hash", NULL, 1, 1, PARAMS(P(ANY)), TP_SET_INT, 0, CALL(hash)},
    {"json_type", NULL, 1, 1, PARAMS(P(ANY)), TP_SET_TEXT, TP_FUNCTION_TAKES_NULL, CALL(json_type)},
    {"array_length", NULL, 1, 1, PARAMS(P(ANY)), TP_SET_INT, 0, CALL(array_length)},
    {.name = "cardinality", .same_as = "array_length"},
    {"array_contains", NULL, 2, 2, PARAMS(P(ANY)), TP_SET_BOOL, 0, CALL(array_contains)},
    {"env", NULL, 1, 1, PARAMS(P(CONSTANT_TEXT)), TP_SET_TEXT, 0, CALL(env)},
    /* places */
    {"geohash", NULL, 3, 3, PARAMS(P(NUMBER), P(NUMBER), P(INTEGER)), TP_SET_TEXT, 0,
     CALL(geohash)},
    {"haversine", NULL, 4, 4, PARAMS(P(NUMBER), P(NUMBER), P(NUMBER), P(NUMBER)), TP_SET_REAL, 0,
     CALL(haversine)},
    /* time */
    {"date_trunc", NULL, 2, 3, PARAMS(P(CONSTANT_TEXT), P(TIME), P(CONSTANT_TEXT)), TP_SET_TIME, 0,
     CALL(date_trunc), .prepare = tp_prepare_date_trunc},
    {"time_bucket", NULL, 2, 3, PARAMS(P(DURATION), P(TIME), P(DURATION)), TP_SET_TIME, 0,
     CALL(time_bucket)},
    {"date_part", NULL, 2, 3, PARAMS(P(CONSTANT_TEXT), P(TIME), P(CONSTANT_TEXT)), TP_SET_INT, 0,
     CALL(date_part), .prepare = tp_prepare_date_part},
    {"format_time", NULL, 2, 3, PARAMS(P(TIME), P(CONSTANT_TEXT), P(CONSTANT_TEXT)), TP_SET_TEXT, 0,
     CALL(format_time), .prepare = tp_prepare_format_time},
    {"parse_time", NULL, 2, 3, PARAMS(P(TEXT), P(CONSTANT_TEXT), P(CONSTANT_TEXT)), TP_SET_TIME, 0,
     CALL(parse_time), .prepare = tp_prepare_parse_time},
    {"epoch_s", NULL, 1, 1, PARAMS(P(TIME)), TP_SET_INT, 0, CALL(epoch_s)},
    {"epoch_ms", NULL, 1, 1, PARAMS(P(TIME)), TP_SET_INT, 0, CALL(epoch_ms)},
    {"epoch_us", NULL, 1, 1, PARAMS(P(TIME)), TP_SET_INT, 0, CALL(epoch_us)},
    {"epoch_ns", NULL, 1, 1, PARAMS(P(TIME)), TP_SET_INT, 0, CALL(epoch_ns)},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

const struct tp_function *
tp_function_find(struct tp_str name)
{
    size_t i;

    for (i = 0; i < FUNCTIONS; i++) {
        if (!tp_text_equal_nocase(name, tp_str_of(functions[i].name)))
            continue;
        return functions[i].same_as ? tp_function_find(tp_str_of(functions[i].same_as))
                                    : &functions[i];
    }
    return NULL;
}

/* Forms that look like functions but are grammar. */
static const char *const forms[] = {"cast", "try_cast", "extract", "unnest"};

struct tp_str
tp_function_likest(struct tp_str name)
{
    enum { FORMS = sizeof forms / sizeof *forms };
    struct tp_str names[FUNCTIONS + FORMS];
    const struct tp_str *likest;
    size_t i;

    for (i = 0; i < FUNCTIONS; i++)
        names[i] = tp_str_of(functions[i].name);
    for (i = 0; i < FORMS; i++)
        names[FUNCTIONS + i] = tp_str_of(forms[i]);
    likest = tp_text_likest(name, names, FUNCTIONS + FORMS);
    return likest ? *likest : TP_STR("");
}

enum tp_param
tp_function_param(const struct tp_function *function, size_t i)
{
    return function->param[i < TP_FUNCTION_PARAMS ? i : TP_FUNCTION_PARAMS - 1];
}

static int
unexpected(struct tp_run *run, const struct tp_node *node, struct tp_value value, const char *what)
{
    return tp_run_fail(run, node, "is %s, not %s; use CAST", tp_kind_name(value.kind), what);
}

static int
want_integer(struct tp_run *run, const struct tp_node *node, struct tp_value *value)
{
    double real = value->real;

    if (value->kind == TP_INT)
        return 0;
    if (value->kind != TP_REAL || trunc(real) != real || !(fabs(real) < 0x1p62))
        return unexpected(run, node, *value, "an integer");
    *value = tp_int((int64_t)real);
    return 0;
}

/* Makes of *VALUE, which is not NULL, what the parameter wants. */
static int
accept(struct tp_run *run, const struct tp_node *node, enum tp_param param, struct tp_value *value)
{
    switch (param) {
    case TP_PARAM_TEXT:
    case TP_PARAM_CONSTANT_TEXT:
        return value->kind == TP_TEXT ? 0 : unexpected(run, node, *value, "a string");
    case TP_PARAM_NUMBER:
        return tp_is_number(value->kind) ? 0 : unexpected(run, node, *value, "a number");
    case TP_PARAM_INTEGER:
        return want_integer(run, node, value);
    case TP_PARAM_TIME:
        return tp_want_time(run, node, value);
    case TP_PARAM_DURATION:
        return tp_want_duration(run, node, value);
    default:
        return 0;
    }
}

static int
call(const struct tp_node *node, struct tp_run *run, struct tp_value *arg, struct tp_value *out)
{
    const struct tp_function *function = node->function;
    bool any_null = false;
    size_t i;

    for (i = 0; i < node->count; i++) {
        if (node->arg[i]->eval(node->arg[i], run, &arg[i]) < 0)
            return -1;
        if (arg[i].kind == TP_NULL)
            any_null = true;
        else if (accept(run, node->arg[i], tp_function_param(function, i), &arg[i]) < 0)
            return -1;
    }
    if (any_null && !(function->flags & TP_FUNCTION_TAKES_NULL)) {
        *out = tp_null();
        return 0;
    }
    return function->call(node, run, arg, out);
}

/* Apart, so that only calls with many arguments take much of the stack. */
static __attribute__((noinline)) int
call_with_many(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    struct tp_value arg[TP_EXPR_ARGUMENTS];

    return call(node, run, arg, out);
}

int
tp_eval_call(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    struct tp_value arg[4];

    return node->count <= 4 ? call(node, run, arg, out) : call_with_many(node, run, out);
}

int
tp_eval_coalesce(const struct tp_node *node, struct tp_run *run, struct tp_value *out)
{
    size_t i;

    for (i = 0; i < node->count; i++) {
        if (node->arg[i]->eval(node->arg[i], run, out) < 0)
            return -1;
        if (out->kind != TP_NULL)
            return 0;
    }
    return 0;
}
