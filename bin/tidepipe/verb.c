#include "verb.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
verb_print_usage(const struct verb *verb, const char *lead, bool to_stderr)
{
    FILE *to = to_stderr ? stderr : stdout;
    const char *line = verb->synopsis;

    while (*line) {
        size_t len = strcspn(line, "\n");

        fprintf(to, "%s tidepipe %s %.*s\n", lead, verb->name, (int)len, line);
        lead = "      ";
        line += len + (line[len] == '\n');
    }
}

static int
print_help(const struct verb *verb, const struct tp_option_group *group)
{
    verb_print_usage(verb, "usage:", false);
    printf("\ntidepipe %s: %s\n", verb->name, verb->purpose);
    tp_option_print_help(group, 1);
    printf("\nman tidepipe tells all.\n");
    return fflush(stdout) < 0 ? TP_STATUS_FAILED : TP_STATUS_CLEAN;
}

int
verb_fail(const struct verb *verb, const struct tp_err *err)
{
    char program[64];
    struct tp_report report = {.program = program};

    snprintf(program, sizeof program, "tidepipe %s", verb->name);
    tp_report_failure(&report, err);
    return tp_report_status(err);
}

int
verb_misused(const struct verb *verb, const char *format, ...)
{
    struct tp_err err = {.fault = TP_FAULT_USAGE};
    va_list args;

    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    verb_fail(verb, &err);
    verb_print_usage(verb, "usage:", true);
    return TP_STATUS_USAGE;
}

int
verb_parse(const struct verb *verb, void *self, const bool *help, int argc, char **argv,
           int *operands)
{
    const struct tp_option_group group = {NULL, verb->options, self};
    struct tp_err err;
    int result = verb->takes_command
                     ? tp_option_parse_command(&group, 1, argc, argv, operands, &err)
                     : tp_option_parse(&group, 1, argc, argv, operands, &err);

    if (result < 0)
        return verb_misused(verb, "%s", err.text);
    return *help ? print_help(verb, &group) : -1;
}
