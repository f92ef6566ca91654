/* content: a file holds what was written last, and a name that cannot be written is named. */
#include "stream/content.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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
    CHECK(tp_content_replace("/nowhere/at/all", TP_STR("x"), &err) < 0);
    CHECK(strcmp(err.text, "/nowhere/at/all: No such file or directory") == 0);
    CHECK(tp_content_write("/dev/full", TP_STR("x"), &err) < 0);
    CHECK(strstr(err.text, "/dev/full"));
}

static size_t
files_in_folder(void)
{
    DIR *dir = opendir(folder);
    size_t files = 0;

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        files += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return files;
}

/* A web server may not read what its file's mode no longer lets it; and a link leads where it did.
 */
static void
a_replaced_file_stays_what_it_was(void)
{
    char link[96];
    struct stat info = {0};
    struct tp_err err;

    snprintf(link, sizeof link, "%s/link", folder);
    CHECK(tp_content_write(name, TP_STR("old"), &err) == 0 && chmod(name, 0640) == 0);
    CHECK(symlink("file", link) == 0 && tp_content_replace(link, TP_STR("new"), &err) == 0);
    CHECK(holds("new"));
    CHECK(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    CHECK(stat(name, &info) == 0 && (info.st_mode & 07777) == 0640);
    CHECK(files_in_folder() == 2);
    unlink(link);
}

static void
what_cannot_be_replaced_is_written(void)
{
    struct stat before = {0}, after = {0};
    struct tp_err err;

    CHECK(stat("/dev/null", &before) == 0);
    CHECK(tp_content_replace("/dev/null", TP_STR("x"), &err) == 0);
    CHECK(stat("/dev/null", &after) == 0 && before.st_ino == after.st_ino);
    CHECK(tp_content_replace("/dev/full", TP_STR("x"), &err) < 0);
}

/* The disk is full, say: here a limit stands for that. */
static void
failures_leave_the_old_text(void)
{
    struct rlimit limit = {8, 8};
    struct tp_err err;
    pid_t child;
    int status = -1;

    CHECK(tp_content_write(name, TP_STR("old"), &err) == 0);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(tp_content_replace(name, TP_STR("longer than the limit"), &err) < 0 ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(holds("old") && files_in_folder() == 1);
}

int
main(void)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(name, sizeof name, "%s/file", folder);
    RUN(shorter_text_takes_the_place_of_longer);
    RUN(a_reader_keeps_the_old_text);
    RUN(a_replaced_file_stays_what_it_was);
    RUN(what_cannot_be_replaced_is_written);
    RUN(failures_name_the_file);
    RUN(failures_leave_the_old_text);
    unlink(name);
    CHECK(rmdir(folder) == 0);
    return unit_end();
}
