#include "stream/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

/* NAME is what PATH is called in messages. */
static int
write_as(const char *path, const char *name, struct tp_str text, struct tp_err *err)
{
    FILE *file = fopen(path, "we");

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
tp_content_write(const char *name, struct tp_str text, struct tp_err *err)
{
    return write_as(name, name, text, err);
}

/* OLD: what PATH is now; NULL when it is not there. */
static int
write_beside(const char *path, const struct stat *old, const char *name, struct tp_str text,
             struct tp_err *err)
{
    struct tp_buf beside = TP_BUF_INIT;
    int result;

    tp_buf_printf(&beside, "%s.%ld.tmp", path, (long)getpid());
    if (tp_buf_failed(&beside))
        return tp_err_memory(err);
    result = write_as(tp_buf_text(&beside), name, text, err);
    if (result == 0 && old && chmod(tp_buf_text(&beside), old->st_mode & 07777) < 0)
        result = tp_err_system(err, name);
    if (result == 0 && rename(tp_buf_text(&beside), path) < 0)
        result = tp_err_system(err, name);
    if (result < 0)
        unlink(tp_buf_text(&beside));
    tp_buf_release(&beside);
    return result;
}

bool
tp_content_is_replaceable(const char *name)
{
    struct stat info;

    return stat(name, &info) < 0 || S_ISREG(info.st_mode);
}

int
tp_content_replace(const char *name, struct tp_str text, struct tp_err *err)
{
    struct stat old;
    char *path;
    int result;

    if (!tp_content_is_replaceable(name))
        return tp_content_write(name, text, err);
    if (stat(name, &old) < 0)
        return write_beside(name, NULL, name, text, err);
    path = realpath(name, NULL);
    if (!path)
        return tp_err_system(err, name);
    result = write_beside(path, &old, name, text, err);
    free(path);
    return result;
}
