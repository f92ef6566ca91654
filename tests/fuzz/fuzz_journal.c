/*
 * fuzz_journal: entries of the journal's export format.
 */
#include "text_format.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tp_text_options options = {.year = -1};

    return try_input("journal", &options, data, size);
}
