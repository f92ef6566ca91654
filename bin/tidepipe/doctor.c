/*
 * tidepipe doctor: reads a stream and says why there is no output. Holds a block of lines and the
 * first record; order does not matter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "patient.h"
#include "record/path.h"
#include "record/scan.h"
#include "stream/in.h"
#include "value/stamp.h"
#include "value/text.h"
#include "value/zone.h"
#include "verb.h"

enum { FOUND = 1 }; /* exit status: there is something to do */

#define MAX_LINE ((size_t)64 << 20)

struct doctor {
    struct tp_texts keys;
    const char *time, *format, *zone_name, *now;
    tp_duration delay, ahead, limit;
    bool help;

    struct questions questions;
    char *names[PATIENT_KEYS]; /* of keys, each its own */
    struct tp_scan *scan;
    struct tp_slot slot[PATIENT_KEYS + 1]; /* the time, and the keys */
    int slot_of[PATIENT_KEYS];
    struct tp_stamp *stamp;
    struct tp_zone *zone;
    struct tp_buf scratch;
};

#define FIELD(name) offsetof(struct doctor, name)

static const struct tp_option options[] = {
    {'k', "keys", "NAMES", "members that are asked for, separated by commas", TP_OPTION_TEXTS,
     FIELD(keys)},
    {'t', "time", "FIELD", "the member that holds the event time (@timestamp)", TP_OPTION_TEXT,
     FIELD(time)},
    {0, "time-format", "F", "how it is written, as in all filters", TP_OPTION_TEXT, FIELD(format)},
    {0, "tz", "ZONE", "the zone of times that name none (UTC)", TP_OPTION_TEXT, FIELD(zone_name)},
    {'d', "delay", "DUR", "what would be late with this, where there are no watermarks",
     TP_OPTION_DURATION, FIELD(delay)},
    {0, "max-ahead", "DUR", "further ahead of the clock is the future (24h)", TP_OPTION_DURATION,
     FIELD(ahead)},
    {0, "now", "TIME", "take this for the wall clock", TP_OPTION_TEXT, FIELD(now)},
    {0, "for", "DUR", "look at an endless stream for so long", TP_OPTION_DURATION, FIELD(limit)},
    {'h', "help", NULL, "show this help", TP_OPTION_FLAG, FIELD(help)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
want(struct doctor *d, const char *name, struct tp_err *err)
{
    struct tp_path path;
    int slot = -1;

    if (tp_path_parse(&path, tp_str_of(name), err) == 0) {
        slot = tp_scan_want(d->scan, &path, err);
        tp_path_release(&path);
    }
    if (slot < 0)
        err->fault = TP_FAULT_USAGE;
    return slot;
}

static int
want_keys(struct doctor *d, const char *text, struct tp_err *err)
{
    for (const char *p = text; *p;) {
        size_t len, at = d->questions.keys;

        if (at == PATIENT_KEYS)
            return tp_err_set(err, TP_FAULT_USAGE, "-k: at most %d names", PATIENT_KEYS);
        p += strspn(p, " ");
        len = strcspn(p, ",");
        d->names[at] = strndup(p, len);
        if (!d->names[at])
            return tp_err_memory(err);
        d->questions.key[at] = d->names[at];
        d->questions.keys++;
        d->slot_of[at] = want(d, d->names[at], err);
        if (d->slot_of[at] < 0)
            return -1;
        p += len + (p[len] == ',');
    }
    return 0;
}

static int
read_clock(struct doctor *d, struct tp_err *err)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    d->questions.now = (tp_time)now.tv_sec * TP_SECOND + now.tv_nsec;
    if (!d->now)
        return 0;
    if (tp_moment_parse(tp_str_of(d->now), d->questions.now, d->zone, &d->questions.now, err) == 0)
        return 0;
    err->fault = TP_FAULT_USAGE;
    return -1;
}

static int
open_doctor(struct doctor *d, struct tp_err *err)
{
    d->questions.time = d->time;
    d->questions.delay = d->delay;
    d->questions.ahead = d->ahead;
    d->scan = tp_scan_new();
    if (!d->scan)
        return tp_err_memory(err);
    if (d->zone_name) {
        d->zone = tp_zone_open(tp_str_of(d->zone_name), err);
        if (!d->zone)
            return -1;
    }
    d->stamp = tp_stamp_new(d->format, d->zone, err);
    if (!d->stamp || read_clock(d, err) < 0 || want(d, d->time, err) < 0)
        return -1;
    for (size_t i = 0; i < d->keys.count; i++)
        if (want_keys(d, d->keys.text[i], err) < 0)
            return -1;
    return 0;
}

static void
close_doctor(struct doctor *d)
{
    for (size_t i = 0; i < d->questions.keys; i++)
        free(d->names[i]);
    tp_scan_free(d->scan);
    tp_stamp_free(d->stamp);
    tp_zone_close(d->zone);
    tp_buf_release(&d->scratch);
    tp_texts_release(&d->keys);
}

/* --- lines -------------------------------------------------------------------------------------*/

static void
take_bad(struct patient *p, const struct tp_err *why)
{
    if (p->bad++ > 0)
        return;
    p->first_bad = p->lines;
    p->bad_why = *why;
}

static void
take_time(struct doctor *d, struct patient *p)
{
    const struct tp_slot *slot = &d->slot[0];
    struct tp_str text = {slot->ptr, slot->len};
    struct tp_err why;
    tp_time time;
    int read = -1;

    if (slot->kind <= TP_SLOT_NULL) {
        p->untimed++;
        return;
    }
    tp_err_set(&why, TP_FAULT_RECORD, "it is neither text nor number");
    if (slot->kind == TP_SLOT_ESCAPED) {
        tp_buf_clear(&d->scratch);
        tp_text_unescape(text, &d->scratch);
        text = tp_buf_str(&d->scratch);
    }
    if (slot->kind == TP_SLOT_TEXT || slot->kind == TP_SLOT_ESCAPED)
        read = tp_stamp_read_text(d->stamp, text, &time, &why);
    else if (slot->kind == TP_SLOT_INTEGER || slot->kind == TP_SLOT_REAL)
        read = tp_stamp_read_number(d->stamp, text, &time, &why);
    if (read == 0)
        patient_time(p, &d->questions, time);
    else if (p->unread++ == 0)
        p->unread_why = why;
}

static void
take_record(struct doctor *d, struct patient *p, struct tp_str line)
{
    p->idle = false;
    p->records++;
    if (p->records == 1)
        tp_buf_put_str(&p->example, line);
    take_time(d, p);
    for (size_t i = 0; i < d->questions.keys; i++)
        p->key_found[i] += d->slot[d->slot_of[i]].kind > TP_SLOT_NULL;
}

/* The line at LINE; returns the byte behind it. */
static const char *
take_line(struct doctor *d, struct patient *p, const char *line, const char *end)
{
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    struct tp_str text = {line, (size_t)(newline - line)};
    struct tp_control control;
    struct tp_err why;

    p->lines++;
    if (strspn(line, " \t\r") >= text.len)
        return newline + 1; /* blank: dropped by all filters */
    if (tp_control_maybe(line) && tp_control_is(text)) {
        if (tp_control_parse(text, &control, &why) < 0)
            take_bad(p, &why);
        else
            patient_control(p, &control);
        return newline + 1;
    }
    if (!tp_scan_line(d->scan, line, end, d->slot, NULL, &why))
        take_bad(p, &why);
    else
        take_record(d, p, text);
    return newline + 1;
}

static void
take_block(struct doctor *d, struct patient *p, struct tp_str block)
{
    const char *at = block.ptr, *end = block.ptr + block.len;

    while (at < end)
        at = take_line(d, p, at, end);
}

/* --- inputs ------------------------------------------------------------------------------------*/

static int64_t
milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False: the time that an endless stream is looked at is over. */
static bool
may_go_on(struct tp_in *in, bool wait, int64_t until)
{
    int64_t left = until - milliseconds();

    if (until > 0 && left <= 0)
        return false;
    if (wait)
        tp_in_wait(&in, 1, until == 0 ? -1 : left < 3600000 ? (int)left : 3600000, NULL);
    return true;
}

static void
look_at(struct doctor *d, struct patient *p, struct tp_in *in)
{
    int64_t until = d->limit >= 0 ? milliseconds() + d->limit / TP_MILLISECOND + 1 : 0;
    struct tp_str block;
    struct tp_err why;

    for (;;) {
        enum tp_in_state state = tp_in_next(in, &block, &why);

        if (state == TP_IN_END)
            return;
        if (state == TP_IN_ERROR) {
            p->cut = true;
            p->cut_why = why;
            return;
        }
        if (state == TP_IN_BLOCK)
            take_block(d, p, block);
        if (state == TP_IN_TOO_LONG) {
            p->lines++;
            tp_err_set(&why, TP_FAULT_RECORD, "longer than --max-line (64M)");
            take_bad(p, &why);
        }
        if (!may_go_on(in, state == TP_IN_WAIT, until)) {
            p->left = true;
            return;
        }
    }
}

/* Returns how many findings there are, -1 on failure. */
static long
examine(struct doctor *d, const char *name, struct tp_err *err)
{
    struct tp_in *in = tp_in_open(name, MAX_LINE, err);
    struct patient p = {
        .least = TP_TIME_BEFORE_ALL,
        .largest = TP_TIME_BEFORE_ALL,
        .watermark = TP_TIME_BEFORE_ALL,
        .maker_delay = -1,
    };
    struct tp_buf text = TP_BUF_INIT;
    long findings;

    if (!in)
        return -1;
    p.name = tp_in_name(in);
    look_at(d, &p, in);
    findings = (long)patient_diagnose(&p, &d->questions, &text);
    if (tp_buf_failed(&text))
        findings = tp_err_memory(err);
    else if (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        findings = tp_err_system(err, "standard output");
    tp_buf_release(&text);
    tp_buf_release(&p.example);
    tp_buf_release(&p.held_by);
    tp_in_close(in);
    return findings;
}

static int
examine_all(struct doctor *d, char **names, int count, struct tp_err *err)
{
    static char *standard_input[] = {"-"};
    int status = TP_STATUS_CLEAN;

    if (open_doctor(d, err) < 0)
        return -1;
    if (count == 0) {
        names = standard_input;
        count = 1;
    }
    for (int i = 0; i < count; i++) {
        long findings = examine(d, names[i], err);

        if (findings < 0)
            return -1;
        if (findings > 0)
            status = FOUND;
    }
    return status;
}

static int
doctor_main(const struct verb *verb, int argc, char **argv)
{
    struct doctor d = {.time = "@timestamp", .delay = -1, .ahead = TP_DAY, .limit = -1};
    struct tp_err err;
    int operands, status = verb_parse(verb, &d, &d.help, argc, argv, &operands);

    if (status < 0) {
        status = examine_all(&d, argv + operands, argc - operands, &err);
        if (status < 0)
            status = verb_fail(verb, &err);
    }
    close_doctor(&d);
    return status;
}

const struct verb verb_doctor = {
    .name = "doctor",
    .purpose = "reads a stream and says why there is no output",
    .synopsis = "[-k NAMES] [-t FIELD] [-d DUR] [--for DUR] [FILE ...]",
    .options = options,
    .run = doctor_main,
};
