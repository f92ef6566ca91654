#include "dealing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/member.h"
#include "routing.h"

/* Lines of keys: they go to their key's part. Their first member is FIRST. */
static const struct kind {
    const char *filter, *first;
    bool waits;          /* a record that the stage counts as held */
    const char *order;   /* in the order of this member; NULL: as they were, part for part */
    bool leads;          /* it has no key, and goes where the next line goes that has one */
    const char *records; /* the member that has the numbers of records; NULL: none */
    const char *bytes;   /* the member that has the key's bytes; NULL: `key` is an array */
} kinds[] = {
    {.filter = "swindow", .first = "known"},
    {.filter = "swindow", .first = "pane"},
    {.filter = "swindow", .first = "held"},
    {.filter = "swindow", .first = "session"},
    {.filter = "swindow", .first = "seen"},
    {.filter = "swindow", .first = "cut"},
    {.filter = "sstep", .first = "key", .order = "seen"},
    {.filter = "sstep", .first = "time", .waits = true},
    {.filter = "sgap", .first = "key"},
    {.filter = "sgap", .first = "last"},
    {.filter = "sgap", .first = "held", .waits = true},
    {.filter = "sdedup", .first = "seen", .bytes = "seen"},
    {.filter = "sdedup", .first = "latest", .bytes = "key", .waits = true},
    {.filter = "sdedup", .first = "held", .bytes = "key", .waits = true, .order = "held"},
    {.filter = "srank", .first = "record", .leads = true, .records = "record"},
    {.filter = "srank", .first = "window_end", .records = "records"},
};

/* Lines that every part has one of (merging.c); and those of the driver. */
static const struct {
    const char *filter, *first;
} common[] = {
    {"swindow", "changes"}, {"swindow", "watermark"}, {"swindow", "quiet"}, {"sgap", "watermark"},
    {"srank", "kinds"},     {"sdedup", "hashed"},     {"sdedup", "seed"},
};

/* Why a filter's other lines are of no use to another part. */
static const struct {
    const char *filter, *why;
} reasons[] = {
    {"sdedup", "it saves hashes under a secret of each part, and not what they are of, which "
               "--verify without --on-change does"},
    {"ssort", "the records it holds are not kept by key"},
    {"sjoin", "it has two inputs, and not all it saves is kept by key"},
    {"swatermark", "event time is of the whole stream: let it stand before sroute"},
    {"sread", "a source is not split by key: let sroute stand behind it"},
    {"sfrom", "half a record has no key: let it stand before sroute"},
    {"swrite", "its files are of no key: let sunion bring the parts together before one swrite"},
    {"swindow", "-w all is one window, whose rows say when the whole part began and ended"},
};

/* --- names -------------------------------------------------------------------------------------*/

/* PATTERN with the number of a part for {n}. */
int
part_name(const char *pattern, uint64_t number, char *name, struct tp_err *err)
{
    const char *at = strstr(pattern, "{n}");
    int len;

    if (!at)
        return tp_err_set(err, TP_FAULT_USAGE, "--stage %s: no {n}, which stands for the part",
                          pattern);
    len = snprintf(name, TP_STAGE_NAME_BYTES + 1, "%.*s%llu%s", (int)(at - pattern), pattern,
                   (unsigned long long)number, at + 3);
    if (len > TP_STAGE_NAME_BYTES || !tp_stage_name_is_valid(tp_str_of(name)))
        return tp_err_set(err, TP_FAULT_USAGE, "--stage %s: no name of stages", pattern);
    return 0;
}

int
part_refuse(const struct part *part, const char *why, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_USAGE, "%s cannot be rescaled: %s", part->name, why);
}

/* --- opening -----------------------------------------------------------------------------------*/

int
part_open(struct tp_survey *survey, struct part *part, struct tp_err *err)
{
    const struct tp_survey_snapshot *snapshot = tp_survey_find(survey, part->name);
    const struct tp_snapshot *header = &part->loaded.header;

    if (!snapshot)
        return tp_err_set(err, TP_FAULT_USAGE, "there is no snapshot of %s: is --from right?",
                          part->name);
    if (tp_survey_open(survey, snapshot, &part->loaded, err) < 0)
        return -1;
    part->open = true;
    if (header->id != survey->commit.id && !header->last)
        return part_refuse(part, "its snapshot is older than the commit", err);
    if (header->complete)
        return part_refuse(part, "its stream has ended", err);
    return 0;
}

static int
check_alike(const struct part *first, const struct part *part, struct tp_err *err)
{
    const struct tp_snapshot *one = &first->loaded.header, *other = &part->loaded.header;

    if (!tp_str_equal(one->filter, other->filter))
        return tp_err_set(err, TP_FAULT_USAGE, "%s is %.*s, and %s is %.*s", first->name,
                          (int)one->filter.len, one->filter.ptr, part->name, (int)other->filter.len,
                          other->filter.ptr);
    if (!tp_str_equal(one->options, other->options))
        return tp_err_set(err, TP_FAULT_USAGE, "%s and %s were saved with different options",
                          first->name, part->name);
    if (one->last != other->last || !tp_epochs_within(&one->epochs, &other->epochs))
        return tp_err_set(err, TP_FAULT_USAGE, "%s and %s are not of one run", first->name,
                          part->name);
    return 0;
}

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
            check_alike(&dealing->part[0], &dealing->part[i], err) < 0)
            return -1;
    return check_others(dealing, survey, err);
}

/* --- lines of keys -----------------------------------------------------------------------------*/

struct tp_str
first_member(struct tp_str line)
{
    struct tp_members walk = tp_members_open(line);
    struct tp_member member = {.name = {NULL, 0}};

    tp_members_next(&walk, &member);
    return member.name;
}

static const struct kind *
kind_of(struct tp_str filter, struct tp_str first)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (tp_str_equal(filter, tp_str_of(kinds[i].filter)) &&
            tp_str_equal(first, tp_str_of(kinds[i].first)))
            return &kinds[i];
    return NULL;
}

static int
open_routing(struct dealing *dealing, const struct kind *kind, struct tp_err *err)
{
    const struct part *part = &dealing->part[0];
    struct tp_buf keys = TP_BUF_INIT;
    bool verify = false;
    const struct tp_saved fields[] = {
        {"key", TP_SAVED_TEXT, &keys, true},
        {"verify", TP_SAVED_FLAG, &verify, true},
    };
    struct tp_err why;
    int result = tp_saved_read(part->loaded.header.options, fields, 2, err);

    if (result == 0 && kind->bytes && !verify)
        result = part_refuse_line(part, tp_str_of(kind->first), err);
    if (result == 0 && keys.len == 0)
        result = part_refuse(part, "it has no -k: all it saved is one group", err);
    if (result == 0) {
        dealing->routing = routing_new(tp_buf_str(&keys), dealing->hash, &why);
        if (!dealing->routing)
            result = tp_err_set(err, why.fault, "%s: %s", part->name, why.text);
    }
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
read_key(struct dealing *dealing, const struct kind *kind, struct tp_str line, struct tp_str *key,
         int64_t *order, struct tp_err *err)
{
    struct tp_buf *bytes = &dealing->bytes;
    const struct tp_saved array = {"key", TP_SAVED_JSON, key, true};
    const struct tp_saved hex = {kind->bytes, TP_SAVED_HEX, bytes, false};
    const struct tp_saved place = {kind->order, TP_SAVED_INT, order, false};

    if (kind->order && tp_saved_read(line, &place, 1, err) < 0)
        return -1;
    if (!kind->bytes)
        return tp_saved_read(line, &array, 1, err);
    tp_buf_clear(bytes);
    if (tp_saved_read(line, &hex, 1, err) < 0)
        return -1;
    return routing_key(dealing->routing, tp_buf_str(bytes), key, err);
}

/* LINE of the part NUMBER goes where the next line of a key goes. */
static int
deal_leading(struct dealing *dealing, uint64_t number, const struct kind *kind, struct tp_str line,
             struct tp_err *err)
{
    const struct dealt dealt = {.part = number, .line = line, .records = kind->records};

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
        leading->kind = last->kind;
    }
}

/* LINE of the part NUMBER goes to the part of its key; and it must be where its key belonged. */
static int
deal(struct dealing *dealing, uint64_t number, const struct kind *kind, struct tp_str line,
     struct tp_err *err)
{
    const struct part *part = &dealing->part[number];
    struct dealt dealt = {.part = number,
                          .line = line,
                          .kind = (size_t)(kind - kinds),
                          .waits = kind->waits,
                          .records = kind->records};
    struct tp_str key = {NULL, 0};
    uint64_t was;

    if (!dealing->routing && open_routing(dealing, kind, err) < 0)
        return -1;
    if (read_key(dealing, kind, line, &key, &dealt.order, err) < 0)
        return -1;
    if (!key.ptr)
        return part_refuse(part, "it has a window of no key, of --empty", err);
    if (routing_part(dealing->routing, key, dealing->from, &was, err) < 0 ||
        routing_part(dealing->routing, key, dealing->to, &dealt.to, err) < 0)
        return -1;
    if (was != number)
        return refuse_stray(dealing, part, key, was, err);
    if (add_dealt(dealing, &dealt, err) < 0)
        return -1;
    follow_leading(dealing);
    return 0;
}

/* --- sorting lines out -------------------------------------------------------------------------*/

static bool
is_common(struct tp_str filter, struct tp_str first)
{
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (tp_str_equal(filter, tp_str_of(common[i].filter)) &&
            tp_str_equal(first, tp_str_of(common[i].first)))
            return true;
    return false;
}

int
part_refuse_line(const struct part *part, struct tp_str first, struct tp_err *err)
{
    struct tp_str filter = part->loaded.header.filter;

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (tp_str_equal(filter, tp_str_of(reasons[i].filter)))
            return part_refuse(part, reasons[i].why, err);
    return tp_err_set(err, TP_FAULT_USAGE, "%s cannot be rescaled: its line \"%.*s\" is of no key",
                      part->name, (int)(first.len < 60 ? first.len : 60), first.ptr);
}

static int
keep(struct lines *lines, struct tp_str line, struct tp_err *err)
{
    struct tp_str *grown = realloc(lines->line, (lines->count + 1) * sizeof *grown);

    if (!grown)
        return tp_err_memory(err);
    lines->line = grown;
    grown[lines->count++] = line;
    return 0;
}

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
        return keep(&part->own, line, err);
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
    return keep(&part->common, line, err);
}

static int
take_line(struct dealing *dealing, uint64_t number, struct tp_str line, struct tp_err *err)
{
    struct part *part = &dealing->part[number];
    struct tp_str filter = part->loaded.header.filter, first = first_member(line);
    const struct kind *kind = kind_of(filter, first);

    if (first.len > 0 && first.ptr[0] == '@')
        return take_driver(part, first, line, err);
    if (kind && kind->leads)
        return deal_leading(dealing, number, kind, line, err);
    if (kind)
        return deal(dealing, number, kind, line, err);
    return is_common(filter, first) ? keep(&part->common, line, err)
                                    : part_refuse_line(part, first, err);
}

/* What a part that is no more wrote to side files stays there, and nobody would take back what is
 * behind the commit. */
static int
check_ending(const struct part *part, struct tp_err *err)
{
    if (part->own.count == 0 || part->loaded.header.last)
        return 0;
    return part_refuse(part,
                       "its side file may have more than was committed: start the pipeline once "
                       "more, and stop it by SIGTERM",
                       err);
}

static int
compare_dealt(const void *a, const void *b)
{
    const struct dealt *one = a, *other = b;

    if (one->to != other->to)
        return one->to < other->to ? -1 : 1;
    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    if (one->order != other->order)
        return one->order < other->order ? -1 : 1;
    return (one->sequence > other->sequence) - (one->sequence < other->sequence);
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
    return number >= dealing->to ? check_ending(part, err) : 0;
}

static int
sort_out(struct dealing *dealing, struct tp_err *err)
{
    for (uint64_t i = 0; i < dealing->from; i++)
        if (take_part(dealing, i, err) < 0)
            return -1;
    if (dealing->count > 0)
        qsort(dealing->dealt, dealing->count, sizeof *dealing->dealt, compare_dealt);
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
    for (uint64_t i = 0; dealing->part && i < dealing->from; i++) {
        if (dealing->part[i].open)
            tp_loaded_release(&dealing->part[i].loaded);
        free(dealing->part[i].common.line);
        free(dealing->part[i].own.line);
    }
    free(dealing->part);
    routing_free(dealing->routing);
    tp_buf_release(&dealing->bytes);
    free(dealing->dealt);
}
