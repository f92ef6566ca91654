/* Functions of numbers, and of places on the globe. */
#include <math.h>

#include "query/expr_cast.h"
#include "query/expr_func.h"
#include "value/num.h"

static int
give_real(struct tp_value *out, double real)
{
    *out = tp_real(real);
    return 0;
}

int
tp_call_abs(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
            struct tp_value *out)
{
    *out = arg[0];
    if (out->kind == TP_INT) {
        if (out->integer == INT64_MIN)
            return tp_run_fail(run, node, "integer overflow");
        out->integer = out->integer < 0 ? -out->integer : out->integer;
        return 0;
    }
    out->real = fabs(out->real);
    out->mantissa = out->mantissa < 0 ? -out->mantissa : out->mantissa;
    return 0;
}

int
tp_call_ceil(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
             struct tp_value *out)
{
    (void)node;
    (void)run;
    *out = arg[0].kind == TP_INT ? arg[0] : tp_real(ceil(arg[0].real));
    return 0;
}

int
tp_call_floor(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    (void)node;
    (void)run;
    *out = arg[0].kind == TP_INT ? arg[0] : tp_real(floor(arg[0].real));
    return 0;
}

static int64_t
power_of_ten(int64_t exponent)
{
    int64_t power = 1;

    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* VALUE without its last DIGITS digits; half away from zero, or cut off. */
static int64_t
drop_digits(int64_t value, int64_t digits, bool cut)
{
    int64_t power, rest;

    if (digits > 19 || (digits == 19 && cut))
        return 0;
    if (digits == 19) /* half of 10^19 */
        return (value >= INT64_C(5000000000000000000)) - (value <= -INT64_C(5000000000000000000));
    power = power_of_ten(digits);
    rest = value % power;
    value /= power;
    if (!cut && (rest >= power - rest || -rest >= power + rest) && rest != 0)
        value += rest > 0 ? 1 : -1;
    return value;
}

static int
round_integer(const struct tp_node *node, struct tp_run *run, int64_t value, int64_t places,
              bool cut, struct tp_value *out)
{
    if (places >= 0) {
        *out = tp_int(value);
        return 0;
    }
    value = drop_digits(value, -places, cut);
    *out = tp_int(0);
    if (value == 0)
        return 0;
    if (-places > 18 || __builtin_mul_overflow(value, power_of_ten(-places), &out->integer))
        return tp_run_fail(run, node, "integer overflow");
    return 0;
}

/* The decimal that stands for REAL: its own, or the shortest text that reads back as it, as Flink
 * (BigDecimal.valueOf) takes it. */
static bool
decimal_of(struct tp_value real, struct tp_value *decimal)
{
    char text[TP_NUM_MAX + 16] = "";
    size_t len;

    *decimal = real;
    if (real.scale != TP_NO_SCALE)
        return true;
    len = tp_num_write_real(text, real.real);
    *decimal = tp_num_read((struct tp_str){text, len});
    return decimal->kind == TP_REAL && decimal->scale != TP_NO_SCALE;
}

static int
round_real(struct tp_value real, int64_t places, bool cut, struct tp_value *out)
{
    struct tp_value decimal;
    double power;

    *out = real;
    if (!isfinite(real.real) || fabs(real.real) >= 0x1p53)
        return 0;
    if (places <= 0 && places >= -18) {
        power = (double)power_of_ten(-places);
        *out = tp_real((cut ? trunc(real.real / power) : round(real.real / power)) * power);
        return 0;
    }
    if (places < 0)
        return give_real(out, 0);
    if (!decimal_of(real, &decimal) || places >= decimal.scale)
        return 0;
    out->kind = TP_REAL;
    out->scale = (int)places;
    out->mantissa = drop_digits(decimal.mantissa, decimal.scale - places, cut);
    out->real = (double)out->mantissa / (double)power_of_ten(places);
    return 0;
}

int
tp_call_round(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    int64_t places = node->count > 1 ? arg[1].integer : 0;

    if (places < -64)
        places = -64;
    return arg[0].kind == TP_INT ? round_integer(node, run, arg[0].integer, places, false, out)
                                 : round_real(arg[0], places, false, out);
}

int
tp_call_trunc(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    int64_t places = node->count > 1 ? arg[1].integer : 0;

    if (places < -64)
        places = -64;
    return arg[0].kind == TP_INT ? round_integer(node, run, arg[0].integer, places, true, out)
                                 : round_real(arg[0], places, true, out);
}

/* IEEE 754, as Flink's: ln(0) is minus infinity, sqrt(-1) NaN. */
#define REAL_FUNCTION(name, formula)                                                               \
    int tp_call_##name(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg, \
                       struct tp_value *out)                                                       \
    {                                                                                              \
        double x = tp_as_real(arg[0]);                                                             \
        (void)node;                                                                                \
        (void)run;                                                                                 \
        return give_real(out, formula);                                                            \
    }

REAL_FUNCTION(sqrt, sqrt(x))
REAL_FUNCTION(ln, log(x))
REAL_FUNCTION(log10, log10(x))
REAL_FUNCTION(log2, log2(x))
REAL_FUNCTION(exp, exp(x))
REAL_FUNCTION(power, pow(x, tp_as_real(arg[1])))

int
tp_call_sign(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
             struct tp_value *out)
{
    double real = tp_as_real(arg[0]);

    (void)node;
    (void)run;
    if (arg[0].kind == TP_INT)
        *out = tp_int((arg[0].integer > 0) - (arg[0].integer < 0));
    else
        *out = tp_real(isnan(real) ? real : (double)((real > 0) - (real < 0)));
    return 0;
}

int
tp_call_mod(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
            struct tp_value *out)
{
    int64_t a = arg[0].integer, b = arg[1].integer;

    if (arg[0].kind != TP_INT || arg[1].kind != TP_INT)
        return give_real(out, fmod(tp_as_real(arg[0]), tp_as_real(arg[1])));
    if (b == 0)
        return tp_run_fail(run, node, "division by zero");
    *out = tp_int(b == -1 ? 0 : a % b);
    return 0;
}

static int
extreme(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg, int sign,
        struct tp_value *out)
{
    size_t best = 0, i;
    int order;

    for (i = 1; i < node->count; i++) {
        struct tp_value a = arg[i], b = arg[best];

        if (tp_compare(run, node->arg[i], node->arg[best], &a, &b, &order) < 0)
            return -1;
        if (order * sign > 0)
            best = i;
    }
    *out = arg[best];
    return 0;
}

/* NULL when one is NULL, as in Flink; PostgreSQL and DuckDB skip NULLs. */
int
tp_call_greatest(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                 struct tp_value *out)
{
    return extreme(node, run, arg, 1, out);
}

int
tp_call_least(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
              struct tp_value *out)
{
    return extreme(node, run, arg, -1, out);
}

int
tp_call_nullif(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
               struct tp_value *out)
{
    struct tp_value a = arg[0], b = arg[1];
    int order;

    *out = arg[0];
    if (a.kind == TP_NULL || b.kind == TP_NULL)
        return 0;
    if (tp_compare(run, node->arg[0], node->arg[1], &a, &b, &order) < 0)
        return -1;
    if (order == 0)
        *out = tp_null();
    return 0;
}

static int
check_place(const struct tp_node *node, struct tp_run *run, double lat, double lon)
{
    if (!(lat >= -90 && lat <= 90))
        return tp_run_fail(run, node, "latitude %g is not in -90..90", lat);
    if (!(lon >= -180 && lon <= 180))
        return tp_run_fail(run, node, "longitude %g is not in -180..180", lon);
    return 0;
}

/* One bit of a geohash: which half of [*low, *high) VALUE lies in, which becomes the range. */
static unsigned
halve(double value, double *low, double *high)
{
    double middle = (*low + *high) / 2;

    if (value >= middle) {
        *low = middle;
        return 1;
    }
    *high = middle;
    return 0;
}

/* Gustavo Niemeyer's geohash: bits of longitude and latitude in turn, five to a letter. */
int
tp_call_geohash(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                struct tp_value *out)
{
    static const char letters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    double lat = tp_as_real(arg[0]), lon = tp_as_real(arg[1]);
    double low[2] = {-180, -90}, high[2] = {180, 90};
    int64_t length = arg[2].integer, i;
    unsigned bits = 0;

    if (check_place(node, run, lat, lon) < 0)
        return -1;
    if (length < 1 || length > 12)
        return tp_run_fail(run, node, "a geohash has 1 to 12 letters");
    tp_buf_clear(&run->temp);
    for (i = 0; i < 5 * length; i++) {
        bits = bits << 1 | halve(i % 2 ? lat : lon, &low[i % 2], &high[i % 2]);
        if (i % 5 == 4)
            tp_buf_put_char(&run->temp, letters[bits & 31]);
    }
    return tp_run_finish_text(run, node, out);
}

/* Metres along the great circle of a sphere with the Earth's mean radius R1 of the IUGG (WGS 84);
 * R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984). */
int
tp_call_haversine(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
                  struct tp_value *out)
{
    const double radius = 6371008.8, degree = M_PI / 180;
    double lat1 = tp_as_real(arg[0]), lon1 = tp_as_real(arg[1]);
    double lat2 = tp_as_real(arg[2]), lon2 = tp_as_real(arg[3]);
    double lat_half, lon_half, h;

    if (check_place(node, run, lat1, lon1) < 0 || check_place(node, run, lat2, lon2) < 0)
        return -1;
    lat_half = sin((lat2 - lat1) * degree / 2);
    lon_half = sin((lon2 - lon1) * degree / 2);
    h = lat_half * lat_half + cos(lat1 * degree) * cos(lat2 * degree) * lon_half * lon_half;
    return give_real(out, 2 * radius * asin(sqrt(fmin(h, 1))));
}

int
tp_call_hash(const struct tp_node *node, struct tp_run *run, const struct tp_value *arg,
             struct tp_value *out)
{
    (void)node;
    *out = tp_int(tp_expr_hash(arg[0], &run->temp));
    return tp_buf_failed(&run->temp) ? tp_err_memory(run->err) : 0;
}
