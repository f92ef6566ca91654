#include "record/epochs.h"

#include <stdlib.h>
#include <string.h>

#include "record/emit.h"
#include "record/member.h"
#include "value/num.h"

bool
tp_stage_name_is_valid(struct tp_str name)
{
    if (name.len == 0 || name.len > TP_STAGE_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '_' && c != '-')
            return false;
    }
    return true;
}

/* Where NAME is, or would be; *FOUND says which. */
static size_t
place_of(const struct tp_epochs *epochs, struct tp_str name, bool *found)
{
    size_t i = 0;
    int order = 1;

    for (; i < epochs->count; i++) {
        order = tp_str_compare(tp_str_of(epochs->item[i].name), name);
        if (order >= 0)
            break;
    }
    *found = i < epochs->count && order == 0;
    return i;
}

int
tp_epochs_set(struct tp_epochs *epochs, struct tp_str name, int64_t number, struct tp_err *err)
{
    bool found;
    size_t at = place_of(epochs, name, &found);
    struct tp_epoch *item;

    if (!tp_stage_name_is_valid(name))
        return tp_err_set(err, TP_FAULT_RECORD, "not a name of a stage: %.*s",
                          (int)(name.len < 60 ? name.len : 60), name.ptr);
    if (found && epochs->item[at].number == number)
        return 0;
    if (found)
        return tp_err_set(err, TP_FAULT_MACHINE, "two runs of %s at once: epochs %lld and %lld",
                          epochs->item[at].name, (long long)epochs->item[at].number,
                          (long long)number);
    item = realloc(epochs->item, (epochs->count + 1) * sizeof *item);
    if (!item)
        return tp_err_memory(err);
    epochs->item = item;
    memmove(item + at + 1, item + at, (epochs->count - at) * sizeof *item);
    memset(&item[at], 0, sizeof item[at]);
    memcpy(item[at].name, name.ptr, name.len);
    item[at].number = number;
    epochs->count++;
    return 0;
}

int
tp_epochs_unite(struct tp_epochs *epochs, const struct tp_epochs *more, struct tp_err *err)
{
    for (size_t i = 0; i < more->count; i++)
        if (tp_epochs_set(epochs, tp_str_of(more->item[i].name), more->item[i].number, err) < 0)
            return -1;
    return 0;
}

int64_t
tp_epochs_find(const struct tp_epochs *epochs, struct tp_str name)
{
    bool found;
    size_t at = place_of(epochs, name, &found);

    return found ? epochs->item[at].number : -1;
}

bool
tp_epochs_within(const struct tp_epochs *some, const struct tp_epochs *all)
{
    for (size_t i = 0; i < some->count; i++)
        if (tp_epochs_find(all, tp_str_of(some->item[i].name)) != some->item[i].number)
            return false;
    return true;
}

void
tp_epochs_write(const struct tp_epochs *epochs, struct tp_buf *to)
{
    struct tp_emit object = tp_emit_open(to);

    for (size_t i = 0; i < epochs->count; i++)
        tp_emit_int(&object, tp_str_of(epochs->item[i].name), epochs->item[i].number);
    tp_buf_put_char(to, '}');
}

int
tp_epochs_parse(struct tp_epochs *epochs, struct tp_str object, struct tp_err *err)
{
    struct tp_members walk = tp_members_open(object);
    struct tp_member member;

    while (tp_members_next(&walk, &member)) {
        struct tp_str text = {member.value.ptr, member.value.len};
        int64_t number;

        if (member.value.kind != TP_SLOT_INTEGER || !tp_num_parse_int(text, &number) || number < 0)
            return tp_err_set(err, TP_FAULT_RECORD, "an epoch is a whole number from 0");
        if (tp_epochs_set(epochs, member.name, number, err) < 0)
            return -1;
    }
    return 0;
}

void
tp_epochs_release(struct tp_epochs *epochs)
{
    free(epochs->item);
    *epochs = (struct tp_epochs){NULL, 0};
}
