/*
 * given: what the user says about a text format, and the same as the format takes it.
 */
#ifndef SFROM_GIVEN_H
#define SFROM_GIVEN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/emit.h"
#include "record/text_format.h"

struct given {
    /* Filled by the table of options. */
    bool text;
    const char *columns, *separator, *inside, *pattern, *patterns_file, *path, *year;
    const char *time_member, *time_format, *zone_name;

    const struct tp_text_format *format;
    struct tp_text_options taken;
    struct tp_buf patterns, separator_text, inside_text; /* what it borrows */
};

/* Finds the format called NAME (NULL: none was named) and fills FORMAT and TAKEN. NOW dates stamps
 * without a year. -1 with the reason. */
int given_take(struct given *given, const char *name, tp_time now, struct tp_err *err);
void given_release(struct given *given);

/* Emits all that decides what a byte of input means. */
void given_identify(const struct given *given, struct tp_emit *to);

#endif
