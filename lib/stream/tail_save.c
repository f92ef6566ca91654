#include "stream/tail_save.h"

#include "record/emit.h"

/* Hashes and inodes have 64 bits: what is above INT64_MAX is written as the negative number of the
 * same bits. */
static void
put_bits(struct tp_emit *line, const char *name, uint64_t bits)
{
    tp_emit_int(line, tp_str_of(name), (int64_t)bits);
}

int
tp_tail_save(const struct tp_tail_saved *saved, struct tp_save *save, struct tp_err *err)
{
    const struct tp_tail_place *place = &saved->place;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_text(&line, saved->is_log ? TP_STR("log") : TP_STR("file"), tp_buf_str(&saved->name));
    put_bits(&line, "device", place->device);
    put_bits(&line, "inode", place->inode);
    put_bits(&line, "offset", place->offset);
    put_bits(&line, "head", place->mark.head);
    put_bits(&line, "head_len", place->mark.head_len);
    put_bits(&line, "back", place->mark.back);
    put_bits(&line, "back_len", place->mark.back_len);
    put_bits(&line, "lines", saved->lines);
    put_bits(&line, "too_long", saved->too_long);
    if (place->packed)
        tp_emit_json(&line, TP_STR("packed"), TP_STR("true"));
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

int
tp_tail_saved_read(struct tp_tail_saved *saved, struct tp_str line, struct tp_err *err)
{
    struct tp_tail_place *place = &saved->place;
    int64_t device, inode, head, back;
    uint64_t head_len, back_len;
    bool is_log = tp_saved_is(line, "log");
    const struct tp_saved fields[] = {
        {is_log ? "log" : "file", TP_SAVED_TEXT, &saved->name, false},
        {"device", TP_SAVED_INT, &device, false},
        {"inode", TP_SAVED_INT, &inode, false},
        {"offset", TP_SAVED_COUNT, &place->offset, false},
        {"head", TP_SAVED_INT, &head, false},
        {"head_len", TP_SAVED_COUNT, &head_len, false},
        {"back", TP_SAVED_INT, &back, false},
        {"back_len", TP_SAVED_COUNT, &back_len, false},
        {"lines", TP_SAVED_COUNT, &saved->lines, false},
        {"too_long", TP_SAVED_COUNT, &saved->too_long, false},
        {"packed", TP_SAVED_FLAG, &place->packed, true},
    };

    if (tp_saved_read(line, fields, sizeof fields / sizeof *fields, err) < 0)
        return -1;
    /* The head may go beyond the place: more of the file was seen than used. */
    if (head_len > TP_TAIL_HEAD || back_len > TP_TAIL_BACK || back_len > place->offset)
        return tp_err_set(err, TP_FAULT_MACHINE, "a mark that is longer than what was read");
    saved->is_log = is_log;
    place->device = (uint64_t)device;
    place->inode = (uint64_t)inode;
    place->mark.head = (uint64_t)head;
    place->mark.back = (uint64_t)back;
    place->mark.head_len = (uint32_t)head_len;
    place->mark.back_len = (uint32_t)back_len;
    return 0;
}
