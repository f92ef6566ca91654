#include "pipeline.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

void
pipeline_write_script(const char *text, int fd, struct tp_buf *script)
{
    /* On a line of its own: TEXT may end with a comment or a here-document. */
    tp_buf_printf(script,
                  "%s\n__tidepipe=(\"$?\" \"${PIPESTATUS[@]}\")\n"
                  "echo \"${__tidepipe[@]:1}\" >&%d\nexit \"${__tidepipe[0]}\"\n",
                  text, fd);
}

/* ---- names ---- */

/* The end of the quoted part, or of the bracket, that begins at P. */
static const char *
skip_nested(const char *p)
{
    char close = *p == '(' ? ')' : *p == '{' ? '}' : *p;

    for (p++; *p && *p != close; p++) {
        if (*p == '\\' && close != '\'' && p[1])
            p++;
        else if (close != '\'' && close != '"' && strchr("'\"`({", *p))
            p = skip_nested(p);
        if (!*p)
            break;
    }
    return p;
}

/* The `|` behind the stage that begins at P, or what ends the pipeline. A newline behind a `|` is
 * white space to a shell; here the stage just begins with it. */
static const char *
stage_end(const char *p)
{
    p += strspn(p, " \t\n");
    for (; *p && !strchr("|;&\n", *p); p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (strchr("'\"`(", *p))
            p = skip_nested(p);
        else if ((*p == '>' || *p == '<') && p[1] == '&')
            p++; /* 2>&1 */
        if (!*p)
            break;
    }
    return p;
}

static bool
is_assignment(const char *word, size_t len)
{
    const char *equals = memchr(word, '=', len);

    return equals && equals > word && strcspn(word, "/'\"$") > (size_t)(equals - word);
}

/* The first word of the stage that is its command. */
static void
name_stage(char *name, const char *p, const char *end)
{
    size_t len;

    for (;;) {
        p += strspn(p, " \t\n");
        len = strcspn(p, " \t\n|;&<>()");
        if (p + len > end)
            len = (size_t)(end - p);
        if (len == 0 || !is_assignment(p, len))
            break;
        p += len;
    }
    for (const char *slash; (slash = memchr(p, '/', len));) {
        len -= (size_t)(slash + 1 - p);
        p = slash + 1;
    }
    if (len >= PIPELINE_NAME)
        len = PIPELINE_NAME - 1;
    memcpy(name, p, len);
    name[len] = '\0';
}

/* Names the stages of the last pipeline of TEXT; the statuses say how many it has. */
static void
name_stages(struct pipeline *pipeline, const char *text)
{
    const char *start[PIPELINE_STAGES];
    size_t count = 0;

    for (const char *p = text, *end;; p = end + strspn(end, "|&;\n")) {
        p += strspn(p, " \t\n");
        end = stage_end(p);
        if (end > p && count < PIPELINE_STAGES)
            start[count++] = p;
        if (!*end || count == PIPELINE_STAGES)
            break;
    }
    if (count < pipeline->stages)
        return;
    for (size_t i = 0; i < pipeline->stages; i++) {
        const char *from = start[count - pipeline->stages + i];

        name_stage(pipeline->stage[i].name, from, stage_end(from));
    }
}

void
pipeline_read(struct pipeline *pipeline, struct tp_str told, const char *text)
{
    char words[4 * PIPELINE_STAGES + 1], *p = words, *end;
    size_t len = told.len < sizeof words - 1 ? told.len : sizeof words - 1;

    memset(pipeline, 0, sizeof *pipeline);
    if (len > 0)
        memcpy(words, told.ptr, len);
    words[len] = '\0';
    while (pipeline->stages < PIPELINE_STAGES) {
        long status = strtol(p, &end, 10);

        if (end == p)
            break;
        pipeline->stage[pipeline->stages++].status = (int)status;
        p = end;
    }
    if (text)
        name_stages(pipeline, text);
}

int
pipeline_culprit(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->stages; i++)
        if (pipeline->stage[i].status > 1 && pipeline->stage[i].status != 128 + SIGPIPE)
            return (int)i;
    return -1;
}

void
pipeline_describe(const struct pipeline *pipeline, int stage, struct tp_buf *to)
{
    const char *name = pipeline->stage[stage].name;
    int status = pipeline->stage[stage].status;

    tp_buf_printf(to, "stage %d", stage + 1);
    if (*name)
        tp_buf_printf(to, " (%s)", name);
    if (status > 128)
        tp_buf_printf(to, ": killed by signal %d", status - 128);
    else
        tp_buf_printf(to, ": exit status %d", status);
}
