/*
 * A savepoint that is not finished leaves nothing behind.
 */
#include "stream/savepoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "unit.h"

static char in[32], dir[64];

static void
begin(void)
{
    snprintf(in, sizeof in, "/tmp/tp-savepoint-XXXXXX");
    CHECK(mkdtemp(in) != NULL);
    snprintf(dir, sizeof dir, "%s/copy", in);
}

/* Works only when nothing is left in it. */
static void
end(void)
{
    CHECK(rmdir(in) == 0);
}

static void
is_removed_when_it_is_not_finished(void)
{
    struct tp_savepoint *savepoint;
    struct tp_err err;

    begin();
    savepoint = tp_savepoint_new(NULL, dir, &err);
    CHECK(savepoint && access(dir, F_OK) == 0);
    tp_savepoint_free(savepoint);
    end();
}

/* A directory can be made without a descriptor, but not be opened. */
static void
is_removed_when_it_cannot_be_opened(void)
{
    struct rlimit before, none;
    struct tp_savepoint *savepoint;
    struct tp_err err = {.text = ""};
    int next = open("/dev/null", O_RDONLY);

    begin();
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0 && next >= 0);
    close(next);
    none = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    savepoint = tp_savepoint_new(NULL, dir, &err);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK_THAT(!savepoint && strstr(err.text, "Too many open files"), "%s", err.text);
    end();
}

int
main(void)
{
    RUN(is_removed_when_it_is_not_finished);
    RUN(is_removed_when_it_cannot_be_opened);
    return unit_end();
}
