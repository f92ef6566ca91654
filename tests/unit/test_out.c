/* What is written must be what was given, in order, in few and large writes, and loudly not at all
 * when it cannot be. */
#include "stream/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static uint32_t
random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int
temporary_file(void)
{
    char path[] = "/tmp/tidepipe-out-XXXXXX";
    int fd = mkstemp(path);

    unlink(path);
    return fd;
}

/* Random runs and rows; the same bytes go to EXPECTED. */
static void
mixed_stream(struct tp_out *out, struct tp_buf *expected, const char *from, size_t len,
             uint32_t seed)
{
    size_t at = 0;

    for (int i = 0; i < 400; i++) {
        size_t run = random_next(&seed) % (random_next(&seed) % 4 ? 500 : 90000);

        at = random_next(&seed) % 3 ? at : random_next(&seed) % (len / 2);
        run = run < len - at ? run : len - at;
        CHECK(tp_out_pass(out, from + at, run, NULL) == 0);
        tp_buf_put(expected, from + at, run);
        at += run;
        if (random_next(&seed) % 3 == 0) {
            tp_buf_printf(tp_out_buf(out, NULL), "row %d\n", i);
            tp_buf_printf(expected, "row %d\n", i);
            CHECK(tp_out_check(out, NULL) == 0);
        }
        if (random_next(&seed) % 5 == 0)
            CHECK(tp_out_settle(out, NULL) == 0);
        if (random_next(&seed) % 50 == 0) {
            CHECK(tp_out_flush(out, NULL) == 0);
            CHECK(!tp_out_pending(out));
        }
        CHECK(tp_out_bytes(out) == expected->len);
    }
}

static char *
some_bytes(size_t len)
{
    char *bytes = malloc(len);
    uint32_t seed = 5;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)random_next(&seed);
    return bytes;
}

static void
test_file(void)
{
    size_t len = 400000;
    char *bytes = some_bytes(len);
    struct tp_buf expected = TP_BUF_INIT;
    int fd = temporary_file(), again = dup(fd);
    struct tp_out *out = tp_out_new(fd, "file", NULL);
    char *seen;

    CHECK(!tp_out_is_pipe(out) && !tp_out_is_terminal(out));
    mixed_stream(out, &expected, bytes, len, 1);
    CHECK(tp_out_close(out, NULL) == 0 && tp_out_close(out, NULL) == 0);
    CHECK(fcntl(fd, F_GETFD) < 0);
    seen = malloc(expected.len + 1);
    CHECK(pread(again, seen, expected.len + 1, 0) == (ssize_t)expected.len);
    CHECK(!memcmp(seen, expected.ptr, expected.len));
    free(seen);
    free(bytes);
    close(again);
    tp_out_free(out);
    tp_buf_release(&expected);
}

/* A reader that reads little at a time from a small, non-blocking pipe: short writes, EAGAIN. */
static int
slow_copy(int from, int to)
{
    char bytes[3000];
    ssize_t got;

    while ((got = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)got) != got)
            return 1;
    return got < 0;
}

static void
check_through(int ends[2], uint32_t seed)
{
    size_t len = 300000;
    char *bytes = some_bytes(len), *seen;
    struct tp_buf expected = TP_BUF_INIT;
    struct tp_out *out;
    int file = temporary_file(), status;
    pid_t child = fork();

    if (child == 0) {
        close(ends[1]);
        _exit(slow_copy(ends[0], file));
    }
    close(ends[0]);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    out = tp_out_new(ends[1], "pipe", NULL);
    CHECK(tp_out_is_pipe(out));
    mixed_stream(out, &expected, bytes, len, seed);
    CHECK(tp_out_close(out, NULL) == 0);
    waitpid(child, &status, 0);
    CHECK(status == 0);
    seen = malloc(expected.len + 1);
    CHECK(pread(file, seen, expected.len + 1, 0) == (ssize_t)expected.len);
    CHECK(!memcmp(seen, expected.ptr, expected.len));
    free(seen);
    free(bytes);
    close(file);
    tp_out_free(out);
    tp_buf_release(&expected);
}

static void
test_non_blocking(void)
{
    int ends[2];

    CHECK(pipe(ends) == 0);
    check_through(ends, 3);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    check_through(ends, 4);
}

/* Datagrams keep the borders of writes, so the peer sees each one. Without a reader in between the
 * queue holds few, hence the child. */
struct writes {
    size_t count, smallest, largest, total;
};

static void
watch_writes(int from, int to)
{
    struct writes writes = {.smallest = SIZE_MAX};
    char *bytes = malloc(1 << 21);
    ssize_t got;

    while ((got = read(from, bytes, 1 << 21)) > 0) {
        size_t len = (size_t)got;

        writes.count++;
        writes.total += len;
        writes.smallest = len < writes.smallest ? len : writes.smallest;
        writes.largest = len > writes.largest ? len : writes.largest;
    }
    if (write(to, &writes, sizeof writes) != (ssize_t)sizeof writes)
        _exit(1);
    _exit(0);
}

/* 40 blocks of 256 KiB pass through, with ROW bytes of copied text behind each EACH bytes. */
static struct writes
writes_of_blocks(size_t each, size_t row)
{
    struct writes writes = {0};
    int ends[2], answer[2];
    size_t len = 256 * 1024;
    char *block = calloc(1, len);
    struct tp_out *out;
    pid_t child;

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0 && pipe(answer) == 0);
    child = fork();
    if (child == 0) {
        close(ends[1]);
        watch_writes(ends[0], answer[1]);
    }
    close(ends[0]);
    out = tp_out_new(ends[1], "peer", NULL);
    for (int i = 0; i < 40; i++) {
        for (size_t at = 0; at < len; at += 4096) {
            CHECK(tp_out_pass(out, block + at, 4096, NULL) == 0);
            if ((at + 4096) % each)
                continue;
            for (size_t j = 0; j < row; j++)
                tp_buf_put_char(tp_out_buf(out, NULL), 'r');
            CHECK(tp_out_check(out, NULL) == 0);
        }
        CHECK(tp_out_settle(out, NULL) == 0);
    }
    CHECK(tp_out_close(out, NULL) == 0);
    CHECK(read(answer[0], &writes, sizeof writes) == (ssize_t)sizeof writes);
    waitpid(child, NULL, 0);
    tp_out_free(out);
    free(block);
    close(answer[0]);
    close(answer[1]);
    return writes;
}

static void
test_writes_are_large(void)
{
    struct writes writes = writes_of_blocks(256 * 1024, 0);

    CHECK(writes.total == 40 * 256 * 1024);
    CHECK_THAT(writes.count == 160 && writes.smallest == 65536, "%zu writes", writes.count);
    writes = writes_of_blocks(256 * 1024, 50);
    CHECK(writes.total == 40 * (256 * 1024 + 50));
    CHECK(writes.largest <= 65536);
    CHECK_THAT(writes.count <= 161, "%zu writes", writes.count);
    writes = writes_of_blocks(16 * 1024, 100); /* as with a watermark now and then */
    CHECK(writes.total == 40 * 16 * (16 * 1024 + 100));
    CHECK(writes.largest <= 65536);
    CHECK_THAT(writes.count <= 165, "%zu writes", writes.count);
}

static void
test_full_device(void)
{
    struct tp_err err = {0};
    struct tp_out *out = tp_out_new(open("/dev/full", O_WRONLY), "standard output", &err);

    tp_buf_put(tp_out_buf(out, &err), "x\n", 2);
    CHECK(tp_out_flush(out, &err) == -1);
    CHECK_THAT(!strcmp(err.text, "standard output: No space left on device"), "%s", err.text);
    CHECK(err.fault == TP_FAULT_MACHINE && !tp_out_pending(out));
    err.text[0] = '\0';
    CHECK(!tp_out_buf(out, &err) && strstr(err.text, "No space"));
    CHECK(tp_out_close(out, &err) == -1);
    tp_out_free(out);
}

static void
test_bad_descriptors(void)
{
    struct tp_err err = {0};
    int fd = open("/dev/null", O_RDONLY);

    CHECK(!tp_out_new(fd, "standard output", &err));
    CHECK_THAT(!strcmp(err.text, "standard output: Bad file descriptor"), "%s", err.text);
    close(fd);
    err.text[0] = '\0';
    CHECK(!tp_out_new(fd, "standard output", &err));
    CHECK_THAT(!strcmp(err.text, "standard output: Bad file descriptor"), "%s", err.text);
}

static void
test_reader_gone(void)
{
    struct tp_err err = {0};
    struct tp_out *out;
    int ends[2];

    CHECK(pipe(ends) == 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    out = tp_out_new(ends[1], "standard output", &err);
    tp_buf_put(tp_out_buf(out, &err), "x\n", 2);
    CHECK(tp_out_flush(out, &err) == -1);
    CHECK_THAT(!strcmp(err.text, "standard output: Broken pipe"), "%s", err.text);
    tp_out_close(out, NULL);
    tp_out_free(out);
    signal(SIGPIPE, SIG_DFL);
}

int
main(void)
{
    RUN(test_file);
    RUN(test_non_blocking);
    RUN(test_writes_are_large);
    RUN(test_full_device);
    RUN(test_bad_descriptors);
    RUN(test_reader_gone);
    return unit_end();
}
