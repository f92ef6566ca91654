#include "stream/router.h"

#include "base/buf.h"
#include "stream/target.h"

static struct tp_route_name
route_name(const struct tp_template *template, struct tp_str text)
{
    bool is_file = tp_template_kind(template) == TP_TEMPLATE_FILE;
    bool makes_folders = is_file && !tp_template_is_fixed(template);

    return (struct tp_route_name){
        .form = is_file ? TP_ROUTE_FILE : TP_ROUTE_TARGET,
        .text = text,
        .folder = makes_folders ? tp_template_folder(template).len : text.len,
    };
}

struct tp_route *
tp_router_find(struct tp_router *router, const struct tp_template *template, struct tp_str name,
               struct tp_err *err)
{
    struct tp_route_name named = route_name(template, name);

    return tp_router_route(router, &named, false, err);
}

struct tp_route *
tp_router_pin(struct tp_router *router, struct tp_template *template, uint64_t number,
              struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_route *route = NULL;

    if (tp_template_write(template, NULL, number, &text, err) == 0) {
        struct tp_route_name named = route_name(template, tp_buf_str(&text));

        route = tp_router_route(router, &named, true, err);
    }
    if (!route)
        err->fault = TP_FAULT_USAGE;
    tp_buf_release(&text);
    return route;
}

int
tp_router_check(const struct tp_template *template, struct tp_err *err)
{
    if (tp_template_is_fixed(template) ||
        tp_target_check_folder(tp_template_folder(template), err) == 0)
        return 0;
    err->fault = TP_FAULT_USAGE;
    return -1;
}
