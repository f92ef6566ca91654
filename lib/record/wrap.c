#include "record/wrap.h"

#include <string.h>

#include "record/emit.h"
#include "record/path.h"

void
tp_wrap_release(struct tp_wrap *wrap)
{
    tp_omit_release(&wrap->names);
    tp_buf_release(&wrap->front);
    tp_buf_release(&wrap->behind);
    tp_buf_release(&wrap->bare);
    tp_buf_release(&wrap->kept);
}

int
tp_wrap_name(struct tp_wrap *wrap, struct tp_str name, struct tp_err *err)
{
    struct tp_step step = {.name = name};
    struct tp_path path = {.step = &step, .count = 1};

    return tp_omit_path(&wrap->names, &path, err);
}

/* LINE with ADDED in front, without the newline that tp_emit_first ends with. */
static struct tp_str
put_first(struct tp_buf *to, struct tp_str line, size_t members, const struct tp_buf *added)
{
    tp_buf_clear(to);
    tp_emit_first(to, line, members, tp_buf_str(added));
    if (tp_buf_failed(to) || tp_buf_failed(added))
        return (struct tp_str){NULL, 0};
    return (struct tp_str){to->ptr, to->len - 1};
}

struct tp_str
tp_wrap_bare(struct tp_wrap *wrap, struct tp_str line, size_t *members, struct tp_str event_time)
{
    struct tp_emit added = {.to = &wrap->front};

    tp_buf_clear(&wrap->bare);
    tp_omit_copy(&wrap->names, line, &wrap->bare);
    if (tp_buf_failed(&wrap->bare))
        return (struct tp_str){NULL, 0};
    *members = memchr(wrap->bare.ptr, ':', wrap->bare.len) ? 1 : 0;
    if (event_time.len == 0)
        return tp_buf_str(&wrap->bare);
    tp_buf_clear(&wrap->front);
    tp_emit_json(&added, TP_STR("event_time"), event_time);
    line = put_first(&wrap->kept, tp_buf_str(&wrap->bare), *members, &wrap->front);
    ++*members;
    return line;
}

int
tp_wrap_write(struct tp_wrap *wrap, struct tp_str line, size_t members, struct tp_buf *to,
              struct tp_err *err)
{
    if (wrap->front.len > 0) {
        line = put_first(&wrap->kept, line, members, &wrap->front);
        members++;
    }
    if (!line.ptr || tp_buf_failed(&wrap->front) || tp_buf_failed(&wrap->behind))
        return tp_err_memory(err);
    tp_emit_last(to, line, members, tp_buf_str(&wrap->behind));
    return tp_buf_failed(to) ? tp_err_memory(err) : 0;
}
