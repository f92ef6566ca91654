#include "dealing.h"

#include <stdlib.h>
#include <string.h>

#include "query/keys.h"
#include "routing.h"
#include "value/num.h"

/* --- opening -----------------------------------------------------------------------------------*/

/* A part beyond those that were named, or one that is there already where a new one goes. */
static int
check_others(const struct dealing *dealing, const struct tp_survey *survey, struct tp_err *err)
{
    uint64_t most = dealing->from > dealing->to ? dealing->from + 1 : dealing->to;
    char name[TP_STAGE_NAME_BYTES + 1];

    for (uint64_t i = dealing->from; i < most; i++) {
        if (part_name(dealing->pattern, i, name, err) < 0)
            return -1;
        if (tp_survey_find(survey, name))
            return tp_err_set(err, TP_FAULT_USAGE, "there is %s, too: is --from %llu right?", name,
                              (unsigned long long)dealing->from);
    }
    return 0;
}

static int
open_parts(struct dealing *dealing, struct tp_survey *survey, struct tp_err *err)
{
    dealing->part = calloc(dealing->from, sizeof *dealing->part);
    if (!dealing->part)
        return tp_err_memory(err);
    for (uint64_t i = 0; i < dealing->from; i++)
        if (part_name(dealing->pattern, i, dealing->part[i].name, err) < 0 ||
            part_open(survey, &dealing->part[i], err) < 0 ||
            part_check_alike(&dealing->part[0], &dealing->part[i], err) < 0)
            return -1;
    return check_others(dealing, survey, err);
}

/* --- lines of keys -----------------------------------------------------------------------------*/

/* Of the keys of two inputs the left's, which the right's equal. */
static int
split_keys(struct tp_buf *keys, struct tp_err *err)
{
    struct tp_buf left = TP_BUF_INIT, right = TP_BUF_INIT;
    int result = tp_keys_split(tp_buf_str(keys), &left, &right, err);

    if (result == 0) {
        tp_buf_clear(keys);
        tp_buf_put_str(keys, tp_buf_str(&left));
        if (tp_buf_failed(&left) || tp_buf_failed(keys))
            result = tp_err_memory(err);
    }
    tp_buf_release(&left);
    tp_buf_release(&right);
    return result;
}

/* What KEYS, or the records themselves, are sent by. */
static int
make_routing(struct dealing *dealing, const struct linekind *kind, struct tp_str keys,
             struct tp_err *err)
{
    struct tp_err why;

    dealing->routing = kind->line ? routing_of_records(dealing->hash, &why)
                                  : routing_new(keys, dealing->hash, &why);
    if (dealing->routing)
        return 0;
    return tp_err_set(err, why.fault, "%s: %s", dealing->part[0].name, why.text);
}

static int
open_routing(struct dealing *dealing, const struct linekind *kind, struct tp_err *err)
{
    const struct part *part = &dealing->part[0];
    struct tp_buf keys = TP_BUF_INIT;
    bool verify = false;
    const struct tp_saved fields[] = {
        {"key", TP_SAVED_TEXT, &keys, true},
        {"verify", TP_SAVED_FLAG, &verify, true},
    };
    int result = tp_saved_read(part->loaded.header.options, fields, 2, err);

    if (result == 0 && kind->bytes && !verify)
        result = part_refuse_line(part, tp_str_of(kind->first), err);
    if (result == 0 && keys.len == 0 && !kind->line)
        result = part_refuse(part, "it has no -k: all it saved is one group", err);
    if (result == 0 && kind->sides)
        result = split_keys(&keys, err);
    if (result == 0)
        result = make_routing(dealing, kind, tp_buf_str(&keys), err);
    tp_buf_release(&keys);
    return result;
}

static int
refuse_stray(const struct dealing *dealing, const struct part *part, struct tp_str key, uint64_t is,
             struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_USAGE,
                      "%s has the key %.*s, which belongs to part %llu of %llu: sroute went by "
                      "another --hash",
                      part->name, (int)(key.len < 80 ? key.len : 80), key.ptr,
                      (unsigned long long)is, (unsigned long long)dealing->from);
}

static int
add_dealt(struct dealing *dealing, const struct dealt *dealt, struct tp_err *err)
{
    struct dealt *grown = dealing->dealt;
    size_t cap = dealing->cap ? dealing->cap * 2 : 64;

    if (dealing->count == dealing->cap) {
        grown = realloc(grown, cap * sizeof *grown);
        if (!grown)
            return tp_err_memory(err);
        dealing->dealt = grown;
        dealing->cap = cap;
    }
    grown[dealing->count] = *dealt;
    grown[dealing->count].sequence = dealing->count;
    dealing->count++;
    return 0;
}

/* KEY: an array, or NULL where LINE has none. */
static int
read_key(struct dealing *dealing, const struct linekind *kind, struct tp_str line,
         struct tp_str *key, struct tp_err *err)
{
    struct tp_buf *bytes = &dealing->bytes;
    const struct tp_saved array = {"key", TP_SAVED_JSON, key, true};
    const struct tp_saved hex = {kind->bytes, TP_SAVED_HEX, bytes, false};

    if (!kind->bytes)
        return tp_saved_read(line, &array, 1, err);
    tp_buf_clear(bytes);
    if (tp_saved_read(line, &hex, 1, err) < 0)
        return -1;
    return routing_key(dealing->routing, tp_buf_str(bytes), key, err);
}

/* Where LINE stands among those of its kind. */
static int
read_place(const struct linekind *kind, struct tp_str line, struct dealt *dealt, struct tp_err *err)
{
    const struct tp_saved order = {kind->order, TP_SAVED_INT, &dealt->order, false};
    const struct tp_saved rank = {kind->rank, TP_SAVED_JSON, &dealt->rank, false};

    if (kind->order && tp_saved_read(line, &order, 1, err) < 0)
        return -1;
    return kind->rank ? tp_saved_read(line, &rank, 1, err) : 0;
}

/* The parts of FROM and TO that a record which was saved in LINE belongs to. */
static int
route_record(struct dealing *dealing, const struct linekind *kind, struct tp_str line,
             uint64_t *was, uint64_t *to, struct tp_err *err)
{
    struct tp_buf *record = &dealing->bytes;
    const struct tp_saved text = {kind->line, TP_SAVED_TEXT, record, false};

    tp_buf_clear(record);
    if (tp_saved_read(line, &text, 1, err) < 0 ||
        routing_record_part(dealing->routing, record, dealing->from, was, err) < 0)
        return -1;
    return routing_record_part(dealing->routing, record, dealing->to, to, err);
}

/* Likewise of its key; and SAID is that. */
static int
route_key(struct dealing *dealing, const struct part *part, const struct linekind *kind,
          struct tp_str line, struct tp_str *said, uint64_t *was, uint64_t *to, struct tp_err *err)
{
    *said = (struct tp_str){NULL, 0};
    if (read_key(dealing, kind, line, said, err) < 0)
        return -1;
    if (!said->ptr && kind->keyless) {
        *to = *was % dealing->to;
        return 0;
    }
    if (!said->ptr)
        return part_refuse(part, "it has a window of no key, of --empty", err);
    if (routing_part(dealing->routing, *said, dealing->from, was, err) < 0)
        return -1;
    return routing_part(dealing->routing, *said, dealing->to, to, err);
}

/* LINE of the part NUMBER goes where the next line of a key goes. */
static int
deal_leading(struct dealing *dealing, uint64_t number, const struct linekind *kind,
             struct tp_str line, struct tp_err *err)
{
    const struct dealt dealt = {.part = number, .line = line, .kind = kind};

    dealing->leading++;
    return add_dealt(dealing, &dealt, err);
}

/* The line that was added last, and those that led to it, which stay in front of it. */
static void
follow_leading(struct dealing *dealing)
{
    const struct dealt *last = &dealing->dealt[dealing->count - 1];

    for (; dealing->leading > 0; dealing->leading--) {
        struct dealt *leading = &dealing->dealt[dealing->count - 1 - dealing->leading];

        leading->to = last->to;
        leading->beside = last->kind;
    }
}

/* LINE goes where those went that it names, which are of one key. */
static int
deal_naming(struct dealing *dealing, uint64_t number, const struct linekind *kind,
            struct tp_str line, struct tp_err *err)
{
    const struct part *part = &dealing->part[number];
    struct dealt dealt = {.part = number, .line = line, .kind = kind, .beside = kind};
    const struct tp_member names = first_member(line);
    struct tp_members walk = tp_elements_open(tp_slot_json(&names.value));
    struct tp_slot name;
    int64_t at;
    bool any = false;

    for (; tp_elements_next(&walk, &name); any = true) {
        if (name.kind != TP_SLOT_INTEGER ||
            !tp_num_parse_int((struct tp_str){name.ptr, name.len}, &at) || at < 0 ||
            (uint64_t)at >= part->named_count || (any && part->named[at].to != dealt.to))
            return tp_err_set(err, TP_FAULT_MACHINE, "%s: a saved record is in no window",
                              part->name);
        dealt.to = part->named[at].to;
    }
    return add_dealt(dealing, &dealt, err);
}

/* LINE of the part NUMBER goes to the part of its key; and it must be where its key belonged. */
static int
deal(struct dealing *dealing, uint64_t number, const struct linekind *kind, struct tp_str line,
     struct tp_err *err)
{
    struct part *part = &dealing->part[number];
    struct dealt dealt = {
        .part = number, .line = line, .kind = kind, .beside = kind, .number = part->named_count};
    struct tp_str said = line; /* what tells where it belongs */
    uint64_t was = number;
    int result;

    if (!dealing->routing && open_routing(dealing, kind, err) < 0)
        return -1;
    result = kind->line ? route_record(dealing, kind, line, &was, &dealt.to, err)
                        : route_key(dealing, part, kind, line, &said, &was, &dealt.to, err);
    if (result < 0 || read_place(kind, line, &dealt, err) < 0)
        return -1;
    if (was != number)
        return refuse_stray(dealing, part, said, was, err);
    if (add_dealt(dealing, &dealt, err) < 0)
        return -1;
    follow_leading(dealing);
    return kind->numbered ? part_keep_named(part, dealt.to, err) : 0;
}

/* --- sorting lines out -------------------------------------------------------------------------*/

/* LINE is the driver's. */
static int
take_driver(struct part *part, struct tp_str first, struct tp_str line, struct tp_err *err)
{
    struct tp_str file = {NULL, 0};
    const struct tp_saved fields[] = {
        {"file", TP_SAVED_JSON, &file, true},
        {"@stage", TP_SAVED_INT, &part->records, true},
    };

    if (tp_str_equal(first, TP_STR("@side")))
        return lines_keep(&part->own, line, err);
    if (tp_str_equal(first, TP_STR("@lateness"))) {
        part->lateness = line;
        return 0;
    }
    if (tp_str_equal(first, TP_STR("@partial")))
        return part_refuse_line(part, first, err);
    if (tp_saved_read(line, fields, 2, err) < 0)
        return -1;
    if (tp_str_equal(first, TP_STR("@input")) && file.ptr)
        return part_refuse(part, "it reads a FILE of its own beside what sroute sends it", err);
    return lines_keep(&part->common, line, err);
}

static int
take_line(struct dealing *dealing, uint64_t number, struct tp_str line, struct tp_err *err)
{
    struct part *part = &dealing->part[number];
    struct tp_str filter = part->loaded.header.filter;
    const struct tp_member first = first_member(line);
    const struct linekind *kind = linekind_of(filter, &first);

    if (first.name.len > 0 && first.name.ptr[0] == '@')
        return take_driver(part, first.name, line, err);
    if (kind && kind->leads)
        return deal_leading(dealing, number, kind, line, err);
    if (kind && kind->names)
        return deal_naming(dealing, number, kind, line, err);
    if (kind)
        return deal(dealing, number, kind, line, err);
    return linekind_is_common(filter, first.name) ? lines_keep(&part->common, line, err)
                                                  : part_refuse_line(part, first.name, err);
}

/* A text that begins another stands before it: that ends in a quote, which stands before all that
 * is in one. */
static int
compare_ranks(struct tp_str one, struct tp_str other)
{
    size_t len = one.len < other.len ? one.len : other.len;

    return len > 0 ? memcmp(one.ptr, other.ptr, len) : 0;
}

static int
compare_dealt(const void *a, const void *b)
{
    const struct dealt *one = a, *other = b;
    int order;

    if (one->to != other->to)
        return one->to < other->to ? -1 : 1;
    if (one->beside != other->beside)
        return one->beside < other->beside ? -1 : 1;
    if (one->order != other->order)
        return one->order < other->order ? -1 : 1;
    order = compare_ranks(one->rank, other->rank);
    return order ? order : (one->sequence > other->sequence) - (one->sequence < other->sequence);
}

/* What has a number gets that which it has in its new part. */
static void
number_anew(struct dealing *dealing)
{
    uint64_t place = 0;

    for (size_t i = 0; i < dealing->count; i++) {
        const struct dealt *dealt = &dealing->dealt[i];

        if (i > 0 && dealt->to != dealt[-1].to)
            place = 0;
        if (dealt->kind->numbered)
            dealing->part[dealt->part].named[dealt->number].place = place++;
    }
}

static int
take_part(struct dealing *dealing, uint64_t number, struct tp_err *err)
{
    struct part *part = &dealing->part[number];
    struct tp_str body = part->loaded.body, line;

    while (tp_snapshot_next(&body, &line))
        if (take_line(dealing, number, line, err) < 0)
            return -1;
    if (dealing->leading > 0)
        return part_refuse(part, "its last lines are of no key", err);
    if (number > 0 && __builtin_add_overflow(part[-1].before, part[-1].records, &part->before))
        return part_refuse(part, "there are too many records", err);
    return number >= dealing->to ? part_check_ending(part, err) : 0;
}

static int
sort_out(struct dealing *dealing, struct tp_err *err)
{
    for (uint64_t i = 0; i < dealing->from; i++)
        if (take_part(dealing, i, err) < 0)
            return -1;
    if (dealing->count > 0)
        qsort(dealing->dealt, dealing->count, sizeof *dealing->dealt, compare_dealt);
    number_anew(dealing);
    return 0;
}

/* --- all of it ---------------------------------------------------------------------------------*/

int
dealing_open(struct dealing *dealing, struct tp_survey *survey, struct tp_err *err)
{
    return open_parts(dealing, survey, err) < 0 ? -1 : sort_out(dealing, err);
}

void
dealing_close(struct dealing *dealing)
{
    for (uint64_t i = 0; dealing->part && i < dealing->from; i++)
        part_release(&dealing->part[i]);
    free(dealing->part);
    routing_free(dealing->routing);
    tp_buf_release(&dealing->bytes);
    free(dealing->dealt);
}
