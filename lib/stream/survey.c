#include "stream/survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream/store_dir.h"

static tp_time
modified(const struct stat *st)
{
    return (tp_time)st->st_mtim.tv_sec * TP_SECOND + st->st_mtim.tv_nsec;
}

/* ---- opening ---- */

static int
read_commit(struct tp_survey *survey, struct tp_err *err)
{
    struct stat st;

    survey->committed = TP_TIME_BEFORE_ALL;
    if (tp_store_commit_read(survey->look, &survey->commit, err) < 0)
        return -1;
    if (fstatat(survey->look->dir, "COMMIT", &st, AT_SYMLINK_NOFOLLOW) == 0)
        survey->committed = modified(&st);
    return 0;
}

static int
read_snapshots(struct tp_survey *survey, struct tp_err *err)
{
    struct tp_store_list list;

    if (tp_store_list(survey->look, &list, err) < 0)
        return -1;
    survey->snapshot = calloc(list.count + 1, sizeof *survey->snapshot);
    for (size_t i = 0; survey->snapshot && i < list.count; i++) {
        struct tp_survey_snapshot *s = &survey->snapshot[survey->snapshots];
        char file[TP_STORE_FILE];
        struct stat st;

        tp_store_file_of(file, list.item[i].name, list.item[i].id);
        if (fstatat(survey->look->dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue; /* deleted meanwhile */
        memcpy(s->name, list.item[i].name, sizeof s->name);
        s->id = list.item[i].id;
        s->bytes = (uint64_t)st.st_size;
        s->saved = modified(&st);
        survey->snapshots++;
    }
    free(list.item);
    return survey->snapshot ? 0 : tp_err_memory(err);
}

/* ---- stages ---- */

static struct tp_survey_stage *
stage_called(struct tp_survey *survey, struct tp_str name, struct tp_err *err)
{
    struct tp_survey_stage *grown;

    for (size_t i = 0; i < survey->stages; i++)
        if (tp_str_equal(tp_str_of(survey->stage[i].name), name))
            return &survey->stage[i];
    grown = realloc(survey->stage, (survey->stages + 1) * sizeof *grown);
    if (!grown) {
        tp_err_memory(err);
        return NULL;
    }
    survey->stage = grown;
    grown += survey->stages++;
    memset(grown, 0, sizeof *grown);
    memcpy(grown->name, name.ptr, name.len);
    return grown;
}

/* Is LINE of /proc/locks, "1: FLOCK ADVISORY WRITE PID MAJOR:MINOR:INODE 0 EOF", this lock? */
static bool
is_lock(const char *line, pid_t pid, ino_t inode)
{
    const char *mode = strstr(line, " WRITE "), *number;
    char *end;

    if (!mode || !strstr(line, " FLOCK ") || strtol(mode + 7, &end, 10) != pid)
        return false;
    number = strchr(end, ':');
    number = number ? strchr(number + 1, ':') : NULL;
    return number && strtoull(number + 1, NULL, 10) == inode;
}

/*
 * Does PID hold the lock that is file number INODE? The kernel's list of locks is asked, so that
 * looking never keeps a stage from its lock; where there is no such list, whether PID lives.
 */
static bool
holds_lock(pid_t pid, ino_t inode)
{
    FILE *locks = fopen("/proc/locks", "re");
    char line[256];
    bool held = false;

    if (!locks)
        return kill(pid, 0) == 0 || errno == EPERM;
    while (!held && fgets(line, sizeof line, locks))
        held = is_lock(line, pid, inode);
    fclose(locks);
    return held;
}

static void
ask_lock(struct tp_survey *survey, const char *file, struct tp_survey_stage *stage)
{
    struct tp_buf text = TP_BUF_INIT;
    struct stat st;

    if (tp_store_get(survey->look, file, 32, &text, NULL) > 0 &&
        fstatat(survey->look->dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        stage->pid = (pid_t)strtol(tp_buf_text(&text), NULL, 10);
        stage->alive = stage->pid > 0 && holds_lock(stage->pid, st.st_ino);
    }
    tp_buf_release(&text);
}

/* FILE may be a stage's lock or epoch. */
static int
take_file(struct tp_survey *survey, const char *file, struct tp_err *err)
{
    const char *dot = strchr(file, '.');
    struct tp_str name = {file, dot ? (size_t)(dot - file) : 0};
    bool lock = dot && strcmp(dot, ".lock") == 0;
    struct tp_survey_stage *stage;

    if ((!lock && !(dot && strcmp(dot, ".epoch") == 0)) || !tp_stage_name_is_valid(name))
        return 0;
    stage = stage_called(survey, name, err);
    if (!stage)
        return -1;
    if (lock) {
        ask_lock(survey, file, stage);
        return 0;
    }
    stage->source = true;
    return tp_store_read_epoch(survey->look, stage->name, &stage->epoch, err);
}

static int
compare_stages(const void *a, const void *b)
{
    const struct tp_survey_stage *one = a, *other = b;

    return strcmp(one->name, other->name);
}

static int
read_stages(struct tp_survey *survey, struct tp_err *err)
{
    int fd = openat(survey->look->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int result = 0;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return tp_store_fail(survey->look, ".", err);
    }
    while (result == 0 && (entry = readdir(dir)))
        result = take_file(survey, entry->d_name, err);
    closedir(dir);
    if (survey->stages > 0)
        qsort(survey->stage, survey->stages, sizeof *survey->stage, compare_stages);
    return result;
}

int
tp_survey(const char *dir, struct tp_survey *survey, struct tp_err *err)
{
    *survey = (struct tp_survey){.look = tp_store_look(dir, err)};
    if (!survey->look || read_commit(survey, err) < 0 || read_snapshots(survey, err) < 0)
        return -1;
    return read_stages(survey, err);
}

void
tp_survey_release(struct tp_survey *survey)
{
    tp_commit_release(&survey->commit);
    free(survey->snapshot);
    free(survey->stage);
    tp_store_close(survey->look);
    *survey = (struct tp_survey){.look = NULL};
}

/* ---- snapshots ---- */

const struct tp_survey_snapshot *
tp_survey_find(const struct tp_survey *survey, const char *name)
{
    const struct tp_survey_snapshot *found = NULL;

    for (size_t i = 0; i < survey->snapshots; i++)
        if (strcmp(survey->snapshot[i].name, name) == 0 &&
            survey->snapshot[i].id <= survey->commit.id)
            found = &survey->snapshot[i];
    return found;
}

int
tp_survey_open(struct tp_survey *survey, const struct tp_survey_snapshot *snapshot,
               struct tp_loaded *loaded, struct tp_err *err)
{
    memcpy(survey->look->name, snapshot->name, sizeof survey->look->name);
    return tp_store_open_snapshot(survey->look, snapshot->id, loaded, err);
}

int
tp_survey_counts(struct tp_str body, struct tp_survey_counts *counts, struct tp_err *err)
{
    const struct tp_saved fields[] = {
        {"in", TP_SAVED_COUNT, &counts->in, false},
        {"late", TP_SAVED_COUNT, &counts->late, false},
        {"rejected", TP_SAVED_COUNT, &counts->rejected, false},
        {"filtered", TP_SAVED_COUNT, &counts->filtered, false},
        {"duplicate", TP_SAVED_COUNT, &counts->repeats, false},
        {"held", TP_SAVED_COUNT, &counts->held, false},
        {"rows", TP_SAVED_COUNT, &counts->rows, false},
        {"watermark", TP_SAVED_INT, &counts->reached, false},
        {"forwarded", TP_SAVED_INT, &counts->watermark, false},
    };
    struct tp_str line;

    *counts =
        (struct tp_survey_counts){.reached = TP_TIME_BEFORE_ALL, .watermark = TP_TIME_BEFORE_ALL};
    while (tp_snapshot_next(&body, &line))
        if (tp_saved_is(line, "@stage"))
            return tp_saved_read(line, fields, sizeof fields / sizeof *fields, err);
    return tp_err_set(err, TP_FAULT_MACHINE, "no line says how many records there were");
}
