/*
 * zone_table: the transitions of a TZif file (RFC 8536; versions 1 to 4). Private to zone.
 */
#ifndef TP_VALUE_ZONE_TABLE_H
#define TP_VALUE_ZONE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "value/zone_rule.h"

struct tp_zone_table {
    size_t count;
    int64_t *at;     /* transitions, ascending, in seconds */
    int32_t *offset; /* count + 1: before the first, then from each on */
    bool has_rule;   /* for what lies behind the last transition */
    struct tp_zone_rule rule;
};

/* No offset is farther from UTC than this: the longest RFC 8536 asks readers to take is 26 h. */
#define TP_ZONE_OFFSET_MAX 93600

/* Reads the BYTES of a file. NAME is for messages. -1 when they are damaged; any bytes are safe. */
int tp_zone_table_read(struct tp_str bytes, const char *name, struct tp_zone_table *table,
                       struct tp_err *err);
void tp_zone_table_release(struct tp_zone_table *table);

struct tp_zone_span tp_zone_table_span(const struct tp_zone_table *table, int64_t second);

#endif
