#include "event/quiet.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"

struct tp_quiet {
    const struct tp_window_spec *spec;
    bool by_key;
    tp_duration forget;
    struct tp_buf no_key;
    struct tp_quiet_to to;
    struct tp_map *known; /* key -> tp_time: the end of the last window with records of it */
    tp_time said;         /* the end of the last window dealt with; BEFORE_ALL: none yet */
};

struct tp_quiet *
tp_quiet_new(const struct tp_window_spec *spec, bool by_key, tp_duration forget,
             struct tp_str no_key, struct tp_quiet_to to)
{
    struct tp_quiet *quiet = calloc(1, sizeof *quiet);

    if (!quiet)
        return NULL;
    quiet->spec = spec;
    quiet->by_key = by_key;
    quiet->forget = forget;
    quiet->to = to;
    quiet->said = TP_TIME_BEFORE_ALL;
    quiet->known = tp_map_new(sizeof(tp_time));
    tp_buf_put_str(&quiet->no_key, no_key);
    if (quiet->known && !tp_buf_failed(&quiet->no_key))
        return quiet;
    tp_quiet_free(quiet);
    return NULL;
}

void
tp_quiet_free(struct tp_quiet *quiet)
{
    if (!quiet)
        return;
    tp_map_free(quiet->known);
    tp_buf_release(&quiet->no_key);
    free(quiet);
}

int
tp_quiet_seen(struct tp_quiet *quiet, const struct tp_window *window, struct tp_str key,
              struct tp_err *err)
{
    bool is_new;
    tp_time *last;

    if (!quiet->by_key)
        return 0;
    last = tp_map_add(quiet->known, key, &is_new);
    if (!last)
        return tp_err_memory(err);
    if (is_new || *last < window->end)
        *last = window->end;
    return 0;
}

int
tp_quiet_rest(struct tp_quiet *quiet, const struct tp_window *window, struct tp_err *err)
{
    tp_time *last = quiet->by_key ? tp_map_first(quiet->known) : NULL;

    quiet->said = window->end;
    while (last) {
        tp_time *next = tp_map_next(quiet->known, last);
        struct tp_str key = tp_map_key(quiet->known, last);

        if (quiet->forget > 0 && *last < window->end && window->end - *last > quiet->forget)
            tp_map_remove(quiet->known, key);
        else if (*last < window->end && quiet->to.empty(quiet->to.self, window, key, err) < 0)
            return -1;
        last = next;
    }
    return 0;
}

/* All of WINDOW is quiet. */
static int
say(struct tp_quiet *quiet, const struct tp_window *window, struct tp_err *err)
{
    if (quiet->by_key)
        return tp_quiet_rest(quiet, window, err);
    quiet->said = window->end;
    return quiet->to.empty(quiet->to.self, window, tp_buf_str(&quiet->no_key), err);
}

/* The next window, if it ends at or before END and there is something to say of it. */
static bool
next_window(const struct tp_quiet *quiet, tp_time end, struct tp_window *window)
{
    if (quiet->by_key && tp_map_count(quiet->known) == 0)
        return false; /* all forgotten */
    return tp_window_after(quiet->spec, quiet->said, window) && window->end <= end;
}

/* Would the gap up to END have too many rows? Then that is reported. */
static bool
is_too_long(struct tp_quiet *quiet, tp_time end)
{
    tp_duration slide = quiet->spec->slide, gap;
    size_t rows = quiet->by_key ? tp_map_count(quiet->known) : 1;
    struct tp_err why;

    if (!tp_time_subtract(end, quiet->said, &gap))
        gap = TP_TIME_MAX;
    if (quiet->by_key && quiet->forget > 0 && gap > quiet->forget)
        gap = quiet->forget;
    if (rows == 0 || (uint64_t)(gap / slide) <= TP_QUIET_MOST / rows)
        return false;
    tp_err_set(&why, TP_FAULT_RECORD,
               "--empty: no rows for %lld quiet windows in a row: with them came more than %d "
               "rows",
               (long long)(gap / slide), TP_QUIET_MOST);
    quiet->to.skipped(quiet->to.self, &why);
    return true;
}

int
tp_quiet_until(struct tp_quiet *quiet, tp_time end, struct tp_err *err)
{
    struct tp_window window;

    if (quiet->said == TP_TIME_BEFORE_ALL || end <= quiet->said)
        return 0;
    if (is_too_long(quiet, end)) {
        quiet->said = tp_window_end_until(quiet->spec, quiet->said, end);
        return 0;
    }
    while (next_window(quiet, end, &window))
        if (say(quiet, &window, err) < 0)
            return -1;
    return 0;
}

int
tp_quiet_before(struct tp_quiet *quiet, tp_time end, struct tp_err *err)
{
    return tp_quiet_until(quiet, end - 1, err);
}

/* --- saved state -------------------------------------------------------------------------------*/

int
tp_quiet_save(const struct tp_quiet *quiet, const struct tp_saving *saving, struct tp_save *save,
              struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("quiet"), quiet->said);
    tp_emit_close(&line);
    if (tp_save_line_end(save, err) < 0)
        return -1;
    for (tp_time *last = tp_map_first(quiet->known); last; last = tp_map_next(quiet->known, last)) {
        line = tp_emit_open(tp_save_line(save));
        tp_emit_int(&line, TP_STR("known"), *last);
        tp_saving_put_key(saving, &line, tp_map_key(quiet->known, last));
        tp_emit_close(&line);
        if (tp_save_line_end(save, err) < 0)
            return -1;
    }
    return 0;
}

int
tp_quiet_load(struct tp_quiet *quiet, struct tp_saving *saving, struct tp_str line,
              struct tp_err *err)
{
    struct tp_str array, key;
    int64_t end;
    const struct tp_saved said = {"quiet", TP_SAVED_INT, &quiet->said, false};
    const struct tp_saved fields[] = {
        {"known", TP_SAVED_INT, &end, false},
        {"key", TP_SAVED_JSON, &array, false},
    };
    tp_time *last;

    if (tp_saved_is(line, "quiet"))
        return tp_saved_read(line, &said, 1, err);
    if (tp_saved_read(line, fields, 2, err) < 0 || tp_saving_key(saving, array, &key, err) < 0)
        return -1;
    last = tp_map_add(quiet->known, key, NULL);
    if (!last)
        return tp_err_memory(err);
    *last = end;
    return 0;
}
