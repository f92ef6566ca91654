/*
 * fuzz_syslog: RFC 3164 and RFC 5424; now is early in 2026.
 */
#include "text_format.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tp_text_options options = {.year = -1, .now = INT64_C(1767225600) * TP_SECOND};

    return try_input("syslog", &options, data, size);
}
