/*
 * disorder: --measure: how far behind the largest time records came, and the delay that would have
 * kept how many of them.
 */
#ifndef SWATERMARK_DISORDER_H
#define SWATERMARK_DISORDER_H

#include <stdint.h>

#include "base/err.h"
#include "event/late.h"
#include "filter/operator.h"
#include "value/time.h"

/* All zero is empty. */
struct disorder {
    struct tp_lateness behind;
    uint64_t records;
};

/* A record of TIME came when LARGEST had been there. */
void disorder_add(struct disorder *disorder, tp_time largest, tp_time time);

/* A row for each of some shares of the records. -1: as tp_stage_row. */
int disorder_write(const struct disorder *disorder, struct tp_stage *stage, struct tp_err *err);

#endif
