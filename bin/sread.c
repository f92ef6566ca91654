/*
 * sread: reads files, rotated and growing ones too, as a stream.
 *
 * Input: lines of any kind, in any order; what they say is looked at only where their time is
 * needed (-d, --speed, --from and --to with a time). Operands are read one after the other, in
 * their order, files of a rotated set oldest first; then those that are followed, as lines come.
 * State: a place in each file, saved with -S, and one block. Output: the lines, byte for byte.
 * Lines that look like control lines are bad records, as are those whose time is needed and cannot
 * be read; there is no late one here.
 */
#include <stdlib.h>
#include <string.h>

#include "filter/operator.h"
#include "sread/lines.h"
#include "stream/sources.h"

/* -S: how soon a file is looked at again whose end was seen. */
#define LOOK_AGAIN (50 * TP_MILLISECOND)

struct sread {
    bool follow, once;
    const char *from, *to, *speed_text, *exec, *format, *committed;

    struct lines lines;
    bool kept; /* -S: never waits itself, as barriers come by the clock */

    struct tp_sources sources;
};

#define FIELD(field) offsetof(struct sread, field)

static const struct tp_option options[] = {
    {'F', "follow", NULL, "wait for more, over rotation and truncation", TP_OPTION_FLAG,
     FIELD(follow)},
    {0, "once", NULL, "read what is there (the default)", TP_OPTION_FLAG, FIELD(once)},
    {0, "from", "WHERE", "a time (2026-10-01, -7d, yesterday), a byte, start or end",
     TP_OPTION_TEXT, FIELD(from)},
    {0, "to", "WHERE", "stop before it: a time or a byte", TP_OPTION_TEXT, FIELD(to)},
    {0, "committed", "[=DIR]", "only what will not be taken back: of a log; by the state in DIR",
     TP_OPTION_TEXT, FIELD(committed)},
    {0, "rate", "N", "at most N lines a second", TP_OPTION_COUNT, FIELD(lines.pace.rate)},
    {0, "speed", "FACTOR", "as fast as it happened, or N times as fast", TP_OPTION_TEXT,
     FIELD(speed_text)},
    {0, "format", "F", "lines are not records: combined, common, syslog say their time",
     TP_OPTION_TEXT, FIELD(format)},
    {0, "exec", "CMD", "what this command writes, instead of FILEs", TP_OPTION_TEXT, FIELD(exec)},
    {0},
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
sread_operands(void *self, struct tp_stage *stage)
{
    (void)self;
    (void)stage;
    return INT_MAX; /* all of them: they are not the driver's inputs */
}

static int
check_span(const struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    if (s->lines.span.from.kind == TP_SPAN_END && !s->follow)
        return tp_err_set(err, TP_FAULT_USAGE, "--from end leaves nothing to read without -F");
    if (tp_span_has_offset(&s->lines.span) && !s->exec && s->sources.names.count != 1)
        return tp_err_set(err, TP_FAULT_USAGE, "a byte is a place in one FILE, not in %zu",
                          s->sources.names.count);
    if (s->lines.span.to.kind == TP_SPAN_TIME && s->follow && tp_stage_delay(stage) < 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "-F --to TIME needs -d, to know when nothing earlier comes any more");
    return 0;
}

static void
tell_sources(struct sread *s, struct tp_stage *stage)
{
    static const enum tp_sources_from from[] = {
        [TP_SPAN_OPEN] = TP_FROM_START, [TP_SPAN_START] = TP_FROM_START,
        [TP_SPAN_END] = TP_FROM_END,    [TP_SPAN_OFFSET] = TP_FROM_OFFSET,
        [TP_SPAN_TIME] = TP_FROM_TIME,
    };

    s->sources.follow = s->follow;
    s->sources.kept = s->kept;
    s->sources.committed = s->committed;
    s->sources.state = s->committed && *s->committed ? s->committed : NULL;
    s->sources.max_line = tp_stage_max_line(stage);
    s->sources.from = from[s->lines.span.from.kind];
    s->sources.from_offset = s->lines.span.from.offset;
    s->sources.from_time = s->lines.span.from.time;
}

static int
add_operands(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    const char *operand;

    for (int i = 0; (operand = tp_stage_operand(stage, i)); i++)
        if (tp_sources_add(&s->sources, operand, err) < 0)
            return -1;
    return s->sources.names.count > 0 ? 0 : tp_sources_add(&s->sources, "-", err);
}

static int
open_sources(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    tell_sources(s, stage);
    if (s->exec && s->committed)
        return tp_err_set(err, TP_FAULT_USAGE, "--committed is of a log or a FILE, not of --exec");
    if (s->exec && tp_stage_operand(stage, 0))
        return tp_err_set(err, TP_FAULT_USAGE, "--exec takes the place of FILEs");
    if ((!s->exec && add_operands(s, stage, err) < 0) || check_span(s, stage, err) < 0)
        return -1;
    return s->exec ? tp_sources_open_command(&s->sources, s->exec, err)
                   : tp_sources_open(&s->sources, err);
}

static int
sread_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sread *s = self;

    if (s->follow && (s->once || s->exec))
        return tp_err_set(err, TP_FAULT_USAGE, "-F waits for more, %s does not: which?",
                          s->once ? "--once" : "--exec");
    s->kept = tp_stage_keeps_state(stage);
    if (s->kept && s->exec)
        return tp_err_set(
            err, TP_FAULT_USAGE,
            "--state: what a command says is said once: there is no going back in it");
    if (tp_span_parse(&s->lines.span, s->from, s->to, tp_stage_now(stage), err) < 0 ||
        (s->speed_text && tp_pace_parse_speed(&s->lines.pace, s->speed_text, err) < 0) ||
        lines_open(&s->lines, stage, s->format, err) < 0)
        return -1;
    return open_sources(s, stage, err);
}

/* --- blocks ------------------------------------------------------------------------------------*/

static int
take_too_long(struct sread *s, struct tp_stage *stage, struct tp_str excerpt, struct tp_err *err)
{
    struct tp_source *source = tp_sources_current(&s->sources);
    struct tp_err why;

    source->too_long++;
    if (source->told > 0) {
        source->told--;
        return 0;
    }
    source->line_number++;
    tp_err_at(&why, TP_FAULT_RECORD, -1, "longer than --max-line");
    return lines_refuse(&s->lines, stage, excerpt, &why, err);
}

/* What happened to the file at hand. */
static void
hear_news(struct sread *s, struct tp_stage *stage)
{
    struct tp_source *source = tp_sources_current(&s->sources);
    const char *news = tp_source_news(source);

    /* Its file may be found under another name. */
    if (news && (!s->kept || source->follow || tp_source_is_there(source)))
        tp_stage_note(stage, "%s %s", tp_source_name(source), news);
    if (!tp_source_has_turned(source))
        return;
    source->line_number = 0;
    source->too_long = source->told = 0;
    tp_watch_add(s->sources.watch, tp_source_name(source));
}

static int
wait_for_more(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    if (s->kept) {
        tp_stage_wake_after(stage, LOOK_AGAIN);
        return 0;
    }
    return tp_stage_flush(stage, err) < 0 ? -1 : tp_sources_wait(&s->sources, err);
}

/* The source whose turn it is has nothing for now. */
static int
pass_turn(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    if (tp_sources_pass_turn(&s->sources))
        return wait_for_more(s, stage, err) < 0 ? -1 : 1;
    return 1;
}

static int
end_source(struct sread *s)
{
    tp_sources_end_current(&s->sources);
    return 1;
}

/* -S: the source at hand, which is not followed, has no more for now. Were it rotated, the next
 * file comes when nobody has written to this one for a while. */
static int
pause_source(struct sread *s, struct tp_stage *stage)
{
    struct tp_source *source = tp_sources_current(&s->sources);

    if (tp_source_has_next(source)) {
        tp_stage_wake_after(stage, LOOK_AGAIN);
        return 1;
    }
    if (s->once)
        return end_source(s);
    tp_source_stop_following(source);
    return 1;
}

/* All have ended: the stream, too, unless another run goes on with it. */
static int
end_of_all(const struct sread *s, struct tp_stage *stage)
{
    if (s->kept && s->once && !s->lines.is_over)
        tp_stage_suspend(stage);
    return 0;
}

static int
sread_produce(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sread *s = self;
    struct tp_source *source = tp_sources_current(&s->sources);
    enum tp_in_state state = TP_IN_END;
    struct tp_str block = {NULL, 0};

    if (s->sources.ended == s->sources.count || s->lines.is_over)
        return end_of_all(s, stage);
    if (s->lines.left.len > 0)
        return lines_take(&s->lines, stage, err) < 0 ? -1 : 1;
    if (!source->ended)
        state = tp_source_next(source, &block, err);
    hear_news(s, stage);
    switch (state) {
    case TP_IN_BLOCK:
        tp_sources_heard(&s->sources);
        lines_begin(&s->lines, source, block);
        source->too_long = source->told = 0;
        return lines_take(&s->lines, stage, err) < 0 ? -1 : 1;
    case TP_IN_TOO_LONG:
        tp_sources_heard(&s->sources);
        lines_begin(&s->lines, source, (struct tp_str){block.ptr, 0});
        return take_too_long(s, stage, block, err) < 0 ? -1 : 1;
    case TP_IN_WAIT:
        if (s->kept && !source->follow)
            return pause_source(s, stage);
        return pass_turn(s, stage, err);
    case TP_IN_END:
        return end_source(s);
    case TP_IN_ERROR:
        break;
    }
    return -1;
}

/* --- state -------------------------------------------------------------------------------------*/

static int
sread_save(void *self, struct tp_stage *stage, struct tp_save *save, struct tp_err *err)
{
    const struct sread *s = self;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    (void)stage;
    tp_emit_int(&line, TP_STR("largest"), s->lines.bounded.largest);
    tp_emit_int(&line, TP_STR("watermark"), s->lines.bounded.watermark);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    return tp_sources_save(&s->sources, lines_taken(&s->lines), save, err);
}

static int
sread_load(void *self, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct sread *s = self;
    struct tp_source_gone gone = {.offset = 0};
    int64_t largest, watermark;
    const struct tp_saved clock[] = {
        {"largest", TP_SAVED_INT, &largest, false},
        {"watermark", TP_SAVED_INT, &watermark, false},
    };
    int result;

    if (tp_saved_is(line, "largest")) {
        result = tp_saved_read(line, clock, 2, err);
        if (result == 0 && largest != TP_TIME_BEFORE_ALL)
            tp_bounded_resume(&s->lines.bounded, largest, watermark);
        return result;
    }
    result = tp_sources_load(&s->sources, line, &gone, err);
    if (result == 0 && gone.name.len > 0)
        tp_stage_note(stage, "%.*s is gone, of which %llu bytes were read", (int)gone.name.len,
                      gone.name.ptr, (unsigned long long)gone.offset);
    tp_buf_release(&gone.name);
    return result;
}

static int
sread_restored(void *self, struct tp_stage *stage, struct tp_err *err)
{
    const struct sread *s = self;

    (void)stage;
    return tp_sources_check_present(&s->sources, err);
}

/* Where to begin and to end, and what of. A delay that changed makes no lie, nor does --rate. */
static void
sread_identity(void *self, struct tp_stage *stage, struct tp_emit *to)
{
    const struct sread *s = self;
    struct tp_buf name = TP_BUF_INIT;
    const char *operand;

    for (int i = 0; (operand = tp_stage_operand(stage, i)); i++) {
        tp_buf_clear(&name);
        tp_buf_printf(&name, "file %d", i + 1);
        tp_emit_text(to, tp_buf_str(&name), tp_str_of(operand));
    }
    tp_buf_release(&name);
    if (s->format)
        tp_emit_text(to, TP_STR("format"), tp_str_of(s->format));
    if (s->from)
        tp_emit_text(to, TP_STR("from"), tp_str_of(s->from));
    if (s->to)
        tp_emit_text(to, TP_STR("to"), tp_str_of(s->to));
}

static void
sread_close(void *self)
{
    struct sread *s = self;

    tp_sources_release(&s->sources);
    lines_close(&s->lines);
}

static const struct tp_operator sread = {
    .name = "sread",
    .purpose = "reads files, rotated and growing ones too, as a stream",
    .synopsis = "[-F | --once] [--committed[=DIR]] [--from WHERE] [--to WHERE] [--rate N] "
                "[--speed FACTOR] [-d DUR] [FILE ...]\n"
                "[--from WHERE] [--to WHERE] [--rate N] [--speed FACTOR] [-d DUR] --exec CMD",
    .example = "  sread -F access.log | sfrom combined | swindow -d 5s -w 1m -k status | sto table",
    .options = options,
    .traits = TP_TIMED | TP_DELAYS,
    .operands = sread_operands,
    .open = sread_open,
    .produce = sread_produce,
    .save = sread_save,
    .load = sread_load,
    .restored = sread_restored,
    .identity = sread_identity,
    .close = sread_close,
};

int
main(int argc, char **argv)
{
    struct sread self = {0};

    return tp_source_main(&sread, &self, argc, argv);
}
