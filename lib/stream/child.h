/*
 * child: a command with both ends in our hands: we feed its standard input and read lines from its
 * standard output, without ever waiting for the one while it waits for the other.
 *
 *     tp_child_feed(child, line, &err);                 gathers
 *     tp_child_move(child, -1, -1, &err);               writes and reads what can be
 *     while (tp_child_line(child, &line)) ...           what it answered
 *
 * What it holds: the bytes fed and not yet written (tp_child_unsent; the caller bounds them by
 * moving) and what one read brought, or one line as far as it came. The command's death is told by
 * its end of output, not by SIGPIPE. Failures name the command.
 */
#ifndef TP_STREAM_CHILD_H
#define TP_STREAM_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct tp_child; /* opaque */

/* Runs WORDS (ends with NULL): one word is a text for /bin/sh, several are a program and its
 * arguments. Lines of its output longer than MAX_LINE are refused. */
struct tp_child *tp_child_start(const char *const *words, size_t max_line, struct tp_err *err);

/* Frees it; a command that was not waited for is left to notice that its streams are closed. NULL
 * is fine. */
void tp_child_free(struct tp_child *child);

/* Its words, shortened, on one line: for messages. */
const char *tp_child_name(const struct tp_child *child);

/* Copies BYTES for it to read. Does nothing when it closed its input. */
int tp_child_feed(struct tp_child *child, struct tp_str bytes, struct tp_err *err);
size_t tp_child_unsent(const struct tp_child *child);

/* No more input: it sees the end once all that was fed is written. */
void tp_child_end_input(struct tp_child *child);

enum tp_child_move {
    TP_CHILD_MOVED = 1, /* bytes went one way or the other, or its output ended */
    TP_CHILD_OTHER = 2, /* the other descriptor can be read */
};

/*
 * Writes what it takes and reads what there is, once. When neither can be: waits for it, or for
 * descriptor OTHER (-1: none) to be readable, at most TIMEOUT_MS (-1: for ever). Returns what
 * happened (a set of enum tp_child_move), 0 when the time was over, -1 on failure. All whole lines
 * must have been taken before.
 */
int tp_child_move(struct tp_child *child, int other, int timeout_ms, struct tp_err *err);

/* The next whole line it wrote, without its newline; at the end also what lacks one. Borrowed until
 * the next move. False: there is none yet. */
bool tp_child_line(struct tp_child *child, struct tp_str *line);

/* Its output is at the end (there may be lines to take). */
bool tp_child_ended(const struct tp_child *child);

/* It reads no more: it closed its input (which a write finds out), or we did. */
bool tp_child_is_deaf(const struct tp_child *child);

/* After the end: closes its streams and waits for it. -1 unless it exited with 0: "NAME: exit
 * status 1", "NAME: killed by signal 9". */
int tp_child_wait(struct tp_child *child, struct tp_err *err);

/* Ends it with SIGTERM, so that it does not take the end of its input for the end of the stream. */
void tp_child_stop(struct tp_child *child);

#endif
