#include "destination.h"

#include <stdlib.h>

static int
want_members(struct tp_stage *stage, struct tp_template *name, struct tp_err *err)
{
    for (size_t i = 0; i < tp_template_members(name); i++) {
        int slot = tp_stage_want_path(stage, tp_template_member(name, i), err);

        if (slot < 0)
            return -1;
        tp_template_set_slot(name, i, slot);
    }
    return 0;
}

/* What was written behind a commit has to be taken back, and nobody does that for a route. */
static int
check_kept(const struct tp_stage *stage, const struct tp_template *name, struct tp_str text,
           struct tp_err *err)
{
    if (!tp_stage_keeps_state(stage) || tp_template_kind(name) != TP_TEMPLATE_FILE)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE,
                      "--state: what goes into %.*s would come again after a restart; "
                      "\"| swrite --name NAME --sinks N %.*s\" takes it back",
                      (int)text.len, text.ptr, (int)text.len, text.ptr);
}

static int
prepare(struct destination *to, struct tp_stage *stage, struct tp_str target, struct tp_err *err)
{
    if (check_kept(stage, to->name, target, err) < 0 || want_members(stage, to->name, err) < 0)
        return -1;
    return tp_router_check(to->name, err);
}

int
destination_open(struct destination *to, struct tp_stage *stage, struct tp_router *router,
                 const char *option, struct tp_str target, struct tp_err *err)
{
    struct tp_err why;

    to->name = tp_template_parse(target, false, &why);
    if (!to->name)
        return tp_err_set(err, why.fault, "%s: %s", option, why.text);
    if (prepare(to, stage, target, err) < 0)
        return -1;
    to->goes_on = tp_template_kind(to->name) == TP_TEMPLATE_STDOUT;
    if (!tp_template_is_fixed(to->name) || to->goes_on)
        return 0;
    to->route = tp_router_pin(router, to->name, 0, err);
    return to->route ? 0 : -1;
}

/* All parts are there from the start, also those that get no record. */
static int
pin_parts(struct destination *to, struct tp_router *router, uint64_t parts, struct tp_err *err)
{
    to->part = calloc((size_t)parts, sizeof(struct tp_route *));
    if (!to->part)
        return tp_err_memory(err);
    for (size_t n = 0; n < parts; n++) {
        to->part[n] = tp_router_pin(router, to->name, n, err);
        if (!to->part[n])
            return -1;
    }
    return 0;
}

int
destination_open_parts(struct destination *to, struct tp_stage *stage, struct tp_router *router,
                       struct tp_str target, uint64_t parts, struct tp_err *err)
{
    to->name = tp_template_parse(target, true, err);
    if (!to->name)
        return -1;
    if (!tp_template_is_numbered(to->name))
        return tp_err_set(err, TP_FAULT_USAGE, "--hash: no {n} in the TARGET \"%.*s\"",
                          (int)target.len, target.ptr);
    if (prepare(to, stage, target, err) < 0)
        return -1;
    return tp_template_members(to->name) == 0 ? pin_parts(to, router, parts, err) : 0;
}

void
destination_release(struct destination *to)
{
    tp_template_free(to->name);
    free(to->part);
}
