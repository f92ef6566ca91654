/*
 * tidepipe state: snapshots, looked at from outside: list, verify, diff; and dealt out to another
 * number of parts: rescale. The directory that is read is not changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/snapshot.h"
#include "rescale.h"
#include "stream/survey.h"
#include "table.h"
#include "verb.h"

enum { DIFFERS = 1 }; /* exit status of diff, as of diff(1) */

struct state {
    bool help;
    struct rescale rescale;
};

#define FIELD(field) offsetof(struct state, rescale.field)

static const struct tp_option options[] = {
    {'h', "help", NULL, "show this help", TP_OPTION_FLAG, offsetof(struct state, help)},
    {0, "stage", "NAME", "rescale: a stage in parts, {n} for the number of each", TP_OPTION_TEXTS,
     FIELD(stages)},
    {0, "gather", "NAME", "rescale: a stage with an input for each part", TP_OPTION_TEXTS,
     FIELD(gathers)},
    {0, "from", "N", "rescale: how many parts there are", TP_OPTION_COUNT, FIELD(from)},
    {0, "to", "M", "rescale: how many there will be", TP_OPTION_COUNT, FIELD(to)},
    {0, "hash", "EXPR", "rescale: what sroute --hash goes by (the only key)", TP_OPTION_TEXT,
     FIELD(hash)},
    {0},
};

static int
print(const struct tp_buf *text, struct tp_err *err)
{
    if (tp_buf_failed(text))
        return tp_err_memory(err);
    if (fwrite(text->ptr, 1, text->len, stdout) != text->len || fflush(stdout) != 0)
        return tp_err_system(err, "standard output");
    return 0;
}

/* --- list --------------------------------------------------------------------------------------*/

static void
put_snapshot(const struct tp_survey *survey, const struct tp_survey_snapshot *snapshot,
             struct tp_buf *cells)
{
    char *at;

    tp_buf_printf(cells, "%s\t%lld\t%llu\t", snapshot->name, (long long)snapshot->id,
                  (unsigned long long)snapshot->bytes);
    at = tp_buf_reserve(cells, TP_TIME_TEXT);
    if (at)
        cells->len += tp_time_write(at, snapshot->saved / TP_MILLISECOND * TP_MILLISECOND);
    tp_buf_printf(cells, "\t%s\n",
                  tp_survey_find(survey, snapshot->name) == snapshot ? "yes" : "-");
}

static int
list(struct tp_survey *survey, struct tp_err *err)
{
    struct tp_buf cells = TP_BUF_INIT, text = TP_BUF_INIT;
    int result;

    TP_BUF_PUT(&cells, "name\tbarrier\tbytes\tsaved\tgoes back here\n");
    for (size_t i = 0; i < survey->snapshots; i++)
        put_snapshot(survey, &survey->snapshot[i], &cells);
    table_write(&text, &cells, 1U << 1 | 1U << 2);
    result = print(&text, err);
    tp_buf_release(&cells);
    tp_buf_release(&text);
    return result;
}

/* --- verify ------------------------------------------------------------------------------------*/

/* COMMIT and epochs are under a seal too: the survey has read them. 1: something is damaged. */
static int
verify(struct tp_survey *survey, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    size_t damaged = 0;
    int result;

    for (size_t i = 0; i < survey->snapshots; i++) {
        const struct tp_survey_snapshot *snapshot = &survey->snapshot[i];
        struct tp_loaded loaded;
        struct tp_err why;

        if (tp_survey_open(survey, snapshot, &loaded, &why) == 0) {
            tp_loaded_release(&loaded);
            continue;
        }
        damaged++;
        tp_buf_printf(&text, "%s\n", why.text);
    }
    tp_buf_printf(&text, "%zu snapshots, %zu damaged\n", survey->snapshots, damaged);
    result = print(&text, err);
    tp_buf_release(&text);
    if (result == 0 && damaged > 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "%zu damaged snapshots", damaged);
    return result;
}

/* --- diff --------------------------------------------------------------------------------------*/

/* The lines of a snapshot but its header, which differs in any case, in the order of their bytes:
 * that of keys in a file says nothing. */
struct lines {
    struct tp_str *line;
    size_t count;
    bool there;
    struct tp_loaded loaded;
};

static int
compare_lines(const void *a, const void *b)
{
    return tp_str_compare(*(const struct tp_str *)a, *(const struct tp_str *)b);
}

static int
read_lines(struct tp_survey *survey, const char *name, struct lines *lines, struct tp_err *err)
{
    const struct tp_survey_snapshot *snapshot = tp_survey_find(survey, name);
    struct tp_str body, line;
    size_t count = 0;

    *lines = (struct lines){.there = false};
    if (!snapshot)
        return 0;
    if (tp_survey_open(survey, snapshot, &lines->loaded, err) < 0)
        return -1;
    lines->there = true;
    for (body = lines->loaded.body; tp_snapshot_next(&body, &line);)
        count++;
    lines->line = calloc(count + 1, sizeof *lines->line);
    if (!lines->line)
        return tp_err_memory(err);
    for (body = lines->loaded.body; tp_snapshot_next(&body, &line);)
        lines->line[lines->count++] = line;
    qsort(lines->line, lines->count, sizeof *lines->line, compare_lines);
    return 0;
}

static void
release_lines(struct lines *lines)
{
    if (lines->there)
        tp_loaded_release(&lines->loaded);
    free(lines->line);
}

static void
put_line(struct tp_buf *to, const char *name, char sign, struct tp_str line)
{
    tp_buf_printf(to, "%s %c ", name, sign);
    tp_buf_put_str(to, line);
    tp_buf_put_char(to, '\n');
}

static void
put_differences(const char *name, const struct lines *a, const struct lines *b, struct tp_buf *to)
{
    size_t i = 0, j = 0;

    while (i < a->count || j < b->count) {
        int order = i == a->count ? 1 : j == b->count ? -1 : tp_str_compare(a->line[i], b->line[j]);

        if (order < 0)
            put_line(to, name, '-', a->line[i]);
        else if (order > 0)
            put_line(to, name, '+', b->line[j]);
        i += order <= 0;
        j += order >= 0;
    }
}

static int
diff_stage(struct tp_survey *from, struct tp_survey *to, const char *name, struct tp_buf *text,
           struct tp_err *err)
{
    struct lines a, b = {.there = false};
    int result = read_lines(from, name, &a, err);

    if (result == 0)
        result = read_lines(to, name, &b, err);
    if (result == 0 && a.there != b.there)
        tp_buf_printf(text, "%s %c only here\n", name, a.there ? '-' : '+');
    else if (result == 0)
        put_differences(name, &a, &b, text);
    release_lines(&a);
    release_lines(&b);
    return result;
}

static bool
has_stage(const struct tp_survey *survey, const char *name)
{
    return tp_survey_find(survey, name) != NULL;
}

/* The names of snapshots, each once. */
static bool
is_first_of(const struct tp_survey *survey, size_t i)
{
    return i == 0 || strcmp(survey->snapshot[i].name, survey->snapshot[i - 1].name) != 0;
}

/* 1: they differ. */
static int
diff(struct tp_survey *from, struct tp_survey *to, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    int result = 0;

    for (size_t i = 0; result == 0 && i < from->snapshots; i++)
        if (is_first_of(from, i))
            result = diff_stage(from, to, from->snapshot[i].name, &text, err);
    for (size_t i = 0; result == 0 && i < to->snapshots; i++)
        if (is_first_of(to, i) && !has_stage(from, to->snapshot[i].name))
            result = diff_stage(from, to, to->snapshot[i].name, &text, err);
    if (result == 0 && text.len > 0)
        result = print(&text, err) < 0 ? -1 : DIFFERS;
    tp_buf_release(&text);
    return result;
}

/* --- rescale -----------------------------------------------------------------------------------*/

static int
rescale_to(const struct state *s, struct tp_survey *from, const char *to, struct tp_err *err)
{
    struct tp_buf said = TP_BUF_INIT;
    int result = rescale(&s->rescale, from, to, &said, err);

    if (result == 0)
        result = print(&said, err);
    tp_buf_release(&said);
    return result;
}

/* --- main --------------------------------------------------------------------------------------*/

/* What can be done, and with how many operands. */
static const struct action {
    const char *name, *operands;
    int dirs;
} actions[] = {
    {"list", "one DIR", 1},
    {"verify", "one DIR", 1},
    {"diff", "two directories", 2},
    {"rescale", "DIR, and NEW that is to be made", 2},
};

static const struct action *
find_action(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

static int
diff_with(struct tp_survey *from, const char *dir, struct tp_err *err)
{
    struct tp_survey to;
    int result = tp_survey(dir, &to, err);

    if (result == 0)
        result = diff(from, &to, err);
    tp_survey_release(&to);
    return result;
}

static int
act(const struct state *s, const char *what, char **dirs, struct tp_err *err)
{
    struct tp_survey survey;
    int result = tp_survey(dirs[0], &survey, err);

    if (result == 0)
        result = strcmp(what, "list") == 0     ? list(&survey, err)
                 : strcmp(what, "verify") == 0 ? verify(&survey, err)
                 : strcmp(what, "diff") == 0   ? diff_with(&survey, dirs[1], err)
                                               : rescale_to(s, &survey, dirs[1], err);
    tp_survey_release(&survey);
    return result;
}

static bool
says_how_to_rescale(const struct rescale *rule)
{
    return rule->stages.count > 0 || rule->gathers.count > 0 || rule->from || rule->to ||
           rule->hash;
}

static int
run(const struct verb *verb, const struct state *s, int argc, char **argv)
{
    const char *what = argc > 0 ? argv[0] : "";
    const struct action *action = find_action(what);
    struct tp_err err;
    int result;

    if (!action)
        return verb_misused(verb, "list, verify, diff or rescale, not \"%s\"", what);
    if (argc - 1 != action->dirs)
        return verb_misused(verb, "%s takes %s", what, action->operands);
    if (strcmp(what, "rescale") != 0 && says_how_to_rescale(&s->rescale))
        return verb_misused(verb, "--stage, --gather, --from, --to and --hash go with rescale");
    result = act(s, what, argv + 1, &err);
    return result < 0 ? verb_fail(verb, &err) : result;
}

static int
state_main(const struct verb *verb, int argc, char **argv)
{
    struct state s = {.help = false};
    int operands, status = verb_parse(verb, &s, &s.help, argc, argv, &operands);

    if (status < 0)
        status = run(verb, &s, argc - operands, argv + operands);
    tp_texts_release(&s.rescale.stages);
    tp_texts_release(&s.rescale.gathers);
    return status;
}

const struct verb verb_state = {
    .name = "state",
    .purpose = "saved state: its snapshots listed, verified, compared, rescaled",
    .synopsis =
        "list DIR\nverify DIR\ndiff DIR DIR\n"
        "rescale --stage NAME ... [--gather NAME ...] --from N --to M [--hash EXPR] DIR NEW",
    .options = options,
    .run = state_main,
};
