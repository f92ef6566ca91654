#include "base/huge.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_FROM ((size_t)4 << 20) /* bytes from which huge pages pay */
#define PAGE ((uintptr_t)4096)      /* the least that there is; where it is more madvise refuses */

void *
tp_huge_zeroed(size_t size)
{
    void *at;

    if (size < HUGE_FROM)
        return calloc(1, size);
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    (void)madvise(at, size, MADV_HUGEPAGE);
    return at;
}

void
tp_huge_free(void *at, size_t size)
{
    if (size < HUGE_FROM)
        free(at);
    else if (at)
        munmap(at, size);
}

void
tp_huge_wish(void *at, size_t size)
{
    size_t before = (size_t)(-(uintptr_t)at & (PAGE - 1)); /* of its first whole page */

    if (size < HUGE_FROM)
        return;
    (void)madvise((char *)at + before, (size - before) & ~(size_t)(PAGE - 1), MADV_HUGEPAGE);
}
