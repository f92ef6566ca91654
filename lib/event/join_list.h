/*
 * join_list: kept records in the order of (time, arrival), the first of which leaves first.
 *
 * Insertion is at the end, or near it for records out of order; those that belong further away are
 * put in place when the list is looked at, so that files in no order are sorted once. All zero is
 * empty.
 */
#ifndef TP_EVENT_JOIN_LIST_H
#define TP_EVENT_JOIN_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/join.h"

/* So many entries lie in the list itself: most keys have few records, and come and go. */
enum { TP_JOIN_FEW = 2 };

/* entry[start, start + count) in the order of (time, arrival); the first `sorted` of them surely.
 */
struct tp_join_list {
    uint32_t start, count, sorted;
    uint32_t cap; /* of `many`; 0: they are `few` */
    union {
        struct tp_join_entry few[TP_JOIN_FEW];
        struct tp_join_entry *many;
    } in;
};

/* All of them, in order. */
const struct tp_join_entry *tp_join_list_sorted(struct tp_join_list *list);

/* The first of FROM[0, COUNT), which is in order, whose time is at least (ABOVE: greater than)
 * TIME. */
size_t tp_join_search(const struct tp_join_entry *from, size_t count, tp_time time, bool above);

/* Makes room for one more; -1: memory ran out. *SIZE is what all lists take beside themselves. */
int tp_join_list_make_room(struct tp_join_list *list, size_t *size);

/* Room was made. */
void tp_join_list_put(struct tp_join_list *list, struct tp_join_kept *kept);

void tp_join_list_drop_first(struct tp_join_list *list, size_t *size);

void tp_join_list_release(struct tp_join_list *list);

#endif
