/*
 * tidepipe: what there is, and what belongs to a whole pipeline: `tidepipe VERB`.
 *
 * Without a verb it lists the filters; their names and purposes are taken from their operators when
 * it is built (tools/filter-list). The verbs are in bin/tidepipe/, one file each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/process.h"
#include "tidepipe/verb.h"
#include "tidepipe/verbs.h"
#include "value/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *name, *purpose;
} filters[] = {
#include <gen/filters.h> /* made by tools/filter-list */
};

static const struct verb *const verbs[] = {TIDEPIPE_VERBS};

/* --- what there is -----------------------------------------------------------------------------*/

static int
written(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return TP_STATUS_CLEAN;
    fprintf(stderr, "tidepipe: standard output: %s\n", strerror(errno));
    return TP_STATUS_FAILED;
}

static int
list_all(void)
{
    printf("Event-time stream processing made of shell pipes. The filters:\n\n");
    for (size_t i = 0; i < COUNT(filters); i++)
        printf("  %-12s %s\n", filters[i].name, filters[i].purpose);
    printf("\nFor whole pipelines, tidepipe VERB:\n\n");
    for (size_t i = 0; i < COUNT(verbs); i++)
        printf("  %-12s %s\n", verbs[i]->name, verbs[i]->purpose);
    printf("\ntidepipe help NAME shows a manual page, man 7 tidepipe is the tour.\n");
    return written();
}

static int
print_help(void)
{
    printf("usage: tidepipe [-h | --version]\n");
    for (size_t i = 0; i < COUNT(verbs); i++)
        verb_print_usage(verbs[i], "      ", false);
    printf("\nOptions:\n"
           "  -h, --help               show this help\n"
           "      --version            show the version\n"
           "\ntidepipe alone lists the filters, tidepipe VERB -h tells more of a verb.\n");
    return written();
}

/* --- names -------------------------------------------------------------------------------------*/

static bool
is_filter(const char *name)
{
    for (size_t i = 0; i < COUNT(filters); i++)
        if (strcmp(filters[i].name, name) == 0)
            return true;
    return false;
}

static const struct verb *
find_verb(const char *name)
{
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

/* NAME is neither filter nor verb. */
static int
unknown(const char *what, const char *name, bool with_filters)
{
    struct tp_str names[COUNT(filters) + COUNT(verbs)];
    const struct tp_str *likest;
    size_t count = 0;

    for (size_t i = 0; i < COUNT(verbs); i++)
        names[count++] = tp_str_of(verbs[i]->name);
    for (size_t i = 0; i < COUNT(filters) && with_filters; i++)
        names[count++] = tp_str_of(filters[i].name);
    likest = tp_text_likest(tp_str_of(name), names, count);
    if (likest)
        fprintf(stderr, "tidepipe: no %s \"%s\" (did you mean %.*s?)\n", what, name,
                (int)likest->len, likest->ptr);
    else
        fprintf(stderr, "tidepipe: no %s \"%s\"; tidepipe alone lists them\n", what, name);
    return TP_STATUS_USAGE;
}

/* --- tidepipe help -----------------------------------------------------------------------------*/

/* Our own folder, for what was installed or built beside us; "" when it cannot be told. */
static void
own_folder(char *folder, size_t room)
{
    ssize_t len = readlink("/proc/self/exe", folder, room - 1);
    char *slash;

    folder[len > 0 ? len : 0] = '\0';
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
}

/* PREFIX/share/man goes before where man looks by itself: the pages of this very installation. */
static void
add_own_pages(const char *folder)
{
    const char *path = getenv("MANPATH");
    char pages[8192];
    struct stat st;

    snprintf(pages, sizeof pages, "%s/../share/man", folder);
    if (!*folder || stat(pages, &st) < 0)
        return;
    snprintf(pages, sizeof pages, "%s/../share/man:%s", folder, path ? path : "");
    setenv("MANPATH", pages, 1);
}

/* 0: it was shown. Where there is no page, man says so. */
static int
show_page(const char *section, const char *name)
{
    const char *const words[] = {"man", section, name, NULL};
    struct tp_err err;
    pid_t pid;

    if (tp_process_start(&pid, words, STDIN_FILENO, -1, "man", &err) < 0)
        return -1;
    return tp_process_wait(pid, "man", &err);
}

/* Where there is no man, or no page, what the program says itself. */
static int
show_own_help(const char *folder, const char *name)
{
    char program[4096 + 64];

    if (!*folder || snprintf(program, sizeof program, "%s/%s", folder, name) >= (int)sizeof program)
        snprintf(program, sizeof program, "%s", name);
    execlp(program, name, "--help", (char *)NULL);
    fprintf(stderr, "tidepipe: neither man nor %s can be run: %s\n", program, strerror(errno));
    return TP_STATUS_FAILED;
}

static int
help_run(const struct verb *verb, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "tidepipe";
    const char *section = argc > 1 ? "1" : "7";
    char folder[4096];

    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0) {
        verb_print_usage(verb, "usage:", false);
        printf("\ntidepipe %s: %s\n", verb->name, verb->purpose);
        return written();
    }
    if (argc > 2)
        return verb_misused(verb, "one name at a time");
    if (find_verb(name))
        name = "tidepipe";
    if (!is_filter(name) && strcmp(name, "tidepipe") != 0)
        return unknown("filter or verb", name, true);
    own_folder(folder, sizeof folder);
    add_own_pages(folder);
    return show_page(section, name) == 0 ? TP_STATUS_CLEAN : show_own_help(folder, name);
}

const struct verb verb_help = {
    .name = "help",
    .purpose = "the manual page of a filter",
    .synopsis = "[NAME]",
    .run = help_run,
};

/* --- main --------------------------------------------------------------------------------------*/

int
main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    const struct verb *verb = find_verb(word);

    if (argc < 2)
        return list_all();
    if (verb)
        return verb->run(verb, argc - 1, argv + 1);
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        return print_help();
    if (strcmp(word, "--version") == 0) {
        printf("tidepipe %s\n", TP_VERSION);
        return written();
    }
    if (is_filter(word)) {
        fprintf(stderr, "tidepipe: %s is a program of its own: %s --help, tidepipe help %s\n", word,
                word, word);
        return TP_STATUS_USAGE;
    }
    return unknown("verb", word, false);
}
