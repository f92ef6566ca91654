#include "record/sim_sensors.h"

#define SENSORS 40
#define BLOCK 60 /* reports of a sensor for which it is silent, or has restarted, or not */
#define ROLLOVER (1024 * 7 * TP_DAY)

static const char *const sites[] = {"cellar", "hall", "roof", "yard"};

/* What holds for a sensor, and for one block of its reports. */
struct sensor {
    uint64_t number, report;
    uint64_t in_block; /* the report's place in its block; blocks of sensors begin at other times */
    int64_t offset, drift; /* in hundredths of a degree; the drift for 1000 reports */
    bool fast, restarts, rolls;
    bool silent, troubled;
};

static struct sensor
sensor_of(const struct tp_sim_event *event)
{
    struct sensor sensor = {.number = event->number % SENSORS, .report = event->number / SENSORS};
    struct tp_draw draw = tp_draw_of(event->seed ^ 0x5e4507, sensor.number);
    uint64_t shifted = sensor.report + tp_draw_below(&draw, BLOCK);
    /* The three with bad clocks; which ones is the seed's choice. */
    uint64_t first = tp_draw_mix(event->seed) % SENSORS;

    sensor.in_block = shifted % BLOCK;
    sensor.offset = (int64_t)tp_draw_below(&draw, 161) - 80;
    sensor.drift = (int64_t)tp_draw_below(&draw, 41) - 20;
    sensor.fast = sensor.number == first;
    sensor.restarts = sensor.number == (first + 13) % SENSORS;
    sensor.rolls = sensor.number == (first + 26) % SENSORS;
    draw = tp_draw_of(event->seed ^ 0xb10c, shifted / BLOCK * SENSORS + sensor.number);
    sensor.silent = tp_draw_below(&draw, 25) == 0;
    sensor.troubled = tp_draw_below(&draw, 4) == 0;
    return sensor;
}

/* What the sensor's clock says. */
static bool
clock_of(const struct sensor *sensor, const struct tp_sim_event *event, tp_time *time)
{
    *time = event->time;
    if (sensor->fast)
        return tp_time_add(*time, (tp_duration)(sensor->report / 100) * TP_SECOND, time);
    if (sensor->rolls && sensor->troubled)
        return tp_time_add(*time, ROLLOVER, time);
    if (sensor->restarts && sensor->troubled)
        return !__builtin_mul_overflow((tp_duration)sensor->in_block * SENSORS, event->every, time);
    return true;
}

/* The warmth of the time of day, in hundredths: from -600 at midnight to 600 at noon. */
static int64_t
day_course(tp_time time)
{
    int64_t second = (time - tp_time_floor(time, TP_DAY, 0)) / TP_SECOND;
    int64_t from_noon = second > 43200 ? second - 43200 : 43200 - second;

    return 600 - from_noon * 1200 / 43200;
}

bool
tp_sim_sensors(const struct tp_sim_event *event, struct tp_buf *to)
{
    struct sensor sensor = sensor_of(event);
    struct tp_draw draw = tp_draw_of(event->seed, event->number);
    int64_t noise = (int64_t)(tp_draw_below(&draw, 21) + tp_draw_below(&draw, 21)) - 20;
    int64_t warmth = 1800 + day_course(event->time) + sensor.offset + noise +
                     sensor.drift * (int64_t)(sensor.report % 1000000) / 1000;
    tp_time time;

    if (sensor.silent)
        return true;
    if (!clock_of(&sensor, event, &time))
        return false;
    TP_BUF_PUT(to, "{\"time\":\"");
    tp_sim_put_time(time, to);
    TP_BUF_PUT(to, "\",\"sensor\":\"t");
    tp_sim_put_padded(sensor.number + 1, 2, to);
    TP_BUF_PUT(to, "\",\"site\":\"");
    tp_sim_put_text(sites[sensor.number % 4], to);
    TP_BUF_PUT(to, "\",\"celsius\":");
    tp_sim_put_cents(warmth, to);
    TP_BUF_PUT(to, ",\"humidity\":");
    tp_sim_put_int(40 + tp_draw_below(&draw, 20), to);
    TP_BUF_PUT(to, ",\"battery\":");
    tp_sim_put_int(100 - sensor.report / 500 % 80, to);
    TP_BUF_PUT(to, "}\n");
    return true;
}
