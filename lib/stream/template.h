/*
 * template: a TARGET whose name is made of a record's values.
 *
 *   {member}          the value of a member (a path as everywhere: {user.id}, {"odd name"})
 *   {member|day}      its time, in UTC: hour 2026-11-21T12, day 2026-11-21, week 2026-W47 (ISO
 * 8601), month 2026-11 {n}               the number of a part, where parts are numbered
 *   {{                a brace; in a command ${...} is the shell's
 *
 * What a value says is data, never grammar: what kind of target it is, is read from the template
 * alone. In the name of a file `/`, control characters and leading dots become `_`, so that no
 * value leaves the folder, names a folder, or hides. In a command all that is not a letter or digit
 * of ASCII or one of `_.:@+,-` becomes `_`, so that no quoting can be broken. A missing member and
 * null are written `_null`, an empty string `_empty`. A longer value is cut, at a character, and
 * ends with
 * `-` and 16 hexadecimal digits of its hash; names of files stay within 255 bytes each.
 */
#ifndef TP_STREAM_TEMPLATE_H
#define TP_STREAM_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/path.h"
#include "record/scan.h"

#define TP_TEMPLATE_VALUE 100 /* bytes of a value, at most */

enum tp_template_kind {
    TP_TEMPLATE_STDOUT,  /* `-`, and its other names */
    TP_TEMPLATE_COMMAND, /* begins with `|` */
    TP_TEMPLATE_DEVICE,  /* /dev/fd/N and the like, which the grammar of targets knows; no fields */
    TP_TEMPLATE_FILE,
};

struct tp_template; /* opaque */

/* NULL with the reason (TP_FAULT_USAGE) and its place in TEXT. NUMBERED: {n} is the number. */
struct tp_template *tp_template_parse(struct tp_str text, bool numbered, struct tp_err *err);
void tp_template_free(struct tp_template *template);

enum tp_template_kind tp_template_kind(const struct tp_template *template);
bool
tp_template_is_fixed(const struct tp_template *template); /* every name is the same: no fields */
bool tp_template_is_numbered(const struct tp_template *template); /* it has a {n} */

/* The members it reads: the caller asks the scanner for each and says where it will be. */
size_t tp_template_members(const struct tp_template *template);
const struct tp_path *tp_template_member(const struct tp_template *template, size_t i);
void tp_template_set_slot(struct tp_template *template, size_t i, int slot);

/* The folder that stands before the first field, up to its slash: what must exist. Empty: none. */
struct tp_str tp_template_folder(const struct tp_template *template);

/* Appends the name for a record. -1: a member's value cannot be part of a name (TP_FAULT_RECORD),
 * or memory ran out. SLOTS may be NULL when there are no members. */
int tp_template_write(struct tp_template *template, const struct tp_slot *slots, uint64_t number,
                      struct tp_buf *to, struct tp_err *err);

#endif
