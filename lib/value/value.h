/*
 * value: one SQL value: what a member, an expression or an aggregate yields.
 *
 * Small and passed by value. Text and JSON are borrowed (from the record's line, or from memory of
 * whoever made the value) and as short-lived as that. A missing member is TP_NULL.
 *
 * A number that is an int64 is TP_INT. Any other JSON number is TP_REAL: `real` is the correctly
 * rounded double (an overflow is +-infinity), and where the number has at most 18 significant
 * digits and at most 18 decimals, mantissa and scale hold it exactly: mantissa / 10^scale. Sums
 * are exact as long as they see only such numbers.
 */
#ifndef TP_VALUE_VALUE_H
#define TP_VALUE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Nanoseconds since 1970-01-01T00:00:00Z; and between two instants. See value/time.h. */
typedef int64_t tp_time;
typedef int64_t tp_duration;

enum tp_kind {
    TP_NULL,
    TP_BOOL,
    TP_INT,
    TP_REAL,
    TP_TEXT,     /* UTF-8, escapes already undone */
    TP_TIME,     /* an instant */
    TP_DURATION, /* ns */
    TP_JSON,     /* an object or an array, as its JSON text */
};

#define TP_NO_SCALE (-1)

struct tp_value {
    enum tp_kind kind;
    int scale; /* TP_REAL: 0..18, or TP_NO_SCALE when not exactly a short decimal */
    union {
        bool boolean;
        int64_t integer;
        struct {
            double real;
            int64_t mantissa;
        };
        struct tp_str text; /* TP_TEXT and TP_JSON */
        tp_time time;
        tp_duration duration;
    };
};

static inline struct tp_value
tp_null(void)
{
    return (struct tp_value){.kind = TP_NULL};
}

static inline struct tp_value
tp_bool(bool boolean)
{
    return (struct tp_value){.kind = TP_BOOL, .boolean = boolean};
}

static inline struct tp_value
tp_int(int64_t integer)
{
    return (struct tp_value){.kind = TP_INT, .integer = integer};
}

/* A double that came from arithmetic: no exact decimal behind it. */
static inline struct tp_value
tp_real(double real)
{
    struct tp_value value = {.kind = TP_REAL, .scale = TP_NO_SCALE};

    value.real = real;
    return value;
}

static inline struct tp_value
tp_text(struct tp_str text)
{
    return (struct tp_value){.kind = TP_TEXT, .text = text};
}

static inline struct tp_value
tp_instant(tp_time time)
{
    return (struct tp_value){.kind = TP_TIME, .time = time};
}

/* "an integer", "a string", … for messages. */
const char *tp_kind_name(enum tp_kind kind);

#endif
