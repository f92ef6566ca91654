/*
 * ssim: synthetic streams, the same for the same seed.
 *
 * Event N is a pure function of the seed and N: any slice can be made again (--from), whatever else
 * is made beside it. Order of output: by number. Event N happens at start + N * every, is written
 * at its place, and bears a time that lies up to --disorder behind, and --late-by more when it is
 * one of the late. Some kinds have events without a line. State: none.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/operator.h"
#include "record/sim_clicks.h"
#include "record/sim_nexmark.h"
#include "record/sim_orders.h"
#include "record/sim_sensors.h"
#include "record/sim_weblog.h"
#include "value/stamp.h"
#include "value/text.h"

#define BATCH 256        /* events between two looks at the clock */
#define REPEAT_WITHIN 16 /* a duplicate repeats one of so many events before it */

struct ssim;

struct kind {
    const char *name;
    tp_duration every;    /* between two events, unless told otherwise */
    const char *sorts[4]; /* what --only takes */
    bool (*put)(const struct ssim *self, const struct tp_sim_event *event, struct tp_buf *to);
};

struct ssim {
    uint64_t seed, count, from, rate;
    tp_duration every, disorder, late_by;
    double late, broken, duplicates;
    const char *start_text, *format_name, *only_name;

    const struct kind *kind;
    enum tp_sim_format format;
    int only;
    tp_time start;
    uint64_t number, end; /* the next event, and the one to stop before */
    uint64_t written;
    tp_time began; /* with --rate: when writing began */
};

/* --- kinds -------------------------------------------------------------------------------------*/

static bool
put_weblog(const struct ssim *self, const struct tp_sim_event *event, struct tp_buf *to)
{
    tp_sim_weblog(self->format, event, to);
    return true;
}

static bool
put_nexmark(const struct ssim *self, const struct tp_sim_event *event, struct tp_buf *to)
{
    (void)self;
    return tp_sim_nexmark(event, to);
}

static bool
put_sensors(const struct ssim *self, const struct tp_sim_event *event, struct tp_buf *to)
{
    (void)self;
    return tp_sim_sensors(event, to);
}

static bool
put_clicks(const struct ssim *self, const struct tp_sim_event *event, struct tp_buf *to)
{
    (void)self;
    tp_sim_clicks(event, to);
    return true;
}

static bool
put_orders(const struct ssim *self, const struct tp_sim_event *event, struct tp_buf *to)
{
    (void)self;
    tp_sim_orders(event, to);
    return true;
}

static const struct kind kinds[] = {
    {"weblog", 10 * TP_MILLISECOND, {0}, put_weblog},
    {"nexmark", 100 * TP_MICROSECOND, {"person", "auction", "bid"}, put_nexmark},
    {"sensors", 250 * TP_MILLISECOND, {0}, put_sensors},
    {"clicks", 200 * TP_MILLISECOND, {0}, put_clicks},
    {"orders", 500 * TP_MILLISECOND, {"order", "payment"}, put_orders},
};

/* --- events ------------------------------------------------------------------------------------*/

/* What befalls an event on its way into the log. */
struct mishap {
    tp_duration delay;
    bool broken, repeats;
    uint64_t repeated; /* how many events before this one */
};

/* All draws are made whatever the options say, so that turning one on changes nothing else. */
static struct mishap
mishap_of(const struct ssim *self, uint64_t number, struct tp_draw *draw)
{
    struct mishap mishap;
    uint64_t within = (uint64_t)self->disorder + 1;

    *draw = tp_draw_of(~self->seed, number);
    mishap.delay = (tp_duration)tp_draw_below(draw, within);
    if (tp_draw_percent(draw, self->late))
        mishap.delay += self->late_by;
    mishap.broken = tp_draw_percent(draw, self->broken);
    mishap.repeats = tp_draw_percent(draw, self->duplicates);
    mishap.repeated = 1 + tp_draw_below(draw, REPEAT_WITHIN);
    return mishap;
}

/* Whether there is such a time. */
static bool
time_of(const struct ssim *self, uint64_t number, tp_duration delay, tp_time *time)
{
    tp_duration since;

    return !__builtin_mul_overflow(number, self->every, &since) &&
           tp_time_add(self->start, since, time) && tp_time_subtract(*time, delay, time);
}

static int
put_event(const struct ssim *self, uint64_t number, struct tp_buf *to, struct tp_err *err)
{
    struct tp_draw draw;
    struct mishap mishap = mishap_of(self, number, &draw);
    struct tp_sim_event event = {.seed = self->seed, .every = self->every, .only = self->only};
    size_t from = to->len;

    if (mishap.repeats && mishap.repeated <= number) {
        number -= mishap.repeated;
        mishap = mishap_of(self, number, &draw);
        mishap.broken = false;
    }
    event.number = number;
    if (!time_of(self, number, mishap.delay, &event.time) || !self->kind->put(self, &event, to))
        return tp_err_set(err, TP_FAULT_USAGE, "event %llu lies outside the range of times",
                          (unsigned long long)number);
    if (mishap.broken && to->len > from)
        tp_sim_break(self->format == TP_SIM_JSON, &draw, from, to);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

/* How many events may be written now; with --rate, as many as are due. */
static uint64_t
due(struct ssim *self, struct tp_stage *stage)
{
    uint64_t left = self->end - self->number, allowed = BATCH;

    if (self->rate) {
        tp_duration passed = tp_stage_now(stage) - self->began;
        double events = (double)passed / 1e9 * (double)self->rate;

        allowed = events < (double)self->written ? 0 : (uint64_t)events - self->written + 1;
        if (allowed == 0)
            tp_stage_wake_after(stage, TP_SECOND / (tp_duration)self->rate + 1);
    }
    return allowed < left ? allowed : left;
}

static int
produce(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct ssim *self = ptr;

    for (uint64_t left = due(self, stage); left; left--) {
        struct tp_buf *to = tp_stage_row(stage, err);
        size_t from = to ? to->len : 0;

        if (!to || put_event(self, self->number, to, err) < 0)
            return -1;
        if (to->len > from && tp_stage_row_end(stage, err) < 0)
            return -1;
        self->number++;
        self->written++;
    }
    return self->number < self->end;
}

/* --- options -----------------------------------------------------------------------------------*/

static int
find_kind(struct ssim *self, const char *name, struct tp_err *err)
{
    static const char there_are[] = "there are weblog, nexmark, sensors, clicks, orders";

    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            self->kind = &kinds[i];
    if (self->kind)
        return 0;
    if (!name)
        return tp_err_set(err, TP_FAULT_USAGE, "which kind? %s", there_are);
    return tp_err_set(err, TP_FAULT_USAGE, "no kind \"%s\": %s", name, there_are);
}

/* Web logs are lines of the combined format unless asked otherwise, all else is JSON. */
static int
find_format(struct ssim *self, struct tp_err *err)
{
    bool weblog = self->kind->put == put_weblog;
    const char *name = self->format_name ? self->format_name : weblog ? "combined" : "json";

    if (strcmp(name, "json") == 0) {
        self->format = TP_SIM_JSON;
        return 0;
    }
    self->format = TP_SIM_COMBINED;
    if (weblog && strcmp(name, "combined") == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE, "--format: %s, not \"%s\"",
                      weblog ? "combined or json" : "json", name);
}

static int
find_only(struct ssim *self, struct tp_err *err)
{
    const char *const *sorts = self->kind->sorts;

    self->only = TP_SIM_ALL;
    if (!self->only_name)
        return 0;
    for (int i = 0; sorts[i]; i++)
        if (strcmp(sorts[i], self->only_name) == 0)
            self->only = i;
    if (self->only != TP_SIM_ALL)
        return 0;
    if (!sorts[0])
        return tp_err_set(err, TP_FAULT_USAGE, "--only: %s has one sort of events",
                          self->kind->name);
    return tp_err_set(err, TP_FAULT_USAGE, "--only: %s%s%s or %s, not \"%s\"", sorts[0],
                      sorts[2] ? ", " : "", sorts[2] ? sorts[1] : "", sorts[sorts[2] ? 2 : 1],
                      self->only_name);
}

static int
open_source(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct ssim *self = ptr;
    struct tp_err why;

    if (find_kind(self, tp_stage_operand(stage, 0), err) < 0 || find_format(self, err) < 0 ||
        find_only(self, err) < 0)
        return -1;
    self->began = tp_stage_now(stage);
    if (tp_moment_parse(tp_str_of(self->start_text), self->began, NULL, &self->start, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--start: %s", why.text);
    if (self->rate > 1000000000)
        return tp_err_set(err, TP_FAULT_USAGE, "--rate: at most 1000000000 events a second");
    if (self->every == 0)
        self->every = self->rate ? TP_SECOND / (tp_duration)self->rate : self->kind->every;
    self->number = self->from;
    if (self->count == 0 || __builtin_add_overflow(self->from, self->count, &self->end))
        self->end = UINT64_MAX;
    return 0;
}

static const struct tp_option options[] = {
    {0, "seed", "N", "another seed, another stream (1)", TP_OPTION_COUNT,
     offsetof(struct ssim, seed)},
    {0, "count", "N", "so many events (without end)", TP_OPTION_COUNT,
     offsetof(struct ssim, count)},
    {0, "from", "N", "begin with event number N (0)", TP_OPTION_COUNT, offsetof(struct ssim, from)},
    {0, "only", "SORT", "only person, auction, bid; or order, payment", TP_OPTION_TEXT,
     offsetof(struct ssim, only_name)},
    {0, "format", "F", "combined or json (weblog: combined)", TP_OPTION_TEXT,
     offsetof(struct ssim, format_name)},
    {0, "start", "TIME", "when event 0 happens (2026-01-01)", TP_OPTION_TEXT,
     offsetof(struct ssim, start_text)},
    {0, "every", "DUR", "time between two events (by kind; with --rate, as that says)",
     TP_OPTION_DURATION, offsetof(struct ssim, every)},
    {0, "rate", "N", "write N events a second (as fast as possible)", TP_OPTION_COUNT,
     offsetof(struct ssim, rate)},
    {0, "disorder", "DUR", "times lie up to so much behind (0)", TP_OPTION_DURATION,
     offsetof(struct ssim, disorder)},
    {0, "late", "P%", "so many lie --late-by further behind (0)", TP_OPTION_PERCENT,
     offsetof(struct ssim, late)},
    {0, "late-by", "DUR", "how far (10m)", TP_OPTION_DURATION, offsetof(struct ssim, late_by)},
    {0, "broken", "P%", "so many lines are not what they should be (0)", TP_OPTION_PERCENT,
     offsetof(struct ssim, broken)},
    {0, "duplicates", "P%", "so many repeat one of the 16 events before (0)", TP_OPTION_PERCENT,
     offsetof(struct ssim, duplicates)},
    {0},
};

static const struct tp_operator ssim_operator = {
    .name = "ssim",
    .purpose = "makes streams of synthetic events",
    .synopsis = "KIND [--seed N] [--from N] [--count N] [--only SORT] [--disorder DUR] [--late P%]",
    .example = "  ssim weblog --count 1000 --disorder 5s --late 1% | sfrom combined",
    .options = options,
    .operands_before_files = 1,
    .open = open_source,
    .produce = produce,
};

int
main(int argc, char **argv)
{
    struct ssim self = {
        .seed = 1,
        .late_by = 10 * TP_MINUTE,
        .start_text = "2026-01-01T00:00:00Z",
    };

    /* What it writes is what a foreign program would have written: no control lines, unless they
     * are asked for. */
    setenv("TIDEPIPE_CONTROL", "never", 0);
    return tp_source_main(&ssim_operator, &self, argc, argv);
}
