/*
 * ahead: records on their way to the groups of a large map, so that memory is not waited for.
 *
 * To find a group among a million is to wait for memory three times over: for the place in the
 * table, for the entry, for what the key is compared with. A record that stands in line here while
 * the next ones are read has all of that fetched meanwhile. Records are added in the order in which
 * they were put, whatever their map. Keys and values are copied, but no text: a value that borrows
 * cannot wait. State: at most 32 records, of which nothing can be saved: settle first.
 */
#ifndef TP_EVENT_AHEAD_H
#define TP_EVENT_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "event/row.h"
#include "query/agg.h"

struct tp_ahead; /* opaque */

struct tp_ahead_record {
    struct tp_map *map;
    uint32_t hash; /* of the arrival's key there, for tp_map_add_hashed */
    void *where;   /* as it was put */
    struct tp_arrival arrival;
};

/* Adds a record whose turn has come. It puts none. -1 ends the run: that the record can be added
 * was said when it was put. */
typedef int tp_ahead_add(void *self, const struct tp_ahead_record *record, struct tp_err *err);

/* AGGS is borrowed for life. NULL when memory ran out. */
struct tp_ahead *tp_ahead_new(const struct tp_aggs *aggs, tp_ahead_add *add, void *self);
void tp_ahead_free(struct tp_ahead *ahead); /* NULL is fine; those in line are forgotten */

/* Is MAP so large that standing in line pays, and can a record like ARRIVAL wait, which is to say
 * that it is known now whether the aggregates take it? */
bool tp_ahead_pays(const struct tp_ahead *ahead, const struct tp_map *map,
                   const struct tp_arrival *arrival);

/* ARRIVAL, of which that is true, is to be added to MAP. -1: the aggregates do not take it; or as
 * add says of one that it was the turn of; or memory ran out. */
int tp_ahead_put(struct tp_ahead *ahead, struct tp_map *map, const struct tp_arrival *arrival,
                 void *where, struct tp_err *err);

/* May one whose key has this HASH stand in line? True for some others, too. */
bool tp_ahead_may_hold(const struct tp_ahead *ahead, uint32_t hash);

/* Adds all that stand in line. */
int tp_ahead_settle(struct tp_ahead *ahead, struct tp_err *err);

#endif
