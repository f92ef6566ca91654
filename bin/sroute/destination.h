/*
 * destination: where a rule sends records: a TARGET (stream/template) and, where that has but one
 * name or a part's number is all that makes one, its routes, which are open from the start.
 */
#ifndef SROUTE_DESTINATION_H
#define SROUTE_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "filter/operator.h"
#include "stream/router.h"
#include "stream/template.h"

/* All zero is none. */
struct destination {
    struct tp_template *name;
    struct tp_route *route; /* when it has but one name, and is not standard output */
    struct tp_route **part; /* by number, when {n} is its only field */
    bool goes_on;           /* to standard output */
};

/* TARGET, of OPTION. Asks the stage for its members. */
int destination_open(struct destination *to, struct tp_stage *stage, struct tp_router *router,
                     const char *option, struct tp_str target, struct tp_err *err);

/* The same for one of PARTS targets. */
int destination_open_parts(struct destination *to, struct tp_stage *stage, struct tp_router *router,
                           struct tp_str target, uint64_t parts, struct tp_err *err);

void destination_release(struct destination *to);

#endif
