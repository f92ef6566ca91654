/*
 * values: a row of values in saved state, exactly: what they compare and add up to stays the same.
 */
#ifndef TP_QUERY_VALUES_H
#define TP_QUERY_VALUES_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/value.h"

/* Appends VALUES, of any kind but TP_JSON, as a JSON array. */
void tp_values_save(const struct tp_value *values, size_t count, struct tp_buf *to);

/* Takes COUNT values out of such an array (valid JSON); their texts are appended to BYTES, and
 * borrowed from it. -1: it is not what was saved, or memory ran out. */
int tp_values_load(struct tp_str array, struct tp_value *values, size_t count, struct tp_buf *bytes,
                   struct tp_err *err);

#endif
