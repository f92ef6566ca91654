#include "event/turns.h"

#include <stdlib.h>

#include "unit.h"

struct thing {
    struct tp_turn turn;
    char key[4];
};

static void
add(struct tp_turns *turns, const char *key, tp_time time)
{
    struct thing *thing = malloc(sizeof *thing);

    strcpy(thing->key, key);
    thing->turn = (struct tp_turn){.time = time, .size = sizeof *thing};
    thing->turn.key = tp_str_of(thing->key);
    CHECK(tp_turns_add(turns, &thing->turn, NULL) == 0);
}

static bool
is_key(const struct tp_turn *turn, const char *key)
{
    return turn && tp_str_equal(turn->key, tp_str_of(key));
}

static void
gives_peers_in_order(void)
{
    struct tp_turns *turns = tp_turns_new(false);
    struct tp_turn *first;

    add(turns, "c", 5);
    add(turns, "a", 3);
    add(turns, "b", 3);
    add(turns, "d", 9);
    CHECK(tp_turns_first(turns, TP_TIME_AFTER_ALL) == NULL); /* none is in order yet */
    CHECK(tp_turns_order(turns, 9, NULL) == 0);
    CHECK(tp_turns_first(turns, 3) == NULL);
    first = tp_turns_first(turns, 4);
    CHECK(is_key(first, "a") && is_key(first->behind, "b") && is_key(first->behind->behind, "c"));
    CHECK(first->next == NULL);
    CHECK(tp_turns_leave(turns) == 2);
    CHECK(tp_turns_first(turns, 5) == NULL);
    CHECK(is_key(tp_turns_first(turns, 6), "c"));
    CHECK(tp_turns_leave(turns) == 1);
    CHECK(tp_turns_count(turns) == 1);
    tp_turns_free(turns);
}

static void
follows_keys(void)
{
    struct tp_turns *turns = tp_turns_new(true);
    struct tp_turn *first;
    size_t size;

    add(turns, "a", 7);
    add(turns, "a", 1);
    add(turns, "b", 2);
    CHECK(tp_turns_order(turns, 5, NULL) == 0);
    first = tp_turns_first(turns, 5);
    CHECK(is_key(first, "a") && first->next == NULL && is_key(first->behind, "b"));
    CHECK(tp_turns_order(turns, 8, NULL) == 0);
    CHECK(first->next && first->next->time == 7);
    CHECK(tp_turns_leave(turns) == 1 && tp_turns_leave(turns) == 1 && tp_turns_leave(turns) == 1);
    CHECK(tp_turns_count(turns) == 0);
    size = tp_turns_size(turns);
    add(turns, "a", 9); /* the key was forgotten with its last */
    CHECK(tp_turns_size(turns) == size + sizeof(struct thing));
    CHECK(tp_turns_order(turns, 10, NULL) == 0);
    CHECK(tp_turns_first(turns, 10)->next == NULL);
    tp_turns_free(turns);
}

int
main(void)
{
    RUN(gives_peers_in_order);
    RUN(follows_keys);
    return unit_end();
}
