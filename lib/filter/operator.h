/*
 * operator: what a filter is, and what it may ask of the driver that runs it.
 *
 * A filter is a table of small functions over a struct of its own. The driver owns everything
 * around them: options, reading and framing, event time, control lines, late and bad records,
 * flushing, statistics, exit status. A filter's main is one call:
 *
 *     int main(int argc, char **argv)
 *     {
 *         struct swindow self = {...defaults...};
 *         return tp_transform_main(&swindow_operator, &self, argc, argv);
 *     }
 *
 * Ownership: a record is borrowed until the function returns; what is kept is copied.
 */
#ifndef TP_FILTER_OPERATOR_H
#define TP_FILTER_OPERATOR_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "filter/option.h"
#include "query/arguments.h"
#include "query/expr.h"
#include "query/keys.h"
#include "query/select.h"
#include "query/terms.h"
#include "record/control.h"
#include "record/emit.h"
#include "record/path.h"
#include "record/scan.h"
#include "record/snapshot.h"
#include "value/time.h"

struct tp_stage; /* the running filter, as the driver knows it; opaque */

/* One record, as handed to an operator. */
struct tp_record {
    struct tp_str line;         /* its bytes, without the newline */
    size_t members;             /* NDJSON: members of the outermost object */
    const struct tp_slot *slot; /* NDJSON: what open asked for, by number */
    tp_time time;               /* event time, where the filter has it (TP_TIMED) */
    bool has_time;              /* false only with TP_TIME_OPTIONAL */
    tp_time watermark;          /* the minimum over the inputs, before this record */
    tp_time input_watermark;    /* of this record's own input; while that is idle, or back and not
                                   yet there (event/watermark), not below the minimum */
    int input;                  /* which input: 0 .. tp_stage_inputs - 1 */
    uint64_t line_number;       /* in its input, from 1 */
    uint64_t sequence;          /* grows by one with every record of the run */
};

/* What became of a record. The driver counts: in = used + late + rejected + filtered + duplicate +
 * held, at every exit. */
enum tp_verdict {
    TP_PASS,      /* used, and its line goes on byte for byte */
    TP_USED,      /* used: aggregated, or answered by rows of our own */
    TP_FILTERED,  /* did not meet the condition */
    TP_DUPLICATE, /* a repeat */
    TP_HELD,      /* kept for later: tp_stage_release says when it was used */
    TP_LATE,      /* return tp_stage_late(...) */
    TP_REJECTED,  /* return tp_stage_reject(...) */
    TP_FAILED,    /* return tp_stage_fail(...): the run ends with status 2 or 3 */
};

enum tp_trait {
    TP_TIMED = 1 << 0,         /* needs the event time: -t --time-format --tz; a record without
                                  one is rejected */
    TP_TIME_OPTIONAL = 1 << 1, /* ... takes it where there is one */
    TP_DELAYS = 1 << 2,        /* -d makes watermarks where the input has none; with neither, the
                                  input is bounded and results come at its end */
    TP_MAKES_TIME = 1 << 3,    /* is the maker of watermarks: refuses those of its input */
    TP_LATENESS = 1 << 4,      /* --late-to, --late-fail: it may say TP_LATE */
    TP_STATEFUL = 1 << 5,      /* what it prints depends on earlier records: barriers need -S */
    TP_NO_CHANGES = 1 << 6,    /* refuses records with an `@op` other than insert */
    TP_TIME_NAMED =
        1 << 8, /* -t --time-format --tz are for its expressions; reads no time itself */
    TP_UNTIMED_ROWS = 1 << 7, /* text in, records out: control lines only on a standard input that
                                 begins with one (sfrom) */
    TP_SAVES_APART = 1 << 17, /* `save` touches memory only, and nothing need last of what it
                                 does there: a forked child may do it */
    TP_COMMITS = 1 << 16,   /* a sink that prepares at a barrier what is then committed: --sinks */
    TP_TWO_INPUTS = 1 << 9, /* input 0 and input 1; with one FILE, standard input is input 0 */
};

/* For operands_before_files: all of them are a command and its arguments; options end there. */
#define TP_OPERANDS_COMMAND INT_MAX

/*
 * Every function gets the filter's own struct as SELF; any but `name`, `synopsis`, `purpose` and
 * (`record` or `produce`) may be NULL. Those that return int return -1 after filling ERR.
 */
struct tp_operator {
    const char *name;
    const char *purpose;             /* one line */
    const char *synopsis;            /* lines of options and operands, without the name; as in the
                                        man page */
    const char *example;             /* lines for --help; NULL: none */
    const struct tp_option *options; /* the filter's own, filling SELF; NULL: none */
    unsigned traits;                 /* enum tp_trait */
    int operands_before_files;       /* so many operands are the filter's (an expression, a format)
                                        and not FILEs: see tp_stage_operand */

    /* Options are parsed: how many operands are the filter's own, where that depends on them; NULL:
     * operands_before_files. A filter that answers without reading (--explain) calls
     * tp_stage_stop here; then only open and finish follow. */
    int (*operands)(void *self, struct tp_stage *stage);

    /* Options are parsed: check them, ask for members (tp_stage_want), allocate. */
    int (*open)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* How records lie in the input; NULL: lines of JSON. See tp_frame. */
    const struct tp_frame *frame;

    enum tp_verdict (*record)(void *self, struct tp_stage *stage, const struct tp_record *record);

    /* The minimum watermark over the inputs grew to *WATERMARK: write what it proves. On return
     * *WATERMARK is what is forwarded; a filter that holds rows back lowers it. */
    int (*watermark)(void *self, struct tp_stage *stage, tp_time *watermark, struct tp_err *err);

    /* The own watermark of input number INPUT moved: nothing earlier than WATERMARK comes from it;
     * TP_TIME_AFTER_ALL while it is idle. Called before `watermark`. */
    int (*input_watermark)(void *self, struct tp_stage *stage, int input, tp_time watermark,
                           struct tp_err *err);

    /* Input number INPUT ended, complete. */
    int (*input_end)(void *self, struct tp_stage *stage, int input, struct tp_err *err);

    /* All inputs ended, complete: write what is left. Not called when the input was cut off. */
    int (*finish)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* The input ended without being complete (suspended at a last barrier, or cut off), so finish
     * is not called: write what is owed for the records that came, and nothing that would then look
     * whole without being so. */
    int (*leave)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* For those who answer records later, or write to more than standard output
     * (tp_stage_takes_control says which outputs want control lines): one goes on here. LINE is its
     * text with the newline, empty when this stage has no reason to write any. 0: the driver writes
     * it now; 1: kept, to be written with tp_stage_control behind what the records before it yield.
     */
    int (*control)(void *self, struct tp_stage *stage, const struct tp_control *control,
                   struct tp_str line, struct tp_err *err);

    /* The time asked for with tp_stage_wake_after has come. */
    int (*tick)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* The next read would block; output is flushed after this. */
    int (*quiet)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* The block of the last records is given up: lines that are still borrowed must be written or
     * copied now. */
    int (*settle)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* The run is over, well or not, and standard output flushed: close what was opened beside it.
     * Failing here makes the exit status 3. */
    int (*shut)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* Which input to read the next record from: its number, or -1 when any will do. NULL: the one
     * whose watermark is lowest. */
    int (*choose)(void *self, struct tp_stage *stage);

    /* Sources: make some output. 1: there is more (after the time of tp_stage_wake_after, if it
     * was called), 0: the end. */
    int (*produce)(void *self, struct tp_stage *stage, struct tp_err *err);

    /*
     * State (man/tidepipe.5, SAVED STATE; with -S DIR).
     *
     * A barrier stands here: all records before it were handed over, none behind it. Write out what
     * is held for no reason of the stream's; a sink that commits prepares here: it syncs its files.
     */
    int (*barrier)(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err);

    /* Writes what affects later output, as lines that are JSON objects whose first member does not
     * begin with `@`: append to tp_save_line(SAVE), then tp_save_line_end(SAVE, err). Nothing may
     * change by saving. */
    int (*save)(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err);

    /* Takes such a line (valid JSON; see tp_saved_read), in the order they were saved, before the
     * first record and behind open. */
    int (*load)(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err);

    /* All lines were loaded, or there were none and this is a beginning: sinks truncate files and
     * do again what their commit is owed. Before the first record; save may be called next. */
    int (*restored)(void *self, struct tp_stage *stage, struct tp_err *err);

    /* Appends members to OPTIONS: those of the filter's options that, changed, would make what was
     * saved a lie (windows, keys, aggregates). Inputs, -t, --time-format and --tz are there. */
    void (*identity)(void *self, struct tp_stage *stage, struct tp_emit *options);

    /* TP_COMMITS: ID is COMMIT now (0: none yet), behind each barrier. What it lists may be renamed
     * into place; whatever is done here is done again by restored after a crash. */
    int (*committed)(void *self, struct tp_stage *stage, int64_t id, struct tp_err *err);

    /* How many results were not printed, and what one is called ("open window"), when the input
     * was cut off. */
    size_t (*unfinished)(void *self, const char **what);

    void (*close)(void *self); /* gives everything back */
};

/*
 * A frame finds where records end. NEXT returns the byte behind the record that begins at P within
 * whole lines [P, END), or NULL when it is not complete there; at the end of input (AT_END) it must
 * return END at the latest.
 */
struct tp_frame {
    const char *(*next)(void *self, const char *p, const char *end, bool at_end);
};

/* One record a line, whatever the line says; self is not used. */
extern const struct tp_frame tp_frame_line;

/* --- what open may ask ------------------------------------------------------------------------*/

/* Asks for a member by its path as users write it. Returns its slot number. */
int tp_stage_want(struct tp_stage *stage, const char *text, struct tp_err *err);
int tp_stage_want_path(struct tp_stage *stage, const struct tp_path *path, struct tp_err *err);

/* Compiles what groups records (`-k`, `--per`); TEXT may be NULL: nothing. OPTION is as below. */
int tp_stage_want_keys(struct tp_stage *stage, const char *option, const char *text,
                       struct tp_keys *keys, struct tp_err *err);

/* The same keys, of records in which another filter wrote each under its name. */
int tp_stage_want_written_keys(struct tp_stage *stage, const char *option, const char *text,
                               struct tp_keys *keys, struct tp_err *err);

/* Compiles an ORDER BY list (`--by`); OPTION is as below. When it fails, TERMS are still to be
 * released. */
int tp_stage_want_terms(struct tp_stage *stage, const char *option, const char *text,
                        struct tp_terms *terms, struct tp_err *err);

/* Compiles the arguments of AGGS (`-a`), which must outlive them; OPTION is as below. When it
 * fails, ARGUMENTS are still to be released. */
int tp_stage_want_arguments(struct tp_stage *stage, const char *option, const struct tp_aggs *aggs,
                            struct tp_arguments *arguments, struct tp_err *err);

/* From now on as with TP_TIME_OPTIONAL: records without a time are taken, too. */
void tp_stage_take_untimed(struct tp_stage *stage);

/* In `operands`: the last operand is the filter's own, and no input (tp_stage_last_operand, NULL
 * when there is none); with TP_TWO_INPUTS one input is left. */
void tp_stage_keep_last(struct tp_stage *stage);
const char *tp_stage_last_operand(const struct tp_stage *stage);

/* From now on no event time is read: records have none (has_time is false). */
void tp_stage_ignore_time(struct tp_stage *stage);

/* What -d is where none was given (TP_MAKES_TIME). */
void tp_stage_default_delay(struct tp_stage *stage, tp_duration delay);

/* What comes out is an answer, not a stream: no control lines, whatever --control says. */
void tp_stage_write_no_control(struct tp_stage *stage);

/* The scanner itself. */
struct tp_scan *tp_stage_scan(struct tp_stage *stage);

/*
 * Compiles an expression, a select list or a --set list against the records of this stage; the
 * members it reads take part in "no record had member". OPTION (such as "-k"; NULL: an operand)
 * begins the message, which shows the place with a caret. NULL with TP_FAULT_USAGE.
 */
struct tp_expr *tp_stage_compile(struct tp_stage *stage, const char *option, struct tp_str text,
                                 struct tp_err *err);
struct tp_expr *tp_stage_condition(struct tp_stage *stage, const char *option, struct tp_str text,
                                   struct tp_err *err); /* ... which yields a boolean */
struct tp_select *tp_stage_select(struct tp_stage *stage, const char *option, struct tp_str text,
                                  unsigned allow, struct tp_err *err);
struct tp_select *tp_stage_select_set(struct tp_stage *stage, const char *option,
                                      struct tp_str text, struct tp_err *err);

/* ERR becomes what these say of WHY, a fault with a place in TEXT. */
void tp_stage_show_place(const char *option, struct tp_str text, const struct tp_err *why,
                         struct tp_err *err);

/* Appends the content of the file NAME, which the option `-f` named. */
int tp_read_text_file(const char *name, struct tp_buf *to, struct tp_err *err);

/* What is written is no stream of records: no control lines (`sfilter -c`). */
void tp_stage_mute(struct tp_stage *stage);

/* Operand number I of those before the FILEs; NULL when there are not so many. */
const char *tp_stage_operand(const struct tp_stage *stage, int i);

int tp_stage_inputs(const struct tp_stage *stage);
const char *tp_stage_input_name(const struct tp_stage *stage, int input);

/* Lines of this input are at hand: it can be chosen without waiting. */
bool tp_stage_input_ready(const struct tp_stage *stage, int input);

/* --- what record, watermark, ... may do --------------------------------------------------------*/

/* Where to append a row; NULL on failure. Then tp_stage_row_end, once a row. */
struct tp_buf *tp_stage_row(struct tp_stage *stage, struct tp_err *err);
int tp_stage_row_end(struct tp_stage *stage, struct tp_err *err);

/* LINE, of a record that was held, goes on byte for byte, as with TP_PASS; it is borrowed from the
 * block it came in (see `settle`). */
int tp_stage_pass_held(struct tp_stage *stage, struct tp_str line, struct tp_err *err);

/* Writes a control line that `control` kept, where standard output takes them. */
int tp_stage_control(struct tp_stage *stage, struct tp_str line, struct tp_err *err);

/* Writes all that has gathered, side streams too: before an operator waits for something itself. */
int tp_stage_flush(struct tp_stage *stage, struct tp_err *err);

/*
 * The own watermark of input INPUT grew to WATERMARK, or the input fell silent. For filters that
 * make time (TP_MAKES_TIME); what comes of it (the minimum over the inputs, forwarding) is the
 * driver's, after the record at hand has gone on.
 */
void tp_stage_advance(struct tp_stage *stage, int input, tp_time watermark);
void tp_stage_idle(struct tp_stage *stage, int input);

/* Too late: WINDOW_END is the end of the window it missed (TP_TIME_BEFORE_ALL when there is none),
 * LIMIT the instant the watermark would have had to stay below (or at) to take it. */
enum tp_verdict tp_stage_late(struct tp_stage *stage, tp_time window_end, tp_time limit);

/* The same behind what has been written up to REACHED, where no watermark says so. */
enum tp_verdict tp_stage_late_behind(struct tp_stage *stage, tp_time reached, tp_time limit);

/* Bad: the reason, for people, and its byte in the line (-1 when unknown). */
enum tp_verdict tp_stage_reject(struct tp_stage *stage, long at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ERR is what went wrong: a bad record is rejected (TP_FAULT_RECORD), anything else ends the run.
 */
enum tp_verdict tp_stage_fail(struct tp_stage *stage, const struct tp_err *err);

/* COUNT records that were held are used now. */
void tp_stage_release(struct tp_stage *stage, uint64_t count);

/* COUNT records that were held turned out to be TP_FILTERED. */
void tp_stage_drop(struct tp_stage *stage, uint64_t count);

/* COUNT records that were held turned out to be TP_DUPLICATE. */
void tp_stage_drop_duplicate(struct tp_stage *stage, uint64_t count);

/* A result could not be said (an integer sum beyond int64): exit status 1, go on. The first
 * TP_REPORT_FIRST messages of a run are shown, the rest counted. */
void tp_stage_spoiled(struct tp_stage *stage, const struct tp_err *err);

/* Enough: behave as at the end of a complete input (`sfilter -m 10`). */
void tp_stage_stop(struct tp_stage *stage);

/* Sources: the stream is not complete, there may be more in the next run. produce returns 0 next.
 */
void tp_stage_suspend(struct tp_stage *stage);

/* Is state to be kept (-S, $TIDEPIPE_STATE)? The run may go back to a commit then. From open on. */
bool tp_stage_keeps_state(const struct tp_stage *stage);

/* The wall clock, or --now. One of the clocks of the house: see tidepipe.7. */
tp_time tp_stage_now(struct tp_stage *stage);

/* The same when what is at hand was read: looked at once for a block of records, and for a tick. It
 * may go back, when somebody sets the clock. */
tp_time tp_stage_arrival(struct tp_stage *stage);

/*
 * Time spent waiting on empty inputs since the start: the clock of everything that is "idle for so
 * long", so that a busy stream, however slow it is worked off, never looks idle. tick is called
 * once after AFTER more of it (0: never); in a source it is how long to sleep now.
 */
tp_duration tp_stage_waited(const struct tp_stage *stage);
void tp_stage_wake_after(struct tp_stage *stage, tp_duration after);

/* The -d that was given, or -1; and the --step. */
tp_duration tp_stage_delay(const struct tp_stage *stage);
tp_duration tp_stage_step(const struct tp_stage *stage);

/* --max-line, in bytes. */
size_t tp_stage_max_line(const struct tp_stage *stage);

/* The slot of the event time and the path it was asked by (TP_TIMED). */
int tp_stage_time_slot(const struct tp_stage *stage);
const char *tp_stage_time_field(const struct tp_stage *stage);

/* --time-format or --tz was given: others would read the member differently. */
bool tp_stage_time_is_reread(const struct tp_stage *stage);

/* A line on standard error, unless -q. */
void tp_stage_note(struct tp_stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A line of --stats; nothing without it. */
void tp_stage_stat(struct tp_stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Does --control let control lines go to an output that is (STREAM), or is not, a pipe or socket?
 */
bool tp_stage_takes_control(const struct tp_stage *stage, bool stream);

bool tp_stage_to_terminal(const struct tp_stage *stage); /* standard output is one */

/* --- what produce may do: lines that a source read and passes on -------------------------------*/

/* Where a line stood, for messages about it. */
struct tp_origin {
    const char *source;
    uint64_t line_number; /* from 1 */
    uint64_t offset;
};

/* COUNT whole lines go on, byte for byte; borrowed until produce returns. */
int tp_stage_pass(struct tp_stage *stage, struct tp_str lines, uint64_t count, struct tp_err *err);

/* COUNT lines are not wanted. */
void tp_stage_pass_over(struct tp_stage *stage, uint64_t count);

/* LINE, without its newline, is bad: the reason in WHY. -1 when the run must end. */
int tp_stage_refuse(struct tp_stage *stage, const struct tp_origin *origin, struct tp_str line,
                    const struct tp_err *why, struct tp_err *err);

/* The event time of the line of JSON at LINE (as tp_scan_line wants it). Returns the byte behind
 * it; NULL with the reason, a TP_FAULT_RECORD when only the line is bad. */
const char *tp_stage_read_time(struct tp_stage *stage, const char *line, const char *end,
                               tp_time *time, struct tp_err *err);

/* As tp_stage_read_time, where TIME was read by other means: is it ahead of the clock? */
int tp_stage_check_time(struct tp_stage *stage, tp_time time, struct tp_err *err);

/* Every later line has an event time of WATERMARK at least. */
int tp_stage_say_watermark(struct tp_stage *stage, tp_time watermark, struct tp_err *err);

/* --- the three drivers: parse ARGV, run, return the exit status --------------------------------
 */

int tp_source_main(const struct tp_operator *op, void *self, int argc, char **argv);
int tp_transform_main(const struct tp_operator *op, void *self, int argc, char **argv);
int tp_sink_main(const struct tp_operator *op, void *self, int argc, char **argv);

#endif
