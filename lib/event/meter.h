/*
 * meter: what can be said of a stream by looking at its bytes as they go by.
 *
 * Lines are counted, not read: the first bytes of each tell control lines from data. Only control
 * lines, and of each piece the last whole line of data, whose event time is looked up, are read
 * more closely. Any bytes are taken, cut anywhere: a line that is no record counts as one.
 *
 * Memory: a line that two pieces share, up to 64 KiB (a longer one is counted as data, no more).
 */
#ifndef TP_EVENT_METER_H
#define TP_EVENT_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/control.h"
#include "value/time.h"

struct tp_meter; /* opaque */

/* How the stream stands. */
enum tp_meter_end {
    TP_METER_OPEN,      /* it has said neither */
    TP_METER_COMPLETE,  /* its `end` went by */
    TP_METER_SUSPENDED, /* its last barrier did */
};

struct tp_meter_state {
    uint64_t bytes, records;
    tp_time event_time;      /* the greatest that was looked up; TP_TIME_BEFORE_ALL: none */
    tp_time watermark;       /* likewise */
    struct tp_str held_by;   /* the inside of a JSON string; empty: nobody said */
    struct tp_ledger ledger; /* what `end` said */
    enum tp_meter_end end;
    bool spoke; /* a control line went by */
    bool idle;  /* `idle`, and nothing since */
};

/* FIELD holds the event time and is written as FORMAT says (value/stamp). NULL with the reason. */
struct tp_meter *tp_meter_new(const char *field, const char *format, struct tp_err *err);
void tp_meter_free(struct tp_meter *meter);

/* BYTES go by; TP_SCAN_PADDING bytes behind them are readable. -1: memory ran out. */
int tp_meter_take(struct tp_meter *meter, struct tp_str bytes, struct tp_err *err);

/* The bytes are over: what stands behind the last newline is a line, too. */
void tp_meter_finish(struct tp_meter *meter);

/* Borrowed, and changed by the next bytes. */
const struct tp_meter_state *tp_meter_state(const struct tp_meter *meter);

/* --- what it says, in three ways ---------------------------------------------------------------*/

struct tp_meter_report {
    const struct tp_meter_state *state;
    const char *name;                /* of the stream; NULL: none */
    tp_time now;                     /* the wall clock */
    tp_duration elapsed;             /* since the start */
    double records_rate, bytes_rate; /* a second, of late */
    uint64_t size;                   /* of the whole input in bytes; 0: unknown */
    bool done;                       /* this is the last report: the bytes are over */
};

/* How far the stream is behind the clock; false: no event time is known, nor a watermark. */
bool tp_meter_lag(const struct tp_meter_report *report, tp_duration *lag);

/* Appends an object and a newline; what is not known is null. */
void tp_meter_write_json(const struct tp_meter_report *report, struct tp_buf *to);

/* The names of all its members, those too that it has only sometimes. */
const struct tp_str *tp_meter_names(size_t *count);

/* Appends a line for people, without its newline, and without what is not known. */
void tp_meter_write_line(const struct tp_meter_report *report, struct tp_buf *to);

/* How many bytes of such a LINE have room in COLUMNS: whole fields, since a number that is cut
 * would be another; of the first one what there is room for. */
size_t tp_meter_fit(struct tp_str line, size_t columns);

/* Appends metrics in the text format of Prometheus. */
void tp_meter_write_prometheus(const struct tp_meter_report *report, struct tp_buf *to);

#endif
