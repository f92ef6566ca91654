/*
 * tidepipe state: snapshots, looked at from outside: list, verify, diff. Nothing is changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/snapshot.h"
#include "stream/survey.h"
#include "table.h"
#include "verb.h"

enum { DIFFERS = 1 }; /* exit status of diff, as of diff(1) */

struct state {
    bool help;
};

static const struct tp_option options[] = {
    {'h', "help", NULL, "show this help", TP_OPTION_FLAG, offsetof(struct state, help)},
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

/* --- main --------------------------------------------------------------------------------------*/

static int
with_surveys(const char *what, char **dirs, struct tp_err *err)
{
    struct tp_survey one, other = {.look = NULL};
    bool two = strcmp(what, "diff") == 0;
    int result = tp_survey(dirs[0], &one, err);

    if (result == 0 && two)
        result = tp_survey(dirs[1], &other, err);
    if (result == 0)
        result = two                         ? diff(&one, &other, err)
                 : strcmp(what, "list") == 0 ? list(&one, err)
                                             : verify(&one, err);
    tp_survey_release(&one);
    tp_survey_release(&other);
    return result;
}

static int
state_main(const struct verb *verb, int argc, char **argv)
{
    struct state s = {.help = false};
    struct tp_err err;
    int operands, dirs, status = verb_parse(verb, &s, &s.help, argc, argv, &operands);
    const char *what;

    if (status >= 0)
        return status;
    what = operands < argc ? argv[operands] : "";
    dirs = strcmp(what, "diff") == 0                                  ? 2
           : strcmp(what, "list") == 0 || strcmp(what, "verify") == 0 ? 1
                                                                      : 0;
    if (dirs == 0)
        return verb_misused(verb, "list, verify or diff, not \"%s\"", what);
    if (argc - operands - 1 != dirs)
        return verb_misused(verb, "%s takes %s", what, dirs == 2 ? "two directories" : "one DIR");
    status = with_surveys(what, argv + operands + 1, &err);
    return status < 0 ? verb_fail(verb, &err) : status;
}

const struct verb verb_state = {
    .name = "state",
    .purpose = "saved state: its snapshots listed, verified, compared",
    .synopsis = "list DIR\nverify DIR\ndiff DIR DIR",
    .options = options,
    .run = state_main,
};
