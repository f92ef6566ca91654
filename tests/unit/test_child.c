/* A command with both ends: no deadlock whatever the pipes hold, whole lines, every kind of end. */
#include "stream/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "unit.h"

enum { MAX_LINE = 1 << 20 };

static const char *program; /* this one, as a command */

static struct tp_child *
start(const char *text)
{
    const char *const words[] = {text, NULL};
    struct tp_err err = {0};
    struct tp_child *child = tp_child_start(words, MAX_LINE, &err);

    CHECK_THAT(child != NULL, "%s", err.text);
    return child;
}

static void
feed(struct tp_child *child, const char *text)
{
    CHECK(tp_child_feed(child, tp_str_of(text), NULL) == 0);
}

/* Moves until a line came; an empty text at the end. */
static struct tp_str
line_of(struct tp_child *child)
{
    struct tp_str line = {"", 0};
    struct tp_err err = {0};

    while (!tp_child_line(child, &line) && !tp_child_ended(child))
        CHECK_THAT(tp_child_move(child, -1, -1, &err) > 0, "%s", err.text);
    return line;
}

#define CHECK_LINE(child, text)                                                        \
    do {                                                                               \
        struct tp_str came = line_of(child);                                           \
        CHECK_THAT(tp_str_equal(came, TP_STR(text)), "%.*s", (int)came.len, came.ptr); \
    } while (0)

static bool
has_child(void)
{
    return waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD;
}

static void
check_end(struct tp_child *child, const char *text)
{
    struct tp_err err = {.text = ""};
    int result;

    while (!tp_child_ended(child))
        CHECK(tp_child_move(child, -1, -1, &err) >= 0);
    result = tp_child_wait(child, &err);
    CHECK_THAT(!strcmp(err.text, text), "%s", err.text);
    CHECK(result == (*text ? -1 : 0));
    CHECK(!*text || err.fault == TP_FAULT_MACHINE);
    tp_child_free(child);
    CHECK(!has_child());
}

static void
test_answers(void)
{
    struct tp_child *child = start("sed -u 's/.*/<&>/'");

    feed(child, "a\n");
    CHECK_LINE(child, "<a>");
    feed(child, "b\nc");
    feed(child, "\n\n");
    CHECK_LINE(child, "<b>");
    CHECK_LINE(child, "<c>");
    CHECK_LINE(child, "<>");
    CHECK(tp_child_unsent(child) == 0 && !tp_child_ended(child) && !tp_child_is_deaf(child));
    tp_child_end_input(child);
    check_end(child, "");
}

static void
test_input_ends_behind_what_was_fed(void)
{
    struct tp_child *child = start("wc -l | tr -d ' '");

    for (int i = 0; i < 100000; i++)
        feed(child, "some line\n");
    tp_child_end_input(child);
    CHECK_LINE(child, "100000");
    check_end(child, "");
}

static void
test_words_are_not_a_shell_text(void)
{
    const char *const words[] = {"printf", "%s\n", "$HOME  *", NULL};
    struct tp_child *child = tp_child_start(words, MAX_LINE, NULL);

    CHECK(child && !strcmp(tp_child_name(child), "printf %s  $HOME  *"));
    CHECK_LINE(child, "$HOME  *");
    check_end(child, "");
}

static void
test_no_such_program(void)
{
    const char *const words[] = {"/nonexistent/program", "-x", NULL};
    struct tp_err err = {0};

    /* valgrind's posix_spawn succeeds whatever the program, and lets the child exit with 127 */
    if (getenv("WRAP") && strstr(getenv("WRAP"), "valgrind"))
        return;
    CHECK(!tp_child_start(words, MAX_LINE, &err));
    CHECK_THAT(!strcmp(err.text, "/nonexistent/program -x: No such file or directory"), "%s",
               err.text);
    CHECK(!has_child());
}

static void
test_long_name_is_cut_at_a_character(void)
{
    static const char ten[] = "0123456789", mark[] = "\xc3\xa9";
    char text[200] = "true # ";
    struct tp_child *child;

    for (int i = 0; i < 7; i++)
        strcat(text, ten);
    strcat(text, "ab");
    strcat(text, mark); /* its two bytes lie on both sides of the limit */
    strcat(text, ten);
    child = start(text);
    CHECK_THAT(strlen(tp_child_name(child)) == 84 &&
                   !strcmp(tp_child_name(child) + 79, "\xc3\xa9..."),
               "%s", tp_child_name(child));
    check_end(child, "");
}

static void
test_how_it_ends(void)
{
    check_end(start("exit 7"), "exit 7: exit status 7");
    check_end(start("kill -9 $$"), "kill -9 $$: killed by signal 9");
    check_end(start("no-such-program 2>&-"), "no-such-program 2>&-: exit status 127");
}

static void
test_unterminated_line(void)
{
    struct tp_child *child = start("printf 'a\\nb'");

    CHECK_LINE(child, "a");
    CHECK_LINE(child, "b");
    CHECK_LINE(child, "");
    check_end(child, "");
}

/* The command is killed by no signal of ours and we by none of its. */
static void
test_it_stops_reading(void)
{
    struct tp_child *child = start("head -n 1");
    struct tp_str line;

    for (int i = 0; i < 500000; i++)
        feed(child, "0123456789\n");
    CHECK_LINE(child, "0123456789");
    while (!tp_child_is_deaf(child)) {
        CHECK(tp_child_move(child, -1, -1, NULL) == TP_CHILD_MOVED);
        CHECK(!tp_child_line(child, &line));
    }
    CHECK(tp_child_unsent(child) == 0);
    feed(child, "more\n");
    CHECK(tp_child_unsent(child) == 0);
    check_end(child, "");
}

static void
test_line_too_long(void)
{
    struct tp_child *child = start("yes | tr -d '\\n'");
    struct tp_err err = {0};

    while (tp_child_move(child, -1, -1, &err) > 0)
        continue;
    CHECK_THAT(!strcmp(err.text, "yes | tr -d '\\n': wrote a line longer than --max-line"), "%s",
               err.text);
    CHECK(tp_child_wait(child, &err) == -1); /* SIGPIPE: 141 of the shell */
    tp_child_free(child);
}

static void
test_waiting(void)
{
    struct tp_child *child = start("cat");
    int ends[2];

    CHECK(pipe(ends) == 0);
    CHECK(tp_child_move(child, ends[0], 0, NULL) == 0);
    CHECK(tp_child_move(child, ends[0], 20, NULL) == 0);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(tp_child_move(child, ends[0], -1, NULL) == TP_CHILD_OTHER);
    feed(child, "y\n");
    CHECK(tp_child_move(child, ends[0], -1, NULL) & TP_CHILD_MOVED);
    CHECK_LINE(child, "y");
    close(ends[0]);
    close(ends[1]);
    tp_child_end_input(child);
    check_end(child, "");
}

static void
test_stop(void)
{
    struct tp_child *child = start("exec sleep 1000");

    tp_child_stop(child);
    check_end(child, "exec sleep 1000: killed by signal 15");
}

/* Standard streams that we lack are not taken by the command's pipes. */
static void
test_closed_standard_streams(void)
{
    int in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO);
    struct tp_child *child;

    fflush(stdout);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    child = start("cat");
    CHECK(fcntl(STDIN_FILENO, F_GETFD) < 0 && fcntl(STDOUT_FILENO, F_GETFD) < 0);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    close(in);
    close(out);
    feed(child, "z\n");
    CHECK_LINE(child, "z");
    tp_child_end_input(child);
    check_end(child, "");
}

/* ---- pipes of one page, long lines: whoever writes must read, too ---- */

/* This program as the command: shrinks its pipes, says so, copies in odd portions. */
static int
copy_through_small_pipes(void)
{
    static char bytes[30011];
    size_t len;

    if (fcntl(STDIN_FILENO, F_SETPIPE_SZ, 4096) < 0 || fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 4096) < 0)
        return 1;
    printf("ready\n");
    fflush(stdout);
    while ((len = fread(bytes, 1, sizeof bytes, stdin)) > 0)
        if (fwrite(bytes, 1, len, stdout) != len)
            return 1;
    return fflush(stdout) != 0;
}

enum { LINES = 5000, LINE_LEN = 10000 };

static void
put_number(char *to, int number)
{
    char text[16];

    snprintf(text, sizeof text, "%08d", number);
    memcpy(to, text, 8);
}

static int
check_lines(struct tp_child *child, char *expected, int seen)
{
    struct tp_str line;

    while (tp_child_line(child, &line)) {
        put_number(expected, seen++);
        CHECK(line.len == LINE_LEN && memcmp(line.ptr, expected, LINE_LEN) == 0);
    }
    return seen;
}

static void
test_small_pipes(void)
{
    const char *const words[] = {program, "--copy", NULL};
    struct tp_child *child = tp_child_start(words, MAX_LINE, NULL);
    char *line = malloc(LINE_LEN + 1), *expected = malloc(LINE_LEN + 1);
    int seen = 0;

    CHECK_LINE(child, "ready");
    memset(line, 'x', LINE_LEN);
    memset(expected, 'x', LINE_LEN);
    line[LINE_LEN] = '\n';
    for (int i = 0; i < LINES; i++) {
        put_number(line, i);
        CHECK(tp_child_feed(child, (struct tp_str){line, LINE_LEN + 1}, NULL) == 0);
        while (tp_child_unsent(child) > 50000) {
            CHECK(tp_child_move(child, -1, -1, NULL) == TP_CHILD_MOVED);
            seen = check_lines(child, expected, seen);
        }
    }
    tp_child_end_input(child);
    while (!tp_child_ended(child)) {
        CHECK(tp_child_move(child, -1, -1, NULL) == TP_CHILD_MOVED);
        seen = check_lines(child, expected, seen);
    }
    CHECK_THAT(seen == LINES, "%d", seen);
    check_end(child, "");
    free(line);
    free(expected);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--copy"))
        return copy_through_small_pipes();
    program = argv[0];
    RUN(test_answers);
    RUN(test_input_ends_behind_what_was_fed);
    RUN(test_words_are_not_a_shell_text);
    RUN(test_no_such_program);
    RUN(test_long_name_is_cut_at_a_character);
    RUN(test_how_it_ends);
    RUN(test_unterminated_line);
    RUN(test_it_stops_reading);
    RUN(test_line_too_long);
    RUN(test_waiting);
    RUN(test_stop);
    RUN(test_closed_standard_streams);
    RUN(test_small_pipes);
    return unit_end();
}
