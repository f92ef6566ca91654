/*
 * heard: the rows that were said, as text, one behind the other, for tests to compare.
 */
#ifndef TP_TESTS_HEARD_H
#define TP_TESTS_HEARD_H

#include <stdio.h>
#include <string.h>

#include "event/row.h"
#include "query/agg.h"

struct heard {
    char text[256];
    const struct tp_aggs *aggs;
};

/* Appends the key of ROW, BOUNDS as the test writes them, and its columns. */
static inline int
heard_row(struct heard *heard, const struct tp_row *row, const char *bounds, struct tp_err *err)
{
    struct tp_buf columns = TP_BUF_INIT;
    size_t used = strlen(heard->text);

    if (tp_aggs_write(heard->aggs, row->acc, &columns, err) < 0)
        return -1;
    snprintf(heard->text + used, sizeof heard->text - used, "%.*s%s%s ", (int)row->key.len,
             row->key.ptr, bounds, tp_buf_text(&columns));
    tp_buf_release(&columns);
    return 0;
}

#endif
