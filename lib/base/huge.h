/*
 * huge: large blocks of memory in huge pages, where the system has them to give.
 *
 * Who looks into many megabytes at random pays for a walk through the page tables at each look; in
 * pages of 2 MiB seldom. A wish: without huge pages all is as ever.
 */
#ifndef TP_BASE_HUGE_H
#define TP_BASE_HUGE_H

#include <stddef.h>

/* Bytes from which huge pages are wished for. */
#define TP_HUGE_PAGE ((size_t)2 << 20)

/* SIZE bytes, zeroed, and from TP_HUGE_PAGE on aligned to it; NULL when memory ran out. Given back
 * with the same SIZE; AT may be NULL, or of less than TP_HUGE_PAGE from anywhere that free(3)
 * takes. */
void *tp_huge_zeroed(size_t size);
void tp_huge_free(void *at, size_t size);

/* The block AT of SIZE bytes as one of GROWN, SIZE <= GROWN; what is added holds anything. Huge
 * pages are moved as they are (those of a block of realloc fall apart where they move). NULL:
 * memory ran out, and AT is as it was. */
void *tp_huge_grow(void *at, size_t size, size_t grown);

/* A child that we fork gets no copy of the huge pages at AT, a block of tp_huge_zeroed: it dies
 * when it looks there. */
void tp_huge_keep(void *at, size_t size);

/* What comes to lie in the block of malloc or realloc at AT is to be in huge pages. */
void tp_huge_wish(void *at, size_t size);

#endif
