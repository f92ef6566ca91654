/*
 * A log of which state is kept: whoever goes back to a barrier and goes on from there leaves the
 * bytes of one run; what its `committed` says stays; damage to that is noticed.
 */
#include "stream/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "saved.h"
#include "unit.h"

enum { LINES = 400, WALKS = 60 };

static char dir[64];

/* In memory where that can be: many barriers, and each syncs. */
static void
begin(void)
{
    snprintf(dir, sizeof dir, "/dev/shm/tp-log-XXXXXX");
    if (mkdtemp(dir))
        return;
    snprintf(dir, sizeof dir, "/tmp/tp-log-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
}

static void
end(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK(system(command) == 0);
}

static const char *
in_dir(const char *name)
{
    static char path[160];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static struct tp_log *
open_log(const char *name)
{
    const struct tp_log_settings set = {
        .segment = 700, .keep_size = 3000, .sync = TP_SYNC_END, .kept = true};
    struct tp_err err = {.text = ""};
    uint64_t cut;
    struct tp_log *log = tp_log_open(in_dir(name), &set, &cut, &err);

    CHECK_THAT(log, "%s", err.text);
    return log;
}

/* Line number N of every run. */
static void
pass(struct tp_log *log, int n)
{
    char line[80];
    struct tp_err err = {.text = ""};
    int len = snprintf(line, sizeof line, "{\"n\":%d,\"x\":\"%.*s\"}\n", n, n * 7 % 31,
                       "0123456789012345678901234567890123");

    CHECK_THAT(tp_log_pass(log, (struct tp_str){line, (size_t)len}, n * TP_SECOND, &err) == 0 &&
                   tp_log_settle(log, &err) == 0,
               "%s", err.text);
}

/* *SAVED becomes the one line of the snapshot. */
static void
take_snapshot(const struct tp_log *log, struct tp_buf *saved)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_err err = {.text = ""};
    struct tp_str body, line = {NULL, 0};
    struct tp_save save;

    CHECK(tp_save_init(&save, saved_append, &text, &err) == 0 &&
          tp_log_save(log, &save, &err) == 0 && tp_save_seal(&save, &err) == 0);
    CHECK(tp_snapshot_open(tp_buf_str(&text), &body, &err) == 0 && tp_snapshot_next(&body, &line));
    tp_buf_clear(saved);
    tp_buf_put_str(saved, line);
    tp_save_release(&save);
    tp_buf_release(&text);
}

static void
prepare(struct tp_log *log, int64_t id, bool whole, struct tp_buf *saved)
{
    struct tp_err err = {.text = ""};

    CHECK_THAT(tp_log_prepare(log, id, whole, &err) == 0, "%s", err.text);
    take_snapshot(log, saved);
}

/* As SAVED says; a beginning, where that is empty, is saved as the driver does. */
static struct tp_log *
go_back(const char *name, struct tp_buf *saved)
{
    struct tp_log *log = open_log(name);
    struct tp_err err = {.text = ""};
    uint64_t cut;

    CHECK_THAT(saved->len == 0 || tp_log_load(log, tp_buf_str(saved), &err) == 0, "%s", err.text);
    CHECK_THAT(tp_log_restored(log, &cut, &err) == 0, "%s", err.text);
    CHECK(cut == 0);
    if (saved->len == 0)
        take_snapshot(log, saved);
    return log;
}

static uint64_t
committed(const char *name)
{
    uint64_t at = UINT64_MAX;
    struct tp_err err = {.text = ""};

    CHECK_THAT(tp_log_committed_end(in_dir(name), &at, &err) == 1, "%s", err.text);
    return at;
}

static void
run_undisturbed(void)
{
    struct tp_buf saved = TP_BUF_INIT;
    struct tp_log *log = go_back("one", &saved);
    struct tp_err err;

    for (int n = 0; n < LINES; n++)
        pass(log, n);
    prepare(log, 1, true, &saved);
    CHECK(tp_log_committed(log, 1, &err) == 0 && tp_log_close(log, &err) == 0);
    tp_log_free(log);
    tp_buf_release(&saved);
}

struct walk {
    struct tp_buf at_commit, saved;
    int line;   /* where the next run begins */
    int64_t id; /* of the last barrier */
    bool is_done;
};

/* Some lines and a barrier, which may be committed, which the log may hear. True: the run goes on.
 */
static bool
step(struct walk *w, struct tp_log *log, int *n, uint64_t *random)
{
    uint64_t fate = unit_random(random) % 6;
    struct tp_err err;

    for (uint64_t more = unit_random(random) % 60; more-- > 0 && *n < LINES;)
        pass(log, (*n)++);
    if (fate == 0)
        return false;
    prepare(log, ++w->id, *n == LINES, &w->saved);
    if (fate == 1)
        return *n < LINES;
    w->line = *n;
    tp_buf_clear(&w->at_commit);
    tp_buf_put_str(&w->at_commit, tp_buf_str(&w->saved));
    if (fate == 2)
        return false;
    CHECK(tp_log_committed(log, w->id, &err) == 0);
    w->is_done = *n == LINES;
    return !w->is_done;
}

/* Runs that are killed behind a few steps. */
static void
run_in_pieces(uint64_t *random)
{
    struct walk w = {.line = 0};
    uint64_t before = 0;

    while (!w.is_done) {
        struct tp_log *log = go_back("many", &w.at_commit);
        int n = w.line;

        CHECK(committed("many") >= before);
        if (n == LINES)
            w.is_done = true;
        while (!w.is_done && step(&w, log, &n, random))
            ;
        before = committed("many");
        tp_log_free(log);
    }
    tp_buf_release(&w.saved);
    tp_buf_release(&w.at_commit);
}

static void
going_back_gives_the_bytes_of_one_run(void)
{
    uint64_t random = 1;

    begin();
    run_undisturbed();
    for (int i = 0; i < WALKS; i++) {
        char command[256];

        run_in_pieces(&random);
        snprintf(command, sizeof command,
                 "diff -r %s/one %s/many; now=$?; rm -r %s/many; exit $now", dir, dir, dir);
        CHECK_THAT(system(command) == 0, "walk %d", i);
    }
    end();
}

/* A commit of an earlier barrier than the last one prepared: another sink lags. */
static void
commits_an_earlier_barrier(void)
{
    struct tp_buf saved = TP_BUF_INIT;
    struct tp_log *log;
    struct tp_err err;
    uint64_t first;

    begin();
    log = go_back("log", &saved);
    CHECK(committed("log") == 0);
    pass(log, 0);
    prepare(log, 1, false, &saved);
    pass(log, 1);
    prepare(log, 2, false, &saved);
    pass(log, 2);
    prepare(log, 3, false, &saved);
    CHECK(tp_log_committed(log, 0, &err) == 0);
    CHECK(committed("log") == 0);
    CHECK(tp_log_committed(log, 1, &err) == 0);
    first = committed("log");
    CHECK(first == strlen("{\"n\":0,\"x\":\"\"}\n"));
    CHECK(tp_log_committed(log, 3, &err) == 0);
    CHECK(committed("log") > first);
    tp_log_free(log);
    tp_buf_release(&saved);
    end();
}

/* What a power failure may leave of a segment that --keep had removed. */
static void
an_index_without_its_segment_goes(void)
{
    struct tp_buf saved = TP_BUF_INIT;
    struct tp_log *log;

    begin();
    log = go_back("log", &saved);
    tp_log_free(log);
    fclose(fopen(in_dir("log/00000000000000000700.index"), "w"));
    fclose(fopen(in_dir("log/another.index"), "w"));
    log = go_back("log", &saved);
    CHECK(access(in_dir("log/00000000000000000700.index"), F_OK) < 0);
    CHECK(access(in_dir("log/another.index"), F_OK) == 0);
    tp_log_free(log);
    tp_buf_release(&saved);
    end();
}

/* Where lines from second T on may begin, by the indexes; UINT64_MAX: refused. */
static uint64_t
seek(const char *folder, int t)
{
    struct tp_log_segments segments;
    struct tp_err err;
    uint64_t at = UINT64_MAX;

    if (tp_log_list(&segments, folder, &err) < 0 ||
        tp_log_seek(&segments, t * TP_SECOND, &at, &err) < 0)
        at = UINT64_MAX;
    tp_log_segments_release(&segments);
    return at;
}

enum { WIDE_LINES = 24, WIDE = 400000 };

/* Lines of WIDE bytes, one a second, over a few segments with several marks each. */
static void
write_wide(const char *folder)
{
    const struct tp_log_settings set = {.segment = 8 * WIDE};
    struct tp_err err = {.text = ""};
    static char line[WIDE];
    uint64_t cut;
    struct tp_log *log = tp_log_open(folder, &set, &cut, &err);

    memset(line, ' ', sizeof line);
    memcpy(line, "{}", 2);
    line[WIDE - 1] = '\n';
    for (int t = 0; t < WIDE_LINES; t++)
        CHECK(tp_log_pass(log, (struct tp_str){line, WIDE}, t * TP_SECOND, &err) == 0 &&
              tp_log_settle(log, &err) == 0);
    CHECK(tp_log_close(log, &err) == 0);
    tp_log_free(log);
}

/* Behind any line that is looked for. */
static size_t
skips(const char *folder)
{
    size_t skipped = 0;

    for (int t = 0; t < WIDE_LINES; t++) {
        uint64_t at = seek(folder, t);

        skipped += at != UINT64_MAX && at > (uint64_t)t * WIDE;
    }
    return skipped;
}

static void
damage_to_an_index_skips_nothing(void)
{
    char path[200], text[1024], folder[160];
    size_t len, skipped = 0;
    FILE *file;

    begin();
    snprintf(folder, sizeof folder, "%s", in_dir("log"));
    write_wide(folder);
    CHECK_THAT(seek(folder, 20) > 16 * WIDE && skips(folder) == 0, "%llu, %zu",
               (unsigned long long)seek(folder, 20), skips(folder));
    snprintf(path, sizeof path, "%s/%020d.index", folder, 8 * WIDE);
    file = fopen(path, "r");
    len = fread(text, 1, sizeof text, file);
    fclose(file);
    CHECK(len > 150);
    for (size_t bit = 0; bit < len * 9; bit++) {
        size_t cut = bit < len * 8 ? len : bit - len * 8;

        if (bit < len * 8)
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        file = fopen(path, "w");
        fwrite(text, 1, cut, file);
        fclose(file);
        skipped += skips(folder);
        if (bit < len * 8)
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
    }
    CHECK_THAT(skipped == 0, "%zu", skipped);
    end();
}

static void
damage_to_committed_is_noticed(void)
{
    struct tp_buf saved = TP_BUF_INIT;
    struct tp_log *log;
    struct tp_err err;
    char text[256];
    size_t len, missed = 0;
    uint64_t at;
    FILE *file;

    begin();
    log = go_back("log", &saved);
    pass(log, 5);
    prepare(log, 1, false, &saved);
    CHECK(tp_log_committed(log, 1, &err) == 0);
    tp_log_free(log);
    tp_buf_release(&saved);
    file = fopen(in_dir("log/committed"), "r");
    len = fread(text, 1, sizeof text, file);
    fclose(file);
    for (size_t bit = 0; bit < len * 9; bit++) {
        size_t cut = bit < len * 8 ? len : bit - len * 8;

        if (bit < len * 8)
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        file = fopen(in_dir("log/committed"), "w");
        fwrite(text, 1, cut, file);
        fclose(file);
        missed += tp_log_committed_end(in_dir("log"), &at, &err) >= 0;
        if (bit < len * 8)
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
    }
    CHECK(missed == 0);
    unlink(in_dir("log/committed"));
    CHECK(tp_log_committed_end(in_dir("log"), &at, &err) == 0);
    end();
}

int
main(void)
{
    RUN(going_back_gives_the_bytes_of_one_run);
    RUN(commits_an_earlier_barrier);
    RUN(an_index_without_its_segment_goes);
    RUN(damage_to_an_index_skips_nothing);
    RUN(damage_to_committed_is_noticed);
    return unit_end();
}
