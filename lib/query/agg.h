/*
 * agg: aggregate functions over the records of a group.
 *
 * A list of aggregates is parsed once (`count, avg(bytes) FILTER (WHERE status < 400) AS ok`)
 * and then drives accumulators: one block of tp_aggs_size() bytes a group, which the caller owns
 * and lays where it likes (aligned for any type, zeroed = empty) and may move. What an accumulator
 * needs beyond its block (values of a quantile, a set of distinct values) it allocates;
 * tp_aggs_clear gives that back. All are mergeable. NULL arguments are ignored as in SQL; an empty
 * group gives count 0 and NULL for the rest.
 *
 * All results are exact but for rounding: sums of integers and short decimals, extremes, distinct
 * counts (by value, never by hash alone) and quantiles do not depend on the order of records or on
 * how they were split among accumulators. Variances likewise for integers to 2^56 and decimals of
 * up to six places. Quantiles keep 8 bytes a value and take decimals as doubles. When memory runs
 * out part of a record may have been added; the accumulator can still be written and cleared.
 */
#ifndef TP_QUERY_AGG_H
#define TP_QUERY_AGG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "value/value.h"

struct tp_aggs; /* opaque */

/* NULL with the reason and its place in TEXT (unknown function with "did you mean", wrong number
 * of arguments, two columns of one name: "use AS"). */
struct tp_aggs *tp_aggs_parse(struct tp_str text, struct tp_err *err);
void tp_aggs_free(struct tp_aggs *aggs);

/* The distinct argument expressions, in the order in which update wants their values. Their text
 * is borrowed from AGGS; a caller compiles it. */
size_t tp_aggs_arguments(const struct tp_aggs *aggs);
struct tp_str tp_aggs_argument(const struct tp_aggs *aggs, size_t i);

/* The distinct conditions of FILTER, likewise; and which of them argument I has. Where it does not
 * hold the argument is to be NULL, without being evaluated. */
#define TP_AGG_NO_FILTER SIZE_MAX
size_t tp_aggs_filters(const struct tp_aggs *aggs);
struct tp_str tp_aggs_filter(const struct tp_aggs *aggs, size_t i);
size_t tp_aggs_argument_filter(const struct tp_aggs *aggs, size_t i);

/* The columns, in order. */
size_t tp_aggs_columns(const struct tp_aggs *aggs);
struct tp_str tp_aggs_column(const struct tp_aggs *aggs, size_t i);

size_t tp_aggs_size(const struct tp_aggs *aggs);

/* Of a struct of HEAD bytes with such a block behind them, to be followed by another one. */
size_t tp_aggs_size_behind(const struct tp_aggs *aggs, size_t head);

/*
 * Adds one record: VALUES[0..tp_aggs_arguments), its event time TIME, and SEQUENCE, which grows
 * with every record and settles ties of equal time (first keeps the earliest to arrive, last takes
 * the latest). Either the whole record is added or, when an argument has a type that a function
 * does not take (sum of a string), none of it: -1 with the reason. Borrowed text is copied.
 */
int tp_aggs_add(const struct tp_aggs *aggs, void *acc, const struct tp_value *values, tp_time time,
                uint64_t sequence, struct tp_err *err);

/* Would tp_aggs_add take VALUES? (As far as that depends on the values alone.) */
int tp_aggs_check(const struct tp_aggs *aggs, const struct tp_value *values, struct tp_err *err);

/* Is what tp_aggs_check says all there is to it, whatever an accumulator holds? */
bool tp_aggs_check_suffices(const struct tp_aggs *aggs);

/* Would tp_aggs_add take VALUES into ACC? */
int tp_aggs_check_add(const struct tp_aggs *aggs, const void *acc, const struct tp_value *values,
                      struct tp_err *err);

/* The first column, as it was written, that cannot take records out again; empty when all can
 * (count, sum, avg). */
struct tp_str tp_aggs_lasting(const struct tp_aggs *aggs);

/* Takes a record that was added out again, as a changelog's `retract` and `delete` ask; -1 as
 * tp_aggs_add. And is nothing left in ACC? Both only when no column is lasting. */
int tp_aggs_subtract(const struct tp_aggs *aggs, void *acc, const struct tp_value *values,
                     struct tp_err *err);
bool tp_aggs_is_empty(const struct tp_aggs *aggs, const void *acc);

/* Adds what FROM holds to INTO; FROM is left as it was. -1 only when memory ran out: parts that do
 * not go together (min of numbers and of strings) make a result that cannot be said. */
int tp_aggs_merge(const struct tp_aggs *aggs, void *into, const void *from, struct tp_err *err);

/* Appends `,"count":3,"avg_bytes":10.5`: every column, a comma before each. A result that cannot
 * be said (an integer sum beyond int64) is written as null and -1 is returned with the reason; the
 * row is whole all the same. May reorder what the accumulator keeps, so ACC is not const. */
int tp_aggs_write(const struct tp_aggs *aggs, void *acc, struct tp_buf *to, struct tp_err *err);

/* The same as values, for having and ranking: VALUES[0..tp_aggs_columns), text borrowed from ACC.
 */
int tp_aggs_values(const struct tp_aggs *aggs, void *acc, struct tp_value *values,
                   struct tp_err *err);

/*
 * Appends ACC as one JSON value, an array with an element for each kind of accumulator; and reads
 * that (valid JSON, by the same list of aggregates) into an empty one, which is as the saved one
 * was. -1 with the reason, and ACC empty, when it is something else.
 */
int tp_aggs_save(const struct tp_aggs *aggs, const void *acc, struct tp_buf *to,
                 struct tp_err *err);
int tp_aggs_load(const struct tp_aggs *aggs, void *acc, struct tp_str json, struct tp_err *err);

/* Bytes held beyond the block, for --max-memory. */
size_t tp_aggs_held(const struct tp_aggs *aggs, const void *acc);

/* Gives back what ACC allocated and zeroes it. */
void tp_aggs_clear(const struct tp_aggs *aggs, void *acc);

#endif
