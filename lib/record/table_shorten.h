/*
 * table_shorten: numbers with as many decimals as people read. Private to table.
 */
#ifndef TP_RECORD_TABLE_SHORTEN_H
#define TP_RECORD_TABLE_SHORTEN_H

#include "base/buf.h"
#include "base/str.h"

/* NUMBER (JSON's), rounded as tp_table_set_exact says: itself, or appended to SCRATCH. */
struct tp_str tp_table_shorten(struct tp_str number, struct tp_buf *scratch);

#endif
