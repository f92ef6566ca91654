/*
 * settings: the options that all filters share, by what a filter is (enum tp_trait).
 */
#ifndef TP_FILTER_SETTINGS_H
#define TP_FILTER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/operator.h"
#include "filter/option.h"

struct tp_settings {
    /* all */
    bool help, version, quiet, stats;
    const char *control; /* auto, always, never */
    const char *rejects; /* TARGET */
    double tolerate;     /* percent */
    bool strict;
    uint64_t max_line; /* bytes */
    const char *eof;   /* "end": an input that was cut off counts as complete */
    bool control_in;   /* text in: operands may speak for the stream */
    /* state */
    const char *state; /* the directory; NULL or empty: none is kept */
    const char *name;  /* NULL: the program's */
    bool fresh;
    const char *snapshot_fork; /* yes, no, auto */
    tp_duration every;         /* sources */
    uint64_t sinks;            /* sinks that commit */
    /* time */
    const char *time_field, *time_format, *zone;
    /* delay */
    tp_duration delay; /* -1: not given */
    tp_duration step;
    const char *max_ahead; /* a duration or "none"; NULL: not given */
    const char *now;
    tp_duration max_drift; /* -1: not given */
    /* late */
    const char *late_to; /* TARGET */
    bool late_fail;
};

#define TP_SETTINGS_GROUPS 13

/* The defaults (some from the environment). */
void tp_settings_init(struct tp_settings *settings);

/* The tables that OP has, its own first: fills GROUPS[0..TP_SETTINGS_GROUPS), returns how many. */
size_t tp_settings_groups(struct tp_settings *settings, const struct tp_operator *op, void *self,
                          struct tp_option_group *groups);

/* `--help`, on standard output; and the usage alone, on standard error. */
void tp_settings_print_help(const struct tp_operator *op, const struct tp_option_group *groups,
                            size_t count);
void tp_settings_print_usage(const struct tp_operator *op);

#endif
