/*
 * charted: records that become a chart: the values of a list of expressions, a series for each key.
 *
 * A value is a number, a duration or NULL; numbers and durations do not stand in one chart. The
 * first keys have series of their own, all others share one. Histograms and heat maps without keys
 * count the values of one expression, and have no series.
 */
#ifndef TP_QUERY_CHARTED_H
#define TP_QUERY_CHARTED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plot/chart.h"
#include "query/keys.h"
#include "query/select.h"
#include "value/time.h"

struct tp_charted; /* opaque */

struct tp_charted_settings {
    enum tp_chart_kind kind;
    const struct tp_select *list; /* borrowed for life, as are the keys */
    const struct tp_keys *keys;   /* none: one series for each expression */
    uint64_t most_keys;           /* that have their own */
    tp_duration span;             /* 0: all of time */
};

/* Do charts of KIND count values? Then they are of one expression. */
bool tp_charted_counts(enum tp_chart_kind kind, bool keyed);

/* NULL: memory ran out. */
struct tp_charted *tp_charted_new(const struct tp_charted_settings *settings);
void tp_charted_free(struct tp_charted *charted); /* NULL is fine */

/* The chart so far; its title, and what it shows, are for the caller to set. */
struct tp_chart *tp_charted_chart(struct tp_charted *charted);

/* Takes a record at TIME; TIMED: that is one, and no mere number. All its values or none. */
int tp_charted_take(struct tp_charted *charted, const struct tp_slot *slots, tp_time time,
                    bool timed, struct tp_err *err);

#endif
