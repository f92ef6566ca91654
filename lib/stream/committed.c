#include "stream/committed.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "stream/survey.h"

enum { ATTEMPTS = 10 }; /* commits that may come while one is looked at */

struct wanted {
    char full[PATH_MAX];
    struct stat st;
};

/* Is it what a snapshot calls SAVED? */
static bool
is_called(const struct wanted *wanted, const char *saved)
{
    size_t len, full = strlen(wanted->full);
    struct stat st;

    if (stat(saved, &st) == 0 && st.st_dev == wanted->st.st_dev && st.st_ino == wanted->st.st_ino)
        return true;
    while (strncmp(saved, "./", 2) == 0)
        saved += 2;
    len = strlen(saved);
    return *saved != '/' && full > len && wanted->full[full - len - 1] == '/' &&
           strcmp(wanted->full + full - len, saved) == 0;
}

/* 1: LINE is of that file, 0: not, -1: it cannot be read. */
static int
read_line(const struct wanted *wanted, struct tp_str line, uint64_t *length, struct tp_err *err)
{
    struct tp_buf path = TP_BUF_INIT;
    uint64_t found;
    const struct tp_saved fields[] = {
        {"file", TP_SAVED_TEXT, &path, false},
        {"length", TP_SAVED_COUNT, &found, false},
    };
    int result = tp_saved_read(line, fields, 2, err);

    if (result == 0 && !tp_buf_text(&path))
        result = tp_err_memory(err);
    if (result == 0 && is_called(wanted, tp_buf_text(&path))) {
        *length = found;
        result = 1;
    }
    tp_buf_release(&path);
    return result;
}

static int
look_in_snapshot(struct tp_survey *survey, const char *name, const struct wanted *wanted,
                 uint64_t *length, struct tp_err *err)
{
    const struct tp_survey_snapshot *snapshot = tp_survey_find(survey, name);
    struct tp_loaded loaded;
    struct tp_str line;
    int result = 0;

    if (!snapshot)
        return 0;
    if (tp_survey_open(survey, snapshot, &loaded, err) < 0)
        return -1;
    /* Sources say "file", too. */
    if (tp_str_equal(loaded.header.filter, TP_STR("swrite")))
        while (result == 0 && tp_snapshot_next(&loaded.body, &line))
            if (tp_saved_is(line, "file"))
                result = read_line(wanted, line, length, err);
    tp_loaded_release(&loaded);
    return result;
}

static int
look(const char *dir, const struct wanted *wanted, uint64_t *length, int64_t *id,
     struct tp_err *err)
{
    struct tp_survey survey;
    int result = tp_survey(dir, &survey, err);

    *id = result < 0 ? -1 : survey.commit.id;
    for (size_t i = 0; result == 0 && i < survey.snapshots; i++)
        if (i == 0 || strcmp(survey.snapshot[i].name, survey.snapshot[i - 1].name) != 0)
            result = look_in_snapshot(&survey, survey.snapshot[i].name, wanted, length, err);
    tp_survey_release(&survey);
    return result;
}

int
tp_committed_length(const char *dir, const char *path, uint64_t *length, struct tp_err *err)
{
    struct wanted wanted;
    int64_t id, before = -2;
    int result = -1;

    if (stat(path, &wanted.st) || !realpath(path, wanted.full))
        return tp_err_system(err, path);
    for (int i = 0; i < ATTEMPTS && result < 0; i++) {
        result = look(dir, &wanted, length, &id, err);
        if (id == before) /* it is no newer commit that made it fail */
            break;
        before = id;
    }
    return result;
}
