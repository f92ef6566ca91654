/*
 * Fails every allocation in turn: the fault is said, nothing is lost or freed twice, and what was
 * there before can still be written. Under the address sanitizer malloc cannot be replaced; the
 * test then only runs through.
 */
#include "query/agg.h"

#include <stdlib.h>

#include "unit.h"
#include "value/num.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif

static long until_failure = -1; /* allocations that still succeed; -1: all */

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static int
fails(void)
{
    if (until_failure < 0)
        return 0;
    return until_failure == 0 || until_failure-- == 0;
}

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}
#endif

#define LIST                                                                                    \
    "count, sum(x), median(x), p99(y), count_distinct(x), count_distinct(t), min(t), last(t), " \
    "var(x), first(x) AS \"odd name\""

/* 40 records, the texts ever longer; 0 or -1 as tp_aggs_add says. */
static int
add_some(struct tp_aggs *aggs, void *acc, struct tp_err *err)
{
    static const char letters[] = "zyxwvutsrqponmlkjihgfedcbazyxwvutsrqponmlkjihgfedcba";

    for (int i = 0; i < 40; i++) {
        struct tp_value text = tp_text((struct tp_str){letters + i % 30, (size_t)i % 20 + 1});
        struct tp_value values[] = {tp_int(i), tp_real(i / 7.0), text};

        if (tp_aggs_add(aggs, acc, values, i, (uint64_t)i, err) < 0)
            return -1;
    }
    return 0;
}

/* Everything once; 0 when no allocation failed. */
static int
scenario(void)
{
    struct tp_err err = {.fault = TP_FAULT_NONE};
    struct tp_aggs *aggs = tp_aggs_parse(TP_STR(LIST), &err);
    struct tp_buf row = TP_BUF_INIT;
    _Alignas(16) char acc[4096] = {0}, other[4096] = {0};
    int result;

    if (!aggs) {
        CHECK(err.fault == TP_FAULT_MACHINE);
        return -1;
    }
    CHECK(tp_aggs_size(aggs) <= sizeof acc);
    result = add_some(aggs, acc, &err);
    if (result == 0)
        result = tp_aggs_merge(aggs, other, acc, &err);
    if (result == 0)
        result = tp_aggs_merge(aggs, other, acc, &err);
    if (result == 0)
        result = tp_aggs_write(aggs, other, &row, &err);
    if (result < 0)
        CHECK(err.fault == TP_FAULT_MACHINE);
    until_failure = -1;
    tp_buf_clear(&row);
    CHECK(tp_aggs_write(aggs, acc, &row, &err) == 0);
    tp_aggs_clear(aggs, acc);
    tp_aggs_clear(aggs, other);
    tp_aggs_free(aggs);
    tp_buf_release(&row);
    return result;
}

static void
every_allocation_may_fail(void)
{
    int done = 0;

    for (long n = 0; n < 1000 && !done; n++) {
        until_failure = n;
        done = scenario() == 0;
        until_failure = -1;
    }
    CHECK(done);
}

int
main(void)
{
    RUN(every_allocation_may_fail);
    return unit_end();
}
