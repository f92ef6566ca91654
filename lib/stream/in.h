/*
 * in: reads an input in blocks of whole lines.
 *
 * FILE operands, `-` for standard input, FIFOs and sockets; gzip and zstd are told by their magic
 * bytes and unpacked on the way, on standard input too (concatenated members and frames; a
 * truncated one is an error). A block is borrowed until the next call for the same input.
 */
#ifndef TP_STREAM_IN_H
#define TP_STREAM_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define TP_IN_PADDING 64 /* readable bytes behind a block */

struct tp_in; /* opaque */

/* NAME is a path or `-`. A FIFO is opened without blocking and waits for its first writer. A
 * directory is an error. NULL with the reason. MAX_LINE in bytes without the newline; a longer line
 * is skipped and reported (TP_IN_TOO_LONG), and memory is bounded by MAX_LINE and two blocks. Block
 * size: $TIDEPIPE_BLOCK bytes, by default 256 KiB. A byte order mark at the start is skipped. */
struct tp_in *tp_in_open(const char *name, size_t max_line, struct tp_err *err);

/* The same for one of COUNT inputs that will be open together. When that is more than a process may
 * have (the soft limit is raised as far as it goes), a regular file has a descriptor only while it
 * is read, and must not be replaced meanwhile. Of many inputs blocks are smaller: 64 MiB in all, 4
 * KiB each at least. */
struct tp_in *tp_in_open_one_of(size_t count, const char *name, size_t max_line,
                                struct tp_err *err);
void tp_in_close(struct tp_in *in); /* standard input itself stays open; NULL is fine */

/* The name for messages: the operand, `stdin` for standard input. */
const char *tp_in_name(const struct tp_in *in);

enum tp_in_state {
    TP_IN_ERROR = -1, /* after all whole lines before the damage; again at every later call */
    TP_IN_BLOCK,      /* *BLOCK is one or more whole lines */
    TP_IN_WAIT,       /* nothing to read now: wait with tp_in_wait */
    TP_IN_TOO_LONG,   /* a line longer than max_line is dropped: *BLOCK is its first 200 bytes */
    TP_IN_END,        /* end of input; again at every later call */
};

/*
 * The next whole lines. The block's last byte is '\n' (one is added behind an unterminated last
 * line of the input; tp_in_unterminated says so) and TP_IN_PADDING bytes behind it are readable.
 * Never blocks on a pipe, FIFO, socket or terminal that has nothing to read: TP_IN_WAIT.
 */
enum tp_in_state tp_in_next(struct tp_in *in, struct tp_str *block, struct tp_err *err);

/* Puts the end of the last block back: the next block begins with its bytes from FROM on, and goes
 * beyond them: twice as far, unless there is nothing to read now. For records that span lines
 * (CSV). At the end of input the same bytes come once more
 * with tp_in_at_end() true, and then are taken whatever is kept. Bytes kept and the line begun
 * behind them are one line for MAX_LINE: too long, they are dropped together. */
void tp_in_keep(struct tp_in *in, const char *from);
bool tp_in_at_end(const struct tp_in *in);

bool tp_in_unterminated(const struct tp_in *in);

/* Bytes (unpacked) before the current block since the start of input. */
uint64_t tp_in_offset(const struct tp_in *in);

bool tp_in_is_regular(const struct tp_in *in); /* a regular file: always readable, has an end */
bool tp_in_is_packed(const struct tp_in *in);  /* gzip or zstd; known when a block was read */

/* --- for those who follow a file (stream/tail) ------------------------------------------------*/

/* FD is taken over, also on failure; NAME is for messages. */
struct tp_in *tp_in_adopt(int fd, const char *name, size_t max_line, struct tp_err *err);

int tp_in_fd(const struct tp_in *in); /* borrowed */

/* ENDLESS: where a regular file ends now is not its end: TP_IN_WAIT. Taken back, the next call
 * reads on. */
void tp_in_set_endless(struct tp_in *in, bool endless);

/* Here is its end, whatever stands behind: what was read and not given out comes, then TP_IN_END.
 */
void tp_in_end_here(struct tp_in *in);

/* Before the first block of a plain regular file: begins at byte OFFSET. */
int tp_in_seek(struct tp_in *in, uint64_t offset, struct tp_err *err);

/* Waits until one of INPUTS[0..count) may be read or TIMEOUT_MS went by (-1: for ever). NULL
 * entries and inputs that returned TP_IN_END are skipped. Returns 1 when one is readable (an end or
 * an error to tell counts), 0 on timeout or signal, -1 on error. */
int tp_in_wait(struct tp_in *const *inputs, size_t count, int timeout_ms, struct tp_err *err);

/* The same for those that are not HELD. Those that are held back are drained meanwhile, into memory
 * and then into a temporary file (stream/backlog), and read from there later: nobody who writes to
 * them is ever stopped, nor is, through him, the one who is waited for. Returns 0 also when
 * something was drained. */
int tp_in_wait_holding(struct tp_in *const *inputs, const bool *held, size_t count, int timeout_ms,
                       struct tp_err *err);

#endif
