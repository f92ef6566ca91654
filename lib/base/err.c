#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int
fill(struct tp_err *err, enum tp_fault fault, long at, const char *format, va_list args)
{
    if (!err)
        return -1;
    err->fault = fault;
    err->at = at;
    vsnprintf(err->text, sizeof err->text, format, args);
    return -1;
}

int
tp_err_set(struct tp_err *err, enum tp_fault fault, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(err, fault, -1, format, args);
    va_end(args);
    return -1;
}

int
tp_err_at(struct tp_err *err, enum tp_fault fault, long at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(err, fault, at, format, args);
    va_end(args);
    return -1;
}

int
tp_err_system(struct tp_err *err, const char *what)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "%s: %s", what, strerror(errno));
}

int
tp_err_memory(struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "out of memory");
}
