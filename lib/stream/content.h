/*
 * content: all that a file holds, written at once.
 */
#ifndef TP_STREAM_CONTENT_H
#define TP_STREAM_CONTENT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* NAME, made if it is new, holds TEXT and nothing else. It may be a device or a pipe. */
int tp_content_write(const char *name, struct tp_str text, struct tp_err *err);

/* The same by a file beside it (NAME.PID.tmp) and a rename: a reader finds the old text or the new
 * one, whole. The file keeps its mode; where NAME is a link to a file, that is replaced; what
 * cannot be replaced is written. What fails leaves the old text, and nothing beside it. */
int tp_content_replace(const char *name, struct tp_str text, struct tp_err *err);

/* May NAME be replaced: is it a regular file, or not there yet? */
bool tp_content_is_replaceable(const char *name);

#endif
