/*
 * regex: Perl-compatible regular expressions (pcre2, with JIT where the machine has it).
 *
 * A match is bounded: a hostile pattern or subject ends with an error (TP_FAULT_RECORD), never with
 * a stream that stands still. Patterns search anywhere in the subject unless anchored.
 *
 * A regex is compiled once and reused; matching allocates nothing. One thread at a time.
 */
#ifndef TP_VALUE_REGEX_H
#define TP_VALUE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tp_regex; /* opaque */

#define TP_REGEX_NOCASE 1u
#define TP_REGEX_ANY_BYTES                                                  \
    2u /* subjects may be invalid UTF-8 (such bytes match nothing); without \
          it they must be valid, and matching is faster */

/* NULL with the reason and its place in PATTERN (TP_FAULT_USAGE). */
struct tp_regex *tp_regex_new(struct tp_str pattern, unsigned flags, struct tp_err *err);
void tp_regex_free(struct tp_regex *regex);

/* How many groups in parentheses the pattern has. */
size_t tp_regex_groups(const struct tp_regex *regex);

/* The number of the group named NAME (`(?<name>…)`), or 0. */
size_t tp_regex_group_number(const struct tp_regex *regex, struct tp_str name);

/* The name of group NUMBER, or an empty one. Borrowed from the regex. */
struct tp_str tp_regex_group_name(const struct tp_regex *regex, size_t number);

/* 1 when it matches, 0 when not, -1 when a limit was hit. */
int tp_regex_test(struct tp_regex *regex, struct tp_str subject, struct tp_err *err);

/* The same; on a match tp_regex_group() tells what was caught. */
int tp_regex_find(struct tp_regex *regex, struct tp_str subject, struct tp_err *err);

/* After a match: the text of group NUMBER (0: the whole match), in the subject; its ptr is NULL
 * when the group took no part. */
struct tp_str tp_regex_group(const struct tp_regex *regex, size_t number);

/* Appends SUBJECT with every match replaced by REPLACEMENT, in which `$1` (or `${10}`) stands for
 * a group, `$0` for the match, and `\` takes the meaning from the character behind it, as in
 * java.util.regex and therefore Flink. -1 when a limit was hit. */
int tp_regex_replace(struct tp_regex *regex, struct tp_str subject, struct tp_str replacement,
                     struct tp_buf *to, struct tp_err *err);

/* Is REPLACEMENT well formed for this pattern (no group that it does not have)? */
int tp_regex_check_replacement(const struct tp_regex *regex, struct tp_str replacement,
                               struct tp_err *err);

#endif
