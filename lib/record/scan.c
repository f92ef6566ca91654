#include "record/scan.h"

#include <stdlib.h>

#include "record/scan_guess.h"
#include "record/scan_walk.h"
#include "record/scan_want.h"

#define AHEAD_FROM 512
#define AHEAD_TO 768

struct tp_scan {
    size_t slots;
    bool guessing;
    bool begun; /* a line has been scanned */
    struct tp_guess *guess;
    struct tp_want root;
    struct tp_walk walk;
    struct tp_names names;
};

struct tp_scan *
tp_scan_new(void)
{
    struct tp_scan *scan = calloc(1, sizeof *scan);

    if (!scan)
        return NULL;
    scan->guess = tp_guess_new();
    if (!scan->guess) {
        free(scan);
        return NULL;
    }
    scan->root = (struct tp_want)TP_WANT_ROOT;
    scan->walk.root = &scan->root;
    scan->walk.names = &scan->names;
    scan->guessing = true;
    return scan;
}

void
tp_scan_free(struct tp_scan *scan)
{
    if (!scan)
        return;
    tp_guess_free(scan->guess);
    tp_want_release(&scan->root);
    tp_names_release(&scan->names);
    tp_buf_release(&scan->walk.unescaped);
    free(scan);
}

int
tp_scan_want(struct tp_scan *scan, const struct tp_path *path, struct tp_err *err)
{
    int slot;

    if (scan->begun)
        return tp_err_set(err, TP_FAULT_USAGE, "members must be asked for before the first line");
    if (path->count == 0 || path->count > TP_PATH_MAX_STEPS)
        return tp_err_set(err, TP_FAULT_USAGE, "a path has 1 to %d steps", TP_PATH_MAX_STEPS);
    slot = tp_want_add(&scan->root, path, (int)scan->slots);
    if (slot < 0)
        return tp_err_memory(err);
    if ((size_t)slot == scan->slots)
        scan->slots++;
    return slot;
}

int
tp_scan_want_name(struct tp_scan *scan, struct tp_str name, struct tp_err *err)
{
    struct tp_step step = {.name = name};
    struct tp_path path = {.step = &step, .count = 1};

    return tp_scan_want(scan, &path, err);
}

size_t
tp_scan_slots(const struct tp_scan *scan)
{
    return scan->slots;
}

void
tp_scan_set_guessing(struct tp_scan *scan, bool on)
{
    scan->guessing = on;
}

void
tp_scan_expect_disorder(struct tp_scan *scan)
{
    tp_guess_expect_disorder(scan->guess);
}

size_t
tp_scan_names(struct tp_scan *scan, const struct tp_str **names)
{
    *names = scan->names.name;
    return scan->names.count;
}

static int
report(const struct tp_walk *walk, const char *text, struct tp_err *err)
{
    if (!walk->why)
        return tp_err_memory(err);
    return tp_err_at(err, TP_FAULT_RECORD, walk->fault - text, "%s", walk->why);
}

/* They are few: a call of memset, which compilers make of such a loop, would take longer. */
static inline void
clear_slots(struct tp_slot *slot, size_t count)
{
    for (; count > 0; count--, slot++) {
        *slot = (struct tp_slot){0};
        __asm__("" : "+r"(slot));
    }
}

/* Without guessing, or where that came to nothing. */
static __attribute__((noinline)) const char *
walk_line(struct tp_scan *scan, const char *line, struct tp_err *err)
{
    const char *next;

    clear_slots(scan->walk.slots, scan->slots);
    next = tp_walk_text(&scan->walk, line);
    if (!next)
        report(&scan->walk, line, err);
    return next;
}

static __attribute__((noinline)) const char *
refuse_length(struct tp_err *err)
{
    tp_err_at(err, TP_FAULT_RECORD, -1, "line longer than 4 GiB");
    return NULL;
}

/* The predictor waits for little but the text, so it had better be in the nearest cache: what comes
 * behind the next few lines is asked for in time. */
static inline void
fetch_ahead(const char *line, const char *end)
{
    if (end - line <= AHEAD_TO)
        return;
    for (size_t at = AHEAD_FROM; at < AHEAD_TO; at += 64)
        __builtin_prefetch(line + at);
}

const char *
tp_scan_line(struct tp_scan *scan, const char *line, const char *end, struct tp_slot *slots,
             size_t *members, struct tp_err *err)
{
    const char *next = NULL;

    fetch_ahead(line, end); /* END is good for nothing else: the newline stops every loop */
    scan->begun = true;
    scan->walk.slots = slots;
    if (scan->guessing) {
        clear_slots(slots, scan->slots);
        next = tp_guess_line(scan->guess, &scan->walk, line);
    }
    if (__builtin_expect(!next, 0)) {
        next = walk_line(scan, line, err);
        if (!next)
            return NULL;
    }
    if (__builtin_expect((size_t)(next - line) > UINT32_MAX, 0))
        return refuse_length(err);
    if (members)
        *members = scan->walk.members;
    return next;
}

int
tp_scan_validate(struct tp_str text, struct tp_err *err)
{
    struct tp_walk *walk = calloc(1, sizeof *walk);
    char *copy = walk ? malloc(text.len + 1 + TP_SCAN_PADDING) : NULL;
    int result = 0;

    if (!copy) {
        free(walk);
        return tp_err_memory(err);
    }
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, '\n', 1 + TP_SCAN_PADDING);
    walk->any_value = true;
    walk->soft_end = copy + text.len;
    if (!tp_walk_text(walk, copy))
        result = report(walk, copy, err);
    free(copy);
    free(walk);
    return result;
}
