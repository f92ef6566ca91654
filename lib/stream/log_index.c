#include "stream/log_index.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "record/emit.h"

enum { BASE_DIGITS = 20, HASH_BYTES = 32 };

#define HASH_FORMAT ",\"line\":\"%016" PRIx64 "\"}\n"

static const char ending[] = ".ndjson";

char *
tp_log_path(const char *folder, uint64_t base, const char *suffix)
{
    char *path;

    return asprintf(&path, "%s/%020llu%s", folder, (unsigned long long)base, suffix) < 0 ? NULL
                                                                                         : path;
}

/* --- index -------------------------------------------------------------------------------------*/

static bool
take(const char **p, const char *text)
{
    size_t len = strlen(text);

    if (strncmp(*p, text, len) != 0)
        return false;
    *p += len;
    return true;
}

static bool
take_count(const char **p, uint64_t *count)
{
    char *behind;

    if (!isdigit((unsigned char)**p))
        return false;
    errno = 0;
    *count = strtoull(*p, &behind, 10);
    *p = behind;
    return errno == 0;
}

static bool
take_time(const char **p, tp_time *time)
{
    size_t len = strcspn(*p, "\"");
    bool zoneless;

    if (tp_time_parse((struct tp_str){*p, len}, time, &zoneless, NULL) < 0)
        return false;
    *p += len;
    return take(p, "\"");
}

static bool
take_sum(const char **p, uint64_t *sum)
{
    if (strspn(*p, "0123456789abcdef") != 16)
        return false;
    *sum = strtoull(*p, NULL, 16);
    *p += 16;
    return take(p, "\"");
}

static uint64_t
hash_of(const char *text, size_t len)
{
    return XXH64(text, len, 0);
}

/* `,"line":"HASH"}` of what stands before it, from LINE to P. */
static bool
take_hash(const char **p, const char *line)
{
    char hash[HASH_BYTES];

    snprintf(hash, sizeof hash, HASH_FORMAT, hash_of(line, (size_t)(*p - line)));
    return take(p, hash);
}

int
tp_log_mark_write(const struct tp_log_mark *mark, struct tp_buf *to, struct tp_err *err)
{
    size_t from = to->len;
    struct tp_emit row = tp_emit_open(to);

    tp_emit_int(&row, mark->is_end ? TP_STR("end") : TP_STR("offset"), (int64_t)mark->size);
    if (mark->latest != TP_TIME_BEFORE_ALL)
        tp_emit_time(&row, TP_STR("time"), mark->latest);
    if (mark->is_summed)
        tp_buf_printf(to, ",\"xxh64\":\"%016" PRIx64 "\"", mark->sum);
    if (tp_buf_failed(to))
        return tp_err_memory(err);
    tp_buf_printf(to, HASH_FORMAT, hash_of(to->ptr + from, to->len - from));
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

/* `{"offset":N,"time":"T","xxh64":"S","line":"H"}` or `{"end":N,...}`, with or without time and
 * sum. What does not look like one is what a crash left, or damage: it says nothing. */
static bool
parse_mark(const char *line, struct tp_log_mark *mark)
{
    const char *begin = line;

    mark->is_end = take(&line, "{\"end\":");
    mark->latest = TP_TIME_BEFORE_ALL;
    if (!mark->is_end && !take(&line, "{\"offset\":"))
        return false;
    if (!take_count(&line, &mark->size))
        return false;
    if (take(&line, ",\"time\":\"") && !take_time(&line, &mark->latest))
        return false;
    mark->is_summed = take(&line, ",\"xxh64\":\"");
    if (mark->is_summed && !take_sum(&line, &mark->sum))
        return false;
    return take_hash(&line, begin);
}

int
tp_log_index_read(const char *folder, uint64_t base,
                  bool (*visit)(void *user, const struct tp_log_mark *mark), void *user,
                  struct tp_err *err)
{
    char *path = tp_log_path(folder, base, ".index");
    FILE *file = path ? fopen(path, "re") : NULL;
    struct tp_log_mark mark;
    char line[200];
    int result = 0;

    if (!path)
        return tp_err_memory(err);
    if (!file && errno != ENOENT)
        result = tp_err_system(err, path);
    while (file && fgets(line, sizeof line, file) && parse_mark(line, &mark))
        if (!visit(user, &mark))
            break;
    if (file && ferror(file))
        result = tp_err_system(err, path);
    if (file)
        fclose(file);
    free(path);
    return result;
}

/* --- segments ----------------------------------------------------------------------------------*/

/* The number of a segment's file NAME, which ends with SUFFIX. */
static bool
parse_name(const char *name, const char *suffix, uint64_t *base)
{
    char *end;

    if (strspn(name, "0123456789") != BASE_DIGITS || strcmp(name + BASE_DIGITS, suffix) != 0)
        return false;
    errno = 0;
    *base = strtoull(name, &end, 10);
    return errno == 0;
}

static int
add(struct tp_log_segments *segments, uint64_t base, struct tp_err *err)
{
    struct tp_log_segment *grown =
        realloc(segments->segment, (segments->count + 1) * sizeof *grown);

    if (!grown)
        return tp_err_memory(err);
    segments->segment = grown;
    grown[segments->count++] = (struct tp_log_segment){.base = base, .latest = TP_TIME_BEFORE_ALL};
    return 0;
}

static int
compare(const void *a, const void *b)
{
    uint64_t x = ((const struct tp_log_segment *)a)->base;
    uint64_t y = ((const struct tp_log_segment *)b)->base;

    return (x > y) - (x < y);
}

static bool
note_last(void *user, const struct tp_log_mark *mark)
{
    struct tp_log_segment *segment = user;

    segment->end = mark->size;
    /* What is known of a beginning alone does not tell what is behind it. */
    segment->latest =
        mark->is_end || mark->size == segment->size ? mark->latest : TP_TIME_BEFORE_ALL;
    return true;
}

/* Size, and what must be there by the index and by the number of the next. 1: it was removed by
 * now, by its writer. */
static int
inspect(struct tp_log_segments *segments, size_t i, struct tp_err *err)
{
    struct tp_log_segment *segment = &segments->segment[i];
    char *path = tp_log_path(segments->folder, segment->base, ending);
    struct stat st;
    int result = 0;

    if (!path)
        return tp_err_memory(err);
    if (stat(path, &st))
        result = errno == ENOENT ? 1 : tp_err_system(err, path);
    else
        segment->size = (uint64_t)st.st_size;
    free(path);
    if (result != 0)
        return result;
    if (tp_log_index_read(segments->folder, segment->base, note_last, segment, err) < 0)
        return -1;
    if (i + 1 < segments->count)
        segment->end = segments->segment[i + 1].base - segment->base;
    return 0;
}

static int
list(struct tp_log_segments *segments, DIR *folder, struct tp_err *err)
{
    const struct dirent *entry;
    size_t kept = 0;
    uint64_t base;

    while ((entry = readdir(folder)))
        if (parse_name(entry->d_name, ending, &base) && add(segments, base, err) < 0)
            return -1;
    if (segments->count > 0)
        qsort(segments->segment, segments->count, sizeof *segments->segment, compare);
    for (size_t i = 0; i < segments->count; i++) {
        int result = inspect(segments, i, err);

        if (result < 0)
            return -1;
        if (result == 0)
            segments->segment[kept++] = segments->segment[i];
    }
    segments->count = kept;
    return 0;
}

int
tp_log_list(struct tp_log_segments *segments, const char *folder, struct tp_err *err)
{
    DIR *open = opendir(folder);
    int result;

    *segments = (struct tp_log_segments){.folder = strdup(folder)};
    if (!open || !segments->folder) {
        result = open ? tp_err_memory(err) : tp_err_system(err, folder);
        if (open)
            closedir(open);
        tp_log_segments_release(segments);
        return result;
    }
    result = list(segments, open, err);
    closedir(open);
    if (result < 0)
        tp_log_segments_release(segments);
    return result;
}

void
tp_log_segments_release(struct tp_log_segments *segments)
{
    free(segments->folder);
    free(segments->segment);
    *segments = (struct tp_log_segments){0};
}

static bool
has_segment(const struct tp_log_segments *segments, uint64_t base)
{
    for (size_t i = 0; i < segments->count; i++)
        if (segments->segment[i].base == base)
            return true;
    return false;
}

int
tp_log_remove_orphans(const struct tp_log_segments *segments, struct tp_err *err)
{
    DIR *folder = opendir(segments->folder);
    const struct dirent *entry;
    uint64_t base;
    int result = 0;

    if (!folder)
        return tp_err_system(err, segments->folder);
    while (result == 0 && (entry = readdir(folder))) {
        if (!parse_name(entry->d_name, ".index", &base) || has_segment(segments, base))
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) && errno != ENOENT)
            result = tp_err_system(err, entry->d_name);
    }
    closedir(folder);
    return result;
}

/* --- looking for a time ------------------------------------------------------------------------*/

struct search {
    tp_time time;
    uint64_t size;
};

static bool
note_before(void *user, const struct tp_log_mark *mark)
{
    struct search *search = user;

    if (mark->latest == TP_TIME_BEFORE_ALL || mark->latest >= search->time)
        return false;
    search->size = mark->size;
    return true;
}

int
tp_log_seek(const struct tp_log_segments *segments, tp_time time, uint64_t *offset,
            struct tp_err *err)
{
    const struct tp_log_segment *first = segments->segment;
    struct search search = {.time = time};
    size_t at = 0;

    *offset = segments->count > 0 ? first->base : 0;
    if (segments->count == 0)
        return 0;
    /* What is known of a segment holds for all before it, so the first that may have such a line.
     */
    while (at + 1 < segments->count && first[at].latest != TP_TIME_BEFORE_ALL &&
           first[at].latest < time)
        at++;
    if (tp_log_index_read(segments->folder, first[at].base, note_before, &search, err) < 0)
        return -1;
    *offset = first[at].base + search.size;
    return 0;
}
