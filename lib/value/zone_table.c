#include "value/zone_table.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_LEN 44

struct header {
    int version; /* 1, 2, … */
    uint32_t ut_marks, standard_marks, leaps, transitions, types, letters;
};

static uint32_t
big_endian_32(const char *p)
{
    const unsigned char *byte = (const unsigned char *)p;

    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static int64_t
big_endian_64(const char *p)
{
    return (int64_t)((uint64_t)big_endian_32(p) << 32 | big_endian_32(p + 4));
}

static bool
read_header(struct tp_str bytes, struct header *header)
{
    const char *p = bytes.ptr;

    if (bytes.len < HEADER_LEN || memcmp(p, "TZif", 4) != 0)
        return false;
    if (p[4] != '\0' && (p[4] < '2' || p[4] > '9'))
        return false;
    header->version = p[4] == '\0' ? 1 : p[4] - '0';
    header->ut_marks = big_endian_32(p + 20);
    header->standard_marks = big_endian_32(p + 24);
    header->leaps = big_endian_32(p + 28);
    header->transitions = big_endian_32(p + 32);
    header->types = big_endian_32(p + 36);
    header->letters = big_endian_32(p + 40);
    return header->types >= 1 && header->types <= 256;
}

/* Six counts of 32 bits times at most 12: fits 64 bits whatever they are. */
static uint64_t
body_len(const struct header *header, uint64_t time_len)
{
    return header->transitions * (time_len + 1) + header->types * UINT64_C(6) + header->letters +
           header->leaps * (time_len + 4) + (uint64_t)header->standard_marks + header->ut_marks;
}

static bool
read_transitions(const struct header *header, const char *body, size_t time_len,
                 struct tp_zone_table *table)
{
    const char *index = body + table->count * time_len;
    const char *type = index + table->count;
    size_t i;

    for (i = 0; i <= table->count; i++) {
        /* RFC 8536 section 3.2: type 0 is for what lies before the first transition. */
        unsigned which = i == 0 ? 0 : (unsigned char)index[i - 1];

        if (which >= header->types)
            return false;
        table->offset[i] = (int32_t)big_endian_32(type + 6 * (size_t)which);
        if (table->offset[i] < -TP_ZONE_OFFSET_MAX || table->offset[i] > TP_ZONE_OFFSET_MAX)
            return false;
    }
    for (i = 0; i < table->count; i++) {
        const char *p = body + i * time_len;

        table->at[i] = time_len == 8 ? big_endian_64(p) : (int32_t)big_endian_32(p);
        if (i > 0 && table->at[i] <= table->at[i - 1])
            return false;
    }
    return true;
}

/* The footer: a rule between two newlines, or nothing between them. */
static bool
read_footer(struct tp_str rest, struct tp_zone_table *table)
{
    const char *end;
    struct tp_str text;

    if (rest.len < 2 || rest.ptr[0] != '\n')
        return false;
    end = memchr(rest.ptr + 1, '\n', rest.len - 1);
    if (!end)
        return false;
    text = (struct tp_str){rest.ptr + 1, (size_t)(end - rest.ptr - 1)};
    table->has_rule = text.len > 0;
    return text.len == 0 || tp_zone_rule_parse(text, &table->rule);
}

static int
damaged(struct tp_err *err, const char *name)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "time zone file %s is damaged", name);
}

/* Steps over the first block, whose times have 32 bits, when a second one with 64 follows. */
static bool
find_body(struct tp_str *bytes, struct header *header, size_t *time_len)
{
    uint64_t skip;

    if (!read_header(*bytes, header))
        return false;
    *time_len = 4;
    if (header->version >= 2) {
        skip = HEADER_LEN + body_len(header, 4);
        if (skip > bytes->len)
            return false;
        bytes->ptr += skip;
        bytes->len -= (size_t)skip;
        if (!read_header(*bytes, header) || header->version < 2)
            return false;
        *time_len = 8;
    }
    bytes->ptr += HEADER_LEN;
    bytes->len -= HEADER_LEN;
    return body_len(header, *time_len) <= bytes->len;
}

int
tp_zone_table_read(struct tp_str bytes, const char *name, struct tp_zone_table *table,
                   struct tp_err *err)
{
    struct header header;
    size_t time_len, len;
    bool good;

    *table = (struct tp_zone_table){0};
    if (bytes.len < 4 || memcmp(bytes.ptr, "TZif", 4) != 0)
        return tp_err_set(err, TP_FAULT_USAGE, "%s is not a time zone file", name);
    if (!find_body(&bytes, &header, &time_len))
        return damaged(err, name);
    if (header.leaps != 0)
        return tp_err_set(err, TP_FAULT_USAGE,
                          "time zone file %s counts leap seconds (a `right/` zone); "
                          "tidepipe's days have 86400 seconds",
                          name);
    table->count = header.transitions;
    table->at = malloc((table->count + 1) * sizeof *table->at);
    table->offset = malloc((table->count + 1) * sizeof *table->offset);
    if (!table->at || !table->offset) {
        tp_zone_table_release(table);
        return tp_err_memory(err);
    }
    good = read_transitions(&header, bytes.ptr, time_len, table);
    len = (size_t)body_len(&header, time_len);
    if (good && time_len == 8)
        good = read_footer((struct tp_str){bytes.ptr + len, bytes.len - len}, table);
    if (good)
        return 0;
    tp_zone_table_release(table);
    return damaged(err, name);
}

void
tp_zone_table_release(struct tp_zone_table *table)
{
    free(table->at);
    free(table->offset);
    *table = (struct tp_zone_table){0};
}

/* How many transitions are not later than SECOND. */
static size_t
count_until(const struct tp_zone_table *table, int64_t second)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table->at[middle] <= second)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct tp_zone_span
tp_zone_table_span(const struct tp_zone_table *table, int64_t second)
{
    size_t passed = count_until(table, second);
    struct tp_zone_span span = {INT64_MIN, INT64_MAX, table->offset[passed]};

    if (passed == table->count && table->has_rule)
        span = tp_zone_rule_span(&table->rule, second);
    if (passed > 0 && span.from < table->at[passed - 1])
        span.from = table->at[passed - 1];
    if (passed < table->count)
        span.until = table->at[passed];
    return span;
}
