#include "record/pattern.h"

#include <stdlib.h>

#include "record/grok.h"
#include "value/regex.h"

/* A named group; those of one member follow each other by `next` (a number in the list, 0: none,
 * since the first group is never a later one). */
struct group {
    size_t number;
    struct tp_str member;
    size_t next;
    bool later; /* an earlier group has the same member */
};

struct tp_pattern {
    struct tp_grok grok;
    struct tp_regex *regex;
    struct group *group;
    size_t groups;
};

/* Hangs group I to the last earlier one of its member. */
static void
link_group(struct tp_pattern *pattern, size_t i)
{
    struct group *group = pattern->group;

    for (size_t j = i; j > 0; j--) {
        if (!tp_str_equal(group[j - 1].member, group[i].member))
            continue;
        group[j - 1].next = i;
        group[i].later = true;
        return;
    }
}

static int
find_groups(struct tp_pattern *pattern, struct tp_err *err)
{
    size_t all = tp_regex_groups(pattern->regex);

    pattern->group = calloc(all + 1, sizeof *pattern->group);
    if (!pattern->group)
        return tp_err_memory(err);
    for (size_t i = 1; i <= all; i++) {
        struct tp_str name = tp_regex_group_name(pattern->regex, i);

        if (name.len == 0)
            continue;
        pattern->group[pattern->groups] =
            (struct group){.number = i, .member = tp_grok_member(&pattern->grok, name)};
        link_group(pattern, pattern->groups++);
    }
    if (pattern->groups == 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "the pattern names no members: (?<name>...) or %%{WORD:name}");
    return 0;
}

struct tp_pattern *
tp_pattern_new(struct tp_str regex, struct tp_str names, struct tp_err *err)
{
    struct tp_pattern *pattern = calloc(1, sizeof *pattern);

    if (!pattern) {
        tp_err_memory(err);
        return NULL;
    }
    if (tp_grok_expand(&pattern->grok, regex, names, err) == 0)
        pattern->regex = tp_regex_new(tp_buf_str(&pattern->grok.regex), TP_REGEX_ANY_BYTES, err);
    if (!pattern->regex || find_groups(pattern, err) < 0) {
        tp_pattern_free(pattern);
        return NULL;
    }
    return pattern;
}

void
tp_pattern_free(struct tp_pattern *pattern)
{
    if (!pattern)
        return;
    tp_regex_free(pattern->regex);
    tp_grok_release(&pattern->grok);
    free(pattern->group);
    free(pattern);
}

/* What the member of GROUP caught; ptr NULL: nothing. */
static struct tp_str
caught(const struct tp_pattern *pattern, const struct group *group)
{
    struct tp_str text = tp_regex_group(pattern->regex, group->number);

    while (group->next) {
        struct tp_str later;

        group = &pattern->group[group->next];
        later = tp_regex_group(pattern->regex, group->number);
        if (later.ptr)
            text = later;
    }
    return text;
}

int
tp_pattern_split(struct tp_pattern *pattern, struct tp_fields *fields, struct tp_str line,
                 struct tp_err *err)
{
    int found;

    if (line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    tp_fields_begin(fields, line);
    if (line.len == 0)
        return 0;
    found = tp_regex_find(pattern->regex, line, err);
    if (found <= 0)
        return found < 0 ? -1 : tp_err_set(err, TP_FAULT_RECORD, "does not match the pattern");
    for (size_t i = 0; i < pattern->groups; i++) {
        const struct group *group = &pattern->group[i];
        struct tp_str text;

        if (group->later)
            continue;
        text = caught(pattern, group);
        tp_fields_add(fields, group->member, text.ptr ? text : TP_STR("null"),
                      text.ptr ? TP_FIELD_TYPED : TP_FIELD_JSON);
    }
    return 1;
}
