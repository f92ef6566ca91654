/*
 * time_read: what the readers of times share. Private to time, zone and stamp.
 *
 * A reader moves a cursor over text and yields a reading: the local second, and what was said
 * about the zone. Only tp_reading_instant turns that into a tp_time, so that range and leap
 * seconds are judged in one place, in UTC.
 */
#ifndef TP_VALUE_TIME_READ_H
#define TP_VALUE_TIME_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "value/time.h"

struct tp_reading {
    int64_t second; /* since 1970, as if the local time were UTC */
    int32_t nano;
    int32_t offset; /* seconds east of UTC, when zoned */
    bool zoned;
    bool leap; /* the second was written :60 */
};

struct tp_cursor {
    const char *at;
    const char *end;
};

static inline bool
tp_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline int
tp_two_digits(const char *p)
{
    return tp_is_digit(p[0]) && tp_is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : -1;
}

static inline bool
tp_cursor_skip(struct tp_cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

/* A number of LEAST to MOST (up to 9) digits; -1, unmoved, when there are fewer. */
int tp_cursor_digits(struct tp_cursor *cursor, int least, int most);

/* Fraction digits as nanoseconds, those behind the ninth cut off; -1 when there is none. */
int32_t tp_cursor_fraction(struct tp_cursor *cursor);

/* `Z`, `z`, +-hh:mm, +-hhmm or +-hh. False, unmoved, when there is none. */
bool tp_cursor_offset(struct tp_cursor *cursor, int32_t *offset);

/* Reads all of TEXT as RFC 3339. NULL, or why not; *AT is then where. */
const char *tp_reading_rfc3339(struct tp_str text, struct tp_reading *reading, long *at);

/* The instant of a reading whose zone is settled (zoned or not, `offset` is subtracted). */
int tp_reading_instant(const struct tp_reading *reading, struct tp_str text, tp_time *time,
                       struct tp_err *err);

/* 1..12 of three letters in any case, 0 when they name no month. */
int tp_month_of_letters(const char *letters);

/* `no time: "TEXT" (REASON)`, a TP_FAULT_RECORD. */
int tp_time_refuse(struct tp_err *err, struct tp_str text, long at, const char *reason);

/* `time out of range: "TEXT" (…)`. */
int tp_time_refuse_range(struct tp_err *err, struct tp_str text);

/* A text as messages show it: about 40 bytes, control characters replaced. */
struct tp_excerpt {
    char text[48];
};

struct tp_excerpt tp_excerpt_of(struct tp_str text);

#endif
