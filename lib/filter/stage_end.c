/*
 * What a stage does after the last read: what it has to say of the whole run, and the exit status.
 */
#include "filter/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/text.h"

static void
report_unseen_member(const struct tp_stage *s, const struct tp_wanted *wanted)
{
    const struct tp_str *names, *likest;
    size_t count = tp_scan_names(s->scan, &names);
    int len = (int)wanted->path.len;
    bool quoted = len > 2 && wanted->path.ptr[0] == '"'; /* plain names are written without */

    likest = tp_text_likest(tp_buf_str(&wanted->path), names, count);
    if (wanted->maybe_text)
        tp_report_note(&s->report, "no record had member %.*s; strings are written '%.*s'", len,
                       wanted->path.ptr, quoted ? len - 2 : len, wanted->path.ptr + quoted);
    else if (likest)
        tp_report_note(&s->report, "no record had member \"%.*s\" (did you mean %.*s?)", len,
                       wanted->path.ptr, (int)likest->len, likest->ptr);
    else
        tp_report_note(&s->report, "no record had member \"%.*s\"", len, wanted->path.ptr);
}

static void
report_unseen(const struct tp_stage *s)
{
    if (s->count.in == s->count.rejected)
        return;
    for (size_t i = 0; i < s->slots; i++)
        if (s->wanted[i].path.len > 0 && !s->seen[i])
            report_unseen_member(s, &s->wanted[i]);
}

/* As loud as those that were shown. */
static void
report_spoiled(const struct tp_stage *s)
{
    struct tp_err err;

    if (s->spoiled <= TP_REPORT_FIRST)
        return;
    tp_err_set(&err, TP_FAULT_RECORD, "%llu more results could not be said",
               (unsigned long long)(s->spoiled - TP_REPORT_FIRST));
    tp_report_failure(&s->report, &err);
}

static void
report_stats(const struct tp_stage *s)
{
    const struct tp_counts *c = &s->count;
    struct tp_report loud = {s->report.program, false, 0};

#define N(field) (unsigned long long)c->field
    tp_report_note(&loud,
                   "in %llu = used %llu + late %llu + rejected %llu + filtered %llu + duplicate "
                   "%llu + held %llu; rows out %llu, bytes out %llu",
                   N(in), N(used), N(late), N(rejected), N(filtered), N(duplicate), N(held),
                   N(rows), (unsigned long long)(s->out ? tp_out_bytes(s->out) : 0));
#undef N
}

/* The harness's own check, at every exit: no record may vanish between the counters. */
static bool
balances(const struct tp_stage *s)
{
    const struct tp_counts *c = &s->count;
    struct tp_err err;

    if (c->in == c->used + c->late + c->rejected + c->filtered + c->duplicate + c->held)
        return true;
    tp_err_set(&err, TP_FAULT_MACHINE,
               "internal error: the counts of records do not balance (see --stats)");
    tp_report_failure(&s->report, &err);
    report_stats(s);
    return false;
}

void
tp_stage_give_back(struct tp_stage *s)
{
    if (s->op->close)
        s->op->close(s->self);
    for (int i = 0; i < s->inputs; i++) {
        tp_in_close(s->input[i].in);
        tp_buf_release(&s->input[i].partial);
    }
    free(s->input);
    tp_minimum_free(s->minimum);
    tp_scan_free(s->scan);
    tp_stamp_free(s->stamp);
    tp_zone_close(s->zone);
    tp_out_free(s->out);
    tp_side_close(&s->side, NULL);
    tp_state_close(s);
    tp_buf_release(&s->scratch);
    free(s->slot);
    for (size_t i = 0; i < s->slots; i++)
        tp_buf_release(&s->wanted[i].path);
    free(s->wanted);
    free(s->seen);
}

static int
failed(const struct tp_stage *s, const struct tp_err *err)
{
    tp_report_failure(&s->report, err);
    return TP_STATUS_FAILED;
}

/* The rows first, then what is to be said about them; standard output is closed last, since a side
 * target may share it. After a failure, too: how much of what went before it comes out must not
 * depend on how full a buffer was. Where writing itself failed, that was reported. */
static int
close_streams(struct tp_stage *s, int status)
{
    bool whole = status == TP_STATUS_CLEAN;
    struct tp_err err;

    /* Where this fails the run has failed already, in the same way. */
    if (s->op->settle && s->op->settle(s->self, s, &err) < 0 && whole) {
        status = failed(s, &err);
        whole = false;
    }
    if (tp_out_flush(s->out, &err) < 0) {
        if (whole)
            status = failed(s, &err);
        whole = false;
    }
    if (s->op->shut && s->op->shut(s->self, s, &err) < 0)
        status = failed(s, &err);
    tp_side_report(&s->side, &s->report, s->delay, s->settings.step, s->count.rejected);
    if (tp_side_close(&s->side, &err) < 0) {
        /* A target that ended the run fails again in the same words. */
        if (whole || strcmp(err.text, s->err.text) != 0)
            tp_report_failure(&s->report, &err);
        status = TP_STATUS_FAILED;
    }
    if (tp_out_close(s->out, &err) < 0 && whole)
        status = failed(s, &err);
    return status;
}

uint64_t
tp_stage_lost(const struct tp_stage *s)
{
    double forgiven = s->settings.tolerate / 100 * (double)s->count.in;

    return (double)s->side.rejected > forgiven ? s->side.rejected : 0;
}

/* Was anything lost for good, here or upstream? */
static bool
lost_some(const struct tp_stage *s)
{
    return s->upstream.rejected + s->upstream.late + s->side.dropped_late + tp_stage_lost(s) > 0;
}

int
tp_stage_end(struct tp_stage *s, int result)
{
    int status = TP_STATUS_CLEAN;

    tp_state_stop(s);
    if (result < 0) {
        tp_report_failure(&s->report, &s->err);
        status = tp_report_status(&s->err);
    }
    status = close_streams(s, status);
    report_spoiled(s);
    if (s->unseen > 0 && !s->stopped)
        report_unseen(s);
    if (s->settings.stats)
        report_stats(s);
    for (int i = 0; i < s->inputs && status == TP_STATUS_CLEAN; i++)
        if (s->input[i].cut)
            status = TP_STATUS_FAILED;
    if (!balances(s))
        status = TP_STATUS_FAILED;
    if (status == TP_STATUS_CLEAN && (s->spoiled > 0 || lost_some(s)))
        status = TP_STATUS_SOME_BAD;
    return status;
}
