#include "event/match_saved.h"

#include "record/emit.h"
#include "record/key.h"
#include "record/scan.h"

int
tp_match_saved_write(const struct tp_match_saved *saved, const char *name, size_t parts,
                     struct tp_save *save, struct tp_err *err)
{
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, tp_str_of(name), saved->time);
    if (saved->key.ptr) {
        tp_emit_name(&line, TP_STR("key"));
        tp_key_save(line.to, saved->key, parts);
    }
    if (saved->matched)
        tp_emit_json(&line, TP_STR("matched"), TP_STR("true"));
    if (saved->line.ptr)
        tp_emit_text(&line, TP_STR("line"), saved->line);
    if (saved->best.ptr) {
        tp_emit_int(&line, TP_STR("best_time"), saved->best_time);
        tp_emit_text(&line, TP_STR("best"), saved->best);
    }
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

int
tp_match_saved_key(struct tp_str array, size_t parts, struct tp_buf *memory, struct tp_str *key,
                   struct tp_err *err)
{
    *key = (struct tp_str){NULL, 0};
    if (!array.ptr)
        return 0;
    if (tp_key_load(memory, array, parts, err) < 0)
        return -1;
    *key = tp_buf_str(memory);
    return 0;
}

static bool
is_object(struct tp_str text)
{
    struct tp_err why;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ' && text.ptr[i] != '\t')
            return text.ptr[i] == '{' && tp_scan_validate(text, &why) == 0;
    return false;
}

int
tp_match_saved_line(struct tp_str line, const char *name, struct tp_buf *memory,
                    struct tp_str *content, struct tp_err *err)
{
    struct tp_str text = {NULL, 0};
    const struct tp_saved found = {name, TP_SAVED_JSON, &text, true};
    const struct tp_saved wanted = {name, TP_SAVED_TEXT, memory, false};

    *content = (struct tp_str){NULL, 0};
    if (tp_saved_read(line, &found, 1, err) < 0)
        return -1;
    if (!text.ptr)
        return 0;
    if (tp_saved_read(line, &wanted, 1, err) < 0)
        return -1;
    *content = (struct tp_str){tp_buf_text(memory), memory->len};
    if (tp_buf_failed(memory))
        return tp_err_memory(err);
    if (!is_object(*content))
        return tp_err_set(err, TP_FAULT_MACHINE, "\"%s\" of a saved line is no object", name);
    return 0;
}

static int
check_time(tp_time time, const char *name, struct tp_err *err)
{
    if (time >= TP_TIME_MIN && time <= TP_TIME_MAX)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE, "\"%s\" of a saved line is no time", name);
}

int
tp_match_saved_read(struct tp_match_saved *saved, const char *name, size_t parts,
                    struct tp_str line, struct tp_err *err)
{
    struct tp_str array = {NULL, 0};
    const struct tp_saved fields[] = {
        {name, TP_SAVED_INT, &saved->time, false},
        {"key", TP_SAVED_JSON, &array, true},
        {"matched", TP_SAVED_FLAG, &saved->matched, true},
        {"best_time", TP_SAVED_INT, &saved->best_time, true},
    };

    if (tp_saved_read(line, fields, 4, err) < 0)
        return -1;
    if (check_time(saved->time, name, err) < 0 ||
        check_time(saved->best_time, "best_time", err) < 0 ||
        tp_match_saved_line(line, "line", &saved->line_memory, &saved->line, err) < 0 ||
        tp_match_saved_line(line, "best", &saved->best_memory, &saved->best, err) < 0)
        return -1;
    return tp_match_saved_key(array, parts, &saved->key_memory, &saved->key, err);
}

void
tp_match_saved_release(struct tp_match_saved *saved)
{
    tp_buf_release(&saved->key_memory);
    tp_buf_release(&saved->line_memory);
    tp_buf_release(&saved->best_memory);
}
