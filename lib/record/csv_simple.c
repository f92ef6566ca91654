/*
 * Rows as nearly all are: quotes stand around whole fields and nowhere else. Each window of 64
 * bytes becomes bits, one a byte; which separators stand inside quotes, and whether all quotes
 * stand where they may, is arithmetic on these (as in "Parsing Gigabytes of JSON per Second",
 * Langdale and Lemire 2019). libcsv goes byte by byte at a tenth of the speed.
 */
#include <stdlib.h>

#include "record/csv_marks.h"
#include "record/csv_reader.h"

/* What a window has to know of the one before it. */
struct quoting {
    uint64_t inside; /* all ones: it begins inside quotes */
    uint64_t starts; /* 1: with a field */
    uint64_t closed; /* 1: behind a closing quote */
};

/* Bit i: how many bits of WORD up to and with i are set, odd or even. */
static inline uint64_t
parities(uint64_t word)
{
    word ^= word << 1;
    word ^= word << 2;
    word ^= word << 4;
    word ^= word << 8;
    word ^= word << 16;
    return word ^ word << 32;
}

/* Takes from MARKS the separators inside quotes. False when a quote stands elsewhere than around a
 * field: an opening one behind something other than a separator, a closing one before something
 * other, as the first of a doubled one does. LEFT bytes belong to the row: it may end behind one.
 */
static inline bool
apply_quotes(struct quoting *state, struct tp_csv_marks *marks, size_t left)
{
    uint64_t valid = left < TP_CSV_WINDOW ? ~(UINT64_MAX << left) : UINT64_MAX;
    uint64_t inside = parities(marks->quotes) ^ state->inside;
    uint64_t opening = marks->quotes & inside, closing = marks->quotes & ~inside;
    uint64_t separators = marks->separators & ~inside;
    uint64_t starts = separators << 1 | state->starts, ends = closing << 1 | state->closed;

    marks->separators = separators;
    *state = (struct quoting){0 - (inside >> 63), separators >> 63, closing >> 63};
    return ((opening & ~starts) | (ends & valid & ~separators)) == 0;
}

/* The marks of the window at P, of which LEFT bytes belong to ROW. Nothing outside of ROW is read:
 * the last window is looked at from further in front. */
static inline struct tp_csv_marks
look(struct tp_str row, const char *p, size_t left, char separator)
{
    struct tp_csv_marks marks;
    char copy[TP_CSV_WINDOW] = {0};
    size_t missing = TP_CSV_WINDOW - left;

    if (left >= TP_CSV_WINDOW)
        return tp_csv_look(p, separator);
    if (row.len >= TP_CSV_WINDOW) {
        marks = tp_csv_look(p - missing, separator);
    } else {
        memcpy(copy + missing, p, left);
        marks = tp_csv_look(copy, separator);
    }
    marks.separators >>= missing;
    marks.quotes >>= missing;
    marks.odd >>= missing;
    return marks;
}

/* Room for the fields that a window can end, and the one behind it. */
static bool
make_room(struct tp_csv *csv)
{
    size_t cap = csv->cap ? 2 * csv->cap : 2 * TP_CSV_WINDOW;
    struct tp_csv_field *field;

    if (csv->cap - csv->count > TP_CSV_WINDOW)
        return true;
    field = realloc(csv->field, cap * sizeof *field);
    if (!field) {
        csv->failed = true;
        return false;
    }
    csv->field = field;
    csv->cap = cap;
    return true;
}

static inline void
add_field(struct tp_csv *csv, const char *from, const char *end, bool plain)
{
    bool quoted = from < end && *from == '"' && !csv->options.escapes;

    csv->field[csv->count++] = (struct tp_csv_field){
        {from + quoted, (size_t)(end - from) - 2 * quoted},
        quoted,
        plain,
    };
}

/* The field that has begun in an earlier window or in this one. */
struct begun {
    const char *from;
    bool plain; /* up to this window */
};

/* Adds the fields that end in the window at P. */
static inline void
add_fields(struct tp_csv *csv, struct begun *begun, const char *p, const struct tp_csv_marks *marks)
{
    uint64_t odd = marks->odd;

    for (uint64_t left = marks->separators; left; left &= left - 1) {
        const char *end = p + __builtin_ctzll(left);
        uint64_t before = odd & ((left & (0 - left)) - 1);

        add_field(csv, begun->from, end, begun->plain && !before);
        *begun = (struct begun){end + 1, true};
        odd ^= before;
    }
    begun->plain = begun->plain && !odd;
}

bool
tp_csv_split_simple(struct tp_csv *csv, struct tp_str row)
{
    struct quoting state = {.starts = 1};
    struct begun begun = {row.ptr, true};
    const char *p = row.ptr, *end;

    csv->count = 0;
    if (!make_room(csv))
        return false;
    if (row.len == 0) { /* its pointer may be NULL */
        csv->field[csv->count++] = (struct tp_csv_field){row, false, true};
        return true;
    }
    for (end = p + row.len; p < end; p += TP_CSV_WINDOW) {
        size_t left = (size_t)(end - p);
        struct tp_csv_marks marks = look(row, p, left, csv->options.separator);

        if (csv->options.escapes)
            marks.odd |= marks.quotes;
        else if (!apply_quotes(&state, &marks, left))
            return false;
        marks.odd &= ~marks.separators;
        if (!make_room(csv))
            return false;
        add_fields(csv, &begun, p, &marks);
    }
    if (state.inside)
        return false;
    add_field(csv, begun.from, end, begun.plain);
    return true;
}
