/*
 * rule: `EXPR => TARGET`, taken apart: what stands on the two sides of the arrow.
 *
 * An arrow in quotes is none. A second one may only stand in a command (`| ...`): elsewhere it is
 * a comparison that was written the wrong way round.
 */
#ifndef TP_QUERY_RULE_H
#define TP_QUERY_RULE_H

#include "base/err.h"
#include "base/str.h"

struct tp_rule {
    struct tp_str when, target; /* in the text that was parsed, without white space around */
};

/* -1 with the reason. Neither side is looked into. */
int tp_rule_parse(struct tp_str text, struct tp_rule *rule, struct tp_err *err);

#endif
