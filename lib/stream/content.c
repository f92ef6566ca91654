#include "stream/content.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"

int
tp_content_write(const char *name, struct tp_str text, struct tp_err *err)
{
    FILE *file = fopen(name, "we");

    if (!file)
        return tp_err_system(err, name);
    if (fwrite(text.ptr, 1, text.len, file) != text.len || fflush(file) != 0) {
        tp_err_system(err, name);
        fclose(file);
        return -1;
    }
    return fclose(file) == 0 ? 0 : tp_err_system(err, name);
}

int
tp_content_replace(const char *name, struct tp_str text, struct tp_err *err)
{
    struct tp_buf beside = TP_BUF_INIT;
    int result;

    tp_buf_printf(&beside, "%s.%ld.tmp", name, (long)getpid());
    if (tp_buf_failed(&beside))
        return tp_err_memory(err);
    result = tp_content_write(tp_buf_text(&beside), text, err);
    if (result == 0 && rename(tp_buf_text(&beside), name) < 0)
        result = tp_err_system(err, name);
    tp_buf_release(&beside);
    return result;
}
