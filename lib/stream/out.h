/*
 * out: writes a stream.
 *
 * Two ways in, in order: copied bytes (the buffer) and borrowed runs (tp_out_pass), which are
 * written straight from where they lie, several of them and the bytes between them by one write.
 * Neighbouring runs grow together. A borrowed run must stay valid until tp_out_settle. Output to
 * pipes: the pipe is enlarged (F_SETPIPE_SZ 1 MiB, failure ignored; 256 KiB next), at most 64 KiB a
 * write; short writes and EINTR are gone on with. EPIPE is the caller's to see only when SIGPIPE is
 * ignored: by default the signal kills, as for every filter.
 */
#ifndef TP_STREAM_OUT_H
#define TP_STREAM_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tp_out; /* opaque */

/* FD is borrowed; NAME is for messages ("standard output"). A closed FD is an error at once. */
struct tp_out *tp_out_new(int fd, const char *name, struct tp_err *err);

/* Flushes and closes FD: closing can fail too (standard output on NFS, disk full). What is left to
 * do is tp_out_free; a second close does nothing. */
int tp_out_close(struct tp_out *out, struct tp_err *err);
void tp_out_free(struct tp_out *out); /* without flushing or closing; NULL is fine */

/* Borrows [PTR, PTR+LEN) until tp_out_settle. */
int tp_out_pass(struct tp_out *out, const char *ptr, size_t len, struct tp_err *err);

/* The buffer to append to, behind everything passed so far; NULL on failure. Call tp_out_check
 * after each row appended. */
struct tp_buf *tp_out_buf(struct tp_out *out, struct tp_err *err);

/* Writes when much has gathered. */
int tp_out_check(struct tp_out *out, struct tp_err *err);

/* After this no borrowed run is referred to any more: what was passed is written, or copied where
 * it is little. */
int tp_out_settle(struct tp_out *out, struct tp_err *err);

/* Writes everything now: before a read that would block. */
int tp_out_flush(struct tp_out *out, struct tp_err *err);

bool tp_out_pending(const struct tp_out *out);   /* there are bytes that were not written */
uint64_t tp_out_bytes(const struct tp_out *out); /* taken in all: written and pending */

/* A pipe or a socket: where `--control=auto` writes control lines. */
bool tp_out_is_pipe(const struct tp_out *out);
bool tp_out_is_terminal(const struct tp_out *out);

#endif
