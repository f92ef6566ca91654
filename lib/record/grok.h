/*
 * grok: regular expressions made of named patterns, as Logstash's grok writes them.
 *
 *   %{NAME}          the pattern of that name
 *   %{NAME:member}   ... and what it matches becomes the member
 *
 * A pattern file has a name and a regular expression a line, `LEVEL (?:info|warn|error)`; blank
 * lines and those that begin with `#` say nothing, and a later line replaces an earlier one. Some
 * common names are known without a file (grok_names.c). Patterns may use each other, up to 50 deep;
 * the whole may grow to 1 MiB.
 */
#ifndef TP_RECORD_GROK_H
#define TP_RECORD_GROK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

/* A group of the expression is called by its number here, since pcre2's names are narrower than
 * those of members: `_tp0` is member[0]. */
struct tp_grok {
    struct tp_buf regex;
    struct tp_str *member;
    size_t members;
    struct tp_arena memory;
};

/* Writes out PATTERN with the names of the text FILE (may be empty). -1 with the reason
 * (TP_FAULT_USAGE); tp_grok_release all the same. */
int tp_grok_expand(struct tp_grok *grok, struct tp_str pattern, struct tp_str file,
                   struct tp_err *err);
void tp_grok_release(struct tp_grok *grok);

/* The member that the group GROUP stands for; GROUP itself when the user called it so. */
struct tp_str tp_grok_member(const struct tp_grok *grok, struct tp_str group);

#endif
