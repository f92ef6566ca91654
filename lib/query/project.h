/*
 * project: makes rows of a record and a list of expressions.
 *
 *     tp_project_list   `ip, upper(method) AS verb, user.id AS who.id, *`: a new row
 *     tp_project_set    `kib = bytes / 1024.0, user.name = lower(user.name)`: the line, edited
 *
 * All expressions see the record as it came. A list that is nothing but a member copies its value
 * byte for byte; one that is missing gives null. `*` gives the members as they stand, without those
 * in EXCEPT and those that the list names itself. `AS a.b` makes an object `a`; what goes to the
 * same object is brought together where the first of it stands.
 *
 * A list keeps the record's own `@timestamp`, in front, and `@op`, at the end, unless it names them
 * itself or has them by `*`.
 *
 * Setting a member that is there replaces its value where it stands (of repeated ones the last,
 * which is the one that counts); any other is added at the end of its object. Objects on the way
 * are made where there is nothing or null; anything else there is a bad record.
 */
#ifndef TP_QUERY_PROJECT_H
#define TP_QUERY_PROJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "query/select.h"
#include "record/scan.h"

struct tp_project; /* opaque */

/* SELECT (with TP_SELECT_ALL, TP_SELECT_UNNEST; of tp_select_parse_set) is owned from here on, also
 * on failure. Asks SCAN for further members. NULL with the reason. */
struct tp_project *tp_project_list(struct tp_select *select, struct tp_scan *scan,
                                   struct tp_err *err);
struct tp_project *tp_project_set(struct tp_select *select, struct tp_scan *scan,
                                  struct tp_err *err);
void tp_project_free(struct tp_project *project);

/* Are all its rows the lines that came (the list is `*`)? */
bool tp_project_is_identity(const struct tp_project *project);

/* The list it was made from; borrowed. */
const struct tp_select *tp_project_select(const struct tp_project *project);

/*
 * Begins with the record LINE of MEMBERS members, scanned into SLOTS: evaluates all expressions.
 * Then tp_project_next appends a row, without a newline, and returns true, until there is none
 * left (tp_project_ended): one in all, or with UNNEST one for each element. -1 with the reason when
 * an expression fails. Line and slots are borrowed until the last row. Memory failure shows in TO.
 */
int tp_project_begin(struct tp_project *project, struct tp_str line, size_t members,
                     const struct tp_slot *slots, struct tp_err *err);
bool tp_project_next(struct tp_project *project, struct tp_buf *to);
bool tp_project_ended(const struct tp_project *project);

#endif
