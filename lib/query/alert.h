/*
 * alert: a condition over rows of statistics that a program writes of itself, and whether it has
 * just become true.
 *
 * The condition is an expression (query/expr) in which durations such as 30s or 1h30m stand for
 * their seconds, since that is how rows hold them.
 */
#ifndef TP_QUERY_ALERT_H
#define TP_QUERY_ALERT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tp_alert; /* opaque */

/* Appends TEXT with its durations as seconds: what messages about its places refer to. */
void tp_alert_rewrite(const char *text, struct tp_buf *to);

/* Of a text that was rewritten, over rows whose members are among NAMES[0..COUNT): on another one
 * the alert would wait for ever. NULL with the reason and its place (TP_FAULT_USAGE). */
struct tp_alert *tp_alert_new(struct tp_str text, const struct tp_str *names, size_t count,
                              struct tp_err *err);
void tp_alert_free(struct tp_alert *alert);

/* ROW ends with a newline; room for padding is made behind it. 1: the condition has become true;
 * 0: it is not, or was already; -1: it failed on this row. */
int tp_alert_judge(struct tp_alert *alert, struct tp_buf *row, struct tp_err *err);

#endif
