#include "patient.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "record/member.h"
#include "value/num.h"
#include "value/stamp.h"
#include "value/text.h"

/* --- what is seen ------------------------------------------------------------------------------*/

static void
misplace(struct patient *p, const char *why)
{
    if (p->misplaced > 0)
        return;
    p->misplaced = p->lines;
    p->misplaced_why = why;
}

void
patient_control(struct patient *p, const struct tp_control *c)
{
    bool last = c->kind == TP_CONTROL_BARRIER && c->last;

    if (p->over || (p->ended && !last))
        misplace(p, "behind the end of the stream");
    else if ((c->kind == TP_CONTROL_START || c->kind == TP_CONTROL_NONE) && p->records > 0)
        misplace(p, "the beginning of a stream, behind records");
    p->has_control = true;
    p->idle = c->kind == TP_CONTROL_IDLE;
    p->started = p->started || c->kind == TP_CONTROL_START;
    p->barriers += c->kind == TP_CONTROL_BARRIER;
    if (c->kind == TP_CONTROL_START && c->delay >= 0)
        p->maker_delay = c->delay;
    if (c->kind == TP_CONTROL_END) {
        p->ended = true;
        p->ledger = c->ledger;
    }
    p->over = p->over || last;
    p->suspended = p->suspended || (last && !p->ended);
    if (c->kind != TP_CONTROL_WATERMARK)
        return;
    p->watermarks++;
    if (c->watermark > p->watermark)
        p->watermark = c->watermark;
    tp_buf_clear(&p->held_by);
    tp_buf_put_str(&p->held_by, c->held_by); /* for people: escapes may stay, and are safe */
}

/* Without watermarks in the stream: those that -d would make of it. */
static void
move_watermark(struct patient *p, const struct questions *q)
{
    tp_time watermark;

    if (p->watermarks > 0 || q->delay < 0 || !tp_time_subtract(p->largest, q->delay, &watermark))
        return;
    if (watermark > p->watermark)
        p->watermark = watermark;
}

void
patient_time(struct patient *p, const struct questions *q, tp_time time)
{
    if (time > q->now && time - q->now > q->ahead) {
        p->future++;
        return;
    }
    if (time < p->watermark) {
        p->late++;
        if (p->watermark - time > p->late_by)
            p->late_by = p->watermark - time;
    }
    if (p->largest != TP_TIME_BEFORE_ALL && p->largest > time && p->largest - time > p->behind)
        p->behind = p->largest - time;
    if (p->largest == TP_TIME_BEFORE_ALL || time > p->largest)
        p->largest = time;
    if (p->least == TP_TIME_BEFORE_ALL || time < p->least)
        p->least = time;
    move_watermark(p, q);
}

/* --- what follows ------------------------------------------------------------------------------*/

/* The report that grows. */
struct report {
    struct tp_buf *to;
    size_t findings;
};

static void __attribute__((format(printf, 2, 3))) finding(struct report *r, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    r->findings++;
    tp_buf_printf(r->to, "  %zu. %s\n", r->findings, text);
}

static void
remedy(struct report *r, const char *text)
{
    tp_buf_printf(r->to, "     -> %s\n", text);
}

struct words {
    char text[TP_TIME_TEXT + 1];
};

static struct words
time_words(tp_time time)
{
    struct words words;

    words.text[tp_time_write(words.text, time)] = '\0';
    return words;
}

/* A delay is given in whole seconds, so it is said so; upwards, that it suffices. */
static struct words
duration_words(tp_duration duration, bool upwards)
{
    struct words words;

    if (upwards && duration < INT64_MAX - TP_SECOND)
        duration = (duration / TP_SECOND + 1) * TP_SECOND;
    words.text[tp_duration_write(words.text, duration)] = '\0';
    return words;
}

static const char *
end_words(const struct patient *p)
{
    if (p->cut)
        return "cannot be read to its end";
    if (p->left)
        return "goes on";
    if (p->suspended)
        return "suspended: there may be more in the next run";
    if (p->ended)
        return "complete";
    return p->has_control ? "ends without \"end\"" : "a plain end";
}

static void
describe(struct report *r, const struct patient *p)
{
    tp_buf_printf(r->to, "%s: %llu lines, %llu records", p->name, (unsigned long long)p->lines,
                  (unsigned long long)p->records);
    if (p->largest != TP_TIME_BEFORE_ALL)
        tp_buf_printf(r->to, ", from %s to %s, at most %s behind a later one",
                      time_words(p->least).text, time_words(p->largest).text,
                      duration_words(p->behind, false).text);
    if (p->watermarks > 0)
        tp_buf_printf(r->to, "; watermark %s", time_words(p->watermark).text);
    tp_buf_printf(r->to, "; %s\n", end_words(p));
}

static void
find_in_lines(struct report *r, const struct patient *p)
{
    if (p->records == 0 && p->bad == 0) {
        finding(r, "no record has come");
        remedy(r, "look at the stage before: does it write, and is it flushed? sfilter -v shows "
                  "what a condition drops");
    }
    if (p->bad > 0) {
        finding(r, "%llu of %llu lines are no JSON objects; line %llu: %.200s",
                (unsigned long long)p->bad, (unsigned long long)p->lines,
                (unsigned long long)p->first_bad, p->bad_why.text);
        remedy(r, p->records == 0 ? "text becomes records by sfrom: sfrom combined, sfrom csv, ..."
                                  : "--rejects FILE keeps them, each with its reason");
    }
    if (p->cut) {
        finding(r, "it cannot be read to its end: %.300s", p->cut_why.text);
        remedy(r, "fetch it again; what is whole of it was looked at");
    }
}

/* --- event time */

/* Could this member be the event time? A text that is a time, or a number that is one by its name.
 */
static bool
looks_like_time(const struct tp_member *member)
{
    struct tp_str text = {member->value.ptr, member->value.len};
    struct tp_value number;
    bool zoneless;
    tp_time time;

    if (member->value.kind == TP_SLOT_TEXT)
        return text.len >= 8 && tp_time_parse(text, &time, &zoneless, NULL) == 0;
    if (member->value.kind != TP_SLOT_INTEGER && member->value.kind != TP_SLOT_REAL)
        return false;
    return tp_num_parse(text, &number) &&
           (number.kind == TP_INT ? (double)number.integer : number.real) > 1e8;
}

static bool
find_time_member(const struct patient *p, struct tp_buf *name)
{
    struct tp_members walk;
    struct tp_member member;

    if (p->example.len == 0)
        return false;
    walk = tp_members_open(tp_buf_str(&p->example));
    while (tp_members_next(&walk, &member)) {
        if (!looks_like_time(&member))
            continue;
        tp_buf_put_str(name, member.name);
        return name->len > 0;
    }
    return false;
}

static void
find_in_times(struct report *r, const struct patient *p, const struct questions *q)
{
    struct tp_buf name = TP_BUF_INIT;
    char text[256];

    if (p->untimed > 0) {
        finding(r, "%llu of %llu records have no %s, the event time",
                (unsigned long long)p->untimed, (unsigned long long)p->records, q->time);
        if (find_time_member(p, &name))
            snprintf(text, sizeof text, "-t %.100s names the member that holds it",
                     tp_buf_text(&name));
        else
            snprintf(text, sizeof text,
                     "-t FIELD names the member that holds it; sfrom and "
                     "smap make one");
        remedy(r, text);
    }
    tp_buf_release(&name);
    if (p->unread > 0) {
        finding(r, "%llu of %llu records have a %s that cannot be read: %.200s",
                (unsigned long long)p->unread, (unsigned long long)p->records, q->time,
                p->unread_why.text);
        remedy(r, "--time-format says how it is written (as strptime), --tz in which zone");
    }
    if (p->future > 0) {
        finding(r,
                "%llu of %llu records are more than %s ahead of the clock: with one of them the "
                "watermark would leave all others behind, late",
                (unsigned long long)p->future, (unsigned long long)p->records,
                duration_words(q->ahead, false).text);
        remedy(r, "--max-ahead DUR rejects them (24h); look at the clock, unit and zone of whoever "
                  "writes them");
    }
}

/* --- watermarks */

static void
find_late(struct report *r, const struct patient *p, const struct questions *q)
{
    tp_duration delay = p->watermarks > 0 ? p->maker_delay : q->delay, needed;
    char text[160];

    if (p->late == 0)
        return;
    finding(r, "%s%llu of %llu records are behind the watermark, by at most %s",
            p->late == p->records ? "everything is late: " : "", (unsigned long long)p->late,
            (unsigned long long)p->records, duration_words(p->late_by, false).text);
    if (delay >= 0 && tp_time_add(delay, p->late_by, &needed))
        snprintf(text, sizeof text, "-d %s instead of %s where the watermarks are made",
                 duration_words(needed, true).text, duration_words(delay, false).text);
    else
        snprintf(text, sizeof text, "a longer -d where the watermarks are made, by %s",
                 duration_words(p->late_by, true).text);
    remedy(r, text);
}

static void
find_in_watermarks(struct report *r, const struct patient *p, const struct questions *q)
{
    char text[160];

    if (p->watermarks == 0 && p->started && p->records > 0) {
        finding(r,
                "the watermark has not begun to move: event time must go on by the delay (%s) "
                "beyond the first records",
                p->maker_delay >= 0 ? duration_words(p->maker_delay, false).text : "-d");
        remedy(r, "wait for more records, or take a shorter -d");
    } else if (p->watermarks == 0 && q->delay < 0 && p->records > 0) {
        finding(r, "there is no watermark: results that wait for time come at the end of the "
                   "input, if it has one");
        snprintf(text, sizeof text,
                 "swatermark -d %s, or -d of the stage itself, gives them as time goes on",
                 p->largest == TP_TIME_BEFORE_ALL ? "DUR" : duration_words(p->behind, true).text);
        remedy(r, text);
    }
    find_late(r, p, q);
    if (p->held_by.len > 0) {
        finding(r, "the watermark is held back by %.*s", (int)p->held_by.len, p->held_by.ptr);
        remedy(r, "see why that input is silent or behind; swatermark --idle DUR no longer waits "
                  "for one that says nothing");
    }
    if (p->idle) {
        finding(r, "the stream says that it is idle: its watermark stands until a record comes");
        remedy(r, "nothing needs to be done where other inputs go on; where this is the only one, "
                  "see why its source is silent");
    }
}

/* --- control lines and ends */

static void
find_in_control(struct report *r, const struct patient *p)
{
    if (p->misplaced > 0) {
        finding(r, "line %llu is a control line where none may be: %s",
                (unsigned long long)p->misplaced, p->misplaced_why);
        remedy(r, "streams are joined by sunion, not by cat");
    }
    if (p->has_control && !p->ended && !p->over && !p->left && !p->cut) {
        finding(r, "it was cut off: there is no \"end\", so windows that are open are not printed");
        remedy(r, "see why the stage before died (its message, ${PIPESTATUS[@]}), or which head, "
                  "grep or jq dropped the last line; --eof end takes it as complete");
    }
    if (p->ledger.late > 0 || p->ledger.rejected > 0) {
        finding(r, "stages before have dropped %llu late and refused %llu bad records",
                (unsigned long long)p->ledger.late, (unsigned long long)p->ledger.rejected);
        remedy(r, "--stats tells each stage's share; --late-to and --rejects keep them");
    }
}

/* --- members */

static void
find_likest(const struct patient *p, const char *key, char *text, size_t room)
{
    struct tp_str names[128];
    const struct tp_str *likest;
    struct tp_members walk;
    struct tp_member member;
    size_t count = 0;

    if (p->example.len > 0) {
        walk = tp_members_open(tp_buf_str(&p->example));
        while (count < 128 && tp_members_next(&walk, &member))
            names[count++] = member.name;
    }
    likest = tp_text_likest(tp_str_of(key), names, count);
    if (likest) {
        snprintf(text, room, "did you mean %.*s?", (int)likest->len, likest->ptr);
        return;
    }
    snprintf(text, room, "the first record has: ");
    for (size_t i = 0, len; i < count && (len = strlen(text)) < room - 1; i++)
        snprintf(text + len, room - len, "%s%.*s", i > 0 ? ", " : "", (int)names[i].len,
                 names[i].ptr);
}

static void
find_in_keys(struct report *r, const struct patient *p, const struct questions *q)
{
    char text[300];

    for (size_t i = 0; i < q->keys && p->records > 0; i++) {
        if (p->key_found[i] == p->records)
            continue;
        finding(r, "%llu of %llu records have no member %s",
                (unsigned long long)(p->records - p->key_found[i]), (unsigned long long)p->records,
                q->key[i]);
        if (p->key_found[i] == 0)
            find_likest(p, q->key[i], text, sizeof text);
        else
            snprintf(text, sizeof text,
                     "their key is null: COALESCE(%.60s, '-') names them, "
                     "sfilter drops them",
                     q->key[i]);
        remedy(r, text);
    }
}

size_t
patient_diagnose(const struct patient *p, const struct questions *q, struct tp_buf *to)
{
    struct report r = {.to = to};

    describe(&r, p);
    find_in_lines(&r, p);
    find_in_times(&r, p, q);
    find_in_watermarks(&r, p, q);
    find_in_control(&r, p);
    find_in_keys(&r, p, q);
    if (r.findings == 0)
        TP_BUF_PUT(to, "  nothing is wrong with it\n");
    return r.findings;
}
