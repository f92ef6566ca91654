/*
 * Which rows a record brings, by kind of window, options and where the watermark stands: every
 * combination through the rooms of event/, and the table in man/swindow.1 that says it.
 *
 * `test_decisions table` writes that table.
 */
#include <stdlib.h>

#include "event/count.h"
#include "event/plan.h"
#include "event/session.h"
#include "event/whole.h"
#include "event/windows.h"
#include "record/key.h"
#include "unit.h"

#define MINUTE (60 * TP_SECOND)
#define LATENESS MINUTE
#define CELL 48

/* A record at TIME is in the window that ends at END, and in none that ends later. */
struct kind {
    const char *name, *spec;
    tp_time time, end;
};

static const struct kind kinds[] = {
    [TP_WINDOW_FIXED] = {"tumble", "1m", 10 * TP_SECOND, MINUTE},
    [TP_WINDOW_CUMULATE] = {"cumulate", "cumulate:2m,1m", 70 * TP_SECOND, 2 * MINUTE},
    [TP_WINDOW_CALENDAR] = {"calendar", "1d@UTC", 720 * MINUTE, 1440 * MINUTE},
    [TP_WINDOW_SESSION] = {"session", "session:1m", 10 * TP_SECOND, 70 * TP_SECOND},
    [TP_WINDOW_COUNT] = {"count", "count:2", 10 * TP_SECOND, 10 * TP_SECOND},
    [TP_WINDOW_ALL] = {"all", "all", 10 * TP_SECOND, 10 * TP_SECOND},
    [TP_WINDOW_ALL + 1] = {"hop", "hop:2m,1m", 70 * TP_SECOND, 3 * MINUTE},
};

#define KINDS (sizeof kinds / sizeof *kinds)

static const struct choice {
    const char *text, *early;
    tp_duration lateness;
} choices[] = {
    {"", NULL, 0},
    {"early N", "1", 0},
    {"early DUR", "10s", 0},
    {"lateness", NULL, LATENESS},
    {"early N, lateness", "1", LATENESS},
    {"early DUR, lateness", "10s", LATENESS},
};

#define CHOICES (sizeof choices / sizeof *choices)

/* Where the watermark stands when the record comes, seen from the end of its window. */
static const tp_duration arrivals[] = {-30 * TP_SECOND, 0, LATENESS / 2, LATENESS};

#define ARRIVALS (sizeof arrivals / sizeof *arrivals)

struct run {
    struct tp_plan plan;
    const struct kind *kind;
    struct tp_aggs *aggs;
    struct tp_keys keys;
    struct tp_windows *windows;
    struct tp_sessions *sessions;
    struct tp_counts *counts;
    struct tp_whole *whole;
    char *said; /* NULL: not listened to */
};

static int
hear(void *self, struct tp_row *row, struct tp_err *err)
{
    static const char *const names[] = {"early", "on time", "late row"};
    struct run *run = self;
    bool timed = run->plan.spec.kind <= TP_WINDOW_SESSION;
    const char *name = names[row->head.paned ? row->head.timing : TP_ON_TIME];

    (void)err;
    if (!run->said || (timed && row->head.window.end != run->kind->end))
        return 0;
    if (strcmp(run->said, name) == 0)
        return 0;
    if (*run->said)
        strcat(run->said, ", ");
    strcat(run->said, name);
    return 0;
}

static void
hear_skipped(void *self, const struct tp_err *why)
{
    (void)self;
    CHECK_THAT(why == NULL, "%s", why->text);
}

static void
open_state(struct run *run)
{
    struct tp_row_to to = {hear, run};
    const struct tp_window_spec *spec = &run->plan.spec;

    if (spec->kind == TP_WINDOW_SESSION)
        run->sessions = tp_sessions_new(spec->size, run->aggs, &run->plan.trigger, to);
    else if (spec->kind == TP_WINDOW_COUNT)
        run->counts = tp_counts_new(spec, run->aggs, to);
    else if (spec->kind == TP_WINDOW_ALL)
        run->whole = tp_whole_new(run->aggs, to);
    else
        run->windows = tp_windows_new(&run->plan, run->aggs, &run->keys,
                                      (struct tp_windows_to){to, hear_skipped});
    CHECK(run->sessions || run->counts || run->whole || run->windows);
}

static void
close_state(struct run *run)
{
    tp_windows_free(run->windows);
    tp_sessions_free(run->sessions);
    tp_counts_free(run->counts);
    tp_whole_free(run->whole);
    tp_aggs_free(run->aggs);
}

/* As swindow does it. False: the record is late. */
static bool
add_to_windows(struct run *run, const struct tp_arrival *arrival)
{
    struct tp_pane *pane;
    struct tp_err err;
    tp_time last_end;
    enum tp_place place =
        tp_windows_place(run->windows, arrival->time, arrival->watermark, &pane, &last_end, &err);

    CHECK(place != TP_PLACE_NONE);
    if (place == TP_PLACE_LATE) {
        CHECK(last_end == run->kind->end);
        return false;
    }
    if (pane) {
        void *acc = tp_map_add(pane->groups, arrival->key, NULL);

        CHECK(acc && tp_arrival_apply(arrival, run->aggs, acc, &err) == 0);
    }
    if (place == TP_PLACE_HELD) {
        CHECK(tp_windows_check(run->windows, arrival, &err) == 0);
        CHECK(tp_windows_add(run->windows, arrival, &err) == 0);
    }
    return true;
}

static bool
add(struct run *run, tp_time watermark, uint64_t sequence)
{
    struct tp_arrival arrival = {
        .time = run->kind->time, .watermark = watermark, .sequence = sequence, .key = TP_STR("")};
    struct tp_err err;
    tp_time late_end;
    int added;

    if (run->windows)
        return add_to_windows(run, &arrival);
    if (run->sessions)
        added = tp_sessions_add(run->sessions, &arrival, &late_end, &err);
    else if (run->counts)
        added = tp_counts_add(run->counts, &arrival, true, &err);
    else
        added = tp_whole_add(run->whole, &arrival, true, &err);
    CHECK(added >= 0);
    return added > 0;
}

static void
advance(struct run *run, tp_time watermark)
{
    struct tp_err err;

    if (run->windows)
        CHECK(tp_windows_watermark(run->windows, watermark, &err) == 0);
    if (run->sessions)
        CHECK(tp_sessions_watermark(run->sessions, watermark, &err) == 0);
    if (run->whole && watermark == TP_TIME_AFTER_ALL)
        CHECK(tp_whole_say(run->whole, &err) == 0);
}

/* What a second record of a window and key brings when the watermark stands at FROM. */
static void
bring(struct run *run, tp_time from, char *said)
{
    add(run, TP_TIME_BEFORE_ALL, 1);
    advance(run, from);
    run->said = said;
    if (!add(run, from, 2)) {
        strcpy(said, "too late");
        run->said = NULL;
    }
    for (tp_time to = from; to <= run->kind->end + 2 * LATENESS; to += 10 * TP_SECOND)
        advance(run, to);
    advance(run, TP_TIME_AFTER_ALL);
}

static void
decide(const struct kind *kind, const struct choice *choice, size_t arrival, char *said)
{
    struct run run = {.kind = kind};
    struct tp_err err;

    *said = '\0';
    run.plan.window = kind->spec;
    run.plan.early = choice->early;
    run.plan.trigger.lateness = choice->lateness;
    if (tp_plan_open(&run.plan, false, &err) < 0) {
        CHECK(err.fault == TP_FAULT_USAGE);
        strcpy(said, "refused");
    } else {
        run.aggs = tp_aggs_parse(TP_STR("count"), &err);
        open_state(&run);
        bring(&run, kind->end + arrivals[arrival], said);
        close_state(&run);
    }
    tp_plan_release(&run.plan);
}

static char cells[KINDS][CHOICES][ARRIVALS][CELL];

static void
decide_all(void)
{
    for (size_t k = 0; k < KINDS; k++)
        for (size_t c = 0; c < CHOICES; c++)
            for (size_t a = 0; a < ARRIVALS; a++) {
                decide(&kinds[k], &choices[c], a, cells[k][c][a]);
                CHECK(cells[k][c][a][0]);
            }
}

/* --- the table ---------------------------------------------------------------------------------*/

static bool
alike(size_t a, size_t b)
{
    return memcmp(cells[a], cells[b], sizeof cells[a]) == 0;
}

static void
put_names(struct tp_buf *to, size_t kind)
{
    const char *comma = "";

    for (size_t k = kind; k < KINDS; k++)
        if (alike(k, kind)) {
            tp_buf_printf(to, "%s%s", comma, kinds[k].name);
            comma = ", ";
        }
}

static void
put_choices(struct tp_buf *to, size_t kind)
{
    for (size_t c = 0; c < CHOICES; c++) {
        tp_buf_printf(to, ".It %s", *choices[c].text ? choices[c].text : "(none)");
        for (size_t a = 0; a < ARRIVALS; a++)
            tp_buf_printf(to, " Ta %s", cells[kind][c][a]);
        tp_buf_printf(to, "\n");
    }
}

/* One table for all kinds that decide alike. */
static void
put_table(struct tp_buf *to)
{
    for (size_t k = 0; k < KINDS; k++) {
        bool said = false;

        for (size_t before = 0; before < k; before++)
            said |= alike(before, k);
        if (said)
            continue;
        tp_buf_printf(to, ".Pp\n.Em ");
        put_names(to, k);
        tp_buf_printf(to,
                      " :\n.Bl -column \"early DUR, lateness\" \"early, on time\" "
                      "\"late row\" \"within lateness\" \"too late\"\n"
                      ".It Sy options Ta Sy before end Ta Sy at end Ta Sy within lateness Ta Sy "
                      "beyond\n");
        put_choices(to, k);
        tp_buf_printf(to, ".El\n");
    }
}

static void
manual_says_so(void)
{
    static char page[1 << 20];
    FILE *file = fopen("man/swindow.1", "r");
    struct tp_buf table = TP_BUF_INIT;
    size_t length = file ? fread(page, 1, sizeof page - 1, file) : 0;

    CHECK(length > 0);
    put_table(&table);
    CHECK_THAT(strstr(page, tp_buf_text(&table)) != NULL, "the table should be\n%s",
               tp_buf_text(&table));
    tp_buf_release(&table);
    if (file)
        fclose(file);
}

int
main(int argc, char **argv)
{
    struct tp_buf table = TP_BUF_INIT;

    if (argc > 1 && strcmp(argv[1], "table") == 0) {
        decide_all();
        put_table(&table);
        fputs(tp_buf_text(&table), stdout);
        tp_buf_release(&table);
        return unit_failures != 0;
    }
    RUN(decide_all);
    RUN(manual_says_so);
    return unit_end();
}
