#include "event/ranking.h"

#include "record/emit.h"
#include "value/time.h"

/* The slot of the outermost member NAME; where it is WRITTEN, records are kept without it. Asked of
 * the scanner itself: nobody misses it where it is not. */
static int
want_own(struct tp_ranking *ranking, struct tp_scan *scan, struct tp_str name, bool written,
         struct tp_err *err)
{
    struct tp_step step = {.name = name};
    struct tp_path path = {.step = &step, .count = 1};

    if (written && tp_wrap_name(&ranking->wrap, name, err) < 0)
        return -1;
    return tp_scan_want(scan, &path, err);
}

int
tp_ranking_open(struct tp_ranking *ranking, struct tp_scan *scan, const char *rank_name, bool named,
                bool changes, struct tp_err *err)
{
    const struct tp_str name[TP_RANKING_MEMBERS] = {TP_STR("@timestamp"), TP_STR("window_start"),
                                                    TP_STR("window_end"), tp_str_of(rank_name),
                                                    TP_STR("@op")};

    ranking->rank_name = tp_str_of(rank_name);
    ranking->named = named;
    ranking->changes = changes;
    for (int i = 0; i < TP_RANKING_MEMBERS; i++) {
        bool is_rank = i == TP_RANKING_RANK;

        if (!is_rank && tp_str_equal(name[i], name[TP_RANKING_RANK]))
            return tp_err_set(err, TP_FAULT_USAGE, "--as: \"%s\" is the name of a row's own member",
                              rank_name);
        ranking->written[i] = is_rank || (i == TP_RANKING_OP ? changes : !named);
        ranking->slot[i] = want_own(ranking, scan, name[i], ranking->written[i], err);
        if (ranking->slot[i] < 0)
            return -1;
    }
    ranking->event_time_slot = want_own(ranking, scan, TP_STR("event_time"), false, err);
    return ranking->event_time_slot < 0 ? -1 : 0;
}

void
tp_ranking_release(struct tp_ranking *ranking)
{
    tp_wrap_release(&ranking->wrap);
}

/* --- in ----------------------------------------------------------------------------------------*/

static int
read_bound(const struct tp_slot *slot, const char *name, tp_time *time, struct tp_err *err)
{
    bool zoneless;

    if (slot->kind == TP_SLOT_MISSING)
        return tp_err_set(err, TP_FAULT_RECORD, "no \"%s\": records name their window, or -w does",
                          name);
    if (slot->kind == TP_SLOT_TEXT &&
        tp_time_parse((struct tp_str){slot->ptr, slot->len}, time, &zoneless, err) == 0)
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "\"%s\" is not a time", name);
}

int
tp_ranking_bounds(const struct tp_ranking *ranking, const struct tp_slot *slots,
                  struct tp_window *bounds, struct tp_err *err)
{
    const struct tp_slot *start = &slots[ranking->slot[TP_RANKING_START]];
    const struct tp_slot *end = &slots[ranking->slot[TP_RANKING_END]];

    if (read_bound(start, "window_start", &bounds->start, err) < 0)
        return -1;
    return read_bound(end, "window_end", &bounds->end, err);
}

struct tp_str
tp_ranking_bare(struct tp_ranking *ranking, const struct tp_slot *slots, int time_slot,
                struct tp_str line, size_t *members)
{
    const struct tp_slot *stamp = &slots[ranking->slot[TP_RANKING_TIMESTAMP]];
    struct tp_str event_time = {NULL, 0};
    bool is_bare = true;

    for (int i = 0; i < TP_RANKING_MEMBERS; i++)
        is_bare &= !ranking->written[i] || slots[ranking->slot[i]].kind == TP_SLOT_MISSING;
    if (is_bare)
        return line;
    if (!ranking->named && time_slot == ranking->slot[TP_RANKING_TIMESTAMP] &&
        stamp->kind != TP_SLOT_MISSING && slots[ranking->event_time_slot].kind == TP_SLOT_MISSING)
        event_time = tp_slot_json(stamp);
    return tp_wrap_bare(&ranking->wrap, line, members, event_time);
}

/* --- out ---------------------------------------------------------------------------------------*/

void
tp_ranking_front(struct tp_ranking *ranking, const struct tp_window *bounds, tp_time stamp)
{
    struct tp_emit front = {.to = &ranking->wrap.front};

    tp_buf_clear(&ranking->wrap.front);
    if (!bounds)
        return;
    tp_emit_time(&front, TP_STR("@timestamp"), stamp);
    tp_emit_time(&front, TP_STR("window_start"), bounds->start);
    tp_emit_time(&front, TP_STR("window_end"), bounds->end);
}

int
tp_ranking_write(struct tp_ranking *ranking, enum tp_top_change change,
                 const struct tp_ranked *record, size_t rank, struct tp_buf *to, struct tp_err *err)
{
    static const struct tp_str op[] = {
        {"insert", 6}, {"upsert", 6}, {"retract", 7}, {"update", 6}, {"delete", 6}};
    struct tp_emit behind = {.to = &ranking->wrap.behind};

    tp_buf_clear(&ranking->wrap.behind);
    tp_emit_int(&behind, ranking->rank_name, (int64_t)rank);
    if (ranking->changes)
        tp_emit_text(&behind, TP_STR("@op"), op[change]);
    return tp_wrap_write(&ranking->wrap, record->line, record->members, to, err);
}
