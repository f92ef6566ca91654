/*
 * fuzz_jsonseq: a stream of JSON values; the first byte says whether it is one of documents with a
 * path.
 */
#include "text_format.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tp_text_options options = {.year = -1};

    if (size == 0)
        return 0;
    if (data[0] & 1)
        options.path = TP_STR("a[0]");
    return try_input("json", &options, data + 1, size - 1);
}
