#include "event/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* A table that knows what it was asked: places first, rows next, answers last, all in order. */
struct table {
    char near[2], answered;
    bool fails;
};

static uint32_t
hash_of(void *self, struct tp_str key)
{
    (void)self;
    return (uint32_t)key.ptr[0];
}

static void
bring_near(void *self, uint32_t hash, bool row)
{
    struct table *table = self;

    CHECK(hash == (uint32_t)table->near[row] + 1);
    CHECK(!row || table->near[1] < table->near[0]);
    table->near[row] = (char)hash;
}

static int
answer(void *self, const struct tp_match_record *record, uint32_t hash, struct tp_err *err)
{
    struct table *table = self;

    (void)err;
    CHECK(!record->key.ptr || record->key.ptr[0] == (char)hash);
    CHECK(record->line.ptr[0] == table->answered + 1);
    table->answered = record->line.ptr[0];
    return table->fails ? -1 : 0;
}

static int
put(struct tp_ahead *ahead, char name, bool has_key)
{
    static const char names[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[";
    char key = name; /* copied: it changes with the next record */
    struct tp_match_record record = {0};
    struct tp_err err;

    record.line = (struct tp_str){strchr(names, name), 1};
    if (has_key)
        record.key = (struct tp_str){&key, 1};
    return tp_ahead_put(ahead, &record, &err);
}

static void
answers_in_order(void)
{
    struct table table = {{'A' - 1, 'A' - 1}, 'A' - 1, false};
    struct tp_ahead ahead = {.to = {&table, hash_of, bring_near, answer}};
    struct tp_err err;

    for (int name = 'A'; name <= 'Z'; name++)
        CHECK(put(&ahead, (char)name, true) == 0);
    CHECK(table.near[0] == 'Z' && table.answered == 'Z' - TP_AHEAD);
    CHECK(table.near[1] == 'Z' - TP_AHEAD / 2);
    CHECK(tp_ahead_flush(&ahead, &err) == 0 && table.answered == 'Z');
    CHECK(put(&ahead, 'Z' + 1, false) == 0);
    CHECK(tp_ahead_flush(&ahead, &err) == 0 && table.answered == 'Z' + 1);
    tp_ahead_release(&ahead);
}

static void
says_what_failed(void)
{
    struct table table = {{'A' - 1, 'A' - 1}, 'A' - 1, true};
    struct tp_ahead ahead = {.to = {&table, hash_of, bring_near, answer}};
    struct tp_err err;

    for (int name = 'A'; name < 'A' + TP_AHEAD; name++)
        CHECK(put(&ahead, (char)name, true) == 0);
    CHECK(put(&ahead, 'A' + TP_AHEAD, true) < 0 && table.answered == 'A');
    table.fails = false;
    CHECK(tp_ahead_flush(&ahead, &err) == 0 && table.answered == 'A' + TP_AHEAD - 1);
    tp_ahead_release(&ahead);
}

int
main(void)
{
    RUN(answers_in_order);
    RUN(says_what_failed);
    return unit_end();
}
