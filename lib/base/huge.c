#include "base/huge.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((uintptr_t)4096) /* the least that there is; where it is more madvise refuses */

static size_t
whole_pages(size_t size)
{
    return (size + TP_HUGE_PAGE - 1) / TP_HUGE_PAGE * TP_HUGE_PAGE;
}

/* Begins at a multiple of a huge page, else its first and last ones would be small. */
static void *
map_aligned(size_t size)
{
    char *at =
        mmap(NULL, size + TP_HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t lead;

    if (at == MAP_FAILED)
        return NULL;
    lead = -(uintptr_t)at % TP_HUGE_PAGE;
    if (lead)
        munmap(at, lead);
    at += lead;
    munmap(at + size, TP_HUGE_PAGE - lead);
    (void)madvise(at, size, MADV_HUGEPAGE);
    return at;
}

void *
tp_huge_zeroed(size_t size)
{
    return size < TP_HUGE_PAGE ? calloc(1, size) : map_aligned(whole_pages(size));
}

void
tp_huge_free(void *at, size_t size)
{
    if (size < TP_HUGE_PAGE)
        free(at);
    else if (at)
        munmap(at, whole_pages(size));
}

/* A block of malloc becomes one of pages. */
static void *
grow_into_pages(void *at, size_t size, size_t grown)
{
    void *to = map_aligned(whole_pages(grown));

    if (!to)
        return NULL;
    memcpy(to, at, size);
    free(at);
    return to;
}

void *
tp_huge_grow(void *at, size_t size, size_t grown)
{
    size_t had = whole_pages(size), pages = whole_pages(grown);
    void *to;

    if (grown < TP_HUGE_PAGE)
        return realloc(at, grown);
    if (size < TP_HUGE_PAGE)
        return grow_into_pages(at, size, grown);
    if (had == pages)
        return at;
    to = map_aligned(pages);
    if (!to)
        return NULL;
    /* The old pages take the place of the first of the new ones. */
    if (mremap(at, had, had, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED)
        return to;
    munmap(to, pages);
    return NULL;
}

void
tp_huge_keep(void *at, size_t size)
{
    if (size >= TP_HUGE_PAGE)
        (void)madvise(at, whole_pages(size), MADV_DONTFORK);
}

void
tp_huge_wish(void *at, size_t size)
{
    size_t before = (size_t)(-(uintptr_t)at & (PAGE - 1)); /* of its first whole page */

    if (size < TP_HUGE_PAGE)
        return;
    (void)madvise((char *)at + before, (size - before) & ~(size_t)(PAGE - 1), MADV_HUGEPAGE);
}
