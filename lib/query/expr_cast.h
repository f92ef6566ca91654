/*
 * expr_cast: values from one kind to another, and their order. Private to the room expr.
 */
#ifndef TP_QUERY_EXPR_CAST_H
#define TP_QUERY_EXPR_CAST_H

#include "query/expr_node.h"

/* The type NAME (BIGINT, STRING, …; any case). */
bool tp_cast_find(struct tp_str name, enum tp_cast *cast);
struct tp_str tp_cast_likest(struct tp_str name);
const char *tp_cast_name(enum tp_cast cast);
unsigned tp_cast_gives(enum tp_cast cast); /* TP_SET_… */

/* Turns *VALUE, which NODE yielded and which is not NULL, into the type. -1 with the reason. */
int tp_cast(struct tp_run *run, const struct tp_node *node, enum tp_cast cast,
            struct tp_value *value);

/* The same for what operators want without a CAST: text and numbers as an instant; text as a
 * duration; anything as text. */
int tp_want_time(struct tp_run *run, const struct tp_node *node, struct tp_value *value);
int tp_want_duration(struct tp_run *run, const struct tp_node *node, struct tp_value *value);
int tp_want_text(struct tp_run *run, const struct tp_node *node, struct tp_value *value);

/* Reads an SQL number: as JSON's, but `1.`, `.5`, `007` and a sign `+` are numbers too, and what
 * has a point or an exponent is TP_REAL (1e3 is a DOUBLE). False when it is none, or longer. */
#define TP_NUMBER_MAX 400
bool tp_read_number(struct tp_str text, struct tp_value *value);

/* Appends VALUE as CAST(… AS VARCHAR) gives it. */
void tp_put_printed(struct tp_buf *to, struct tp_value value);

/* The order of A and B, which the nodes LEFT and RIGHT yielded and which are not NULL: <0, 0, >0
 * in *ORDER. -1 when they cannot be compared. */
int tp_compare(struct tp_run *run, const struct tp_node *left, const struct tp_node *right,
               struct tp_value *a, struct tp_value *b, int *order);

/* Are they equal? 1 or 0, or -1 when they cannot be compared. */
int tp_equal(struct tp_run *run, const struct tp_node *left, const struct tp_node *right,
             struct tp_value *a, struct tp_value *b);

/* The kinds that something of these kinds may be compared with. */
unsigned tp_comparable(unsigned kinds);

#endif
