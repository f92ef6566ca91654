/*
 * member: walks over the members of an object, whatever they are called.
 *
 *     struct tp_members walk = tp_members_open(line);
 *     struct tp_member member;
 *     while (tp_members_next(&walk, &member))
 *         ...
 *
 * For those who write all members of a record (sto, scdc); whoever wants certain ones asks the
 * scanner. The text must be a valid object (the scanner made sure): nothing is checked again.
 * Members come in the order of the text, repeated names too (the last is the one that counts).
 * Nothing is copied or allocated.
 */
#ifndef TP_RECORD_MEMBER_H
#define TP_RECORD_MEMBER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "record/scan.h"

struct tp_member {
    struct tp_str name;   /* the inside of its quotes */
    bool name_escaped;    /* ... with escapes still in it */
    struct tp_slot value; /* as the scanner gives it; never missing */
    struct tp_str text;   /* the whole member: from the quote of its name to the end of the value */
};

struct tp_members {
    const char *p, *end;
};

struct tp_members tp_members_open(struct tp_str object);
bool tp_members_next(struct tp_members *walk, struct tp_member *member);

/*
 * tp_members_next in steps, for those who go into objects: the name alone (text and value of MEMBER
 * are not there yet), then either its value, or into it where it is an object with members; at the
 * end of that, out of it. So each byte is walked over once, however deep.
 */
bool tp_members_name(struct tp_members *walk, struct tp_member *member);
void tp_members_value(struct tp_members *walk, struct tp_member *member);
bool tp_members_enter(struct tp_members *walk);
void tp_members_leave(struct tp_members *walk);

/* The value at AT, in a text that ends at END; what is behind it. */
const char *tp_member_value(const char *at, const char *end, struct tp_slot *value);

/*
 * Records tend to have the same members, written in the same way. LEAD is what stood in an earlier
 * one between two values (`,"ip":`): when it stands here too, byte for byte, then so does that
 * member, whose value is next (tp_member_value). Else false, and nothing has moved.
 */
bool tp_members_skip(struct tp_members *walk, struct tp_str lead);

/* The elements of an array, in the same way. */
struct tp_members tp_elements_open(struct tp_str array);
bool tp_elements_next(struct tp_members *walk, struct tp_slot *value);

/* The name with its escapes undone: a slice of the text, or undone into SCRATCH (appended). */
struct tp_str tp_member_name(const struct tp_member *member, struct tp_buf *scratch);

/* Does its name begin with `@`? Such members are tidepipe's own. */
bool tp_member_is_own(const struct tp_member *member);

/* Appends OBJECT without its own members, what is left of it byte for byte. */
void tp_member_strip_own(struct tp_str object, struct tp_buf *to);

/* Has OBJECT members of tidepipe's own? */
bool tp_member_has_own(struct tp_str object);

#endif
