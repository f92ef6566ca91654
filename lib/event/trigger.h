/*
 * trigger: when the row of a window and key is said, and how it corrects the one before it.
 *
 * Beam's triggers and modes by event time alone: early rows (each so many new records, or each time
 * the watermark has gone on by so much from the window's start), the row on time, and a row for
 * each late record while the lateness lasts. Accumulating rows say all there is so far and replace
 * the one before (`upsert`, or `retract` of the old row and `update`); discarding rows say what is
 * new since the last one. The row on time is always said (Beam's FIRE_ALWAYS).
 */
#ifndef TP_EVENT_TRIGGER_H
#define TP_EVENT_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/row.h"
#include "query/agg.h"
#include "record/emit.h"
#include "value/time.h"

/* All zero: one row, on time. */
struct tp_trigger {
    tp_duration early_every; /* 0: not by time */
    uint64_t early_count;    /* 0: not by number */
    tp_duration lateness;
    bool discard, retract;
    bool changes;    /* records were taken back: a group may have none left */
    bool keeps_text; /* rows are taken back as they were said; set for retract */
};

/* `10s` or `100` (records). -1 with the reason. */
int tp_trigger_parse_early(struct tp_trigger *trigger, struct tp_str text, struct tp_err *err);

/* Of windows, is each row alone? Then rows carry no @pane. */
static inline bool
tp_trigger_is_plain(const struct tp_trigger *trigger)
{
    return trigger->early_every == 0 && trigger->early_count == 0 && trigger->lateness == 0;
}

static inline bool
tp_trigger_is_early(const struct tp_trigger *trigger)
{
    return trigger->early_every > 0 || trigger->early_count > 0;
}

/* The instant at which nothing can change a window that ends at END any more; and whether that is
 * so: end + lateness <= watermark (Flink, half-open as DESIGN section 3 has it). */
tp_time tp_trigger_limit(const struct tp_trigger *trigger, tp_time end);
bool tp_trigger_is_over(const struct tp_trigger *trigger, tp_time end, tp_time watermark);

/* The first of START + early_every, + 2 early_every, ... behind WATERMARK; TP_TIME_AFTER_ALL when
 * there is none before END. */
tp_time tp_trigger_next_early(const struct tp_trigger *trigger, const struct tp_window *window,
                              tp_time watermark);

/* What was said of a window and key. All zero: nothing yet. */
struct tp_firing {
    uint64_t fresh; /* records since the last row */
    uint64_t n;     /* rows */
    enum tp_timing timing;
    bool stands;        /* the last row was not taken back */
    struct tp_buf text; /* its aggregates, with keeps_text */
};

void tp_firing_release(struct tp_firing *firing);

/* Saved state: appends members to LINE; reads them out of such a line into an empty FIRING. */
void tp_firing_save(const struct tp_firing *firing, struct tp_emit *line);
int tp_firing_load(struct tp_firing *firing, struct tp_str line, struct tp_err *err);

/* What a row is said of. */
struct tp_said {
    const struct tp_aggs *aggs;
    const struct tp_window *window;
    struct tp_str key;
    void *acc;
    struct tp_firing *firing;
};

/* Says the row of SAID now. Discarding, the accumulator is empty afterwards. */
int tp_trigger_fire(const struct tp_trigger *trigger, const struct tp_said *said,
                    enum tp_timing timing, bool last, const struct tp_row_to *to,
                    struct tp_err *err);

/* Takes the row that stands back, if there is one (`delete`, as it was said); not when discarding:
 * what was said stays said. */
int tp_trigger_take_back(const struct tp_said *said, const struct tp_row_to *to,
                         struct tp_err *err);

#endif
