/*
 * smap: makes records of records: the SELECT of a stream.
 *
 * Input: any records, in any order; none is looked at together with another.
 * State: none. A record for which an expression fails is rejected; late ones are not this filter's
 * business.
 * Output: a row for each record, in their order (UNNEST: one for each element of an array). The
 * event time and the kind of change stay (--drop '@*' takes them away); watermarks pass.
 *
 * The row goes through up to four hands, each of which is left out when nobody asked for it:
 * the list or --set, --unflatten, --drop, --flatten.
 */
#include <string.h>

#include "filter/operator.h"
#include "query/project.h"
#include "record/control.h"
#include "record/nest.h"
#include "record/omit.h"

struct smap {
    const char *file, *set, *drop; /* -f, --set, --drop */
    bool flatten, unflatten, explain;

    struct tp_buf text; /* of the file */
    struct tp_project *project;
    bool passes; /* it changes nothing, and nothing comes behind */
    struct tp_omit omit;
    struct tp_nest *nest;
    struct tp_buf row, other; /* a row between two hands */
};

#define FIELD(name) offsetof(struct smap, name)

static const struct tp_option options[] = {
    {'f', "file", "FILE", "read the list from FILE", TP_OPTION_TEXT, FIELD(file)},
    {0, "set", "LIST", "set members (name = expression, ...), leave the rest of the line",
     TP_OPTION_TEXT, FIELD(set)},
    {0, "drop", "NAMES", "leave members out: a, b.c, tmp_*, @*", TP_OPTION_TEXT, FIELD(drop)},
    {0, "flatten", NULL, "objects within objects become members named a.b", TP_OPTION_FLAG,
     FIELD(flatten)},
    {0, "unflatten", NULL, "members named a.b become objects", TP_OPTION_FLAG, FIELD(unflatten)},
    {0, "explain", NULL, "print how the list is understood, and stop", TP_OPTION_FLAG,
     FIELD(explain)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static bool
has_list(const struct smap *m)
{
    return !m->set && !m->flatten && !m->unflatten;
}

static int
smap_operands(void *self, struct tp_stage *stage)
{
    const struct smap *m = self;

    if (m->explain)
        tp_stage_stop(stage);
    return has_list(m) && !m->file ? 1 : 0;
}

static int
check_options(const struct smap *m, struct tp_err *err)
{
    if (m->flatten && m->unflatten)
        return tp_err_set(err, TP_FAULT_USAGE, "--flatten or --unflatten, not both");
    if (m->explain && (m->flatten || m->unflatten || m->drop))
        return tp_err_set(err, TP_FAULT_USAGE, "--explain is for a list or --set alone");
    if (m->file && !has_list(m))
        return tp_err_set(err, TP_FAULT_USAGE, "-f is a list: not with --set or --[un]flatten");
    return 0;
}

/* The text of the list, and by what NAME its faults are told; NULL: by none. */
static int
find_list(struct smap *m, struct tp_stage *stage, const char **name, struct tp_str *text,
          struct tp_err *err)
{
    const char *operand = m->set ? m->set : tp_stage_operand(stage, 0);

    *name = m->set ? "--set" : m->file;
    if (m->file) {
        if (tp_read_text_file(m->file, &m->text, err) < 0)
            return -1;
        *text = tp_buf_str(&m->text);
        return 0;
    }
    if (!operand)
        return tp_err_set(err, TP_FAULT_USAGE, "which members? a list is missing ('*' takes all)");
    *text = tp_str_of(operand);
    return 0;
}

static int
open_project(struct smap *m, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_scan *scan = tp_stage_scan(stage);
    struct tp_select *select;
    const char *name;
    struct tp_str text = {NULL, 0};
    struct tp_err why;

    if (find_list(m, stage, &name, &text, err) < 0)
        return -1;
    if (m->set)
        select = tp_stage_select_set(stage, name, text, err);
    else
        select = tp_stage_select(stage, name, text, TP_SELECT_ALL | TP_SELECT_UNNEST, err);
    if (!select)
        return -1;
    m->project = m->set ? tp_project_set(select, scan, &why) : tp_project_list(select, scan, &why);
    if (!m->project)
        tp_stage_show_place(name, text, &why, err);
    return m->project ? 0 : -1;
}

/* One name of --drop. Those of members that come only with --set are not missed. */
static int
drop_name(struct smap *m, struct tp_stage *stage, struct tp_str name, struct tp_err *err)
{
    struct tp_path path;
    int result;

    if (name.len && name.ptr[name.len - 1] == '*')
        return tp_omit_prefix(&m->omit, (struct tp_str){name.ptr, name.len - 1}, err);
    if (tp_path_parse(&path, name, err) < 0)
        return -1;
    result = tp_omit_path(&m->omit, &path, err);
    if (result == 0 && !m->unflatten && !m->set && tp_stage_want_path(stage, &path, err) < 0)
        result = -1;
    tp_path_release(&path);
    return result;
}

/* Where the name at TEXT ends: at a comma outside quotes, or at the end. */
static size_t
name_length(const char *text)
{
    size_t len = 0;

    for (bool quoted = false; text[len] && (quoted || text[len] != ','); len++) {
        if (text[len] == '"')
            quoted = !quoted;
        else if (quoted && text[len] == '\\' && text[len + 1])
            len++;
    }
    return len;
}

static int
open_drop(struct smap *m, struct tp_stage *stage, struct tp_err *err)
{
    const char *text = m->drop;
    struct tp_err why;

    while (text) {
        size_t len = name_length(text), blanks = strspn(text, " \t");
        struct tp_str name = {text + blanks, blanks < len ? len - blanks : 0};

        while (name.len && (name.ptr[name.len - 1] == ' ' || name.ptr[name.len - 1] == '\t'))
            name.len--;
        if (drop_name(m, stage, name, &why) < 0)
            return tp_err_set(err, why.fault, "--drop: %s", why.text);
        text = text[len] ? text + len + 1 : NULL;
    }
    return 0;
}

static int
smap_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct smap *m = self;

    if (check_options(m, err) < 0 || open_drop(m, stage, err) < 0)
        return -1;
    if ((m->set || has_list(m)) && open_project(m, stage, err) < 0)
        return -1;
    m->passes = m->project && !m->drop && tp_project_is_identity(m->project);
    if (m->explain)
        tp_stage_mute(stage);
    if (!m->flatten && !m->unflatten)
        return 0;
    m->nest = tp_nest_new();
    return m->nest ? 0 : tp_err_memory(err);
}

/* --- a row -------------------------------------------------------------------------------------*/

/* The hand that made M->row is done; the next one takes it from M->other. */
static struct tp_str
pass_on(struct smap *m)
{
    struct tp_buf row = m->row;

    m->row = m->other;
    m->other = row;
    tp_buf_clear(&m->row);
    return tp_buf_str(&m->other);
}

/* Does all that comes behind the list to ROW, and appends it to TO. */
static int
finish_row(struct smap *m, struct tp_str row, struct tp_buf *to, struct tp_err *err)
{
    if (m->unflatten) {
        tp_buf_clear(&m->row);
        if (tp_nest_unflatten(m->nest, row, &m->row, err) < 0)
            return -1;
        row = pass_on(m);
    }
    if (m->drop) {
        tp_buf_clear(&m->row);
        tp_omit_copy(&m->omit, row, &m->row);
        if (tp_buf_failed(&m->row))
            return tp_err_memory(err);
        row = pass_on(m);
    }
    if (m->flatten)
        return tp_nest_flatten(m->nest, row, to, err);
    tp_buf_put_str(to, row);
    return 0;
}

/* Ends the row that begins at FROM. What content says must not speak about the stream. */
static int
end_row(struct tp_stage *stage, struct tp_buf *to, size_t from, struct tp_err *err)
{
    struct tp_str row;

    tp_buf_put_char(to, '\n');
    if (tp_buf_failed(to))
        return tp_err_memory(err);
    row = (struct tp_str){to->ptr + from, to->len - from - 1};
    if (row.len >= 4 && tp_control_maybe(row.ptr) && tp_control_is(row)) {
        to->len = from;
        return tp_err_set(err, TP_FAULT_RECORD, "the row would be a control line");
    }
    return tp_stage_row_end(stage, err);
}

static int
write_row(struct smap *m, struct tp_stage *stage, struct tp_str row, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);
    size_t from;

    if (!to)
        return -1;
    from = to->len;
    if (finish_row(m, row, to, err) < 0) {
        to->len = from;
        return -1;
    }
    return end_row(stage, to, from, err);
}

/* A row of a list or --set, for those behind. */
static int
write_behind(struct smap *m, struct tp_stage *stage, struct tp_err *err)
{
    tp_buf_clear(&m->row);
    tp_project_next(m->project, &m->row);
    return tp_buf_failed(&m->row) ? tp_err_memory(err) : write_row(m, stage, pass_on(m), err);
}

/* The same, straight to the output. */
static int
write_last(struct smap *m, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_buf *to = tp_stage_row(stage, err);
    size_t from;

    if (!to)
        return -1;
    from = to->len;
    tp_project_next(m->project, to);
    return end_row(stage, to, from, err);
}

static int
write_rows(struct smap *m, struct tp_stage *stage, const struct tp_record *r, struct tp_err *err)
{
    bool behind = m->drop || m->nest;

    if (tp_project_begin(m->project, r->line, r->members, r->slot, err) < 0)
        return -1;
    while (!tp_project_ended(m->project))
        if ((behind ? write_behind(m, stage, err) : write_last(m, stage, err)) < 0)
            return -1;
    return 0;
}

static enum tp_verdict
smap_record(void *self, struct tp_stage *stage, const struct tp_record *r)
{
    struct smap *m = self;
    struct tp_err err;
    int result;

    if (m->passes)
        return TP_PASS;
    err.at = -1;
    result = m->project ? write_rows(m, stage, r, &err) : write_row(m, stage, r->line, &err);
    return result < 0 ? tp_stage_fail(stage, &err) : TP_USED;
}

static int
smap_finish(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct smap *m = self;
    struct tp_buf *to;

    if (!m->explain)
        return 0;
    to = tp_stage_row(stage, err);
    if (!to)
        return -1;
    tp_select_write_sql(tp_project_select(m->project), to);
    TP_BUF_PUT(to, "\n\n");
    tp_select_write_plan(tp_project_select(m->project), to);
    return tp_stage_row_end(stage, err);
}

static void
smap_close(void *self)
{
    struct smap *m = self;

    tp_project_free(m->project);
    tp_omit_release(&m->omit);
    tp_nest_free(m->nest);
    tp_buf_release(&m->text);
    tp_buf_release(&m->row);
    tp_buf_release(&m->other);
}

static const struct tp_operator smap = {
    .name = "smap",
    .purpose = "makes records of records",
    .synopsis = "[--drop NAMES] [--explain] [-t FIELD] LIST [FILE ...]\n"
                "[--drop NAMES] [--explain] [-t FIELD] -f FILE [FILE ...]\n"
                "--set LIST [--drop NAMES] [--flatten | --unflatten] [-t FIELD] [FILE ...]\n"
                "--flatten | --unflatten [--drop NAMES] [FILE ...]",
    .example = "  smap \"ip, upper(method) AS verb, bytes / 1024.0 AS kib\" access.ndjson\n"
               "  smap --set \"path = split_part(path, '?', 1)\" access.ndjson",
    .options = options,
    .traits = TP_TIME_NAMED,
    .operands = smap_operands,
    .open = smap_open,
    .record = smap_record,
    .finish = smap_finish,
    .close = smap_close,
};

int
main(int argc, char **argv)
{
    struct smap self = {0};

    return tp_transform_main(&smap, &self, argc, argv);
}
