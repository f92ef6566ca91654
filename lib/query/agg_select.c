/*
 * Introselect (Musser, "Introspective Sorting and Selection Algorithms", 1997): quickselect on the
 * median of three, until partitions go badly; then on the median of medians of five (Blum et al.,
 * "Time bounds for selection", 1973), which cannot.
 */
#include "query/agg_select.h"

#include <stdbool.h>

#define SMALL 16     /* sorted by insertion */
#define BAD_ROUNDS 8 /* partitions that may leave more than 3/4 */

static void
swap(int64_t *a, int64_t *b)
{
    int64_t kept = *a;

    *a = *b;
    *b = kept;
}

static void
insertion_sort(int64_t *word, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int64_t moving = word[i];
        size_t at = i;

        for (; at > 0 && word[at - 1] > moving; at--)
            word[at] = word[at - 1];
        word[at] = moving;
    }
}

/* Brings the median of the first, middle and last to the front. */
static void
median_of_three_to_front(int64_t *word, size_t count)
{
    int64_t *first = word, *middle = word + count / 2, *last = word + count - 1;

    if (*middle > *last)
        swap(middle, last);
    if (*first > *last)
        swap(first, last);
    if (*first < *middle)
        swap(first, middle);
}

static void
median_of_medians_to_front(int64_t *word, size_t count)
{
    size_t groups = count / 5;

    for (size_t i = 0; i < groups; i++) {
        insertion_sort(word + 5 * i, 5);
        swap(&word[i], &word[5 * i + 2]);
    }
    tp_agg_select(word, groups, groups / 2);
    swap(&word[0], &word[groups / 2]);
}

/* Hoare's partition by the pivot at the front: none of [0, result) is greater than any of
 * [result, count), and neither is empty. */
static size_t
partition(int64_t *word, size_t count)
{
    int64_t pivot = word[0];
    size_t low = 0, high = count - 1;

    for (;;) {
        while (word[low] < pivot)
            low++;
        while (word[high] > pivot)
            high--;
        if (low >= high)
            return high + 1;
        swap(&word[low++], &word[high--]);
    }
}

void
tp_agg_select(int64_t *word, size_t count, size_t k)
{
    int bad_rounds = 0;

    while (count > SMALL) {
        size_t split, left;

        if (bad_rounds < BAD_ROUNDS)
            median_of_three_to_front(word, count);
        else
            median_of_medians_to_front(word, count);
        split = partition(word, count);
        left = k < split ? split : count - split;
        bad_rounds += left > count - count / 4;
        if (k >= split) {
            word += split;
            k -= split;
        }
        count = left;
    }
    insertion_sort(word, count);
}

static void
sift_down(int64_t *word, size_t count, size_t at)
{
    size_t child;

    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && word[child + 1] > word[child])
            child++;
        if (word[at] >= word[child])
            return;
        swap(&word[at], &word[child]);
        at = child;
    }
}

/* Heapsort. */
void
tp_agg_sort(int64_t *word, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(word, count, i);
    for (size_t i = count; i-- > 1;) {
        swap(&word[0], &word[i]);
        sift_down(word, i, 0);
    }
}
