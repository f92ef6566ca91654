/*
 * stamp_format: strptime's formats, without the locale. Private to stamp.
 *
 * A format is compiled once into steps. White space in it matches any run of white space, also an
 * empty one, as in strptime; everything else stands for itself.
 */
#ifndef TP_VALUE_STAMP_FORMAT_H
#define TP_VALUE_STAMP_FORMAT_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

struct tp_format_step {
    char letter;  /* of the conversion; ' ' for white space; 0 for a byte that stands for itself */
    char literal; /* that byte */
};

struct tp_format {
    struct tp_format_step *step;
    size_t count, cap;
};

/* A TP_FAULT_USAGE when TEXT is no format, or one that leaves the date open. */
int tp_format_compile(struct tp_format *format, const char *text, struct tp_err *err);
void tp_format_release(struct tp_format *format);

int tp_format_read(const struct tp_format *format, struct tp_str text, struct tp_reading *reading,
                   struct tp_err *err);

#endif
