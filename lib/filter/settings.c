#include "filter/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name) offsetof(struct tp_settings, name)

static const struct tp_option common_options[] = {
    {0, "control", "WHEN", "write control lines: auto (to pipes and sockets), always, never",
     TP_OPTION_TEXT, FIELD(control)},
    {0, "stats", NULL, "say at the end what became of the records", TP_OPTION_FLAG, FIELD(stats)},
    {'q', "quiet", NULL, "say nothing about bad or late records or misspelt members",
     TP_OPTION_FLAG, FIELD(quiet)},
    {'h', "help", NULL, "show this help", TP_OPTION_FLAG, FIELD(help)},
    {0, "version", NULL, "show the version", TP_OPTION_FLAG, FIELD(version)},
    {0},
};

static const struct tp_option record_options[] = {
    {0, "rejects", "TARGET", "keep bad records there, each with its reason (exit status 0)",
     TP_OPTION_TEXT, FIELD(rejects)},
    {0, "tolerate", "P%", "exit 0 as long as at most P % of the records are bad", TP_OPTION_PERCENT,
     FIELD(tolerate)},
    {0, "strict", NULL, "stop at the first bad record (exit status 3)", TP_OPTION_FLAG,
     FIELD(strict)},
    {0, "max-line", "SIZE", "reject longer lines (64M)", TP_OPTION_SIZE, FIELD(max_line)},
    {0},
};

static const struct tp_option end_options[] = {
    {0, "eof", "end", "take an input that was cut off as complete", TP_OPTION_TEXT, FIELD(eof)},
    {0},
};

static const struct tp_option drift_options[] = {
    {0, "max-drift", "DUR", "hold an input back that is so far ahead of the others",
     TP_OPTION_DURATION, FIELD(max_drift)},
    {0},
};

static const struct tp_option state_options[] = {
    {'S', "state", "DIR", "keep state there, over restarts ($TIDEPIPE_STATE)", TP_OPTION_TEXT,
     FIELD(state)},
    {0, "name", "NAME", "what this stage is called there (by default as the program)",
     TP_OPTION_TEXT, FIELD(name)},
    {0, "fresh", NULL, "begin without what was saved", TP_OPTION_FLAG, FIELD(fresh)},
    {0},
};

static const struct tp_option apart_options[] = {
    {0, "snapshot-fork", "WHEN", "save in a child: yes, no, auto: when it is much (auto)",
     TP_OPTION_TEXT, FIELD(snapshot_fork)},
    {0},
};

static const struct tp_option text_options[] = {
    {0, "control-in", NULL, "control lines in FILEs speak for the stream (saved streams)",
     TP_OPTION_FLAG, FIELD(control_in)},
    {0},
};

static const struct tp_option time_options[] = {
    {'t', "time", "FIELD", "the member that holds the event time (@timestamp)", TP_OPTION_TEXT,
     FIELD(time_field)},
    {0, "time-format", "F", "auto, rfc3339, epoch_s, epoch_ms, epoch_us, epoch_ns or strptime's",
     TP_OPTION_TEXT, FIELD(time_format)},
    {0, "tz", "ZONE", "the zone of times that name none (UTC)", TP_OPTION_TEXT, FIELD(zone)},
    {0},
};

static const struct tp_option delay_options[] = {
    {'d', "delay", "DUR", "how far behind the latest a record may come", TP_OPTION_DURATION,
     FIELD(delay)},
    {0, "step", "DUR", "watermarks are multiples of it (1s)", TP_OPTION_DURATION, FIELD(step)},
    {0, "max-ahead", "DUR", "reject event times further ahead of the clock (24h; none)",
     TP_OPTION_TEXT, FIELD(max_ahead)},
    {0, "now", "TIME", "take this for the wall clock", TP_OPTION_TEXT, FIELD(now)},
    {0},
};

static const struct tp_option late_options[] = {
    {0, "late-to", "TARGET", "keep late records there (exit status 0)", TP_OPTION_TEXT,
     FIELD(late_to)},
    {0, "late-fail", NULL, "stop at the first late record (exit status 3)", TP_OPTION_FLAG,
     FIELD(late_fail)},
    {0},
};

static const struct tp_option source_options[] = {
    {0, "every", "DUR", "a barrier so often ($TIDEPIPE_EVERY, 10s)", TP_OPTION_DURATION,
     FIELD(every)},
    {0},
};

static const struct tp_option sink_options[] = {
    {0, "sinks", "N", "so many sinks commit together (1)", TP_OPTION_COUNT, FIELD(sinks)},
    {0},
};

/* How often a source asks for state: --every, or what `tidepipe run` says. */
static tp_duration
default_every(void)
{
    const char *text = getenv("TIDEPIPE_EVERY");
    tp_duration every;

    if (!text || tp_duration_parse(tp_str_of(text), &every, NULL) < 0)
        return 10 * TP_SECOND;
    return every;
}

void
tp_settings_init(struct tp_settings *settings)
{
    const char *control = getenv("TIDEPIPE_CONTROL");
    const char *fork = getenv("TIDEPIPE_SNAPSHOT_FORK");

    *settings = (struct tp_settings){
        .control = control && *control ? control : "auto",
        .max_line = UINT64_C(64) << 20,
        .state = getenv("TIDEPIPE_STATE"),
        .snapshot_fork = fork && *fork ? fork : "auto",
        .every = default_every(),
        .sinks = 1,
        .time_field = "@timestamp",
        .delay = -1,
        .max_drift = -1,
        .step = TP_SECOND,
    };
}

size_t
tp_settings_groups(struct tp_settings *settings, const struct tp_operator *op, void *self,
                   struct tp_option_group *groups)
{
    bool reads = !op->produce; /* inputs, that the driver reads */
    bool saves = reads || op->save;
    bool makes_watermarks = op->traits & (TP_DELAYS | TP_MAKES_TIME);
    const struct {
        bool has;
        const char *title;
        const struct tp_option *options;
    } table[] = {
        {op->traits & (TP_TIMED | TP_TIME_OPTIONAL | TP_TIME_NAMED), "Event time", time_options},
        {makes_watermarks, "Watermarks", delay_options},
        {makes_watermarks && reads, "Watermarks", drift_options},
        {op->traits & TP_LATENESS, "Late records", late_options},
        {op->traits & TP_UNTIMED_ROWS, "Text", text_options},
        {reads || (op->traits & TP_TIMED), "Bad records", record_options},
        {reads, "Ends", end_options},
        {saves, "State", state_options},
        {op->traits & TP_SAVES_APART, "State", apart_options},
        {saves && op->produce, "State", source_options},
        {op->traits & TP_COMMITS, "State", sink_options},
        {true, "All filters", common_options},
    };
    size_t count = 0;

    if (op->options)
        groups[count++] = (struct tp_option_group){NULL, op->options, self};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].has)
            groups[count++] = (struct tp_option_group){table[i].title, table[i].options, settings};
    return count;
}

/* The synopsis, each of its lines behind the name. */
static void
print_usage(const struct tp_operator *op, FILE *to)
{
    const char *line = op->synopsis;
    const char *lead = "usage:";

    while (*line) {
        size_t len = strcspn(line, "\n");

        fprintf(to, "%s %s %.*s\n", lead, op->name, (int)len, line);
        lead = "      ";
        line += len + (line[len] == '\n');
    }
}

void
tp_settings_print_usage(const struct tp_operator *op)
{
    print_usage(op, stderr);
    fprintf(stderr, "%s --help tells more, man %s all.\n", op->name, op->name);
}

void
tp_settings_print_help(const struct tp_operator *op, const struct tp_option_group *groups,
                       size_t count)
{
    print_usage(op, stdout);
    printf("\n%s: %s\n", op->name, op->purpose);
    tp_option_print_help(groups, count);
    if (op->example)
        printf("\nExample:\n%s\n", op->example);
    printf("\nman %s tells all; man 7 tidepipe is the tour.\n", op->name);
}
