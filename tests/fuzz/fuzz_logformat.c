/*
 * fuzz_logformat: the first line is the server's format, what follows is a log.
 */
#include "text_format.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *newline = size ? memchr(data, '\n', size) : NULL;
    struct tp_text_options options = {.year = -1};
    size_t len;

    if (!newline)
        return 0;
    len = (size_t)(newline - (const char *)data);
    options.pattern = (struct tp_str){(const char *)data, len};
    return try_input("logformat", &options, data + len + 1, size - len - 1);
}
