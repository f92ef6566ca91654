#include "event/saving.h"

#include <string.h>

#include "record/key.h"

void
tp_saving_release(struct tp_saving *saving)
{
    tp_buf_release(&saving->key);
    tp_buf_release(&saving->aside);
}

void
tp_saving_put_flag(struct tp_emit *line, struct tp_str name, bool flag)
{
    tp_emit_json(line, name, flag ? TP_STR("true") : TP_STR("false"));
}

void
tp_saving_put_key(const struct tp_saving *saving, struct tp_emit *line, struct tp_str key)
{
    tp_emit_name(line, TP_STR("key"));
    tp_key_save(line->to, key, saving->parts);
}

int
tp_saving_end(const struct tp_saving *saving, struct tp_emit *line, struct tp_save *save,
              struct tp_str key, const void *acc, struct tp_err *err)
{
    tp_saving_put_key(saving, line, key);
    tp_emit_name(line, TP_STR("acc"));
    if (tp_aggs_save(saving->aggs, acc, line->to, err) < 0)
        return -1;
    tp_emit_close(line);
    return tp_save_line_end(save, err);
}

int
tp_saving_key(struct tp_saving *saving, struct tp_str array, struct tp_str *key, struct tp_err *err)
{
    tp_buf_clear(&saving->key);
    if (tp_key_load(&saving->key, array, saving->parts, err) < 0)
        return -1;
    *key = tp_buf_str(&saving->key);
    return 0;
}

static void *
add_group(const struct tp_saving *saving, struct tp_map *groups, struct tp_str key, uint32_t hash,
          struct tp_err *err)
{
    bool is_new;
    void *acc = tp_map_add_hashed(groups, key, hash, &is_new);

    if (acc && is_new)
        return memcpy(acc, saving->aside.ptr, tp_aggs_size(saving->aggs));
    tp_aggs_clear(saving->aggs, saving->aside.ptr);
    if (acc)
        tp_err_set(err, TP_FAULT_MACHINE, "a key is there twice");
    else
        tp_err_memory(err);
    return NULL;
}

/* Accumulators are read aside while the group's place in the table, most often a miss of the cache,
 * is on its way. */
void *
tp_saving_group(struct tp_saving *saving, struct tp_map *groups, struct tp_str array,
                struct tp_str acc, struct tp_err *err)
{
    size_t size = tp_aggs_size(saving->aggs);
    void *aside = tp_buf_reserve(&saving->aside, size);
    struct tp_str key;
    uint32_t hash;

    if (!aside) {
        tp_err_memory(err);
        return NULL;
    }
    if (tp_saving_key(saving, array, &key, err) < 0)
        return NULL;
    hash = tp_map_hash(groups, key);
    tp_map_expect(groups, hash);
    memset(aside, 0, size);
    if (tp_aggs_load(saving->aggs, aside, acc, err) < 0)
        return NULL;
    return add_group(saving, groups, key, hash, err);
}
