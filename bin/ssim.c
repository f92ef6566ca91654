/*
 * ssim: synthetic streams, the same for the same seed.
 *
 * Event N is a pure function of the seed and N: any slice can be made again (--first).
 * Order of output: by number. Event N happens at start + N * every, is written at its place, and
 * bears a time that lies up to --disorder behind, and --late-by more when it is one of the late.
 * State: none.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/operator.h"
#include "record/draw.h"
#include "record/sim_weblog.h"
#include "value/stamp.h"
#include "value/text.h"

#define BATCH 256        /* events between two looks at the clock */
#define REPEAT_WITHIN 16 /* a duplicate repeats one of so many events before it */

struct ssim {
    uint64_t seed, count, first, rate;
    tp_duration every, disorder, late_by;
    double late, broken, duplicates;
    const char *start_text, *format_name;

    enum tp_sim_format format;
    tp_time start;
    uint64_t number, end; /* the next event, and the one to stop before */
    uint64_t written;
    tp_time began; /* with --rate: when writing began */
};

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
    size_t from = to->len;
    tp_time time;

    if (mishap.repeats && mishap.repeated <= number) {
        number -= mishap.repeated;
        mishap = mishap_of(self, number, &draw);
        mishap.broken = false;
    }
    if (!time_of(self, number, mishap.delay, &time))
        return tp_err_set(err, TP_FAULT_USAGE, "event %llu lies outside the range of times",
                          (unsigned long long)number);
    tp_sim_weblog(self->format, self->seed, number, time, to);
    if (mishap.broken)
        tp_sim_break(self->format, &draw, from, to);
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

        if (!to || put_event(self, self->number, to, err) < 0 || tp_stage_row_end(stage, err) < 0)
            return -1;
        self->number++;
        self->written++;
    }
    return self->number < self->end;
}

/* --- options -----------------------------------------------------------------------------------*/

static int
check_names(struct ssim *self, const char *kind, struct tp_err *err)
{
    if (!kind || strcmp(kind, "weblog") != 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          kind ? "no kind \"%s\": there is weblog" : "which kind? there is weblog",
                          kind);
    if (strcmp(self->format_name, "json") == 0)
        self->format = TP_SIM_JSON;
    else if (strcmp(self->format_name, "combined") != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--format: combined or json, not \"%s\"",
                          self->format_name);
    return 0;
}

static int
open_source(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct ssim *self = ptr;
    struct tp_err why;

    if (check_names(self, tp_stage_operand(stage, 0), err) < 0)
        return -1;
    self->began = tp_stage_now(stage);
    if (tp_moment_parse(tp_str_of(self->start_text), self->began, NULL, &self->start, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--start: %s", why.text);
    if (self->rate > 1000000000)
        return tp_err_set(err, TP_FAULT_USAGE, "--rate: at most 1000000000 events a second");
    if (self->every == 0)
        self->every = self->rate ? TP_SECOND / (tp_duration)self->rate : 10 * TP_MILLISECOND;
    self->number = self->first;
    if (self->count == 0 || __builtin_add_overflow(self->first, self->count, &self->end))
        self->end = UINT64_MAX;
    return 0;
}

static const struct tp_option options[] = {
    {0, "seed", "N", "another seed, another stream (1)", TP_OPTION_COUNT,
     offsetof(struct ssim, seed)},
    {0, "count", "N", "so many events (without end)", TP_OPTION_COUNT,
     offsetof(struct ssim, count)},
    {0, "first", "N", "begin with event number N (0)", TP_OPTION_COUNT,
     offsetof(struct ssim, first)},
    {0, "format", "F", "combined or json (combined)", TP_OPTION_TEXT,
     offsetof(struct ssim, format_name)},
    {0, "start", "TIME", "when event 0 happens (2026-01-01)", TP_OPTION_TEXT,
     offsetof(struct ssim, start_text)},
    {0, "every", "DUR", "time between two events (10ms; with --rate, as it says)",
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
    .purpose = "make a stream of synthetic events",
    .synopsis = "weblog [--seed N] [--count N] [--format F] [--disorder DUR] [--late P%]",
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
        .format_name = "combined",
    };

    /* What it writes is what a foreign program would have written: no control lines, unless they
     * are asked for. */
    setenv("TIDEPIPE_CONTROL", "never", 0);
    return tp_source_main(&ssim_operator, &self, argc, argv);
}
