/*
 * zone_rule: the POSIX rule for a zone's offsets, as in $TZ and in the footer of a TZif file
 * (POSIX.1-2017 XBD 8.3; hours to 167 as RFC 8536 section 3.3.1 has them). Private to zone.
 */
#ifndef TP_VALUE_ZONE_RULE_H
#define TP_VALUE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum tp_zone_day_kind {
    TP_ZONE_DAY_JULIAN,   /* Jn: 1..365, 29 February never counted */
    TP_ZONE_DAY_OF_YEAR,  /* n: 0..365, 29 February counted */
    TP_ZONE_DAY_OF_MONTH, /* Mm.w.d: the w-th (5: last) weekday d (0: Sunday) of month m */
};

struct tp_zone_day {
    enum tp_zone_day_kind kind;
    int day; /* n or d */
    int month, week;
    int32_t time; /* seconds after local midnight; may leave the day */
};

struct tp_zone_rule {
    int32_t standard, summer; /* seconds east of UTC */
    bool has_summer;
    struct tp_zone_day summer_start, summer_end;
};

/* A time during which one offset is in force: from <= second < until. */
struct tp_zone_span {
    int64_t from, until;
    int32_t offset;
};

/* False when TEXT is no rule. */
bool tp_zone_rule_parse(struct tp_str text, struct tp_zone_rule *rule);

struct tp_zone_span tp_zone_rule_span(const struct tp_zone_rule *rule, int64_t second);

#endif
