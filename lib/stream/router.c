#include "stream/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/map.h"
#include "stream/target.h"

struct tp_route {
    struct tp_target *target;       /* NULL: closed, or dead */
    struct tp_route *newer, *older; /* among the open ones, by use */
    size_t folder;
    bool pinned, dead;
    bool opened;    /* at least once */
    bool regular;   /* may be closed early */
    bool speaks;    /* gets control lines */
    bool is_behind; /* a watermark came while it was closed */
};

struct tp_router {
    struct tp_router_settings set;
    tp_router_listener *failed; /* NULL: a failure is the verb's */
    void *user;
    struct tp_map *routes; /* form and name -> struct tp_route */
    struct tp_route *newest, *oldest;
    size_t open, lasting;       /* open ones; those of them that must stay open */
    struct tp_route *run_route; /* whose the borrowed lines are */
    struct tp_str run;
    const struct tp_route *keep;   /* is about to be written to: must not be closed */
    struct tp_buf life, watermark; /* what a route that opens now has missed */
    struct tp_buf key;
};

struct tp_router *
tp_router_new(const struct tp_router_settings *settings)
{
    struct tp_router *router = calloc(1, sizeof *router);

    if (!router)
        return NULL;
    router->set = *settings;
    router->routes = tp_map_new(sizeof(struct tp_route));
    if (!router->routes) {
        free(router);
        return NULL;
    }
    return router;
}

void
tp_router_skip_failed(struct tp_router *router, tp_router_listener *failed, void *user)
{
    router->failed = failed;
    router->user = user;
}

/* --- the open ones, by use ---------------------------------------------------------------------*/

static void
unlink_route(struct tp_router *router, struct tp_route *route)
{
    *(route->newer ? &route->newer->older : &router->newest) = route->older;
    *(route->older ? &route->older->newer : &router->oldest) = route->newer;
    route->newer = route->older = NULL;
}

static void
link_newest(struct tp_router *router, struct tp_route *route)
{
    route->newer = NULL;
    route->older = router->newest;
    *(router->newest ? &router->newest->newer : &router->oldest) = route;
    router->newest = route;
}

static inline void
touch(struct tp_router *router, struct tp_route *route)
{
    if (router->newest == route)
        return;
    unlink_route(router, route);
    link_newest(router, route);
}

/* --- death -------------------------------------------------------------------------------------*/

/* Closes the target of ROUTE; WHY is filled when that fails. */
static int
close_target(struct tp_router *router, struct tp_route *route, struct tp_err *why)
{
    struct tp_target *target = route->target;

    unlink_route(router, route);
    route->target = NULL;
    router->open--;
    router->lasting -= !route->regular;
    return tp_target_close(target, why);
}

/* ROUTE failed for the reason WHY. Where that ends the run, a command is waited for here: its own
 * failure explains more than the broken pipe that it left. Where the run goes on it is left alone,
 * as it may live on without reading. */
static int
die(struct tp_router *router, struct tp_route *route, struct tp_err *why, struct tp_err *err)
{
    route->dead = true;
    if (router->failed) {
        router->failed(router->user, why);
        return 0;
    }
    if (route->target)
        close_target(router, route, why);
    if (err)
        *err = *why;
    return -1;
}

/* --- opening -----------------------------------------------------------------------------------*/

/* A closed file need not be remembered, unless it is owed control lines. */
static void
forget(struct tp_router *router, struct tp_route *route)
{
    if (!route->pinned && !route->speaks && !route->dead)
        tp_map_remove(router->routes, tp_map_key(router->routes, route));
}

/* The file that was used longest ago; NULL: none may be closed. */
static struct tp_route *
find_victim(const struct tp_router *router)
{
    struct tp_route *route = router->oldest;

    while (route && (!route->regular || route == router->keep || route == router->run_route))
        route = route->newer;
    return route;
}

/* 1: there was one to close, 0: none, -1: closing it failed. */
static int
close_one(struct tp_router *router, struct tp_err *err)
{
    struct tp_route *victim = find_victim(router);
    struct tp_err why;

    if (!victim)
        return 0;
    if (close_target(router, victim, &why) < 0)
        return die(router, victim, &why, err) < 0 ? -1 : 1;
    forget(router, victim);
    return 1;
}

static int
make_room(struct tp_router *router, struct tp_err *err)
{
    while (router->open >= router->set.max_open) {
        int closed = close_one(router, err);

        if (closed <= 0)
            return closed;
    }
    return 0;
}

/* Folders that values name. One that cannot be made shows when the file is opened. */
static void
make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

/* The name behind the byte that says the form. */
struct tp_str
tp_route_name(const struct tp_router *router, const struct tp_route *route)
{
    struct tp_str key = tp_map_key(router->routes, route);

    return (struct tp_str){key.ptr + 1, key.len - 1};
}

/* Opens, closing others as long as the system says that there are too many. */
static struct tp_target *
open_target(struct tp_router *router, struct tp_route *route, struct tp_err *why)
{
    enum tp_route_form form = (enum tp_route_form)tp_map_key(router->routes, route).ptr[0];
    struct tp_str name = tp_route_name(router, route);
    char *path = strndup(name.ptr, name.len);
    struct tp_target *target;

    if (!path) {
        tp_err_memory(why);
        return NULL;
    }
    if (form == TP_ROUTE_FILE && !route->opened)
        make_folders(path, route->folder);
    do {
        errno = 0;
        target = form == TP_ROUTE_FILE ? tp_target_open_file(path, why) : tp_target_open(path, why);
    } while (!target && (errno == EMFILE || errno == ENFILE) && close_one(router, why) > 0);
    free(path);
    return target;
}

static int
write_to(struct tp_router *router, struct tp_route *route, struct tp_str lines, struct tp_err *err)
{
    struct tp_err why;

    if (route->dead || lines.len == 0 || tp_target_write(route->target, lines, &why) == 0)
        return 0;
    return die(router, route, &why, err);
}

/* The route has just been opened: what it has missed. */
static int
catch_up(struct tp_router *router, struct tp_route *route, struct tp_err *err)
{
    bool first = !route->opened, behind = route->is_behind;

    route->opened = true;
    route->is_behind = false;
    if (!route->speaks)
        return 0;
    if (first && write_to(router, route, tp_buf_str(&router->life), err) < 0)
        return -1;
    return first || behind ? write_to(router, route, tp_buf_str(&router->watermark), err) : 0;
}

static int
open_route(struct tp_router *router, struct tp_route *route, struct tp_err *err)
{
    struct tp_err why;

    if (route->target || route->dead)
        return 0;
    if (make_room(router, err) < 0)
        return -1;
    if (router->lasting >= router->set.max_open) {
        struct tp_str name = tp_route_name(router, route);

        tp_err_set(&why, TP_FAULT_MACHINE,
                   "%.*s: commands and pipes have all %zu places (--max-open)", (int)name.len,
                   name.ptr, router->lasting);
        return die(router, route, &why, err);
    }
    route->target = open_target(router, route, &why);
    if (!route->target)
        return die(router, route, &why, err);
    route->regular = tp_target_is_regular(route->target);
    route->speaks = tp_target_is_stream(route->target) ? router->set.control_streams
                                                       : router->set.control_others;
    link_newest(router, route);
    router->open++;
    router->lasting += !route->regular;
    return catch_up(router, route, err);
}

/* A route that is kept while others are closed for it. */
static int
open_kept(struct tp_router *router, struct tp_route *route, struct tp_err *err)
{
    const struct tp_route *before = router->keep;
    int result;

    if (route->target)
        return 0;
    router->keep = route;
    result = open_route(router, route, err);
    router->keep = before;
    return result;
}

static struct tp_route *
add_route(struct tp_router *router, const struct tp_route_name *name, bool pinned,
          struct tp_err *err)
{
    struct tp_route *route;

    /* Opening may close and forget others: no borrowed lines may be theirs. */
    if (tp_router_settle(router, err) < 0)
        return NULL;
    route = tp_map_add(router->routes, tp_buf_str(&router->key), NULL);
    if (!route) {
        tp_err_memory(err);
        return NULL;
    }
    route->folder = name->folder;
    route->pinned = pinned;
    return open_kept(router, route, err) < 0 ? NULL : route;
}

struct tp_route *
tp_router_route(struct tp_router *router, const struct tp_route_name *name, bool pinned,
                struct tp_err *err)
{
    struct tp_route *route;

    tp_buf_clear(&router->key);
    tp_buf_put_char(&router->key, (char)name->form);
    tp_buf_put_str(&router->key, name->text);
    if (tp_buf_failed(&router->key)) {
        tp_err_memory(err);
        return NULL;
    }
    route = tp_map_find(router->routes, tp_buf_str(&router->key));
    if (!route)
        return add_route(router, name, pinned, err);
    route->pinned |= pinned;
    return route;
}

bool
tp_route_is_dead(const struct tp_route *route)
{
    return route->dead;
}

/* --- lines -------------------------------------------------------------------------------------*/

int
tp_router_settle(struct tp_router *router, struct tp_err *err)
{
    struct tp_route *route = router->run_route;
    struct tp_str run = router->run;
    int result;

    if (!route)
        return 0;
    result = open_route(router, route, err);
    router->run_route = NULL;
    router->run.len = 0;
    if (result < 0 || route->dead)
        return result;
    touch(router, route);
    return write_to(router, route, run, err);
}

int
tp_router_pass(struct tp_router *router, struct tp_route *route, struct tp_str line,
               struct tp_err *err)
{
    int result;

    if (router->run_route == route && router->run.ptr + router->run.len == line.ptr) {
        router->run.len += line.len;
        return 0;
    }
    router->keep = route;
    result = tp_router_settle(router, err);
    router->keep = NULL;
    router->run_route = route;
    router->run = line;
    return result;
}

int
tp_router_flush(struct tp_router *router, struct tp_err *err)
{
    struct tp_err why;

    if (tp_router_settle(router, err) < 0)
        return -1;
    for (struct tp_route *route = router->newest; route; route = route->older)
        if (!route->dead && tp_target_flush(route->target, &why) < 0 &&
            die(router, route, &why, err) < 0)
            return -1;
    return 0;
}

/* --- control lines -----------------------------------------------------------------------------*/

static int
note(struct tp_router *router, enum tp_control_kind kind, struct tp_str line, struct tp_err *err)
{
    struct tp_buf *to = kind == TP_CONTROL_WATERMARK ? &router->watermark : &router->life;

    if (kind != TP_CONTROL_WATERMARK && kind != TP_CONTROL_START && kind != TP_CONTROL_NONE)
        return 0;
    if (kind == TP_CONTROL_WATERMARK)
        tp_buf_clear(to);
    tp_buf_put_str(to, line);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

static int
say_to(struct tp_router *router, struct tp_route *route, enum tp_control_kind kind,
       struct tp_str line, struct tp_err *err)
{
    bool can_wait = kind == TP_CONTROL_WATERMARK || kind == TP_CONTROL_IDLE;

    if (!route->speaks || route->dead)
        return 0;
    if (!route->target && can_wait) {
        route->is_behind |= kind == TP_CONTROL_WATERMARK;
        return 0;
    }
    if (open_kept(router, route, err) < 0)
        return -1;
    return write_to(router, route, line, err);
}

int
tp_router_say(struct tp_router *router, enum tp_control_kind kind, struct tp_str line,
              struct tp_err *err)
{
    if (tp_router_settle(router, err) < 0)
        return -1;
    /* What is owed to the closed ones, too, none of which is forgotten: they speak. */
    for (struct tp_route *r = tp_map_first(router->routes); r; r = tp_map_next(router->routes, r))
        if (say_to(router, r, kind, line, err) < 0)
            return -1;
    if (note(router, kind, line, err) < 0)
        return -1;
    return kind == TP_CONTROL_WATERMARK || kind == TP_CONTROL_IDLE ? 0
                                                                   : tp_router_flush(router, err);
}

/* --- the end -----------------------------------------------------------------------------------*/

int
tp_router_close(struct tp_router *router, tp_router_listener *failed, void *user,
                struct tp_err *err)
{
    int result = tp_router_settle(router, err);

    while (router->newest) {
        struct tp_route *route = router->newest;
        bool known = route->dead && router->failed;
        struct tp_err why;

        if (close_target(router, route, &why) == 0 || known)
            continue;
        route->dead = true;
        if (router->failed)
            router->failed(router->user, &why);
        else if (result == 0)
            result = -1, *err = why;
        else if (failed)
            failed(user, &why);
    }
    return result;
}

void
tp_router_free(struct tp_router *router)
{
    if (!router)
        return;
    router->failed = NULL;
    router->run_route = NULL;
    tp_router_close(router, NULL, NULL, &(struct tp_err){0});
    tp_map_free(router->routes);
    tp_buf_release(&router->life);
    tp_buf_release(&router->watermark);
    tp_buf_release(&router->key);
    free(router);
}

size_t
tp_router_open(const struct tp_router *router)
{
    return router->open;
}

size_t
tp_router_known(const struct tp_router *router)
{
    return tp_map_count(router->routes);
}
