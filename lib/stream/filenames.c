#include "stream/filenames.h"

#include <stdlib.h>
#include <string.h>

#include "stream/rotation.h"

static int
add(struct tp_filenames *names, const char *name, struct tp_err *err)
{
    if (names->count == names->cap) {
        size_t cap = names->cap ? 2 * names->cap : 16;
        const char **grown = realloc(names->name, cap * sizeof *grown);

        if (!grown)
            return tp_err_memory(err);
        names->name = grown;
        names->cap = cap;
    }
    names->name[names->count++] = name;
    return 0;
}

int
tp_filenames_add(struct tp_filenames *names, const char *operand, struct tp_err *err)
{
    size_t from = names->found.gl_pathc;
    int flags = GLOB_NOCHECK | (from > 0 ? GLOB_APPEND : 0);

    if (!strpbrk(operand, "*?["))
        return add(names, operand, err);
    if (glob(operand, flags, NULL, &names->found) != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: cannot look for such files", operand);
    for (size_t i = from; i < names->found.gl_pathc; i++)
        if (add(names, names->found.gl_pathv[i], err) < 0)
            return -1;
    return 0;
}

void
tp_filenames_sort(struct tp_filenames *names)
{
    tp_rotation_sort(names->name, names->count);
}

void
tp_filenames_release(struct tp_filenames *names)
{
    free(names->name);
    globfree(&names->found);
    *names = (struct tp_filenames){0};
}
