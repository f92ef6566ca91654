/*
 * text: UTF-8 and the escapes of JSON strings, display width, likeness of names.
 */
#ifndef TP_VALUE_TEXT_H
#define TP_VALUE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* True when TEXT is valid UTF-8 (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF). */
bool tp_text_is_utf8(struct tp_str text);

/* Undoes the escapes of the inside of a valid JSON string (no quotes around it); `\u0000` gives a
 * NUL byte, surrogate pairs one UTF-8 character. Appends to TO. */
void tp_text_unescape(struct tp_str inside, struct tp_buf *to);

/* Appends TEXT as a JSON string with its quotes: escapes `"`, `\` and control characters, leaves
 * everything else as it is. Bytes that are not UTF-8 become U+FFFD. */
void tp_text_quote(struct tp_str text, struct tp_buf *to);

/* Decodes one character at TEXT[*at], moves *at behind it. Invalid bytes give U+FFFD, one at a
 * time. *at must be < len. */
uint32_t tp_text_next(struct tp_str text, size_t *at);

/* Appends the UTF-8 form of CODE. */
void tp_text_put(struct tp_buf *to, uint32_t code);

/* How many terminal columns TEXT takes: 2 for East Asian wide and emoji, 0 for combining marks and
 * control characters. No locale needed. */
size_t tp_text_width(struct tp_str text);

/* How many bytes from the start of TEXT fit into COLUMNS terminal columns. */
size_t tp_text_fit(struct tp_str text, size_t columns);

/* Damerau-Levenshtein distance of two names (bytes; no byte edited twice), LIMIT + 1 when above
 * LIMIT. Names above 255 bytes are only told equal or not. */
size_t tp_text_distance(struct tp_str a, struct tp_str b, size_t limit);

/* "did you mean": the name of NAMES[0..count) likest to TEXT, or NULL when none is near (distance
 * up to a third of its length, at least 1; case ignored). */
const struct tp_str *tp_text_likest(struct tp_str text, const struct tp_str *names, size_t count);

/* ASCII only, whatever the locale. */
bool tp_text_equal_nocase(struct tp_str a, struct tp_str b);

#endif
