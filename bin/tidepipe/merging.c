#include "merging.h"

#include <stdlib.h>

#include "event/late.h"
#include "record/emit.h"
#include "record/member.h"
#include "record/snapshot.h"
#include "value/num.h"

enum how {
    SAME,    /* in all lines, or it is refused */
    FIRST,   /* that of the first part: any will do */
    ALONE,   /* of one part: refused */
    MOST,    /* the largest */
    LEAST,   /* the smallest */
    ANY,     /* true where one is */
    SUM,     /* for each part */
    TALLY,   /* the sum, for the first part; 0 for the others */
    HELD,    /* how many records wait in this part */
    TAKEN,   /* records that came in: the sum but for those that wait, and these */
    UNION,   /* of arrays of numbers */
    BUCKETS, /* of a histogram: [[which, how many], ...], for the first part */
    KINDS,   /* of an array of texts: the one that is not "none" */
    KIND,    /* one of two: what has seen no value takes the other's; "" where they differ */
};

/* LINE is the first member of a line. What is not here is SAME. */
static const struct {
    const char *line, *member;
    enum how how;
} rules[] = {
    {"@stage", "@stage", SUM}, /* records are numbered behind those of all parts */
    {"@stage", "in", TAKEN},
    {"@stage", "used", TALLY},
    {"@stage", "late", TALLY},
    {"@stage", "rejected", TALLY},
    {"@stage", "filtered", TALLY},
    {"@stage", "duplicate", TALLY},
    {"@stage", "held", HELD},
    {"@stage", "rows", TALLY},
    {"@stage", "lost", TALLY},
    {"@stage", "dropped_late", TALLY},
    {"@stage", "upstream_rejected", MOST},
    {"@stage", "upstream_late", MOST},
    {"@stage", "forwarded", LEAST},
    {"@stage", "spoiled", ANY},
    /* where a pipe is in messages; the largest time is looked at where a part has a -d */
    {"@input", "@input", LEAST},
    {"@input", "offset", MOST},
    {"@input", "line", MOST},
    {"@input", "largest", MOST},
    {"@lateness", "@lateness", TALLY},
    {"@lateness", "most", MOST},
    {"@lateness", "buckets", BUCKETS},
    {"@seen", "@seen", UNION},
    /* swindow: there were changes; up to where quiet windows are said, which a part without keys
     * lags behind */
    {"changes", "changes", ANY},
    {"quiet", "quiet", MOST},
    /* sgap */
    {"watermark", "largest", MOST},
    /* sdedup: what hashes are made with, where keys are kept */
    {"hashed", "hashed", FIRST},
    {"hashed", "dups", ALONE},
    {"seed", "seed", FIRST},
    /* sjoin: what the end says where nothing matches, which no part may say of itself alone */
    {"met", "met", MOST},
    {"met", "failed", ANY},
    {"met", "kinds", KINDS},
    {"side", "records", MOST},
    {"side", "keyed", MOST},
    {"side", "nulls", MOST},
    {"side", "kind", KIND},
    /* srank, ssort */
    {"kinds", "kinds", KINDS},
};

/* One member of all lines. */
struct values {
    struct tp_str line; /* the first member's name */
    struct tp_str name;
    struct tp_slot *value;
    size_t count;
};

static enum how
how_of(const struct values *v)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (tp_str_equal(v->line, tp_str_of(rules[i].line)) &&
            tp_str_equal(v->name, tp_str_of(rules[i].member)))
            return rules[i].how;
    return SAME;
}

/* --- numbers -----------------------------------------------------------------------------------*/

static int
refuse(const struct values *v, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "\"%.*s\" of its line \"%.*s\": not as it is written",
                      (int)v->name.len, v->name.ptr, (int)v->line.len, v->line.ptr);
}

static int
read_int(const struct values *v, const struct tp_slot *value, int64_t *number, struct tp_err *err)
{
    struct tp_str text = {value->ptr, value->len};

    if (value->kind != TP_SLOT_INTEGER || !tp_num_parse_int(text, number))
        return refuse(v, err);
    return 0;
}

static int
add(const struct values *v, int64_t *sum, int64_t more, struct tp_err *err)
{
    return __builtin_add_overflow(*sum, more, sum) ? refuse(v, err) : 0;
}

static int
combine(const struct values *v, enum how how, int64_t *all, struct tp_err *err)
{
    int64_t number = 0;

    for (size_t i = 0; i < v->count; i++) {
        if (read_int(v, &v->value[i], &number, err) < 0)
            return -1;
        if (i == 0)
            *all = number;
        else if ((how == TALLY || how == SUM) && add(v, all, number, err) < 0)
            return -1;
        else if (how == MOST)
            *all = number > *all ? number : *all;
        else if (how == LEAST)
            *all = number < *all ? number : *all;
    }
    return 0;
}

/* Those of LINE that came in and wait no more. */
static int
read_settled(const struct values *v, struct tp_str line, int64_t *settled, struct tp_err *err)
{
    int64_t in = 0, held = 0;
    const struct tp_saved fields[] = {
        {"in", TP_SAVED_INT, &in, false},
        {"held", TP_SAVED_INT, &held, false},
    };

    if (tp_saved_read(line, fields, 2, err) < 0)
        return -1;
    return __builtin_sub_overflow(in, held, settled) ? refuse(v, err) : 0;
}

static int
put_taken(const struct values *v, const struct tp_str *line, const struct merging *to,
          struct tp_emit *out, struct tp_err *err)
{
    int64_t sum = (int64_t)to->held, settled = 0;

    for (size_t i = 0; to->first && i < v->count; i++)
        if (read_settled(v, line[i], &settled, err) < 0 || add(v, &sum, settled, err) < 0)
            return -1;
    tp_emit_int(out, v->name, sum);
    return 0;
}

/* --- arrays ------------------------------------------------------------------------------------*/

static int
compare_numbers(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

static int
gather_numbers(const struct values *v, struct tp_buf *numbers, struct tp_err *err)
{
    struct tp_slot element;
    int64_t number = 0;

    for (size_t i = 0; i < v->count; i++) {
        struct tp_members walk = tp_elements_open(tp_slot_json(&v->value[i]));

        if (v->value[i].kind != TP_SLOT_ARRAY)
            return refuse(v, err);
        while (tp_elements_next(&walk, &element)) {
            if (read_int(v, &element, &number, err) < 0)
                return -1;
            tp_buf_put(numbers, &number, sizeof number);
        }
    }
    return tp_buf_failed(numbers) ? tp_err_memory(err) : 0;
}

static int
put_union(const struct values *v, struct tp_emit *out, struct tp_err *err)
{
    struct tp_buf numbers = TP_BUF_INIT;
    int result = gather_numbers(v, &numbers, err);
    int64_t *number = (void *)numbers.ptr; /* malloc's: aligned */
    size_t count = numbers.len / sizeof *number;
    bool any = false;

    if (count > 0)
        qsort(number, count, sizeof *number, compare_numbers);
    tp_emit_name(out, v->name);
    tp_buf_put_char(out->to, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && number[i] == number[i - 1])
            continue;
        tp_buf_printf(out->to, "%s%lld", any ? "," : "", (long long)number[i]);
        any = true;
    }
    tp_buf_put_char(out->to, ']');
    tp_buf_release(&numbers);
    return result;
}

/* PAIR is [which, how many]. */
static int
add_bucket(const struct values *v, const struct tp_slot *pair, int64_t *bucket, struct tp_err *err)
{
    struct tp_members walk = tp_elements_open(tp_slot_json(pair));
    struct tp_slot element;
    int64_t which = 0, many = 0;

    if (pair->kind != TP_SLOT_ARRAY || !tp_elements_next(&walk, &element))
        return refuse(v, err);
    if (read_int(v, &element, &which, err) < 0)
        return -1;
    if (which < 0 || which >= TP_LATE_BUCKETS || !tp_elements_next(&walk, &element))
        return refuse(v, err);
    if (read_int(v, &element, &many, err) < 0)
        return -1;
    return add(v, &bucket[which], many, err);
}

static int
put_buckets(const struct values *v, struct tp_emit *out, struct tp_err *err)
{
    int64_t bucket[TP_LATE_BUCKETS] = {0};
    struct tp_slot pair;
    bool any = false;

    for (size_t i = 0; i < v->count; i++) {
        struct tp_members walk = tp_elements_open(tp_slot_json(&v->value[i]));

        if (v->value[i].kind != TP_SLOT_ARRAY)
            return refuse(v, err);
        while (tp_elements_next(&walk, &pair))
            if (add_bucket(v, &pair, bucket, err) < 0)
                return -1;
    }
    tp_emit_name(out, v->name);
    tp_buf_put_char(out->to, '[');
    for (size_t i = 0; i < TP_LATE_BUCKETS; i++) {
        if (bucket[i] == 0)
            continue;
        tp_buf_printf(out->to, "%s[%zu,%lld]", any ? "," : "", i, (long long)bucket[i]);
        any = true;
    }
    tp_buf_put_char(out->to, ']');
    return 0;
}

/* One kind of two: what has seen no value takes the other's. */
static int
join_kinds(const struct values *v, struct tp_str *kind, struct tp_str other, struct tp_err *err)
{
    const struct tp_str none = TP_STR("\"none\"");

    if (tp_str_equal(*kind, none))
        *kind = other;
    if (tp_str_equal(*kind, other) || tp_str_equal(other, none))
        return 0;
    return tp_err_set(err, TP_FAULT_USAGE, "\"%.*s\": parts order by %.*s and by %.*s",
                      (int)v->name.len, v->name.ptr, (int)kind->len, kind->ptr, (int)other.len,
                      other.ptr);
}

static int
put_kinds(const struct values *v, struct tp_emit *out, struct tp_err *err)
{
    struct tp_members *walk = calloc(v->count, sizeof *walk);
    struct tp_slot element;
    struct tp_str kind;
    bool any = false;
    int result = 0;

    if (!walk)
        return tp_err_memory(err);
    for (size_t i = 0; i < v->count && result == 0; i++) {
        if (v->value[i].kind != TP_SLOT_ARRAY)
            result = refuse(v, err);
        else
            walk[i] = tp_elements_open(tp_slot_json(&v->value[i]));
    }
    tp_emit_name(out, v->name);
    tp_buf_put_char(out->to, '[');
    while (result == 0 && tp_elements_next(&walk[0], &element)) {
        kind = tp_slot_json(&element);
        for (size_t i = 1; i < v->count && result == 0; i++)
            result = tp_elements_next(&walk[i], &element)
                         ? join_kinds(v, &kind, tp_slot_json(&element), err)
                         : refuse(v, err);
        tp_buf_put_str(out->to, any ? TP_STR(",") : TP_STR(""));
        tp_buf_put_str(out->to, kind);
        any = true;
    }
    tp_buf_put_char(out->to, ']');
    free(walk);
    return result;
}

/* --- members -----------------------------------------------------------------------------------*/

static int
put_same(const struct values *v, struct tp_emit *out, struct tp_err *err)
{
    struct tp_str first = tp_slot_json(&v->value[0]);

    for (size_t i = 1; i < v->count; i++) {
        struct tp_str other = tp_slot_json(&v->value[i]);

        if (!tp_str_equal(first, other))
            return tp_err_set(err, TP_FAULT_USAGE,
                              "\"%.*s\" of its line \"%.*s\" is %.*s, and %.*s in part %zu",
                              (int)v->name.len, v->name.ptr, (int)v->line.len, v->line.ptr,
                              (int)(first.len < 60 ? first.len : 60), first.ptr,
                              (int)(other.len < 60 ? other.len : 60), other.ptr, i);
    }
    tp_emit_json(out, v->name, first);
    return 0;
}

static void
put_kind(const struct values *v, struct tp_emit *out)
{
    const struct tp_str none = TP_STR("\"none\"");
    struct tp_str kind = none;

    for (size_t i = 0; i < v->count; i++) {
        struct tp_str other = tp_slot_json(&v->value[i]);

        if (tp_str_equal(kind, none))
            kind = other;
        else if (!tp_str_equal(other, none) && !tp_str_equal(other, kind))
            kind = TP_STR("\"\"");
    }
    tp_emit_json(out, v->name, kind);
}

static void
put_any(const struct values *v, struct tp_emit *out)
{
    bool any = false;

    for (size_t i = 0; i < v->count; i++)
        any = any || v->value[i].kind == TP_SLOT_TRUE;
    tp_emit_json(out, v->name, any ? TP_STR("true") : TP_STR("false"));
}

static int
put_member(const struct values *v, const struct tp_str *line, const struct merging *to,
           struct tp_emit *out, struct tp_err *err)
{
    enum how how = how_of(v);
    int64_t all = 0;

    switch (how) {
    case SAME:
        return put_same(v, out, err);
    case FIRST:
        tp_emit_json(out, v->name, tp_slot_json(&v->value[0]));
        return 0;
    case ALONE:
        return tp_err_set(err, TP_FAULT_USAGE, "the file that \"%.*s\" names is of one part alone",
                          (int)v->name.len, v->name.ptr);
    case ANY:
        put_any(v, out);
        return 0;
    case KIND:
        put_kind(v, out);
        return 0;
    case HELD:
        tp_emit_int(out, v->name, (int64_t)to->held);
        return 0;
    case TAKEN:
        return put_taken(v, line, to, out, err);
    case UNION:
        return put_union(v, out, err);
    case BUCKETS:
        return put_buckets(v, out, err);
    case KINDS:
        return put_kinds(v, out, err);
    case MOST:
    case LEAST:
    case SUM:
    case TALLY:
        break;
    }
    if (combine(v, how, &all, err) < 0)
        return -1;
    tp_emit_int(out, v->name, how == TALLY && !to->first ? 0 : all);
    return 0;
}

/* --- lines -------------------------------------------------------------------------------------*/

/* The next member of all lines. 1, or 0 at the end. */
static int
next_members(struct tp_members *walk, struct values *v, struct tp_err *err)
{
    struct tp_member member;
    bool any = false;

    for (size_t i = 0; i < v->count; i++) {
        bool there = tp_members_next(&walk[i], &member);

        if (i == 0) {
            any = there;
            v->name = member.name;
        } else if (there != any || (there && !tp_str_equal(member.name, v->name))) {
            return tp_err_set(err, TP_FAULT_USAGE, "its line \"%.*s\" is another in part %zu",
                              (int)v->line.len, v->line.ptr, i);
        }
        if (!there)
            continue;
        v->value[i] = member.value;
        if (!v->line.ptr)
            v->line = member.name;
    }
    return any;
}

static int
merge_members(const struct tp_str *line, struct tp_members *walk, struct values *v,
              const struct merging *to, struct tp_buf *out, struct tp_err *err)
{
    struct tp_emit row = tp_emit_open(out);
    int result = 1;

    for (size_t i = 0; i < v->count; i++)
        walk[i] = tp_members_open(line[i]);
    while (result > 0) {
        result = next_members(walk, v, err);
        if (result > 0 && put_member(v, line, to, &row, err) < 0)
            result = -1;
    }
    tp_emit_close(&row);
    return result;
}

int
merge_lines(const struct tp_str *line, size_t count, const struct merging *to, struct tp_buf *out,
            struct tp_err *err)
{
    struct tp_members *walk = calloc(count, sizeof *walk);
    struct values v = {.value = calloc(count, sizeof *v.value), .count = count};
    int result = -1;

    if (walk && v.value)
        result = merge_members(line, walk, &v, to, out, err);
    else
        tp_err_memory(err);
    free(walk);
    free(v.value);
    return result;
}
