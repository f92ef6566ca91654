#include "rescale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dealing.h"
#include "merging.h"
#include "record/emit.h"
#include "record/member.h"
#include "renumber.h"
#include "stream/savepoint.h"

enum { MAX_PARTS = 65536 }; /* as of sroute */

/* --- writing parts -----------------------------------------------------------------------------*/

static int
put_lines(struct tp_save *save, const struct lines *lines, struct tp_err *err)
{
    for (size_t i = 0; i < lines->count; i++) {
        tp_buf_put_str(tp_save_line(save), lines->line[i]);
        if (tp_save_line_end(save, err) < 0)
            return -1;
    }
    return 0;
}

/* LINE[0..COUNT), one of each part, or of some, become one. */
static int
put_merged(const struct dealing *dealing, const struct tp_str *line, size_t count,
           const struct merging *to, struct tp_save *save, struct tp_err *err)
{
    struct tp_err why;

    if (merge_lines(line, count, to, tp_save_line(save), &why) < 0)
        return tp_err_set(err, why.fault, "%s cannot be rescaled: %s", dealing->pattern, why.text);
    return tp_save_line_end(save, err);
}

/* The lines that each part has, one after the other: the first of all, the second ... */
static int
put_common(const struct dealing *dealing, const struct merging *to, struct tp_save *save,
           struct tp_err *err)
{
    size_t parts = dealing->from, lines = dealing->part[0].common.count;
    struct tp_str *line = calloc(parts, sizeof *line);
    int result = 0;

    if (!line)
        return tp_err_memory(err);
    for (size_t i = 0; i < parts && result == 0; i++)
        if (dealing->part[i].common.count != lines)
            result = part_refuse(&dealing->part[i], "it has other lines than part 0", err);
    for (size_t n = 0; n < lines && result == 0; n++) {
        for (size_t i = 0; i < parts; i++)
            line[i] = dealing->part[i].common.line[n];
        result = put_merged(dealing, line, parts, to, save, err);
    }
    free(line);
    return result;
}

static int
put_lateness(const struct dealing *dealing, const struct merging *to, struct tp_save *save,
             struct tp_err *err)
{
    size_t parts = dealing->from, count = 0;
    struct tp_str *line = calloc(parts, sizeof *line);
    int result = 0;

    if (!line)
        return tp_err_memory(err);
    for (size_t i = 0; i < parts && result == 0; i++)
        if (dealing->part[i].lateness.len > 0)
            line[count++] = dealing->part[i].lateness;
    if (result == 0 && count > 0 && to->first)
        result = put_merged(dealing, line, count, to, save, err);
    free(line);
    return result;
}

static int
put_dealt(const struct dealing *dealing, const struct dealt *dealt, struct tp_save *save,
          struct tp_err *err)
{
    struct tp_buf *to = tp_save_line(save);
    const struct part *was = &dealing->part[dealt->part];
    const struct linekind *kind = dealt->kind;
    int result = 0;

    if (kind->names)
        result = renumber_names(dealt->line, kind->first, was, to, err);
    else if (kind->records)
        result = renumber_line(dealt->line, kind->records, was->before, to, err);
    else
        tp_buf_put_str(to, dealt->line);
    return result < 0 ? -1 : tp_save_line_end(save, err);
}

/* The lines of the part NUMBER are COUNT from BEGIN on. */
static int
put_part(const struct dealing *dealing, uint64_t number, size_t begin, size_t count,
         struct tp_save *save, struct tp_err *err)
{
    struct merging to = {.first = number == 0};

    for (size_t i = 0; i < count; i++)
        to.held += dealing->dealt[begin + i].kind->waits;
    if (put_common(dealing, &to, save, err) < 0 || put_lateness(dealing, &to, save, err) < 0)
        return -1;
    if (number < dealing->from && put_lines(save, &dealing->part[number].own, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (put_dealt(dealing, &dealing->dealt[begin + i], save, err) < 0)
            return -1;
    return 0;
}

static int
write_part(const struct dealing *dealing, struct tp_savepoint *savepoint, uint64_t number,
           size_t begin, size_t count, struct tp_err *err)
{
    struct tp_snapshot header = dealing->part[0].loaded.header;
    char name[TP_STAGE_NAME_BYTES + 1];
    struct tp_save save = {.lines = 0};

    if (part_name(dealing->pattern, number, name, err) < 0)
        return -1;
    if (tp_savepoint_save(savepoint, name, &header, &save, err) == 0 &&
        put_part(dealing, number, begin, count, &save, err) == 0)
        return tp_savepoint_save_done(savepoint, &save, err);
    tp_savepoint_save_drop(savepoint, &save);
    return -1;
}

static int
write_parts(const struct dealing *dealing, struct tp_savepoint *savepoint, struct tp_buf *said,
            struct tp_err *err)
{
    size_t at = 0;

    tp_buf_printf(said, "%s: %llu parts become %llu, with", dealing->pattern,
                  (unsigned long long)dealing->from, (unsigned long long)dealing->to);
    for (uint64_t i = 0; i < dealing->to; i++) {
        size_t begin = at;

        while (at < dealing->count && dealing->dealt[at].to == i)
            at++;
        if (write_part(dealing, savepoint, i, begin, at - begin, err) < 0)
            return -1;
        tp_buf_printf(said, "%s%zu", i == 0 ? " " : ", ", at - begin);
    }
    TP_BUF_PUT(said, " lines of keys\n");
    return 0;
}

/* --- stages that gather ------------------------------------------------------------------------*/

/* OPTIONS with the new number of inputs, which is left out where it is 1. */
static int
write_options(const struct rescale *rule, struct tp_str options, struct tp_buf *to,
              struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(to);
    struct tp_members walk = tp_members_open(options);
    struct tp_member member;

    if (rule->to > 1)
        tp_emit_int(&line, TP_STR("inputs"), (int64_t)rule->to);
    while (tp_members_next(&walk, &member))
        if (!tp_str_equal(member.name, TP_STR("inputs")))
            tp_emit_json(&line, member.name, tp_slot_json(&member.value));
    tp_buf_put_char(to, '}');
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

/* INPUT[0..from), which are alike but for their numbers, become `to` of them. */
static int
put_inputs(const struct rescale *rule, const char *name, const struct tp_str *input,
           struct tp_save *save, struct tp_err *err)
{
    struct tp_buf merged = TP_BUF_INIT;
    const struct merging to = {.first = true};
    struct tp_err why;
    int result = merge_lines(input, rule->from, &to, &merged, &why);

    if (result < 0)
        tp_err_set(err, why.fault, "%s cannot be rescaled: %s", name, why.text);
    for (uint64_t i = 0; i < rule->to && result == 0; i++) {
        struct tp_emit line = tp_emit_open(tp_save_line(save));
        struct tp_members walk = tp_members_open(tp_buf_str(&merged));
        struct tp_member member;

        tp_emit_int(&line, TP_STR("@input"), (int64_t)i);
        while (tp_members_next(&walk, &member))
            if (!tp_str_equal(member.name, TP_STR("@input")))
                tp_emit_json(&line, member.name, tp_slot_json(&member.value));
        tp_emit_close(&line);
        result = tp_save_line_end(save, err);
    }
    tp_buf_release(&merged);
    return result;
}

/* The inputs' lines come one after the other: the last of them brings the new ones. */
static int
put_gathered(const struct rescale *rule, const struct part *part, struct tp_save *save,
             struct tp_err *err)
{
    struct tp_str body = part->loaded.body, line, *input = calloc(rule->from, sizeof *input);
    uint64_t inputs = 0;
    int result = 0;

    if (!input)
        return tp_err_memory(err);
    while (result == 0 && tp_snapshot_next(&body, &line)) {
        struct tp_str first = first_member(line).name;

        if (first.len == 0 || first.ptr[0] != '@') {
            result = part_refuse_line(part, first, err);
        } else if (!tp_str_equal(first, TP_STR("@input"))) {
            tp_buf_put_str(tp_save_line(save), line);
            result = tp_save_line_end(save, err);
        } else {
            if (inputs < rule->from)
                input[inputs] = line;
            if (++inputs == rule->from)
                result = put_inputs(rule, part->name, input, save, err);
        }
    }
    if (result == 0 && inputs != rule->from)
        result = tp_err_set(err, TP_FAULT_USAGE, "--gather %s: it has %llu inputs, not --from %llu",
                            part->name, (unsigned long long)inputs, (unsigned long long)rule->from);
    free(input);
    return result;
}

static int
write_gatherer(const struct rescale *rule, const struct part *part, struct tp_savepoint *savepoint,
               struct tp_err *err)
{
    struct tp_snapshot header = part->loaded.header;
    struct tp_buf options = TP_BUF_INIT;
    struct tp_save save = {.lines = 0};
    int result = write_options(rule, header.options, &options, err);

    header.options = tp_buf_str(&options);
    if (result == 0) {
        result = tp_savepoint_save(savepoint, part->name, &header, &save, err);
        if (result == 0)
            result = put_gathered(rule, part, &save, err);
        if (result == 0)
            result = tp_savepoint_save_done(savepoint, &save, err);
        else
            tp_savepoint_save_drop(savepoint, &save);
    }
    tp_buf_release(&options);
    return result;
}

static int
gather(const struct rescale *rule, const char *name, struct tp_survey *from,
       struct tp_savepoint *savepoint, struct tp_err *err)
{
    struct part part = {.open = false};
    int result;

    if (!tp_stage_name_is_valid(tp_str_of(name)))
        return tp_err_set(err, TP_FAULT_USAGE, "--gather %s: no name of a stage", name);
    snprintf(part.name, sizeof part.name, "%s", name);
    result = part_open(from, &part, err);
    if (result == 0)
        result = write_gatherer(rule, &part, savepoint, err);
    part_release(&part);
    return result;
}

/* --- all of it ---------------------------------------------------------------------------------*/

static int
check_rule(const struct rescale *rule, struct tp_err *err)
{
    if (rule->stages.count == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "--stage 'NAME-{n}' is missing");
    if (rule->from < 1 || rule->from > MAX_PARTS || rule->to < 1 || rule->to > MAX_PARTS)
        return tp_err_set(err, TP_FAULT_USAGE, "--from N and --to M: each 1 to %d parts",
                          MAX_PARTS);
    for (size_t i = 0; i < rule->stages.count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(rule->stages.text[i], rule->stages.text[j]) == 0)
                return tp_err_set(err, TP_FAULT_USAGE, "--stage %s is given twice",
                                  rule->stages.text[i]);
    return 0;
}

/* What is read must stay as it is. */
static int
check_quiet(const struct tp_survey *from, struct tp_err *err)
{
    if (from->commit.id == 0)
        return tp_err_set(err, TP_FAULT_USAGE, "nothing is committed there yet");
    for (size_t i = 0; i < from->stages; i++)
        if (from->stage[i].alive)
            return tp_err_set(err, TP_FAULT_USAGE, "%s is at work (process %ld): stop it first",
                              from->stage[i].name, (long)from->stage[i].pid);
    return 0;
}

static bool
is_rescaled(const struct rescale *rule, const char *stage)
{
    char name[TP_STAGE_NAME_BYTES + 1];
    struct tp_err why;

    for (size_t i = 0; i < rule->gathers.count; i++)
        if (strcmp(rule->gathers.text[i], stage) == 0)
            return true;
    for (size_t i = 0; i < rule->stages.count; i++)
        for (uint64_t n = 0; n < rule->from; n++)
            if (part_name(rule->stages.text[i], n, name, &why) == 0 && strcmp(name, stage) == 0)
                return true;
    return false;
}

/* All that can be refused before anything is made is. */
static int
open_stages(const struct rescale *rule, struct tp_survey *from, struct dealing *dealing,
            struct tp_err *err)
{
    if (check_rule(rule, err) < 0 || check_quiet(from, err) < 0)
        return -1;
    for (size_t i = 0; i < rule->stages.count; i++) {
        dealing[i].pattern = rule->stages.text[i];
        dealing[i].from = rule->from;
        dealing[i].to = rule->to;
        dealing[i].hash = rule->hash;
        if (dealing_open(&dealing[i], from, err) < 0)
            return -1;
    }
    return 0;
}

static int
copy_others(const struct rescale *rule, struct tp_survey *from, struct tp_savepoint *savepoint,
            struct tp_err *err)
{
    for (size_t i = 0; i < from->snapshots; i++) {
        const struct tp_survey_snapshot *snapshot = &from->snapshot[i];

        if (tp_survey_find(from, snapshot->name) == snapshot &&
            !is_rescaled(rule, snapshot->name) && tp_savepoint_copy(savepoint, snapshot, err) < 0)
            return -1;
    }
    return 0;
}

static int
write_stages(const struct rescale *rule, const struct dealing *dealing, struct tp_survey *from,
             struct tp_savepoint *savepoint, struct tp_buf *said, struct tp_err *err)
{
    for (size_t i = 0; i < rule->stages.count; i++)
        if (write_parts(&dealing[i], savepoint, said, err) < 0)
            return -1;
    for (size_t i = 0; i < rule->gathers.count; i++)
        if (gather(rule, rule->gathers.text[i], from, savepoint, err) < 0)
            return -1;
    if (copy_others(rule, from, savepoint, err) < 0)
        return -1;
    return tp_savepoint_finish(savepoint, err);
}

static int
write_all(const struct rescale *rule, const struct dealing *dealing, struct tp_survey *from,
          const char *to, struct tp_buf *said, struct tp_err *err)
{
    struct tp_savepoint *savepoint = tp_savepoint_new(from, to, err);
    int result = savepoint ? write_stages(rule, dealing, from, savepoint, said, err) : -1;

    tp_savepoint_free(savepoint);
    return result;
}

int
rescale(const struct rescale *rule, struct tp_survey *from, const char *to, struct tp_buf *said,
        struct tp_err *err)
{
    struct dealing *dealing = calloc(rule->stages.count + 1, sizeof *dealing);
    int result;

    if (!dealing)
        return tp_err_memory(err);
    result = open_stages(rule, from, dealing, err);
    if (result == 0)
        result = write_all(rule, dealing, from, to, said, err);
    for (size_t i = 0; i < rule->stages.count; i++)
        dealing_close(&dealing[i]);
    free(dealing);
    return result;
}
