/*
 * sread: files, rotated and growing ones too, as a stream.
 *
 * Input: lines of any kind, in any order; what they say is looked at only where their time is
 * needed (-d, --speed, --from and --to with a time). Operands are read one after the other, in
 * their order, files of a rotated set oldest first; then those that are followed, as lines come.
 * State: a place in each file, and one block. Output: the lines, byte for byte. Lines that look
 * like control lines are bad records, as are those whose time is needed and cannot be read; there
 * is no late one here.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "filter/operator.h"
#include "stream/rotation.h"
#include "stream/tail.h"
#include "stream/watch.h"

/* An operand. */
struct input {
    struct tp_tail *tail;
    bool follow, ended;
    uint64_t turn, line_number; /* of the file it is at, and its lines so far */
};

struct sread {
    bool follow, once;

    const char **name; /* borrowed from the command line, or from `found` */
    size_t names, cap;
    glob_t found;
    struct input *input;
    size_t inputs, ended;
    struct tp_watch *watch;

    size_t at;          /* the input whose turn it is */
    size_t silent;      /* so many in a row had nothing */
    bool all_begun;     /* each has been read to its end once */
    struct tp_str left; /* of the block of input `at` */
    const char *block;
};

#define FIELD(field) offsetof(struct sread, field)

static const struct tp_option options[] = {
    {'F', "follow", NULL, "wait for more, over rotation and truncation", TP_OPTION_FLAG,
     FIELD(follow)},
    {0, "once", NULL, "read what is there (the default)", TP_OPTION_FLAG, FIELD(once)},
    {0},
};

/* --- operands ----------------------------------------------------------------------------------*/

static int
sread_operands(void *self, struct tp_stage *stage)
{
    (void)self;
    (void)stage;
    return INT_MAX; /* all of them: they are not the driver's inputs */
}

static int
add_name(struct sread *s, const char *name, struct tp_err *err)
{
    if (s->names == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 16;
        const char **grown = realloc(s->name, cap * sizeof *grown);

        if (!grown)
            return tp_err_memory(err);
        s->name = grown;
        s->cap = cap;
    }
    s->name[s->names++] = name;
    return 0;
}

/* A pattern in quotes is ours to expand; one that nothing matches is a name. */
static int
add_operand(struct sread *s, const char *operand, struct tp_err *err)
{
    size_t from = s->found.gl_pathc;
    int flags = GLOB_NOCHECK | (from > 0 ? GLOB_APPEND : 0);

    if (!strpbrk(operand, "*?["))
        return add_name(s, operand, err);
    if (glob(operand, flags, NULL, &s->found) != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s: cannot look for such files", operand);
    for (size_t i = from; i < s->found.gl_pathc; i++)
        if (add_name(s, s->found.gl_pathv[i], err) < 0)
            return -1;
    return 0;
}

static int
gather_names(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    const char *operand;

    for (int i = 0; (operand = tp_stage_operand(stage, i)); i++)
        if (add_operand(s, operand, err) < 0)
            return -1;
    if (s->names == 0 && add_name(s, "-", err) < 0)
        return -1;
    tp_rotation_sort(s->name, s->names);
    return 0;
}

/* All are opened before the first is read: a file that is rotated meanwhile is still the same. */
static int
open_inputs(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    s->input = calloc(s->names, sizeof *s->input);
    if (!s->input)
        return tp_err_memory(err);
    for (size_t i = 0; i < s->names; i++) {
        struct input *input = &s->input[i];

        input->follow = s->follow && !tp_rotation_has_live(s->name, s->names, i);
        input->tail = tp_tail_open(s->name[i], input->follow, tp_stage_max_line(stage), err);
        if (!input->tail) {
            err->fault = TP_FAULT_USAGE;
            return -1;
        }
        s->inputs++;
        if (input->follow)
            tp_watch_add(s->watch, s->name[i]);
    }
    return 0;
}

static int
sread_open(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sread *s = self;

    if (s->follow && s->once)
        return tp_err_set(err, TP_FAULT_USAGE, "-F waits for more, --once does not: which?");
    s->watch = tp_watch_new(err);
    if (!s->watch)
        return -1;
    if (gather_names(s, stage, err) < 0)
        return -1;
    return open_inputs(s, stage, err);
}

/* --- lines -------------------------------------------------------------------------------------*/

static int
refuse(struct sread *s, struct tp_stage *stage, struct tp_str line, const struct tp_err *why,
       struct tp_err *err)
{
    const struct input *input = &s->input[s->at];
    struct tp_origin origin = {
        .source = tp_tail_name(input->tail),
        .line_number = input->line_number,
        .offset = tp_tail_offset(input->tail) + (uint64_t)(line.ptr - s->block),
    };

    return tp_stage_refuse(stage, &origin, line, why, err);
}

static int
refuse_control(struct sread *s, struct tp_stage *stage, struct tp_str line, struct tp_err *err)
{
    struct tp_err why;

    tp_err_at(&why, TP_FAULT_RECORD, -1, "a control line in the content");
    return refuse(s, stage, line, &why, err);
}

/* A run of lines that go on, not yet passed. */
struct run {
    const char *from;
    uint64_t lines;
};

static int
pass_run(struct tp_stage *stage, struct run *run, const char *to, struct tp_err *err)
{
    uint64_t lines = run->lines;

    run->lines = 0;
    if (lines == 0)
        return 0;
    return tp_stage_pass(stage, (struct tp_str){run->from, (size_t)(to - run->from)}, lines, err);
}

/* Passes the block at hand on. */
static int
take_lines(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    struct input *input = &s->input[s->at];
    const char *p = s->left.ptr, *end = p + s->left.len;
    struct run run = {p, 0};

    s->left.len = 0;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct tp_str line = {p, (size_t)(newline - p)};

        input->line_number++;
        if (tp_control_maybe(p) && tp_control_is(line)) {
            if (pass_run(stage, &run, p, err) < 0 || refuse_control(s, stage, line, err) < 0)
                return -1;
            run.from = newline + 1;
        } else {
            run.lines++;
        }
        p = newline + 1;
    }
    return pass_run(stage, &run, end, err);
}

/* --- blocks ------------------------------------------------------------------------------------*/

static int
take_too_long(struct sread *s, struct tp_stage *stage, struct tp_str excerpt, struct tp_err *err)
{
    struct tp_err why;

    s->input[s->at].line_number++;
    tp_err_at(&why, TP_FAULT_RECORD, -1, "longer than --max-line");
    return refuse(s, stage, excerpt, &why, err);
}

static void
next_input(struct sread *s)
{
    s->at++;
    if (s->at < s->inputs)
        return;
    s->at = 0;
    s->all_begun = true;
}

/* What happened to the file at hand. */
static void
hear_news(struct sread *s, struct tp_stage *stage)
{
    struct input *input = &s->input[s->at];
    const char *news = tp_tail_news(input->tail);

    if (news)
        tp_stage_note(stage, "%s %s", tp_tail_name(input->tail), news);
    if (input->turn == tp_tail_turn(input->tail))
        return;
    input->turn = tp_tail_turn(input->tail);
    input->line_number = 0;
    tp_watch_add(s->watch, tp_tail_name(input->tail));
}

/* Nothing can be read. Before all have been begun, the one whose turn it is must come first. */
static int
wait_for_more(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    struct tp_in **waiting = calloc(s->inputs, sizeof(struct tp_in *));
    int result;

    if (!waiting)
        return tp_err_memory(err);
    for (size_t i = 0; i < s->inputs; i++)
        if (!s->input[i].ended && (s->all_begun || i == s->at))
            waiting[i] = tp_tail_in(s->input[i].tail);
    result = tp_stage_flush(stage, err);
    if (result == 0)
        result = tp_watch_wait(s->watch, waiting, s->inputs, -1, err);
    free(waiting);
    s->silent = 0;
    return result;
}

/* The input whose turn it is has nothing for now. */
static int
pass_turn(struct sread *s, struct tp_stage *stage, struct tp_err *err)
{
    bool must_wait = !s->all_begun && tp_tail_in(s->input[s->at].tail);

    if (!must_wait) {
        next_input(s);
        s->silent++;
    }
    if (must_wait || (s->all_begun && s->silent > s->inputs))
        return wait_for_more(s, stage, err) < 0 ? -1 : 1;
    return 1;
}

static int
end_input(struct sread *s)
{
    struct input *input = &s->input[s->at];

    s->ended += !input->ended;
    input->ended = true;
    next_input(s);
    s->silent++;
    return s->ended < s->inputs;
}

static int
sread_produce(void *self, struct tp_stage *stage, struct tp_err *err)
{
    struct sread *s = self;
    struct input *input = &s->input[s->at];
    enum tp_in_state state = TP_IN_END;
    struct tp_str block = {NULL, 0};

    if (s->ended == s->inputs)
        return 0;
    if (!input->ended)
        state = tp_tail_next(input->tail, &block, err);
    hear_news(s, stage);
    s->block = block.ptr;
    switch (state) {
    case TP_IN_BLOCK:
        s->silent = 0;
        s->left = block;
        return take_lines(s, stage, err) < 0 ? -1 : 1;
    case TP_IN_TOO_LONG:
        s->silent = 0;
        return take_too_long(s, stage, block, err) < 0 ? -1 : 1;
    case TP_IN_WAIT:
        return pass_turn(s, stage, err);
    case TP_IN_END:
        return end_input(s);
    case TP_IN_ERROR:
        break;
    }
    return -1;
}

static void
sread_close(void *self)
{
    struct sread *s = self;

    for (size_t i = 0; i < s->inputs; i++)
        tp_tail_close(s->input[i].tail);
    free(s->input);
    free(s->name);
    tp_watch_free(s->watch);
    globfree(&s->found);
}

static const struct tp_operator sread = {
    .name = "sread",
    .purpose = "files, rotated and growing ones too, as a stream",
    .synopsis = "[-F | --once] [FILE ...]",
    .example = "  sread -F access.log | sfrom combined | swindow -d 5s -w 1m -k status | sto table",
    .options = options,
    .operands = sread_operands,
    .open = sread_open,
    .produce = sread_produce,
    .close = sread_close,
};

int
main(int argc, char **argv)
{
    struct sread self = {0};

    return tp_source_main(&sread, &self, argc, argv);
}
