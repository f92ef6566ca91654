#include "event/saving.h"

#include "record/key.h"

void
tp_saving_release(struct tp_saving *saving)
{
    tp_buf_release(&saving->key);
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
