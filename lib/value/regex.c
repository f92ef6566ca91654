#include "value/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>

/* A quarter of a million steps is some milliseconds: far above what any sane pattern needs on a
 * line, far below what anyone would notice as a stream that hangs. Not pcre2's default of 10^7,
 * which is a tenth of a second and more for each record. */
enum { MATCH_LIMIT = 250000, DEPTH_LIMIT = 5000, HEAP_LIMIT_KIB = 16384 };
enum { JIT_STACK_START = 32 * 1024, JIT_STACK_MAX = 1024 * 1024 };
enum { PATTERN_MAX = 64 * 1024, PARENTHESES_MAX = 100, REPLACED_MAX = 64 << 20 };

struct tp_regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
    struct tp_str subject; /* of the last match */
    uint32_t options;
    uint32_t groups;
    int caught; /* groups of the last match, 0 when none */
};

static int
compile_failed(int code, size_t at, struct tp_err *err)
{
    char reason[200];

    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    return tp_err_at(err, TP_FAULT_USAGE, (long)at, "regular expression: %s", reason);
}

static int
compile(struct tp_regex *regex, struct tp_str pattern, unsigned flags, struct tp_err *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    /* \C splits characters, which would make the subject's offsets lie inside one. */
    uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    int code;
    size_t at;

    if (!context)
        return tp_err_memory(err);
    if (flags & TP_REGEX_NOCASE)
        options |= PCRE2_CASELESS;
    if (flags & TP_REGEX_ANY_BYTES)
        options |= PCRE2_MATCH_INVALID_UTF;
    pcre2_set_parens_nest_limit(context, PARENTHESES_MAX);
    regex->code = pcre2_compile((PCRE2_SPTR)(pattern.len ? pattern.ptr : ""), pattern.len, options,
                                &code, &at, context);
    pcre2_compile_context_free(context);
    if (!regex->code)
        return compile_failed(code, at, err);
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
    regex->options = flags & TP_REGEX_ANY_BYTES ? 0 : PCRE2_NO_UTF_CHECK;
    return 0;
}

static int
prepare(struct tp_regex *regex, struct tp_err *err)
{
    regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
    regex->limits = pcre2_match_context_create(NULL);
    if (!regex->match || !regex->limits)
        return tp_err_memory(err);
    pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(regex->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KIB);
    /* Without JIT (no executable memory, other machine) the interpreter does the same, slower. */
    if (pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0) {
        regex->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
        if (!regex->stack)
            return tp_err_memory(err);
        pcre2_jit_stack_assign(regex->limits, NULL, regex->stack);
    }
    return 0;
}

struct tp_regex *
tp_regex_new(struct tp_str pattern, unsigned flags, struct tp_err *err)
{
    struct tp_regex *regex;

    if (pattern.len > PATTERN_MAX) {
        tp_err_at(err, TP_FAULT_USAGE, 0, "regular expression: longer than %d bytes", PATTERN_MAX);
        return NULL;
    }
    regex = calloc(1, sizeof *regex);
    if (!regex) {
        tp_err_memory(err);
        return NULL;
    }
    if (compile(regex, pattern, flags, err) < 0 || prepare(regex, err) < 0) {
        tp_regex_free(regex);
        return NULL;
    }
    return regex;
}

void
tp_regex_free(struct tp_regex *regex)
{
    if (!regex)
        return;
    pcre2_jit_stack_free(regex->stack);
    pcre2_match_context_free(regex->limits);
    pcre2_match_data_free(regex->match);
    pcre2_code_free(regex->code);
    free(regex);
}

size_t
tp_regex_groups(const struct tp_regex *regex)
{
    return regex->groups;
}

/* Entry I of pcre2's table of names: two bytes of number, then the name, NUL terminated. */
static const unsigned char *
name_entry(const struct tp_regex *regex, uint32_t i, uint32_t *count)
{
    PCRE2_SPTR table;
    uint32_t size;

    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMECOUNT, count);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMETABLE, &table);
    pcre2_pattern_info(regex->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    return i < *count ? table + (size_t)i * size : NULL;
}

size_t
tp_regex_group_number(const struct tp_regex *regex, struct tp_str name)
{
    const unsigned char *entry;
    uint32_t count, i;

    for (i = 0; (entry = name_entry(regex, i, &count)); i++)
        if (tp_str_equal(tp_str_of((const char *)entry + 2), name))
            return (size_t)entry[0] << 8 | entry[1];
    return 0;
}

struct tp_str
tp_regex_group_name(const struct tp_regex *regex, size_t number)
{
    const unsigned char *entry;
    uint32_t count, i;

    for (i = 0; (entry = name_entry(regex, i, &count)); i++)
        if (((size_t)entry[0] << 8 | entry[1]) == number)
            return tp_str_of((const char *)entry + 2);
    return TP_STR("");
}

static int
match_failed(int code, struct tp_err *err)
{
    char reason[200];

    switch (code) {
    case PCRE2_ERROR_NOMATCH:
        return 0;
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return tp_err_set(err, TP_FAULT_RECORD, "regular expression took too many steps");
    case PCRE2_ERROR_NOMEMORY:
        return tp_err_memory(err);
    default:
        pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
        return tp_err_set(err, TP_FAULT_RECORD, "regular expression: %s", reason);
    }
}

/* Straight into the compiled code, where that takes the options: pcre2_match looks first at much
 * that cannot be wrong here, which takes it as long as most matches do. */
static int
run(struct tp_regex *regex, PCRE2_SPTR subject, size_t len, size_t start, uint32_t options)
{
    if (regex->stack && options == PCRE2_NO_UTF_CHECK)
        return pcre2_jit_match(regex->code, subject, len, start, 0, regex->match, regex->limits);
    return pcre2_match(regex->code, subject, len, start, options, regex->match, regex->limits);
}

static int
match_from(struct tp_regex *regex, struct tp_str subject, size_t start, uint32_t options,
           struct tp_err *err)
{
    int code = run(regex, (PCRE2_SPTR)(subject.len ? subject.ptr : ""), subject.len, start,
                   regex->options | options);

    regex->subject = subject;
    regex->caught = code > 0 ? code : 0;
    return code > 0 ? 1 : match_failed(code, err);
}

int
tp_regex_test(struct tp_regex *regex, struct tp_str subject, struct tp_err *err)
{
    return match_from(regex, subject, 0, 0, err);
}

int
tp_regex_find(struct tp_regex *regex, struct tp_str subject, struct tp_err *err)
{
    return match_from(regex, subject, 0, 0, err);
}

struct tp_str
tp_regex_group(const struct tp_regex *regex, size_t number)
{
    const size_t *at = pcre2_get_ovector_pointer(regex->match);
    size_t from, to;

    if (number >= (size_t)regex->caught)
        return (struct tp_str){NULL, 0};
    from = at[2 * number];
    to = at[2 * number + 1];
    /* With \K in a lookahead a match may end before it starts. */
    if (from == PCRE2_UNSET || to < from)
        return (struct tp_str){NULL, 0};
    return (struct tp_str){(regex->subject.len ? regex->subject.ptr : "") + from, to - from};
}

/* One element of a replacement: literal bytes, or a group. */
struct part {
    struct tp_str literal;
    size_t group;
    bool is_group;
};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads `$1` or `${10}` behind the dollar at TEXT[*at]; one digit without braces. */
static int
read_group(struct tp_str text, size_t *at, struct part *part, struct tp_err *err)
{
    size_t i = *at + 1;
    bool braces = i < text.len && text.ptr[i] == '{';
    size_t number = 0, start;

    i += braces;
    start = i;
    while (i < text.len && is_digit(text.ptr[i]) && i - start < (braces ? 5 : 1))
        number = number * 10 + (size_t)(text.ptr[i++] - '0');
    if (i == start || (braces && (i == text.len || text.ptr[i] != '}')))
        return tp_err_at(err, TP_FAULT_USAGE, (long)*at,
                         "replacement: `$` needs the number of a group; a dollar is `\\$`");
    *part = (struct part){.group = number, .is_group = true};
    *at = i + braces;
    return 0;
}

static int
next_part(struct tp_str text, size_t *at, struct part *part, struct tp_err *err)
{
    size_t i = *at;

    if (text.ptr[i] == '$')
        return read_group(text, at, part, err);
    if (text.ptr[i] == '\\') {
        if (i + 1 == text.len)
            return tp_err_at(err, TP_FAULT_USAGE, (long)i, "replacement: ends with a backslash");
        *part = (struct part){.literal = {text.ptr + i + 1, 1}};
        *at = i + 2;
        return 0;
    }
    while (i < text.len && text.ptr[i] != '$' && text.ptr[i] != '\\')
        i++;
    *part = (struct part){.literal = {text.ptr + *at, i - *at}};
    *at = i;
    return 0;
}

int
tp_regex_check_replacement(const struct tp_regex *regex, struct tp_str replacement,
                           struct tp_err *err)
{
    struct part part = {0};
    size_t at = 0, start;

    while (at < replacement.len) {
        start = at;
        if (next_part(replacement, &at, &part, err) < 0)
            return -1;
        if (part.is_group && part.group > regex->groups)
            return tp_err_at(err, TP_FAULT_USAGE, (long)start,
                             "replacement: the pattern has no group %zu", part.group);
    }
    return 0;
}

static int
put_replacement(const struct tp_regex *regex, struct tp_str replacement, struct tp_buf *to,
                struct tp_err *err)
{
    struct part part = {0};
    size_t at = 0;

    while (at < replacement.len) {
        if (next_part(replacement, &at, &part, err) < 0)
            return -1;
        tp_buf_put_str(to, part.is_group ? tp_regex_group(regex, part.group) : part.literal);
    }
    return 0;
}

/* The bytes of the character at TEXT[at]; 1 at the end. */
static size_t
character_len(struct tp_str text, size_t at)
{
    size_t len = 1;

    while (at + len < text.len && ((unsigned char)text.ptr[at + len] & 0xC0) == 0x80)
        len++;
    return len;
}

int
tp_regex_replace(struct tp_regex *regex, struct tp_str subject, struct tp_str replacement,
                 struct tp_buf *to, struct tp_err *err)
{
    const size_t *found;
    size_t start = 0, copied = 0, step;
    int matched;

    if (!subject.ptr)
        subject = TP_STR("");
    while (start <= subject.len && (matched = match_from(regex, subject, start, 0, err)) != 0) {
        if (matched < 0)
            return -1;
        found = pcre2_get_ovector_pointer(regex->match);
        if (found[1] < found[0] || found[0] < copied)
            return tp_err_set(err, TP_FAULT_RECORD, "regular expression: \\K in a lookaround");
        tp_buf_put(to, subject.ptr + copied, found[0] - copied);
        if (put_replacement(regex, replacement, to, err) < 0)
            return -1;
        if (to->len > REPLACED_MAX)
            return tp_err_set(err, TP_FAULT_RECORD, "replacement: more than 64 MiB of text");
        copied = found[1];
        start = found[1];
        if (found[1] > found[0])
            continue;
        /* An empty match: the character behind it is kept, and the search goes on behind that. */
        step = character_len(subject, start);
        if (start < subject.len)
            tp_buf_put(to, subject.ptr + start, step);
        start += step;
        copied = start;
    }
    if (copied < subject.len)
        tp_buf_put(to, subject.ptr + copied, subject.len - copied);
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}
