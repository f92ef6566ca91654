#include "event/whole.h"

#include <stdlib.h>

#include "base/map.h"
#include "event/ahead.h"

struct tp_whole {
    const struct tp_aggs *aggs;
    struct tp_row_to to;
    bool changes;          /* records were taken back */
    struct tp_map *groups; /* key -> accumulator */
    struct tp_ahead *ahead;
    tp_time first, last; /* the times seen */
    bool timed;          /* some record had one */
};

static int
add_to_group(struct tp_whole *whole, const struct tp_arrival *arrival, uint32_t hash,
             struct tp_err *err)
{
    bool is_new;

    return tp_arrival_add(arrival, whole->aggs, whole->groups, hash, &is_new, err) ? 0 : -1;
}

static int
add_waiting(void *self, const struct tp_ahead_record *record, struct tp_err *err)
{
    return add_to_group(self, &record->arrival, record->hash, err);
}

struct tp_whole *
tp_whole_new(const struct tp_aggs *aggs, struct tp_row_to to)
{
    struct tp_whole *whole = calloc(1, sizeof *whole);

    if (!whole)
        return NULL;
    whole->aggs = aggs;
    whole->to = to;
    whole->groups = tp_map_new_walked(tp_aggs_size(aggs));
    whole->ahead = tp_ahead_new(aggs, add_waiting, whole);
    if (whole->groups && whole->ahead)
        return whole;
    tp_whole_free(whole);
    return NULL;
}

void
tp_whole_free(struct tp_whole *whole)
{
    if (!whole)
        return;
    if (whole->groups)
        for (void *acc = tp_map_first(whole->groups); acc; acc = tp_map_next(whole->groups, acc))
            tp_aggs_clear(whole->aggs, acc);
    tp_map_free(whole->groups);
    tp_ahead_free(whole->ahead);
    free(whole);
}

static void
take_time(struct tp_whole *whole, const struct tp_arrival *arrival)
{
    tp_time first = arrival->part ? tp_part_start(arrival->part) : arrival->time;

    if (!whole->timed || first < whole->first)
        whole->first = first;
    if (!whole->timed || arrival->time > whole->last)
        whole->last = arrival->time;
    whole->timed = true;
}

int
tp_whole_add(struct tp_whole *whole, const struct tp_arrival *arrival, bool has_time,
             struct tp_err *err)
{
    int added;

    if (tp_ahead_pays(whole->ahead, whole->groups, arrival))
        added = tp_ahead_put(whole->ahead, whole->groups, arrival, NULL, err);
    else if (tp_whole_settle(whole, err) < 0)
        added = -1;
    else
        added = add_to_group(whole, arrival, tp_map_hash(whole->groups, arrival->key), err);
    if (added < 0)
        return -1;
    whole->changes |= arrival->taken_back;
    if (has_time)
        take_time(whole, arrival);
    return 1;
}

int
tp_whole_settle(struct tp_whole *whole, struct tp_err *err)
{
    return tp_ahead_settle(whole->ahead, err);
}

int
tp_whole_say(struct tp_whole *whole, struct tp_err *err)
{
    struct tp_row row = {
        .head = {.timed = whole->timed, .at = whole->last, .window = {whole->first, whole->last}}};

    if (tp_whole_settle(whole, err) < 0)
        return -1;
    for (row.acc = tp_map_first(whole->groups); row.acc;
         row.acc = tp_map_next(whole->groups, row.acc)) {
        if (whole->changes && tp_aggs_is_empty(whole->aggs, row.acc))
            continue;
        row.key = tp_map_key(whole->groups, row.acc);
        if (whole->to.put(whole->to.self, &row, err) < 0)
            return -1;
    }
    return 0;
}

bool
tp_whole_any(const struct tp_whole *whole)
{
    return tp_map_count(whole->groups) > 0;
}

/* --- saved state -------------------------------------------------------------------------------*/

int
tp_whole_save(const struct tp_whole *whole, const struct tp_saving *saving, struct tp_save *save,
              struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_saving_put_flag(&line, TP_STR("whole"), whole->timed);
    tp_emit_int(&line, TP_STR("first"), whole->first);
    tp_emit_int(&line, TP_STR("last"), whole->last);
    tp_saving_put_flag(&line, TP_STR("taken_back"), whole->changes);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    for (void *acc = tp_map_first(whole->groups); acc; acc = tp_map_next(whole->groups, acc)) {
        line = tp_emit_open(tp_save_line(save));
        if (tp_saving_end(saving, &line, save, tp_map_key(whole->groups, acc), acc, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_whole_load(struct tp_whole *whole, struct tp_saving *saving, struct tp_str line,
              struct tp_err *err)
{
    struct tp_str array, json;
    const struct tp_saved of_all[] = {
        {"whole", TP_SAVED_FLAG, &whole->timed, false},
        {"first", TP_SAVED_INT, &whole->first, false},
        {"last", TP_SAVED_INT, &whole->last, false},
        {"taken_back", TP_SAVED_FLAG, &whole->changes, false},
    };
    const struct tp_saved of_group[] = {
        {"key", TP_SAVED_JSON, &array, false},
        {"acc", TP_SAVED_JSON, &json, false},
    };

    if (tp_saved_is(line, "whole"))
        return tp_saved_read(line, of_all, sizeof of_all / sizeof *of_all, err);
    if (tp_saved_read(line, of_group, 2, err) < 0)
        return -1;
    return tp_saving_group(saving, whole->groups, array, json, err) ? 0 : -1;
}
