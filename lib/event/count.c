#include "event/count.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

/* One window that is being filled. */
struct cell {
    tp_time first, last; /* the times seen */
    bool timed;          /* some record had one */
    _Alignas(16) char acc[];
};

/* What is kept of a key; its cells follow, window i in cell i modulo their number. */
struct filling {
    uint64_t seen;
    _Alignas(16) char cells[];
};

struct tp_counts {
    uint64_t size, slide;
    const struct tp_aggs *aggs;
    struct tp_row_to to;
    size_t cells, stride;
    struct tp_map *by_key; /* key -> struct filling */
};

struct tp_counts *
tp_counts_new(const struct tp_window_spec *spec, const struct tp_aggs *aggs, struct tp_row_to to)
{
    struct tp_counts *counts = calloc(1, sizeof *counts);
    size_t bytes;

    if (!counts)
        return NULL;
    counts->size = (uint64_t)spec->size;
    counts->slide = (uint64_t)spec->slide;
    counts->aggs = aggs;
    counts->to = to;
    counts->cells = (size_t)((counts->size - 1) / counts->slide + 1);
    counts->stride = tp_aggs_size_behind(aggs, sizeof(struct cell));
    if (!__builtin_mul_overflow(counts->cells, counts->stride, &bytes))
        counts->by_key = tp_map_new_walked(sizeof(struct filling) + bytes);
    if (counts->by_key)
        return counts;
    free(counts);
    return NULL;
}

static struct cell *
cell_of(const struct tp_counts *counts, struct filling *of, uint64_t window)
{
    return (struct cell *)(of->cells + window % counts->cells * counts->stride);
}

static void
clear_cell(const struct tp_counts *counts, struct cell *cell)
{
    tp_aggs_clear(counts->aggs, cell->acc);
    cell->timed = false;
}

void
tp_counts_free(struct tp_counts *counts)
{
    if (!counts)
        return;
    for (void *of = tp_map_first(counts->by_key); of; of = tp_map_next(counts->by_key, of))
        for (size_t i = 0; i < counts->cells; i++)
            clear_cell(counts, cell_of(counts, of, i));
    tp_map_free(counts->by_key);
    free(counts);
}

static void
widen(struct cell *cell, tp_time time)
{
    if (!cell->timed || time < cell->first)
        cell->first = time;
    if (!cell->timed || time > cell->last)
        cell->last = time;
    cell->timed = true;
}

/* The oldest open window of a key that has SEEN so many records: the next one goes into it and into
 * all that began since. */
static uint64_t
oldest(const struct tp_counts *counts, uint64_t seen)
{
    return seen < counts->size ? 0 : (seen - counts->size) / counts->slide + 1;
}

static int
add_to_cells(struct tp_counts *counts, struct filling *of, const struct tp_arrival *arrival,
             bool has_time, struct tp_err *err)
{
    uint64_t first = oldest(counts, of->seen), last = of->seen / counts->slide;

    /* The oldest holds all that newer ones do: what it takes, they take. */
    if (first < last &&
        tp_aggs_check_add(counts->aggs, cell_of(counts, of, first)->acc, arrival->values, err) < 0)
        return -1;
    for (uint64_t window = first; window <= last; window++) {
        struct cell *cell = cell_of(counts, of, window);

        if (tp_aggs_add(counts->aggs, cell->acc, arrival->values, arrival->time, arrival->sequence,
                        err) < 0)
            return -1;
        if (has_time)
            widen(cell, arrival->time);
    }
    of->seen++;
    return 0;
}

static int
say(struct tp_counts *counts, struct cell *cell, const struct tp_arrival *arrival,
    struct tp_err *err)
{
    struct tp_row row = {
        .head = {.timed = cell->timed,
                 .timing = TP_ON_TIME,
                 .at = cell->last > arrival->watermark ? cell->last : arrival->watermark,
                 .window = {cell->first, cell->last}},
        .key = arrival->key,
        .acc = cell->acc,
    };

    return counts->to.put(counts->to.self, &row, err);
}

int
tp_counts_add(struct tp_counts *counts, const struct tp_arrival *arrival, bool has_time,
              struct tp_err *err)
{
    struct filling *of = tp_map_add(counts->by_key, arrival->key, NULL);
    struct cell *filled;
    uint64_t window;
    int result;

    if (!of)
        return tp_err_memory(err);
    window = oldest(counts, of->seen);
    result = add_to_cells(counts, of, arrival, has_time, err);
    if (result == 0 && of->seen == window * counts->slide + counts->size) {
        filled = cell_of(counts, of, window);
        result = say(counts, filled, arrival, err);
        clear_cell(counts, filled);
    }
    /* A key whose first record was bad, or whose only window is full, is as one never seen. */
    if (of->seen == 0 || (counts->cells == 1 && of->seen % counts->slide == 0)) {
        clear_cell(counts, cell_of(counts, of, 0));
        tp_map_remove(counts->by_key, arrival->key);
    }
    return result < 0 ? -1 : 1;
}

size_t
tp_counts_unsaid(const struct tp_counts *counts, uint64_t *records)
{
    size_t keys = 0;

    *records = 0;
    for (struct filling *of = tp_map_first(counts->by_key); of;
         of = tp_map_next(counts->by_key, of)) {
        uint64_t window = oldest(counts, of->seen);
        uint64_t said = window == 0 ? 0 : (window - 1) * counts->slide + counts->size;

        *records += of->seen - said;
        keys += of->seen > said;
    }
    return keys;
}

/* --- saved state -------------------------------------------------------------------------------*/

static int
save_cell(const struct tp_saving *saving, struct tp_save *save, const struct filling *of,
          uint64_t window, struct tp_str key, const struct cell *cell, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("seen"), (int64_t)of->seen);
    tp_emit_int(&line, TP_STR("window"), (int64_t)window);
    tp_saving_put_flag(&line, TP_STR("timed"), cell->timed);
    tp_emit_int(&line, TP_STR("first"), cell->timed ? cell->first : 0);
    tp_emit_int(&line, TP_STR("last"), cell->timed ? cell->last : 0);
    return tp_saving_end(saving, &line, save, key, cell->acc, err);
}

int
tp_counts_save(const struct tp_counts *counts, const struct tp_saving *saving, struct tp_save *save,
               struct tp_err *err)
{
    for (struct filling *of = tp_map_first(counts->by_key); of;
         of = tp_map_next(counts->by_key, of)) {
        struct tp_str key = tp_map_key(counts->by_key, of);
        uint64_t first = oldest(counts, of->seen);
        uint64_t begun = (of->seen - 1) / counts->slide + 1;

        for (uint64_t window = first; window < begun; window++)
            if (save_cell(saving, save, of, window, key, cell_of(counts, of, window), err) < 0)
                return -1;
    }
    return 0;
}

int
tp_counts_load(struct tp_counts *counts, struct tp_saving *saving, struct tp_str line,
               struct tp_err *err)
{
    uint64_t seen, window;
    struct cell read = {.timed = false};
    struct tp_str array, json, key;
    const struct tp_saved fields[] = {
        {"seen", TP_SAVED_COUNT, &seen, false},       {"window", TP_SAVED_COUNT, &window, false},
        {"timed", TP_SAVED_FLAG, &read.timed, false}, {"first", TP_SAVED_INT, &read.first, false},
        {"last", TP_SAVED_INT, &read.last, false},    {"key", TP_SAVED_JSON, &array, false},
        {"acc", TP_SAVED_JSON, &json, false},
    };
    struct filling *of;
    struct cell *cell;

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        tp_saving_key(saving, array, &key, err) < 0)
        return -1;
    of = tp_map_add(counts->by_key, key, NULL);
    if (!of)
        return tp_err_memory(err);
    of->seen = seen;
    cell = cell_of(counts, of, window);
    cell->timed = read.timed;
    cell->first = read.first;
    cell->last = read.last;
    return tp_aggs_load(counts->aggs, cell->acc, json, err);
}
