/*
 * fuzz_kv: the first line is what separates pairs, the second what stands inside of them.
 */
#include "text_format.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *first = size ? memchr(data, '\n', size) : NULL;
    struct tp_text_options options = {.year = -1};
    const char *second;
    size_t rest;

    if (!first)
        return 0;
    rest = size - (size_t)(first + 1 - (const char *)data);
    second = memchr(first + 1, '\n', rest);
    if (!second)
        return 0;
    options.separator = (struct tp_str){(const char *)data, size - rest - 1};
    options.inside = (struct tp_str){first + 1, (size_t)(second - first - 1)};
    rest -= options.inside.len + 1;
    return try_input("kv", &options, data + size - rest, rest);
}
