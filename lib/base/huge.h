/*
 * huge: large blocks of memory in huge pages, where the system has them to give.
 *
 * Who looks into many megabytes at random pays for a walk through the page tables at each look; in
 * pages of 2 MiB seldom. A wish: without huge pages all is as ever.
 */
#ifndef TP_BASE_HUGE_H
#define TP_BASE_HUGE_H

#include <stddef.h>

/* SIZE bytes, zeroed; NULL when memory ran out. Given back with the same SIZE; AT may be NULL. */
void *tp_huge_zeroed(size_t size);
void tp_huge_free(void *at, size_t size);

/* What comes to lie in the block of malloc or realloc at AT is to be in huge pages. */
void tp_huge_wish(void *at, size_t size);

#endif
