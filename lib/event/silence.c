#include "event/silence.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
#include "base/map.h"
#include "record/emit.h"
#include "record/key.h"
#include "record/member.h"
#include "value/num.h"

struct stretch {
    tp_time first, last;
};

/* A key. */
struct watch {
    struct stretch only;     /* where they lie while cap is 0 */
    struct stretch *stretch; /* cap > 0 */
    size_t head, count, cap; /* [head, count), in order */
    tp_time from;            /* what lies at or before it has been told */
    bool is_silent;          /* its gap, from `from` on, has been told to begin */
    tp_time armed;           /* of its one valid timer; TP_TIME_AFTER_ALL: none */
    uint32_t timers;         /* in the heap, outdated ones too */
};

enum what { NOTHING, BEGINS, ENDS, FORGOTTEN };

struct tp_silence {
    tp_duration after, forget;
    struct tp_map *watches;
    struct tp_heap timers;
    struct watch **due; /* at one instant */
    size_t dues, dues_cap;
    size_t stretches; /* bytes of */
};

struct tp_silence *
tp_silence_new(tp_duration after, tp_duration forget)
{
    struct tp_silence *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    *s = (struct tp_silence){.after = after, .forget = forget};
    s->watches = tp_map_new_walked(sizeof(struct watch));
    if (s->watches)
        return s;
    free(s);
    return NULL;
}

void
tp_silence_free(struct tp_silence *s)
{
    if (!s)
        return;
    for (struct watch *w = tp_map_first(s->watches); w; w = tp_map_next(s->watches, w))
        free(w->stretch);
    tp_map_free(s->watches);
    tp_heap_release(&s->timers);
    free(s->due);
    free(s);
}

/* --- stretches ---------------------------------------------------------------------------------*/

static struct stretch *
stretches_of(struct watch *w)
{
    return w->cap ? w->stretch : &w->only;
}

/* Room for one more: a key that never had two has no array. */
static int
make_room(struct tp_silence *s, struct watch *w)
{
    size_t held = w->count - w->head, cap = w->cap ? 2 * w->cap : 4;
    struct stretch *grown;

    if (w->head > w->cap / 2 || (!w->cap && w->count == 0)) {
        memmove(stretches_of(w), stretches_of(w) + w->head, held * sizeof *grown);
        w->head = 0;
        w->count = held;
        return 0;
    }
    if (w->count < w->cap)
        return 0;
    grown = realloc(w->stretch, cap * sizeof *grown);
    if (!grown)
        return -1;
    if (!w->cap)
        grown[0] = w->only;
    s->stretches += (cap - w->cap) * sizeof *grown;
    w->stretch = grown;
    w->cap = cap;
    return 0;
}

static int
insert_at(struct tp_silence *s, struct watch *w, size_t at, tp_time time)
{
    size_t behind = w->count - at;
    struct stretch *stretch;

    if (make_room(s, w) < 0)
        return -1;
    stretch = stretches_of(w) + w->count - behind;
    memmove(stretch + 1, stretch, behind * sizeof *stretch);
    *stretch = (struct stretch){time, time};
    w->count++;
    return 0;
}

static void
remove_first(struct watch *w)
{
    if (++w->head == w->count)
        w->head = w->count = 0;
}

/* How many stretches begin at TIME or before, counted from the start of the array. */
static size_t
place_of(struct watch *w, tp_time time)
{
    const struct stretch *stretch = stretches_of(w);
    size_t low = w->head, high = w->count;

    if (high > low && stretch[high - 1].first <= time)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (stretch[middle].first <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_within(const struct tp_silence *s, tp_time earlier, tp_time later)
{
    return (__int128)later - earlier <= s->after;
}

/* Puts TIME into the stretch it lies in or near, or makes one of it. */
static int
add_time(struct tp_silence *s, struct watch *w, tp_time time)
{
    struct stretch *stretch = stretches_of(w);
    size_t at = place_of(w, time);
    bool joins_before = at > w->head && is_within(s, stretch[at - 1].last, time);
    bool joins_behind = at < w->count && is_within(s, time, stretch[at].first);

    if (!joins_before && !joins_behind)
        return insert_at(s, w, at, time);
    if (!joins_before) {
        stretch[at].first = time;
        return 0;
    }
    if (stretch[at - 1].last < time)
        stretch[at - 1].last = time;
    if (!joins_behind)
        return 0;
    stretch[at - 1].last = stretch[at].last;
    memmove(stretch + at, stretch + at + 1, (w->count - at - 1) * sizeof *stretch);
    w->count--;
    return 0;
}

/* --- what happens next -------------------------------------------------------------------------*/

static tp_time
later_by(tp_time time, tp_duration by)
{
    tp_time sum;

    return tp_time_add(time, by, &sum) ? sum : TP_TIME_AFTER_ALL;
}

static enum what
next_of(const struct tp_silence *s, struct watch *w, tp_time *at)
{
    const struct stretch *first = w->count ? stretches_of(w) + w->head : NULL;
    tp_time forgotten = TP_TIME_AFTER_ALL;

    *at = TP_TIME_AFTER_ALL;
    if (!w->is_silent) {
        if (first)
            *at = later_by(first->last, s->after);
        return *at == TP_TIME_AFTER_ALL ? NOTHING : BEGINS;
    }
    if (s->forget > 0)
        forgotten = later_by(w->from, s->forget);
    if (first && first->first <= forgotten) {
        *at = first->first;
        return ENDS;
    }
    *at = forgotten;
    return forgotten == TP_TIME_AFTER_ALL ? NOTHING : FORGOTTEN;
}

/* Sets the timer of W when what comes next comes earlier than what it waits for. */
static int
arm(struct tp_silence *s, struct watch *w)
{
    tp_time at;

    if (next_of(s, w, &at) == NOTHING || at >= w->armed)
        return 0;
    if (tp_heap_push(&s->timers, at, w) < 0)
        return -1;
    w->armed = at;
    w->timers++;
    return 0;
}

int
tp_silence_see(struct tp_silence *s, struct tp_str key, tp_time time, struct tp_err *err)
{
    bool is_new;
    struct watch *w = tp_map_add(s->watches, key, &is_new);

    if (!w)
        return tp_err_memory(err);
    if (is_new) {
        w->from = TP_TIME_BEFORE_ALL;
        w->armed = TP_TIME_AFTER_ALL;
    }
    if (time <= w->from)
        return 0;
    if (add_time(s, w, time) < 0 || arm(s, w) < 0)
        return tp_err_memory(err);
    return 0;
}

/* --- telling -----------------------------------------------------------------------------------*/

static void
drop_if_forgotten(struct tp_silence *s, struct watch *w)
{
    if (w->is_silent || w->count > 0 || w->timers > 0)
        return;
    s->stretches -= w->cap * sizeof *w->stretch;
    free(w->stretch);
    tp_map_remove(s->watches, tp_map_key(s->watches, w));
}

static int
by_key(const void *a, const void *b, void *watches)
{
    return tp_str_compare(tp_map_key(watches, *(struct watch *const *)a),
                          tp_map_key(watches, *(struct watch *const *)b));
}

static int
add_due(struct tp_silence *s, struct watch *w)
{
    if (s->dues == s->dues_cap) {
        size_t cap = s->dues_cap ? 2 * s->dues_cap : 16;
        struct watch **due = realloc(s->due, cap * sizeof(struct watch *));

        if (!due)
            return -1;
        s->due = due;
        s->dues_cap = cap;
    }
    s->due[s->dues++] = w;
    return 0;
}

/* Gathers those to which something happens at the earliest instant of the heap, and sets the timers
 * of those to which it happens later after all. */
static int
gather_due(struct tp_silence *s)
{
    tp_time at = tp_heap_peek(&s->timers)->at, next;
    const struct tp_heap_entry *entry;

    s->dues = 0;
    while ((entry = tp_heap_peek(&s->timers)) && entry->at == at) {
        struct watch *w = tp_heap_pop(&s->timers).data;
        bool is_valid = w->armed == at;

        w->timers--;
        if (!is_valid) {
            drop_if_forgotten(s, w);
            continue;
        }
        w->armed = TP_TIME_AFTER_ALL;
        next_of(s, w, &next);
        if ((next == at ? add_due(s, w) : arm(s, w)) < 0)
            return -1;
    }
    if (s->dues > 1)
        qsort_r(s->due, s->dues, sizeof(struct watch *), by_key, s->watches);
    return 0;
}

/* The gap behind the first stretch has begun, before SEEN_TO; or nobody knows. */
static int
begin(struct tp_silence *s, struct watch *w, tp_time seen_to, tp_silence_tell *tell, void *context,
      struct tp_err *err)
{
    tp_time last = stretches_of(w)[w->head].last;
    struct tp_gap gap = {.key = tp_map_key(s->watches, w), .start = last};

    gap.told = later_by(last, s->after);
    if (gap.told >= seen_to)
        return 0;
    w->from = last;
    w->is_silent = true;
    remove_first(w);
    return tell(context, &gap, err);
}

static int
end(struct tp_silence *s, struct watch *w, tp_silence_tell *tell, void *context, struct tp_err *err)
{
    struct tp_gap gap = {.key = tp_map_key(s->watches, w), .start = w->from, .has_ended = true};

    gap.told = later_by(w->from, s->after);
    gap.end = w->from = stretches_of(w)[w->head].first;
    w->is_silent = false;
    return tell(context, &gap, err);
}

/* What is due happens to W; then its timer waits for what comes after it. */
static int
happen(struct tp_silence *s, struct watch *w, tp_time seen_to, tp_silence_tell *tell, void *context,
       struct tp_err *err)
{
    tp_time at;
    enum what what = next_of(s, w, &at);

    if (what == BEGINS && begin(s, w, seen_to, tell, context, err) < 0)
        return -1;
    if (what == BEGINS && !w->is_silent)
        return 0;
    if (what == ENDS && end(s, w, tell, context, err) < 0)
        return -1;
    if (what == FORGOTTEN)
        w->is_silent = false;
    if (arm(s, w) < 0)
        return tp_err_memory(err);
    drop_if_forgotten(s, w);
    return 0;
}

int
tp_silence_advance(struct tp_silence *s, tp_time limit, tp_time seen_to, tp_silence_tell *tell,
                   void *context, struct tp_err *err)
{
    const struct tp_heap_entry *next;

    while ((next = tp_heap_peek(&s->timers)) && next->at < limit) {
        if (gather_due(s) < 0)
            return tp_err_memory(err);
        for (size_t i = 0; i < s->dues; i++)
            if (happen(s, s->due[i], seen_to, tell, context, err) < 0)
                return -1;
    }
    return 0;
}

tp_time
tp_silence_next(const struct tp_silence *s)
{
    const struct tp_heap_entry *next = tp_heap_peek(&s->timers);

    return next ? next->at : TP_TIME_AFTER_ALL;
}

/* --- saved state -------------------------------------------------------------------------------*/

static void
write_watch(const struct tp_silence *s, struct watch *w, size_t parts, struct tp_buf *to)
{
    struct tp_emit line = tp_emit_open(to);

    tp_emit_name(&line, TP_STR("key"));
    tp_key_save(to, tp_map_key(s->watches, w), parts);
    tp_emit_int(&line, TP_STR("from"), w->from);
    tp_emit_json(&line, TP_STR("silent"), w->is_silent ? TP_STR("true") : TP_STR("false"));
    tp_emit_name(&line, TP_STR("seen"));
    tp_buf_put_char(to, '[');
    for (size_t i = w->head; i < w->count; i++)
        tp_buf_printf(to, "%s%lld,%lld", i > w->head ? "," : "",
                      (long long)stretches_of(w)[i].first, (long long)stretches_of(w)[i].last);
    tp_buf_put_char(to, ']');
    tp_emit_close(&line);
}

/* Timers are not saved: they follow from the rest. Nor are keys that wait for nothing but an
 * outdated one. */
int
tp_silence_save(struct tp_silence *s, size_t parts, struct tp_save *save, struct tp_err *err)
{
    for (struct watch *w = tp_map_first(s->watches); w; w = tp_map_next(s->watches, w)) {
        if (!w->is_silent && w->count == 0)
            continue;
        write_watch(s, w, parts, tp_save_line(save));
        if (tp_save_line_end(save, err) < 0)
            return -1;
    }
    return 0;
}

static bool
read_time(struct tp_members *walk, tp_time *time)
{
    struct tp_slot slot;

    return tp_elements_next(walk, &slot) && slot.kind == TP_SLOT_INTEGER &&
           tp_num_parse_int((struct tp_str){slot.ptr, slot.len}, time);
}

/* SEEN is `[first,last,...]`. */
static int
load_stretches(struct tp_silence *s, struct watch *w, struct tp_str seen, struct tp_err *err)
{
    struct tp_members walk = tp_elements_open(seen);
    tp_time first, last;

    while (read_time(&walk, &first)) {
        if (!read_time(&walk, &last) || last < first)
            return tp_err_set(err, TP_FAULT_MACHINE,
                              "saved times of a key: not as they are written");
        if (insert_at(s, w, w->count, first) < 0)
            return tp_err_memory(err);
        stretches_of(w)[w->count - 1].last = last;
    }
    return 0;
}

static int
load_watch(struct tp_silence *s, struct tp_str key, tp_time from, bool is_silent,
           struct tp_str seen, struct tp_err *err)
{
    bool is_new;
    struct watch *w = tp_map_add(s->watches, key, &is_new);

    if (!w)
        return tp_err_memory(err);
    if (!is_new || seen.len == 0 || seen.ptr[0] != '[')
        return tp_err_set(err, TP_FAULT_MACHINE, "a saved key: not as it is written");
    w->from = from;
    w->is_silent = is_silent;
    w->armed = TP_TIME_AFTER_ALL;
    if (load_stretches(s, w, seen, err) < 0)
        return -1;
    return arm(s, w) < 0 ? tp_err_memory(err) : 0;
}

int
tp_silence_load(struct tp_silence *s, size_t parts, struct tp_str line, struct tp_err *err)
{
    struct tp_buf bytes = TP_BUF_INIT;
    struct tp_str key, seen;
    bool is_silent;
    tp_time from;
    const struct tp_saved fields[] = {
        {"key", TP_SAVED_JSON, &key, false},
        {"from", TP_SAVED_INT, &from, false},
        {"silent", TP_SAVED_FLAG, &is_silent, false},
        {"seen", TP_SAVED_JSON, &seen, false},
    };
    int result = tp_saved_read(line, fields, sizeof fields / sizeof *fields, err);

    if (result == 0)
        result = tp_key_load(&bytes, key, parts, err);
    if (result == 0)
        result = load_watch(s, tp_buf_str(&bytes), from, is_silent, seen, err);
    tp_buf_release(&bytes);
    return result;
}

size_t
tp_silence_count(const struct tp_silence *s)
{
    return tp_map_count(s->watches);
}

size_t
tp_silence_size(const struct tp_silence *s)
{
    return tp_map_size(s->watches) + s->timers.cap * sizeof *s->timers.entry + s->stretches +
           s->dues_cap * sizeof(struct watch *);
}
