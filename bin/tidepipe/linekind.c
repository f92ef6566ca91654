#include "linekind.h"

#include <stddef.h>

/* Lines of one part stay in this order. */
static const struct linekind kinds[] = {
    {.filter = "swindow", .first = "known"},
    {.filter = "swindow", .first = "pane"},
    {.filter = "swindow", .first = "held"},
    {.filter = "swindow", .first = "session"},
    {.filter = "swindow", .first = "seen"},
    {.filter = "swindow", .first = "cut"},
    {.filter = "sstep", .first = "key", .order = "seen"},
    {.filter = "sstep", .first = "time", .waits = true},
    {.filter = "sgap", .first = "key"},
    {.filter = "sgap", .first = "last"},
    {.filter = "sgap", .first = "held", .waits = true},
    {.filter = "sdedup", .first = "seen", .bytes = "seen"},
    {.filter = "sdedup", .first = "latest", .bytes = "key", .waits = true},
    {.filter = "sdedup", .first = "held", .bytes = "key", .waits = true, .order = "held"},
    {.filter = "srank", .first = "record", .leads = true, .records = "record"},
    {.filter = "srank", .first = "window_end", .records = "records"},
    {.filter = "sjoin", .first = "cell", .sides = true, .numbered = true, .keyless = true},
    {.filter = "sjoin", .first = "left", .sides = true, .names = true},
    {.filter = "sjoin", .first = "right", .sides = true, .names = true},
    {.filter = "sjoin", .first = "version", .sides = true},
    {.filter = "sjoin", .first = "left", .sides = true, .keyless = true},
    {.filter = "sjoin", .first = "right", .sides = true},
    {.filter = "ssort", .first = "spilled", .waits = true, .line = "line", .rank = "spilled"},
    {.filter = "ssort", .first = "held", .waits = true, .line = "line", .order = "held"},
    {.filter = "ssort", .first = "by", .waits = true, .line = "line", .rank = "by"},
};

static const struct {
    const char *filter, *first;
} common[] = {
    {"swindow", "changes"}, {"swindow", "watermark"}, {"swindow", "quiet"}, {"sgap", "watermark"},
    {"srank", "kinds"},     {"sdedup", "hashed"},     {"sdedup", "seed"},   {"sjoin", "met"},
    {"sjoin", "side"},      {"ssort", "kinds"},
};

static const struct {
    const char *filter, *why;
} reasons[] = {
    {"sdedup", "it saves hashes under a secret of each part, and not what they are of, which "
               "--verify without --on-change does"},
    {"swatermark", "event time is of the whole stream: let it stand before sroute"},
    {"sread", "a source is not split by key: let sroute stand behind it"},
    {"sfrom", "half a record has no key: let it stand before sroute"},
    {"swrite", "its files are of no key: let sunion bring the parts together before one swrite"},
    {"swindow", "-w all is one window, whose rows say when the whole part began and ended"},
};

const struct linekind *
linekind_of(struct tp_str filter, const struct tp_member *first)
{
    bool names = first->value.kind == TP_SLOT_ARRAY;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (tp_str_equal(filter, tp_str_of(kinds[i].filter)) &&
            tp_str_equal(first->name, tp_str_of(kinds[i].first)) && (names || !kinds[i].names))
            return &kinds[i];
    return NULL;
}

bool
linekind_is_common(struct tp_str filter, struct tp_str first)
{
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (tp_str_equal(filter, tp_str_of(common[i].filter)) &&
            tp_str_equal(first, tp_str_of(common[i].first)))
            return true;
    return false;
}

const char *
linekind_why_not(struct tp_str filter)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (tp_str_equal(filter, tp_str_of(reasons[i].filter)))
            return reasons[i].why;
    return NULL;
}
