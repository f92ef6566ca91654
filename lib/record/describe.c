#include "record/describe.h"

#include <stdlib.h>

#include "base/map.h"
#include "record/emit.h"
#include "record/grid.h"
#include "record/member.h"
#include "record/table.h"
#include "value/text.h"

#define EXAMPLES 3
#define EXAMPLE_WIDTH 24 /* columns of a terminal */

/* By tp_slot_kind; missing and null are no types. */
static const struct {
    enum tp_slot_kind kind;
    int type;
} type_of_kind[] = {
    {TP_SLOT_FALSE, 0}, {TP_SLOT_TRUE, 0},    {TP_SLOT_INTEGER, 1}, {TP_SLOT_REAL, 2},
    {TP_SLOT_TEXT, 3},  {TP_SLOT_ESCAPED, 3}, {TP_SLOT_OBJECT, 4},  {TP_SLOT_ARRAY, 5},
};

static const char *const type_names[] = {"boolean", "integer", "number",
                                         "string",  "object",  "array"};

struct member {
    uint64_t count[sizeof type_names / sizeof *type_names];
    uint64_t some; /* records in which it is not null */
    uint64_t last; /* the record it was last seen in, from 1 */
    size_t examples;
    struct tp_buf example[EXAMPLES];
};

struct tp_describe {
    struct tp_map *members; /* name -> struct member */
    uint64_t records, rejects;
    bool timed;
    tp_time first, last;
    struct tp_buf name;
};

struct tp_describe *
tp_describe_new(void)
{
    struct tp_describe *describe = calloc(1, sizeof *describe);

    if (!describe)
        return NULL;
    describe->members = tp_map_new(sizeof(struct member));
    if (!describe->members) {
        free(describe);
        return NULL;
    }
    return describe;
}

void
tp_describe_free(struct tp_describe *describe)
{
    if (!describe)
        return;
    for (struct member *member = tp_map_first(describe->members); member;
         member = tp_map_next(describe->members, member))
        for (size_t i = 0; i < member->examples; i++)
            tp_buf_release(&member->example[i]);
    tp_map_free(describe->members);
    tp_buf_release(&describe->name);
    free(describe);
}

/* --- taking records ----------------------------------------------------------------------------*/

/* A value as people see it: a string without its quotes, not too long. */
static void
put_example(const struct tp_slot *slot, struct tp_buf *to)
{
    struct tp_str text = {slot->ptr, slot->len};
    size_t fits = tp_text_fit(text, EXAMPLE_WIDTH);

    tp_buf_put(to, text.ptr, fits);
    if (fits < text.len)
        TP_BUF_PUT(to, "…");
}

static int
add_example(struct member *member, const struct tp_slot *slot)
{
    struct tp_buf *example = &member->example[member->examples];

    if (member->examples == EXAMPLES)
        return 0;
    put_example(slot, example);
    for (size_t i = 0; i < member->examples; i++)
        if (tp_str_equal(tp_buf_str(&member->example[i]), tp_buf_str(example))) {
            tp_buf_release(example);
            return 0;
        }
    member->examples++;
    return tp_buf_failed(example) ? -1 : 0;
}

static int
add_value(struct tp_describe *describe, const struct tp_member *from)
{
    struct member *member;

    tp_buf_clear(&describe->name);
    member = tp_map_add(describe->members, tp_member_name(from, &describe->name), NULL);
    if (!member || tp_buf_failed(&describe->name))
        return -1;
    for (size_t i = 0; i < sizeof type_of_kind / sizeof *type_of_kind; i++) {
        if (type_of_kind[i].kind != from->value.kind)
            continue;
        member->count[type_of_kind[i].type]++;
        member->some += member->last != describe->records;
        member->last = describe->records;
        return add_example(member, &from->value);
    }
    return 0;
}

int
tp_describe_add(struct tp_describe *describe, struct tp_str record, const tp_time *time,
                struct tp_err *err)
{
    struct tp_members walk = tp_members_open(record);
    struct tp_member member;

    describe->records++;
    if (time) {
        describe->first = !describe->timed || *time < describe->first ? *time : describe->first;
        describe->last = !describe->timed || *time > describe->last ? *time : describe->last;
        describe->timed = true;
    }
    while (tp_members_next(&walk, &member))
        if (add_value(describe, &member) < 0)
            return tp_err_memory(err);
    return 0;
}

void
tp_describe_reject(struct tp_describe *describe)
{
    describe->rejects++;
}

uint64_t
tp_describe_count(const struct tp_describe *describe)
{
    return describe->records + describe->rejects;
}

/* --- saying it ---------------------------------------------------------------------------------*/

static void
put_types(const struct member *member, struct tp_buf *to)
{
    bool any = false;

    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++) {
        if (member->count[i])
            tp_buf_printf(to, "%s%s", any ? ", " : "", type_names[i]);
        any |= member->count[i] > 0;
    }
}

static void
put_examples(const struct member *member, struct tp_buf *to)
{
    for (size_t i = 0; i < member->examples; i++) {
        if (i)
            TP_BUF_PUT(to, " | ");
        tp_buf_put_str(to, tp_buf_str(&member->example[i]));
    }
}

/* The member as a record, for the table. */
static void
put_member(const struct tp_describe *describe, const struct member *member, struct tp_buf *text,
           struct tp_buf *to)
{
    struct tp_emit row = tp_emit_open(to);
    uint64_t nulls = describe->records - member->some;

    tp_emit_text(&row, TP_STR("member"), tp_map_key(describe->members, member));
    tp_buf_clear(text);
    put_types(member, text);
    tp_emit_text(&row, TP_STR("types"), tp_buf_str(text));
    tp_buf_clear(text);
    tp_buf_printf(text, "%.1f", 100.0 * (double)nulls / (double)describe->records);
    tp_emit_json(&row, TP_STR("% null"), tp_buf_str(text));
    tp_buf_clear(text);
    put_examples(member, text);
    tp_emit_text(&row, TP_STR("values"), tp_buf_str(text));
    tp_emit_close(&row);
    to->failed |= tp_buf_failed(text);
}

static void
put_sentence(const struct tp_describe *describe, struct tp_buf *to)
{
    char stamp[TP_TIME_TEXT];

    tp_buf_printf(to, "%llu record%s, %llu rejected", (unsigned long long)describe->records,
                  describe->records == 1 ? "" : "s", (unsigned long long)describe->rejects);
    if (describe->timed) {
        TP_BUF_PUT(to, ", from ");
        tp_buf_put(to, stamp, tp_time_write(stamp, describe->first));
        TP_BUF_PUT(to, " to ");
        tp_buf_put(to, stamp, tp_time_write(stamp, describe->last));
    }
    TP_BUF_PUT(to, "\n");
}

static int
put_table(const struct tp_describe *describe, struct tp_grid *grid, struct tp_table *table,
          struct tp_buf *to, struct tp_err *err)
{
    struct tp_buf row = TP_BUF_INIT, text = TP_BUF_INIT;
    int result = 0;

    for (const struct member *member = tp_map_first(describe->members); member && result == 0;
         member = tp_map_next(describe->members, member)) {
        tp_buf_clear(&row);
        put_member(describe, member, &text, &row);
        if (tp_buf_failed(&row))
            result = tp_err_memory(err);
        else if (tp_grid_read(grid, tp_buf_str(&row), err) < 0 || tp_table_row(table, to, err) < 0)
            result = -1;
    }
    tp_buf_release(&row);
    tp_buf_release(&text);
    return result < 0 ? -1 : tp_table_settle(table, to, err);
}

int
tp_describe_write(const struct tp_describe *describe, struct tp_buf *to, struct tp_err *err)
{
    struct tp_grid *grid = tp_grid_new();
    struct tp_table *table = grid ? tp_table_new(grid) : NULL;
    int result;

    put_sentence(describe, to);
    result = table ? put_table(describe, grid, table, to, err) : tp_err_memory(err);
    tp_table_free(table);
    tp_grid_free(grid);
    return result;
}
