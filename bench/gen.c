/*
 * gen SHAPE [COUNT [SEED]]: web-log records for the benchmarks, the same for the same seed.
 *
 * Times advance over six hours whatever COUNT is, and stand up to 5 s behind. `weblog` records have
 * 211 bytes in the mean, as the field's figures do; the other shapes bend that record in one way
 * each, to see what the scanner's guesses cost where they do not hold. `csv` holds the very records
 * of `weblog`, `ordered` records are in order and have `@timestamp`.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

enum {
    SPAN_MS = 6 * 3600 * 1000,
    DISORDER_MS = 5000,
    MEMBERS = 9,
    MEMBER_SIZE = 512,
    WRITE_SIZE = 1 << 20,
};

static const int64_t start_ms = INT64_C(1795219200000); /* 2026-11-21T00:00:00Z */

static const char *const methods[] = {"GET", "GET", "GET", "GET", "GET", "GET", "POST", "HEAD"};
static const char *const paths[] = {"/api/v1/items/%d", "/static/app-%d.js", "/images/photo%d.jpg",
                                    "/search?q=%d&page=2", "/users/%d/profile"};
static const char *const referers[] = {"-", "http://example.com/", "https://www.example.org/a/b",
                                       "http://example.net/?id=88"};
static const char *const agents[] = {"Mozilla/5.0 (X11; Linux x86_64)",
                                     "Mozilla/5.0 (Windows NT 10.0)", "curl/7.88.1",
                                     "Mozilla/5.0 (iPhone; OS 16_1)"};
static const char *const escaped_agents[] = {"Mozilla\\/5.0 \\\"X11\\\"; \\u004cinux",
                                             "line\\none\\ttab \\\\ back", "caf\\u00e9 \\u2603",
                                             "\\\"quoted\\\" \\\"twice\\\" over"};
static const char *const cjk_agents[] = {"浏览器/5.0 (窗口系统)", "ブラウザ/5.0 (リナックス)",
                                         "브라우저/5.0 (윈도우)", "瀏覽器 五點零"};

/* Out of 1000: 200 dominates, as in any log. */
static const struct {
    int status, share;
} statuses[] = {{200, 820}, {304, 60}, {404, 50}, {301, 30},
                {500, 15},  {302, 10}, {206, 10}, {403, 5}};

struct random {
    uint64_t state;
};

struct record;

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014) */
static uint64_t
random_next(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int
random_below(struct random *random, int limit)
{
    return (int)(((random_next(random) >> 32) * (uint64_t)limit) >> 32);
}

enum {
    SPACED = 1 << 0,
    SHUFFLED = 1 << 1,
    OPTIONAL = 1 << 2,
    NESTED = 1 << 3,
    STAMPED = 1 << 4,
    LONG = 1 << 5,
    ORDERED = 1 << 6,
};

/* How the records of a shape look. */
struct shape {
    const char *name;
    const char *const *agents;
    unsigned flags;
    void (*write)(struct random *, const struct record *, unsigned flags);
};

struct record {
    int64_t time_ms;
    int ip[4];
    const char *method;
    char path[64];
    int status, bytes, latency_ms;
    const char *referer, *agent;
};

static int
random_status(struct random *random)
{
    int at = random_below(random, 1000);
    for (size_t i = 0; i < LENGTH(statuses); i++) {
        at -= statuses[i].share;
        if (at < 0)
            return statuses[i].status;
    }
    return 200;
}

static struct record
random_record(struct random *random, int64_t number, int64_t count, const struct shape *shape)
{
    int behind = random_below(random, DISORDER_MS);
    struct record record = {
        .time_ms = start_ms + DISORDER_MS + number * SPAN_MS / count -
                   (shape->flags & ORDERED ? 0 : behind),
        .method = methods[random_below(random, LENGTH(methods))],
        .status = random_status(random),
        .bytes = random_below(random, 65536),
        .latency_ms = random_below(random, 1000) * random_below(random, 1000) / 1000,
        .referer = referers[random_below(random, LENGTH(referers))],
        .agent = shape->agents[random_below(random, 4)],
    };
    for (int i = 0; i < 4; i++)
        record.ip[i] = 1 + random_below(random, 254);
    const char *path = paths[random_below(random, LENGTH(paths))];
    snprintf(record.path, sizeof record.path, path, random_below(random, 100000));
    return record;
}

static const char *
second_text(int64_t time_ms, const char *format, char text[32])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, 32, format, &tm);
    return text;
}

/* The members of a record as text: `"key":value`, with a blank after the colon where SPACE says. */
static void
format_members(const struct record *r, const char *space, char member[MEMBERS][MEMBER_SIZE])
{
    char second[32];
    second_text(r->time_ms, "%Y-%m-%dT%H:%M:%S", second);
    snprintf(member[0], MEMBER_SIZE, "\"time\":%s\"%s.%03dZ\"", space, second,
             (int)(r->time_ms % 1000));
    snprintf(member[1], MEMBER_SIZE, "\"ip\":%s\"%d.%d.%d.%d\"", space, r->ip[0], r->ip[1],
             r->ip[2], r->ip[3]);
    snprintf(member[2], MEMBER_SIZE, "\"method\":%s\"%s\"", space, r->method);
    snprintf(member[3], MEMBER_SIZE, "\"path\":%s\"%s\"", space, r->path);
    snprintf(member[4], MEMBER_SIZE, "\"status\":%s%d", space, r->status);
    snprintf(member[5], MEMBER_SIZE, "\"bytes\":%s%d", space, r->bytes);
    snprintf(member[6], MEMBER_SIZE, "\"latency\":%s%d.%03d", space, r->latency_ms / 1000,
             r->latency_ms % 1000);
    snprintf(member[7], MEMBER_SIZE, "\"referer\":%s\"%s\"", space, r->referer);
    snprintf(member[8], MEMBER_SIZE, "\"agent\":%s\"%s\"", space, r->agent);
}

static void
shuffle(struct random *random, int order[MEMBERS])
{
    for (int i = MEMBERS - 1; i > 0; i--) {
        int j = random_below(random, i + 1);
        int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

/* What optional records may lack: ip, method, referer, agent, each one time in four. */
static int
lacks(struct random *random, int member)
{
    return (member == 1 || member == 2 || member >= 7) && random_below(random, 4) == 0;
}

static void
write_json(struct random *random, const struct record *record, unsigned shape)
{
    char member[MEMBERS][MEMBER_SIZE];
    int order[MEMBERS] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    format_members(record, shape & SPACED ? " " : "", member);
    if (shape & SHUFFLED)
        shuffle(random, order);
    const char *comma = "{";
    if (shape & STAMPED) {
        printf("{\"@timestamp\":%s", member[0] + strlen("\"time\":"));
        comma = ",";
    }
    for (int i = shape & STAMPED ? 1 : 0; i < MEMBERS; i++) {
        if (shape & OPTIONAL && lacks(random, order[i]))
            continue;
        fputs(comma, stdout);
        comma = shape & SPACED ? ", " : ",";
        if (shape & NESTED && order[i] == 1)
            printf("\"client\":{%s,\"tags\":[\"a\",{\"b\":[1,2,3]}],\"geo\":{\"lat\":52.5,\"lon\":"
                   "13.4}}",
                   member[1]);
        else
            fputs(member[order[i]], stdout);
    }
    if (shape & LONG)
        printf(",\"body\":\"%01800d\"", record->bytes);
    fputs("}\n", stdout);
}

static void
write_csv(struct random *random, const struct record *r, unsigned flags)
{
    char second[32];
    (void)random, (void)flags;
    second_text(r->time_ms, "%Y-%m-%dT%H:%M:%S", second);
    printf("%s.%03dZ,%d.%d.%d.%d,%s,%s,%d,%d,%d.%03d,%s,\"%s\"\n", second, (int)(r->time_ms % 1000),
           r->ip[0], r->ip[1], r->ip[2], r->ip[3], r->method, r->path, r->status, r->bytes,
           r->latency_ms / 1000, r->latency_ms % 1000, r->referer, r->agent);
}

static void
write_combined(struct random *random, const struct record *r, unsigned flags)
{
    (void)random, (void)flags;
    char second[32];
    second_text(r->time_ms, "%d/%b/%Y:%H:%M:%S +0000", second);
    printf("%d.%d.%d.%d - - [%s] \"%s %s HTTP/1.1\" %d %d \"%s\" \"%s\"\n", r->ip[0], r->ip[1],
           r->ip[2], r->ip[3], second, r->method, r->path, r->status, r->bytes, r->referer,
           r->agent);
}

static const struct shape shapes[] = {
    {"weblog", agents, 0, write_json},
    {"spaced", agents, SPACED, write_json},
    {"escaped", escaped_agents, 0, write_json},
    {"cjk", cjk_agents, 0, write_json},
    {"nested", agents, NESTED, write_json},
    {"optional", agents, OPTIONAL, write_json},
    {"shuffled", agents, SHUFFLED, write_json},
    {"stamped", agents, STAMPED, write_json},
    {"ordered", agents, STAMPED | ORDERED, write_json},
    {"long", agents, LONG, write_json},
    {"combined", agents, 0, write_combined},
    {"csv", agents, 0, write_csv},
};

static const struct shape *
find_shape(const char *name)
{
    for (size_t i = 0; i < LENGTH(shapes); i++)
        if (strcmp(shapes[i].name, name) == 0)
            return &shapes[i];
    return NULL;
}

int
main(int argc, char **argv)
{
    const struct shape *shape = argc > 1 ? find_shape(argv[1]) : NULL;
    if (!shape) {
        fputs("usage: gen SHAPE [COUNT [SEED]]; shapes:", stderr);
        for (size_t i = 0; i < LENGTH(shapes); i++)
            fprintf(stderr, " %s", shapes[i].name);
        fputs("\n", stderr);
        return 2;
    }
    int64_t count = argc > 2 ? strtoll(argv[2], NULL, 10) : 2000000;
    struct random random = {argc > 3 ? strtoull(argv[3], NULL, 10) : 1};
    setvbuf(stdout, NULL, _IOFBF, WRITE_SIZE);
    if (shape->write == write_csv)
        puts("time,ip,method,path,status,bytes,latency,referer,agent");
    for (int64_t i = 0; i < count; i++) {
        struct record record = random_record(&random, i, count, shape);
        shape->write(&random, &record, shape->flags);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 3;
}
