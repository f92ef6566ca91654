#include "event/join_list.h"

#include <stdlib.h>
#include <string.h>

/* A record that belongs further than this from the end is put in place later. */
enum { NEAR_END = 256 };

static struct tp_join_entry *
entries(struct tp_join_list *list)
{
    return (list->cap ? list->in.many : list->in.few) + list->start;
}

size_t
tp_join_search(const struct tp_join_entry *from, size_t count, tp_time time, bool above)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (from[middle].time < time || (above && from[middle].time == time))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- order -------------------------------------------------------------------------------------*/

/* Stable merge sort of A[0, COUNT), with room for as many in SPARE. */
static void
merge_sort(struct tp_join_entry *a, size_t count, struct tp_join_entry *spare)
{
    size_t half = count / 2, left = 0, right = half, to = 0;

    if (count < 2)
        return;
    merge_sort(a, half, spare);
    merge_sort(a + half, count - half, spare);
    if (a[half - 1].time <= a[half].time)
        return;
    memcpy(spare, a, half * sizeof *a);
    while (left < half && right < count)
        a[to++] = a[right].time < spare[left].time ? a[right++] : spare[left++];
    memcpy(a + to, spare + left, (half - left) * sizeof *a);
}

/* Puts the tail in its place: it is sorted, then merged with those before it that are later than
 * its first, so that the work is bounded by the disorder, not by the length of the list. There is
 * always room for as many again behind the records (tp_join_list_make_room): sorting cannot fail.
 */
static void
sort(struct tp_join_list *list)
{
    struct tp_join_entry *a = entries(list), *spare = a + list->count;
    size_t left = 0, right = list->sorted, to, early;

    merge_sort(a + right, list->count - right, spare);
    to = tp_join_search(a, right, a[right].time, true);
    early = right - to;
    memcpy(spare, a + to, early * sizeof *a);
    while (left < early && right < list->count)
        a[to++] = a[right].time < spare[left].time ? a[right++] : spare[left++];
    memcpy(a + to, spare + left, (early - left) * sizeof *a);
    list->sorted = list->count;
}

const struct tp_join_entry *
tp_join_list_sorted(struct tp_join_list *list)
{
    if (list->sorted < list->count)
        sort(list);
    return entries(list);
}

/* --- room --------------------------------------------------------------------------------------*/

/* Moves the entries to the front of an array of CAP. */
static int
move_to(struct tp_join_list *list, uint32_t cap, size_t *size)
{
    struct tp_join_entry *grown = malloc(cap * sizeof *grown);

    if (!grown)
        return -1;
    memcpy(grown, entries(list), list->count * sizeof *grown);
    if (list->cap)
        free(list->in.many);
    *size += (cap - list->cap) * sizeof *grown;
    list->in.many = grown;
    list->cap = cap;
    list->start = 0;
    return 0;
}

/* And, where the list may have to be sorted, for as many again. Amortized: what is moved to the
 * front is less than what has left it. */
int
tp_join_list_make_room(struct tp_join_list *list, size_t *size)
{
    uint32_t cap = list->cap ? list->cap : TP_JOIN_FEW;
    uint32_t need = list->count < NEAR_END ? list->count + 1 : 2 * (list->count + 1);

    if (list->start + need <= cap)
        return 0;
    if (need <= cap && list->start >= list->count) {
        struct tp_join_entry *from = entries(list);

        memmove(from - list->start, from, list->count * sizeof *from);
        list->start = 0;
        return 0;
    }
    if (need > UINT32_MAX / 4)
        return -1;
    while (cap < need)
        cap *= 2;
    return move_to(list, list->start < list->count && list->cap ? 2 * cap : cap, size);
}

/* --- records -----------------------------------------------------------------------------------*/

void
tp_join_list_put(struct tp_join_list *list, struct tp_join_kept *kept)
{
    struct tp_join_entry *end = entries(list) + list->count, entry = {kept->time, kept};
    size_t near = list->count < NEAR_END ? list->count : NEAR_END;
    bool in_order = list->count == 0 || end[-1].time <= kept->time;
    bool is_sorted = list->sorted == list->count;

    list->count++;
    if (is_sorted && in_order) {
        *end = entry;
        list->sorted = list->count;
    } else if (is_sorted && (near == list->count - 1 || end[-(long)near].time <= kept->time)) {
        size_t at = tp_join_search(end - near, near, kept->time, true);

        memmove(end - near + at + 1, end - near + at, (near - at) * sizeof *end);
        end[(long)at - (long)near] = entry;
        list->sorted = list->count;
    } else {
        *end = entry;
    }
}

void
tp_join_list_drop_first(struct tp_join_list *list, size_t *size)
{
    list->start++;
    list->count--;
    list->sorted--;
    if (list->count > 0)
        return;
    list->start = 0;
    if (list->cap == 0)
        return;
    *size -= list->cap * sizeof *list->in.many;
    free(list->in.many);
    list->cap = 0;
}

void
tp_join_list_release(struct tp_join_list *list)
{
    if (list->cap)
        free(list->in.many);
}
