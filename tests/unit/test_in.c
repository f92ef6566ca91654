/*
 * What an input gives must depend on its bytes alone: not on the size of blocks, the chunks in
 * which a writer wrote, or the packing.
 */
#include "stream/in.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "unit.h"

enum { MAX_LINE = 64 * 1024 * 1024 };

static char dir[] = "/tmp/tidepipe-in-XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[4][256];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static const char *
file_of(const char *name, const char *bytes, size_t len)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "w");

    if (!file || fwrite(bytes, 1, len, file) != len || fclose(file))
        abort();
    return path;
}

static void
set_block(size_t size)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", size);
    setenv("TIDEPIPE_BLOCK", text, 1);
}

/* Everything that comes out of an input, and how it ended. */
struct seen {
    struct tp_buf bytes; /* blocks joined; a line too long is "<too long:EXCERPT>\n" */
    int blocks, too_long;
    enum tp_in_state last;
    bool unterminated, offsets_right;
    struct tp_err err;
};

static void
note_block(struct seen *seen, const struct tp_in *in, struct tp_str block, uint64_t *expected)
{
    seen->blocks++;
    if (!block.len || block.ptr[block.len - 1] != '\n' || tp_in_offset(in) < *expected)
        seen->offsets_right = false;
    *expected = tp_in_offset(in) + block.len;
    tp_buf_put_str(&seen->bytes, block);
}

static void
drain(struct tp_in *in, struct seen *seen)
{
    struct tp_str block;
    uint64_t expected = 0;

    seen->offsets_right = true;
    for (;;) {
        seen->last = tp_in_next(in, &block, &seen->err);
        if (seen->last == TP_IN_BLOCK) {
            note_block(seen, in, block, &expected);
        } else if (seen->last == TP_IN_TOO_LONG) {
            seen->too_long++;
            tp_buf_printf(&seen->bytes, "<too long:%.*s>\n", (int)block.len, block.ptr);
        } else if (seen->last != TP_IN_WAIT || tp_in_wait(&in, 1, 5000, &seen->err) != 1) {
            break;
        }
    }
    seen->unterminated = tp_in_unterminated(in);
}

static struct seen
read_file(const char *path, size_t max_line)
{
    struct seen seen = {0};
    struct tp_in *in = tp_in_open(path, max_line, &seen.err);

    if (!in) {
        seen.last = TP_IN_ERROR;
        return seen;
    }
    drain(in, &seen);
    tp_in_close(in);
    return seen;
}

static bool
saw(const struct seen *seen, const char *bytes, size_t len)
{
    return tp_str_equal(tp_buf_str(&seen->bytes), (struct tp_str){bytes, len});
}

static void
check_file(const char *name, struct tp_str in, struct tp_str out, bool unterminated)
{
    struct seen seen = read_file(file_of(name, in.ptr, in.len), MAX_LINE);

    CHECK_THAT(saw(&seen, out.ptr, out.len), "%s gives '%.*s'", name, (int)seen.bytes.len,
               seen.bytes.ptr ? seen.bytes.ptr : "");
    CHECK(seen.last == TP_IN_END);
    CHECK(seen.unterminated == unterminated);
    CHECK(seen.offsets_right);
    tp_buf_release(&seen.bytes);
}

static void
test_small_inputs(void)
{
    static const size_t blocks[] = {1, 2, 3, 7, 4096, 262144};

    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        set_block(blocks[i]);
        check_file("empty", TP_STR(""), TP_STR(""), false);
        check_file("newline", TP_STR("\n"), TP_STR("\n"), false);
        check_file("two", TP_STR("a\nb\n"), TP_STR("a\nb\n"), false);
        check_file("cut", TP_STR("a\nb"), TP_STR("a\nb\n"), true);
        check_file("one", TP_STR("a"), TP_STR("a\n"), true);
        check_file("nul", TP_STR("\0\n\0\0"), TP_STR("\0\n\0\0\n"), true);
        check_file("bom", TP_STR("\xef\xbb\xbf{}\n"), TP_STR("{}\n"), false);
        check_file("bom-only", TP_STR("\xef\xbb\xbf"), TP_STR(""), false);
        check_file("half-bom", TP_STR("\xef\xbb"), TP_STR("\xef\xbb\n"), true);
        check_file("bom-late", TP_STR("a\xef\xbb\xbf\n"), TP_STR("a\xef\xbb\xbf\n"), false);
        check_file("magic-cut", TP_STR("\x1f"), TP_STR("\x1f\n"), true);
        check_file("magic-line", TP_STR("\x1f\n\x8b"), TP_STR("\x1f\n\x8b\n"), true);
        check_file("paren", TP_STR("(a)\n"), TP_STR("(a)\n"), false);
        check_file("capital", TP_STR("P\nQ*\n"), TP_STR("P\nQ*\n"), false);
    }
    unsetenv("TIDEPIPE_BLOCK");
}

static void
test_offset_counts_the_mark(void)
{
    struct tp_in *in = tp_in_open(file_of("mark", "\xef\xbb\xbf{}\n", 6), MAX_LINE, NULL);
    struct tp_str block;

    CHECK(tp_in_next(in, &block, NULL) == TP_IN_BLOCK);
    CHECK(tp_in_offset(in) == 3);
    CHECK(block.ptr[block.len + TP_IN_PADDING - 1] == 0);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_END);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_END);
    CHECK(tp_in_at_end(in));
    tp_in_close(in);
}

static void
test_open_errors(void)
{
    struct tp_err err;
    char expected[300];

    CHECK(!tp_in_open(path_of("missing"), MAX_LINE, &err));
    snprintf(expected, sizeof expected, "%s: No such file or directory", path_of("missing"));
    CHECK_THAT(!strcmp(err.text, expected), "%s", err.text);
    CHECK(err.fault == TP_FAULT_MACHINE);
    CHECK(!tp_in_open(dir, MAX_LINE, &err));
    snprintf(expected, sizeof expected, "%s: is a directory", dir);
    CHECK_THAT(!strcmp(err.text, expected), "%s", err.text);
}

/* ---- packing ---- */

static void
gzip_to(struct tp_buf *to, struct tp_str bytes)
{
    z_stream z = {0};
    size_t room = bytes.len + bytes.len / 8 + 1024;

    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = (Bytef *)bytes.ptr;
    z.avail_in = (uInt)bytes.len;
    z.next_out = (Bytef *)tp_buf_reserve(to, room);
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    to->len += room - z.avail_out;
    deflateEnd(&z);
}

static void
zstd_to(struct tp_buf *to, struct tp_str bytes)
{
    size_t room = ZSTD_compressBound(bytes.len);
    char *at = tp_buf_reserve(to, room);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t len;

    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    len = ZSTD_compress2(context, at, room, bytes.ptr, bytes.len);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(len))
        abort();
    to->len += len;
}

static uint32_t
random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void
make_lines(struct tp_buf *to, size_t lines, uint32_t seed)
{
    for (size_t i = 0; i < lines; i++) {
        uint32_t r = random_next(&seed);

        tp_buf_printf(to, "{\"n\":%zu,\"r\":%u,\"pad\":\"%.*s\"}\n", i, r, (int)(r % 40),
                      "0123456789012345678901234567890123456789");
        if (r % 11 == 0)
            tp_buf_put_char(to, '\n');
    }
}

static void
check_packed(const char *name, const struct tp_buf *packed, const struct tp_buf *plain)
{
    struct seen seen = read_file(file_of(name, packed->ptr, packed->len), MAX_LINE);

    CHECK_THAT(saw(&seen, plain->ptr, plain->len), "%s: %zu bytes instead of %zu", name,
               seen.bytes.len, plain->len);
    CHECK_THAT(seen.last == TP_IN_END, "%s: %s", name, seen.err.text);
    tp_buf_release(&seen.bytes);
}

static void
test_packed(void)
{
    static const size_t blocks[] = {1, 5, 1000, 262144};
    static const char skippable[] = "\x53\x2a\x4d\x18\x03\0\0\0abc";
    struct tp_buf plain = TP_BUF_INIT, gz = TP_BUF_INIT, zst = TP_BUF_INIT;
    struct tp_str half;

    make_lines(&plain, 3000, 7);
    half = (struct tp_str){plain.ptr, plain.len / 2};
    gzip_to(&gz, half);
    gzip_to(&gz, TP_STR(""));
    gzip_to(&gz, (struct tp_str){plain.ptr + half.len, plain.len - half.len});
    tp_buf_put(&zst, skippable, sizeof skippable - 1);
    zstd_to(&zst, half);
    zstd_to(&zst, TP_STR(""));
    tp_buf_put(&zst, skippable, sizeof skippable - 1);
    zstd_to(&zst, (struct tp_str){plain.ptr + half.len, plain.len - half.len});
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        set_block(blocks[i]);
        check_packed("members.gz", &gz, &plain);
        check_packed("frames.zst", &zst, &plain);
    }
    unsetenv("TIDEPIPE_BLOCK");
    tp_buf_put(&gz, "\0\0\0\0\0\0\0\0", 8);
    check_packed("padded.gz", &gz, &plain);
    tp_buf_release(&plain);
    tp_buf_release(&gz);
    tp_buf_release(&zst);
}

static void
test_packed_mark_and_empty(void)
{
    struct tp_buf packed = TP_BUF_INIT, plain = TP_BUF_INIT;

    gzip_to(&packed, TP_STR("\xef\xbb\xbf{}"));
    tp_buf_put(&plain, "{}\n", 3);
    check_packed("mark.gz", &packed, &plain);
    tp_buf_clear(&packed);
    tp_buf_clear(&plain);
    gzip_to(&packed, TP_STR(""));
    check_packed("empty.gz", &packed, &plain);
    tp_buf_clear(&packed);
    zstd_to(&packed, TP_STR(""));
    check_packed("empty.zst", &packed, &plain);
    tp_buf_release(&packed);
    tp_buf_release(&plain);
}

/* Cut or damaged: whole lines of the plain text, then the error, again and again. */
static void
check_damaged(const char *name, const struct tp_buf *packed, size_t len, const struct tp_buf *plain,
              const char *reason)
{
    const char *path = file_of(name, packed->ptr, len);
    struct seen seen = read_file(path, MAX_LINE);

    CHECK_THAT(seen.last == TP_IN_ERROR, "%s at %zu", name, len);
    CHECK_THAT(!strncmp(seen.err.text, path, strlen(path)), "%s", seen.err.text);
    CHECK_THAT(strstr(seen.err.text, reason) != NULL, "%s", seen.err.text);
    CHECK(seen.bytes.len <= plain->len);
    CHECK(!seen.bytes.len || !memcmp(seen.bytes.ptr, plain->ptr, seen.bytes.len));
    CHECK(!seen.bytes.len || seen.bytes.ptr[seen.bytes.len - 1] == '\n');
    CHECK(seen.offsets_right);
    tp_buf_release(&seen.bytes);
}

static void
test_truncated(void)
{
    struct tp_buf plain = TP_BUF_INIT, gz = TP_BUF_INIT, zst = TP_BUF_INIT;

    make_lines(&plain, 40, 3);
    gzip_to(&gz, tp_buf_str(&plain));
    zstd_to(&zst, tp_buf_str(&plain));
    for (size_t cut = 2; cut < gz.len; cut += 1 + cut / 16)
        check_damaged("cut.gz", &gz, cut, &plain, "truncated gzip data");
    for (size_t cut = 4; cut < zst.len; cut += 1 + cut / 16)
        check_damaged("cut.zst", &zst, cut, &plain, "truncated zstd data");
    check_damaged("cut.gz", &gz, gz.len - 1, &plain, "truncated gzip data");
    check_damaged("cut.zst", &zst, zst.len - 1, &plain, "truncated zstd data");
    gz.ptr[gz.len - 8] ^= 1;
    check_damaged("crc.gz", &gz, gz.len, &plain, "damaged gzip data: incorrect data check");
    zst.ptr[zst.len - 1] ^= 1;
    check_damaged("crc.zst", &zst, zst.len, &plain, "damaged zstd data: ");
    gz.ptr[gz.len - 8] ^= 1;
    tp_buf_put(&gz, "junk", 4);
    check_damaged("junk.gz", &gz, gz.len, &plain, "garbage behind the gzip data");
    tp_buf_release(&plain);
    tp_buf_release(&gz);
    tp_buf_release(&zst);
}

/* Whatever lies whole before the damage is delivered: here all lines, only the checksum is wrong.
 */
static void
test_lines_before_damage(void)
{
    struct tp_buf plain = TP_BUF_INIT, packed = TP_BUF_INIT;
    struct seen seen;

    make_lines(&plain, 20000, 5);
    gzip_to(&packed, tp_buf_str(&plain));
    packed.ptr[packed.len - 8] ^= 1;
    seen = read_file(file_of("late.gz", packed.ptr, packed.len), MAX_LINE);
    CHECK(seen.last == TP_IN_ERROR && saw(&seen, plain.ptr, plain.len));
    tp_buf_release(&seen.bytes);
    tp_buf_clear(&packed);
    zstd_to(&packed, tp_buf_str(&plain));
    packed.ptr[packed.len - 1] ^= 1;
    seen = read_file(file_of("late.zst", packed.ptr, packed.len), MAX_LINE);
    CHECK(seen.last == TP_IN_ERROR);
    CHECK_THAT(saw(&seen, plain.ptr, plain.len), "%zu of %zu", seen.bytes.len, plain.len);
    tp_buf_release(&seen.bytes);
    tp_buf_release(&packed);
    tp_buf_release(&plain);
}

/* ---- long lines ---- */

static void
make_with_long_lines(struct tp_buf *to, struct tp_buf *expected, size_t max_line, uint32_t seed)
{
    for (int i = 0; i < 60; i++) {
        size_t len = random_next(&seed) % (2 * max_line + 2);
        size_t from = to->len;

        if (i % 5 == 0)
            len = max_line + (size_t)i % 3 - 1;
        for (size_t j = 0; j < len; j++)
            tp_buf_put_char(to, (char)('a' + i % 26));
        if (len > max_line)
            tp_buf_printf(expected, "<too long:%.*s>\n", (int)max_line + 1, to->ptr + from);
        else
            tp_buf_printf(expected, "%.*s\n", (int)len, to->ptr + from);
        tp_buf_put_char(to, '\n');
    }
}

static void
test_too_long(void)
{
    static const size_t blocks[] = {1, 3, 64, 100, 300, 262144};
    struct tp_buf bytes = TP_BUF_INIT, expected = TP_BUF_INIT;

    make_with_long_lines(&bytes, &expected, 100, 11);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        struct seen seen;

        set_block(blocks[i]);
        seen = read_file(file_of("long", bytes.ptr, bytes.len), 100);
        CHECK_THAT(saw(&seen, expected.ptr, expected.len), "block %zu", blocks[i]);
        CHECK(seen.last == TP_IN_END && seen.too_long > 10 && seen.offsets_right);
        tp_buf_release(&seen.bytes);
    }
    unsetenv("TIDEPIPE_BLOCK");
    tp_buf_release(&bytes);
    tp_buf_release(&expected);
}

static void
test_ten_megabyte_line(void)
{
    size_t len = 10 * 1024 * 1024;
    char *line = malloc(len + 3);
    struct seen seen;

    memset(line, 'x', len);
    memcpy(line + len, "\ny\n", 3);
    seen = read_file(file_of("huge", line, len + 3), MAX_LINE);
    CHECK(seen.last == TP_IN_END && saw(&seen, line, len + 3));
    tp_buf_release(&seen.bytes);
    seen = read_file(path_of("huge"), 1024 * 1024);
    CHECK(seen.too_long == 1 && seen.bytes.len == strlen("<too long:>\n") + 200 + 2);
    tp_buf_release(&seen.bytes);
    free(line);
}

/* ---- live inputs ---- */

static void
test_live_pipe(void)
{
    struct tp_in *in;
    struct tp_str block;
    int ends[2], saved = dup(0);

    CHECK(pipe(ends) == 0);
    dup2(ends[0], 0);
    in = tp_in_open("-", MAX_LINE, NULL);
    CHECK(!strcmp(tp_in_name(in), "stdin") && !tp_in_is_regular(in));
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_WAIT);
    CHECK(!(fcntl(0, F_GETFL) & O_NONBLOCK));
    CHECK(tp_in_wait(&in, 1, 0, NULL) == 0);
    CHECK(write(ends[1], "{", 1) == 1);
    CHECK(tp_in_wait(&in, 1, 1000, NULL) == 1);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_WAIT);
    CHECK(write(ends[1], "}\n{\"cut", 7) == 7);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_BLOCK);
    CHECK(tp_str_equal(block, TP_STR("{}\n")));
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_WAIT);
    close(ends[1]);
    CHECK(tp_in_wait(&in, 1, 1000, NULL) == 1);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_BLOCK);
    CHECK(tp_str_equal(block, TP_STR("{\"cut\n")) && tp_in_unterminated(in));
    CHECK(tp_in_wait(&in, 1, 1000, NULL) == 1);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_END);
    CHECK(tp_in_wait(&in, 1, 0, NULL) == 0);
    tp_in_close(in);
    dup2(saved, 0);
    close(saved);
    close(ends[0]);
}

static void
test_fifo_without_writer(void)
{
    const char *path = path_of("fifo");
    struct tp_err err = {0};
    struct tp_in *in;
    struct tp_str block;
    int writer;

    CHECK(mkfifo(path, 0600) == 0);
    in = tp_in_open(path, MAX_LINE, &err);
    CHECK_THAT(in != NULL, "%s", err.text);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_WAIT);
    CHECK(tp_in_wait(&in, 1, 10, NULL) == 0);
    writer = open(path, O_WRONLY);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_WAIT);
    CHECK(write(writer, "a\n", 2) == 2);
    CHECK(tp_in_wait(&in, 1, 1000, NULL) == 1);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_BLOCK && tp_str_equal(block, TP_STR("a\n")));
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_WAIT);
    close(writer);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_END);
    tp_in_close(in);
}

static void
test_wait_on_several(void)
{
    struct tp_in *in[3] = {NULL, NULL, NULL};
    struct tp_str block;
    char name[2][32];
    int a[2], b[2];

    CHECK(pipe(a) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0);
    snprintf(name[0], sizeof name[0], "/dev/fd/%d", a[0]);
    snprintf(name[1], sizeof name[1], "/dev/fd/%d", b[0]);
    in[0] = tp_in_open(name[0], MAX_LINE, NULL);
    in[2] = tp_in_open(name[1], MAX_LINE, NULL);
    CHECK(in[0] && in[2]);
    CHECK(tp_in_wait(in, 3, 0, NULL) == 0);
    CHECK(write(b[1], "x\n", 2) == 2);
    CHECK(tp_in_wait(in, 3, 1000, NULL) == 1);
    CHECK(tp_in_next(in[0], &block, NULL) == TP_IN_WAIT);
    CHECK(tp_in_next(in[2], &block, NULL) == TP_IN_BLOCK);
    close(b[1]);
    CHECK(tp_in_next(in[2], &block, NULL) == TP_IN_END);
    CHECK(tp_in_wait(in, 3, 0, NULL) == 0);
    tp_in_close(in[0]);
    tp_in_close(in[2]);
    close(a[0]);
    close(a[1]);
    close(b[0]);
}

/* A packed block whose end was not taken yet must not be slept on. */
static void
test_wait_knows_unpacked(void)
{
    struct tp_buf plain = TP_BUF_INIT, packed = TP_BUF_INIT;
    struct tp_str block;
    struct tp_in *in;
    char name[32];
    int ends[2];
    size_t seen = 0;

    make_lines(&plain, 500, 9);
    gzip_to(&packed, tp_buf_str(&plain));
    CHECK(pipe(ends) == 0);
    set_block(512);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    in = tp_in_open(name, MAX_LINE, NULL);
    CHECK(write(ends[1], packed.ptr, packed.len) == (ssize_t)packed.len);
    while (tp_in_wait(&in, 1, 0, NULL) == 1 && tp_in_next(in, &block, NULL) == TP_IN_BLOCK)
        seen += block.len;
    CHECK_THAT(seen == plain.len, "%zu of %zu", seen, plain.len);
    close(ends[1]);
    CHECK(tp_in_next(in, &block, NULL) == TP_IN_END);
    unsetenv("TIDEPIPE_BLOCK");
    tp_in_close(in);
    close(ends[0]);
    tp_buf_release(&plain);
    tp_buf_release(&packed);
}

/* A child writes BYTES in random chunks. */
static int
start_writer(struct tp_str bytes, uint32_t seed, pid_t *child)
{
    int ends[2];

    if (pipe(ends))
        abort();
    *child = fork();
    if (*child == 0) {
        close(ends[0]);
        while (bytes.len) {
            size_t most = 1 + random_next(&seed) % (random_next(&seed) % 3 ? 50 : 20000);
            ssize_t wrote = write(ends[1], bytes.ptr, most < bytes.len ? most : bytes.len);

            if (wrote <= 0)
                _exit(1);
            bytes.ptr += wrote;
            bytes.len -= (size_t)wrote;
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static void
check_chunked(struct tp_str bytes, const struct tp_buf *plain, uint32_t seed)
{
    static const size_t blocks[] = {1, 13, 1024, 65536, 262144};
    struct seen seen = {0};
    struct tp_in *in;
    pid_t child;
    char name[32];
    int status, fd;

    set_block(blocks[seed % 5]);
    fd = start_writer(bytes, seed, &child);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    in = tp_in_open(name, MAX_LINE, &seen.err);
    drain(in, &seen);
    CHECK_THAT(saw(&seen, plain->ptr, plain->len), "seed %u: %zu of %zu", seed, seen.bytes.len,
               plain->len);
    CHECK(seen.last == TP_IN_END && seen.offsets_right);
    tp_in_close(in);
    close(fd);
    waitpid(child, &status, 0);
    tp_buf_release(&seen.bytes);
    unsetenv("TIDEPIPE_BLOCK");
}

static void
test_any_chunking(void)
{
    struct tp_buf plain = TP_BUF_INIT, gz = TP_BUF_INIT, zst = TP_BUF_INIT;

    make_lines(&plain, 1500, 21);
    gzip_to(&gz, tp_buf_str(&plain));
    zstd_to(&zst, tp_buf_str(&plain));
    for (uint32_t seed = 0; seed < 10; seed++) {
        check_chunked(tp_buf_str(&plain), &plain, seed);
        check_chunked(tp_buf_str(&gz), &plain, seed);
        check_chunked(tp_buf_str(&zst), &plain, seed);
    }
    tp_buf_release(&plain);
    tp_buf_release(&gz);
    tp_buf_release(&zst);
}

/* ---- keeping ---- */

/* Records end with "\n.\n"; whole ones are taken, the rest is kept. */
static void
check_kept(size_t block_size, const char *bytes, int records, size_t max_line)
{
    struct tp_in *in;
    struct tp_str block;
    enum tp_in_state state;
    struct tp_buf seen = TP_BUF_INIT;
    int found = 0;

    set_block(block_size);
    in = tp_in_open(file_of("kept", bytes, strlen(bytes)), max_line, NULL);
    while ((state = tp_in_next(in, &block, NULL)) == TP_IN_BLOCK) {
        const char *from = block.ptr, *end = block.ptr + block.len, *mark;

        while ((mark = memmem(from, (size_t)(end - from), "\n.\n", 3)) != NULL) {
            found++;
            from = mark + 3;
        }
        if (from < end && tp_in_at_end(in))
            from = end;
        tp_buf_put(&seen, block.ptr, (size_t)(from - block.ptr));
        if (from < end)
            tp_in_keep(in, from);
    }
    CHECK_THAT(state == TP_IN_END && found == records, "block %zu: %d", block_size, found);
    CHECK(tp_str_equal(tp_buf_str(&seen), tp_str_of(bytes)));
    tp_in_close(in);
    tp_buf_release(&seen);
    unsetenv("TIDEPIPE_BLOCK");
}

static void
test_keep(void)
{
    static const char bytes[] = "a\nb\n.\nccc\n\n\nddd\n.\ne\n.\nf\ng\n";

    for (size_t block = 1; block < sizeof bytes + 1; block++)
        check_kept(block, bytes, 3, MAX_LINE);
}

static void
test_keep_is_bounded(void)
{
    struct tp_buf bytes = TP_BUF_INIT;
    struct tp_in *in;
    struct tp_str block;
    enum tp_in_state state;
    int too_long = 0;
    size_t largest = 0;

    make_lines(&bytes, 5000, 2);
    set_block(100);
    in = tp_in_open(file_of("endless", bytes.ptr, bytes.len), 1000, NULL);
    while ((state = tp_in_next(in, &block, NULL)) > TP_IN_ERROR && state != TP_IN_END) {
        too_long += state == TP_IN_TOO_LONG;
        largest = block.len > largest ? block.len : largest;
        if (state == TP_IN_BLOCK)
            tp_in_keep(in, block.ptr);
    }
    CHECK_THAT(state == TP_IN_END && too_long > 100 && largest <= 1101, "%d too long, largest %zu",
               too_long, largest);
    unsetenv("TIDEPIPE_BLOCK");
    tp_in_close(in);
    tp_buf_release(&bytes);
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
    RUN(test_small_inputs);
    RUN(test_offset_counts_the_mark);
    RUN(test_open_errors);
    RUN(test_packed);
    RUN(test_packed_mark_and_empty);
    RUN(test_truncated);
    RUN(test_lines_before_damage);
    RUN(test_too_long);
    RUN(test_ten_megabyte_line);
    RUN(test_live_pipe);
    RUN(test_fifo_without_writer);
    RUN(test_wait_on_several);
    RUN(test_wait_knows_unpacked);
    RUN(test_any_chunking);
    RUN(test_keep);
    RUN(test_keep_is_bounded);
    remove_dir();
    return unit_end();
}
