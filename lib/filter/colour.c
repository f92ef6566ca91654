#include "filter/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
tp_colour_check(const char *when, struct tp_err *err)
{
    if (!when || !*when || strcmp(when, "always") == 0 || strcmp(when, "auto") == 0 ||
        strcmp(when, "never") == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE, "--color: auto, always or never, not \"%s\"", when);
}

static bool
terminal_has_colour(void)
{
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(none && *none) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

bool
tp_colour_wanted(const char *when)
{
    if (when && (!*when || strcmp(when, "always") == 0))
        return true;
    return (!when || strcmp(when, "auto") == 0) && terminal_has_colour();
}
