#include "event/changed.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/digests.h"
#include "base/map.h"
#include "record/emit.h"

struct tp_changed {
    bool exactly;
    struct tp_map *last; /* by key or its digest, as bytes: the digest of its last values */
};

struct tp_changed *
tp_changed_new(bool exactly)
{
    struct tp_changed *c = malloc(sizeof *c);

    if (!c)
        return NULL;
    c->exactly = exactly;
    c->last = tp_map_new(sizeof(struct tp_digest));
    if (c->last)
        return c;
    free(c);
    return NULL;
}

void
tp_changed_free(struct tp_changed *c)
{
    if (!c)
        return;
    tp_map_free(c->last);
    free(c);
}

int
tp_changed_see(struct tp_changed *c, uint64_t seed, struct tp_str key, struct tp_str values,
               struct tp_err *err)
{
    struct tp_digest now = tp_digest_of(seed, values), *last;
    char digest[TP_DIGEST_SIZE];
    bool is_new, changed;

    if (!c->exactly) {
        tp_digest_write(digest, tp_digest_of(seed, key));
        key = (struct tp_str){digest, sizeof digest};
    }
    last = tp_map_add(c->last, key, &is_new);
    if (!last)
        return tp_err_memory(err);
    changed = is_new || now.low != last->low || now.high != last->high;
    *last = now;
    return changed;
}

size_t
tp_changed_count(const struct tp_changed *c)
{
    return tp_map_count(c->last);
}

size_t
tp_changed_size(const struct tp_changed *c)
{
    return sizeof *c + tp_map_size(c->last);
}

/* --- saved state -------------------------------------------------------------------------------*/

int
tp_changed_save(const struct tp_changed *c, struct tp_save *save, struct tp_err *err)
{
    for (struct tp_digest *now = tp_map_first(c->last); now; now = tp_map_next(c->last, now)) {
        struct tp_emit line = tp_emit_open(tp_save_line(save));
        char values[TP_DIGEST_SIZE];

        tp_digest_write(values, *now);
        tp_emit_name(&line, TP_STR("last"));
        tp_save_hex(line.to, tp_map_key(c->last, now));
        tp_emit_name(&line, TP_STR("values"));
        tp_save_hex(line.to, (struct tp_str){values, sizeof values});
        tp_emit_close(&line);
        if (tp_save_line_end(save, err) < 0)
            return -1;
    }
    return 0;
}

bool
tp_changed_is_saved(struct tp_str line)
{
    return tp_saved_is(line, "last");
}

static int
load(struct tp_changed *c, struct tp_str key, struct tp_str values, struct tp_err *err)
{
    struct tp_digest *now;

    if (values.len != TP_DIGEST_SIZE)
        return tp_err_set(err, TP_FAULT_MACHINE, "saved values: not as they are written");
    now = tp_map_add(c->last, key, NULL);
    if (!now)
        return tp_err_memory(err);
    *now = tp_digest_read(values.ptr);
    return 0;
}

int
tp_changed_load(struct tp_changed *c, struct tp_str line, struct tp_err *err)
{
    struct tp_buf key = TP_BUF_INIT, values = TP_BUF_INIT;
    const struct tp_saved fields[] = {
        {"last", TP_SAVED_HEX, &key, false},
        {"values", TP_SAVED_HEX, &values, false},
    };
    int result = tp_saved_read(line, fields, 2, err);

    if (result == 0)
        result = load(c, tp_buf_str(&key), tp_buf_str(&values), err);
    tp_buf_release(&key);
    tp_buf_release(&values);
    return result;
}
