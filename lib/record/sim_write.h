/*
 * sim_write: what the kinds of synthetic streams share: choices by weight, and the pieces of a
 * line.
 */
#ifndef TP_RECORD_SIM_WRITE_H
#define TP_RECORD_SIM_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/draw.h"
#include "value/time.h"

/* One event: a pure function of SEED and NUMBER, but for its time, which the caller may have
 * put out of order. */
struct tp_sim_event {
    uint64_t seed, number;
    tp_time time;
    tp_duration every; /* between two events */
    int only;          /* write nothing unless the event is of this sort, and no "event" member;
                          TP_SIM_ALL: write all, with one */
};

#define TP_SIM_ALL (-1)

struct tp_sim_choice {
    unsigned weight;
    const char *text;
};

/* One of TABLE[0..COUNT), as often as its weight says. */
const char *tp_sim_pick(struct tp_draw *draw, const struct tp_sim_choice *table, size_t count);

#define TP_SIM_PICK(draw, table) tp_sim_pick(draw, table, sizeof(table) / sizeof *(table))

/* One of the strings of an array, all equally often. */
#define TP_SIM_ANY(draw, table) ((table)[tp_draw_below(draw, sizeof(table) / sizeof *(table))])

void tp_sim_put_int(uint64_t integer, struct tp_buf *to);
void tp_sim_put_padded(uint64_t integer, int digits, struct tp_buf *to); /* with leading zeros */
void tp_sim_put_text(const char *text, struct tp_buf *to);

/* An amount in hundredths, as a number: 1999 is `19.99`. */
void tp_sim_put_cents(int64_t cents, struct tp_buf *to);

/* RFC 3339 in milliseconds. */
void tp_sim_put_time(tp_time time, struct tp_buf *to);

/* LEN letters from a to z; about equally often. */
void tp_sim_put_letters(struct tp_draw *draw, size_t len, struct tp_buf *to);

/* The opening brace, and the sort's name where all sorts are written. */
void tp_sim_begin(const struct tp_sim_event *event, const char *sort, struct tp_buf *to);

/* Breaks the line that begins at FROM in TO (and ends it): cut off, a line of another program,
 * bytes that are not UTF-8, half a line of JSON. What comes out is no valid line of its format, be
 * that JSON or the combined log format. */
void tp_sim_break(bool json, struct tp_draw *draw, size_t from, struct tp_buf *to);

#endif
