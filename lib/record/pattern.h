/*
 * pattern: records from lines by a regular expression: its named groups are the members.
 *
 * `(?<name>...)` or grok's `%{NAME:member}` (record/grok). The expression searches anywhere in the
 * line unless it is anchored. What a group caught is typed (record/typed); one that took no part is
 * null; of several groups of one name the last that took part. A line that does not match is
 * refused. Bytes that are not UTF-8 match nothing.
 */
#ifndef TP_RECORD_PATTERN_H
#define TP_RECORD_PATTERN_H

#include "base/err.h"
#include "base/str.h"
#include "record/fields.h"

struct tp_pattern; /* opaque */

/* NAMES is the text of a file of named patterns, or empty. NULL with the reason (TP_FAULT_USAGE),
 * also when there is no named group. */
struct tp_pattern *tp_pattern_new(struct tp_str regex, struct tp_str names, struct tp_err *err);
void tp_pattern_free(struct tp_pattern *pattern);

/* Adds the fields of LINE (one `\r` at its end is taken off): 1; 0 when it is empty; -1 with the
 * reason. */
int tp_pattern_split(struct tp_pattern *pattern, struct tp_fields *fields, struct tp_str line,
                     struct tp_err *err);

#endif
