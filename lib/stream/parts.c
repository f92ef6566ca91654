#include "stream/parts.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "record/emit.h"
#include "stream/roll.h"

/* What one name of the template, and one window of time, is written to. */
struct part {
    struct tp_file *file;
    uint64_t number; /* of the file, where names are numbered */
    tp_time until;   /* the end of its window */
};

struct tp_parts {
    struct tp_parts_settings set;
    bool is_fixed;
    size_t folder; /* bytes of the name that lead to a folder which must exist */
    struct tp_files *files;
    struct tp_map *parts; /* by the name, before its file's number, and the window */
    struct part *last;
    tp_time next_due; /* no part's window ends before it */
    struct tp_buf key, path;
};

/* --- opening -----------------------------------------------------------------------------------*/

static int
open_only_file(struct tp_parts *p, struct tp_err *err)
{
    struct part *part;

    if (tp_template_write(p->set.name, NULL, 0, &p->key, err) < 0)
        return -1;
    if (!p->set.files.in_place)
        return 0;
    part = p->last = tp_map_add(p->parts, tp_buf_str(&p->key), NULL);
    if (!part)
        return tp_err_memory(err);
    part->until = TP_TIME_AFTER_ALL;
    part->file = tp_files_file(p->files, tp_buf_str(&p->key), p->key.len, err);
    if (part->file)
        return 0;
    err->fault = TP_FAULT_USAGE;
    return -1;
}

struct tp_parts *
tp_parts_new(const struct tp_parts_settings *settings, struct tp_err *err)
{
    struct tp_parts *p = calloc(1, sizeof *p);

    if (!p) {
        tp_err_memory(err);
        return NULL;
    }
    p->set = *settings;
    p->is_fixed = tp_template_is_fixed(settings->name);
    p->folder = tp_template_folder(settings->name).len;
    p->next_due = TP_TIME_AFTER_ALL;
    p->files = tp_files_new(&settings->files);
    p->parts = tp_map_new(sizeof(struct part));
    if (!p->files || !p->parts)
        tp_err_memory(err);
    else if (!p->is_fixed || open_only_file(p, err) == 0)
        return p;
    tp_parts_free(p);
    return NULL;
}

void
tp_parts_free(struct tp_parts *p)
{
    if (!p)
        return;
    tp_files_free(p->files);
    tp_map_free(p->parts);
    tp_buf_release(&p->key);
    tp_buf_release(&p->path);
    free(p);
}

/* --- names -------------------------------------------------------------------------------------*/

static size_t
folder_of(const struct tp_parts *p, struct tp_str key)
{
    return p->is_fixed ? key.len : p->folder;
}

/* Gives PART its next file: unless in place, the first whose name nobody has. */
static int
begin_file(struct tp_parts *p, struct part *part, struct tp_str key, struct tp_err *err)
{
    struct tp_roll roll = {p->set.roll_time > 0, p->set.roll_size > 0, p->set.files.packing};

    do {
        tp_buf_clear(&p->path);
        tp_roll_write_path(&roll, key, part->until - p->set.roll_time, ++part->number, &p->path);
        tp_buf_text(&p->path);
        if (tp_buf_failed(&p->path))
            return tp_err_memory(err);
    } while (!p->set.files.in_place && tp_files_is_taken(p->files, p->path.ptr));
    part->file = tp_files_file(p->files, tp_buf_str(&p->path), folder_of(p, key), err);
    return part->file ? 0 : -1;
}

/* Behind the name and a NUL, which no name has, stands the end of the window. */
static int
end_key(struct tp_parts *p, tp_time until, struct tp_err *err)
{
    if (p->set.roll_time > 0) {
        tp_buf_put_char(&p->key, '\0');
        tp_buf_put(&p->key, &until, sizeof until);
    }
    return tp_buf_failed(&p->key) ? tp_err_memory(err) : 0;
}

static struct tp_str
name_in_key(const struct tp_parts *p, struct tp_str key)
{
    if (p->set.roll_time > 0)
        key.len -= 1 + sizeof(tp_time);
    return key;
}

/* The part of the key at hand. */
static struct part *
add_part(struct tp_parts *p, tp_time until, struct tp_err *err)
{
    bool is_new;
    struct part *part = tp_map_add(p->parts, tp_buf_str(&p->key), &is_new);

    if (!part) {
        tp_err_memory(err);
        return NULL;
    }
    if (is_new) {
        part->until = until;
        if (until < p->next_due)
            p->next_due = until;
    }
    return part;
}

static struct part *
find_part(struct tp_parts *p, const struct tp_slot *slots, tp_time until, struct tp_err *err)
{
    if (p->is_fixed && p->last && p->last->until == until)
        return p->last;
    tp_buf_clear(&p->key);
    if (tp_template_write(p->set.name, slots, 0, &p->key, err) < 0 || end_key(p, until, err) < 0)
        return NULL;
    if (p->last && tp_str_equal(tp_map_key(p->parts, p->last), tp_buf_str(&p->key)))
        return p->last;
    p->last = add_part(p, until, err);
    return p->last;
}

/* --- lines -------------------------------------------------------------------------------------*/

static bool
is_full(const struct tp_parts *p, const struct part *part, size_t more)
{
    uint64_t taken = p->set.roll_size > 0 ? tp_file_taken(part->file) : 0;

    return taken > 0 && taken + more > p->set.roll_size;
}

int
tp_parts_pass(struct tp_parts *p, const struct tp_slot *slots, tp_time until, struct tp_str line,
              struct tp_err *err)
{
    struct part *part = find_part(p, slots, until, err);

    if (!part)
        return -1;
    if (part->file && is_full(p, part, line.len)) {
        if (tp_files_finish(p->files, part->file, err) < 0)
            return -1;
        part->file = NULL;
    }
    if (!part->file && begin_file(p, part, name_in_key(p, tp_map_key(p->parts, part)), err) < 0)
        return -1;
    return tp_files_pass(p->files, part->file, line, err);
}

int
tp_parts_settle(struct tp_parts *p, struct tp_err *err)
{
    return tp_files_settle(p->files, err);
}

int
tp_parts_flush(struct tp_parts *p, struct tp_err *err)
{
    return tp_files_flush(p->files, err);
}

/* --- whole files -------------------------------------------------------------------------------*/

int
tp_parts_finish_due(struct tp_parts *p, tp_time watermark, struct tp_err *err)
{
    struct part *next;

    if (watermark < p->next_due)
        return 0;
    p->last = NULL;
    p->next_due = TP_TIME_AFTER_ALL;
    for (struct part *part = tp_map_first(p->parts); part; part = next) {
        next = tp_map_next(p->parts, part);
        if (part->until > watermark) {
            p->next_due = part->until < p->next_due ? part->until : p->next_due;
            continue;
        }
        if (part->file && tp_files_finish(p->files, part->file, err) < 0)
            return -1;
        tp_map_remove(p->parts, tp_map_key(p->parts, part));
    }
    return 0;
}

int
tp_parts_close(struct tp_parts *p, struct tp_err *err)
{
    return tp_files_close(p->files, err);
}

/* --- saved state -------------------------------------------------------------------------------*/

int
tp_parts_prepare(struct tp_parts *p, int64_t id, struct tp_err *err)
{
    return tp_files_prepare(p->files, id, err);
}

int
tp_parts_committed(struct tp_parts *p, int64_t id, struct tp_err *err)
{
    return tp_files_committed(p->files, id, err);
}

static void
emit_flag(struct tp_emit *row, const char *name, bool flag)
{
    if (flag)
        tp_emit_json(row, tp_str_of(name), TP_STR("true"));
}

static int
save_file(const struct tp_parts *p, const struct tp_file *file, struct tp_save *save,
          struct tp_err *err)
{
    struct tp_file_state state = tp_file_state(p->files, file);
    struct tp_emit row = tp_emit_open(tp_save_line(save));

    tp_emit_text(&row, TP_STR("file"), state.path);
    tp_emit_int(&row, TP_STR("length"), (int64_t)state.length);
    tp_emit_int(&row, TP_STR("taken"), (int64_t)state.taken);
    tp_emit_int(&row, TP_STR("folder"), (int64_t)state.folder);
    emit_flag(&row, "named", state.named);
    emit_flag(&row, "whole", state.whole);
    tp_emit_close(&row);
    return tp_save_line_end(save, err);
}

static int
save_part(const struct tp_parts *p, const struct part *part, struct tp_save *save,
          struct tp_err *err)
{
    struct tp_emit row = tp_emit_open(tp_save_line(save));

    tp_emit_text(&row, TP_STR("name"), name_in_key(p, tp_map_key(p->parts, part)));
    tp_emit_int(&row, TP_STR("until"), part->until);
    tp_emit_int(&row, TP_STR("number"), (int64_t)part->number);
    if (part->file)
        tp_emit_text(&row, TP_STR("in"), tp_file_state(p->files, part->file).path);
    tp_emit_close(&row);
    return tp_save_line_end(save, err);
}

int
tp_parts_save(const struct tp_parts *p, struct tp_save *save, struct tp_err *err)
{
    for (const struct tp_file *file = tp_files_first(p->files); file;
         file = tp_files_next(p->files, file))
        if (save_file(p, file, save, err) < 0)
            return -1;
    for (struct part *part = tp_map_first(p->parts); part; part = tp_map_next(p->parts, part))
        if (save_part(p, part, save, err) < 0)
            return -1;
    return 0;
}

static int
load_file(struct tp_parts *p, struct tp_str line, struct tp_err *err)
{
    struct tp_file_state state = {.length = 0};
    uint64_t folder = 0;
    const struct tp_saved fields[] = {
        {"file", TP_SAVED_TEXT, &p->path, false},
        {"length", TP_SAVED_COUNT, &state.length, false},
        {"taken", TP_SAVED_COUNT, &state.taken, false},
        {"folder", TP_SAVED_COUNT, &folder, false},
        {"named", TP_SAVED_FLAG, &state.named, true},
        {"whole", TP_SAVED_FLAG, &state.whole, true},
    };

    tp_buf_clear(&p->path);
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    if (tp_buf_failed(&p->path))
        return tp_err_memory(err);
    state.path = tp_buf_str(&p->path);
    state.folder = (size_t)folder;
    return tp_files_resume(p->files, &state, err) ? 0 : -1;
}

static int
load_part(struct tp_parts *p, struct tp_str line, struct tp_err *err)
{
    uint64_t number = 0;
    tp_time until = 0;
    struct part *part;
    const struct tp_saved fields[] = {
        {"name", TP_SAVED_TEXT, &p->key, false},
        {"until", TP_SAVED_INT, &until, false},
        {"number", TP_SAVED_COUNT, &number, false},
        {"in", TP_SAVED_TEXT, &p->path, true},
    };

    tp_buf_clear(&p->key);
    tp_buf_clear(&p->path);
    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0 ||
        end_key(p, until, err) < 0)
        return -1;
    part = add_part(p, until, err);
    if (!part)
        return -1;
    part->number = number;
    if (tp_buf_failed(&p->path))
        return tp_err_memory(err);
    if (p->path.len == 0)
        return 0;
    part->file = tp_files_file(p->files, tp_buf_str(&p->path), p->folder, err);
    return part->file ? 0 : -1;
}

int
tp_parts_load(struct tp_parts *p, struct tp_str line, struct tp_err *err)
{
    return tp_saved_is(line, "file") ? load_file(p, line, err) : load_part(p, line, err);
}

int
tp_parts_restored(struct tp_parts *p, struct tp_err *err)
{
    p->last = NULL;
    return tp_files_restored(p->files, err);
}
