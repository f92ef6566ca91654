/*
 * Every allocation fails in its turn, once: what was asked for fails and says so, nothing leaks,
 * nothing crashes. The program's own malloc stands before glibc's; sanitizers bring theirs, so
 * under them there is nothing to test.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/heap.h"
#include "base/map.h"
#include "base/mem.h"
#include "stream/in.h"
#include "stream/out.h"
#include "stream/target.h"
#include "unit.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_MALLOC
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_MALLOC
#endif

#ifdef HAS_OWN_MALLOC

int
main(void)
{
    puts("ok test_alloc # skipped under a sanitizer");
    return 0;
}

#else

extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t count, size_t len);
extern void *__libc_realloc(void *old, size_t len);
extern void __libc_free(void *old);

static long allocations_left = -1; /* until one fails; negative: none does */
static long live;

static bool
fails_now(void)
{
    return allocations_left >= 0 && allocations_left-- == 0;
}

static void *
counted(void *new)
{
    live += new != NULL;
    return new;
}

void *
malloc(size_t len)
{
    return fails_now() ? NULL : counted(__libc_malloc(len));
}

void *
calloc(size_t count, size_t len)
{
    return fails_now() ? NULL : counted(__libc_calloc(count, len));
}

void *
realloc(void *old, size_t len)
{
    void *new = fails_now() ? NULL : __libc_realloc(old, len);

    live += new && !old;
    return new;
}

void
free(void *old)
{
    live -= old != NULL;
    __libc_free(old);
}

/* Runs WORK with its first, second, ... allocation failing until it succeeds. */
static void
fail_each(int (*work)(void))
{
    int result = -1;
    long n;

    for (n = 0; result != 0 && n < 20000; n++) {
        long before = live;

        allocations_left = n;
        result = work();
        if (allocations_left >= 0)
            result = 0;
        else if (result == 0)
            result =
                -2; /* it succeeded although an allocation failed: fine if it could do without */
        allocations_left = -1;
        CHECK_THAT(live == before, "%ld left over when allocation %ld failed", live - before, n);
    }
    CHECK(result == 0 && n > 1);
}

static int
map_work(void)
{
    struct tp_map *map = tp_map_new(16);
    size_t count = 0;
    int result = 0;
    char key[100];

    if (!map)
        return -1;
    for (int i = 0; i < 9000 && !result; i++) {
        int len = snprintf(key, sizeof key, "%*d", 1 + i % 90, i);

        result = tp_map_add(map, (struct tp_str){key, (size_t)len}, NULL) ? 0 : -1;
        count += !result;
    }
    CHECK(tp_map_count(map) == count);
    for (void *v = tp_map_first(map); v; v = tp_map_next(map, v))
        count -= tp_map_find(map, tp_map_key(map, v)) == v;
    CHECK(count == 0);
    tp_map_free(map);
    return result;
}

static int
heap_work(void)
{
    struct tp_heap heap = {0};
    int result = 0;

    for (int i = 0; i < 100 && !result; i++)
        result = tp_heap_push(&heap, -i, NULL);
    tp_heap_release(&heap);
    return result;
}

static int
arena_work(void)
{
    struct tp_arena arena = {0};
    int result = 0;

    for (size_t i = 0; i < 100 && !result; i++)
        result = tp_arena_alloc(&arena, i * 100) ? 0 : -1;
    tp_arena_release(&arena);
    return result;
}

static char path[3][64];

static int
in_work_on(const char *name)
{
    struct tp_err err = {0};
    struct tp_in *in = tp_in_open(name, 1 << 20, &err);
    struct tp_str block;
    enum tp_in_state state;

    if (!in) {
        CHECK(!strcmp(err.text, "out of memory"));
        return -1;
    }
    while ((state = tp_in_next(in, &block, &err)) == TP_IN_BLOCK)
        continue;
    CHECK(state == TP_IN_END || err.fault == TP_FAULT_MACHINE);
    tp_in_close(in);
    return state == TP_IN_END ? 0 : -1;
}

static int
in_work(void)
{
    return in_work_on(path[0]);
}

static int
gzip_work(void)
{
    return in_work_on(path[1]);
}

static int
zstd_work(void)
{
    return in_work_on(path[2]);
}

static int
out_work(void)
{
    static const char run[20000];
    struct tp_err err = {0};
    struct tp_out *out = tp_out_new(open("/dev/null", O_WRONLY | O_CLOEXEC), "null", &err);
    int result = 0;

    if (!out)
        return -1;
    for (size_t i = 0; i < 50 && !result; i++) {
        struct tp_buf *buf;

        result = tp_out_pass(out, run, 1 + i * 300, &err);
        buf = result ? NULL : tp_out_buf(out, &err);
        result = buf ? 0 : -1;
        if (buf)
            tp_buf_put(buf, "row\n", 4);
        result = result ? result : tp_out_settle(out, &err);
    }
    CHECK(!result || !strcmp(err.text, "out of memory"));
    result = tp_out_close(out, &err) ? -1 : result;
    tp_out_free(out);
    return result;
}

static int
target_work(void)
{
    struct tp_err err = {0};
    struct tp_target *target = tp_target_open("| cat > /dev/null", &err);
    int result;

    if (!target)
        return -1;
    result = tp_target_write(target, TP_STR("line\n"), &err);
    return tp_target_close(target, &err) || result ? -1 : 0;
}

static void
test_base(void)
{
    fail_each(map_work);
    fail_each(heap_work);
    fail_each(arena_work);
}

static void
test_stream(void)
{
    fail_each(in_work);
    fail_each(gzip_work);
    fail_each(zstd_work);
    fail_each(out_work);
    fail_each(target_work);
}

static void
write_file(const char *name, const void *bytes, size_t len)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (write(fd, bytes, len) != (ssize_t)len || close(fd))
        abort();
}

static void
make_files(void)
{
    static char plain[1000000], packed[100000];
    gzFile gz;
    size_t len;

    for (int i = 0; i < 3; i++)
        snprintf(path[i], sizeof path[i], "/tmp/tidepipe-alloc-%d-%d", (int)getpid(), i);
    memset(plain, 'x', sizeof plain);
    plain[sizeof plain - 1] = '\n';
    write_file(path[0], plain, sizeof plain);
    write_file(path[1], "", 0);
    gz = gzopen(path[1], "w");
    if (gzwrite(gz, plain, sizeof plain) <= 0 || gzclose(gz) != Z_OK)
        abort();
    len = ZSTD_compress(packed, sizeof packed, plain, sizeof plain, 1);
    if (ZSTD_isError(len))
        abort();
    write_file(path[2], packed, len);
}

int
main(void)
{
    make_files();
    RUN(test_base);
    RUN(test_stream);
    for (int i = 0; i < 3; i++)
        unlink(path[i]);
    return unit_end();
}

#endif
