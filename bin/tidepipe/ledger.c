#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/emit.h"
#include "record/scan.h"
#include "stream/store.h"
#include "value/text.h"

enum { LAST_LINES = 5, PLACES = 8, READ_MOST = 1 << 20 };

/* ---- what a line says ---- */

static void
put_stages(struct tp_emit *line, const struct pipeline *pipeline)
{
    struct tp_buf *to = line->to;

    if (pipeline->stages == 0)
        return;
    tp_emit_name(line, TP_STR("stages"));
    for (size_t i = 0; i < pipeline->stages; i++) {
        tp_buf_put_char(to, i == 0 ? '[' : ',');
        TP_BUF_PUT(to, "{\"name\":");
        tp_text_quote(tp_str_of(pipeline->stage[i].name), to);
        tp_buf_printf(to, ",\"status\":%d}", pipeline->stage[i].status);
    }
    tp_buf_put_char(to, ']');
}

/* Its last lines, as an array. */
static void
put_last_words(struct tp_emit *line, struct tp_str text)
{
    const char *end = text.ptr + text.len, *at = end;
    size_t lines = 0;

    if (text.len == 0)
        return;
    while (at > text.ptr && (at[-1] != '\n' || at == end || ++lines < LAST_LINES))
        at--;
    tp_emit_name(line, TP_STR("said"));
    tp_buf_put_char(line->to, '[');
    for (const char *from = at, *newline; from < end; from = newline + 1) {
        newline = memchr(from, '\n', (size_t)(end - from));
        newline = newline ? newline : end;
        if (from > at)
            tp_buf_put_char(line->to, ',');
        tp_text_quote((struct tp_str){from, (size_t)(newline - from)}, line->to);
    }
    tp_buf_put_char(line->to, ']');
}

/* The lines of a source's snapshot that are its own: where it stood. */
static void
put_places(struct tp_buf *to, struct tp_str body)
{
    struct tp_str line;
    size_t places = 0;

    tp_buf_put_char(to, '[');
    while (places < PLACES && tp_snapshot_next(&body, &line)) {
        if (line.len > 3 && memcmp(line.ptr, "{\"@", 3) == 0)
            continue;
        if (places++ > 0)
            tp_buf_put_char(to, ',');
        tp_buf_put_str(to, line);
    }
    tp_buf_put_char(to, ']');
}

/* The records that the sources had read as of the commit, over all runs, and where they stood. */
static void
put_sources(struct tp_emit *line, struct tp_survey *survey)
{
    struct tp_buf places = TP_BUF_INIT;
    uint64_t records = 0;
    size_t sources = 0;

    for (size_t i = 0; i < survey->stages; i++) {
        const struct tp_survey_stage *stage = &survey->stage[i];
        const struct tp_survey_snapshot *snapshot = tp_survey_find(survey, stage->name);
        struct tp_survey_counts counts;
        struct tp_loaded loaded;

        if (!stage->source || !snapshot || tp_survey_open(survey, snapshot, &loaded, NULL) < 0)
            continue;
        if (tp_survey_counts(loaded.body, &counts, NULL) == 0)
            records += counts.in > counts.rows ? counts.in : counts.rows;
        tp_buf_put_char(&places, sources++ == 0 ? '{' : ',');
        tp_text_quote(tp_str_of(stage->name), &places);
        tp_buf_put_char(&places, ':');
        put_places(&places, loaded.body);
        tp_loaded_release(&loaded);
    }
    if (sources > 0) {
        tp_buf_put_char(&places, '}');
        tp_emit_int(line, TP_STR("records"), (int64_t)records);
        tp_emit_json(line, TP_STR("sources"), tp_buf_str(&places));
    }
    tp_buf_release(&places);
}

static void
write_line(const struct ledger_run *run, struct tp_survey *survey, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);

    tp_emit_time(&line, TP_STR("@timestamp"), run->started);
    if (run->ended != TP_TIME_BEFORE_ALL)
        tp_emit_time(&line, TP_STR("ended"), run->ended);
    tp_emit_int(&line, TP_STR("attempt"), (int64_t)run->attempt);
    tp_emit_text(&line, TP_STR("how"), tp_str_of(run->how));
    if (run->status >= 0)
        tp_emit_int(&line, TP_STR("status"), run->status);
    tp_emit_int(&line, TP_STR("from"), run->from);
    tp_emit_int(&line, TP_STR("to"), run->to);
    if (run->why.len > 0)
        tp_emit_text(&line, TP_STR("why"), run->why);
    if (survey->look)
        put_sources(&line, survey);
    put_stages(&line, run->pipeline);
    put_last_words(&line, run->said);
    tp_emit_close(&line);
}

/* ---- the file ---- */

static int
path_of(const char *dir, char *path, size_t room, struct tp_err *err)
{
    if (snprintf(path, room, "%s/" LEDGER_FILE, dir) < (int)room)
        return 0;
    errno = ENAMETOOLONG;
    return tp_err_system(err, dir);
}

/* A line that a crash cut off is ended first. */
static int
append(int fd, const char *path, struct tp_buf *line, struct tp_err *err)
{
    struct stat st;
    char last = '\n';
    ssize_t put;

    if (fstat(fd, &st) < 0 || (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 0))
        return tp_err_system(err, path);
    if (last != '\n' && write(fd, "\n", 1) < 0)
        return tp_err_system(err, path);
    put = write(fd, line->ptr, line->len);
    if (put < 0)
        return tp_err_system(err, path);
    if ((size_t)put != line->len)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: only part of a line could be written", path);
    return tp_sync(fd, path, err);
}

int
ledger_append(const char *dir, const struct ledger_run *run, struct tp_survey *survey,
              struct tp_err *err)
{
    struct tp_buf line = TP_BUF_INIT;
    char path[4096];
    int fd, result;

    if (path_of(dir, path, sizeof path, err) < 0)
        return -1;
    write_line(run, survey, &line);
    fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        result = tp_err_system(err, path);
    else
        result = tp_buf_failed(&line) ? tp_err_memory(err) : append(fd, path, &line, err);
    if (fd >= 0)
        close(fd);
    tp_buf_release(&line);
    return result;
}

/* The last COUNT whole lines of TEXT that are JSON. */
static void
take_last(struct tp_str text, size_t count, struct tp_buf *lines)
{
    const char *from = text.ptr + text.len;

    while (from > text.ptr && count > 0) {
        from--;
        while (from > text.ptr && from[-1] != '\n')
            from--;
        count--;
    }
    for (const char *end = text.ptr + text.len, *newline; from < end; from = newline + 1) {
        newline = memchr(from, '\n', (size_t)(end - from));
        if (!newline)
            return;
        if (tp_scan_validate((struct tp_str){from, (size_t)(newline - from)}, NULL) == 0)
            tp_buf_put(lines, from, (size_t)(newline + 1 - from));
    }
}

int
ledger_read(const char *dir, size_t count, struct tp_buf *lines, struct tp_err *err)
{
    char path[4096];
    struct tp_buf text = TP_BUF_INIT;
    struct stat st;
    ssize_t got = 0;
    off_t from;
    char *at;
    int fd;

    if (path_of(dir, path, sizeof path, err) < 0)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : tp_err_system(err, path);
    at = tp_buf_reserve(&text, READ_MOST);
    if (at && fstat(fd, &st) == 0) {
        from = st.st_size > READ_MOST ? st.st_size - READ_MOST : 0;
        got = pread(fd, at, READ_MOST, from);
    }
    close(fd);
    if (got > 0)
        take_last((struct tp_str){at, (size_t)got}, count, lines);
    tp_buf_release(&text);
    if (!at || tp_buf_failed(lines))
        return tp_err_memory(err);
    return got < 0 ? tp_err_system(err, path) : 0;
}
