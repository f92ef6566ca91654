/*
 * journal: entries of systemd's journal in the export format (`journalctl -o export`;
 * https://systemd.io/JOURNAL_EXPORT_FORMATS): lines `NAME=text`, or NAME, a newline, the length as
 * 64 bits little-endian, so many bytes and a newline; an empty line ends an entry.
 *
 * Members are called as the fields are; __REALTIME_TIMESTAMP, microseconds since 1970, is also
 * @timestamp. Fields that hold a number by definition (PRIORITY, _PID, _UID, ...) are numbers when
 * they are one, all others strings; bytes that are not UTF-8 become U+FFFD. __CURSOR and others
 * that begin with `__` are left out but for __MONOTONIC_TIMESTAMP. A field that comes twice in an
 * entry is two members of one name.
 */
#ifndef TP_RECORD_JOURNAL_H
#define TP_RECORD_JOURNAL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "record/fields.h"
#include "value/time.h"

#define TP_JOURNAL_MAX_FIELD ((size_t)64 << 20)

/* The byte behind the entry that begins at P within whole lines [P, END), or NULL when it is not
 * complete there; never NULL when AT_END. A binary field of more than TP_JOURNAL_MAX_FIELD bytes,
 * or one that the input ends in, ends an entry with the line of its name. */
const char *tp_journal_next(const char *p, const char *end, bool at_end);

/* Appends the record of ENTRY (with its last newline taken off): 1; 0 for an empty line; -1 with
 * the reason and the place, and TO as it was. FIELDS is scratch. */
int tp_journal_read(struct tp_fields *fields, struct tp_str entry, struct tp_buf *to, tp_time *time,
                    struct tp_err *err);

#endif
