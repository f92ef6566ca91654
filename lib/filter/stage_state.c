#include "filter/stage_state.h"

#include <stdlib.h>
#include <string.h>

#include "filter/stage.h"
#include "record/emit.h"
#include "record/member.h"
#include "value/clock.h"

/* ---- opening ---- */

static bool
keeps_state(const struct tp_stage *s)
{
    /* Who hands control lines to others itself and saves nothing is stateless (sexec). */
    return s->settings.state && *s->settings.state && !(s->op->control && !s->op->save);
}

static bool
reads_a_pipe(const struct tp_stage *s)
{
    for (int i = 0; i < s->inputs; i++)
        if (!tp_in_is_regular(s->input[i].in))
            return true;
    return false;
}

static int
check_can_save(const struct tp_stage *s, struct tp_err *err)
{
    bool needs = (s->op->traits & TP_STATEFUL) || s->role == TP_ROLE_SOURCE;

    if (needs && (!s->op->save || !s->op->load))
        return tp_err_set(err, TP_FAULT_USAGE, "--state: %s saves no state yet", s->op->name);
    if (s->role != TP_ROLE_SOURCE && !reads_a_pipe(s))
        return tp_err_set(err, TP_FAULT_USAGE,
                          "--state: barriers come by a pipe, and there is none: sread FILE | %s",
                          s->op->name);
    if (s->settings.every < TP_MILLISECOND)
        return tp_err_set(err, TP_FAULT_USAGE, "--every: at least 1ms");
    if (s->settings.sinks < 1)
        return tp_err_set(err, TP_FAULT_USAGE, "--sinks: at least 1");
    return 0;
}

int
tp_state_open(struct tp_stage *s)
{
    if (!keeps_state(s))
        return 0;
    if (check_can_save(s, &s->err) < 0)
        return -1;
    s->state.every = s->settings.every / TP_MILLISECOND;
    s->state.store = tp_store_open(s->settings.state,
                                   s->settings.name ? s->settings.name : s->op->name, &s->err);
    return s->state.store ? 0 : -1;
}

void
tp_state_close(struct tp_stage *s)
{
    tp_state_stop(s);
    tp_epochs_release(&s->state.epochs);
    tp_store_close(s->state.store);
    s->state.store = NULL;
}

/* ---- options ---- */

int
tp_state_options(struct tp_stage *s, struct tp_buf *to)
{
    struct tp_emit options = tp_emit_open(to);
    const struct tp_settings *set = &s->settings;

    if (s->inputs > 1)
        tp_emit_int(&options, TP_STR("inputs"), s->inputs);
    if (s->op->traits & (TP_TIMED | TP_TIME_OPTIONAL | TP_TIME_NAMED)) {
        tp_emit_text(&options, TP_STR("time"), tp_str_of(set->time_field));
        if (set->time_format)
            tp_emit_text(&options, TP_STR("time-format"), tp_str_of(set->time_format));
        if (set->zone)
            tp_emit_text(&options, TP_STR("tz"), tp_str_of(set->zone));
    }
    if (s->op->identity)
        s->op->identity(s->self, s, &options);
    tp_buf_put_char(to, '}');
    return tp_buf_failed(to) ? tp_err_memory(&s->err) : 0;
}

/* The value of NAME in OBJECT as text; "none". */
static struct tp_str
value_of(struct tp_str object, struct tp_str name)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;

    while (tp_members_next(&walk, &member))
        if (tp_str_equal(member.name, name))
            return tp_slot_json(&member.value);
    return TP_STR("none");
}

/* The first member of ONE that OTHER has not, or has with another value. */
static bool
differs(struct tp_str one, struct tp_str other, struct tp_str *name)
{
    struct tp_members walk = tp_members_open(one);
    struct tp_member member;

    while (tp_members_next(&walk, &member)) {
        if (tp_str_equal(tp_slot_json(&member.value), value_of(other, member.name)))
            continue;
        *name = member.name;
        return true;
    }
    return false;
}

static int
check_options(struct tp_stage *s, const struct tp_loaded *loaded)
{
    struct tp_buf now = TP_BUF_INIT;
    struct tp_str before = loaded->header.options, name, old, new;
    int result = tp_state_options(s, &now);

    if (result == 0 &&
        (differs(before, tp_buf_str(&now), &name) || differs(tp_buf_str(&now), before, &name))) {
        old = value_of(before, name);
        new = value_of(tp_buf_str(&now), name);
        result = tp_err_set(&s->err, TP_FAULT_USAGE,
                            "%s/%s was saved with %.*s %.*s, and now it is %.*s; --fresh begins "
                            "without it",
                            tp_store_path(s->state.store), loaded->file, (int)name.len, name.ptr,
                            (int)old.len, old.ptr, (int)new.len, new.ptr);
    }
    tp_buf_release(&now);
    return result;
}

/* ---- going back ---- */

static int
load_lines(struct tp_stage *s, struct tp_str body)
{
    struct tp_str line;

    while (tp_snapshot_next(&body, &line)) {
        bool own = line.len > 3 && memcmp(line.ptr, "{\"@", 3) == 0;

        if (own ? tp_state_load_own(s, line) < 0
                : !s->op->load || s->op->load(s->self, s, line, &s->err) < 0)
            return -1;
    }
    return 0;
}

static int
load(struct tp_stage *s, const struct tp_loaded *loaded)
{
    const struct tp_snapshot *header = &loaded->header;
    char why[sizeof s->err.text];

    if (!tp_str_equal(header->filter, tp_str_of(s->op->name)))
        return tp_err_set(&s->err, TP_FAULT_MACHINE,
                          "%s/%s was saved by %.*s, not by %s: --name tells stages apart",
                          tp_store_path(s->state.store), loaded->file, (int)header->filter.len,
                          header->filter.ptr, s->op->name);
    if (check_options(s, loaded) < 0)
        return -1;
    s->state.complete = header->complete;
    tp_err_set(&s->err, TP_FAULT_MACHINE, "it is of another filter");
    if (load_lines(s, loaded->body) == 0)
        return 0;
    memcpy(why, s->err.text, sizeof why);
    return tp_err_set(&s->err, TP_FAULT_MACHINE, "%s/%s: %.300s; --fresh begins without it",
                      tp_store_path(s->state.store), loaded->file, why);
}

/* Saves the beginning, so that a crash before the first commit leads back to it: side files and
 * sinks have lengths then, too. */
static int
save_beginning(struct tp_stage *s, const struct tp_commit *commit)
{
    struct tp_epochs now = s->state.epochs;
    struct tp_epochs of_commit = {NULL, 0};
    int result = 0;

    /* Begun afresh beside stages that go back to a commit: part of that one. */
    for (size_t i = 0; i < now.count && result == 0; i++) {
        struct tp_str name = tp_str_of(now.item[i].name);
        int64_t number = tp_epochs_find(&commit->epochs, name);

        if (number >= 0)
            result = tp_epochs_set(&of_commit, name, number, &s->err);
    }
    s->state.epochs = of_commit;
    if (result == 0)
        result = tp_state_save(s, commit->id, false, false);
    tp_epochs_release(&s->state.epochs);
    s->state.epochs = now;
    return result;
}

static int
go_back(struct tp_stage *s, const struct tp_commit *commit)
{
    struct tp_loaded loaded = {.map = NULL};
    int found = 0, result = 0;

    if (!s->settings.fresh)
        found = tp_store_load(s->state.store, commit, &loaded, &s->err);
    if (found < 0)
        return -1;
    if (found > 0)
        result = load(s, &loaded);
    tp_state_expect(s, loaded.len);
    tp_loaded_release(&loaded);
    if (result == 0) /* of a run before: its epochs keep it from committing them */
        result = tp_store_unmark(s->state.store, -1, &s->err);
    if (result == 0 && s->op->restored)
        result = s->op->restored(s->self, s, &s->err);
    if (result == 0 && found == 0)
        result = save_beginning(s, commit);
    s->state.restored = result == 0;
    return result;
}

int
tp_state_restore(struct tp_stage *s)
{
    struct tp_commit commit;
    int result = tp_store_fence(s->state.store, s->state.id, &s->state.epochs, &commit, &s->err);

    if (result == 0)
        result = go_back(s, &commit);
    tp_commit_release(&commit);
    return result;
}

/* ---- barriers of a source ---- */

/* The steady clock, as if it had been set with the wall clock at the start. */
static int64_t
clock_of_barriers(const struct tp_stage *s)
{
    return tp_clock_steady() / TP_MILLISECOND + s->state.started;
}

/* IDs are multiples of EVERY, so that several sources mean the same by them; above LARGEST. Where a
 * clock was set back they run ahead of it by as much. */
static void
start_clock(struct tp_stage *s, int64_t largest)
{
    int64_t every = s->state.every;
    int64_t first = (tp_clock_wall() / TP_MILLISECOND / every + 1) * every;

    s->state.started = tp_clock_wall() / TP_MILLISECOND - tp_clock_steady() / TP_MILLISECOND;
    s->state.next = first;
    if (largest >= first) {
        s->state.next = (largest / every + 1) * every;
        s->state.started += s->state.next - first;
    }
}

int64_t
tp_state_due_in(const struct tp_stage *s)
{
    int64_t due = s->state.next > s->state.not_before ? s->state.next : s->state.not_before;
    int64_t left = due - clock_of_barriers(s);

    return left > 0 ? left * TP_MILLISECOND : 0;
}

/* Of the ticks from FIRST to LAST the one that most powers of two divide. */
static int64_t
roundest(int64_t first, int64_t last)
{
    for (int bits = 62; bits > 0; bits--)
        if ((last >> bits) << bits >= first)
            return (last >> bits) << bits;
    return last;
}

/*
 * Who is behind sends not all the ticks that are overdue, which could take longer than there is
 * time between two of them, but the roundest. So every source, however long it is held up, sends
 * those that are round enough, and those of several sources meet there.
 */
int64_t
tp_state_next_id(struct tp_stage *s)
{
    int64_t every = s->state.every, now = clock_of_barriers(s), id = s->state.next;

    if (now > id)
        id = roundest(id / every, now / every) * every;
    s->state.next = (now > id ? now / every + 1 : id / every + 1) * every;
    return id;
}

/* Saving takes no more than half of the time. */
void
tp_state_saved_since(struct tp_stage *s, int64_t from)
{
    int64_t now = clock_of_barriers(s);

    s->state.not_before = now + (now - from);
}

int64_t
tp_state_clock(const struct tp_stage *s)
{
    return clock_of_barriers(s);
}

int
tp_state_begin(struct tp_stage *s)
{
    struct tp_commit commit;
    int64_t epoch, largest;
    int result = tp_store_begin(s->state.store, &commit, &epoch, &largest, &s->err);

    if (result == 0)
        result = tp_epochs_set(&s->state.epochs, tp_str_of(tp_store_name(s->state.store)), epoch,
                               &s->err);
    s->state.id = commit.id;
    if (result == 0)
        result = go_back(s, &commit);
    if (result == 0)
        start_clock(s, largest);
    tp_commit_release(&commit);
    return result;
}

/* ---- committing ---- */

#define LOOK_AGAIN (TP_SECOND / 5)

static int
commit(struct tp_stage *s, int64_t *committed)
{
    struct tp_state *state = &s->state;

    if (tp_store_commit(state->store, s->settings.sinks, &state->epochs, committed, &s->err) < 0)
        return -1;
    state->late = *committed < state->prepared;
    state->look_at = tp_clock_steady() + LOOK_AGAIN;
    return 0;
}

int
tp_state_commit(struct tp_stage *s)
{
    int64_t committed;

    if (!(s->op->traits & TP_COMMITS))
        return 0;
    if (commit(s, &committed) < 0)
        return -1;
    return s->op->committed ? s->op->committed(s->self, s, committed, &s->err) : 0;
}

int64_t
tp_state_late_in(const struct tp_stage *s)
{
    int64_t left;

    if (!s->state.late)
        return -1;
    left = s->state.look_at - tp_clock_steady();
    return left > 0 ? left : 0;
}

/* Between two barriers: what follows from it is done behind the next one, as where another sink
 * commits. */
int
tp_state_commit_late(struct tp_stage *s)
{
    int64_t committed;

    return tp_state_late_in(s) == 0 ? commit(s, &committed) : 0;
}
