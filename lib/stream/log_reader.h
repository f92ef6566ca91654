/*
 * log_reader: reads a log (stream/log) over its segments, from any byte, and goes on as it grows.
 *
 * A place is a byte of the log, and names no file: so another process goes on from it whatever
 * segments there are by then, and a mark of the bytes before it shows whether it is the same log.
 * What the log itself says must be there (the end in an index, the number of the next segment, the
 * end that is committed) and is not is an error, behind the whole lines before it; so are bytes
 * that were removed before they were read, and, found out at the next look, bytes that were read
 * and then taken back. Who reads only what is COMMITTED does not meet the last.
 *
 * The end of a segment is where the next one begins by its number: until that is there, the last
 * may grow. Half a line at its end is not given: it may be taken away by who goes on with the log.
 */
#ifndef TP_STREAM_LOG_READER_H
#define TP_STREAM_LOG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "stream/in.h"
#include "stream/tail_place.h"
#include "value/time.h"

struct tp_log_reader; /* opaque */

struct tp_log_reader_settings {
    bool follow;    /* it has no end: its folder may be missing or empty yet */
    bool committed; /* what could be taken back is not there yet */
    size_t max_line;
};

/* NULL with the reason. */
struct tp_log_reader *tp_log_reader_open(const char *folder,
                                         const struct tp_log_reader_settings *settings,
                                         struct tp_err *err);
void tp_log_reader_close(struct tp_log_reader *reader); /* NULL is fine */

/* Before the first block, one of these: begins at the first line that starts at byte OFFSET of the
 * log or behind it; where the index says that nothing of TIME or later can stand before it; at the
 * end there is now. */
int tp_log_reader_skip_to(struct tp_log_reader *reader, uint64_t offset, struct tp_err *err);
int tp_log_reader_skip_to_time(struct tp_log_reader *reader, tp_time time, struct tp_err *err);
int tp_log_reader_skip_all(struct tp_log_reader *reader, struct tp_err *err);

/* ... or goes on at PLACE, where another process stopped. */
int tp_log_reader_resume(struct tp_log_reader *reader, const struct tp_tail_place *place,
                         struct tp_err *err);

/* Whole lines, as tp_in_next gives them. */
enum tp_in_state tp_log_reader_next(struct tp_log_reader *reader, struct tp_str *block,
                                    struct tp_err *err);

/* No end is waited for any more: what is there comes, then TP_IN_END. */
void tp_log_reader_stop_following(struct tp_log_reader *reader);

/* The file at hand, or the folder while there is none; how many were read before it. */
const char *tp_log_reader_name(const struct tp_log_reader *reader);
uint64_t tp_log_reader_turn(const struct tp_log_reader *reader);

/* Something to tell people since the last call, or NULL. */
const char *tp_log_reader_news(struct tp_log_reader *reader);

/* Where the last block began in the log. */
uint64_t tp_log_reader_offset(const struct tp_log_reader *reader);

/* Behind the last line that was given; when only TAKEN, the beginning of the last block, was used.
 * It is no file: device and inode are 0. */
struct tp_tail_place tp_log_reader_place(const struct tp_log_reader *reader);
struct tp_tail_place tp_log_reader_place_behind(const struct tp_log_reader *reader,
                                                struct tp_str taken);

#endif
