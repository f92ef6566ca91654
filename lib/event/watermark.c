#include "event/watermark.h"

#include <limits.h>
#include <stdlib.h>

/* ---- bounded disorder ---- */

/* The smallest multiple of STEP above WATERMARK, plus DELAY: the event time that takes the
 * watermark there. AFTER_ALL when no event time does. */
static tp_time
threshold(tp_time watermark, tp_duration step, tp_duration delay)
{
    tp_duration rest = watermark % step;
    tp_time next;

    /* A whole multiple, or one that stopped at TP_TIME_MIN (rest < 0: up to the next). */
    if (rest > 0)
        rest -= step;
    if (__builtin_sub_overflow(watermark, rest ? rest : -step, &next) ||
        __builtin_add_overflow(next, delay, &next))
        return TP_TIME_AFTER_ALL;
    return next;
}

void
tp_bounded_init(struct tp_bounded *bounded, tp_duration delay, tp_duration step)
{
    *bounded = (struct tp_bounded){
        .delay = delay,
        .step = step,
        .largest = TP_TIME_BEFORE_ALL,
        .watermark = TP_TIME_BEFORE_ALL,
        .next = TP_TIME_MIN,
    };
}

void
tp_bounded_resume(struct tp_bounded *bounded, tp_time largest, tp_time watermark)
{
    bounded->largest = largest;
    bounded->watermark = watermark;
    if (watermark == TP_TIME_BEFORE_ALL)
        bounded->next = TP_TIME_MIN;
    else
        bounded->next = threshold(watermark, bounded->step, bounded->delay);
}

void
tp_bounded_advance(struct tp_bounded *bounded)
{
    tp_time bound;

    if (!tp_time_subtract(bounded->largest, bounded->delay, &bound))
        bound = TP_TIME_MIN;
    bounded->watermark = tp_time_floor(bound, bounded->step, 0);
    bounded->next = threshold(bounded->watermark, bounded->step, bounded->delay);
}

/* ---- the minimum over members ---- */

/* A queue orders member numbers by (key, number), and each member knows its place in it, so that
 * a key can change and a member leave in O(log n). */
struct queue {
    int *member;
    int count;
};

struct member {
    tp_time watermark;
    enum tp_minimum_state state;
    int64_t key; /* in the queue of its state */
    int place;
};

struct tp_minimum {
    struct member *member;
    int count, cap;
    int ended;             /* how many are */
    struct queue counting; /* by watermark */
    struct queue idle;     /* largest watermark first */
    tp_time watermark;
};

static bool
before(const struct tp_minimum *minimum, int a, int b)
{
    int64_t x = minimum->member[a].key, y = minimum->member[b].key;

    return x < y || (x == y && a < b);
}

static void
place(struct tp_minimum *minimum, struct queue *queue, int at, int which)
{
    queue->member[at] = which;
    minimum->member[which].place = at;
}

static void
sift_up(struct tp_minimum *minimum, struct queue *queue, int at, int which)
{
    while (at > 0 && before(minimum, which, queue->member[(at - 1) / 2])) {
        place(minimum, queue, at, queue->member[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(minimum, queue, at, which);
}

static void
sift_down(struct tp_minimum *minimum, struct queue *queue, int at, int which)
{
    for (int child; (child = 2 * at + 1) < queue->count; at = child) {
        if (child + 1 < queue->count &&
            before(minimum, queue->member[child + 1], queue->member[child]))
            child++;
        if (!before(minimum, queue->member[child], which))
            break;
        place(minimum, queue, at, queue->member[child]);
    }
    place(minimum, queue, at, which);
}

static void
queue_add(struct tp_minimum *minimum, struct queue *queue, int which, int64_t key)
{
    minimum->member[which].key = key;
    sift_up(minimum, queue, queue->count++, which);
}

static void
queue_remove(struct tp_minimum *minimum, struct queue *queue, int which)
{
    int at = minimum->member[which].place;
    int last = queue->member[--queue->count];

    if (last == which)
        return;
    if (before(minimum, last, which))
        sift_up(minimum, queue, at, last);
    else
        sift_down(minimum, queue, at, last);
}

static void
leave(struct tp_minimum *minimum, int which)
{
    switch (minimum->member[which].state) {
    case TP_MINIMUM_COUNTS:
        queue_remove(minimum, &minimum->counting, which);
        break;
    case TP_MINIMUM_IDLE:
        queue_remove(minimum, &minimum->idle, which);
        break;
    case TP_MINIMUM_BEHIND:
        break;
    case TP_MINIMUM_ENDED:
        minimum->ended--;
        break;
    }
}

static void
enter(struct tp_minimum *minimum, int which, enum tp_minimum_state state)
{
    struct member *member = &minimum->member[which];

    member->state = state;
    switch (state) {
    case TP_MINIMUM_COUNTS:
        queue_add(minimum, &minimum->counting, which, member->watermark);
        break;
    case TP_MINIMUM_IDLE:
        /* ~x turns the order around, as -x does, and INT64_MIN does not overflow. */
        queue_add(minimum, &minimum->idle, which, ~member->watermark);
        break;
    case TP_MINIMUM_BEHIND:
        break;
    case TP_MINIMUM_ENDED:
        minimum->ended++;
        break;
    }
}

/* Brings the combined watermark up to date after a change. */
static void
combine(struct tp_minimum *minimum)
{
    tp_time now = minimum->watermark;

    if (minimum->counting.count > 0)
        now = minimum->member[minimum->counting.member[0]].watermark;
    else if (tp_minimum_all_idle(minimum))
        now = minimum->member[minimum->idle.member[0]].watermark;
    else if (minimum->count > 0 && minimum->ended == minimum->count)
        now = TP_TIME_AFTER_ALL;
    if (now > minimum->watermark)
        minimum->watermark = now;
}

struct tp_minimum *
tp_minimum_new(void)
{
    struct tp_minimum *minimum = calloc(1, sizeof *minimum);

    if (minimum)
        minimum->watermark = TP_TIME_BEFORE_ALL;
    return minimum;
}

void
tp_minimum_free(struct tp_minimum *minimum)
{
    if (!minimum)
        return;
    free(minimum->member);
    free(minimum->counting.member);
    free(minimum->idle.member);
    free(minimum);
}

static bool
grow_queue(struct queue *queue, int cap)
{
    int *member = realloc(queue->member, (size_t)cap * sizeof *member);

    if (member)
        queue->member = member;
    return member != NULL;
}

/* Room for one more member, in the table and in either queue. */
static bool
make_room(struct tp_minimum *minimum)
{
    struct member *member;
    int cap;

    if (minimum->count < minimum->cap)
        return true;
    if (minimum->cap > INT_MAX / 4)
        return false;
    cap = minimum->cap ? 2 * minimum->cap : 8;
    if (!grow_queue(&minimum->counting, cap) || !grow_queue(&minimum->idle, cap))
        return false;
    member = realloc(minimum->member, (size_t)cap * sizeof *member);
    if (!member)
        return false;
    minimum->member = member;
    minimum->cap = cap;
    return true;
}

int
tp_minimum_join(struct tp_minimum *minimum)
{
    return tp_minimum_rejoin(minimum, TP_TIME_BEFORE_ALL, TP_MINIMUM_COUNTS);
}

int
tp_minimum_rejoin(struct tp_minimum *minimum, tp_time watermark, enum tp_minimum_state state)
{
    int which = minimum->count;

    if (!make_room(minimum))
        return -1;
    minimum->member[which] = (struct member){.watermark = watermark};
    minimum->count++;
    /* The combined watermark is not touched: members restored one by one are not yet all there,
     * and of a new one nothing is known. */
    enter(minimum, which, state);
    return which;
}

void
tp_minimum_resume(struct tp_minimum *minimum, tp_time watermark)
{
    if (watermark > minimum->watermark)
        minimum->watermark = watermark;
}

/* What stands in the queue already only sinks in it. */
static void
set_counting(struct tp_minimum *minimum, int which, tp_time watermark)
{
    struct member *member = &minimum->member[which];

    if (watermark <= member->watermark)
        return;
    member->watermark = member->key = watermark;
    sift_down(minimum, &minimum->counting, member->place, which);
}

static void
set_returning(struct tp_minimum *minimum, int which, tp_time watermark)
{
    struct member *member = &minimum->member[which];
    bool there;

    leave(minimum, which);
    if (watermark > member->watermark)
        member->watermark = watermark;
    there = member->watermark >= minimum->watermark;
    enter(minimum, which, there ? TP_MINIMUM_COUNTS : TP_MINIMUM_BEHIND);
}

void
tp_minimum_set(struct tp_minimum *minimum, int which, tp_time watermark)
{
    switch (minimum->member[which].state) {
    case TP_MINIMUM_COUNTS:
        set_counting(minimum, which, watermark);
        break;
    case TP_MINIMUM_BEHIND:
    case TP_MINIMUM_IDLE:
        set_returning(minimum, which, watermark);
        break;
    case TP_MINIMUM_ENDED:
        return;
    }
    combine(minimum);
}

static void
change_state(struct tp_minimum *minimum, int which, enum tp_minimum_state state)
{
    enum tp_minimum_state now = minimum->member[which].state;

    if (now == state || now == TP_MINIMUM_ENDED)
        return;
    leave(minimum, which);
    enter(minimum, which, state);
    combine(minimum);
}

void
tp_minimum_set_idle(struct tp_minimum *minimum, int which)
{
    change_state(minimum, which, TP_MINIMUM_IDLE);
}

void
tp_minimum_set_ended(struct tp_minimum *minimum, int which)
{
    change_state(minimum, which, TP_MINIMUM_ENDED);
}

tp_time
tp_minimum_watermark(struct tp_minimum *minimum)
{
    return minimum->watermark;
}

int
tp_minimum_held_by(const struct tp_minimum *minimum)
{
    return minimum->counting.count > 0 ? minimum->counting.member[0] : -1;
}

bool
tp_minimum_all_idle(const struct tp_minimum *minimum)
{
    return minimum->idle.count > 0 && minimum->idle.count == minimum->count - minimum->ended;
}

int
tp_minimum_count(const struct tp_minimum *minimum)
{
    return minimum->count;
}

tp_time
tp_minimum_member(const struct tp_minimum *minimum, int which, enum tp_minimum_state *state)
{
    *state = minimum->member[which].state;
    return minimum->member[which].watermark;
}
