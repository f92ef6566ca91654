/*
 * smeter: how fast a stream flows and how far it has come, from the middle of a pipe.
 *
 * Bytes pass as they are, whatever they are: control lines, bad lines and no lines at all, too.
 * Order: none assumed, none changed. State: counts; nothing that outlives the run. It looks at the
 * clock by nature: what it says differs from run to run, what it passes on does not.
 *
 * Lines are counted and not read, but for control lines and, of each piece that a read brings, the
 * last line, in which the event time is looked up (event/meter).
 *
 * While a read or a write blocks, a timer interrupts it, so that a stream that stands still is
 * reported, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "event/meter.h"
#include "filter/operator.h"
#include "record/scan.h"
#include "smeter/alarm.h"
#include "stream/content.h"
#include "stream/target.h"
#include "value/clock.h"
#include "value/text.h"

#define PIECE ((size_t)256 << 10)
#define PIPE_SIZE (1 << 20)
#define WIDTH_UNKNOWN 80

struct smeter {
    const char *time_field, *time_format, *name, *to, *prometheus;
    tp_duration every;
    uint64_t size;

    struct tp_meter *meter;
    char *piece;
    int in;
    bool live; /* one line on a terminal, drawn again and again */
    struct tp_target *target;
    struct tp_buf line;

    tp_duration began, reported; /* by a clock that never jumps */
    uint64_t records_then, bytes_then;

    struct alarm alarm;
};

/* The timer went off. Handlers can share nothing else. */
static volatile sig_atomic_t due;

static void
on_alarm(int signal)
{
    (void)signal;
    due = 1;
}

/* --- what is said ------------------------------------------------------------------------------*/

static double
rate(uint64_t now, uint64_t then, tp_duration passed)
{
    return passed > 0 ? (double)(now - then) * (double)TP_SECOND / (double)passed : 0;
}

/* Rates are those since the report before; in the last one those of the whole run. */
static struct tp_meter_report
report_of(struct smeter *self, struct tp_stage *stage, bool last)
{
    const struct tp_meter_state *state = tp_meter_state(self->meter);
    tp_duration now = tp_clock_steady(), passed = now - (last ? self->began : self->reported);
    struct tp_meter_report report = {
        .state = state,
        .name = self->name,
        .now = tp_stage_now(stage),
        .elapsed = now - self->began,
        .records_rate = rate(state->records, last ? 0 : self->records_then, passed),
        .bytes_rate = rate(state->bytes, last ? 0 : self->bytes_then, passed),
        .size = self->size,
        .done = last,
    };

    self->reported = now;
    self->records_then = state->records;
    self->bytes_then = state->bytes;
    return report;
}

static int
write_error(const char *text, size_t len, struct tp_err *err)
{
    while (len) {
        ssize_t written = write(STDERR_FILENO, text, len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return tp_err_set(err, TP_FAULT_MACHINE, "standard error: %s", strerror(errno));
        text += written;
        len -= (size_t)written;
    }
    return 0;
}

static size_t
terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
        return size.ws_col - 1u;
    return WIDTH_UNKNOWN - 1;
}

/* Over the line drawn before, cut to the terminal's width; the last one stays. */
static int
draw(struct smeter *self, const struct tp_meter_report *report, bool last, struct tp_err *err)
{
    struct tp_buf *line = &self->line;

    tp_buf_clear(line);
    tp_buf_put_char(line, '\r');
    tp_meter_write_line(report, line);
    if (tp_buf_failed(line))
        return tp_err_memory(err);
    line->len = 1 + tp_meter_fit((struct tp_str){line->ptr + 1, line->len - 1}, terminal_width());
    TP_BUF_PUT(line, "\x1b[K");
    if (last)
        tp_buf_put_char(line, '\n');
    if (tp_buf_failed(line))
        return tp_err_memory(err);
    return write_error(line->ptr, line->len, err);
}

static int
write_json(struct smeter *self, const struct tp_meter_report *report, struct tp_err *err)
{
    tp_buf_clear(&self->line);
    tp_meter_write_json(report, &self->line);
    if (tp_buf_failed(&self->line))
        return tp_err_memory(err);
    if (!self->target)
        return write_error(self->line.ptr, self->line.len, err);
    if (tp_target_write(self->target, tp_buf_str(&self->line), err) < 0)
        return -1;
    return tp_target_flush(self->target, err);
}

/* node_exporter may read it at any time: the old text or the new one, whole. It reads *.prom only,
 * so it leaves alone what is written beside. */
static int
write_prometheus(struct smeter *self, const struct tp_meter_report *report, struct tp_err *err)
{
    tp_buf_clear(&self->line);
    tp_meter_write_prometheus(report, &self->line);
    if (tp_buf_failed(&self->line))
        return tp_err_memory(err);
    return tp_content_replace(self->prometheus, tp_buf_str(&self->line), err);
}

/* --- all of it ---------------------------------------------------------------------------------*/

static int
judge_alarm(struct smeter *self, struct tp_stage *stage, const struct tp_meter_report *report,
            struct tp_err *err)
{
    struct tp_err ignored;
    int raised;

    tp_buf_clear(&self->line);
    tp_meter_write_json(report, &self->line);
    raised = alarm_judge(&self->alarm, stage, &self->line, err);
    if (raised <= 0)
        return raised;
    if (self->live)
        write_error("\n", 1, &ignored);
    tp_stage_note(stage, "alert: %s", self->alarm.text);
    return 0;
}

static int
say(struct smeter *self, struct tp_stage *stage, bool last, struct tp_err *err)
{
    struct tp_meter_report report = report_of(self, stage, last);

    due = 0;
    if (self->live && draw(self, &report, last, err) < 0)
        return -1;
    if (!self->live && write_json(self, &report, err) < 0)
        return -1;
    if (self->prometheus && write_prometheus(self, &report, err) < 0)
        return -1;
    return self->alarm.text ? judge_alarm(self, stage, &report, err) : 0;
}

/* --- passing on --------------------------------------------------------------------------------*/

/* A read or write did nothing: 0 when it may be tried again. */
static int
try_again(struct smeter *self, struct tp_stage *stage, int fd, short events, struct tp_err *err)
{
    struct pollfd waited = {.fd = fd, .events = events};

    if (errno == EAGAIN || errno == EWOULDBLOCK) /* others may have made it so */
        errno = poll(&waited, 1, -1) < 0 ? errno : EINTR;
    if (errno != EINTR)
        return -1;
    return due ? say(self, stage, false, err) : 0;
}

/* The reader has gone: last words, and the end that a filter without a handler would have had. */
static int
die_of_pipe(struct smeter *self, struct tp_stage *stage, struct tp_err *err)
{
    if (say(self, stage, true, err) < 0)
        return -1;
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
    return tp_err_set(err, TP_FAULT_MACHINE, "standard output: %s", strerror(EPIPE));
}

static int
pass(struct smeter *self, struct tp_stage *stage, size_t len, struct tp_err *err)
{
    for (size_t at = 0; at < len;) {
        ssize_t written = write(STDOUT_FILENO, self->piece + at, len - at);

        if (written >= 0) {
            at += (size_t)written;
            continue;
        }
        if (errno == EPIPE)
            return die_of_pipe(self, stage, err);
        err->fault = TP_FAULT_NONE;
        if (try_again(self, stage, STDOUT_FILENO, POLLOUT, err) < 0)
            return err->fault
                       ? -1
                       : tp_err_set(err, TP_FAULT_MACHINE, "standard output: %s", strerror(errno));
    }
    return tp_meter_take(self->meter, (struct tp_str){self->piece, len}, err);
}

/* As the last stage it speaks for the pipe, as all do. */
static int
judge_end(struct smeter *self, struct tp_stage *stage, struct tp_err *err)
{
    const struct tp_meter_state *state = tp_meter_state(self->meter);
    struct tp_err lost;

    if (state->spoke && state->end == TP_METER_OPEN)
        return tp_err_set(err, TP_FAULT_MACHINE,
                          "input ended without \"end\": upstream died, or head/grep/jq removed it");
    if (state->ledger.late || state->ledger.rejected) {
        tp_err_set(&lost, TP_FAULT_RECORD, "upstream: %llu records rejected, %llu late",
                   (unsigned long long)state->ledger.rejected,
                   (unsigned long long)state->ledger.late);
        tp_stage_spoiled(stage, &lost);
    }
    return 0;
}

/* Who named the member expects a time; without -t the stream may be any bytes. */
static void
note_no_time(const struct smeter *self, struct tp_stage *stage)
{
    const struct tp_meter_state *state = tp_meter_state(self->meter);

    if (self->time_field && state->records && state->event_time == TP_TIME_BEFORE_ALL)
        tp_stage_note(stage, "no line that was looked at has an event time: member \"%s\"",
                      self->time_field);
}

static int
produce(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct smeter *self = ptr;
    ssize_t got = read(self->in, self->piece, PIECE);

    if (got > 0 && pass(self, stage, (size_t)got, err) < 0)
        return -1;
    if (got > 0)
        return due && say(self, stage, false, err) < 0 ? -1 : 1;
    if (got < 0) {
        err->fault = TP_FAULT_NONE;
        if (try_again(self, stage, self->in, POLLIN, err) == 0)
            return 1;
        return err->fault ? -1 : tp_err_set(err, TP_FAULT_MACHINE, "input: %s", strerror(errno));
    }
    tp_meter_finish(self->meter);
    note_no_time(self, stage);
    if (say(self, stage, true, err) < 0)
        return -1;
    return judge_end(self, stage, err);
}

/* --- options -----------------------------------------------------------------------------------*/

static int
check_options(const struct smeter *self, struct tp_err *err)
{
    if (self->alarm.command && !self->alarm.text)
        return tp_err_set(err, TP_FAULT_USAGE, "--exec: when? --alert says it");
    if (self->every < 0)
        return 0;
    if (self->every < 10 * TP_MILLISECOND || self->every > TP_DAY)
        return tp_err_set(err, TP_FAULT_USAGE, "--every: from 10ms to 1d");
    return 0;
}

static int
open_input(struct smeter *self, const char *name, struct tp_err *err)
{
    struct stat info;
    off_t at;

    self->in = STDIN_FILENO;
    if (name && strcmp(name, "-") != 0)
        self->in = open(name, O_RDONLY | O_CLOEXEC);
    if (self->in < 0 || fstat(self->in, &info) < 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: %s", name ? name : "standard input",
                          strerror(errno));
    if (S_ISDIR(info.st_mode))
        return tp_err_set(err, TP_FAULT_USAGE, "%s: is a directory", name ? name : "stdin");
    fcntl(self->in, F_SETPIPE_SZ, PIPE_SIZE); /* fails where it is no pipe */
    fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_SIZE);
    at = lseek(self->in, 0, SEEK_CUR);
    if (self->size == 0 && S_ISREG(info.st_mode) && at >= 0 && info.st_size > at)
        self->size = (uint64_t)(info.st_size - at);
    return 0;
}

/* Without SA_RESTART: a read or a write that blocks ends with EINTR. */
static int
start_timer(struct smeter *self, struct tp_err *err)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct timeval every = {self->every / TP_SECOND, self->every % TP_SECOND / TP_MICROSECOND};
    struct itimerval timer = {every, every};

    signal(SIGPIPE, SIG_IGN); /* see die_of_pipe */
    if (sigaction(SIGALRM, &action, NULL) < 0 || setitimer(ITIMER_REAL, &timer, NULL) < 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "timer: %s", strerror(errno));
    return 0;
}

/* A file that cannot be written is no reason to end a stream that flows: better it never begins. */
static int
begin_prometheus(struct smeter *self, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_meter_report report = report_of(self, stage, false);

    if (write_prometheus(self, &report, err) == 0)
        return 0;
    err->fault = TP_FAULT_USAGE;
    return -1;
}

static int
open_meter(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    struct smeter *self = ptr;

    if (check_options(self, err) < 0)
        return -1;
    self->live = !self->to && isatty(STDERR_FILENO);
    if (self->every < 0)
        self->every = self->live ? TP_SECOND : 10 * TP_SECOND;
    self->meter =
        tp_meter_new(self->time_field ? self->time_field : "@timestamp", self->time_format, err);
    if (!self->meter)
        return -1;
    if (self->alarm.text && alarm_begin(&self->alarm, err) < 0)
        return -1;
    self->piece = calloc(1, PIECE + TP_SCAN_PADDING);
    if (!self->piece)
        return tp_err_memory(err);
    if (open_input(self, tp_stage_operand(stage, 0), err) < 0)
        return -1;
    if (self->to && !(self->target = tp_target_open(self->to, err)))
        return -1;
    tp_stage_mute(stage); /* what the stream says of itself passes with the rest */
    self->began = self->reported = tp_clock_steady();
    if (self->prometheus && begin_prometheus(self, stage, err) < 0)
        return -1;
    return start_timer(self, err);
}

static int
shut(void *ptr, struct tp_stage *stage, struct tp_err *err)
{
    static const struct itimerval never;
    struct smeter *self = ptr;
    struct tp_target *target = self->target;

    setitimer(ITIMER_REAL, &never, NULL);
    alarm_wait(&self->alarm, stage);
    self->target = NULL;
    return target ? tp_target_close(target, err) : 0;
}

static void
close_meter(void *ptr)
{
    struct smeter *self = ptr;
    struct tp_err ignored;

    if (self->target)
        tp_target_close(self->target, &ignored);
    if (self->in > STDIN_FILENO)
        close(self->in);
    tp_meter_free(self->meter);
    alarm_release(&self->alarm);
    free(self->piece);
    tp_buf_release(&self->line);
}

static const struct tp_option options[] = {
    {0, "every", "DUR", "report so often (10s; 1s on a terminal)", TP_OPTION_DURATION,
     offsetof(struct smeter, every)},
    {0, "to", "TARGET", "lines of JSON go there (standard error)", TP_OPTION_TEXT,
     offsetof(struct smeter, to)},
    {0, "prometheus", "FILE", "keep metrics in FILE, replaced whole each time", TP_OPTION_TEXT,
     offsetof(struct smeter, prometheus)},
    {0, "alert", "EXPR", "say when this becomes true of the statistics: 'lag > 30s'",
     TP_OPTION_TEXT, offsetof(struct smeter, alarm.text)},
    {0, "exec", "CMD", "... and run this", TP_OPTION_TEXT, offsetof(struct smeter, alarm.command)},
    {0, "name", "NAME", "what the stream is called in reports", TP_OPTION_TEXT,
     offsetof(struct smeter, name)},
    {0, "size", "SIZE", "of the input, where it cannot be asked", TP_OPTION_SIZE,
     offsetof(struct smeter, size)},
    {'t', "time", "FIELD", "the member that holds the event time (@timestamp)", TP_OPTION_TEXT,
     offsetof(struct smeter, time_field)},
    {0, "time-format", "F", "how it is written (auto)", TP_OPTION_TEXT,
     offsetof(struct smeter, time_format)},
    {0},
};

static const struct tp_operator smeter_operator = {
    .name = "smeter",
    .purpose = "shows a stream's rate and lag from the middle of a pipe",
    .synopsis = "[--every DUR] [--to TARGET] [--prometheus FILE] [--alert EXPR] [--exec CMD] "
                "[-t FIELD] [FILE]",
    .example = "  zcat access.log.gz | smeter -t time | sfrom combined | sto table",
    .options = options,
    .operands_before_files = 1,
    .open = open_meter,
    .produce = produce,
    .shut = shut,
    .close = close_meter,
};

int
main(int argc, char **argv)
{
    struct smeter self = {.every = -1, .in = -1};

    return tp_source_main(&smeter_operator, &self, argc, argv);
}
