/*
 * time_probe: answers time_oracle.py. One question a line, fields between tabs; one answer a line,
 * `error` and the reason when the library refuses.
 *
 *   offset ZONE NS        seconds east of UTC
 *   local ZONE NS         the instant of a local time, and once, twice or never
 *   parse TEXT            RFC 3339
 *   write NS              RFC 3339
 *   stamp FORMAT ZONE TEXT   tp_stamp_read_text; `-` for no zone
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/stamp.h"
#include "value/time.h"
#include "value/zone.h"

static struct tp_zone *
zone_named(const char *name)
{
    static struct tp_zone *zone;
    static char *opened;
    struct tp_err err;

    if (opened && strcmp(opened, name) == 0)
        return zone;
    tp_zone_close(zone);
    free(opened);
    opened = strdup(name);
    zone = tp_zone_open(tp_str_of(name), &err);
    if (!zone) {
        fprintf(stderr, "time_probe: %s\n", err.text);
        exit(3);
    }
    return zone;
}

static int
answer_local(const char *zone, const char *number, struct tp_err *err)
{
    static const char *const fits[] = {"once", "twice", "never"};
    enum tp_zone_fit fit;
    tp_time time;

    if (tp_zone_instant(zone_named(zone), strtoll(number, NULL, 10), &time, &fit, err) < 0)
        return -1;
    printf("%" PRId64 " %s\n", time, fits[fit]);
    return 0;
}

static int
answer_stamp(char **field, struct tp_err *err)
{
    struct tp_zone *zone = strcmp(field[2], "-") == 0 ? NULL : zone_named(field[2]);
    struct tp_stamp *stamp = tp_stamp_new(field[1], zone, err);
    tp_time time;
    int status;

    if (!stamp)
        return -1;
    status = tp_stamp_read_text(stamp, tp_str_of(field[3]), &time, err);
    tp_stamp_free(stamp);
    if (status == 0)
        printf("%" PRId64 "\n", time);
    return status;
}

static int
answer(char **field, struct tp_err *err)
{
    char text[TP_TIME_TEXT];
    bool zoneless;
    tp_time time;

    if (strcmp(field[0], "offset") == 0) {
        printf("%" PRId32 "\n", tp_zone_offset(zone_named(field[1]), strtoll(field[2], NULL, 10)));
        return 0;
    }
    if (strcmp(field[0], "local") == 0)
        return answer_local(field[1], field[2], err);
    if (strcmp(field[0], "stamp") == 0)
        return answer_stamp(field, err);
    if (strcmp(field[0], "write") == 0) {
        printf("%.*s\n", (int)tp_time_write(text, strtoll(field[1], NULL, 10)), text);
        return 0;
    }
    if (tp_time_parse(tp_str_of(field[1]), &time, &zoneless, err) < 0)
        return -1;
    printf("%" PRId64 "\n", time);
    return 0;
}

int
main(void)
{
    char line[4096];

    while (fgets(line, sizeof line, stdin)) {
        char *field[4] = {"", "", "", ""};
        char *rest = line;
        struct tp_err err;
        size_t i;

        line[strcspn(line, "\n")] = '\0';
        for (i = 0; i < 4 && rest; i++)
            field[i] = strsep(&rest, "\t");
        if (answer(field, &err) < 0)
            printf("error %s\n", err.text);
    }
    return 0;
}
