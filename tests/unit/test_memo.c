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
    memset(line, rand() & 0xff, sizeof line);
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
        struct tp_memo_entry sought;
        struct tp_memo_entry *place = tp_memo_place(&memo, &owners[owner], &slot, &sought);
        void *value = &values[text][kind][owner];

        CHECK((place == NULL) == (slot.len > TP_MEMO_TEXT));
        if (!place)
            continue;
        if (tp_memo_is(place, &sought)) {
            CHECK_THAT(place->value == value, "text %d kind %d owner %d", text, kind, owner);
            found++;
        }
        sought.value = value;
        *place = sought;
    }
    CHECK_THAT(found > 1000, "only %d were found", found);
}

static void
forgets(void)
{
    struct tp_memo memo = {0};
    struct tp_memo_entry sought, *place;
    char line[64];
    struct tp_slot slot = slot_of(line, 3, TP_SLOT_INTEGER);

    place = tp_memo_place(&memo, &owners[0], &slot, &sought);
    CHECK(!tp_memo_is(place, &sought));
    *place = sought;
    CHECK(tp_memo_is(place, &sought));
    tp_memo_clear(&memo);
    CHECK(!tp_memo_is(place, &sought));
}

static void
leaves_out_what_is_no_text(void)
{
    static const enum tp_slot_kind others[] = {TP_SLOT_MISSING, TP_SLOT_NULL, TP_SLOT_TRUE};
    struct tp_memo memo = {0};
    struct tp_memo_entry sought;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK(!tp_memo_place(&memo, owners, &(struct tp_slot){NULL, 0, others[i]}, &sought));
}

int
main(void)
{
    RUN(finds_only_its_own);
    RUN(forgets);
    RUN(leaves_out_what_is_no_text);
    return unit_end();
}
