/* content: a file holds what was written last, and a name that cannot be written is named. */
#include "stream/content.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/tp_content.XXXXXX", name[64];

static bool
holds(const char *text)
{
    FILE *file = fopen(name, "re");
    char got[64] = "";
    size_t len = file ? fread(got, 1, sizeof got - 1, file) : 0;

    return file && fclose(file) == 0 && len == strlen(text) && memcmp(got, text, len) == 0;
}

static void
shorter_text_takes_the_place_of_longer(void)
{
    struct tp_err err;

    CHECK(tp_content_write(name, TP_STR("a long text"), &err) == 0 && holds("a long text"));
    CHECK(tp_content_write(name, TP_STR("short"), &err) == 0 && holds("short"));
    CHECK(tp_content_replace(name, TP_STR("new"), &err) == 0 && holds("new"));
}

/* Who has opened the old file keeps it. */
static void
a_reader_keeps_the_old_text(void)
{
    struct stat before = {0}, after = {0};
    struct tp_err err;

    CHECK(tp_content_write(name, TP_STR("old"), &err) == 0 && stat(name, &before) == 0);
    CHECK(tp_content_replace(name, TP_STR("new"), &err) == 0 && stat(name, &after) == 0);
    CHECK(before.st_ino != after.st_ino);
}

static void
failures_name_the_file(void)
{
    struct tp_err err;

    CHECK(tp_content_write("/nowhere/at/all", TP_STR("x"), &err) < 0);
    CHECK(err.fault == TP_FAULT_MACHINE && strstr(err.text, "/nowhere/at/all"));
    CHECK(tp_content_replace(folder, TP_STR("x"), &err) < 0); /* a directory */
    CHECK(strstr(err.text, folder));
    CHECK(tp_content_write("/dev/full", TP_STR("x"), &err) < 0);
    CHECK(strstr(err.text, "/dev/full"));
}

int
main(void)
{
    char left[96];

    if (!mkdtemp(folder))
        return 1;
    snprintf(name, sizeof name, "%s/file", folder);
    RUN(shorter_text_takes_the_place_of_longer);
    RUN(a_reader_keeps_the_old_text);
    RUN(failures_name_the_file);
    unlink(name);
    snprintf(left, sizeof left, "%s.%ld.tmp", folder, (long)getpid());
    unlink(left); /* of the replacement that failed */
    CHECK(rmdir(folder) == 0);
    return unit_end();
}
