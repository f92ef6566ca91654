/*
 * screen: `sto table`: rows in columns as they come, or on a terminal the latest row of each key,
 * drawn again in place.
 */
#ifndef STO_SCREEN_H
#define STO_SCREEN_H

#include <stdbool.h>

#include "filter/operator.h"
#include "query/keys.h"
#include "record/grid.h"
#include "record/live.h"
#include "record/table.h"

struct screen {
    /* Filled by the table of options. */
    bool exact, wants_live;
    const char *colour, *key_text;

    struct tp_grid *grid;   /* borrowed */
    struct tp_table *table; /* one of the two */
    struct tp_live *live;
    struct tp_keys keys;
    struct tp_buf key;
    tp_time drawn;   /* when, by the steady clock */
    uint64_t unseen; /* records since the clock was looked at */
};

/* GRID (borrowed) makes the columns. */
int screen_open(struct screen *screen, struct tp_stage *stage, struct tp_grid *grid,
                struct tp_err *err);
void screen_release(struct screen *screen);

/* RECORD comes; GONE: its key goes, where there is a row for each. TO gets what is to be written
 * now. */
int screen_put(struct screen *screen, struct tp_stage *stage, const struct tp_record *record,
               bool gone, struct tp_buf *to, struct tp_err *err);

/* The rows that are held, or the last frame, which has all rows. */
int screen_put_rest(struct screen *screen, struct tp_buf *to, struct tp_err *err);

/* Nothing to read now: has a live table changed? Then it is drawn. */
bool screen_has_news(const struct screen *screen);
int screen_draw(struct screen *screen, struct tp_buf *to, struct tp_err *err);

size_t screen_held(const struct screen *screen); /* rows */

#endif
