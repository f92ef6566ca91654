/* Many targets, few open: nothing lost, nothing torn, order kept, whatever is closed meanwhile. */
#include "stream/router.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char dir[] = "/tmp/tidepipe-router-XXXXXX";
static struct tp_err err;
static char heard[4096];

static void
listen(void *user, const struct tp_err *why)
{
    (void)user;
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", why->text);
}

static struct tp_router *
new_router(size_t max_open, bool streams, bool others)
{
    struct tp_router_settings settings = {max_open, streams, others};

    err.text[0] = heard[0] = '\0';
    return tp_router_new(&settings);
}

static struct tp_route *
file_route(struct tp_router *router, const char *name, bool pinned)
{
    char path[512];
    struct tp_route_name it = {TP_ROUTE_FILE, {path, 0}, strlen(dir) + 1};

    it.text.len = (size_t)snprintf(path, sizeof path, "%s/%s", dir, name);
    return tp_router_route(router, &it, pinned, &err);
}

static struct tp_route *
target_route(struct tp_router *router, const char *spec, bool pinned)
{
    struct tp_route_name it = {TP_ROUTE_TARGET, tp_str_of(spec), strlen(spec)};

    return tp_router_route(router, &it, pinned, &err);
}

static int
pass(struct tp_router *router, struct tp_route *route, const char *line)
{
    return tp_router_pass(router, route, tp_str_of(line), &err);
}

static const char *
content(const char *name)
{
    static char bytes[1 << 16];
    char path[512];
    FILE *file;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "r");
    len = file ? fread(bytes, 1, sizeof bytes - 1, file) : 0;
    bytes[len] = '\0';
    if (file)
        fclose(file);
    return file ? bytes : "(no file)";
}

/* Every line arrives, in the order of its route; few are open and few remembered. */
static void
test_many_files_few_open(void)
{
    enum { FILES = 40, LINES = 2000, OPEN = 3 };
    struct tp_router *router = new_router(OPEN, true, false);
    uint32_t seed = 7;
    int count[FILES] = {0};
    static char text[LINES][16];

    for (int i = 0; i < LINES; i++) {
        struct tp_route *route;
        char name[16];
        int which;

        seed = seed * 1103515245 + 12345;
        which = (int)(seed >> 16) % FILES;
        snprintf(name, sizeof name, "m%d", which);
        snprintf(text[i], sizeof text[i], "%d\n", count[which]++);
        route = file_route(router, name, which == 0);
        CHECK(route && pass(router, route, text[i]) == 0);
        CHECK(tp_router_open(router) <= OPEN && tp_router_known(router) <= OPEN + 1);
        if (i % 97 == 0)
            CHECK(tp_router_settle(router, &err) == 0);
    }
    CHECK(tp_router_close(router, NULL, NULL, &err) == 0);
    CHECK(tp_router_open(router) == 0);
    tp_router_free(router);
    for (int f = 0; f < FILES; f++) {
        char name[16], want[8192] = "", *end = want;

        for (int i = 0; i < count[f]; i++)
            end += sprintf(end, "%d\n", i);
        snprintf(name, sizeof name, "m%d", f);
        CHECK_THAT(!strcmp(content(name), want), "%s", name);
    }
}

/* A pinned route whose file is closed while its lines are still borrowed. */
static void
test_borrowed_lines_of_a_closed_route(void)
{
    struct tp_router *router = new_router(1, true, false);
    struct tp_route *a = file_route(router, "ba", true), *b = file_route(router, "bb", true);
    char block[] = "1\n2\n3\n4\n";

    CHECK(pass(router, a, "0\n") == 0);
    CHECK(tp_router_pass(router, b, (struct tp_str){block, 2}, &err) == 0);
    CHECK(tp_router_pass(router, b, (struct tp_str){block + 2, 2}, &err) == 0);
    CHECK(tp_router_pass(router, a, (struct tp_str){block + 4, 2}, &err) == 0);
    CHECK(tp_router_pass(router, b, (struct tp_str){block + 6, 2}, &err) == 0);
    CHECK(tp_router_settle(router, &err) == 0);
    memset(block, '#', sizeof block - 1);
    CHECK(tp_router_flush(router, &err) == 0);
    CHECK(!strcmp(content("ba"), "0\n3\n"));
    CHECK(!strcmp(content("bb"), "1\n2\n4\n"));
    tp_router_free(router);
}

static void
test_folders_are_made_behind_the_given_one(void)
{
    struct tp_router *router = new_router(4, true, false);

    CHECK(pass(router, file_route(router, "x/y/z", false), "1\n") == 0);
    CHECK(tp_router_flush(router, &err) == 0);
    CHECK(!strcmp(content("x/y/z"), "1\n"));
    tp_router_free(router);
}

/* The grammar of targets has no say in names that values made. */
static void
test_form_tells_names_apart(void)
{
    struct tp_router *router = new_router(4, true, false);
    struct tp_route_name file = {TP_ROUTE_FILE, TP_STR("| exit 3"), 0};
    struct tp_route *route, *command;

    CHECK(chdir(dir) == 0);
    route = tp_router_route(router, &file, false, &err);
    command = target_route(router, "| exit 3", false);
    CHECK(route && command && route != command);
    CHECK(pass(router, route, "x\n") == 0 && tp_router_settle(router, &err) == 0);
    CHECK(tp_router_close(router, NULL, NULL, &err) == -1);
    CHECK_THAT(!strcmp(err.text, "| exit 3: exit status 3"), "%s", err.text);
    CHECK(!strcmp(content("| exit 3"), "x\n"));
    tp_router_free(router);
}

/* --- failures ---*/

static void
test_failure_is_the_verbs(void)
{
    struct tp_router *router = new_router(4, true, false);
    struct tp_route *full = target_route(router, "/dev/full", true);

    CHECK(pass(router, full, "x\n") == 0);
    CHECK(tp_router_flush(router, &err) == -1);
    CHECK_THAT(!strcmp(err.text, "/dev/full: No space left on device"), "%s", err.text);
    CHECK(tp_route_is_dead(full));
    CHECK(tp_router_close(router, NULL, NULL, &err) == 0);
    tp_router_free(router);
}

static void
test_failed_is_heard_once_and_skipped(void)
{
    struct tp_router *router = new_router(4, true, true);
    struct tp_route *full = target_route(router, "/dev/full", true);
    struct tp_route *good = file_route(router, "good", true), *folder;

    CHECK(mkdir(strcat(strcpy((char[64]){0}, dir), "/folder"), 0700) == 0);
    tp_router_skip_failed(router, listen, NULL);
    folder = file_route(router, "folder", false);
    CHECK(folder && tp_route_is_dead(folder));
    CHECK(file_route(router, "folder", false) == folder);
    for (int i = 0; i < 3; i++) {
        CHECK(pass(router, full, "x\n") == 0);
        CHECK(pass(router, good, "y\n") == 0);
        CHECK(pass(router, folder, "z\n") == 0);
        CHECK(tp_router_flush(router, &err) == 0);
        CHECK(tp_router_say(router, TP_CONTROL_BARRIER, TP_STR("b\n"), &err) == 0);
    }
    CHECK(tp_router_close(router, NULL, NULL, &err) == 0);
    CHECK_THAT(strstr(heard, "folder: Is a directory\n/dev/full: No space left on device\n"), "%s",
               heard);
    CHECK_THAT(strchr(strchr(heard, '\n') + 1, '\n')[1] == '\0', "%s", heard);
    CHECK(!strcmp(content("good"), "y\nb\ny\nb\ny\nb\n"));
    tp_router_free(router);
}

static void
test_commands_are_not_closed_early(void)
{
    struct tp_router *router = new_router(2, true, false);
    char spec[128];

    for (int i = 0; i < 2; i++) {
        snprintf(spec, sizeof spec, "| cat >%s/c%d", dir, i);
        CHECK(pass(router, target_route(router, spec, false), i ? "1\n" : "0\n") == 0);
    }
    CHECK(!target_route(router, "| cat >/dev/null", false));
    CHECK_THAT(strstr(err.text, "--max-open"), "%s", err.text);
    CHECK(!file_route(router, "c2", false));
    CHECK(tp_router_open(router) == 2);
    CHECK(tp_router_close(router, NULL, NULL, &err) == 0);
    CHECK(!strcmp(content("c0"), "0\n") && !strcmp(content("c1"), "1\n"));
    tp_router_free(router);
}

/* The system's own limit closes files, too. */
static void
test_limit_of_the_system(void)
{
    struct tp_router *router = new_router(1000, true, false);
    struct rlimit before, few;
    char name[16];

    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = 12;
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "l%d", i % 30);
        CHECK_THAT(pass(router, file_route(router, name, false), "x\n") == 0, "%s", err.text);
    }
    CHECK(tp_router_open(router) < 12);
    CHECK(tp_router_close(router, NULL, NULL, &err) == 0);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(!strcmp(content("l0"), "x\nx\n") && !strcmp(content("l29"), "x\nx\n"));
    tp_router_free(router);
}

/* --- control lines ---*/

static void
say_all(struct tp_router *router, const char *first, struct tp_route *route)
{
    CHECK(tp_router_say(router, TP_CONTROL_START, TP_STR("start\n"), &err) == 0);
    CHECK(pass(router, route, first) == 0);
    CHECK(tp_router_say(router, TP_CONTROL_WATERMARK, TP_STR("w1\n"), &err) == 0);
    CHECK(tp_router_say(router, TP_CONTROL_WATERMARK, TP_STR("w2\n"), &err) == 0);
}

static void
test_streams_are_told(void)
{
    struct tp_router *router = new_router(4, true, false);
    struct tp_route *file = file_route(router, "plain", true), *stream, *later;
    char spec[128];

    snprintf(spec, sizeof spec, "| cat >%s/told", dir);
    stream = target_route(router, spec, true);
    say_all(router, "a\n", stream);
    CHECK(pass(router, file, "b\n") == 0);
    snprintf(spec, sizeof spec, "| cat >%s/later", dir);
    later = target_route(router, spec, false);
    CHECK(pass(router, later, "c\n") == 0);
    CHECK(tp_router_say(router, TP_CONTROL_IDLE, TP_STR("idle\n"), &err) == 0);
    CHECK(tp_router_say(router, TP_CONTROL_END, TP_STR("end\n"), &err) == 0);
    CHECK(tp_router_close(router, NULL, NULL, &err) == 0);
    CHECK(!strcmp(content("told"), "start\na\nw1\nw2\nidle\nend\n"));
    CHECK(!strcmp(content("later"), "start\nw2\nc\nidle\nend\n"));
    CHECK(!strcmp(content("plain"), "b\n"));
    tp_router_free(router);
}

/* A closed file catches up when it is opened again; `end` opens it. */
static void
test_closed_files_catch_up(void)
{
    struct tp_router *router = new_router(1, true, true);
    struct tp_route *one = file_route(router, "one", false), *two;

    say_all(router, "a\n", one);
    two = file_route(router, "two", false);
    CHECK(pass(router, two, "b\n") == 0);
    CHECK(tp_router_say(router, TP_CONTROL_WATERMARK, TP_STR("w3\n"), &err) == 0);
    CHECK(tp_router_say(router, TP_CONTROL_WATERMARK, TP_STR("w4\n"), &err) == 0);
    CHECK(pass(router, file_route(router, "one", false), "c\n") == 0);
    CHECK(tp_router_say(router, TP_CONTROL_END, TP_STR("end\n"), &err) == 0);
    CHECK(tp_router_close(router, NULL, NULL, &err) == 0);
    CHECK_THAT(!strcmp(content("one"), "start\na\nw1\nw2\nw4\nc\nend\n"), "%s", content("one"));
    CHECK_THAT(!strcmp(content("two"), "start\nw2\nb\nw3\nw4\nend\n"), "%s", content("two"));
    tp_router_free(router);
}

int
main(void)
{
    char clean[64];

    if (!mkdtemp(dir))
        return 1;
    RUN(test_many_files_few_open);
    RUN(test_borrowed_lines_of_a_closed_route);
    RUN(test_folders_are_made_behind_the_given_one);
    RUN(test_form_tells_names_apart);
    RUN(test_failure_is_the_verbs);
    RUN(test_failed_is_heard_once_and_skipped);
    RUN(test_commands_are_not_closed_early);
    RUN(test_limit_of_the_system);
    RUN(test_streams_are_told);
    RUN(test_closed_files_catch_up);
    snprintf(clean, sizeof clean, "rm -rf %s", dir);
    CHECK(system(clean) == 0);
    return unit_end();
}
