/*
 * option: one table per group of options; from it come the parsing, `--help` and (later) shell
 * completions. A letter means the same thing in every filter.
 */
#ifndef TP_FILTER_OPTION_H
#define TP_FILTER_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "value/value.h"

enum tp_option_type {
    TP_OPTION_FLAG,     /* bool: set to true */
    TP_OPTION_TEXT,     /* const char *: borrowed from argv */
    TP_OPTION_TEXTS,    /* struct tp_texts: may be given several times */
    TP_OPTION_DURATION, /* tp_duration, >= 0 */
    TP_OPTION_COUNT,    /* uint64_t: a plain number */
    TP_OPTION_SIZE,     /* uint64_t: bytes, with K, M, G (powers of 1024) */
    TP_OPTION_PERCENT,  /* double, 0 to 100: `0.1%` or `0.1` */
};

struct tp_texts {
    const char **text;
    size_t count;
};

/* A table ends with an entry whose name is NULL. */
struct tp_option {
    char letter;          /* 0: only a long name */
    const char *name;     /* without the two dashes */
    const char *argument; /* what it takes, for people: "DUR"; NULL: none; "[=WHEN]": optional */
    const char *help;     /* one line, lower case, no full stop */
    enum tp_option_type type;
    size_t field; /* offsetof in the struct that belongs to the table */
};

/* A table and the struct it fills. */
struct tp_option_group {
    const char *title; /* for --help; NULL for the filter's own */
    const struct tp_option *options;
    void *target;
};

/*
 * Parses ARGV by GROUPS[0..count), GNU-like: `-w1m`, `-w 1m`, `--window=1m`, `--window 1m`, bundled
 * flags, unambiguous abbreviations of long names, `--`, operands anywhere (they are moved to the
 * end). *OPERANDS is the index of the first operand. -1 with the reason ("did you mean --window?").
 * An optional argument (`--color`, `--color=always`) without text stores "".
 */
int tp_option_parse(const struct tp_option_group *groups, size_t count, int argc, char **argv,
                    int *operands, struct tp_err *err);

/* The same for those whose operands are a command with options of its own: ours end at the first
 * operand. */
int tp_option_parse_command(const struct tp_option_group *groups, size_t count, int argc,
                            char **argv, int *operands, struct tp_err *err);

/* Bytes, with K, M, G (powers of 1024): TP_OPTION_SIZE. -1: TEXT is none. */
int tp_size_parse(struct tp_str text, uint64_t *size);

/* What OPTION says of how much goes into a file: `100M` is a SIZE, `1h` a DURATION in whole
 * seconds; `100m` are minutes. The other of the two stays, or becomes, 0. */
int tp_amount_parse(const char *option, const char *text, uint64_t *size, tp_duration *duration,
                    struct tp_err *err);

/* The option lines of `--help`, written to a stdio stream. */
void tp_option_print_help(const struct tp_option_group *groups, size_t count);

void tp_texts_release(struct tp_texts *texts);

#endif
