#include "base/huge.h"

#include <stdlib.h>

#include "unit.h"

static const size_t sizes[] = {1, 4096, ((size_t)4 << 20) - 1, (size_t)4 << 20,
                               ((size_t)5 << 20) + 3};

/* Of any size: zeroed, and all of it can be written. */
static void
is_zeroed(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *at = tp_huge_zeroed(sizes[i]);
        size_t set = 0;

        CHECK(at != NULL);
        for (size_t k = 0; at && k < sizes[i]; k++) {
            set += at[k] != 0;
            at[k] = 1;
        }
        CHECK(set == 0);
        tp_huge_free(at, sizes[i]);
    }
    tp_huge_free(NULL, 1);
    tp_huge_free(NULL, (size_t)5 << 20);
}

/* From any size to any larger one: what was there is there, and all of it can be written. */
static void
grows(void)
{
    size_t size = sizes[0];
    char *at = tp_huge_zeroed(size);

    CHECK(at != NULL);
    for (size_t i = 0; at && i < sizeof sizes / sizeof *sizes; i++) {
        char *grown = tp_huge_grow(at, size, sizes[i]);
        size_t kept = 0;

        CHECK(grown != NULL);
        at = grown ? grown : at;
        for (size_t k = 0; k < size && i > 0; k++)
            kept += at[k] == (char)k;
        CHECK(i == 0 || kept == size);
        size = sizes[i];
        for (size_t k = 0; k < size; k++)
            at[k] = (char)k;
    }
    tp_huge_free(at, size);
}

/* A wish changes nothing that can be seen. */
static void
wishes(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *at = malloc(sizes[i]);

        if (!at)
            return;
        at[0] = at[sizes[i] - 1] = 'a';
        tp_huge_wish(at, sizes[i]);
        CHECK(at[0] == 'a' && at[sizes[i] - 1] == 'a');
        free(at);
    }
}

int
main(void)
{
    RUN(is_zeroed);
    RUN(grows);
    RUN(wishes);
    return unit_end();
}
