/*
 * JSONTestSuite (nst/JSONTestSuite): what every parser must accept (y_) and refuse (n_), and what
 * this one does with the cases left to the parser (i_). The suite is not part of this project.
 */
#include "record/scan.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#define ARCHIVE "json/JSONTestSuite-test_parsing.tar.gz"

/* The i_ cases that are accepted: any number is (it is kept as text). All others are refused: bad
 * UTF-8, lone surrogates, UTF-16, a byte order mark. */
static const char *const accepted[] = {
    "i_number_double_huge_neg_exp.json",  "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",     "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",       "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",      "i_number_very_big_negative_int.json",
    "i_structure_500_nested_arrays.json",
};

#define ACCEPTED (sizeof accepted / sizeof *accepted)

static int yes, no, either;

static bool
is_pinned(const char *name)
{
    for (size_t i = 0; i < ACCEPTED; i++)
        if (strcmp(accepted[i], name) == 0)
            return true;
    return false;
}

static void
check_case(const char *name, struct tp_str text)
{
    struct tp_err err = {.at = -1};
    bool valid = tp_scan_validate(text, &err) == 0;

    if (name[0] == 'y') {
        yes++;
        CHECK_THAT(valid, "%s: %ld %s", name, err.at, err.text);
    } else if (name[0] == 'n') {
        no++;
        CHECK_THAT(!valid, "%s", name);
    } else {
        either++;
        printf("  %-55s %s\n", name, valid ? "accepted" : err.text);
        CHECK_THAT(valid == is_pinned(name), "%s", name);
    }
}

static int
check_file(const char *dir, const char *name)
{
    char path[1024];
    static char text[1 << 20];
    FILE *file;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "rb");
    if (!file)
        return -1;
    len = fread(text, 1, sizeof text, file);
    fclose(file);
    check_case(name, (struct tp_str){text, len});
    return unlink(path);
}

static void
check_directory(const char *path)
{
    struct dirent **entry;
    int count = scandir(path, &entry, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        if (strchr("yni", entry[i]->d_name[0]) && entry[i]->d_name[1] == '_')
            CHECK(check_file(path, entry[i]->d_name) == 0);
        free(entry[i]);
    }
    if (count >= 0)
        free(entry);
}

static void
json_test_suite(void)
{
    const char *shared = getenv("TIDEPIPE_SHARED");
    char dir[] = "/tmp/tidepipe-suite-XXXXXX";
    char archive[1024], command[4096];

    snprintf(archive, sizeof archive, "%s/%s", shared ? shared : "../shared/data", ARCHIVE);
    if (access(archive, R_OK) < 0 && !shared)
        snprintf(archive, sizeof archive, "../../shared/data/%s", ARCHIVE); /* from a worktree */
    if (access(archive, R_OK) < 0) {
        printf("skipped: no shared data\n");
        return;
    }
    CHECK(mkdtemp(dir));
    snprintf(command, sizeof command, "tar -xzf '%s' -C %s --transform 's|.*/||'", archive, dir);
    CHECK(system(command) == 0);
    check_directory(dir);
    CHECK_THAT(yes == 95 && no == 188 && either == 35, "%d y, %d n, %d i", yes, no, either);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    CHECK(system(command) == 0);
}

int
main(void)
{
    RUN(json_test_suite);
    return unit_end();
}
