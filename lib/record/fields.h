/*
 * fields: the named texts that a line of a text format holds, on their way to a record.
 *
 *     tp_fields_begin(fields, line);
 *     tp_fields_add(fields, name, text, TP_FIELD_TYPED);     once a field
 *     return tp_fields_write(fields, to, time, err);
 *
 * Names and texts are borrowed until the record is written: slices of the line, or of
 * fields->undone, which has room for the whole line, so that what was put there does not move.
 * A name that comes twice is written twice; of members of one name the last counts (tidepipe.5).
 */
#ifndef TP_RECORD_FIELDS_H
#define TP_RECORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/stamp.h"
#include "value/time.h"

enum tp_field_kind {
    TP_FIELD_TYPED, /* see record/typed */
    TP_FIELD_TEXT,  /* a string whatever it says */
    TP_FIELD_JSON,  /* JSON already */
};

struct tp_field {
    struct tp_str name, text;
    enum tp_field_kind kind;
};

struct tp_fields_options {
    bool text;                 /* every typed field is a string */
    struct tp_str time_member; /* the field that holds the event time; ptr NULL: none */
    struct tp_stamp *stamp;    /* reads it; borrowed */
};

struct tp_fields {
    struct tp_fields_options options;
    struct tp_field *field;
    size_t count, cap;
    struct tp_buf undone; /* texts that are not slices of the line */
    bool failed;          /* memory ran out; tp_fields_write tells */
};

void tp_fields_init(struct tp_fields *fields, const struct tp_fields_options *options);
void tp_fields_release(struct tp_fields *fields);

/* Forgets the fields of the last line. */
void tp_fields_begin(struct tp_fields *fields, struct tp_str line);

void tp_fields_add(struct tp_fields *fields, struct tp_str name, struct tp_str text,
                   enum tp_field_kind kind);

/*
 * Appends the record, with a newline: 1. With a time member @timestamp is the first member, *TIME
 * is set, and a field of that name is left out. -1 with the reason, and TO as it was: no event
 * time, or a first member that would make the record a control line (DESIGN 2).
 */
int tp_fields_write(struct tp_fields *fields, struct tp_buf *to, tp_time *time, struct tp_err *err);

/* The same for formats that have a time of their own. */
int tp_fields_write_at(struct tp_fields *fields, tp_time time, struct tp_buf *to,
                       struct tp_err *err);

/* Is NAME that of a control line's first member? */
bool tp_fields_speak(struct tp_str name);

#endif
