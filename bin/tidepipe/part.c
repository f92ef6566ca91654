#include "part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linekind.h"

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

int
part_check_alike(const struct part *first, const struct part *part, struct tp_err *err)
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

/* What a part that is no more wrote to side files stays there, and nobody would take back what is
 * behind the commit. */
int
part_check_ending(const struct part *part, struct tp_err *err)
{
    if (part->own.count == 0 || part->loaded.header.last)
        return 0;
    return part_refuse(part,
                       "its side file may have more than was committed: start the pipeline once "
                       "more, and stop it by SIGTERM",
                       err);
}

/* --- lines -------------------------------------------------------------------------------------*/

struct tp_member
first_member(struct tp_str line)
{
    struct tp_members walk = tp_members_open(line);
    struct tp_member member = {.name = {NULL, 0}};

    tp_members_next(&walk, &member);
    return member;
}

int
part_refuse_line(const struct part *part, struct tp_str first, struct tp_err *err)
{
    const char *why = linekind_why_not(part->loaded.header.filter);

    if (why)
        return part_refuse(part, why, err);
    return tp_err_set(err, TP_FAULT_USAGE, "%s cannot be rescaled: its line \"%.*s\" is of no key",
                      part->name, (int)(first.len < 60 ? first.len : 60), first.ptr);
}

int
lines_keep(struct lines *lines, struct tp_str line, struct tp_err *err)
{
    struct tp_str *grown = realloc(lines->line, (lines->count + 1) * sizeof *grown);

    if (!grown)
        return tp_err_memory(err);
    lines->line = grown;
    grown[lines->count++] = line;
    return 0;
}

int
part_keep_named(struct part *part, uint64_t to, struct tp_err *err)
{
    struct named *grown = part->named;
    size_t cap = part->named_cap ? part->named_cap * 2 : 64;

    if (part->named_count == part->named_cap) {
        grown = realloc(grown, cap * sizeof *grown);
        if (!grown)
            return tp_err_memory(err);
        part->named = grown;
        part->named_cap = cap;
    }
    grown[part->named_count++] = (struct named){.to = to};
    return 0;
}

void
part_release(struct part *part)
{
    if (part->open)
        tp_loaded_release(&part->loaded);
    free(part->common.line);
    free(part->own.line);
    free(part->named);
}
