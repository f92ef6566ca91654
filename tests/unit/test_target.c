/* The grammar of targets, whole lines, and deaths of the other side. */
#include "stream/target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static char dir[] = "/tmp/tidepipe-target-XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static struct tp_str
content(const char *path)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(bytes, 1, sizeof bytes, file) : 0;

    if (file)
        fclose(file);
    return (struct tp_str){bytes, len};
}

static void
test_file_is_appended(void)
{
    struct tp_err err = {0};

    for (int i = 0; i < 2; i++) {
        struct tp_target *target = tp_target_open(path_of("late"), &err);

        CHECK_THAT(target != NULL, "%s", err.text);
        CHECK(!strcmp(tp_target_name(target), path_of("late")));
        CHECK(tp_target_write(target, TP_STR("a\n"), &err) == 0);
        CHECK(tp_target_write(target, TP_STR("b\n"), &err) == 0);
        CHECK(tp_target_close(target, &err) == 0);
    }
    CHECK(tp_str_equal(content(path_of("late")), TP_STR("a\nb\na\nb\n")));
}

static void
test_open_errors(void)
{
    struct tp_err err = {0};

    CHECK(!tp_target_open("", &err) && err.fault == TP_FAULT_USAGE);
    CHECK(!tp_target_open("|", &err) && err.fault == TP_FAULT_USAGE);
    CHECK(!tp_target_open("|  \t", &err) && err.fault == TP_FAULT_USAGE);
    CHECK(!tp_target_open(dir, &err) && strstr(err.text, ": Is a directory"));
    CHECK(!tp_target_open("/nonexistent/x", &err));
    CHECK_THAT(!strcmp(err.text, "/nonexistent/x: No such file or directory"), "%s", err.text);
    CHECK(!tp_target_open("/dev/fd/987", &err));
    CHECK_THAT(!strcmp(err.text, "/dev/fd/987: Bad file descriptor"), "%s", err.text);
}

/* A number that only names one of the library's own descriptors is not the user's. */
static void
test_own_descriptor_is_not_given(void)
{
    struct tp_err err = {0};
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char spec[32];

    snprintf(spec, sizeof spec, "/dev/fd/%d", fd);
    CHECK(!tp_target_open(spec, &err));
    close(fd);
}

static void
test_descriptor(void)
{
    struct tp_err err = {0};
    struct tp_target *target;
    char spec[32], seen[8];
    int ends[2];

    CHECK(pipe(ends) == 0);
    snprintf(spec, sizeof spec, "/dev/fd/%d", ends[1]);
    target = tp_target_open(spec, &err);
    CHECK(target && tp_target_write(target, TP_STR("x\n"), &err) == 0);
    CHECK(tp_target_flush(target, &err) == 0);
    CHECK(read(ends[0], seen, sizeof seen) == 2);
    close(ends[0]);
    CHECK(tp_target_write(target, TP_STR("y\n"), &err) == 0);
    CHECK(tp_target_flush(target, &err) == -1);
    CHECK(strstr(err.text, ": Broken pipe") && !strncmp(err.text, spec, strlen(spec)));
    CHECK(tp_target_write(target, TP_STR("z\n"), &err) == -1);
    CHECK(tp_target_close(target, &err) == -1);
    CHECK(fcntl(ends[1], F_GETFD) >= 0);
    close(ends[1]);
}

static void
test_full_device(void)
{
    struct tp_err err = {0};
    struct tp_target *target = tp_target_open("/dev/full", &err);

    CHECK(tp_target_write(target, TP_STR("x\n"), &err) == 0);
    CHECK(tp_target_close(target, &err) == -1);
    CHECK_THAT(!strcmp(err.text, "/dev/full: No space left on device"), "%s", err.text);
}

static bool
has_child(void)
{
    return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

static void
test_command(void)
{
    struct tp_err err = {0};
    struct tp_target *target;
    char spec[300];

    snprintf(spec, sizeof spec, "| tr a-z A-Z > %s", path_of("upper"));
    target = tp_target_open(spec, &err);
    CHECK(target && tp_target_write(target, TP_STR("abc\n"), &err) == 0);
    CHECK(tp_target_close(target, &err) == 0);
    CHECK(tp_str_equal(content(path_of("upper")), TP_STR("ABC\n")));
    CHECK(!has_child());
}

static void
check_command_fails(const char *spec, const char *text)
{
    struct tp_err err = {0};
    struct tp_target *target = tp_target_open(spec, &err);

    CHECK(tp_target_close(target, &err) == -1);
    CHECK_THAT(!strcmp(err.text, text), "%s", err.text);
    CHECK(err.fault == TP_FAULT_MACHINE);
    CHECK(!has_child());
}

static void
test_command_fails(void)
{
    check_command_fails("|exit 3", "|exit 3: exit status 3");
    check_command_fails("| kill -9 $$", "| kill -9 $$: killed by signal 9");
    check_command_fails("| /nonexistent 2> /dev/null",
                        "| /nonexistent 2> /dev/null: exit status 127");
}

/* It ends while we write: an error and not SIGPIPE, whose disposition and mask stay as they were.
 */
static void
test_command_dies(void)
{
    struct tp_err err = {0};
    struct tp_target *target = tp_target_open("| exit 5", &err);
    struct sigaction action;
    sigset_t mask, pending;
    char line[4000];
    int result = 0;

    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (int i = 0; i < 2000 && !result; i++)
        result = tp_target_write(target, (struct tp_str){line, sizeof line}, &err);
    CHECK(result == -1);
    CHECK_THAT(!strcmp(err.text, "| exit 5: Broken pipe"), "%s", err.text);
    CHECK(tp_target_close(target, &err) == -1);
    CHECK_THAT(!strcmp(err.text, "| exit 5: exit status 5"), "%s", err.text);
    sigaction(SIGPIPE, NULL, &action);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    sigpending(&pending);
    CHECK(action.sa_handler == SIG_DFL);
    CHECK(!sigismember(&mask, SIGPIPE) && !sigismember(&pending, SIGPIPE));
}

/* Another side command must not keep the first one's pipe open, or closing the first would hang. */
/* Linux sends SIGPIPE also with a short count: when the reader dies while a write waits. */
static void
test_command_dies_while_a_write_waits(void)
{
    enum { MUCH = 3 << 20 };
    struct tp_err err = {0};
    struct tp_target *target = tp_target_open("| sleep 0.2; exit 4", &err);
    char *line = malloc(MUCH);

    memset(line, 'x', MUCH);
    line[MUCH - 1] = '\n';
    CHECK(tp_target_write(target, (struct tp_str){line, MUCH}, &err) == -1);
    CHECK(strstr(err.text, ": Broken pipe") != NULL);
    CHECK(tp_target_close(target, &err) == -1);
    CHECK_THAT(strstr(err.text, ": exit status 4") != NULL, "%s", err.text);
    free(line);
}

static void
test_two_commands(void)
{
    struct tp_err err = {0};
    struct tp_target *first = tp_target_open("| cat > /dev/null", &err);
    struct tp_target *second = tp_target_open("| cat > /dev/null", &err);

    CHECK(first && second);
    CHECK(tp_target_close(first, &err) == 0);
    CHECK(tp_target_close(second, &err) == 0);
}

/* Writers in several processes append to one file: no line is torn or lost. */
static void
write_lines(char letter, int lines)
{
    struct tp_target *target = tp_target_open(path_of("shared"), NULL);
    uint32_t seed = (uint32_t)letter;
    char line[300];

    for (int i = 0; i < lines; i++) {
        size_t len;

        seed = seed * 1664525u + 1013904223u;
        len = 1 + (seed >> 8) % 200;
        memset(line, letter, len);
        line[len] = '\n';
        if (tp_target_write(target, (struct tp_str){line, len + 1}, NULL))
            _exit(1);
    }
    _exit(tp_target_close(target, NULL) != 0);
}

static void
test_lines_stay_whole(void)
{
    enum { WRITERS = 3, LINES = 1500 };
    struct tp_str seen;
    size_t lines = 0;
    bool torn = false;
    int status;

    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0)
            write_lines((char)('a' + w), LINES);
    for (int w = 0; w < WRITERS; w++) {
        CHECK(wait(&status) > 0 && status == 0);
    }
    seen = content(path_of("shared"));
    for (size_t i = 1; i < seen.len; i++)
        torn |= seen.ptr[i] != '\n' && seen.ptr[i - 1] != '\n' && seen.ptr[i] != seen.ptr[i - 1];
    for (size_t i = 0; i < seen.len; i++)
        lines += seen.ptr[i] == '\n';
    CHECK(!torn);
    CHECK_THAT(lines == WRITERS * LINES, "%zu lines", lines);
}

/* In a child, whose standard output is the file that is also the target. */
static void
test_standard_outputs_own_file(void)
{
    const char *path = path_of("both");
    pid_t child;
    int status;

    fflush(stdout); /* valgrind writes a child's copy of the buffer out, even at _exit */
    child = fork();
    if (child == 0) {
        struct tp_target *target;

        dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
        target = tp_target_open(path, NULL);
        if (write(1, "1\n", 2) != 2 || tp_target_write(target, TP_STR("2\n"), NULL) ||
            tp_target_flush(target, NULL) || write(1, "3\n", 2) != 2)
            _exit(1);
        _exit(tp_target_close(target, NULL) || fcntl(1, F_GETFD) < 0);
    }
    waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(tp_str_equal(content(path_of("both")), TP_STR("1\n2\n3\n")));
}

static void
test_standard_output_closed(void)
{
    struct tp_err err = {0};
    int saved = fcntl(1, F_DUPFD_CLOEXEC, 10);
    struct tp_target *target;

    fflush(stdout);
    close(1);
    target = tp_target_open("-", &err);
    dup2(saved, 1);
    close(saved);
    CHECK(!target);
    CHECK_THAT(!strcmp(err.text, "standard output: Bad file descriptor"), "%s", err.text);
}

static void
test_long_line(void)
{
    static char line[200000];
    struct tp_err err = {0};
    struct tp_target *target = tp_target_open(path_of("long"), &err);

    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    CHECK(tp_target_write(target, TP_STR("a\n"), &err) == 0);
    CHECK(tp_target_write(target, (struct tp_str){line, sizeof line}, &err) == 0);
    CHECK(tp_target_write(target, TP_STR("b\n"), &err) == 0);
    CHECK(tp_target_close(target, &err) == 0);
    CHECK(content(path_of("long")).len == sizeof line + 4);
}

static void
remove_dir(void)
{
    pid_t child = fork();

    if (child == 0) {
        execlp("rm", "rm", "-rf", dir, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

int
main(void)
{
    if (!mkdtemp(dir))
        return 1;
    RUN(test_file_is_appended);
    RUN(test_open_errors);
    RUN(test_own_descriptor_is_not_given);
    RUN(test_descriptor);
    RUN(test_full_device);
    RUN(test_command);
    RUN(test_command_fails);
    RUN(test_command_dies);
    RUN(test_command_dies_while_a_write_waits);
    RUN(test_two_commands);
    RUN(test_lines_stay_whole);
    RUN(test_standard_outputs_own_file);
    RUN(test_standard_output_closed);
    RUN(test_long_line);
    remove_dir();
    return unit_end();
}
