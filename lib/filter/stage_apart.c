/*
 * Saving at a barrier: here, by another while the stream goes on, or not at all
 * (doc/decisions/barriers-and-one-rename.md).
 */
#include <string.h>

#include "filter/stage.h"

/* What takes a few hundredths of a second to write is written here; */
#define MUCH (UINT64_C(12) << 20)

/* ... and this little is on the disk in a moment, too. */
#define LITTLE (UINT64_C(1) << 20)

#define TURN_MOST (INT64_C(1) << 40)

/* --- one snapshot ------------------------------------------------------------------------------*/

/* Our own lines are written here in any case: files may be longer when the child looks. */
static int
begin(struct tp_stage *s, const struct tp_snapshot *header, struct tp_save *save)
{
    int result = tp_store_save(s->state.store, header, save, &s->err);

    if (result == 0)
        result = tp_state_save_own(s, save);
    if (result < 0)
        tp_store_save_drop(s->state.store, save);
    return result;
}

static int
write_rest(struct tp_stage *s, struct tp_save *save)
{
    int result = tp_state_sync_own(s);

    if (result == 0 && s->op->save)
        result = s->op->save(s->self, s, save, &s->err);
    if (result == 0)
        return tp_store_save_seal(s->state.store, save, &s->err);
    tp_store_save_drop(s->state.store, save);
    return -1;
}

static int
finish(struct tp_stage *s, struct tp_save *save)
{
    return write_rest(s, save) < 0 ? -1 : tp_store_save_sync(s->state.store, &s->err);
}

static int
save_here(struct tp_stage *s, const struct tp_snapshot *header)
{
    struct tp_save save;

    if (begin(s, header, &save) < 0 || finish(s, &save) < 0)
        return -1;
    return tp_store_prune(s->state.store, &s->err);
}

/* The mark goes last: then nobody is kept from committing ID any more. */
static int
sync_marked(struct tp_store *store, int64_t id, struct tp_err *err)
{
    if (tp_store_save_sync(store, err) < 0 || tp_store_unmark(store, id, err) < 0)
        return -1;
    return tp_store_prune(store, err);
}

static int
finish_apart(struct tp_stage *s, int64_t id, struct tp_save *save)
{
    return write_rest(s, save) < 0 ? -1 : sync_marked(s->state.store, id, &s->err);
}

static int
save_apart(struct tp_stage *s, const struct tp_snapshot *header)
{
    struct tp_err why;
    struct tp_save save;
    int child;

    if (tp_store_mark(s->state.store, header->id, &s->err) < 0 || begin(s, header, &save) < 0)
        return -1;
    child = tp_apart_begin(&s->state.apart, &why);
    if (child > 0)
        tp_apart_end(&s->state.apart, finish_apart(s, header->id, &save), &s->err);
    if (child < 0) /* no more processes are to be had */
        return finish_apart(s, header->id, &save);
    tp_store_save_leave(s->state.store, &save);
    s->state.apart_id = header->id;
    return 0;
}

static int
sync_in_thread(void *self, struct tp_err *err)
{
    struct tp_state *state = self;

    return sync_marked(state->store, state->apart_id, err);
}

/* Writes it here, so that nothing is copied, and lets a thread wait for the disk. */
static int
save_and_sync_apart(struct tp_stage *s, const struct tp_snapshot *header)
{
    struct tp_state *state = &s->state;
    struct tp_err why;
    struct tp_save save;

    if (begin(s, header, &save) < 0 || write_rest(s, &save) < 0)
        return -1;
    if (tp_store_written(state->store) <= LITTLE)
        return tp_store_save_sync(state->store, &s->err) < 0
                   ? -1
                   : tp_store_prune(state->store, &s->err);
    if (tp_store_mark(state->store, header->id, &s->err) < 0)
        return -1;
    state->apart_id = header->id;
    if (tp_apart_thread(&state->apart, sync_in_thread, state, &why) == 0)
        return 0;
    state->apart_id = 0; /* no more threads are to be had */
    return sync_marked(state->store, header->id, &s->err);
}

/* --- which way ---------------------------------------------------------------------------------*/

static bool
wants(const struct tp_stage *s, const char *when)
{
    return strcmp(s->settings.snapshot_fork, when) == 0;
}

static bool
may_fork(const struct tp_stage *s)
{
    return (s->op->traits & TP_SAVES_APART) && !wants(s, "no");
}

static int
save_here_or_apart(struct tp_stage *s, const struct tp_snapshot *header)
{
    struct tp_state *state = &s->state;
    int result;

    if (!may_fork(s) || header->last)
        return save_here(s, header);
    if (state->large || wants(s, "yes"))
        return save_apart(s, header);
    tp_store_limit(state->store, MUCH);
    result = save_and_sync_apart(s, header);
    tp_store_limit(state->store, 0);
    if (result == 0 || !tp_store_is_too_large(state->store))
        return result;
    state->large = true;
    return save_apart(s, header);
}

/* Else the first snapshot would be written here up to MUCH, and then once more by a child. */
void
tp_state_expect(struct tp_stage *s, uint64_t bytes)
{
    s->state.large = bytes > MUCH;
}

typedef int saver(struct tp_stage *stage, const struct tp_snapshot *header);

static int
save(struct tp_stage *s, int64_t id, bool last, bool complete, saver *way)
{
    struct tp_buf options = TP_BUF_INIT;
    int result = tp_state_options(s, &options);
    struct tp_snapshot header = {
        .id = id,
        .filter = tp_str_of(s->op->name),
        .version = TP_STR(TP_VERSION),
        .options = tp_buf_str(&options),
        .epochs = s->state.epochs,
        .last = last,
        .complete = complete,
        .sink = (s->op->traits & TP_COMMITS) != 0,
    };

    if (result == 0)
        result = way(s, &header);
    tp_buf_release(&options);
    return result;
}

int
tp_state_save(struct tp_stage *s, int64_t id, bool last, bool complete)
{
    return save(s, id, last, complete, save_here);
}

/* --- whose turn it is --------------------------------------------------------------------------*/

/*
 * Where saving takes longer than there is time between barriers, most IDs are given up. Stages that
 * gave up each its own could leave none for all; so each saves at the first barrier of every TURN
 * milliseconds, a power of two: where the longer turn of one begins, one of the other begins, too.
 */
static bool
is_its_turn(struct tp_state *state, int64_t id)
{
    bool turn = state->turn == 0 || id / state->turn != state->seen / state->turn;

    state->seen = id;
    return turn;
}

/* It was still at work when its turn came again. */
static void
take_longer_turns(struct tp_state *state, int64_t id)
{
    if (state->turn == 0)
        state->turn = 1;
    while (state->turn < TURN_MOST && state->turn / 2 < id - state->apart_id)
        state->turn *= 2;
}

/* What was apart is done, as of barrier ID. */
static void
note_done(struct tp_state *state, int64_t id)
{
    if (state->apart_id == 0)
        return;
    if (id - state->apart_id <= state->turn / 4)
        state->turn /= 2;
    if (state->large)
        state->large = tp_store_size(state->store, state->apart_id) > MUCH / 2;
    state->apart_id = 0;
}

int
tp_state_barrier(struct tp_stage *s, int64_t id, bool last, bool complete)
{
    struct tp_state *state = &s->state;
    int busy = tp_apart_look(&state->apart, &s->err);
    bool turn = is_its_turn(state, id);

    if (busy < 0)
        return -1;
    state->prepared = id;
    if (!busy)
        note_done(state, id);
    if (last)
        tp_state_stop(s); /* what it saves nobody will need */
    else if (busy && turn)
        take_longer_turns(state, id);
    if (!last && (busy || !turn))
        return tp_store_mark(state->store, id, &s->err);
    return save(s, id, last, complete, save_here_or_apart);
}

void
tp_state_stop(struct tp_stage *s)
{
    tp_apart_stop(&s->state.apart);
}
