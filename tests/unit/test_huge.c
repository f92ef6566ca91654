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
    RUN(wishes);
    return unit_end();
}
