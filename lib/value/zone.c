#include "value/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "value/cursor.h"
#include "value/zone_table.h"

#define DATABASE "/usr/share/zoneinfo"
#define NAME_MAX_LEN 255
#define FILE_MAX_LEN (1 << 20) /* the longest of the database has 4 KiB */

struct tp_zone {
    struct tp_zone_table table;
    int32_t west, east;       /* its least and its greatest offset */
    struct tp_zone_span span; /* looked up last */
};

static void
widen(struct tp_zone *zone, int32_t offset)
{
    if (offset < zone->west)
        zone->west = offset;
    if (offset > zone->east)
        zone->east = offset;
}

static void
find_extremes(struct tp_zone *zone)
{
    const struct tp_zone_table *table = &zone->table;
    size_t i;

    zone->west = zone->east = table->offset[0];
    for (i = 1; i <= table->count; i++)
        widen(zone, table->offset[i]);
    if (table->has_rule)
        widen(zone, table->rule.standard);
    if (table->has_rule && table->rule.has_summer)
        widen(zone, table->rule.summer);
}

static struct tp_zone *
zone_of_table(const struct tp_zone_table *table, struct tp_err *err)
{
    struct tp_zone *zone = calloc(1, sizeof *zone);

    if (!zone) {
        tp_err_memory(err);
        return NULL;
    }
    zone->table = *table;
    find_extremes(zone);
    zone->span = tp_zone_table_span(&zone->table, 0);
    return zone;
}

/* A zone without transitions, all of it a rule. */
static struct tp_zone *
zone_of_rule(const struct tp_zone_rule *rule, struct tp_err *err)
{
    struct tp_zone_table table = {.has_rule = true, .rule = *rule};
    struct tp_zone *zone;

    table.offset = malloc(sizeof *table.offset);
    if (!table.offset) {
        tp_err_memory(err);
        return NULL;
    }
    table.offset[0] = rule->standard;
    zone = zone_of_table(&table, err);
    if (!zone)
        tp_zone_table_release(&table);
    return zone;
}

static struct tp_zone *
zone_of_offset(int32_t offset, struct tp_err *err)
{
    struct tp_zone_rule rule = {.standard = offset};

    return zone_of_rule(&rule, err);
}

static const char *
database(void)
{
    const char *folder = getenv("TZDIR");

    return folder && *folder ? folder : DATABASE;
}

/* Reads at most SIZE bytes; -1 with errno. */
static ssize_t
read_whole(int fd, char *to, size_t size)
{
    size_t len = 0;
    ssize_t got;

    while (len < size) {
        got = read(fd, to + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static struct tp_zone *
zone_of_fd(int fd, const char *path, struct tp_err *err)
{
    struct tp_zone_table table;
    struct tp_zone *zone = NULL;
    struct stat status;
    char *bytes;
    ssize_t len;

    if (fstat(fd, &status) < 0) {
        tp_err_system(err, path);
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > FILE_MAX_LEN) {
        tp_err_set(err, TP_FAULT_USAGE, "%s is not a time zone file", path);
        return NULL;
    }
    bytes = malloc((size_t)status.st_size + 1);
    if (!bytes) {
        tp_err_memory(err);
        return NULL;
    }
    len = read_whole(fd, bytes, (size_t)status.st_size);
    if (len < 0) {
        tp_err_system(err, path);
    } else if (tp_zone_table_read((struct tp_str){bytes, (size_t)len}, path, &table, err) == 0) {
        zone = zone_of_table(&table, err);
        if (!zone)
            tp_zone_table_release(&table);
    }
    free(bytes);
    return zone;
}

/* NULL with errno ENOENT when there is no such file, errno 0 for any other reason. */
static struct tp_zone *
zone_of_file(const char *path, struct tp_err *err)
{
    struct tp_zone *zone;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;

        tp_err_system(err, path);
        errno = missing ? ENOENT : 0;
        return NULL;
    }
    zone = zone_of_fd(fd, path, err);
    close(fd);
    errno = 0;
    return zone;
}

/* Letters, digits and a few signs; no way out of the database's folder. */
static bool
is_name(struct tp_str name)
{
    size_t i;

    if (name.len == 0 || name.len > NAME_MAX_LEN || name.ptr[0] == '/')
        return false;
    for (i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (c == '.' && i + 1 < name.len && name.ptr[i + 1] == '.')
            return false;
        if (c <= ' ' || c > '~' || strchr("\"'\\<>|&;$*?", c))
            return false;
    }
    return true;
}

static void
refuse_name(struct tp_str name, struct tp_err *err)
{
    if (access(database(), F_OK) < 0)
        tp_err_set(err, TP_FAULT_USAGE,
                   "no time zone database in %s (Debian package tzdata); only UTC and offsets such "
                   "as +02:00 work without it",
                   database());
    else
        tp_err_set(err, TP_FAULT_USAGE,
                   "no time zone \"%s\" in %s (expected a name such as Europe/Berlin, UTC, local, "
                   "or an offset such as +02:00)",
                   tp_excerpt_of(name).text, database());
}

/* Sets *MISSING when the database has no such zone. */
static struct tp_zone *
zone_of_name(struct tp_str name, bool *missing, struct tp_err *err)
{
    char path[4096];
    struct tp_zone *zone;
    int len;

    *missing = true;
    if (!is_name(name)) {
        refuse_name(name, err);
        return NULL;
    }
    len = snprintf(path, sizeof path, "%s/%.*s", database(), (int)name.len, name.ptr);
    if (len < 0 || (size_t)len >= sizeof path) {
        refuse_name(name, err);
        return NULL;
    }
    zone = zone_of_file(path, err);
    *missing = !zone && errno == ENOENT;
    if (*missing)
        refuse_name(name, err);
    return zone;
}

/* $TZ: `:name`, a name, a path, or a rule such as CET-1CEST,M3.5.0,M10.5.0/3. */
static struct tp_zone *
zone_of_environment(const char *text, struct tp_err *err)
{
    struct tp_zone_rule rule;
    struct tp_zone *zone;
    bool missing;

    if (*text == ':')
        text++;
    if (*text == '\0')
        return zone_of_offset(0, err);
    if (*text == '/')
        return zone_of_file(text, err);
    zone = zone_of_name(tp_str_of(text), &missing, err);
    if (!zone && missing && tp_zone_rule_parse(tp_str_of(text), &rule))
        return zone_of_rule(&rule, err);
    return zone;
}

static struct tp_zone *
zone_of_machine(struct tp_err *err)
{
    const char *text = getenv("TZ");
    struct tp_zone *zone;

    if (text)
        return zone_of_environment(text, err);
    zone = zone_of_file("/etc/localtime", err);
    return !zone && errno == ENOENT ? zone_of_offset(0, err) : zone;
}

struct tp_zone *
tp_zone_open(struct tp_str name, struct tp_err *err)
{
    struct tp_cursor cursor = {name.ptr, name.ptr + name.len};
    int32_t offset;
    bool missing;

    if (tp_str_equal(name, TP_STR("UTC")))
        return zone_of_offset(0, err);
    if (tp_str_equal(name, TP_STR("local")))
        return zone_of_machine(err);
    if (name.len > 0 && tp_cursor_offset(&cursor, &offset) && cursor.at == cursor.end)
        return zone_of_offset(offset, err);
    return zone_of_name(name, &missing, err);
}

void
tp_zone_close(struct tp_zone *zone)
{
    if (!zone)
        return;
    tp_zone_table_release(&zone->table);
    free(zone);
}

static int64_t
second_of(tp_time time)
{
    return time / TP_SECOND - (time % TP_SECOND < 0);
}

int32_t
tp_zone_offset(struct tp_zone *zone, tp_time time)
{
    int64_t second = second_of(time);

    if (second < zone->span.from || second >= zone->span.until)
        zone->span = tp_zone_table_span(&zone->table, second);
    return zone->span.offset;
}

/* Whether SECOND lies so deep in the span looked up last that no other offset could give the same
 * local time. */
static bool
is_deep(const struct tp_zone *zone, int64_t second)
{
    int64_t spread = zone->east - zone->west;
    bool after = zone->span.from == INT64_MIN || second - spread >= zone->span.from;
    bool before = zone->span.until == INT64_MAX || second + spread < zone->span.until;

    return after && before;
}

/* Walks the spans that could hold LOCAL, earliest first. Where none does, the clocks jumped over
 * it: the span before the jump then says how much later it is moved (as java.time does). */
static int64_t
search_second(struct tp_zone *zone, int64_t local, enum tp_zone_fit *fit)
{
    struct tp_zone_span span = tp_zone_table_span(&zone->table, local - zone->east);
    int64_t found = 0, moved = local - span.offset;

    *fit = TP_ZONE_NEVER;
    for (;;) {
        int64_t second = local - span.offset;

        if (second >= span.from && second < span.until && *fit == TP_ZONE_ONCE) {
            *fit = TP_ZONE_TWICE;
            return found;
        }
        if (second >= span.from && second < span.until) {
            *fit = TP_ZONE_ONCE;
            found = second;
            zone->span = span;
        }
        if (second >= span.until)
            moved = second;
        if (span.until > local - zone->west)
            break;
        span = tp_zone_table_span(&zone->table, span.until);
    }
    return *fit == TP_ZONE_ONCE ? found : moved;
}

int64_t
tp_zone_second(struct tp_zone *zone, int64_t local, enum tp_zone_fit *fit)
{
    int64_t second = local - zone->span.offset;
    enum tp_zone_fit ignored;

    if (is_deep(zone, second)) {
        if (fit)
            *fit = TP_ZONE_ONCE;
        return second;
    }
    return search_second(zone, local, fit ? fit : &ignored);
}

int
tp_zone_instant(struct tp_zone *zone, tp_time local, tp_time *time, enum tp_zone_fit *fit,
                struct tp_err *err)
{
    int64_t second = second_of(local);
    int64_t shift = tp_zone_second(zone, second, fit) - second;

    if (tp_time_add(local, shift * TP_SECOND, time))
        return 0;
    return tp_err_set(err, TP_FAULT_RECORD, "time out of range (years 1677 to 2262)");
}
