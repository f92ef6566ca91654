/*
 * verb: what `tidepipe VERB` is: a table entry, and a main of its own.
 */
#ifndef TIDEPIPE_VERB_H
#define TIDEPIPE_VERB_H

#include <stdbool.h>

#include "base/err.h"
#include "filter/option.h"
#include "filter/report.h"

struct verb {
    const char *name;
    const char *purpose;             /* one line */
    const char *synopsis;            /* lines, without "tidepipe" and the name */
    const struct tp_option *options; /* NULL: none */
    bool takes_command;              /* options end at the first operand */
    int (*run)(const struct verb *verb, int argc, char **argv); /* returns the exit status */
};

/* Parses ARGV (argv[0] is the verb) into SELF; HELP is the field of -h in it. -1: go on, with
 * *OPERANDS the first operand; else the exit status: it was help, or wrong. */
int verb_parse(const struct verb *verb, void *self, const bool *help, int argc, char **argv,
               int *operands);

/* What went wrong, as `tidepipe VERB: ...`; returns the exit status that belongs to it. */
int verb_fail(const struct verb *verb, const struct tp_err *err);

/* The same for a wrong use, with the usage below. */
int verb_misused(const struct verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The synopsis, each of its lines behind `tidepipe NAME`, the first behind LEAD. */
void verb_print_usage(const struct verb *verb, const char *lead, bool to_stderr);

#endif
