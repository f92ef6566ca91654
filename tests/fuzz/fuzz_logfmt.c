/*
 * fuzz_logfmt: lines of name=value.
 */
#include "text_format.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tp_text_options options = {.year = -1};

    return try_input("logfmt", &options, data, size);
}
