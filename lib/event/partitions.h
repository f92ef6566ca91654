/*
 * partitions: the watermark of an input that comes in partitions (sensors, hosts, logs). Each has
 * bounded disorder of its own, and the minimum over them counts.
 *
 * Pure: NOW is time waited, which never goes back; no clock is read here. An input that is not
 * keyed is one partition.
 */
#ifndef TP_EVENT_PARTITIONS_H
#define TP_EVENT_PARTITIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "event/watermark.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_partition {
    struct tp_bounded bounded;
    int member; /* its number in the minimum */
    bool idle;
    bool behind;        /* has not reached the input's watermark since it came (back) */
    tp_duration active; /* when its last record came */
};

struct tp_partitions; /* opaque: those of one input */

/* NULL, with the reason. */
struct tp_partitions *tp_partitions_new(bool keyed, tp_duration delay, tp_duration step,
                                        struct tp_err *err);
void tp_partitions_free(struct tp_partitions *partitions);

/* Nothing is proved before there are COUNT. */
int tp_partitions_wait_for(struct tp_partitions *partitions, size_t count, struct tp_err *err);

/* The partition KEY, made when it is new; of an input that is not keyed, its only one. It stays in
 * place. NULL, with the reason. */
struct tp_partition *tp_partitions_get(struct tp_partitions *partitions, struct tp_str key,
                                       tp_duration now, struct tp_err *err);

/* A record of P at TIME. Most move nothing: true when the watermark may have grown. */
bool tp_partitions_observe(struct tp_partitions *partitions, struct tp_partition *p, tp_time time);

/* Those silent for PATIENCE are idle from now on. How long the next still has; 0: all are idle. */
tp_duration tp_partitions_check(struct tp_partitions *partitions, tp_duration now,
                                tp_duration patience);

/* No more records come: it is not asked about silence. */
void tp_partitions_end(struct tp_partitions *partitions);
bool tp_partitions_ended(const struct tp_partitions *partitions);

tp_time tp_partitions_watermark(struct tp_partitions *partitions);
bool tp_partitions_all_idle(const struct tp_partitions *partitions); /* false: there are none */

/*
 * For saved state, with keys of so many PARTS: a line for the input, number INPUT, and one for each
 * partition, all beginning with `{"input":...` or `{"key":...`; and takes such a line (valid JSON).
 * Silence is counted from NOW: waiting is each run's own.
 */
int tp_partitions_save(struct tp_partitions *partitions, int input, size_t parts,
                       struct tp_save *save, struct tp_err *err);
int tp_partitions_load(struct tp_partitions *partitions, size_t parts, tp_duration now,
                       struct tp_str line, struct tp_err *err);

#endif
