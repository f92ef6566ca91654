/*
 * agg_state: the pieces of which saved accumulators are made. Private to query/agg* and
 * query/step*.
 *
 * Whole numbers beyond 2^53 are quoted, for the sake of readers that know only doubles. A value is
 * itself where JSON has it, and an object of one member where not: {"time":1}, {"duration":1},
 * {"json":[1,2]}, {"real":"inf"}.
 */
#ifndef TP_QUERY_AGG_STATE_H
#define TP_QUERY_AGG_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "value/num.h"
#include "value/value.h"

/* Writes it to TO, where there is room for TP_AGG_WHOLE_MAX bytes, and returns what is behind it.
 */
#define TP_AGG_WHOLE_MAX (TP_NUM_WIDE_MAX + 2)
char *tp_agg_write_whole(char *to, __int128 whole);

void tp_agg_put_whole(struct tp_buf *to, __int128 whole);
void tp_agg_put_real(struct tp_buf *to, double real);
void tp_agg_put_value(struct tp_buf *to, struct tp_value value);

/* Reads valid JSON of unknown shape. All zero but at and end is fresh; release gives its memory
 * back. What does not come as expected is false, and then all is lost. */
struct tp_agg_reader {
    const char *at, *end;
    struct tp_buf text; /* of the value read last */
    bool memory;        /* ran out */
};

/* C, behind any white space. */
bool tp_agg_read_spaced(struct tp_agg_reader *from, char c);

/* The same; we write none. */
static inline bool
tp_agg_read_char(struct tp_agg_reader *from, char c)
{
    if (from->at == from->end || *from->at != c)
        return tp_agg_read_spaced(from, c);
    from->at++;
    return true;
}

/* The inside of a string, its escapes still there. */
bool tp_agg_read_string(struct tp_agg_reader *from, struct tp_str *inside);
bool tp_agg_read_whole(struct tp_agg_reader *from, __int128 *whole);
bool tp_agg_read_int(struct tp_agg_reader *from, int64_t *integer);
bool tp_agg_read_count(struct tp_agg_reader *from, uint64_t *count); /* 0 .. INT64_MAX */
bool tp_agg_read_real(struct tp_agg_reader *from, double *real);
/* Its text is borrowed until the next one is read. */
bool tp_agg_read_value(struct tp_agg_reader *from, struct tp_value *value);
/* Any JSON value, as its text. */
bool tp_agg_read_json(struct tp_agg_reader *from, struct tp_str *json);

/* `[`; then for each element more() is true, until `]`, which it takes. BROKEN says that something
 * else stood there. */
bool tp_agg_read_more(struct tp_agg_reader *from, bool *first, bool *broken);

#endif
