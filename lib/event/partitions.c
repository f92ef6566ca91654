#include "event/partitions.h"

#include <stdlib.h>

#include "base/map.h"
#include "record/emit.h"
#include "record/key.h"

struct tp_partitions {
    struct tp_minimum *minimum;
    tp_duration delay, step;
    struct tp_map *keyed; /* NULL: there is `only` */
    struct tp_partition only;
    size_t count, awaited;
    int missing; /* while some are awaited: a member that stands for those still to come */
    bool ended;
};

/* --- making ------------------------------------------------------------------------------------*/

static int
start(struct tp_partitions *s, struct tp_partition *p, tp_duration now, struct tp_err *err)
{
    tp_bounded_init(&p->bounded, s->delay, s->step);
    p->active = now;
    p->behind = true;
    p->member = tp_minimum_join(s->minimum);
    if (p->member < 0)
        return tp_err_memory(err);
    s->count++;
    if (s->count == s->awaited)
        tp_minimum_set_ended(s->minimum, s->missing);
    return 0;
}

static int
open_members(struct tp_partitions *s, bool keyed, struct tp_err *err)
{
    s->minimum = tp_minimum_new();
    s->keyed = keyed ? tp_map_new(sizeof(struct tp_partition)) : NULL;
    if (!s->minimum || (keyed && !s->keyed))
        return tp_err_memory(err);
    if (keyed)
        return 0;
    if (start(s, &s->only, 0, err) < 0)
        return -1;
    s->only.behind = false;
    return 0;
}

struct tp_partitions *
tp_partitions_new(bool keyed, tp_duration delay, tp_duration step, struct tp_err *err)
{
    struct tp_partitions *s = calloc(1, sizeof *s);

    if (!s) {
        tp_err_memory(err);
        return NULL;
    }
    s->delay = delay;
    s->step = step;
    if (open_members(s, keyed, err) < 0) {
        tp_partitions_free(s);
        return NULL;
    }
    return s;
}

void
tp_partitions_free(struct tp_partitions *s)
{
    if (!s)
        return;
    tp_minimum_free(s->minimum);
    tp_map_free(s->keyed);
    free(s);
}

int
tp_partitions_wait_for(struct tp_partitions *s, size_t count, struct tp_err *err)
{
    s->awaited = count;
    s->missing = tp_minimum_join(s->minimum);
    return s->missing < 0 ? tp_err_memory(err) : 0;
}

struct tp_partition *
tp_partitions_get(struct tp_partitions *s, struct tp_str key, tp_duration now, struct tp_err *err)
{
    struct tp_partition *p;
    bool is_new;

    if (!s->keyed)
        return &s->only;
    p = tp_map_add(s->keyed, key, &is_new);
    if (!p) {
        tp_err_memory(err);
        return NULL;
    }
    if (is_new && start(s, p, now, err) < 0)
        return NULL;
    return p;
}

/* --- time --------------------------------------------------------------------------------------*/

bool
tp_partitions_observe(struct tp_partitions *s, struct tp_partition *p, tp_time time)
{
    bool grew = tp_bounded_observe(&p->bounded, time);

    if (!grew && !p->idle)
        return false;
    p->idle = false;
    tp_minimum_set(s->minimum, p->member, p->bounded.watermark);
    return true;
}

/* How long P still has until it is idle; 0: it is. */
static tp_duration
check_one(struct tp_partitions *s, struct tp_partition *p, tp_duration now, tp_duration patience)
{
    tp_duration left = patience - (now - p->active);

    if (p->idle)
        return 0;
    if (left > 0)
        return left;
    p->idle = true;
    p->behind = true;
    tp_minimum_set_idle(s->minimum, p->member);
    return 0;
}

tp_duration
tp_partitions_check(struct tp_partitions *s, tp_duration now, tp_duration patience)
{
    tp_duration next = 0;

    if (!s->keyed)
        return check_one(s, &s->only, now, patience);
    for (void *p = tp_map_first(s->keyed); p; p = tp_map_next(s->keyed, p)) {
        tp_duration left = check_one(s, p, now, patience);

        if (left > 0 && (next == 0 || left < next))
            next = left;
    }
    return next;
}

void
tp_partitions_end(struct tp_partitions *s)
{
    s->ended = true;
}

bool
tp_partitions_ended(const struct tp_partitions *s)
{
    return s->ended;
}

tp_time
tp_partitions_watermark(struct tp_partitions *s)
{
    return tp_minimum_watermark(s->minimum);
}

bool
tp_partitions_all_idle(const struct tp_partitions *s)
{
    return s->count > 0 && tp_minimum_all_idle(s->minimum);
}

/* --- saved state -------------------------------------------------------------------------------*/

static void
put_flag(struct tp_emit *line, struct tp_str name, bool flag)
{
    tp_emit_json(line, name, flag ? TP_STR("true") : TP_STR("false"));
}

static void
put_partition(const struct tp_partition *p, struct tp_emit *line)
{
    tp_emit_int(line, TP_STR("largest"), p->bounded.largest);
    tp_emit_int(line, TP_STR("watermark"), p->bounded.watermark);
    tp_emit_int(line, TP_STR("member"), p->member);
    put_flag(line, TP_STR("idle"), p->idle);
    put_flag(line, TP_STR("behind"), p->behind);
}

static void
put_input(const struct tp_partitions *s, int input, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);

    tp_emit_int(&line, TP_STR("input"), input);
    tp_emit_name(&line, TP_STR("minimum"));
    tp_minimum_save(s->minimum, to);
    tp_emit_int(&line, TP_STR("partitions"), (int64_t)s->count);
    put_flag(&line, TP_STR("ended"), s->ended);
    if (!s->keyed)
        put_partition(&s->only, &line);
    tp_emit_close(&line);
}

static void
put_keyed(const struct tp_partitions *s, const struct tp_partition *p, int input, size_t parts,
          struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);

    tp_emit_name(&line, TP_STR("key"));
    tp_key_save(to, tp_map_key(s->keyed, p), parts);
    tp_emit_int(&line, TP_STR("input"), input);
    put_partition(p, &line);
    tp_emit_close(&line);
}

int
tp_partitions_save(struct tp_partitions *s, int input, size_t parts, struct tp_save *save,
                   struct tp_err *err)
{
    put_input(s, input, tp_save_line(save));
    if (tp_save_line_end(save, err) < 0)
        return -1;
    if (!s->keyed)
        return 0;
    for (void *p = tp_map_first(s->keyed); p; p = tp_map_next(s->keyed, p)) {
        put_keyed(s, p, input, parts, tp_save_line(save));
        if (tp_save_line_end(save, err) < 0)
            return -1;
    }
    return 0;
}

static int
load_partition(const struct tp_partitions *s, struct tp_partition *p, tp_duration now,
               struct tp_str line, struct tp_err *err)
{
    int64_t largest = 0, watermark = 0, member = 0;
    const struct tp_saved fields[] = {
        {"largest", TP_SAVED_INT, &largest, false},
        {"watermark", TP_SAVED_INT, &watermark, false},
        {"member", TP_SAVED_INT, &member, false},
        {"idle", TP_SAVED_FLAG, &p->idle, false},
        {"behind", TP_SAVED_FLAG, &p->behind, false},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    if (member < 0 || member >= tp_minimum_count(s->minimum))
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved partition: no such member");
    tp_bounded_init(&p->bounded, s->delay, s->step);
    tp_bounded_resume(&p->bounded, largest, watermark);
    p->member = (int)member;
    p->active = now;
    return 0;
}

static int
load_input(struct tp_partitions *s, tp_duration now, struct tp_str line, struct tp_err *err)
{
    struct tp_str saved = {NULL, 0};
    uint64_t count = 0;
    const struct tp_saved fields[] = {
        {"minimum", TP_SAVED_JSON, &saved, false},
        {"partitions", TP_SAVED_COUNT, &count, false},
        {"ended", TP_SAVED_FLAG, &s->ended, false},
    };
    struct tp_minimum *minimum;

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    minimum = tp_minimum_load(saved, err);
    if (!minimum)
        return -1;
    tp_minimum_free(s->minimum);
    s->minimum = minimum;
    s->count = count;
    return s->keyed ? 0 : load_partition(s, &s->only, now, line, err);
}

static int
load_keyed(struct tp_partitions *s, struct tp_str key, size_t parts, tp_duration now,
           struct tp_str line, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_partition *p = NULL;
    int result = tp_key_load(&text, key, parts, err);

    if (result == 0) {
        p = tp_map_add(s->keyed, tp_buf_str(&text), NULL);
        result = p ? load_partition(s, p, now, line, err) : tp_err_memory(err);
    }
    tp_buf_release(&text);
    return result;
}

int
tp_partitions_load(struct tp_partitions *s, size_t parts, tp_duration now, struct tp_str line,
                   struct tp_err *err)
{
    struct tp_str key = {NULL, 0};
    const struct tp_saved field = {"key", TP_SAVED_JSON, &key, true};

    if (tp_saved_read(line, &field, 1, err) < 0)
        return -1;
    if (!key.ptr)
        return load_input(s, now, line, err);
    if (!s->keyed)
        return tp_err_set(err, TP_FAULT_MACHINE, "it has other inputs");
    return load_keyed(s, key, parts, now, line, err);
}
