/*
 * expr_like: SQL's LIKE: `%` stands for any run of characters, `_` for one. Private to the room
 * expr.
 *
 * A pattern without `_` is a list of plain pieces, which are looked for in order; others are
 * matched character by character, in time proportional to text times pattern at worst.
 */
#ifndef TP_QUERY_EXPR_LIKE_H
#define TP_QUERY_EXPR_LIKE_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

struct tp_like; /* opaque */

/* A pattern made ready, in ARENA. ESCAPE is 0 for none, else the character that takes the meaning
 * from the one behind it. NULL when memory ran out or, with *REASON set, when the pattern is wrong
 * (an escape before anything but `%`, `_` and itself, as in Flink). */
const struct tp_like *tp_like_new(struct tp_arena *arena, struct tp_str pattern, uint32_t escape,
                                  const char **reason);

bool tp_like_test(const struct tp_like *like, struct tp_str text);

/* ILIKE. LOCALE as in tp_fold_lower. */
bool tp_like_test_nocase(const struct tp_like *like, struct tp_str text, locale_t locale);

/* One character to lower or upper case, one to one, by the C library's tables for Unicode; with
 * LOCALE 0 only ASCII. */
uint32_t tp_fold_lower(uint32_t code, locale_t locale);
uint32_t tp_fold_upper(uint32_t code, locale_t locale);

#endif
