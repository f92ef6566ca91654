/*
 * router: many targets by name, few of them open.
 *
 * A route is a target that may be closed for a while: when more than max_open would be open, the
 * regular file that was written to longest ago is closed, and opened again, to append, when its
 * next line comes. Commands, pipes and sockets are never closed early, since that would end them;
 * when max_open of them are open, one more is an error.
 *
 * Lines are borrowed (tp_router_pass): neighbours that go to the same route grow together and are
 * written as one piece; tp_router_settle ends the loan.
 *
 * Control lines (tp_router_say) go to every route that speaks: streams, or all, as the settings
 * say. A route that opens later first gets the `start` and the watermark that the others have had.
 * A file that is closed meanwhile gets the newest watermark when it is opened again; barriers and
 * `end` open it for themselves.
 *
 * A route that failed is dead: nothing is written to it any more.
 */
#ifndef TP_STREAM_ROUTER_H
#define TP_STREAM_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "record/control.h"
#include "stream/template.h"

struct tp_router; /* opaque */
struct tp_route;  /* opaque; the router's */

struct tp_router_settings {
    size_t max_open;                      /* at least 1 */
    bool control_streams, control_others; /* who gets control lines */
};

/* Hears of a route's failure. */
typedef void tp_router_listener(void *user, const struct tp_err *err);

struct tp_router *tp_router_new(const struct tp_router_settings *settings); /* NULL: memory */
void tp_router_free(struct tp_router *router); /* closes what is open, failures unheard */

/* From now on a route that fails is no failure of the verb: FAILED is told once of each, and the
 * others go on. */
void tp_router_skip_failed(struct tp_router *router, tp_router_listener *failed, void *user);

enum tp_route_form {
    TP_ROUTE_TARGET, /* by the grammar of target.h */
    TP_ROUTE_FILE,   /* a file, whatever its name looks like */
};

struct tp_route_name {
    enum tp_route_form form;
    struct tp_str text;
    size_t folder; /* bytes of TEXT that name a folder which must exist; those behind are made */
};

/*
 * The route of that NAME; opened if it is new. PINNED ones stay valid for the router's life, others
 * until the next verb but tp_router_pass. NULL on failure; one that could not be opened and was
 * skipped is dead.
 */
struct tp_route *tp_router_route(struct tp_router *router, const struct tp_route_name *name,
                                 bool pinned, struct tp_err *err);
/* The same by templates: the route of NAME, which TEMPLATE made of a record. */
struct tp_route *tp_router_find(struct tp_router *router, const struct tp_template *template,
                                struct tp_str name, struct tp_err *err);

/* Before anything is read (TP_FAULT_USAGE): the pinned route of a template without members; and
 * whether the folder of one with members is there. */
struct tp_route *tp_router_pin(struct tp_router *router, struct tp_template *template,
                               uint64_t number, struct tp_err *err);
int tp_router_check(const struct tp_template *template, struct tp_err *err);

bool tp_route_is_dead(const struct tp_route *route);
struct tp_str tp_route_name(const struct tp_router *router, const struct tp_route *route);

/* LINE (one or more whole lines) goes to ROUTE; borrowed until tp_router_settle. */
int tp_router_pass(struct tp_router *router, struct tp_route *route, struct tp_str line,
                   struct tp_err *err);
int tp_router_settle(struct tp_router *router, struct tp_err *err);
int tp_router_flush(struct tp_router *router, struct tp_err *err);

/* A control line of KIND, with its newline. */
int tp_router_say(struct tp_router *router, enum tp_control_kind kind, struct tp_str line,
                  struct tp_err *err);

/* Writes what has gathered, closes all routes, waits for the commands: -1 with the first failure.
 * FAILED, where it is not NULL, hears of the others. */
int tp_router_close(struct tp_router *router, tp_router_listener *failed, void *user,
                    struct tp_err *err);

size_t tp_router_open(const struct tp_router *router);  /* how many are open */
size_t tp_router_known(const struct tp_router *router); /* how many are remembered */

#endif
