/*
 * stamp_epoch: instants written as a count of seconds (or ms, us, ns) since 1970. Private to stamp.
 *
 * The number is read as a decimal, so `1588205199.82437` is exact whatever its length. What is
 * finer than a nanosecond is cut off towards minus infinity, as RFC 3339 fractions are.
 */
#ifndef TP_VALUE_STAMP_EPOCH_H
#define TP_VALUE_STAMP_EPOCH_H

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

/* How many decimals separate the unit from a nanosecond. */
enum tp_epoch_unit {
    TP_EPOCH_NS = 0,
    TP_EPOCH_US = 3,
    TP_EPOCH_MS = 6,
    TP_EPOCH_S = 9,
    TP_EPOCH_AUTO = -1, /* told by magnitude, see stamp.h */
};

/* TEXT is a decimal number: optional sign, digits, fraction, exponent. */
int tp_epoch_parse(struct tp_str text, enum tp_epoch_unit unit, tp_time *time, struct tp_err *err);

#endif
