#include "value/value.h"

const char *
tp_kind_name(enum tp_kind kind)
{
    switch (kind) {
    case TP_NULL:
        return "null";
    case TP_BOOL:
        return "a boolean";
    case TP_INT:
        return "an integer";
    case TP_REAL:
        return "a number";
    case TP_TEXT:
        return "a string";
    case TP_TIME:
        return "a time";
    case TP_DURATION:
        return "a duration";
    case TP_JSON:
        return "an object or array";
    }
    return "an unknown value";
}
