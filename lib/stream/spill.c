#include "stream/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

/* Level 1: spilling must not cost more than the sorting does. */
enum { LEVEL = 1, LARGEST_BLOCK = 1 << 30 };

/* In front of each frame; the file is never read by another process. */
struct head {
    uint32_t packed, plain;
};

struct tp_spill {
    int fd;
    char *directory;
    uint64_t end, written;
    ZSTD_CCtx *packer;
    ZSTD_DCtx *unpacker;
    struct tp_buf packed;
};

static int
failed(const struct tp_spill *spill, const char *what, struct tp_err *err)
{
    return tp_err_set(err, TP_FAULT_MACHINE, "%s a temporary file in %s ($TMPDIR): %s", what,
                      spill->directory, strerror(errno));
}

/* O_TMPFILE where the file system knows it; elsewhere a name that is taken away at once. */
static int
open_unnamed(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char *path;

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    if (asprintf(&path, "%s/tidepipe-XXXXXX", directory) < 0)
        return -1;
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    free(path);
    return fd;
}

struct tp_spill *
tp_spill_new(struct tp_err *err)
{
    const char *directory = getenv("TMPDIR");
    struct tp_spill *spill = calloc(1, sizeof *spill);

    if (spill) {
        spill->fd = -1;
        spill->directory = strdup(directory && *directory ? directory : "/tmp");
        spill->packer = ZSTD_createCCtx();
        spill->unpacker = ZSTD_createDCtx();
    }
    if (!spill || !spill->directory || !spill->packer || !spill->unpacker) {
        tp_err_memory(err);
        tp_spill_free(spill);
        return NULL;
    }
    spill->fd = open_unnamed(spill->directory);
    if (spill->fd >= 0)
        return spill;
    failed(spill, "cannot make", err);
    tp_spill_free(spill);
    return NULL;
}

void
tp_spill_free(struct tp_spill *spill)
{
    if (!spill)
        return;
    if (spill->fd >= 0)
        close(spill->fd);
    ZSTD_freeCCtx(spill->packer);
    ZSTD_freeDCtx(spill->unpacker);
    tp_buf_release(&spill->packed);
    free(spill->directory);
    free(spill);
}

/* --- writing -----------------------------------------------------------------------------------*/

static int
pack(struct tp_spill *spill, struct tp_str block, struct tp_err *err)
{
    size_t bound = ZSTD_compressBound(block.len), packed;
    struct head head;
    char *to;

    tp_buf_clear(&spill->packed);
    to = tp_buf_reserve(&spill->packed, sizeof head + bound);
    if (!to)
        return tp_err_memory(err);
    packed = ZSTD_compressCCtx(spill->packer, to + sizeof head, bound, block.ptr, block.len, LEVEL);
    if (ZSTD_isError(packed))
        return tp_err_set(err, TP_FAULT_MACHINE, "zstd: %s", ZSTD_getErrorName(packed));
    head = (struct head){(uint32_t)packed, (uint32_t)block.len};
    memcpy(to, &head, sizeof head);
    spill->packed.len = sizeof head + packed;
    return 0;
}

int
tp_spill_write(struct tp_spill *spill, struct tp_str block, struct tp_err *err)
{
    size_t done = 0;

    if (block.len == 0 || block.len > LARGEST_BLOCK)
        return tp_err_set(err, TP_FAULT_MACHINE, "a block of %zu bytes cannot be spilled",
                          block.len);
    if (pack(spill, block, err) < 0)
        return -1;
    while (done < spill->packed.len) {
        ssize_t wrote = pwrite(spill->fd, spill->packed.ptr + done, spill->packed.len - done,
                               (off_t)(spill->end + done));

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return failed(spill, "cannot write to", err);
        done += (size_t)wrote;
    }
    spill->end += done;
    spill->written += done;
    return 0;
}

uint64_t
tp_spill_end(const struct tp_spill *spill)
{
    return spill->end;
}

uint64_t
tp_spill_bytes(const struct tp_spill *spill)
{
    return spill->written;
}

/* --- reading -----------------------------------------------------------------------------------*/

static int
read_whole(const struct tp_spill *spill, uint64_t at, void *to, size_t len, struct tp_err *err)
{
    size_t done = 0;

    while (done < len) {
        ssize_t got = pread(spill->fd, (char *)to + done, len - done, (off_t)(at + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO;
        if (got <= 0)
            return failed(spill, "cannot read from", err);
        done += (size_t)got;
    }
    return 0;
}

static int
unpack(struct tp_spill *spill, size_t plain, struct tp_buf *to, struct tp_err *err)
{
    char *room = tp_buf_reserve(to, plain);
    size_t got;

    if (!room)
        return tp_err_memory(err);
    got = ZSTD_decompressDCtx(spill->unpacker, room, plain, spill->packed.ptr, spill->packed.len);
    if (ZSTD_isError(got) || got != plain) {
        errno = EIO;
        return failed(spill, "damaged data in", err);
    }
    to->len += plain;
    return 0;
}

int
tp_spill_read(struct tp_spill *spill, uint64_t *at, struct tp_buf *to, struct tp_err *err)
{
    struct head head;

    if (read_whole(spill, *at, &head, sizeof head, err) < 0)
        return -1;
    tp_buf_clear(&spill->packed);
    if (!tp_buf_reserve(&spill->packed, head.packed))
        return tp_err_memory(err);
    if (read_whole(spill, *at + sizeof head, spill->packed.ptr, head.packed, err) < 0)
        return -1;
    spill->packed.len = head.packed;
    if (unpack(spill, head.plain, to, err) < 0)
        return -1;
    *at += sizeof head + head.packed;
    return 0;
}

void
tp_spill_forget(struct tp_spill *spill, uint64_t from, uint64_t to)
{
    /* Where holes cannot be made the file stays as long as it is: slower to go, not wrong. */
    (void)fallocate(spill->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
                    (off_t)(to - from));
}

int
tp_spill_clear(struct tp_spill *spill, struct tp_err *err)
{
    if (ftruncate(spill->fd, 0) < 0)
        return failed(spill, "cannot cut", err);
    spill->end = 0;
    return 0;
}
