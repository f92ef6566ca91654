#include "stream/roll.h"

size_t
tp_roll_place(struct tp_str name)
{
    struct tp_str ending = tp_str_of(tp_pack_ending(tp_pack_of_name(name)));
    size_t end = name.len - (ending.len < name.len ? ending.len : 0), start = name.len;

    while (start > 0 && name.ptr[start - 1] != '/')
        start--;
    /* A full stop that begins a name hides it, and ends nothing. */
    for (size_t dot = end; dot > start + 1; dot--)
        if (name.ptr[dot - 1] == '.')
            return dot - 1;
    return end;
}

static void
put_stamp(struct tp_buf *to, tp_time start)
{
    struct tp_civil civil = tp_civil_of_time(start);

    tp_buf_printf(to, ".%04d-%02d-%02dT%02d%02d%02dZ", (int)civil.year, civil.month, civil.day,
                  civil.hour, civil.minute, civil.second);
}

void
tp_roll_write_path(const struct tp_roll *roll, struct tp_str name, tp_time start, uint64_t number,
                   struct tp_buf *to)
{
    size_t place = tp_roll_place(name);

    tp_buf_put(to, name.ptr, place);
    if (roll->by_time)
        put_stamp(to, start);
    if (roll->by_size)
        tp_buf_printf(to, ".%06llu", (unsigned long long)number);
    else if (number > 1)
        tp_buf_printf(to, "-%llu", (unsigned long long)number);
    tp_buf_put(to, name.ptr + place, name.len - place);
    if (roll->packing != TP_PACK_NONE && tp_pack_of_name(name) != roll->packing)
        tp_buf_put_str(to, tp_str_of(tp_pack_ending(roll->packing)));
}
