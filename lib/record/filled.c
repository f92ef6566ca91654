#include "record/filled.h"

#include "record/emit.h"
#include "record/member.h"
#include "value/num.h"
#include "value/time.h"

/* --- the instant -------------------------------------------------------------------------------*/

/* The nanoseconds of the unit in which value/stamp reads the number TEXT: by its digits before the
 * point. 0: it has an exponent. */
static int64_t
unit_of(struct tp_str text)
{
    size_t digits = 0;

    for (size_t i = text.ptr[0] == '-'; i < text.len && text.ptr[i] != '.'; i++) {
        if (text.ptr[i] == 'e' || text.ptr[i] == 'E')
            return 0;
        digits++;
    }
    if (memchr(text.ptr, 'e', text.len) || memchr(text.ptr, 'E', text.len))
        return 0;
    if (digits <= 11)
        return TP_SECOND;
    if (digits <= 14)
        return TP_MILLISECOND;
    return digits <= 17 ? TP_MICROSECOND : 1;
}

static void
put_epoch(struct tp_buf *to, tp_time at, int64_t unit)
{
    uint64_t magnitude = at < 0 ? -(uint64_t)at : (uint64_t)at;
    uint64_t rest = magnitude % (uint64_t)unit;

    tp_buf_printf(to, "%s%llu", at < 0 ? "-" : "",
                  (unsigned long long)(magnitude / (uint64_t)unit));
    if (rest > 0)
        tp_buf_put_char(to, '.');
    while (rest > 0) {
        rest *= 10;
        tp_buf_put_char(to, (char)('0' + rest / (uint64_t)unit));
        rest %= (uint64_t)unit;
    }
}

/* AT, as OLD is written: text as RFC 3339, a number in its unit. */
static void
put_time(struct tp_buf *to, tp_time at, struct tp_str old)
{
    int64_t unit = old.ptr[0] == '"' ? 0 : unit_of(old);

    if (unit == 0)
        tp_emit_value(to, tp_instant(at));
    else
        put_epoch(to, at, unit);
}

/* --- members -----------------------------------------------------------------------------------*/

static struct tp_str
span_text(struct tp_str line, struct tp_span span)
{
    return (struct tp_str){line.ptr + span.at, span.len};
}

/* Does TEXT, a part of the line, have SPAN in it? */
static bool
has_span(const struct tp_fillable *before, struct tp_str text, struct tp_span span)
{
    size_t at = (size_t)(text.ptr - before->line.ptr);

    return span.len > 0 && span.at >= at && span.at < at + text.len;
}

/* Appends TEXT, a part of the line, with the time in it replaced. */
static void
put_part(struct tp_buf *to, const struct tp_fillable *before, struct tp_str text, tp_time at)
{
    struct tp_str old = span_text(before->line, before->time);
    const char *behind = old.ptr + old.len;

    if (!has_span(before, text, before->time)) {
        tp_buf_put_str(to, text);
        return;
    }
    tp_buf_put(to, text.ptr, (size_t)(old.ptr - text.ptr));
    put_time(to, at, old);
    tp_buf_put(to, behind, (size_t)(text.ptr + text.len - behind));
}

static bool
stays(const struct tp_fillable *before, struct tp_str text)
{
    if (has_span(before, text, before->time))
        return true;
    for (size_t i = 0; i < before->keys; i++)
        if (has_span(before, text, before->key[i]))
            return true;
    return false;
}

static bool
is_number(const struct tp_slot *slot)
{
    return slot->kind == TP_SLOT_INTEGER || slot->kind == TP_SLOT_REAL;
}

static double
number_of(const struct tp_slot *slot)
{
    struct tp_value value = tp_int(0);

    tp_num_parse(tp_slot_json(slot), &value); /* tp_num_read wants bytes behind the text */
    return value.kind == TP_INT ? (double)value.integer : value.real;
}

/* The last member of OBJECT that is spelled as MEMBER: false when it is no number. */
static bool
find_number(struct tp_str object, const struct tp_member *member, struct tp_slot *found)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member other;

    found->kind = TP_SLOT_MISSING;
    while (tp_members_next(&walk, &other))
        if (tp_str_equal(other.name, member->name))
            *found = other.value;
    return is_number(found);
}

/* A number on its way to that of the record behind. */
static void
put_between(struct tp_buf *to, const struct tp_member *member, const struct tp_fill_place *place)
{
    struct tp_slot behind;
    double from, by;

    if (!find_number(place->behind, member, &behind)) {
        TP_BUF_PUT(to, "null");
        return;
    }
    if (tp_str_equal(tp_slot_json(&member->value), tp_slot_json(&behind))) {
        tp_buf_put_str(to, tp_slot_json(&behind));
        return;
    }
    from = number_of(&member->value);
    by = number_of(&behind) - from;
    tp_emit_value(to, tp_real(from + by * place->share));
}

/* The time in MEMBER, a bound of the window that a row names, moved as far as the record is. */
static bool
moved_bound(const struct tp_member *member, const struct tp_fill_place *place, tp_time *bound)
{
    tp_duration by;
    bool zoneless;

    if (member->value.kind != TP_SLOT_TEXT ||
        (!tp_str_equal(member->name, TP_STR("window_start")) &&
         !tp_str_equal(member->name, TP_STR("window_end"))))
        return false;
    return !__builtin_sub_overflow(place->at, place->from, &by) &&
           tp_time_parse((struct tp_str){member->value.ptr, member->value.len}, bound, &zoneless,
                         NULL) == 0 &&
           tp_time_add(*bound, by, bound);
}

static void
put_member(struct tp_buf *to, enum tp_fill how, const struct tp_fillable *before,
           const struct tp_member *member, const struct tp_fill_place *place)
{
    struct tp_str value = tp_slot_json(&member->value);
    bool is_between = how == TP_FILL_LINEAR && is_number(&member->value);
    tp_time bound;
    bool is_bound = moved_bound(member, place, &bound);

    if (stays(before, member->text) || (how != TP_FILL_NULL && !is_between && !is_bound)) {
        put_part(to, before, member->text, place->at);
        return;
    }
    tp_buf_put(to, member->text.ptr, (size_t)(value.ptr - member->text.ptr));
    if (is_bound)
        tp_emit_value(to, tp_instant(bound));
    else if (is_between)
        put_between(to, member, place);
    else
        TP_BUF_PUT(to, "null");
}

/* The line, member by member: the outermost braces and commas are ours, without spaces. */
static size_t
put_members(struct tp_buf *to, enum tp_fill how, const struct tp_fillable *before,
            const struct tp_fill_place *place)
{
    struct tp_members walk = tp_members_open(before->line);
    struct tp_member member;
    size_t members = 0;

    tp_buf_put_char(to, '{');
    while (tp_members_next(&walk, &member)) {
        if (members++ > 0)
            tp_buf_put_char(to, ',');
        put_member(to, how, before, &member, place);
    }
    tp_buf_put_char(to, '}');
    return members;
}

void
tp_fill_write(enum tp_fill how, const struct tp_fillable *before, const struct tp_fill_place *place,
              struct tp_buf *scratch, struct tp_buf *to)
{
    static const struct tp_str added[] = {
        {"\"@fill\":\"previous\"", 18}, {"\"@fill\":\"null\"", 14}, {"\"@fill\":\"linear\"", 16}};
    size_t members;

    tp_buf_clear(scratch);
    members = put_members(scratch, how, before, place);
    to->failed |= tp_buf_failed(scratch);
    if (!tp_buf_failed(scratch))
        tp_emit_last(to, tp_buf_str(scratch), members, added[how]);
}
