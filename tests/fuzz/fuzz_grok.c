/*
 * fuzz_grok: a file of named patterns that say each other's names; the first line is the one asked
 * for.
 */
#include "record/grok.h"
#include "text_format.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *newline = size ? memchr(data, '\n', size) : NULL;
    struct tp_grok grok;
    struct tp_err err;
    size_t len;

    if (!newline)
        return 0;
    len = (size_t)(newline - (const char *)data);
    if (tp_grok_expand(&grok, (struct tp_str){(const char *)data, len},
                       (struct tp_str){newline + 1, size - len - 1}, &err) == 0)
        require(tp_grok_member(&grok, TP_STR("_tp0")).len > 0);
    tp_grok_release(&grok);
    return 0;
}
