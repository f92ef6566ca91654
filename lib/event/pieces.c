#include "event/pieces.h"

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/emit.h"

enum { PIECE = 32 * 1024 }; /* of a filter's bytes, in a line */

static int
save_piece(struct tp_save *save, size_t which, size_t taken, struct tp_str bytes, size_t at,
           struct tp_err *err)
{
    size_t len = bytes.len - at < PIECE ? bytes.len - at : PIECE;
    struct tp_emit line = tp_emit_open(tp_save_line(save));

    tp_emit_int(&line, TP_STR("filter"), (int64_t)which);
    tp_emit_int(&line, TP_STR("taken"), (int64_t)taken);
    tp_emit_int(&line, TP_STR("at"), (int64_t)at);
    tp_emit_name(&line, TP_STR("bits"));
    tp_save_hex(line.to, (struct tp_str){bytes.ptr + at, len});
    tp_emit_close(&line);
    return tp_save_line_end(save, err);
}

int
tp_pieces_save(const struct tp_bloom *bloom, struct tp_save *save, struct tp_err *err)
{
    struct tp_str bytes;
    size_t taken;

    for (size_t i = 0; (bytes = tp_bloom_bytes(bloom, i, &taken)).len; i++)
        for (size_t at = 0; at < bytes.len; at += PIECE)
            if (save_piece(save, i, taken, bytes, at, err) < 0)
                return -1;
    return 0;
}

bool
tp_pieces_is_saved(struct tp_str line)
{
    return tp_saved_is(line, "filter");
}

int
tp_pieces_load(struct tp_bloom *bloom, struct tp_str line, struct tp_err *err)
{
    uint64_t which, taken, at;
    struct tp_buf bits = TP_BUF_INIT;
    const struct tp_saved fields[] = {
        {"filter", TP_SAVED_COUNT, &which, false},
        {"taken", TP_SAVED_COUNT, &taken, false},
        {"at", TP_SAVED_COUNT, &at, false},
        {"bits", TP_SAVED_HEX, &bits, false},
    };
    int result = tp_saved_read(line, fields, 4, err);

    if (result == 0 && tp_bloom_put(bloom, which, taken, at, tp_buf_str(&bits)) < 0)
        result = tp_err_set(err, TP_FAULT_MACHINE, "a saved filter does not fit");
    tp_buf_release(&bits);
    return result;
}
