/*
 * colour: what `--color[=WHEN]` says: always (also when no WHEN is given), never, or auto: on a
 * terminal, unless $NO_COLOR (https://no-color.org) or $TERM=dumb speak against it.
 */
#ifndef TP_FILTER_COLOUR_H
#define TP_FILTER_COLOUR_H

#include <stdbool.h>

#include "base/err.h"

/* WHEN as it was given; NULL: it was not. */
int tp_colour_check(const char *when, struct tp_err *err);

/* Is standard output to be coloured? */
bool tp_colour_wanted(const char *when);

#endif
