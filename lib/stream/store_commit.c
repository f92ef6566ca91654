/*
 * COMMIT, and the epochs that bind it to a run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/emit.h"
#include "record/scan.h"
#include "stream/store_dir.h"

enum { MOST = 1 << 20, HEADER_MOST = 1 << 16 };

/* ---- small sealed files ---- */

static int
append(void *to, struct tp_str bytes, struct tp_err *err)
{
    struct tp_buf *buf = to;

    tp_buf_put_str(buf, bytes);
    return tp_buf_failed(buf) ? tp_err_memory(err) : 0;
}

/* FILE becomes LINE and its seal. */
static int
put_sealed(struct tp_store *s, const char *file, const struct tp_buf *line, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_save save;
    int result = tp_save_init(&save, append, &text, err);

    if (result == 0) {
        tp_buf_put_str(tp_save_line(&save), tp_buf_str(line));
        result = tp_buf_failed(line) ? tp_err_memory(err) : tp_save_line_end(&save, err);
    }
    if (result == 0)
        result = tp_save_seal(&save, err);
    if (result == 0)
        result = tp_store_put(s, file, tp_buf_str(&text), err);
    tp_save_release(&save);
    tp_buf_release(&text);
    return result;
}

/* The line of FILE. 1: there, 0: there is none. */
static int
get_sealed(struct tp_store *s, const char *file, struct tp_buf *text, struct tp_str *line,
           struct tp_err *err)
{
    struct tp_str body;
    struct tp_err why;
    int there = tp_store_get(s, file, MOST, text, err);

    if (there <= 0)
        return there;
    if (tp_snapshot_open(tp_buf_str(text), &body, &why) < 0)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s/%s: %s; restore the directory from a copy",
                          s->path, file, why.text);
    if (!tp_snapshot_next(&body, line))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s/%s: it says nothing", s->path, file);
    return 1;
}

/* ---- COMMIT ---- */

void
tp_commit_release(struct tp_commit *commit)
{
    tp_epochs_release(&commit->epochs);
}

static int
parse_commit(struct tp_commit *commit, struct tp_str line, struct tp_err *err)
{
    struct tp_str epochs = {NULL, 0};
    const struct tp_saved fields[] = {
        {"@commit", TP_SAVED_INT, &commit->id, false},
        {"previous", TP_SAVED_INT, &commit->previous, false},
        {"epochs", TP_SAVED_JSON, &epochs, false},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    return tp_epochs_parse(&commit->epochs, epochs, err);
}

int
tp_store_commit_read(struct tp_store *s, struct tp_commit *commit, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_str line = {NULL, 0};
    int result;

    *commit = (struct tp_commit){.id = 0};
    result = get_sealed(s, "COMMIT", &text, &line, err);
    if (result > 0)
        result = parse_commit(commit, line, err);
    tp_buf_release(&text);
    return result < 0 ? -1 : 0;
}

static int
write_commit(struct tp_store *s, const struct tp_commit *commit, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_emit line = tp_emit_open(&text);
    int result;

    tp_emit_int(&line, TP_STR("@commit"), commit->id);
    tp_emit_int(&line, TP_STR("previous"), commit->previous);
    tp_emit_name(&line, TP_STR("epochs"));
    tp_epochs_write(&commit->epochs, &text);
    tp_emit_close(&line);
    result = put_sealed(s, "COMMIT", &text, err);
    tp_buf_release(&text);
    return result;
}

/* ---- epochs ---- */

int
tp_store_read_epoch(struct tp_store *s, const char *name, int64_t *number, struct tp_err *err)
{
    char file[TP_STORE_FILE];
    struct tp_buf text = TP_BUF_INIT;
    const struct tp_saved field = {"@epoch", TP_SAVED_INT, number, false};
    struct tp_str line = {NULL, 0};
    int result;

    *number = 0;
    snprintf(file, sizeof file, "%s.epoch", name);
    result = get_sealed(s, file, &text, &line, err);
    if (result > 0)
        result = tp_saved_read(line, &field, 1, err);
    tp_buf_release(&text);
    return result < 0 ? -1 : 0;
}

static int
raise_epoch(struct tp_store *s, int64_t *number, struct tp_err *err)
{
    char file[TP_STORE_FILE];
    struct tp_buf text = TP_BUF_INIT;
    int result;

    if (tp_store_read_epoch(s, s->name, number, err) < 0)
        return -1;
    if (*number == INT64_MAX)
        return tp_err_set(err, TP_FAULT_MACHINE, "%s/%s.epoch: no number is left", s->path,
                          s->name);
    ++*number;
    snprintf(file, sizeof file, "%s.epoch", s->name);
    tp_buf_printf(&text, "{\"@epoch\":%lld}\n", (long long)*number);
    result = put_sealed(s, file, &text, err);
    tp_buf_release(&text);
    return result;
}

/* Are EPOCHS those that the sources said last? 1: yes. */
static int
are_current(struct tp_store *s, const struct tp_epochs *epochs, struct tp_err *err)
{
    for (size_t i = 0; i < epochs->count; i++) {
        int64_t number;

        if (tp_store_read_epoch(s, epochs->item[i].name, &number, err) < 0)
            return -1;
        if (number != epochs->item[i].number)
            return 0;
    }
    return 1;
}

static int
refuse_stale(struct tp_store *s, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE,
                      "%s: another run has begun since: this one may change nothing any more",
                      s->path);
}

/* ---- what is done under the directory's lock ---- */

static int
largest_id(struct tp_store *s, int64_t *largest, struct tp_err *err)
{
    struct tp_store_list list;

    if (tp_store_list(s, &list, err) < 0)
        return -1;
    for (size_t i = 0; i < list.count; i++)
        if (list.item[i].id > *largest)
            *largest = list.item[i].id;
    free(list.item);
    return 0;
}

int
tp_store_begin(struct tp_store *s, struct tp_commit *commit, int64_t *epoch, int64_t *largest,
               struct tp_err *err)
{
    int result;

    *commit = (struct tp_commit){.id = 0};
    if (tp_store_lock(s, err) < 0)
        return -1;
    result = tp_store_commit_read(s, commit, err);
    *largest = commit->id;
    if (result == 0)
        result = largest_id(s, largest, err);
    if (result == 0)
        result = raise_epoch(s, epoch, err);
    tp_store_unlock(s);
    return result;
}

int
tp_store_fence(struct tp_store *s, int64_t id, const struct tp_epochs *epochs,
               struct tp_commit *commit, struct tp_err *err)
{
    int result;

    *commit = (struct tp_commit){.id = 0};
    if (tp_store_lock(s, err) < 0)
        return -1;
    result = tp_store_commit_read(s, commit, err);
    if (result == 0)
        result = are_current(s, epochs, err);
    tp_store_unlock(s);
    if (result < 0)
        return -1;
    return result == 0 || commit->id != id ? refuse_stale(s, err) : 0;
}

/* ---- committing ---- */

/* A snapshot that a sink of this run prepared. */
struct prepared {
    struct tp_store_item item;
    bool last;
    struct tp_epochs epochs;
};

struct prepared_list {
    struct prepared *item;
    size_t count;
};

static void
release_prepared(struct prepared_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        tp_epochs_release(&list->item[i].epochs);
    free(list->item);
}

/* The header alone: what follows was synced before it got its name. */
static int
read_header(struct tp_store *s, const struct tp_store_item *item, struct tp_buf *text,
            struct tp_snapshot *header, struct tp_err *err)
{
    char file[TP_STORE_FILE];
    const char *newline;
    struct tp_err why;
    int there;

    *header = (struct tp_snapshot){.id = 0};
    tp_store_file_of(file, item->name, item->id);
    tp_buf_clear(text);
    there = tp_store_get(s, file, HEADER_MOST, text, err);
    if (there <= 0)
        return there; /* deleted by its owner meanwhile */
    newline = memchr(text->ptr, '\n', text->len);
    if (!newline ||
        tp_scan_validate((struct tp_str){text->ptr, (size_t)(newline - text->ptr)}, &why) < 0 ||
        tp_snapshot_parse(header, (struct tp_str){text->ptr, (size_t)(newline - text->ptr)}, &why) <
            0)
        return 0; /* damaged: its owner will say so; it proves nothing */
    return 1;
}

/* Of all snapshots: those of sinks of the current run. */
static int
take_prepared(struct tp_store *s, const struct tp_store_item *item, struct prepared_list *list,
              struct tp_buf *text, struct tp_err *err)
{
    struct tp_snapshot header;
    struct prepared *grown;
    int current;

    if (item->id == 0)
        return 0; /* a beginning: it binds to no run, and its sink may be gone for good */
    current = read_header(s, item, text, &header, err);
    if (current > 0)
        current = header.sink ? are_current(s, &header.epochs, err) : 0;
    if (current <= 0) {
        tp_snapshot_release(&header);
        return current;
    }
    grown = realloc(list->item, (list->count + 1) * sizeof *grown);
    if (!grown) {
        tp_snapshot_release(&header);
        return tp_err_memory(err);
    }
    list->item = grown;
    grown[list->count++] = (struct prepared){*item, header.last, header.epochs};
    return 0;
}

static int
find_prepared(struct tp_store *s, struct prepared_list *list, struct tp_err *err)
{
    struct tp_buf text = TP_BUF_INIT;
    struct tp_store_list all;
    int result = 0;

    if (tp_store_list(s, &all, err) < 0)
        return -1;
    for (size_t i = 0; i < all.count && result == 0; i++)
        result = take_prepared(s, &all.item[i], list, &text, err);
    free(all.item);
    tp_buf_release(&text);
    return result;
}

/* How many sinks can serve ID: prepared at it, or at a last barrier before. The list is in the
 * order of names. EPOCHS (may be NULL) becomes theirs. -1: no memory. */
static int
sinks_for(const struct prepared_list *list, int64_t id, struct tp_epochs *epochs,
          struct tp_err *err)
{
    int sinks = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct prepared *p = &list->item[i];
        bool newest = true;

        if (p->item.id > id || (p->item.id < id && !p->last))
            continue;
        for (size_t j = i + 1; j < list->count && newest; j++) {
            const struct prepared *q = &list->item[j];

            newest = strcmp(q->item.name, p->item.name) != 0 || q->item.id > id ||
                     (q->item.id < id && !q->last);
        }
        if (!newest)
            continue;
        sinks++;
        if (epochs && tp_epochs_unite(epochs, &p->epochs, err) < 0)
            return -1;
    }
    return sinks;
}

static uint64_t
count_names(const struct prepared_list *list)
{
    uint64_t names = 0;

    for (size_t i = 0; i < list->count; i++)
        names += i == 0 || strcmp(list->item[i].item.name, list->item[i - 1].item.name) != 0;
    return names;
}

static bool
is_marked(const struct tp_store_list *marks, int64_t id)
{
    for (size_t i = 0; i < marks->count; i++)
        if (marks->item[i].id == id)
            return true;
    return false;
}

/* The greatest ID above COMMIT that SINKS sinks can serve, and no stage lacks; 0: none. */
static int64_t
best_id(const struct prepared_list *list, const struct tp_store_list *marks, uint64_t sinks,
        int64_t committed)
{
    int64_t best = 0;

    for (size_t i = 0; i < list->count; i++) {
        int64_t id = list->item[i].item.id;

        if (id > committed && id > best && !is_marked(marks, id) &&
            (uint64_t)sinks_for(list, id, NULL, NULL) >= sinks)
            best = id;
    }
    return best;
}

static int
commit_best(struct tp_store *s, const struct prepared_list *list, uint64_t sinks,
            int64_t *committed, struct tp_err *err)
{
    struct tp_commit now = {.id = 0}, next = {.id = 0};
    struct tp_store_list marks;
    /* Listed behind the snapshots of sinks: a stage marks before it sends them the barrier. */
    int result = tp_store_list_marks(s, &marks, err);

    if (result == 0)
        result = tp_store_commit_read(s, &now, err);
    next.id = result < 0 ? 0 : best_id(list, &marks, sinks, now.id);
    free(marks.item);
    next.previous = now.id;
    *committed = now.id;
    if (result == 0 && next.id > 0) {
        result = sinks_for(list, next.id, &next.epochs, err) < 0 ? -1 : write_commit(s, &next, err);
        *committed = next.id;
    }
    tp_commit_release(&now);
    tp_commit_release(&next);
    return result;
}

static int
commit_locked(struct tp_store *s, uint64_t sinks, const struct tp_epochs *epochs,
              int64_t *committed, struct tp_err *err)
{
    struct prepared_list list = {NULL, 0};
    int result = are_current(s, epochs, err);

    if (result == 0)
        return refuse_stale(s, err);
    if (result > 0)
        result = find_prepared(s, &list, err);
    if (result == 0 && count_names(&list) > sinks)
        result =
            tp_err_set(err, TP_FAULT_USAGE, "%s: %llu sinks prepare there, and --sinks says %llu",
                       s->path, (unsigned long long)count_names(&list), (unsigned long long)sinks);
    if (result == 0)
        result = commit_best(s, &list, sinks, committed, err);
    release_prepared(&list);
    return result;
}

int
tp_store_commit(struct tp_store *s, uint64_t sinks, const struct tp_epochs *epochs,
                int64_t *committed, struct tp_err *err)
{
    int result;

    *committed = 0;
    if (tp_store_lock(s, err) < 0)
        return -1;
    result = commit_locked(s, sinks, epochs, committed, err);
    tp_store_unlock(s);
    return result;
}
