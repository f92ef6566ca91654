#include "query/expr.h"

#include <stdlib.h>

#include "unit.h"
#include "value/text.h"
#include "value/time.h"

enum { SLOTS = 64 };

/* One record and an expression over it. */
struct fixture {
    struct tp_scan *scan;
    struct tp_expr *expr;
    struct tp_slot slot[SLOTS];
    char *line;
    struct tp_err err;
};

static int
scan_line(struct fixture *f, const char *record)
{
    size_t len = strlen(record);
    const char *end;

    free(f->line);
    f->line = calloc(1, len + 1 + TP_SCAN_PADDING);
    memcpy(f->line, record, len);
    f->line[len] = '\n';
    end = tp_scan_line(f->scan, f->line, f->line + len + 1, f->slot, NULL, &f->err);
    return end ? 0 : -1;
}

static bool
open_fixture(struct fixture *f, const char *text, const char *record)
{
    struct tp_expr_context context;

    *f = (struct fixture){.scan = tp_scan_new()};
    context = (struct tp_expr_context){.scan = f->scan};
    f->expr = tp_expr_compile(tp_str_of(text), &context, &f->err);
    if (!f->expr)
        return false;
    CHECK(scan_line(f, record) == 0);
    return true;
}

static void
close_fixture(struct fixture *f)
{
    tp_expr_free(f->expr);
    tp_scan_free(f->scan);
    free(f->line);
}

/* A value as these tests write it. */
static void
show(struct tp_buf *to, struct tp_value value)
{
    char text[TP_TIME_TEXT];

    switch (value.kind) {
    case TP_NULL:
        TP_BUF_PUT(to, "NULL");
        break;
    case TP_BOOL:
        tp_buf_printf(to, "%s", value.boolean ? "true" : "false");
        break;
    case TP_INT:
        tp_buf_printf(to, "%lld", (long long)value.integer);
        break;
    case TP_REAL:
        tp_buf_printf(to, "%.15g", value.real);
        if (value.real == (double)(int)value.real)
            TP_BUF_PUT(to, ".0");
        break;
    case TP_TIME:
        tp_buf_put(to, text, tp_time_write(text, value.time));
        break;
    case TP_DURATION:
        tp_buf_put(to, text, tp_duration_write(text, value.duration));
        break;
    case TP_TEXT:
        tp_buf_printf(to, "'%.*s'", (int)value.text.len, value.text.ptr);
        break;
    case TP_JSON:
        tp_buf_put_str(to, value.text);
        break;
    }
}

/* The value of TEXT over RECORD, or `error: reason`, or `refused: reason`. */
static void
evaluate(const char *text, const char *record, struct tp_buf *to)
{
    struct fixture f;
    struct tp_value value;

    if (!open_fixture(&f, text, record))
        tp_buf_printf(to, "refused: %s", f.err.text);
    else if (tp_expr_eval(f.expr, f.slot, &value, &f.err) < 0)
        tp_buf_printf(to, "error: %s", f.err.text);
    else
        show(to, value);
    close_fixture(&f);
}

static void
check_value(const char *text, const char *record, const char *expected)
{
    struct tp_buf got = TP_BUF_INIT;

    evaluate(text, record, &got);
    CHECK_THAT(strcmp(tp_buf_text(&got), expected) == 0, "%s gives %s, not %s", text,
               tp_buf_text(&got), expected);
    tp_buf_release(&got);
}

static const char record[] =
    "{\"status\":503,\"method\":\"GET\",\"path\":\"/api/x\",\"bytes\":2048,\"ratio\":0.25,"
    "\"ok\":true,\"no\":null,\"esc\":\"a\\\"b\\u00e9\",\"big\":9223372036854775807,"
    "\"user\":{\"id\":7,\"name\":\"Zoë\"},\"tags\":[\"x\",\"y\",3,null],"
    "\"@timestamp\":\"2026-11-21T10:20:30.5Z\",\"epoch\":1763720430,\"end\":1,\"odd name\":2,"
    "\"price\":1.10,\"text\":\"12\"}";

struct example {
    const char *text, *expected;
};

static void
check_all(const struct example *example, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        check_value(example[i].text, record, example[i].expected);
}

#define CHECK_ALL(...)                                           \
    do {                                                         \
        static const struct example examples[] = {__VA_ARGS__};  \
        check_all(examples, sizeof examples / sizeof *examples); \
    } while (0)

static void
paths_and_literals(void)
{
    CHECK_ALL({"status", "503"}, {".status", "503"}, {"user.id", "7"}, {".user.name", "'Zoë'"},
              {"tags[0]", "'x'"}, {"tags[2] + 1", "4"}, {"tags[9]", "NULL"}, {"missing", "NULL"},
              {"no", "NULL"}, {"\"odd name\"", "2"}, {"\"end\" + .end", "2"},
              {"user", "{\"id\":7,\"name\":\"Zoë\"}"}, {"'it''s'", "'it's'"}, {"1", "1"},
              {"1.5e3", "1500.0"}, {".5", "0.5"}, {"5.", "5.0"},
              {"-9223372036854775808", "-9223372036854775808"}, {"007", "7"}, {"TRUE", "true"},
              {"null", "NULL"}, {"TIMESTAMP '2026-11-21 10:00:00'", "2026-11-21T10:00:00.000Z"},
              {"INTERVAL '1h30m'", "1h30m"}, {"interval '-1.5' seconds", "-1.5s"},
              {"1 -- a comment\n + 1", "2"}, {"esc", "'a\"bé'"},
              {"@timestamp", "'2026-11-21T10:20:30.5Z'"});
}

static void
comparisons(void)
{
    CHECK_ALL({"status >= 500", "true"}, {"status < 500", "false"}, {"status = 503.0", "true"},
              {"500 <= status", "true"}, {"method = 'GET'", "true"}, {"method <> 'GET'", "false"},
              {"method != 'PUT'", "true"}, {"'GET' = method", "true"}, {"esc = 'a\"bé'", "true"},
              {"method < 'H'", "true"}, {"method >= 'A'", "true"}, {"method <= 'Z'", "true"},
              {"method > 'Z'", "false"}, {"big = 9223372036854775807", "true"},
              {"big < 9223372036854775808", "true"}, {"ok = TRUE", "true"}, {"ok", "true"},
              {"status BETWEEN 500 AND 599", "true"}, {"status NOT BETWEEN 500 AND 599", "false"},
              {"status IN (200, 503)", "true"}, {"status NOT IN (200, 404)", "true"},
              {"path LIKE '/api/%'", "true"}, {"path LIKE '_api%x'", "true"},
              {"path NOT LIKE '%y%'", "true"}, {"method ILIKE 'g_t'", "true"},
              {"'50%' LIKE '50!%' ESCAPE '!'", "true"}, {"'ÄB' ILIKE 'äb'", "true"},
              {"path ~ '^/API'", "false"}, {"path ~* '^/API'", "true"}, {"path !~ 'z'", "true"},
              {"path !~* 'X'", "false"}, {"no IS NULL", "true"}, {"status IS NOT NULL", "true"},
              {"ok IS TRUE", "true"}, {"no IS NOT TRUE", "true"}, {"ok IS FALSE", "false"},
              {"no IS UNKNOWN", "true"}, {"no IS DISTINCT FROM 1", "true"},
              {"no IS NOT DISTINCT FROM NULL", "true"}, {"status IS DISTINCT FROM 503", "false"},
              {"status = text", "error: status: compared an integer with a string; use CAST"},
              {"status = '503'", "error: status: compared an integer with a string; use CAST"},
              {"'x' = status", "error: status: compared an integer with a string; use CAST"},
              {"tags = 1", "error: tags: compared an object or array with an integer"});
}

static void
three_valued_logic(void)
{
    CHECK_ALL({"no = 1", "NULL"}, {"NULL = NULL", "NULL"}, {"NOT (no = 1)", "NULL"},
              {"no = 1 AND FALSE", "false"}, {"no = 1 AND TRUE", "NULL"},
              {"no = 1 OR TRUE", "true"}, {"no = 1 OR FALSE", "NULL"}, {"1 IN (2, NULL)", "NULL"},
              {"1 IN (1, NULL)", "true"}, {"1 NOT IN (2, NULL)", "NULL"}, {"NULL IN (1)", "NULL"},
              {"5 BETWEEN NULL AND 3", "false"}, {"5 BETWEEN NULL AND 7", "NULL"},
              {"no LIKE 'x'", "NULL"}, {"method LIKE NULL", "NULL"}, {"no ~ 'x'", "NULL"},
              {"no + 1", "NULL"}, {"upper(no)", "NULL"}, {"FALSE AND 1/0 = 1", "false"},
              {"ok OR bytes/0 = 1", "true"},
              {"status AND ok", "error: status: is an integer, not a boolean"});
}

static void
arithmetic(void)
{
    CHECK_ALL(
        {"1 + 2 * 3", "7"}, {"(1 + 2) * 3", "9"}, {"7 / 2", "3"}, {"-7 / 2", "-3"}, {"7 % 3", "1"},
        {"-7 % 3", "-1"}, {"7 / 2.0", "3.5"}, {"bytes / 1024.0", "2.0"}, {"1 - 2 - 3", "-4"},
        {"0.1 + 0.2 = 0.3", "true"}, {"price * 3 = 3.3", "true"}, {"-status", "-503"},
        {"- -1", "1"}, {"2 - -1", "3"}, {"big + 1", "error: big + 1: integer overflow"},
        {"big * 2", "error: big * 2: integer overflow"},
        {"-9223372036854775808 - bytes", "error: -9223372036854775808 - bytes: integer overflow"},
        {"bytes / 0", "error: bytes / 0: division by zero"},
        {"bytes % 0", "error: bytes % 0: division by zero"},
        {"-(-9223372036854775807 - 1)", "refused: -(-9223372036854775807 - 1): integer overflow"},
        {"(-9223372036854775807 - 1) / (status - 504)",
         "error: (-9223372036854775807 - 1) / (status - 504): integer overflow"},
        {"(-9223372036854775807 - 1) % (status - 504)", "0"}, {"1.0 / 0 > 1e308", "true"},
        {"method + 1", "error: method + 1: cannot add a string and an integer; use CAST"},
        {"method || '-' || status", "'GET-503'"}, {"method || no", "NULL"});
}

static void
conditionals_and_casts(void)
{
    CHECK_ALL(
        {"CASE WHEN status >= 500 THEN 'bad' WHEN TRUE THEN 'x' ELSE 'good' END", "'bad'"},
        {"CASE WHEN no THEN 1 END", "NULL"},
        {"CASE method WHEN 'PUT' THEN 1 WHEN 'GET' THEN 2 END", "2"},
        {"CASE no WHEN NULL THEN 1 ELSE 2 END", "2"}, {"CASE WHEN ok THEN 1 ELSE bytes/0 END", "1"},
        {"COALESCE(no, missing, 5)", "5"}, {"COALESCE(1, bytes/0)", "1"},
        {"NULLIF(status, 503)", "NULL"}, {"NULLIF(status, 1)", "503"},
        {"GREATEST(1, status, 2.5)", "503"}, {"LEAST(1, no)", "NULL"},
        {"CAST(text AS BIGINT) + 1", "13"}, {"CAST(' 12 ' AS INT)", "12"},
        {"CAST(2.9 AS BIGINT)", "2"}, {"CAST(-2.9 AS BIGINT)", "-2"},
        {"CAST(method AS BIGINT)", "error: method: 'GET' is not a number"},
        {"TRY_CAST(method AS BIGINT)", "NULL"},
        {"CAST(300 + bytes AS TINYINT)", "error: 300 + bytes: 2348 does not fit into TINYINT"},
        {"CAST(status AS VARCHAR) = '503'", "true"}, {"CAST(ok AS STRING)", "'true'"},
        {"CAST('yes' AS BOOLEAN)", "true"}, {"CAST(1 AS DOUBLE)", "1.0"},
        {"CAST('1e400' AS DOUBLE) > 1e308", "true"},
        {"CAST('2026-11-21' AS TIMESTAMP)", "2026-11-21T00:00:00.000Z"},
        {"CAST(epoch AS TIMESTAMP)", "2025-11-21T10:20:30.000Z"},
        {"CAST('90s' AS INTERVAL)", "1m30s"},
        {"CAST(user AS VARCHAR)", "'{\"id\":7,\"name\":\"Zoë\"}'"},
        {"CAST(1e30 * bytes AS BIGINT)",
         "error: 1e30 * bytes: 2.048e+33 does not fit into an integer"});
}

static void
text_functions(void)
{
    CHECK_ALL(
        {"lower('ÀBC')", "'àbc'"}, {"upper('straße')", "'STRAßE'"}, {"length('Zoë')", "3"},
        {"octet_length('Zoë')", "4"}, {"trim('  a ')", "'a'"}, {"trim('xyaxy', 'yx')", "'a'"},
        {"trim(LEADING 'x' FROM 'xxa')", "'a'"}, {"trim(BOTH FROM ' a ')", "'a'"},
        {"ltrim(' a ')", "'a '"}, {"rtrim('aéé', 'é')", "'a'"}, {"substr('Zoëab', 3)", "'ëab'"},
        {"substr('Zoëab', 2, 2)", "'oë'"}, {"substr('abc', -2)", "'bc'"},
        {"substr('abc', -5)", "''"}, {"substr('abc', 0, 2)", "'ab'"},
        {"substr('abc', 2, -1)", "NULL"}, {"SUBSTRING('abcd' FROM 2 FOR 2)", "'bc'"},
        {"left('Zoë', 2)", "'Zo'"}, {"right('Zoë', 2)", "'oë'"}, {"left('abc', -1)", "''"},
        {"replace('aXbX', 'X', '--')", "'a--b--'"}, {"replace('a', '', 'x')", "'a'"},
        {"split_part('a,b,c', ',', 2)", "'b'"}, {"split_part('a,b,c', ',', -3)", "'a'"},
        {"split_part('a,b,c', ',', 4)", "''"}, {"split_part('a,b', ',', -3)", "''"},
        {"split_part(method, 'E', 0)",
         "error: split_part(method, 'E', 0): parts are counted from 1"},
        {"concat('a', 1, TRUE)", "'a1true'"}, {"concat('a', NULL)", "NULL"},
        {"concat_ws('-', 'a', NULL, 2)", "'a-2'"}, {"starts_with(path, '/api')", "true"},
        {"ends_with(path, 'y')", "false"}, {"contains('abc', '')", "true"},
        {"position('ë' IN 'Zoë')", "3"}, {"position('x' IN 'abc')", "0"},
        {"lpad('7', 3, '0')", "'007'"}, {"lpad('Zoëx', 3)", "'Zoë'"},
        {"rpad('a', 4, 'éx')", "'aéxé'"}, {"lpad('a', -1)", "NULL"}, {"lpad('a', 3, '')", "NULL"},
        {"reverse('Zoë')", "'ëoZ'"}, {"repeat('ab', 3)", "'ababab'"}, {"repeat('ab', -3)", "''"},
        {"repeat(path, 999999999)", "error: repeat(path, 999999999): more than 16 MiB of text"},
        {"regexp_replace(path, '([a-z])+', '<$1>')", "'/<i>/<x>'"},
        {"regexp_extract(path, '/(\\w+)/', 1)", "'api'"}, {"regexp_extract(path, 'zz')", "NULL"},
        {"regexp_like(path, 'api')", "true"},
        {"upper(status)", "error: status: is an integer, not a string; use CAST"});
}

static void
number_functions(void)
{
    CHECK_ALL(
        {"abs(-3)", "3"}, {"abs(-0.5)", "0.5"}, {"ceil(1.2)", "2.0"}, {"floor(-1.2)", "-2.0"},
        {"ceil(3)", "3"}, {"round(2.5)", "3.0"}, {"round(-2.5)", "-3.0"},
        {"round(1.005, 2)", "1.01"}, {"round(2.345, 1)", "2.3"}, {"round(1250, -2)", "1300"},
        {"round(-1250, -2)", "-1300"}, {"round(1249, -2)", "1200"},
        {"round(big, -19)", "error: round(big, -19): integer overflow"}, {"round(5, -1)", "10"},
        {"round(4, -1)", "0"}, {"round(5, -30)", "0"}, {"round(1234.5, -2)", "1200.0"},
        {"trunc(1.29, 1)", "1.2"}, {"trunc(-1.9)", "-1.0"}, {"trunc(199, -2)", "100"},
        {"sqrt(16)", "4.0"}, {"ln(1)", "0.0"}, {"log10(1000)", "3.0"}, {"log2(8)", "3.0"},
        {"exp(0)", "1.0"}, {"power(2, 10)", "1024.0"}, {"sign(-7)", "-1"}, {"sign(0.5)", "1.0"},
        {"mod(-7, 3)", "-1"}, {"mod(7.5, 2)", "1.5"},
        {"geohash(57.64911, 10.40744, 11)", "'u4pruydqqvj'"},
        {"round(haversine(52.5163, 13.3777, 48.8584, 2.2945), -3)", "879000.0"},
        {"geohash(bytes, 0, 5)", "error: geohash(bytes, 0, 5): latitude 2048 is not in -90..90"},
        {"hash('a') = hash('a')", "true"}, {"hash(1) = hash(1.0)", "true"},
        {"hash(1.50) = hash(1.5)", "true"}, {"hash(status) >= 0", "true"});
}

static void
time_functions(void)
{
    CHECK_ALL(
        {"date_trunc('hour', @timestamp)", "2026-11-21T10:00:00.000Z"},
        {"date_trunc('day', @timestamp, 'Asia/Tokyo')", "2026-11-20T15:00:00.000Z"},
        {"date_trunc('week', @timestamp)", "2026-11-16T00:00:00.000Z"},
        {"date_trunc('quarter', @timestamp)", "2026-10-01T00:00:00.000Z"},
        {"date_trunc('month', @timestamp)", "2026-11-01T00:00:00.000Z"},
        {"date_trunc('year', '2026-11-21')", "2026-01-01T00:00:00.000Z"},
        {"date_trunc('hour', TIMESTAMP '2026-10-25T01:30:00Z', 'Europe/Berlin')",
         "2026-10-25T01:00:00.000Z"},
        {"time_bucket(INTERVAL '15m', @timestamp)", "2026-11-21T10:15:00.000Z"},
        {"time_bucket('1h', @timestamp, '5m')", "2026-11-21T10:05:00.000Z"},
        {"extract(YEAR FROM @timestamp)", "2026"}, {"extract(dow FROM @timestamp)", "7"},
        {"extract(isodow FROM @timestamp)", "6"},
        {"extract(week FROM TIMESTAMP '2027-01-01')", "53"},
        {"extract(doy FROM @timestamp)", "325"},
        {"date_part('hour', @timestamp, 'America/New_York')", "5"},
        {"extract(epoch FROM TIMESTAMP '1969-12-31T23:59:59.5Z')", "-1"},
        {"epoch_ms(@timestamp)", "1795256430500"},
        {"epoch_s(TIMESTAMP '1969-12-31T23:59:59.5Z')", "-1"},
        {"format_time(@timestamp, '%F %T.%f %a %j %z')",
         "'2026-11-21 10:20:30.500000 Sat 325 +0000'"},
        {"format_time(@timestamp, '%H:%M %z', 'Europe/Berlin')", "'11:20 +0100'"},
        {"parse_time('21/Nov/2026:10:20:30 +0200', '%d/%b/%Y:%H:%M:%S %z')",
         "2026-11-21T08:20:30.000Z"},
        {"parse_time('2026-11-21 12', '%Y-%m-%d %H', 'Europe/Berlin')", "2026-11-21T11:00:00.000Z"},
        {"@timestamp > TIMESTAMP '2026-01-01'", "true"},
        {"@timestamp > '2026-11-21T12:20:30+02:00'", "true"},
        {"@timestamp = '2026-11-21T12:20:30.500+02:00'", "true"},
        {"'2027-01-01' > TIMESTAMP '2026-01-01'", "true"},
        {"epoch < TIMESTAMP '2026-01-01'", "true"},
        {"method < TIMESTAMP '2026-01-01'",
         "error: method: no time: \"GET\" (expected RFC 3339 such as 2026-11-21T12:00:00Z, or an "
         "epoch number)"},
        {"@timestamp + INTERVAL '1' DAY", "2026-11-22T10:20:30.500Z"},
        {"@timestamp - '2026-11-21T10:00:00Z'", "20m30.5s"},
        {"TIMESTAMP '2026-01-02' - TIMESTAMP '2026-01-01'", "1d"},
        {"(@timestamp - TIMESTAMP '2026-11-21T10:20:30Z') / INTERVAL '1s'", "0.5"},
        {"INTERVAL '1m' * 3 + INTERVAL '5s'", "3m5s"}, {"INTERVAL '1m' / 4", "15s"},
        {"INTERVAL '1m' * 0.5", "30s"}, {"INTERVAL '1h' > INTERVAL '59m'", "true"},
        {"INTERVAL '1h' > '59m'", "true"}, {"-INTERVAL '1h'", "-1h"},
        {"INTERVAL '65m' % INTERVAL '1h'", "5m"},
        {"TIMESTAMP '2262-01-01' + INTERVAL '30000h'",
         "refused: TIMESTAMP '2262-01-01' + INTERVAL '30000h': timestamp overflow"},
        {"status + INTERVAL '1h'",
         "error: status + INTERVAL '1h': cannot add an integer and a duration"});
}

static void
json_functions(void)
{
    setenv("TP_TEST_EXPR", "value", 1);
    unsetenv("TP_TEST_NONE");
    CHECK_ALL({"json_type(status)", "'number'"}, {"json_type(no)", "'null'"},
              {"json_type(missing)", "NULL"}, {"json_type(user)", "'object'"},
              {"json_type(tags)", "'array'"}, {"json_type(ok)", "'boolean'"},
              {"json_type(esc)", "'string'"}, {"array_length(tags)", "4"},
              {"cardinality(missing)", "NULL"},
              {"array_length(user)", "error: user: is an object, not an array"},
              {"array_contains(tags, 'y')", "true"}, {"array_contains(tags, 3.0)", "true"},
              {"array_contains(tags, 'z')", "false"}, {"env('TP_TEST_EXPR')", "'value'"},
              {"env('TP_TEST_NONE')", "NULL"});
}

struct refusal {
    const char *text;
    long at;
    const char *reason; /* how it begins */
};

static void
refusals(void)
{
    static const struct refusal refused[] = {
        {"", 0, "an empty expression"},
        {"status >= AND x", 10, "expected a value, found `AND`"},
        {"uper(x) = 'A'", 0, "no function uper (did you mean upper?)"},
        {"a == 1", 2, "`==` is written `=`"},
        {"a = 1 adn b = 2", 6, "expected an operator, found `adn` (did you mean and?)"},
        {"(a + b", 6, "expected `)`, found the end"},
        {"a = 'x", 4, "the string"},
        {"a = \"x", 4, "the name"},
        {"CAST(a AS BIGIN)", 10, "no type `BIGIN` (did you mean BIGINT?)"},
        {"'a' + 1", 0, "cannot add a string and an integer; use CAST"},
        {"5 = '5'", 4, "cannot compare an integer with a string; use CAST"},
        {"length(a) = 'x'", 12, "cannot compare an integer with a string"},
        {"path ~ 'a(b'", 11, "regular expression: missing"},
        {"path ~ other", 7, "a regular expression has to be constant"},
        {"count(x) > 1", 0, "count is an aggregate"},
        {"date_trunc('huor', t)", 11, "no unit of time huor (did you mean hour?)"},
        {"a + 1/0", 4, "1/0: division by zero"},
        {"a = b = c", 6, "comparisons do not chain"},
        {"5m", 0, "5m is neither a number nor a name"},
        {"lower(1)", 6, "this is an integer, not a string"},
        {"lower(a, b)", 0, "lower takes 1 argument, not 2"},
        {"a IN ()", 6, "expected a value, found `)`"},
        {"!x", 0, "`!` is written NOT"},
        {"a && b", 2, "`&&` is written AND"},
        {"a::int", 1, "expected an operator or the end, found `::`"},
        {"a NOT b", 2, "expected IN, BETWEEN, LIKE or ILIKE"},
        {"NOT 1", 4, "this is an integer, not a boolean"},
        {"a #", 2, "`#` means nothing here"},
        {"CASE a END", 7, "expected WHEN"},
        {"INTERVAL '5'", 9, "INTERVAL: "},
        {"INTERVAL '5' MONTH", 13, "months and years"},
        {"TIMESTAMP 'x'", 10, "TIMESTAMP: "},
        {"@timestamp > 'x'", 13, "'x': no time"},
        {"date_trunc('day', t, 'No/Where')", 21, ""},
        {"regexp_replace(a, 'b', '$1')", 24, "replacement: the pattern has no group 1"},
        {"regexp_extract(a, 'b', 1)", 23, "the pattern has 0 groups"},
        {"a LIKE 'x' ESCAPE 'yy'", 18, "the escape of LIKE is one character"},
        {"CAST('x' AS BIGINT)", 0, "'x': 'x' is not a number"},
        {"a \xff", 2, "not UTF-8"},
        {"TIMESTAMP '2026-01-01' > TRUE", 25, "cannot compare a time with a boolean"},
        {"CAST(TIMESTAMP '2026-01-01' AS BIGINT)", 5, "a time cannot become BIGINT; use epoch_ms"}};
    size_t i;

    for (i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct fixture f;
        bool compiled = open_fixture(&f, refused[i].text, record);

        CHECK_THAT(!compiled, "%s compiles", refused[i].text);
        if (!compiled) {
            CHECK_THAT(f.err.fault == TP_FAULT_USAGE, "%s", refused[i].text);
            CHECK_THAT(f.err.at == refused[i].at, "%s: at %ld: %s", refused[i].text, f.err.at,
                       f.err.text);
            CHECK_THAT(strncmp(f.err.text, refused[i].reason, strlen(refused[i].reason)) == 0,
                       "%s: %s", refused[i].text, f.err.text);
        }
        close_fixture(&f);
    }
}

/* What prints back, and is the same when it is compiled again. */
static void
printing(void)
{
    static const struct example printed[] = {
        {"a  =1 and(b=2 or c=3)", "a = 1 AND (b = 2 OR c = 3)"},
        {"(a and b) or c", "a AND b OR c"},
        {"not (a = 1)", "NOT a = 1"},
        {"(not a) = b", "(NOT a) = b"},
        {"a-(b-c)", "a - (b - c)"},
        {"(a-b)-c", "a - b - c"},
        {"a*(b+c)", "a * (b + c)"},
        {"-(-a)", "-(-a)"},
        {"-(a*b)", "-(a * b)"},
        {"a - -1", "a - -1"},
        {"3.0/a", "3.0 / a"},
        {"1e300*a", "1e300 * a"},
        {"'it''s' = a", "'it''s' = a"},
        {"\"odd name\" + 1", "\"odd name\" + 1"},
        {".end", "\"end\""},
        {"a.\"b c\"[0].d", "a.\"b c\"[0].d"},
        {"a not in (1,2)", "a NOT IN (1, 2)"},
        {"a is not null", "a IS NOT NULL"},
        {"a is not distinct from b", "a IS NOT DISTINCT FROM b"},
        {"(a = b) is true", "(a = b) IS TRUE"},
        {"a between 1 and 1+1", "a BETWEEN 1 AND 2"},
        {"a like 'x!%' escape '!'", "a LIKE 'x!%' ESCAPE '!'"},
        {"a !~* 'x'", "a !~* 'x'"},
        {"case a when 1 then 2 end", "CASE a WHEN 1 THEN 2 ELSE NULL END"},
        {"cast(a as int)", "CAST(a AS INTEGER)"},
        {"extract(hour from t)", "date_part('hour', t)"},
        {"position('a' in b)", "position('a' IN b)"},
        {"substring(a from 2)", "substr(a, 2)"},
        {"(a || b) || c", "a || b || c"},
        {"a || (b || c)", "a || (b || c)"},
        {"a > interval '90' second", "a > INTERVAL '1m30s'"},
        {"1.0/0 > a", "CAST('Infinity' AS DOUBLE) > a"},
        {"a IS NULL = b", "(a IS NULL) = b"}};
    size_t i, pass;

    for (i = 0; i < sizeof printed / sizeof *printed; i++)
        for (pass = 0; pass < 2; pass++) {
            const char *text = pass ? printed[i].expected : printed[i].text;
            struct tp_buf sql = TP_BUF_INIT;
            struct fixture f;

            if (open_fixture(&f, text, record))
                tp_expr_write_sql(f.expr, &sql);
            else
                tp_buf_printf(&sql, "%s", f.err.text);
            CHECK_THAT(strcmp(tp_buf_text(&sql), printed[i].expected) == 0, "%s prints %s", text,
                       tp_buf_text(&sql));
            tp_buf_release(&sql);
            close_fixture(&f);
        }
}

static void
plan_and_caret(void)
{
    struct tp_buf to = TP_BUF_INIT;
    struct fixture f;

    CHECK(open_fixture(&f, "status >= 2 * 250 AND @timestamp IS NOT NULL", record));
    tp_expr_write_plan(f.expr, &to);
    CHECK_THAT(strcmp(tp_buf_text(&to), "AND: a boolean\n"
                                        "  >=: a boolean\n"
                                        "    member status\n"
                                        "    constant 500\n"
                                        "  NOT IS NULL: a boolean\n"
                                        "    member @timestamp (event time)\n") == 0,
               "%s", tp_buf_text(&to));
    close_fixture(&f);

    tp_buf_clear(&to);
    tp_expr_write_caret(TP_STR("a = 1\n\tb 世界 x\nc"), 16, &to);
    CHECK_THAT(strcmp(tp_buf_text(&to), "\tb 世界 x\n\t       ^\n") == 0, "%s", tp_buf_text(&to));
    tp_buf_clear(&to);
    tp_expr_write_caret(TP_STR("abc"), 3, &to);
    CHECK(strcmp(tp_buf_text(&to), "abc\n   ^\n") == 0);
    tp_buf_clear(&to);
    tp_expr_write_caret(TP_STR("abc"), -1, &to);
    CHECK(to.len == 0);
    tp_buf_release(&to);
}

static void
check_column(const char *text, const char *expected)
{
    struct tp_buf to = TP_BUF_INIT;
    struct fixture f;

    CHECK(open_fixture(&f, text, record));
    tp_expr_column(f.expr, &to);
    CHECK_THAT(strcmp(tp_buf_text(&to), expected) == 0, "%s is named %s", text, tp_buf_text(&to));
    tp_buf_release(&to);
    close_fixture(&f);
}

static void
columns(void)
{
    check_column("ip", "ip");
    check_column("user.id", "user_id");
    check_column("\"odd name\"", "odd name");
    check_column("upper(method)", "upper_method");
    check_column("bytes / 1024.0", "bytes_1024_0");
    check_column("(a + b)", "a_b");
}

static void
members_and_suspicion(void)
{
    const struct tp_expr_member *member;
    size_t count, index = 0, slot = 99;
    struct fixture f;

    CHECK(open_fixture(&f, "host = \"a\" AND host <> 'b' AND user.id = 1 AND \"c\" = c", record));
    member = tp_expr_members(f.expr, &count);
    CHECK(count == 4);
    CHECK(!member[0].maybe_text && member[1].maybe_text && member[1].at == 7);
    CHECK(tp_expr_suspicious_name(f.expr, &index) == &member[1]);
    CHECK(tp_expr_suspicious_name(f.expr, &index) == NULL);
    CHECK(!tp_expr_path(f.expr, NULL));
    close_fixture(&f);

    CHECK(open_fixture(&f, "\"odd name\"", record));
    index = 0;
    CHECK(!tp_expr_suspicious_name(f.expr, &index));
    CHECK(tp_expr_path(f.expr, &slot) && slot == 0);
    CHECK(tp_expr_want_boolean(f.expr, &f.err) == 0);
    close_fixture(&f);

    CHECK(open_fixture(&f, "length(a)", record));
    CHECK(tp_expr_want_boolean(f.expr, &f.err) < 0 && f.err.at == 0);
    close_fixture(&f);
}

/* The event time of another name, in its own format. */
static void
event_time(void)
{
    struct fixture f = {.scan = tp_scan_new()};
    struct tp_stamp *stamp = tp_stamp_new("epoch_ms", NULL, &f.err);
    struct tp_expr_context context = {f.scan, TP_STR("ts"), stamp};

    f.expr = tp_expr_compile(
        TP_STR("ts >= TIMESTAMP '1970-01-01T00:00:05Z' AND "
               "ts - INTERVAL '1s' = TIMESTAMP '1970-01-01T00:00:04Z' AND ts + 1 = 5001"),
        &context, &f.err);
    CHECK_THAT(f.expr != NULL, "%s", f.err.text);
    CHECK(scan_line(&f, "{\"ts\":5000}") == 0);
    CHECK_THAT(tp_expr_test(f.expr, f.slot, &f.err) == 1, "%s", f.err.text);
    close_fixture(&f);
    tp_stamp_free(stamp);
}

enum { CONDITIONS = 14 };

/* What tp_expr_first is to find: each condition asked by itself. */
static long
first_by_itself(struct tp_expr *const *expr, const struct tp_slot *slot)
{
    for (long i = 0; i < CONDITIONS; i++) {
        struct tp_err err;
        int truth = tp_expr_test(expr[i], slot, &err);

        if (truth)
            return truth < 0 ? -1 : i;
    }
    return CONDITIONS;
}

/* The first of many, where neighbours look at the same member and where they do not; some fail. */
static void
first_of_many(void)
{
    static const char *const conditions[CONDITIONS] = {
        "a = 5",   "a > 500",   "b < -1", "a <> a",          "a >= 400", "c = 'x'", "c = 1",
        "b <= 10", "a <> 1000", "a < 0",  "a > 1 AND b < 0", "b = 1.5",  "a",       "a <> 7"};
    static const char *const values[] = {"5",
                                         "501",
                                         "-2",
                                         "-0",
                                         "400",
                                         "\"x\"",
                                         "1.5",
                                         "1e3",
                                         "true",
                                         "7",
                                         "[1]",
                                         "123456789",
                                         "1234567890123456789012",
                                         "null",
                                         "0.5",
                                         "1000"};
    struct fixture f = {.scan = tp_scan_new()};
    struct tp_expr_context context = {.scan = f.scan};
    struct tp_expr *expr[CONDITIONS];
    size_t count = sizeof values / sizeof *values;
    char over[128];

    for (size_t i = 0; i < CONDITIONS; i++) {
        expr[i] = tp_expr_compile(tp_str_of(conditions[i]), &context, &f.err);
        CHECK_THAT(expr[i] != NULL, "%s", f.err.text);
    }
    for (size_t i = 0; i < count * count * 3; i++) {
        long expected, first;

        snprintf(over, sizeof over, "{\"a\":%s,\"b\":%s%s}", values[i % count],
                 values[i / count % count],
                 i / count / count == 0   ? ""
                 : i / count / count == 1 ? ",\"c\":\"x\""
                                          : ",\"c\":0");
        CHECK(scan_line(&f, over) == 0);
        expected = first_by_itself(expr, f.slot);
        first = tp_expr_first(expr, CONDITIONS, f.slot, &f.err);
        CHECK_THAT(first == expected, "%s: %ld, not %ld", over, first, expected);
    }
    CHECK(tp_expr_first(expr, 0, f.slot, &f.err) == 0);
    for (size_t i = 0; i < CONDITIONS; i++)
        tp_expr_free(expr[i]);
    close_fixture(&f);
}

static bool
compiles(const struct tp_buf *text)
{
    struct tp_scan *scan = tp_scan_new();
    struct tp_expr_context context = {.scan = scan};
    struct tp_err err;
    struct tp_expr *expr = tp_expr_compile(tp_buf_str(text), &context, &err);

    tp_expr_free(expr);
    tp_scan_free(scan);
    return expr != NULL;
}

static void
repeat(struct tp_buf *to, const char *text, size_t count)
{
    while (count-- > 0)
        tp_buf_put_str(to, tp_str_of(text));
}

/* Nothing that nests or runs on exhausts the stack. */
static void
depth(void)
{
    static const char *const openers[] = {"(",         "NOT ",       "- ",
                                          "lower(",    "CASE WHEN ", "CAST(",
                                          "position(", "a IN (",     "CASE a WHEN 1 THEN "};
    struct tp_buf text = TP_BUF_INIT;
    size_t i;

    for (i = 0; i < sizeof openers / sizeof *openers; i++) {
        tp_buf_clear(&text);
        repeat(&text, openers[i], 100000);
        CHECK(!compiles(&text));
    }
    tp_buf_clear(&text);
    repeat(&text, "(", 150);
    tp_buf_put_char(&text, '1');
    repeat(&text, ")", 150);
    CHECK(compiles(&text));
    tp_buf_clear(&text);
    repeat(&text, "a + ", 100000);
    tp_buf_put_char(&text, '1');
    CHECK(!compiles(&text));
    tp_buf_clear(&text);
    repeat(&text, "a + ", 900);
    tp_buf_put_char(&text, '1');
    CHECK(compiles(&text));
    tp_buf_clear(&text);
    repeat(&text, "a = 1 OR ", 20000);
    TP_BUF_PUT(&text, "b");
    CHECK(compiles(&text));
    tp_buf_release(&text);
}

/* A pattern that backtracks without end rejects the record and no other. */
static void
hostile_pattern(void)
{
    struct fixture f;

    CHECK(
        open_fixture(&f, "a ~ '^(a|aa)+$'",
                     "{\"a\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"}"));
    CHECK(tp_expr_test(f.expr, f.slot, &f.err) < 0);
    CHECK(f.err.fault == TP_FAULT_RECORD);
    CHECK_THAT(strcmp(f.err.text, "a: regular expression took too many steps") == 0, "%s",
               f.err.text);
    CHECK(scan_line(&f, "{\"a\":\"aa\"}") == 0);
    CHECK(tp_expr_test(f.expr, f.slot, &f.err) == 1);
    close_fixture(&f);
}

/* The value of TEXT over OVER, and of OTHER, are the same. */
static void
check_same(const char *text, const char *other, const char *over)
{
    struct tp_buf value = TP_BUF_INIT;

    evaluate(other, over, &value);
    check_value(text, over, tp_buf_text(&value));
    tp_buf_release(&value);
}

static const char *const truths[] = {"true", "false", "null"};

/* Laws that hold in Kleene's logic of three values, tried on all of them. */
static void
laws_of_logic(void)
{
    static const struct example laws[] = {
        {"NOT (a AND b)", "NOT a OR NOT b"},
        {"NOT (a OR b)", "NOT a AND NOT b"},
        {"a AND b", "b AND a"},
        {"a OR b", "b OR a"},
        {"a AND (b OR c)", "(a AND b) OR (a AND c)"},
        {"a OR (b AND c)", "(a OR b) AND (a OR c)"},
        {"NOT NOT a", "a OR a"},
        {"a AND (a OR b)", "a AND a"},
        {"a <> b", "NOT (a = b)"},
        {"a IS DISTINCT FROM b", "NOT (a IS NOT DISTINCT FROM b)"},
        {"a IN (b, c)", "a = b OR a = c"},
        {"a NOT IN (b, c)", "a <> b AND a <> c"},
        {"a BETWEEN b AND c", "a >= b AND a <= c"},
        {"a NOT BETWEEN b AND c", "NOT (a BETWEEN b AND c)"},
        {"CASE WHEN a THEN b ELSE c END", "CASE a IS TRUE WHEN TRUE THEN b ELSE c END"},
        {"COALESCE(a, b)", "CASE WHEN a IS NOT NULL THEN a ELSE b END"},
        {"NULLIF(a, b)", "CASE WHEN a = b THEN NULL ELSE a END"}};
    char over[128];
    size_t i, law;

    for (law = 0; law < sizeof laws / sizeof *laws; law++)
        for (i = 0; i < 27; i++) {
            snprintf(over, sizeof over, "{\"a\":%s,\"b\":%s,\"c\":%s}", truths[i % 3],
                     truths[i / 3 % 3], truths[i / 9]);
            check_same(laws[law].text, laws[law].expected, over);
        }
}

/* What the compiler folds is what the evaluator computes: constants against members of the same
 * values. What fails is refused when it is constant. */
static void
check_folding(const char *operator, const char * a, const char *b)
{
    char over[128], constant[128], member[128];
    struct tp_buf folded = TP_BUF_INIT, computed = TP_BUF_INIT;

    snprintf(over, sizeof over, "{\"a\":%s,\"b\":%s}", a, b);
    snprintf(constant, sizeof constant, "%s %s %s", a, operator, b);
    snprintf(member, sizeof member, "a %s b", operator);
    evaluate(constant, over, &folded);
    evaluate(member, over, &computed);
    if (strncmp(tp_buf_text(&folded), "refused", 7) == 0)
        CHECK_THAT(strncmp(tp_buf_text(&computed), "error", 5) == 0, "%s: %s, %s", constant,
                   tp_buf_text(&folded), tp_buf_text(&computed));
    else
        CHECK_THAT(strcmp(tp_buf_text(&folded), tp_buf_text(&computed)) == 0, "%s: %s, %s",
                   constant, tp_buf_text(&folded), tp_buf_text(&computed));
    tp_buf_release(&folded);
    tp_buf_release(&computed);
}

static void
folding(void)
{
    static const char *const values[] = {"0",   "1",    "-1",   "7",     "9223372036854775807",
                                         "0.5", "-0.1", "1e10", "1e308", "-9223372036854775808"};
    static const char *const operators[] = {"+", "-", "*",  "/",  "%",
                                            "=", "<", ">=", "||", "IS DISTINCT FROM"};
    size_t i, j, k;

    for (i = 0; i < 10; i++)
        for (j = 0; j < 10; j++)
            for (k = 0; k < 10; k++)
                check_folding(operators[k], values[i], values[j]);
}

/* Undoes the escapes of a line of the man page. */
static void
put_man_line(struct tp_buf *to, const char *line)
{
    static const struct example escapes[] = {
        {"\\e", "\\"}, {"\\&", ""}, {"\\(:e", "ë"}, {"\\(:E", "Ë"}};
    size_t i;

    while (*line) {
        for (i = 0; i < 4 && strncmp(line, escapes[i].text, strlen(escapes[i].text)) != 0;)
            i++;
        tp_buf_put_str(to, tp_str_of(i < 4 ? escapes[i].expected : (const char[]){*line, 0}));
        line += i < 4 ? strlen(escapes[i].text) : 1;
    }
}

/* One line of the man page: `expression  =>  value`; both sides are expressions. */
static bool
check_man_line(char *line, const char *over)
{
    struct tp_buf value = TP_BUF_INIT;
    char *arrow = strstr(line, "  =>  ");

    if (!arrow)
        return false;
    *arrow = '\0';
    if (strncmp(arrow + 6, "error: ", 7) == 0)
        tp_buf_put_str(&value, tp_str_of(arrow + 6));
    else
        evaluate(arrow + 6, over, &value);
    check_value(line, over, tp_buf_text(&value));
    tp_buf_release(&value);
    return true;
}

/* Every example of the man page, over the record that it shows. */
static void
man_page(void)
{
    struct tp_buf over = TP_BUF_INIT, text = TP_BUF_INIT;
    FILE *file = fopen("man/tidepipe-expr.7", "r");
    char line[512];
    size_t examples = 0;

    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        tp_buf_clear(&text);
        put_man_line(&text, line);
        if (line[0] == '{' || (over.len && over.ptr[over.len - 1] != '}'))
            tp_buf_put_str(&over, tp_buf_str(&text));
        else if (line[0] != '.')
            examples += check_man_line((char *)tp_buf_text(&text), tp_buf_text(&over));
    }
    CHECK_THAT(examples > 50, "%zu examples", examples);
    if (file)
        fclose(file);
    tp_buf_release(&over);
    tp_buf_release(&text);
}

/* hash() is part of the contract: the same in every version, on every machine. */
static void
stable_hash(void)
{
    struct tp_buf scratch = TP_BUF_INIT;

    CHECK(tp_expr_hash(tp_text(TP_STR("a")), &scratch) == INT64_C(0x7363195b0f4b270f));
    CHECK(tp_expr_hash(tp_int(12), &scratch) == INT64_C(0x3f66972b964a4fba));
    CHECK(tp_expr_hash(tp_null(), &scratch) == -1);
    CHECK(tp_expr_hash(tp_int(12), &scratch) == tp_expr_hash(tp_text(TP_STR("12")), &scratch));
    tp_buf_release(&scratch);
}

int
main(void)
{
    RUN(paths_and_literals);
    RUN(comparisons);
    RUN(three_valued_logic);
    RUN(arithmetic);
    RUN(conditionals_and_casts);
    RUN(text_functions);
    RUN(number_functions);
    RUN(time_functions);
    RUN(json_functions);
    RUN(refusals);
    RUN(printing);
    RUN(plan_and_caret);
    RUN(columns);
    RUN(members_and_suspicion);
    RUN(event_time);
    RUN(first_of_many);
    RUN(depth);
    RUN(hostile_pattern);
    RUN(stable_hash);
    RUN(laws_of_logic);
    RUN(folding);
    RUN(man_page);
    return unit_end();
}
