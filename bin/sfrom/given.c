#include "given.h"

#include "filter/operator.h"
#include "value/num.h"

static struct tp_str
text_or_none(const char *text)
{
    return text ? tp_str_of(text) : (struct tp_str){NULL, 0};
}

/* Every option but those of all formats names the trait of the formats that take it. */
static int
check(const struct given *given, struct tp_err *err)
{
    const struct {
        unsigned trait;
        bool given;
        const char *name;
    } option[] = {
        {TP_TEXT_COLUMNS, given->columns, "--columns"},
        {TP_TEXT_SEPARATOR, given->separator, "--sep"},
        {TP_TEXT_INSIDE, given->inside, "--pair-sep"},
        {TP_TEXT_TYPED, given->text, "--text"},
        {TP_TEXT_PATTERN, given->pattern, "-e"},
        {TP_TEXT_PATTERNS, given->patterns_file, "--patterns"},
        {TP_TEXT_PATH, given->path, "--path"},
        {TP_TEXT_YEAR, given->year, "--year"},
    };
    const struct tp_text_format *format = given->format;

    for (size_t i = 0; i < sizeof option / sizeof *option; i++)
        if (option[i].given && !(format->traits & option[i].trait))
            return tp_err_set(err, TP_FAULT_USAGE, "%s has no use for %s", format->name,
                              option[i].name);
    if ((format->traits & TP_TEXT_PATTERN) && !given->pattern)
        return tp_err_set(err, TP_FAULT_USAGE, "%s needs -e PATTERN", format->name);
    if ((format->traits & TP_TEXT_TIMED) && given->time_member)
        return tp_err_set(err, TP_FAULT_USAGE, "%s has its own time: no -t", format->name);
    if (given->zone_name && !given->time_member && !(format->traits & TP_TEXT_ZONE))
        return tp_err_set(err, TP_FAULT_USAGE, "--tz is for the member of -t");
    if (given->time_format && !given->time_member)
        return tp_err_set(err, TP_FAULT_USAGE, "--time-format is for the member of -t");
    return 0;
}

static int
take_time(struct given *given, tp_time now, struct tp_err *err)
{
    struct tp_text_options *taken = &given->taken;
    const char *year = given->year, *zone = given->zone_name;
    struct tp_err why;

    taken->time_member = text_or_none(given->time_member);
    taken->now = now;
    taken->year = -1;
    if (year && (!tp_num_parse_int(tp_str_of(year), &taken->year) || taken->year < 1970 ||
                 taken->year > 2261))
        return tp_err_set(err, TP_FAULT_USAGE, "--year: 1970 to 2261, not \"%s\"", year);
    if (zone && !(taken->zone = tp_zone_open(tp_str_of(zone), &why)))
        return tp_err_set(err, TP_FAULT_USAGE, "--tz: %s", why.text);
    if (!given->time_member)
        return 0;
    taken->stamp = tp_stamp_new(given->time_format, taken->zone, &why);
    return taken->stamp ? 0 : tp_err_set(err, TP_FAULT_USAGE, "--time-format: %s", why.text);
}

/* A separator as the shell lets one write it: \t is a tab. */
static struct tp_str
separator_of(const char *text, struct tp_buf *to)
{
    for (const char *p = text; text && *p; p++) {
        bool tab = p[0] == '\\' && p[1] == 't';

        tp_buf_put_char(to, tab ? '\t' : *p);
        p += tab;
    }
    return text ? (struct tp_str){tp_buf_text(to), to->len} : (struct tp_str){NULL, 0};
}

int
given_take(struct given *given, const char *name, tp_time now, struct tp_err *err)
{
    struct tp_text_options *taken = &given->taken;

    given->format = tp_text_format_find(name, err);
    if (!given->format || check(given, err) < 0 || take_time(given, now, err) < 0)
        return -1;
    if (given->patterns_file && tp_read_text_file(given->patterns_file, &given->patterns, err) < 0)
        return -1;
    taken->columns = text_or_none(given->columns);
    taken->separator = separator_of(given->separator, &given->separator_text);
    taken->inside = separator_of(given->inside, &given->inside_text);
    if (tp_buf_failed(&given->separator_text) || tp_buf_failed(&given->inside_text))
        return tp_err_memory(err);
    taken->pattern = text_or_none(given->pattern);
    taken->patterns = tp_buf_str(&given->patterns);
    taken->path = text_or_none(given->path);
    taken->text = given->text;
    return 0;
}

void
given_release(struct given *given)
{
    tp_stamp_free(given->taken.stamp);
    tp_zone_close(given->taken.zone);
    tp_buf_release(&given->patterns);
    tp_buf_release(&given->separator_text);
    tp_buf_release(&given->inside_text);
}

void
given_identify(const struct given *given, struct tp_emit *to)
{
    const struct {
        struct tp_str name;
        const char *value;
    } said[] = {
        {TP_STR("format"), given->format->name}, {TP_STR("columns"), given->columns},
        {TP_STR("sep"), given->separator},       {TP_STR("pair-sep"), given->inside},
        {TP_STR("pattern"), given->pattern},     {TP_STR("path"), given->path},
        {TP_STR("time"), given->time_member},    {TP_STR("time-format"), given->time_format},
        {TP_STR("tz"), given->zone_name},
    };

    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (said[i].value)
            tp_emit_text(to, said[i].name, tp_str_of(said[i].value));
}
