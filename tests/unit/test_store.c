/*
 * A directory of saved state: who may commit what, what is loaded, what is deleted.
 */
#include "stream/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "unit.h"

static char dir[64];

static struct tp_store *
open_as(const char *name)
{
    struct tp_err err = {.text = ""};
    struct tp_store *store = tp_store_open(dir, name, &err);

    CHECK_THAT(store, "%s", err.text);
    return store;
}

/* A new directory for each test. */
static void
begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/tp-store-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
}

static void
end(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK(system(command) == 0);
}

static bool
there(const char *file)
{
    char path[160];

    snprintf(path, sizeof path, "%s/%s", dir, file);
    return access(path, F_OK) == 0;
}

static int64_t
start(struct tp_store *source, struct tp_epochs *epochs)
{
    struct tp_commit commit;
    struct tp_err err;
    int64_t epoch = 0, largest;

    CHECK(tp_store_begin(source, &commit, &epoch, &largest, &err) == 0);
    tp_commit_release(&commit);
    tp_epochs_release(epochs);
    tp_epochs_set(epochs, tp_str_of(tp_store_name(source)), epoch, &err);
    return largest;
}

static void
save(struct tp_store *store, int64_t id, const struct tp_epochs *epochs, bool sink, bool last)
{
    struct tp_snapshot header = {.id = id,
                                 .filter = TP_STR("test"),
                                 .version = TP_STR("1"),
                                 .options = TP_STR("{}"),
                                 .epochs = *epochs,
                                 .sink = sink,
                                 .last = last};
    struct tp_save lines;
    struct tp_err err;

    CHECK(tp_store_save(store, &header, &lines, &err) == 0);
    tp_buf_put_str(tp_save_line(&lines), TP_STR("{}"));
    CHECK(tp_save_line_end(&lines, &err) == 0);
    CHECK(tp_store_save_done(store, &lines, &err) == 0);
}

static int64_t
commit(struct tp_store *sink, uint64_t sinks, const struct tp_epochs *epochs)
{
    struct tp_err err;
    int64_t committed;

    return tp_store_commit(sink, sinks, epochs, &committed, &err) < 0 ? -1 : committed;
}

static void
commits_when_all_have_prepared(void)
{
    struct tp_store *source, *one, *two;
    struct tp_epochs epochs = {NULL, 0};

    begin();
    source = open_as("source"), one = open_as("one"), two = open_as("two");
    CHECK(start(source, &epochs) == 0);
    save(one, 10, &epochs, true, false);
    CHECK(commit(one, 2, &epochs) == 0);
    save(two, 10, &epochs, true, false);
    CHECK(commit(two, 2, &epochs) == 10);
    CHECK(commit(two, 1, &epochs) == -1); /* more sinks than were said */
    save(one, 15, &epochs, true, true);   /* the last of one: for every later ID */
    save(two, 20, &epochs, true, false);
    CHECK(commit(two, 2, &epochs) == 20);
    CHECK(commit(one, 2, &epochs) == 20);
    tp_store_close(source), tp_store_close(one), tp_store_close(two);
    tp_epochs_release(&epochs);
    end();
}

static void
what_is_marked_is_not_committed(void)
{
    struct tp_store *source, *stage, *sink;
    struct tp_epochs epochs = {NULL, 0};
    struct tp_err err;

    begin();
    source = open_as("source"), stage = open_as("stage"), sink = open_as("sink");
    CHECK(start(source, &epochs) == 0);
    save(sink, 10, &epochs, true, false);
    CHECK(tp_store_mark(stage, 20, &err) == 0 && there("stage.20.saving"));
    save(sink, 20, &epochs, true, false);
    CHECK(commit(sink, 1, &epochs) == 10);
    CHECK(tp_store_mark(stage, 30, &err) == 0);
    save(sink, 30, &epochs, true, false);
    CHECK(commit(sink, 1, &epochs) == 10);
    CHECK(tp_store_unmark(stage, 20, &err) == 0);
    CHECK(commit(sink, 1, &epochs) == 20); /* 30 was given up */
    save(sink, 40, &epochs, true, false);
    CHECK(commit(sink, 1, &epochs) == 40);
    CHECK(tp_store_prune(sink, &err) == 0 && there("stage.30.saving")); /* another's */
    CHECK(tp_store_prune(stage, &err) == 0 && !there("stage.30.saving"));
    CHECK(tp_store_mark(stage, 50, &err) == 0 && tp_store_unmark(stage, -1, &err) == 0);
    CHECK(!there("stage.50.saving") && tp_store_unmark(stage, 50, &err) == 0);
    tp_store_close(source), tp_store_close(stage), tp_store_close(sink);
    tp_epochs_release(&epochs);
    end();
}

static void
a_snapshot_may_be_too_large(void)
{
    struct tp_store *store;
    struct tp_snapshot header = {
        .id = 7, .filter = TP_STR("test"), .version = TP_STR("1"), .options = TP_STR("{}")};
    struct tp_save lines;
    struct tp_err err;

    begin();
    store = open_as("stage");
    tp_store_limit(store, 100);
    CHECK(tp_store_save(store, &header, &lines, &err) == 0);
    tp_buf_printf(tp_save_line(&lines), "{\"text\":\"%0100d\"}", 0);
    CHECK(tp_save_line_end(&lines, &err) == 0);
    CHECK(tp_store_save_done(store, &lines, &err) < 0 && tp_store_is_too_large(store));
    CHECK(tp_store_size(store, 7) == 0 && !there("stage.tmp"));
    tp_store_limit(store, 0);
    save(store, 7, &header.epochs, false, false);
    CHECK(tp_store_size(store, 7) > 50 && !tp_store_is_too_large(store));
    CHECK(tp_store_save(store, &header, &lines, &err) == 0);
    tp_store_save_leave(store, &lines); /* to a child, say */
    CHECK(there("stage.tmp"));
    tp_store_close(store);
    end();
}

static void
old_runs_are_fenced(void)
{
    struct tp_store *source, *sink;
    struct tp_epochs old = {NULL, 0}, now = {NULL, 0};
    struct tp_commit found;
    struct tp_err err;

    begin();
    source = open_as("source"), sink = open_as("sink");
    start(source, &old);
    save(sink, 10, &old, true, false);
    CHECK(start(source, &now) == 10); /* IDs of the new run are above */
    CHECK(commit(sink, 1, &old) == -1);
    CHECK(tp_store_fence(sink, 0, &old, &found, &err) < 0);
    tp_commit_release(&found);
    CHECK(commit(sink, 1, &now) == 0); /* what the old run prepared counts for nothing */
    save(sink, 20, &now, true, false);
    CHECK(commit(sink, 1, &now) == 20);
    CHECK(tp_store_fence(sink, 0, &now, &found, &err) < 0);
    tp_commit_release(&found);
    CHECK(tp_store_fence(sink, 20, &now, &found, &err) == 0 && found.id == 20);
    tp_commit_release(&found);
    tp_store_close(source), tp_store_close(sink);
    tp_epochs_release(&old), tp_epochs_release(&now);
    end();
}

static void
deletes_what_two_commits_do_not_need(void)
{
    struct tp_store *sink;
    struct tp_epochs none = {NULL, 0};
    struct tp_err err;

    begin();
    sink = open_as("sink");
    for (int64_t id = 10; id <= 40; id += 10) {
        save(sink, id, &none, true, false);
        CHECK(tp_store_prune(sink, &err) == 0);
        CHECK(id == 40 || commit(sink, 1, &none) == id);
    }
    CHECK(!there("sink.10.ndjson") && there("sink.20.ndjson") && there("sink.30.ndjson") &&
          there("sink.40.ndjson"));
    tp_store_close(sink);
    end();
}

static void
a_name_is_held_for_life(void)
{
    struct tp_store *one;
    struct tp_err err = {.text = ""};
    char pid[32];

    begin();
    setenv("TIDEPIPE_LOCK_WAIT", "0", 1);
    one = open_as("a");
    CHECK(tp_store_open(dir, "a", &err) == NULL);
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    CHECK_THAT(strstr(err.text, pid), "%s", err.text);
    CHECK(tp_store_open(dir, "../a", &err) == NULL && err.fault == TP_FAULT_USAGE);
    tp_store_close(one);
    one = open_as("a");
    tp_store_close(one);
    end();
}

/* COMMIT cut at each byte and with each bit turned: refused, never read as another. */
static void
damage_to_commit_is_noticed(void)
{
    struct tp_store *sink;
    struct tp_epochs none = {NULL, 0};
    struct tp_commit found;
    struct tp_err err;
    char path[160], text[512];
    size_t len, missed = 0;
    FILE *file;

    begin();
    sink = open_as("sink");
    save(sink, 10, &none, true, false);
    CHECK(commit(sink, 1, &none) == 10);
    snprintf(path, sizeof path, "%s/COMMIT", dir);
    file = fopen(path, "r");
    len = fread(text, 1, sizeof text, file);
    fclose(file);
    for (size_t bit = 0; bit < len * 9; bit++) {
        size_t cut = bit < len * 8 ? len : bit - len * 8;

        if (bit < len * 8)
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        file = fopen(path, "w");
        fwrite(text, 1, cut, file);
        fclose(file);
        missed += tp_store_commit_read(sink, &found, &err) == 0;
        tp_commit_release(&found);
        if (bit < len * 8)
            text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
    }
    CHECK(missed == 0);
    tp_store_close(sink);
    end();
}

int
main(void)
{
    RUN(commits_when_all_have_prepared);
    RUN(what_is_marked_is_not_committed);
    RUN(a_snapshot_may_be_too_large);
    RUN(old_runs_are_fenced);
    RUN(deletes_what_two_commits_do_not_need);
    RUN(a_name_is_held_for_life);
    RUN(damage_to_commit_is_noticed);
    return unit_end();
}
