/*
 * agg_select: order statistics in place. Private to query/agg*.
 */
#ifndef TP_QUERY_AGG_SELECT_H
#define TP_QUERY_AGG_SELECT_H

#include <stddef.h>
#include <stdint.h>

/* Reorders WORD[0..COUNT) so that the one of rank K (from 0) stands at K, none greater before it,
 * none smaller behind it. Linear time, whatever the order. */
void tp_agg_select(int64_t *word, size_t count, size_t k);

/* In place, O(n log n), whatever the order. */
void tp_agg_sort(int64_t *word, size_t count);

#endif
