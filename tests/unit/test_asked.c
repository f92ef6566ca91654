#include "event/asked.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* A table that knows what it was asked: places first, rows next, answers last, all in order. */
struct table {
    struct tp_match match;
    char hashed, fetched, answered;
    bool fails;
};

static uint32_t
hash_of(struct tp_match *match, struct tp_str key)
{
    struct table *table = (struct table *)match;

    CHECK(key.ptr[0] == table->hashed + 1);
    return (uint32_t)(table->hashed = key.ptr[0]);
}

static void
fetch(struct tp_match *match, uint32_t hash)
{
    struct table *table = (struct table *)match;

    CHECK(hash == (uint32_t)table->fetched + 1 && table->fetched < table->hashed);
    table->fetched = (char)hash;
}

static int
answer(struct tp_match *match, const struct tp_match_record *record, uint32_t hash,
       struct tp_err *err)
{
    struct table *table = (struct table *)match;

    (void)err;
    CHECK(!record->key.ptr || record->key.ptr[0] == (char)hash);
    CHECK(record->line.ptr[0] == table->answered + 1 && match->at_hand == record);
    table->answered = record->line.ptr[0];
    return table->fails ? -1 : 0;
}

static int
put(struct tp_asked *asked, char name, bool has_key)
{
    static const char names[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[";
    char key = name; /* copied: it changes with the next record */
    struct tp_match_record record = {0};
    struct tp_err err;

    record.line = (struct tp_str){strchr(names, name), 1};
    if (has_key)
        record.key = (struct tp_str){&key, 1};
    return tp_asked_put(asked, &record, &err);
}

static void
answers_in_order(void)
{
    struct table table = {.hashed = 'A' - 1, .fetched = 'A' - 1, .answered = 'A' - 1};
    struct tp_asked asked = {.table = {&table.match, hash_of, fetch, answer}};
    struct tp_err err;

    for (int name = 'A'; name <= 'Z'; name++)
        CHECK(put(&asked, (char)name, true) == 0);
    CHECK(table.hashed == 'Z' && table.answered == 'Z' - TP_ASKED);
    CHECK(table.fetched == 'Z' - TP_ASKED / 2);
    CHECK(tp_asked_flush(&asked, &err) == 0 && table.answered == 'Z');
    CHECK(put(&asked, 'Z' + 1, false) == 0);
    CHECK(tp_asked_flush(&asked, &err) == 0 && table.answered == 'Z' + 1);
    tp_asked_release(&asked);
}

static void
says_what_failed(void)
{
    struct table table = {
        .hashed = 'A' - 1, .fetched = 'A' - 1, .answered = 'A' - 1, .fails = true};
    struct tp_asked asked = {.table = {&table.match, hash_of, fetch, answer}};
    struct tp_err err;

    for (int name = 'A'; name < 'A' + TP_ASKED; name++)
        CHECK(put(&asked, (char)name, true) == 0);
    CHECK(put(&asked, 'A' + TP_ASKED, true) < 0 && table.answered == 'A');
    table.fails = false;
    CHECK(tp_asked_flush(&asked, &err) == 0 && table.answered == 'A' + TP_ASKED - 1);
    tp_asked_release(&asked);
}

int
main(void)
{
    RUN(answers_in_order);
    RUN(says_what_failed);
    return unit_end();
}
