/*
 * What sessions say, and when: their timers, and what is done when one goes off.
 */
#include "base/fetch.h"
#include "event/session_state.h"

/* --- timers ------------------------------------------------------------------------------------*/

/*
 * A key has one timer, for the first instant at which one of its sessions is to be said or to go.
 * Records that put that off leave it where it is: when it goes off, it is set anew. Only what is
 * due earlier than it sets another one, and the later of them is outdated.
 */
static int
set_timer(struct tp_sessions *sessions, struct of_key *of, tp_time at)
{
    if (of->timers > 0 && of->timer <= at)
        return 0;
    if (tp_wheel_push(&sessions->timers, at, of) < 0)
        return -1;
    of->timer = at;
    of->timers++;
    return 0;
}

int
tp_session_set_timer(struct tp_sessions *sessions, struct session *session)
{
    const struct told *told = tp_session_told(sessions, session);
    tp_time next = session->window.end;

    if (session->said)
        next = tp_trigger_limit(sessions->trigger, next);
    if (told && told->early < next)
        next = told->early;
    return set_timer(sessions, session->key, next);
}

void
tp_session_schedule_early(const struct tp_sessions *sessions, struct session *session,
                          tp_time watermark)
{
    struct told *told = tp_session_told(sessions, session);
    /* Its end is not known before it is over. */
    struct tp_window open = {session->window.start, TP_TIME_MAX};

    if (told)
        told->early = tp_trigger_next_early(sessions->trigger, &open, watermark);
}

/* --- saying ------------------------------------------------------------------------------------*/

static struct tp_said
said_of(const struct tp_sessions *sessions, struct session *session, struct tp_firing *firing)
{
    return (struct tp_said){sessions->aggs, &session->window,
                            tp_map_key(sessions->by_key, session->key), session->acc, firing};
}

static int
fire(struct tp_sessions *sessions, struct session *session, enum tp_timing timing, bool last,
     struct tp_err *err)
{
    struct told *told = tp_session_told(sessions, session);
    struct tp_firing alone = {0};
    struct tp_said said = said_of(sessions, session, told ? &told->firing : &alone);

    return tp_trigger_fire(sessions->trigger, &said, timing, last, &sessions->to, err);
}

/* The row for which the session was kept. */
static int
fire_whole(struct tp_sessions *sessions, struct session *session, tp_time watermark,
           enum tp_timing timing, struct tp_err *err)
{
    bool last = tp_trigger_is_over(sessions->trigger, session->window.end, watermark);

    return fire(sessions, session, timing, last, err);
}

static void
count_as_said(struct tp_sessions *sessions, struct session *session)
{
    session->said = true;
    sessions->open--;
}

int
tp_session_say_at(struct tp_sessions *sessions, struct session *session, tp_time watermark,
                  struct tp_err *err)
{
    const struct told *told = tp_session_told(sessions, session);
    uint64_t early = sessions->trigger->early_count;

    if (session->said)
        return fire(sessions, session, TP_LATE_ROW, false, err);
    if (session->window.end <= watermark) {
        count_as_said(sessions, session);
        return fire_whole(sessions, session, watermark, TP_LATE_ROW, err);
    }
    if (early > 0 && told->firing.fresh >= early)
        return fire(sessions, session, TP_EARLY, false, err);
    return 0;
}

int
tp_session_take_back(struct tp_sessions *sessions, struct session *session, struct tp_err *err)
{
    struct told *told = tp_session_told(sessions, session);
    struct tp_said said;
    uint64_t fresh;

    if (!told)
        return 0;
    said = said_of(sessions, session, &told->firing);
    fresh = told->firing.fresh;
    if (tp_trigger_take_back(&said, &sessions->to, err) < 0)
        return -1;
    tp_firing_release(&told->firing);
    told->firing.fresh = fresh;
    return 0;
}

/* --- turns -------------------------------------------------------------------------------------*/

/* The keys whose timers went off. Each lies somewhere in a large memory: the lines that say whether
 * one of its sessions is due are on their way when the last one is known. */
static int
pop_timers(struct tp_sessions *sessions, tp_time watermark)
{
    struct tp_wheel_entry timer;
    int popped;

    tp_lineup_clear(&sessions->turns);
    while ((popped = tp_wheel_pop(&sessions->timers, watermark, &timer)) > 0) {
        tp_fetch(timer.data, sizeof(struct of_key));
        if (tp_lineup_add(&sessions->turns, timer.at, 0, timer.data) < 0)
            return -1;
    }
    return popped;
}

static int
line_up(struct tp_lineup *lineup, struct session *session)
{
    return tp_lineup_add(lineup, session->window.end, session->sequence, session);
}

/* SESSION is due; its row needs all of it, and with that row its key may go. */
static int
line_up_due(struct tp_sessions *sessions, struct session *session)
{
    tp_fetch(session->acc, sessions->behind + TP_FETCH_LINE);
    tp_map_expect_removal(sessions->by_key, session->key, session->key->hash);
    count_as_said(sessions, session);
    return line_up(&sessions->due, session);
}

static int
line_up_early(struct tp_sessions *sessions, struct session *session, tp_time watermark)
{
    const struct told *told = tp_session_told(sessions, session);

    if (!told || told->early > watermark)
        return 0;
    tp_session_schedule_early(sessions, session, watermark);
    if (session->said || told->firing.fresh == 0) /* said, it may yet grow */
        return 0;
    return line_up(&sessions->early, session);
}

/* Lines up the sessions of OF that have something to say. A timer of OF, set for AT, went off. */
static int
line_up_key(struct tp_sessions *sessions, struct of_key *of, tp_time at, tp_time watermark,
            struct tp_err *err)
{
    /* Records that came before this watermark count first. */
    if (tp_ahead_may_hold(sessions->ahead, of->hash) && tp_sessions_settle(sessions, err) < 0)
        return -1;
    if (of->timer == at)
        of->timer = TP_TIME_AFTER_ALL;
    for (struct session *s = of->first; s; s = s->next) {
        bool due = !s->said && s->window.end <= watermark;

        if ((due && line_up_due(sessions, s) < 0) || line_up_early(sessions, s, watermark) < 0)
            return tp_err_memory(err);
    }
    return 0;
}

static int
line_up_all(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    enum { MANY = 64 };
    const struct tp_lineup *turns = &sessions->turns;

    if (pop_timers(sessions, watermark) < 0)
        return tp_err_memory(err);
    /* What waits is added when its key has its turn. Where many have, sooner than that all are
     * asked about it. */
    if (turns->count > MANY && tp_sessions_settle(sessions, err) < 0)
        return -1;
    tp_lineup_clear(&sessions->due);
    tp_lineup_clear(&sessions->early);
    for (size_t i = 0; i < turns->count; i++)
        if (line_up_key(sessions, turns->entry[i].what, turns->entry[i].end, watermark, err) < 0)
            return -1;
    tp_lineup_sort(&sessions->due);
    tp_lineup_sort(&sessions->early);
    return 0;
}

/* What OF had to say was said: its sessions that are over go, the others set a timer. */
static int
end_turn(struct tp_sessions *sessions, struct of_key *of, tp_time watermark)
{
    struct session *next;

    of->timers--;
    for (struct session *s = of->first; s; s = next) {
        next = s->next;
        if (s->said && tp_trigger_is_over(sessions->trigger, s->window.end, watermark))
            tp_session_close(sessions, s);
        else if (tp_session_set_timer(sessions, s) < 0)
            return -1;
    }
    tp_session_forget(sessions, of);
    return 0;
}

/* All whose timers are set for WATERMARK or earlier have their turn. */
static int
take_turns(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    const struct tp_lineup *due = &sessions->due, *early = &sessions->early;

    if (line_up_all(sessions, watermark, err) < 0)
        return -1;
    for (size_t i = 0; i < due->count; i++)
        if (fire_whole(sessions, due->entry[i].what, watermark, TP_ON_TIME, err) < 0)
            return -1;
    for (size_t i = 0; i < early->count; i++)
        if (fire(sessions, early->entry[i].what, TP_EARLY, false, err) < 0)
            return -1;
    for (size_t i = 0; i < sessions->turns.count; i++)
        if (end_turn(sessions, sessions->turns.entry[i].what, watermark) < 0)
            return tp_err_memory(err);
    return 0;
}

/*
 * Where to stop on the way to WATERMARK. Rows that stand alone are the same, in the same order,
 * whether the watermark comes in one step or in many; and in short ones what has its turn stays in
 * the cache from the first look at it to the last, however many sessions a long jump ends.
 */
static tp_time
next_stop(const struct tp_sessions *sessions, tp_time watermark)
{
    enum { STOPS = 1024 }; /* within a gap: most sessions end in so long a time */
    tp_time stop;

    if (sessions->tells ||
        !tp_time_add(tp_wheel_quiet(&sessions->timers), sessions->spec.size / STOPS, &stop))
        return watermark;
    return stop < watermark ? stop : watermark;
}

int
tp_sessions_watermark(struct tp_sessions *sessions, tp_time watermark, struct tp_err *err)
{
    tp_time stop;

    if (sessions->waiting_end <= watermark && tp_sessions_settle(sessions, err) < 0)
        return -1;
    do {
        stop = next_stop(sessions, watermark);
        if (take_turns(sessions, stop, err) < 0)
            return -1;
    } while (stop < watermark);
    return 0;
}
