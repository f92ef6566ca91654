#include "filter/option.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "value/num.h"
#include "value/text.h"
#include "value/time.h"

#define MAX_OPTIONS 96
#define LONG_ONLY 256 /* getopt's value of option i is LONG_ONLY + i */

struct entry {
    const struct tp_option *option;
    char *target;
};

/* The groups flattened, and what getopt_long wants to see of them. */
struct table {
    struct entry entry[MAX_OPTIONS];
    size_t count;
    struct option longs[MAX_OPTIONS + 1];
    char shorts[2 * MAX_OPTIONS + 3];
};

static int
build(struct table *table, const struct tp_option_group *groups, size_t count, bool to_command,
      struct tp_err *err)
{
    char *shorts = table->shorts;

    table->count = 0;
    if (to_command)
        *shorts++ = '+'; /* GNU: the first operand is the end of options */
    *shorts++ = ':';     /* a missing argument is told apart from an unknown option */
    for (size_t g = 0; g < count; g++) {
        for (const struct tp_option *o = groups[g].options; o->name; o++) {
            size_t i = table->count;
            bool optional = o->argument && o->argument[0] == '[';

            if (i == MAX_OPTIONS)
                return tp_err_set(err, TP_FAULT_USAGE, "too many options");
            table->entry[i] = (struct entry){o, groups[g].target};
            table->longs[i] = (struct option){o->name,
                                              !o->argument ? no_argument
                                              : optional   ? optional_argument
                                                           : required_argument,
                                              NULL, LONG_ONLY + (int)i};
            table->count++;
            if (!o->letter)
                continue;
            *shorts++ = o->letter;
            if (o->argument && !optional)
                *shorts++ = ':';
        }
    }
    table->longs[table->count] = (struct option){0};
    *shorts = '\0';
    return 0;
}

static const struct entry *
by_letter(const struct table *table, int letter)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->entry[i].option->letter == letter)
            return &table->entry[i];
    return NULL;
}

int
tp_size_parse(struct tp_str text, uint64_t *size)
{
    int64_t number;
    int shift = 0;

    if (text.len > 1) {
        const char *units = "KMG", *unit = strchr(units, text.ptr[text.len - 1] & ~0x20);

        if (unit && *unit) {
            shift = 10 * (int)(unit - units + 1);
            text.len--;
        }
    }
    if (!tp_num_parse_int(text, &number) || number < 0 || number > INT64_MAX >> shift)
        return -1;
    *size = (uint64_t)number << shift;
    return 0;
}

int
tp_amount_parse(const char *option, const char *text, uint64_t *size, tp_duration *duration,
                struct tp_err *err)
{
    struct tp_err why;

    if (tp_size_parse(tp_str_of(text), size) == 0 && !strchr("kmg", text[strlen(text) - 1])) {
        if (*size > 0)
            return 0;
        return tp_err_set(err, TP_FAULT_USAGE, "%s: a size of no bytes", option);
    }
    *size = 0;
    if (tp_duration_parse(tp_str_of(text), duration, &why) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: a duration (1h) or a size (100M): %s", option,
                          why.text);
    if (*duration < TP_SECOND || *duration % TP_SECOND)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: whole seconds, at least one", option);
    return 0;
}

static int
parse_percent(struct tp_str text, double *percent)
{
    struct tp_value value;

    if (text.len > 1 && text.ptr[text.len - 1] == '%')
        text.len--;
    if (!tp_num_parse(text, &value))
        return -1;
    *percent = value.kind == TP_INT ? (double)value.integer : value.real;
    return *percent >= 0 && *percent <= 100 ? 0 : -1;
}

static int
add_text(struct tp_texts *texts, const char *text)
{
    const char **grown = realloc(texts->text, (texts->count + 1) * sizeof *grown);

    if (!grown)
        return -1;
    texts->text = grown;
    texts->text[texts->count++] = text;
    return 0;
}

/* Stores ARGUMENT in the field that the option fills. */
static int
store(const struct entry *entry, const char *argument, struct tp_err *err)
{
    const struct tp_option *o = entry->option;
    void *field = entry->target + o->field;
    struct tp_str text = tp_str_of(argument ? argument : "");
    struct tp_err why;
    int64_t number;

    switch (o->type) {
    case TP_OPTION_FLAG:
        *(bool *)field = true;
        return 0;
    case TP_OPTION_TEXT:
        *(const char **)field = text.ptr;
        return 0;
    case TP_OPTION_TEXTS:
        return add_text(field, text.ptr) == 0 ? 0 : tp_err_memory(err);
    case TP_OPTION_DURATION:
        if (tp_duration_parse(text, field, &why) < 0)
            return tp_err_set(err, TP_FAULT_USAGE, "--%s: %s", o->name, why.text);
        if (*(tp_duration *)field < 0)
            return tp_err_set(err, TP_FAULT_USAGE, "--%s: %s is negative", o->name, text.ptr);
        return 0;
    case TP_OPTION_COUNT:
        if (!tp_num_parse_int(text, &number) || number < 0)
            return tp_err_set(err, TP_FAULT_USAGE, "--%s: \"%s\" is not a count", o->name,
                              text.ptr);
        *(uint64_t *)field = (uint64_t)number;
        return 0;
    case TP_OPTION_SIZE:
        if (tp_size_parse(text, field) < 0)
            return tp_err_set(err, TP_FAULT_USAGE, "--%s: \"%s\" is not a size (such as 64M)",
                              o->name, text.ptr);
        return 0;
    case TP_OPTION_PERCENT:
        if (parse_percent(text, field) < 0)
            return tp_err_set(err, TP_FAULT_USAGE, "--%s: \"%s\" is not a percentage", o->name,
                              text.ptr);
        return 0;
    }
    return 0;
}

/* WORD is the argument getopt did not know. */
static int
unknown(const struct table *table, const char *word, int letter, struct tp_err *err)
{
    struct tp_str names[MAX_OPTIONS];
    const struct tp_str *likest;
    struct tp_str name;

    if (letter)
        return tp_err_set(err, TP_FAULT_USAGE, "unknown option -%c", letter);
    for (size_t i = 0; i < table->count; i++)
        names[i] = tp_str_of(table->entry[i].option->name);
    name = tp_str_of(word + strspn(word, "-"));
    name.len = strcspn(name.ptr, "=");
    likest = tp_text_likest(name, names, table->count);
    if (likest)
        return tp_err_set(err, TP_FAULT_USAGE, "unknown option --%.*s (did you mean --%.*s?)",
                          (int)name.len, name.ptr, (int)likest->len, likest->ptr);
    return tp_err_set(err, TP_FAULT_USAGE, "unknown option --%.*s", (int)name.len, name.ptr);
}

static int
parse(const struct tp_option_group *groups, size_t count, bool to_command, int argc, char **argv,
      int *operands, struct tp_err *err)
{
    struct table table;
    int got;

    if (build(&table, groups, count, to_command, err) < 0)
        return -1;
    opterr = 0;
    optind = 0; /* glibc: start anew */
    while ((got = getopt_long(argc, argv, table.shorts, table.longs, NULL)) != -1) {
        const struct entry *entry;

        if (got == '?' && optopt >= LONG_ONLY)
            return tp_err_set(err, TP_FAULT_USAGE, "--%s takes no argument",
                              table.entry[optopt - LONG_ONLY].option->name);
        if (got == '?')
            return unknown(&table, argv[optind - 1], optopt, err);
        if (got == ':')
            return tp_err_set(err, TP_FAULT_USAGE, "%s needs an argument", argv[optind - 1]);
        entry = got >= LONG_ONLY ? &table.entry[got - LONG_ONLY] : by_letter(&table, got);
        if (!entry || store(entry, optarg, err) < 0)
            return -1;
    }
    *operands = optind;
    return 0;
}

int
tp_option_parse(const struct tp_option_group *groups, size_t count, int argc, char **argv,
                int *operands, struct tp_err *err)
{
    return parse(groups, count, false, argc, argv, operands, err);
}

int
tp_option_parse_command(const struct tp_option_group *groups, size_t count, int argc, char **argv,
                        int *operands, struct tp_err *err)
{
    return parse(groups, count, true, argc, argv, operands, err);
}

static void
print_option(const struct tp_option *o)
{
    char head[80];
    const char *argument = o->argument ? o->argument : "";
    const char *space = o->argument && o->argument[0] != '[' ? " " : "";

    if (o->letter)
        snprintf(head, sizeof head, "-%c, --%s%s%s", o->letter, o->name, space, argument);
    else
        snprintf(head, sizeof head, "    --%s%s%s", o->name, space, argument);
    printf("  %-24s %s\n", head, o->help);
}

void
tp_option_print_help(const struct tp_option_group *groups, size_t count)
{
    const char *title = NULL; /* two tables may stand under one */

    for (size_t g = 0; g < count; g++) {
        const char *own = groups[g].title ? groups[g].title : "Options";

        if (!title || strcmp(title, own) != 0)
            printf("\n%s:\n", own);
        title = own;
        for (const struct tp_option *o = groups[g].options; o->name; o++)
            print_option(o);
    }
}

void
tp_texts_release(struct tp_texts *texts)
{
    free(texts->text);
    *texts = (struct tp_texts){NULL, 0};
}
