#include "record/memo.h"

#include <stdlib.h>

#include "unit.h"

/* Texts that differ in their last byte, in length or in kind only, and those around eight and
 * sixteen bytes, where the words of an entry begin and end. */
static const char *const texts[] = {
    "",
    "0",
    "00",
    "200",
    "201",
    "2000",
    "abcdefg",
    "abcdefgh",
    "abcdefgi",
    "abcdefghi",
    "abcdefghj",
    "abcdefghijklmno",
    "abcdefghijklmnop",
    "abcdefghijklmnoq",
    "abcdefghijklmnopq",
    "\0\0\0\0\0\0\0\0",
};
enum { TEXTS = sizeof texts / sizeof *texts };
static const enum tp_slot_kind kinds[] = {TP_SLOT_INTEGER, TP_SLOT_REAL, TP_SLOT_TEXT,
                                          TP_SLOT_ESCAPED};
static const int owners[2];

static struct tp_slot
slot_of(char line[64], int text, enum tp_slot_kind kind)
{
    size_t len = text == TEXTS - 1 ? 8 : strlen(texts[text]);

    /* What stands behind the text must not matter. */
    memset(line, rand() & 0xff, 64);
    memcpy(line, texts[text], len);
    return (struct tp_slot){line, (uint32_t)len, kind};
}

/* Asks for random keys: an entry found must be the one that was kept for that very key. */
static void
finds_only_its_own(void)
{
    static struct tp_memo memo;
    static char values[TEXTS][4][2];
    char line[64];
    int found = 0;

    srand(1);
    for (int i = 0; i < 200000; i++) {
        int text = rand() % TEXTS, kind = rand() % 4, owner = rand() % 2;
        struct tp_slot slot = slot_of(line, text, kinds[kind]);
        void *value = &values[text][kind][owner];
        void *kept = tp_memo_find(&memo, &owners[owner], &slot);

        if (kept) {
            CHECK_THAT(kept == value, "text %d kind %d owner %d", text, kind, owner);
            CHECK(slot.len <= TP_MEMO_TEXT);
            found++;
        } else {
            tp_memo_keep(&memo, &owners[owner], &slot, value);
        }
    }
    CHECK_THAT(found > 100, "only %d were found", found);
}

static void
forgets(void)
{
    struct tp_memo memo = {0};
    char line[64];
    struct tp_slot slot = slot_of(line, 3, TP_SLOT_INTEGER);

    CHECK(!tp_memo_find(&memo, &owners[0], &slot));
    tp_memo_keep(&memo, &owners[0], &slot, line);
    CHECK(tp_memo_find(&memo, &owners[0], &slot) == line);
    CHECK(!tp_memo_find(&memo, &owners[1], &slot));
    tp_memo_clear(&memo);
    CHECK(!tp_memo_find(&memo, &owners[0], &slot));
}

/* Keys that never come again send it to rest; then it is tried again. */
static void
rests_where_keys_are_many(void)
{
    struct tp_memo memo = {0};
    char line[64] = "";
    struct tp_slot slot = {line, 8, TP_SLOT_TEXT};
    int asked = 0, answered = 0;

    for (uint64_t i = 1; i <= 4 * (TP_MEMO_TRIAL + TP_MEMO_REST); i++, asked++) {
        bool resting = memo.rest > 0;

        memcpy(line, &i, sizeof i);
        CHECK(!tp_memo_find(&memo, owners, &slot));
        if (resting)
            continue;
        tp_memo_keep(&memo, owners, &slot, line);
        answered++;
    }
    CHECK_THAT(answered == 4 * TP_MEMO_TRIAL, "%d of %d", answered, asked);
}

static void
leaves_out_what_is_no_text(void)
{
    static const enum tp_slot_kind others[] = {TP_SLOT_MISSING, TP_SLOT_NULL, TP_SLOT_TRUE};
    struct tp_memo memo = {0};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct tp_slot slot = {NULL, 0, others[i]};

        tp_memo_keep(&memo, owners, &slot, &memo);
        CHECK(!tp_memo_find(&memo, owners, &slot));
    }
}

int
main(void)
{
    RUN(finds_only_its_own);
    RUN(forgets);
    RUN(rests_where_keys_are_many);
    RUN(leaves_out_what_is_no_text);
    return unit_end();
}
