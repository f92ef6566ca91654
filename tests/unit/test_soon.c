#include "event/soon.h"

#include <string.h>

#include "unit.h"

enum { LINES = 20000, KEYS = 900 };

/* What was answered, in order: each line says its number. */
struct answers {
    uint32_t next;
    bool is_new[LINES];
    uint32_t fail_at;
};

static int
take(void *context, struct tp_str line, bool is_new, struct tp_err *err)
{
    struct answers *answers = context;
    uint32_t number;

    memcpy(&number, line.ptr, sizeof number);
    CHECK(line.len == sizeof number && number == answers->next);
    if (number == answers->fail_at)
        return tp_err_set(err, TP_FAULT_MACHINE, "full");
    answers->is_new[answers->next++] = is_new;
    return 0;
}

static uint32_t
key_of(uint32_t number)
{
    return number * 2654435761U % KEYS;
}

static int
ask(struct tp_soon *soon, const uint32_t *number, struct answers *answers, struct tp_err *err)
{
    uint32_t key = key_of(*number);

    return tp_soon_ask(soon, (struct tp_str){(const char *)&key, sizeof key}, *number / 3,
                       (struct tp_str){(const char *)number, sizeof *number}, take, answers, err);
}

static int
see_now(struct tp_recent *recent, uint32_t number)
{
    uint32_t key = key_of(number);
    struct tp_err err;

    return tp_recent_see(recent, (struct tp_str){(const char *)&key, sizeof key}, number / 3, &err);
}

/* In their order, and as if each had been answered at once; settled now and then. */
static void
check_same(tp_duration within, uint32_t settle_every)
{
    static uint32_t number[LINES];
    static struct answers answers;
    struct tp_recent *seen = tp_recent_new(within, false), *other = tp_recent_new(within, false);
    struct tp_soon *soon = tp_soon_new(seen);
    struct tp_err err;
    int wrong = 0;

    answers = (struct answers){.fail_at = UINT32_MAX};
    for (uint32_t i = 0; i < LINES; i++) {
        number[i] = i;
        wrong += ask(soon, &number[i], &answers, &err) != 0;
        if (i % settle_every == 0) {
            wrong += tp_soon_settle(soon, take, &answers, &err) != 0;
            wrong += answers.next != i + 1;
        }
    }
    wrong += tp_soon_settle(soon, take, &answers, &err) != 0;
    CHECK(answers.next == LINES);
    for (uint32_t i = 0; i < LINES; i++)
        wrong += answers.is_new[i] != (see_now(other, i) == 1);
    CHECK(wrong == 0);
    CHECK(tp_recent_count(seen) == tp_recent_count(other));
    tp_soon_free(soon);
    tp_recent_free(seen);
    tp_recent_free(other);
}

static void
test_same(void)
{
    for (uint32_t every = 1; every < 100; every = every * 2 + 1) {
        check_same(0, every);
        check_same(40, every);
    }
}

/* Who takes an answer may refuse: those before it were taken, those behind it are not. */
static void
test_refused(void)
{
    static struct answers answers;
    struct tp_recent *seen = tp_recent_new(0, false);
    struct tp_soon *soon = tp_soon_new(seen);
    static uint32_t number[64];
    struct tp_err err;
    int failed = 0;

    answers = (struct answers){.fail_at = 10};
    for (uint32_t i = 0; i < 64 && !failed; i++) {
        number[i] = i;
        failed = ask(soon, &number[i], &answers, &err) < 0;
    }
    CHECK(failed);
    CHECK(answers.next == 10);
    CHECK(strcmp(err.text, "full") == 0);
    tp_soon_free(soon);
    tp_soon_free(NULL);
    tp_recent_free(seen);
}

int
main(void)
{
    RUN(test_same);
    RUN(test_refused);
    return unit_end();
}
