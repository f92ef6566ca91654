/* Against a stable sort. */
#include "event/reorder.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "unit.h"

struct line {
    int64_t time;
    uint32_t number;
};

struct left {
    struct line last;
    size_t count;
    bool ordered, whole;
    tp_time least; /* nothing earlier may leave */
};

static uint32_t
random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A line is its struct twice, once as head, once as text, and some filling. */
static int
take(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    struct left *left = context;
    struct line head, line;

    (void)err;
    memcpy(&head, text.ptr, sizeof head);
    memcpy(&line, text.ptr + sizeof head, sizeof line);
    left->whole &= head.time == time && line.time == time && head.number == line.number;
    left->ordered &= time >= left->least;
    if (left->count++ > 0)
        left->ordered &=
            left->last.time < time || (left->last.time == time && left->last.number < line.number);
    left->last = line;
    return 0;
}

static int
refuse(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    (void)context;
    (void)time;
    (void)text;
    return tp_err_set(err, TP_FAULT_MACHINE, "no");
}

static void
add(struct tp_reorder *reorder, int64_t time, uint32_t number, size_t filling)
{
    static char text[1 << 20];
    struct line line;
    struct tp_err err;

    memset(&line, 0, sizeof line);
    line.time = time;
    line.number = number;
    memcpy(text, &line, sizeof line);
    CHECK(tp_reorder_add(reorder, time, (struct tp_str){text, sizeof line},
                         (struct tp_str){text, sizeof line + filling}, &err) == 0);
}

static void
drain(struct tp_reorder *reorder, tp_time before, struct left *left)
{
    struct tp_err err;

    CHECK(tp_reorder_drain(reorder, before, take, left, &err) == 0);
    CHECK(left->ordered && left->whole);
    left->least = before;
}

/* A watermark every so often, lines at or behind it up to DISORDER ahead. */
static void
run_random(uint32_t seed, uint32_t disorder, uint32_t every, size_t filling)
{
    struct tp_reorder *reorder = tp_reorder_new();
    struct left left = {.ordered = true, .whole = true, .least = TP_TIME_MIN};
    int64_t watermark = -50;

    CHECK(reorder != NULL);
    for (uint32_t i = 0; i < 20000; i++) {
        add(reorder, watermark + random_next(&seed) % disorder, i, random_next(&seed) % filling);
        if (random_next(&seed) % every == 0) {
            watermark += random_next(&seed) % disorder;
            drain(reorder, watermark, &left);
        }
    }
    CHECK(tp_reorder_count(reorder) == 20000 - left.count);
    drain(reorder, TP_TIME_AFTER_ALL, &left);
    CHECK(left.count == 20000 && tp_reorder_count(reorder) == 0);
    tp_reorder_free(reorder);
}

static void
test_random(void)
{
    run_random(1, 1, 100, 10);
    run_random(2, 10, 5, 10);
    run_random(3, 100, 3000, 1000);
    run_random(4, 100000, 1000000, 10);
    run_random(5, 50, 20, 700000 / 100);
}

static void
test_large_lines(void)
{
    struct tp_reorder *reorder = tp_reorder_new();
    struct left left = {.ordered = true, .whole = true, .least = TP_TIME_MIN};

    add(reorder, 3, 0, 900000);
    add(reorder, 1, 1, 10);
    add(reorder, 2, 2, 900000);
    drain(reorder, 3, &left);
    CHECK(left.count == 2);
    add(reorder, TP_TIME_MAX, 3, 900000);
    add(reorder, 3, 4, 0);
    drain(reorder, TP_TIME_AFTER_ALL, &left);
    CHECK(left.count == 5);
    tp_reorder_free(reorder);
}

/* What is still held is given back by free; who refuses a line has had it. */
static void
test_refused(void)
{
    struct tp_reorder *reorder = tp_reorder_new();
    struct tp_err err;

    for (uint32_t i = 0; i < 100; i++)
        add(reorder, (int64_t)(i * 7919 % 100), i, 10000);
    CHECK(tp_reorder_drain(reorder, 50, refuse, NULL, &err) == -1);
    CHECK(tp_reorder_count(reorder) == 99);
    tp_reorder_free(reorder);
    tp_reorder_free(NULL);
}

static int
add_again(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    return tp_reorder_add(context, time, (struct tp_str){NULL, 0}, text, err);
}

static int
note_line(void *context, tp_time time, struct tp_str text, struct tp_err *err)
{
    (void)time;
    (void)err;
    tp_buf_put_str(context, text);
    return 0;
}

/* Walked over, the lines stay; added again in that order they leave as from the first. */
static void
walks_in_order(void)
{
    struct tp_reorder *r = tp_reorder_new(), *copy = tp_reorder_new();
    struct tp_buf first = TP_BUF_INIT, second = TP_BUF_INIT;
    uint64_t seed = 9;

    for (int i = 0; i < 500; i++) {
        char line[16];

        snprintf(line, sizeof line, "%d;", i);
        CHECK(tp_reorder_add(r, (tp_time)(unit_random(&seed) % 40) + i / 10,
                             (struct tp_str){NULL, 0}, tp_str_of(line), NULL) == 0);
        if (i == 300)
            CHECK(tp_reorder_drain(r, 15, note_line, &second, NULL) == 0);
    }
    tp_buf_clear(&second);
    CHECK(tp_reorder_walk(r, add_again, copy, NULL) == 0);
    CHECK(tp_reorder_count(r) == tp_reorder_count(copy));
    CHECK(tp_reorder_drain(r, TP_TIME_AFTER_ALL, note_line, &first, NULL) == 0);
    CHECK(tp_reorder_drain(copy, TP_TIME_AFTER_ALL, note_line, &second, NULL) == 0);
    CHECK(tp_str_equal(tp_buf_str(&first), tp_buf_str(&second)));
    tp_reorder_free(r);
    tp_reorder_free(copy);
    tp_buf_release(&first);
    tp_buf_release(&second);
}

int
main(void)
{
    RUN(test_random);
    RUN(test_large_lines);
    RUN(test_refused);
    RUN(walks_in_order);
    return unit_end();
}
