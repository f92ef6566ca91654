#include "query/calls.h"

#include "value/text.h"

#define MAX_NESTING 64

bool
tp_calls_is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

void
tp_calls_skip_space(struct tp_calls *calls)
{
    while (calls->at < calls->end && tp_is_space(*calls->at))
        calls->at++;
}

bool
tp_calls_take_char(struct tp_calls *calls, char c)
{
    tp_calls_skip_space(calls);
    if (calls->at == calls->end || *calls->at != c)
        return false;
    calls->at++;
    return true;
}

struct tp_str
tp_calls_take_word(struct tp_calls *calls, bool points)
{
    const char *from;

    tp_calls_skip_space(calls);
    from = calls->at;
    while (calls->at < calls->end &&
           (tp_calls_is_word_byte(*calls->at) || (points && *calls->at == '.' && calls->at > from)))
        calls->at++;
    return (struct tp_str){from, (size_t)(calls->at - from)};
}

bool
tp_calls_take_keyword(struct tp_calls *calls, struct tp_str keyword)
{
    const char *from = calls->at;

    if (tp_text_equal_nocase(tp_calls_take_word(calls, false), keyword))
        return true;
    calls->at = from;
    return false;
}

/* Behind the quoted run that starts at AT: '…' doubles its quote, "…" escapes it. NULL when it is
 * not closed. */
static const char *
skip_quoted(const char *at, const char *end)
{
    char quote = *at++;

    for (; at < end; at++) {
        if (*at == '\\' && quote == '"' && at + 1 < end)
            at++;
        else if (*at == quote)
            return at + 1;
    }
    return NULL;
}

static char
closing(char open)
{
    return open == '(' ? ')' : open == '[' ? ']' : '}';
}

int
tp_calls_take_expression(struct tp_calls *calls, struct tp_str *expression)
{
    const char *from = calls->at;
    char open[MAX_NESTING];
    size_t depth = 0;

    while (calls->at < calls->end) {
        char c = *calls->at;

        if (c == '\'' || c == '"') {
            const char *behind = skip_quoted(calls->at, calls->end);

            if (!behind)
                return TP_CALLS_FAIL(calls, calls->at, "unclosed %c", c);
            calls->at = behind;
            continue;
        }
        if (depth == 0 && (c == ',' || c == ')'))
            break;
        if (c == '(' || c == '[' || c == '{') {
            if (depth == MAX_NESTING)
                return TP_CALLS_FAIL(calls, calls->at, "nested too deep");
            open[depth++] = closing(c);
        } else if ((c == ')' || c == ']' || c == '}') && (depth == 0 || open[--depth] != c)) {
            return TP_CALLS_FAIL(calls, calls->at, "unexpected %c", c);
        }
        calls->at++;
    }
    *expression = tp_str_trim((struct tp_str){from, (size_t)(calls->at - from)});
    if (depth)
        return TP_CALLS_FAIL(calls, calls->at, "expected %c", open[depth - 1]);
    if (expression->len == 0)
        return TP_CALLS_FAIL(calls, calls->at, "expected an expression");
    return 0;
}

int
tp_calls_take_alias(struct tp_calls *calls, struct tp_buf *to)
{
    struct tp_str word;

    tp_calls_skip_space(calls);
    if (calls->at < calls->end && *calls->at == '"') {
        const char *behind = skip_quoted(calls->at, calls->end);

        if (!behind)
            return TP_CALLS_FAIL(calls, calls->at, "unclosed \"");
        word = (struct tp_str){calls->at + 1, (size_t)(behind - calls->at) - 2};
        tp_text_unescape(word, to);
        calls->at = behind;
        return 0;
    }
    word = tp_calls_take_word(calls, false);
    if (word.len == 0)
        return TP_CALLS_FAIL(calls, calls->at, "expected a name behind AS");
    tp_buf_put_str(to, word);
    return 0;
}

void
tp_calls_put_name_part(struct tp_buf *to, struct tp_str text)
{
    bool gap = false, any = false;

    for (size_t i = 0; i < text.len; i++) {
        if (!tp_calls_is_word_byte(text.ptr[i])) {
            gap = true;
            continue;
        }
        if (gap && any)
            tp_buf_put_char(to, '_');
        tp_buf_put_char(to, text.ptr[i]);
        gap = false;
        any = true;
    }
}
