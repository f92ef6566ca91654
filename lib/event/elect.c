#include "event/elect.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "event/reorder.h"
#include "record/emit.h"

/* The last line of a horizon so far. */
struct latest {
    tp_time opened;
    char *line; /* owned */
    size_t len;
};

struct tp_elect {
    struct tp_reorder *held; /* each as its key's length, the key and the line */
    struct tp_buf head;      /* of the one that is added */
    struct tp_recent *seen;  /* of the first; borrowed */
    struct tp_map *latest;   /* of the last: by key, in the order in which horizons opened */
    size_t lines;            /* bytes of the lines in it */
    tp_duration within;      /* of the last */
};

/* Where lines go that leave. */
struct leaving {
    struct tp_elect *elect;
    tp_elect_take *take;
    void *context;
};

/* --- making ------------------------------------------------------------------------------------*/

static struct tp_elect *
new_elect(void)
{
    struct tp_elect *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->held = tp_reorder_new();
    if (e->held)
        return e;
    free(e);
    return NULL;
}

struct tp_elect *
tp_elect_first(struct tp_recent *seen)
{
    struct tp_elect *e = new_elect();

    if (e)
        e->seen = seen;
    return e;
}

struct tp_elect *
tp_elect_last(tp_duration within)
{
    struct tp_elect *e = new_elect();

    if (!e)
        return NULL;
    e->within = within;
    e->latest = tp_map_new(sizeof(struct latest));
    if (e->latest)
        return e;
    tp_elect_free(e);
    return NULL;
}

void
tp_elect_free(struct tp_elect *e)
{
    if (!e)
        return;
    if (e->latest)
        for (struct latest *l = tp_map_first(e->latest); l; l = tp_map_next(e->latest, l))
            free(l->line);
    tp_map_free(e->latest);
    tp_reorder_free(e->held);
    tp_buf_release(&e->head);
    free(e);
}

/* --- holding -----------------------------------------------------------------------------------*/

int
tp_elect_add(struct tp_elect *e, tp_time time, struct tp_str key, struct tp_str line,
             struct tp_err *err)
{
    tp_buf_clear(&e->head);
    tp_buf_put(&e->head, &key.len, sizeof key.len);
    tp_buf_put_str(&e->head, key);
    if (tp_buf_failed(&e->head))
        return tp_err_memory(err);
    return tp_reorder_add(e->held, time, tp_buf_str(&e->head), line, err);
}

/* The line and the key of which tp_elect_add made TEXT. */
static struct tp_str
held_line(struct tp_str text, struct tp_str *key)
{
    struct tp_str line;

    memcpy(&key->len, text.ptr, sizeof key->len);
    key->ptr = text.ptr + sizeof key->len;
    line.ptr = key->ptr + key->len;
    line.len = (size_t)(text.ptr + text.len - line.ptr);
    return line;
}

size_t
tp_elect_count(const struct tp_elect *e)
{
    return tp_reorder_count(e->held) + (e->latest ? tp_map_count(e->latest) : 0);
}

size_t
tp_elect_size(const struct tp_elect *e)
{
    return sizeof *e + tp_reorder_size(e->held) + e->lines +
           (e->latest ? tp_map_size(e->latest) : 0);
}

/* --- judging -----------------------------------------------------------------------------------*/

static int
judge_first(const struct leaving *to, tp_time time, struct tp_str key, struct tp_str line,
            struct tp_err *err)
{
    struct tp_recent *seen = to->elect->seen;
    int is_new;

    /* In order of time: what is out of reach for this one is so for all that follow. */
    tp_recent_expire(seen, time);
    is_new = tp_recent_see(seen, key, time, err);
    return is_new < 0 ? -1 : to->take(to->context, line, is_new, err);
}

/* Is the horizon that OPENED then over when REACHED is? */
static bool
is_over(const struct tp_elect *e, tp_time opened, tp_time reached)
{
    tp_time end;

    if (reached == TP_TIME_AFTER_ALL)
        return true;
    return e->within >= 0 && tp_time_add(opened, e->within, &end) && end <= reached;
}

/* Horizons that end at REACHED or before are complete. They opened in the order of time, so they
 * end in it. */
static int
elect_latest(const struct leaving *to, tp_time reached, struct tp_err *err)
{
    struct tp_map *latest = to->elect->latest;
    struct latest *first;

    while ((first = tp_map_first(latest)) && is_over(to->elect, first->opened, reached)) {
        int result = to->take(to->context, (struct tp_str){first->line, first->len}, true, err);

        to->elect->lines -= first->len;
        free(first->line);
        tp_map_remove(latest, tp_map_key(latest, first));
        if (result < 0)
            return -1;
    }
    return 0;
}

/* LINE is the latest of KEY from now on, *IS_NEW: in a horizon that OPENED; else the one before it
 * is in *BEFORE, for the caller to free. */
static int
put_latest(struct tp_elect *e, tp_time opened, struct tp_str key, struct tp_str line,
           struct latest *before, bool *is_new)
{
    char *copy = malloc(line.len + 1);
    struct latest *latest = copy ? tp_map_add(e->latest, key, is_new) : NULL;

    if (!latest) {
        free(copy);
        return -1;
    }
    if (line.len)
        memcpy(copy, line.ptr, line.len);
    *before = *latest;
    e->lines += line.len - before->len;
    if (*is_new)
        latest->opened = opened;
    latest->line = copy;
    latest->len = line.len;
    return 0;
}

static int
judge_last(const struct leaving *to, tp_time time, struct tp_str key, struct tp_str line,
           struct tp_err *err)
{
    struct latest before;
    bool is_new;
    int result;

    if (elect_latest(to, time, err) < 0)
        return -1;
    if (put_latest(to->elect, time, key, line, &before, &is_new) < 0)
        return tp_err_memory(err);
    if (is_new)
        return 0;
    result = to->take(to->context, (struct tp_str){before.line, before.len}, false, err);
    free(before.line);
    return result;
}

/* The next line in order of time. */
static int
judge(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    const struct leaving *to = context;
    struct tp_str key, line = held_line(text, &key);

    return (to->elect->latest ? judge_last : judge_first)(to, time, key, line, err);
}

int
tp_elect_reach(struct tp_elect *e, tp_time reached, tp_elect_take *take, void *context,
               struct tp_err *err)
{
    struct leaving to = {e, take, context};

    if (tp_reorder_drain(e->held, reached, judge, &to, err) < 0)
        return -1;
    return e->latest ? elect_latest(&to, reached, err) : 0;
}

tp_time
tp_elect_promise(const struct tp_elect *e, tp_time watermark)
{
    tp_time opened;

    if (!e->latest)
        return watermark;
    /* An open horizon began later than this, and so is what will be elected of it. */
    if (e->within < 0 || !tp_time_add(watermark, -e->within, &opened))
        return TP_TIME_BEFORE_ALL;
    return opened;
}

/* --- saved state -------------------------------------------------------------------------------*/

static int
save_line(struct tp_save *save, struct tp_str name, tp_time time, struct tp_str key,
          struct tp_str text, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, name, time);
    tp_emit_name(&line, TP_STR("key"));
    tp_save_hex(line.to, key);
    tp_emit_text(&line, TP_STR("line"), text);
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

static int
save_held(void *save, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct tp_str key, line = held_line(text, &key);

    return save_line(save, TP_STR("held"), time, key, line, err);
}

int
tp_elect_save(const struct tp_elect *e, struct tp_save *save, struct tp_err *err)
{
    struct latest *l = e->latest ? tp_map_first(e->latest) : NULL;

    for (; l; l = tp_map_next(e->latest, l))
        if (save_line(save, TP_STR("latest"), l->opened, tp_map_key(e->latest, l),
                      (struct tp_str){l->line, l->len}, err) < 0)
            return -1;
    return tp_reorder_walk(e->held, save_held, save, err);
}

bool
tp_elect_is_saved(struct tp_str line)
{
    return tp_saved_is(line, "latest") || tp_saved_is(line, "held");
}

static int
load_latest(struct tp_elect *e, tp_time opened, struct tp_str key, struct tp_str line,
            struct tp_err *err)
{
    struct latest before;
    bool is_new;

    if (!e->latest)
        return tp_err_set(err, TP_FAULT_MACHINE, "it holds last records, and first ones are kept");
    if (put_latest(e, opened, key, line, &before, &is_new) < 0)
        return tp_err_memory(err);
    if (!is_new)
        free(before.line);
    return 0;
}

int
tp_elect_load(struct tp_elect *e, struct tp_str line, struct tp_err *err)
{
    bool latest = tp_saved_is(line, "latest");
    struct tp_buf key = TP_BUF_INIT, text = TP_BUF_INIT;
    tp_time time;
    const struct tp_saved fields[] = {
        {latest ? "latest" : "held", TP_SAVED_INT, &time, false},
        {"key", TP_SAVED_HEX, &key, false},
        {"line", TP_SAVED_TEXT, &text, false},
    };
    int result = tp_saved_read(line, fields, 3, err);

    if (result == 0)
        result = (latest ? load_latest : tp_elect_add)(e, time, tp_buf_str(&key), tp_buf_str(&text),
                                                       err);
    tp_buf_release(&key);
    tp_buf_release(&text);
    return result;
}
