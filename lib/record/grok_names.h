/*
 * grok_names: the patterns that are known without a file. Private to grok.
 */
#ifndef TP_RECORD_GROK_NAMES_H
#define TP_RECORD_GROK_NAMES_H

#include "base/str.h"

/* In the form of a pattern file. */
extern const struct tp_str tp_grok_names;

#endif
