/*
 * logfmt: lines of `name=value name="a \"quoted\" value" flag`, as Heroku, Go's programs and
 * Grafana's write them.
 *
 *   name=value     typed (record/typed); `name=` is null
 *   name="value"   a string; the escapes \" \\ \/ \b \f \n \r \t \uXXXX are undone
 *   name           true
 *
 * Refused: a value without a name, a `"` inside a name or a value without quotes, text behind a
 * closing quote, a quote that is not closed, an escape that JSON does not know.
 */
#ifndef TP_RECORD_LOGFMT_H
#define TP_RECORD_LOGFMT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/fields.h"

/* Adds the fields of LINE (one `\r` at its end is taken off): 1; 0 when it is blank; -1 with the
 * reason and the place. */
int tp_logfmt_split(struct tp_fields *fields, struct tp_str line, struct tp_err *err);

/* Appends `name=` and the string TEXT, in quotes where reading it without them would not give the
 * same string. What a name cannot hold becomes `_`. */
void tp_logfmt_put_name(struct tp_str name, struct tp_buf *to);
void tp_logfmt_put_string(struct tp_str text, struct tp_buf *to);

#endif
