/*
 * tidepipe status: what a directory of saved state says of its pipeline. Takes no lock: a run that
 * goes on is not disturbed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "record/emit.h"
#include "record/snapshot.h"
#include "stream/survey.h"
#include "table.h"
#include "value/clock.h"
#include "value/text.h"
#include "verb.h"

enum { RUNS = 5 };

/* What a stage did with records, as its snapshot counts them. */
struct counted {
    const char *name;
    size_t at;    /* in struct tp_survey_counts */
    bool is_rare; /* a column only where there are any */
};

static const struct counted counted[] = {
    {"in", offsetof(struct tp_survey_counts, in), false},
    {"rows", offsetof(struct tp_survey_counts, rows), false},
    {"late", offsetof(struct tp_survey_counts, late), false},
    {"rejected", offsetof(struct tp_survey_counts, rejected), false},
    {"filtered", offsetof(struct tp_survey_counts, filtered), true},
    {"repeats", offsetof(struct tp_survey_counts, repeats), true},
    {"held", offsetof(struct tp_survey_counts, held), true},
};

enum { COUNTED = sizeof counted / sizeof *counted };

struct status {
    bool json, help;

    struct tp_survey survey;
    struct saved *saved; /* of each of its stages */
    struct tp_buf runs;  /* lines of the ledger */
    tp_time now;
    bool unread; /* a snapshot could not be read */
};

#define FIELD(name) offsetof(struct status, name)

static const struct tp_option options[] = {
    {0, "json", NULL, "as one line of JSON", TP_OPTION_FLAG, FIELD(json)},
    {'h', "help", NULL, "show this help", TP_OPTION_FLAG, FIELD(help)},
    {0},
};

/* --- a stage -----------------------------------------------------------------------------------*/

/* A stage's snapshot for the commit; without one, or with a damaged one, nothing is known. */
struct saved {
    const struct tp_survey_snapshot *snapshot; /* NULL: none */
    bool known;
    struct tp_survey_counts counts;
    double rate;       /* records a second since the snapshot before it; < 0: not known */
    struct tp_err err; /* what is wrong with it */
};

/* The snapshot of the same stage before SNAPSHOT; NULL: none, but for that of the beginning. */
static const struct tp_survey_snapshot *
before(const struct status *s, const struct tp_survey_snapshot *snapshot)
{
    if (snapshot == s->survey.snapshot || snapshot[-1].id == 0 ||
        strcmp(snapshot[-1].name, snapshot->name) != 0)
        return NULL;
    return snapshot - 1;
}

/* IDs are milliseconds of the wall clock. One that is gone by now says nothing. */
static double
rate_of(struct status *s, const struct saved *saved)
{
    const struct tp_survey_snapshot *former = before(s, saved->snapshot);
    struct tp_survey_counts counts;
    struct tp_loaded loaded;
    struct tp_err ignored;
    bool known;

    if (!former || tp_survey_open(&s->survey, former, &loaded, &ignored) < 0)
        return -1;
    known = tp_survey_counts(loaded.body, &counts, &ignored) == 0;
    tp_loaded_release(&loaded);
    if (!known || counts.in > saved->counts.in)
        return -1;
    return (double)(saved->counts.in - counts.in) * 1000 /
           (double)(saved->snapshot->id - former->id);
}

static struct saved
look_at(struct status *s, const struct tp_survey_stage *stage)
{
    struct saved saved = {.snapshot = tp_survey_find(&s->survey, stage->name), .rate = -1};
    struct tp_loaded loaded;

    if (!saved.snapshot)
        return saved;
    if (tp_survey_open(&s->survey, saved.snapshot, &loaded, &saved.err) < 0) {
        s->unread = true;
        return saved;
    }
    saved.known = tp_survey_counts(loaded.body, &saved.counts, &saved.err) == 0;
    tp_loaded_release(&loaded);
    if (saved.known)
        saved.rate = rate_of(s, &saved);
    return saved;
}

static int
look_at_all(struct status *s, struct tp_err *err)
{
    free(s->saved);
    s->saved = calloc(s->survey.stages + 1, sizeof *s->saved);
    if (!s->saved)
        return tp_err_memory(err);
    for (size_t i = 0; i < s->survey.stages; i++)
        s->saved[i] = look_at(s, &s->survey.stage[i]);
    return 0;
}

static uint64_t
count_of(const struct saved *saved, size_t which)
{
    uint64_t count = 0;

    if (saved->known)
        memcpy(&count, (const char *)&saved->counts + counted[which].at, sizeof count);
    return count;
}

static bool
is_instant(tp_time time)
{
    return time != TP_TIME_BEFORE_ALL && time != TP_TIME_AFTER_ALL;
}

static bool
has_lag(const struct saved *saved)
{
    return saved->known && is_instant(saved->counts.watermark);
}

/* Does it pass on less than the watermark that it has reached itself? */
static bool
holds_back(const struct saved *saved)
{
    return saved->known && is_instant(saved->counts.reached) &&
           saved->counts.watermark < saved->counts.reached;
}

static uint64_t
bytes_of(const struct status *s, const char *name)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < s->survey.snapshots; i++)
        if (strcmp(s->survey.snapshot[i].name, name) == 0)
            bytes += s->survey.snapshot[i].bytes;
    return bytes;
}

/* --- for people --------------------------------------------------------------------------------*/

static void
put_time(struct tp_buf *to, tp_time time)
{
    char *at = tp_buf_reserve(to, TP_TIME_TEXT);

    if (time == TP_TIME_BEFORE_ALL || time == TP_TIME_AFTER_ALL)
        tp_buf_put_str(to, time == TP_TIME_AFTER_ALL ? TP_STR("end") : TP_STR("-"));
    else if (at)
        to->len += tp_time_write(at, time);
}

/* How long ago, in whole seconds. */
static void
put_age(struct tp_buf *to, const struct status *s, tp_time since)
{
    tp_duration age = s->now > since ? (s->now - since) / TP_SECOND * TP_SECOND : 0;
    char *at = tp_buf_reserve(to, TP_TIME_TEXT);

    if (at)
        to->len += tp_duration_write(at, age);
}

static void
put_commit(struct status *s, struct tp_buf *to)
{
    if (s->survey.committed == TP_TIME_BEFORE_ALL) {
        TP_BUF_PUT(to, "nothing is committed yet\n");
        return;
    }
    tp_buf_printf(to, "commit %lld, ", (long long)s->survey.commit.id);
    put_age(to, s, s->survey.committed);
    TP_BUF_PUT(to, " ago");
    if (s->survey.commit.previous)
        tp_buf_printf(to, "; the one before: %lld", (long long)s->survey.commit.previous);
    tp_buf_put_char(to, '\n');
}

/* Which columns there are beside those that always are. */
struct columns {
    bool count[COUNTED];
    bool holds_back;
};

static struct columns
choose_columns(const struct status *s)
{
    struct columns columns = {.holds_back = false};

    for (size_t c = 0; c < COUNTED; c++)
        columns.count[c] = !counted[c].is_rare;
    for (size_t i = 0; i < s->survey.stages; i++) {
        columns.holds_back |= holds_back(&s->saved[i]);
        for (size_t c = 0; c < COUNTED; c++)
            columns.count[c] |= count_of(&s->saved[i], c) > 0;
    }
    return columns;
}

static void
put_counts(const struct columns *columns, const struct saved *saved, struct tp_buf *to)
{
    for (size_t c = 0; c < COUNTED; c++) {
        if (!columns->count[c])
            continue;
        if (saved->known)
            tp_buf_printf(to, "\t%llu", (unsigned long long)count_of(saved, c));
        else
            tp_buf_printf(to, "\t%s", saved->snapshot && c == 0 ? "damaged" : "-");
    }
    if (saved->rate >= 0)
        tp_buf_printf(to, "\t%.0f", saved->rate);
    else
        TP_BUF_PUT(to, "\t-");
}

static void
put_hold(const struct saved *saved, struct tp_buf *to)
{
    tp_duration by;
    char *at = tp_buf_reserve(to, TP_TIME_TEXT);

    if (!holds_back(saved))
        tp_buf_put_char(to, '-');
    else if (saved->counts.watermark == TP_TIME_BEFORE_ALL ||
             __builtin_sub_overflow(saved->counts.reached, saved->counts.watermark, &by))
        TP_BUF_PUT(to, "all");
    else if (at)
        to->len += tp_duration_write(at, by);
}

static void
put_stage(struct status *s, const struct columns *columns, size_t i, struct tp_buf *to)
{
    const struct tp_survey_stage *stage = &s->survey.stage[i];
    const struct saved *saved = &s->saved[i];

    tp_buf_printf(to, "%s\t%s\t%ld\t%s\t%llu", stage->name, stage->source ? "source" : "stage",
                  (long)stage->pid, stage->alive ? "alive" : "gone",
                  (unsigned long long)bytes_of(s, stage->name));
    put_counts(columns, saved, to);
    tp_buf_put_char(to, '\t');
    put_time(to, saved->known ? saved->counts.watermark : TP_TIME_BEFORE_ALL);
    if (columns->holds_back) {
        tp_buf_put_char(to, '\t');
        put_hold(saved, to);
    }
    tp_buf_put_char(to, '\t');
    if (has_lag(saved))
        put_age(to, s, saved->counts.watermark);
    else
        tp_buf_put_char(to, '-');
    tp_buf_put_char(to, '\n');
}

static void
put_stages(struct status *s, struct tp_buf *to)
{
    struct tp_buf cells = TP_BUF_INIT;
    struct columns columns = choose_columns(s);
    unsigned right = 1U << 2 | 1U << 4, column = 5; /* process and bytes, then the counts */

    TP_BUF_PUT(&cells, "name\tkind\tprocess\tis\tbytes");
    for (size_t c = 0; c < COUNTED; c++) {
        if (!columns.count[c])
            continue;
        tp_buf_printf(&cells, "\t%s", counted[c].name);
        right |= 1U << column++;
    }
    right |= 1U << column;
    TP_BUF_PUT(&cells, "\tin/s\twatermark");
    if (columns.holds_back)
        TP_BUF_PUT(&cells, "\tholds back");
    TP_BUF_PUT(&cells, "\tlag\n");
    for (size_t i = 0; i < s->survey.stages; i++)
        put_stage(s, &columns, i, &cells);
    tp_buf_put_char(to, '\n');
    table_write(to, &cells, right);
    tp_buf_release(&cells);
}

static void
put_run(struct tp_str line, struct tp_buf *cells)
{
    struct tp_buf start = TP_BUF_INIT, how = TP_BUF_INIT, why = TP_BUF_INIT;
    int64_t to = 0, records = 0;
    const struct tp_saved fields[] = {
        {"@timestamp", TP_SAVED_TEXT, &start, false}, {"how", TP_SAVED_TEXT, &how, false},
        {"why", TP_SAVED_TEXT, &why, true},           {"to", TP_SAVED_INT, &to, false},
        {"records", TP_SAVED_INT, &records, true},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, NULL) == 0)
        tp_buf_printf(cells, "%s\t%s\t%lld\t%lld\t%s\n", tp_buf_text(&start), tp_buf_text(&how),
                      (long long)to, (long long)records, tp_buf_text(&why));
    tp_buf_release(&start);
    tp_buf_release(&how);
    tp_buf_release(&why);
}

static void
put_runs(struct status *s, struct tp_buf *to)
{
    struct tp_buf cells = TP_BUF_INIT;
    struct tp_str lines = tp_buf_str(&s->runs), line;

    if (lines.len == 0)
        return;
    TP_BUF_PUT(&cells, "run\thow\tcommit\trecords\twhy\n");
    while (tp_snapshot_next(&lines, &line))
        put_run(line, &cells);
    tp_buf_put_char(to, '\n');
    table_write(to, &cells, 1U << 2 | 1U << 3);
    tp_buf_release(&cells);
}

/* --- as JSON -----------------------------------------------------------------------------------*/

static void
emit_counts(const struct status *s, const struct saved *saved, struct tp_emit *line)
{
    const struct tp_survey_counts *counts = &saved->counts;

    for (size_t c = 0; c < COUNTED; c++)
        tp_emit_int(line, tp_str_of(counted[c].name), (int64_t)count_of(saved, c));
    if (saved->rate >= 0)
        tp_emit_real(line, TP_STR("in_per_second"), saved->rate);
    if (is_instant(counts->reached))
        tp_emit_time(line, TP_STR("reached"), counts->reached);
    if (has_lag(saved)) {
        tp_emit_time(line, TP_STR("watermark"), counts->watermark);
        tp_emit_real(line, TP_STR("lag_seconds"), (double)(s->now - counts->watermark) / TP_SECOND);
    }
}

static void
emit_stage(struct status *s, size_t i, struct tp_buf *to)
{
    const struct tp_survey_stage *stage = &s->survey.stage[i];
    const struct saved *saved = &s->saved[i];
    struct tp_emit line = tp_emit_open(to);

    tp_emit_text(&line, TP_STR("name"), tp_str_of(stage->name));
    if (stage->source)
        tp_emit_int(&line, TP_STR("epoch"), stage->epoch);
    tp_emit_int(&line, TP_STR("pid"), stage->pid);
    tp_emit_json(&line, TP_STR("alive"), stage->alive ? TP_STR("true") : TP_STR("false"));
    tp_emit_int(&line, TP_STR("bytes"), (int64_t)bytes_of(s, stage->name));
    if (saved->snapshot)
        tp_emit_int(&line, TP_STR("snapshot"), saved->snapshot->id);
    if (saved->snapshot && !saved->known)
        tp_emit_text(&line, TP_STR("damaged"), tp_str_of(saved->err.text));
    if (saved->known)
        emit_counts(s, saved, &line);
    tp_buf_put_char(to, '}');
}

static void
emit_all(struct status *s, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);
    struct tp_str runs = tp_buf_str(&s->runs), run;

    tp_emit_int(&line, TP_STR("commit"), s->survey.commit.id);
    tp_emit_int(&line, TP_STR("previous"), s->survey.commit.previous);
    if (s->survey.committed != TP_TIME_BEFORE_ALL)
        tp_emit_time(&line, TP_STR("committed"), s->survey.committed);
    tp_emit_name(&line, TP_STR("epochs"));
    tp_epochs_write(&s->survey.commit.epochs, to);
    tp_emit_name(&line, TP_STR("stages"));
    tp_buf_put_char(to, '[');
    for (size_t i = 0; i < s->survey.stages; i++) {
        if (i > 0)
            tp_buf_put_char(to, ',');
        emit_stage(s, i, to);
    }
    tp_buf_put_char(to, ']');
    tp_emit_name(&line, TP_STR("runs"));
    tp_buf_put_char(to, '[');
    for (bool first = true; tp_snapshot_next(&runs, &run); first = false) {
        if (!first)
            tp_buf_put_char(to, ',');
        tp_buf_put_str(to, run);
    }
    tp_buf_put_char(to, ']');
    tp_emit_close(&line);
}

/* --- main --------------------------------------------------------------------------------------*/

static void
write_all(struct status *s, struct tp_buf *to)
{
    if (s->json) {
        emit_all(s, to);
        return;
    }
    if (s->survey.stages == 0 && s->runs.len == 0) {
        TP_BUF_PUT(to, "no stage has kept state here yet\n");
        return;
    }
    put_commit(s, to);
    put_stages(s, to);
    put_runs(s, to);
}

/* A snapshot that cannot be read may just have been deleted by its stage, a newer one standing:
 * looked at again, only one that is damaged stays unread. */
static int
look(struct status *s, const char *dir, struct tp_buf *text, struct tp_err *err)
{
    for (int times = 0; times < 3; times++) {
        s->unread = false;
        tp_buf_clear(text);
        tp_survey_release(&s->survey);
        if (tp_survey(dir, &s->survey, err) < 0 || look_at_all(s, err) < 0)
            return -1;
        write_all(s, text);
        if (!s->unread)
            break;
    }
    return tp_buf_failed(text) ? tp_err_memory(err) : 0;
}

static int
show(struct status *s, const char *dir, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    int result = look(s, dir, &text, err);

    if (result == 0 && (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0))
        result = tp_err_system(err, "standard output");
    tp_buf_release(&text);
    return result;
}

static int
status_main(const struct verb *verb, int argc, char **argv)
{
    struct status s = {.runs = TP_BUF_INIT};
    struct tp_err err;
    int operands, status = verb_parse(verb, &s, &s.help, argc, argv, &operands);

    if (status >= 0)
        return status;
    if (argc - operands != 1)
        return verb_misused(verb, "of which directory? one DIR");
    s.now = tp_clock_wall();
    status = ledger_read(argv[operands], RUNS, &s.runs, &err);
    if (status == 0)
        status = show(&s, argv[operands], &err);
    status = status < 0 ? verb_fail(verb, &err) : TP_STATUS_CLEAN;
    tp_survey_release(&s.survey);
    free(s.saved);
    tp_buf_release(&s.runs);
    return status;
}

const struct verb verb_status = {
    .name = "status",
    .purpose = "what saved state says of its pipeline: stages, commit, last runs",
    .synopsis = "[--json] DIR",
    .options = options,
    .run = status_main,
};
