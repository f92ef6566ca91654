/*
 * Sessions in saved state.
 *
 * Timers are not saved: they follow from the sessions, which say when their next early row is due.
 */
#include "event/session_state.h"

static int
save_session(const struct tp_sessions *sessions, struct session *session, struct tp_str key,
             const struct tp_saving *saving, struct tp_save *save, struct tp_err *err)
{
    const struct told nothing = {.early = TP_TIME_AFTER_ALL};
    const struct told *told = tp_session_told(sessions, session);
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("session"), session->window.start);
    tp_emit_int(&line, TP_STR("end"), session->window.end);
    tp_emit_int(&line, TP_STR("sequence"), (int64_t)session->sequence);
    tp_saving_put_flag(&line, TP_STR("said"), session->said);
    if (!told)
        told = &nothing;
    tp_emit_int(&line, TP_STR("early"), told->early);
    tp_firing_save(&told->firing, &line);
    return tp_saving_end(saving, &line, save, key, session->acc, err);
}

int
tp_sessions_save(const struct tp_sessions *sessions, const struct tp_saving *saving,
                 struct tp_save *save, struct tp_err *err)
{
    for (struct of_key *of = tp_map_first(sessions->by_key); of;
         of = tp_map_next(sessions->by_key, of)) {
        struct tp_str key = tp_map_key(sessions->by_key, of);

        for (struct session *s = of->first; s; s = s->next)
            if (save_session(sessions, s, key, saving, save, err) < 0)
                return -1;
    }
    return 0;
}

/* --- reading -----------------------------------------------------------------------------------*/

static int
read_session(struct session *session, struct told *told, struct tp_str line, struct tp_str *key,
             struct tp_str *acc, struct tp_err *err)
{
    const struct tp_saved fields[] = {
        {"session", TP_SAVED_INT, &session->window.start, false},
        {"end", TP_SAVED_INT, &session->window.end, false},
        {"sequence", TP_SAVED_COUNT, &session->sequence, false},
        {"said", TP_SAVED_FLAG, &session->said, false},
        {"early", TP_SAVED_INT, &told->early, false},
        {"key", TP_SAVED_JSON, key, false},
        {"acc", TP_SAVED_JSON, acc, false},
    };

    return tp_saved_read(line, fields, sizeof fields / sizeof *fields, err);
}

/* Newest first, as they were: behind the one of the line before, if that is of the same key. */
static void
link_session(struct tp_sessions *sessions, struct of_key *of, struct session *session)
{
    struct session *before = sessions->loaded;

    session->key = of;
    if (before && before->key == of)
        before->next = session;
    else
        of->first = session;
    sessions->loaded = session;
    sessions->open += !session->said;
}

/* HEAD, of which TOLD was told, as a session of KEY. */
static int
load_session(struct tp_sessions *sessions, struct tp_str key, const struct session *head,
             struct told *told, struct tp_str acc, struct tp_err *err)
{
    uint32_t hash = tp_map_hash(sessions->by_key, key);
    struct of_key *of = tp_map_add_hashed(sessions->by_key, key, hash, NULL);
    struct session *session = of ? tp_session_new(sessions, of) : NULL;

    if (!session)
        return tp_err_memory(err);
    of->hash = hash;
    *session = *head;
    if (sessions->tells) {
        *tp_session_told(sessions, session) = *told;
        told->firing = (struct tp_firing){0}; /* given away */
    }
    link_session(sessions, of, session);
    if (tp_aggs_load(sessions->aggs, session->acc, acc, err) < 0)
        return -1;
    return tp_session_set_timer(sessions, session) < 0 ? tp_err_memory(err) : 0;
}

int
tp_sessions_load(struct tp_sessions *sessions, struct tp_saving *saving, struct tp_str line,
                 struct tp_err *err)
{
    struct session head = {0};
    struct told told = {0};
    struct tp_str array, json, key;
    int loaded;

    if (read_session(&head, &told, line, &array, &json, err) < 0 ||
        tp_saving_key(saving, array, &key, err) < 0)
        return -1;
    loaded = tp_firing_load(&told.firing, line, err);
    if (loaded == 0)
        loaded = load_session(sessions, key, &head, &told, json, err);
    tp_firing_release(&told.firing);
    return loaded;
}
