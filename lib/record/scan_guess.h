/*
 * scan_guess: learns what stands between the scalars of a stream of lines, and recognises it by
 * comparing bytes. Private to scan.
 *
 * Lines of one source repeat everything but their values: after the value of `time` comes
 * `,"ip":"` nearly always. A *piece* is such a run of bytes between two scalars, as the walker
 * crossed it once, with all it did: where it led (a *place*: the open containers), which slot the
 * next scalar goes to, which slots it changed. What the walker does depends on the place it starts
 * from and on the bytes only; so where the same bytes follow at the same place, the piece's
 * outcome holds and the walker is not needed. There is no grammar here: whatever is accepted is a
 * row of pieces that the walker accepted, and scalars that are checked as they come.
 *
 * Values of one length, one line after the other (times, status codes), are *steady*: where the
 * next piece begins is then known before the value is looked at, and that the value is as it was
 * is checked beside. Where members come in no order, pieces are looked up by the name in them.
 *
 * Memory is bounded: fixed pools. A stream that repeats nothing turns guessing off, for longer
 * each time.
 */
#ifndef TP_RECORD_SCAN_GUESS_H
#define TP_RECORD_SCAN_GUESS_H

#include "record/scan_walk.h"

struct tp_guess; /* opaque */

struct tp_guess *tp_guess_new(void); /* NULL when memory ran out */
void tp_guess_free(struct tp_guess *guess);

/* Members come in no order: look pieces up by name. It is found out, too; this is for tests. */
void tp_guess_expect_disorder(struct tp_guess *guess);

/* Scans the line at P with WALK set up for it. Returns the byte behind its newline; NULL when the
 * line is bad or beyond guessing, or the stream of a kind for which guessing does not pay: the
 * walker knows which. */
const char *tp_guess_line(struct tp_guess *guess, struct tp_walk *walk, const char *p);

#endif
