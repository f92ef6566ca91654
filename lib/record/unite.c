#include "record/unite.h"

#include <stdlib.h>
#include <string.h>

#include "value/text.h"

enum { LEFT, RIGHT };

/* A slice of a plan's text. */
struct slice {
    size_t at, len;
};

enum fate { LEFT_OUT, COPIED, RENAMED };

struct planned {
    struct slice name; /* as it stands in the record, between its quotes */
    enum fate fate;
    struct slice renamed; /* in quotes, with a colon */
};

/* What becomes of the members of two records with these names. */
struct tp_unite_plan {
    bool there[2]; /* the side is not missing */
    size_t takes;
    struct planned *member[2];
    size_t count[2];
    struct tp_buf text;
};

static void
free_plan(struct tp_unite_plan *plan)
{
    if (!plan)
        return;
    free(plan->member[LEFT]);
    free(plan->member[RIGHT]);
    tp_buf_release(&plan->text);
    free(plan);
}

void
tp_unite_release(struct tp_unite *u)
{
    free(u->side[LEFT].member);
    free(u->side[RIGHT].member);
    for (int i = 0; i < TP_UNITE_PLANS; i++)
        free_plan(u->plan[i]);
}

static struct tp_str
text_of(const struct tp_unite_plan *plan, struct slice slice)
{
    return (struct tp_str){plan->text.ptr + slice.at, slice.len};
}

/* --- the members at hand -----------------------------------------------------------------------*/

static int
make_room(struct tp_unite_side *side)
{
    size_t cap = side->cap ? 2 * side->cap : 16;
    struct tp_member *grown;

    if (side->count < side->cap)
        return 0;
    grown = realloc(side->member, cap * sizeof *grown);
    if (!grown)
        return -1;
    side->member = grown;
    side->cap = cap;
    return 0;
}

static int
collect(struct tp_unite_side *side, struct tp_str object)
{
    struct tp_members walk;

    side->count = 0;
    if (!object.ptr)
        return 0;
    walk = tp_members_open(object);
    do {
        if (make_room(side) < 0)
            return -1;
    } while (tp_members_next(&walk, &side->member[side->count]) && ++side->count);
    return 0;
}

/* --- plans -------------------------------------------------------------------------------------*/

static bool
has_name(const struct tp_str *names, size_t count, struct tp_str name)
{
    for (size_t i = 0; i < count; i++)
        if (tp_str_equal(names[i], name))
            return true;
    return false;
}

/* The names of both sides while a plan is made, escapes undone. */
struct names {
    struct tp_str *name[2];
    size_t count[2];
    struct tp_buf text;
};

static void
release_names(struct names *names)
{
    free(names->name[LEFT]);
    free(names->name[RIGHT]);
    tp_buf_release(&names->text);
}

static size_t
bytes_of_names(const struct tp_unite_side *side)
{
    size_t bytes = 0;

    for (size_t i = 0; i < side->count; i++)
        bytes += side->member[i].name.len;
    return bytes;
}

/* Of a side that is missing those that it is known to have. */
static int
learn_side(const struct tp_unite *u, int which, bool there, struct names *names)
{
    const struct tp_unite_side *side = &u->side[which];
    size_t count = there ? side->count : u->knowns[which];

    names->name[which] = calloc(count + 1, sizeof *names->name[which]);
    if (!names->name[which])
        return -1;
    names->count[which] = count;
    for (size_t i = 0; i < count; i++)
        names->name[which][i] =
            there ? tp_member_name(&side->member[i], &names->text) : u->known[which][i];
    return 0;
}

static int
learn_names(const struct tp_unite *u, const struct tp_unite_plan *plan, struct names *names)
{
    size_t bytes = bytes_of_names(&u->side[LEFT]) + bytes_of_names(&u->side[RIGHT]);

    /* No name grows when its escapes are undone: reserved once, nothing moves. */
    if (!tp_buf_reserve(&names->text, bytes))
        return -1;
    return learn_side(u, LEFT, plan->there[LEFT], names) < 0
               ? -1
               : learn_side(u, RIGHT, plan->there[RIGHT], names);
}

static bool
is_own(const struct tp_unite *u, struct tp_str name)
{
    return tp_str_equal(name, TP_STR("@timestamp")) || tp_str_equal(name, TP_STR("@op")) ||
           has_name(u->taken, u->takes, name);
}

static enum fate
fate_of(const struct tp_unite *u, const struct names *names, int which, struct tp_str name)
{
    int other = which == LEFT ? RIGHT : LEFT;
    struct tp_str prefix = which == LEFT ? u->left_prefix : u->right_prefix;

    if (is_own(u, name))
        return which == LEFT && u->keeps_own ? COPIED : LEFT_OUT;
    if (!has_name(names->name[other], names->count[other], name))
        return COPIED;
    if (has_name(u->shared, u->shares, name))
        return which == LEFT ? COPIED : LEFT_OUT;
    return prefix.len > 0 ? RENAMED : COPIED;
}

/* NAME with its side's PREFIX in front as often as it takes to be like no other. */
static struct slice
rename_member(struct tp_unite_plan *plan, const struct names *names, struct tp_str prefix,
              struct tp_str name)
{
    struct tp_buf longer = TP_BUF_INIT;
    struct slice renamed = {plan->text.len, 0};

    do {
        struct tp_buf next = TP_BUF_INIT;

        tp_buf_put_str(&next, prefix);
        tp_buf_put_str(&next, longer.ptr ? tp_buf_str(&longer) : name);
        tp_buf_release(&longer);
        longer = next;
    } while (!tp_buf_failed(&longer) &&
             (has_name(names->name[LEFT], names->count[LEFT], tp_buf_str(&longer)) ||
              has_name(names->name[RIGHT], names->count[RIGHT], tp_buf_str(&longer))));
    plan->text.failed |= tp_buf_failed(&longer);
    if (!tp_buf_failed(&longer)) {
        tp_text_quote(tp_buf_str(&longer), &plan->text);
        tp_buf_put_char(&plan->text, ':');
    }
    tp_buf_release(&longer);
    renamed.len = plan->text.len - renamed.at;
    return renamed;
}

static int
plan_side(const struct tp_unite *u, struct tp_unite_plan *plan, int which,
          const struct names *names)
{
    const struct tp_unite_side *side = &u->side[which];
    struct tp_str prefix = which == LEFT ? u->left_prefix : u->right_prefix;

    plan->member[which] = calloc(side->count + 1, sizeof *plan->member[which]);
    if (!plan->member[which])
        return -1;
    plan->count[which] = side->count;
    for (size_t i = 0; i < side->count; i++) {
        struct planned *planned = &plan->member[which][i];
        struct tp_str name = names->name[which][i];

        planned->name = (struct slice){plan->text.len, side->member[i].name.len};
        tp_buf_put_str(&plan->text, side->member[i].name);
        planned->fate = fate_of(u, names, which, name);
        if (planned->fate == RENAMED)
            planned->renamed = rename_member(plan, names, prefix, name);
    }
    return tp_buf_failed(&plan->text) ? -1 : 0;
}

static int
fill_plan(const struct tp_unite *u, struct tp_unite_plan *plan)
{
    struct names names = {.text = TP_BUF_INIT};
    int result = learn_names(u, plan, &names);

    for (int which = LEFT; which <= RIGHT && result == 0; which++)
        result = plan_side(u, plan, which, &names);
    release_names(&names);
    return result;
}

/* In place of the oldest. NULL: memory ran out. */
static const struct tp_unite_plan *
make_plan(struct tp_unite *u, const bool there[2])
{
    struct tp_unite_plan *plan = calloc(1, sizeof *plan);

    if (!plan)
        return NULL;
    plan->there[LEFT] = there[LEFT];
    plan->there[RIGHT] = there[RIGHT];
    plan->takes = u->takes;
    if (fill_plan(u, plan) < 0) {
        free_plan(plan);
        return NULL;
    }
    u->last = (u->last + 1) % TP_UNITE_PLANS;
    free_plan(u->plan[u->last]);
    u->plan[u->last] = plan;
    return plan;
}

static bool
fits_side(const struct tp_unite_plan *plan, int which, const struct tp_unite_side *side)
{
    if (plan->count[which] != side->count)
        return false;
    for (size_t i = 0; i < side->count; i++)
        if (!tp_str_equal(text_of(plan, plan->member[which][i].name), side->member[i].name))
            return false;
    return true;
}

/* Was the plan made for records of these names? */
static bool
fits(const struct tp_unite *u, const struct tp_unite_plan *plan, const bool there[2])
{
    return plan && plan->there[LEFT] == there[LEFT] && plan->there[RIGHT] == there[RIGHT] &&
           plan->takes == u->takes && fits_side(plan, LEFT, &u->side[LEFT]) &&
           fits_side(plan, RIGHT, &u->side[RIGHT]);
}

/* The plan for the members at hand, the youngest first; NULL: memory ran out. */
static const struct tp_unite_plan *
plan_for(struct tp_unite *u, const bool there[2])
{
    for (unsigned i = 0; i < TP_UNITE_PLANS; i++) {
        unsigned at = (u->last + TP_UNITE_PLANS - i) % TP_UNITE_PLANS;

        if (fits(u, u->plan[at], there))
            return u->plan[at];
    }
    return make_plan(u, there);
}

/* --- rows --------------------------------------------------------------------------------------*/

/* Members from I on that can be copied at once: nothing but a comma is between them; *END is where
 * the last of them ends. */
static size_t
run_of(const struct tp_unite_side *side, const struct planned *planned, size_t i, const char **end)
{
    size_t next = i + 1;

    *end = side->member[i].text.ptr + side->member[i].text.len;
    while (next < side->count && planned[next].fate == COPIED && **end == ',' &&
           side->member[next].text.ptr == *end + 1) {
        *end += 1 + side->member[next].text.len;
        next++;
    }
    return next - i;
}

static void
write_side(const struct tp_unite_side *side, const struct tp_unite_plan *plan, int which,
           struct tp_emit *row)
{
    const struct planned *planned = plan->member[which];
    const char *end;

    for (size_t i = 0, taken; i < side->count; i += taken) {
        taken = 1;
        if (planned[i].fate == LEFT_OUT)
            continue;
        if (row->any)
            tp_buf_put_char(row->to, ',');
        row->any = true;
        if (planned[i].fate == RENAMED) {
            tp_buf_put_str(row->to, text_of(plan, planned[i].renamed));
            tp_buf_put_str(row->to, tp_slot_json(&side->member[i].value));
        } else {
            taken = run_of(side, planned, i, &end);
            tp_buf_put(row->to, side->member[i].text.ptr, (size_t)(end - side->member[i].text.ptr));
        }
    }
}

int
tp_unite_members(struct tp_unite *u, struct tp_str left, struct tp_str right, struct tp_emit *row,
                 struct tp_err *err)
{
    const bool there[2] = {left.ptr != NULL, right.ptr != NULL};
    const struct tp_unite_plan *plan;

    if (collect(&u->side[LEFT], left) < 0 || collect(&u->side[RIGHT], right) < 0)
        return tp_err_memory(err);
    plan = plan_for(u, there);
    if (!plan)
        return tp_err_memory(err);
    write_side(&u->side[LEFT], plan, LEFT, row);
    write_side(&u->side[RIGHT], plan, RIGHT, row);
    return tp_buf_failed(row->to) ? tp_err_memory(err) : 0;
}
