#include "stream/in_unpack.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

enum { PACKED_BLOCK = 128 * 1024 };

/* The fewest bytes in which a frame's header fits, from where zstd gives hints of its own. */
enum { ZSTD_FRAME_START = 5 };

/* RFC 1952: 15 bits of window, plus 16 for "gzip header and trailer" in zlib's interface. */
enum { GZIP_WINDOW_BITS = 15 + 16 };

struct tp_in_unpack {
    enum tp_packing packing;
    z_stream gzip;
    ZSTD_DStream *zstd;
    size_t zstd_hint; /* how much zstd wants next */
    bool within;      /* a member or frame has begun and not ended */
    bool padding;     /* gzip: zeros behind the last member have begun */
    bool maybe_more;  /* the last call filled its output: the decoder may hold more */
    size_t from, len, cap;
    char packed[];
};

/* RFC 8878: a frame's magic number; a skippable frame's lowest byte may be 0x50 to 0x5f. */
static const unsigned char gzip_magic[] = {0x1f, 0x8b};
static const unsigned char zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};
static const unsigned char skippable_magic[] = {0x50, 0x2a, 0x4d, 0x18};

static bool
could_be(const unsigned char *magic, size_t magic_len, const char *bytes, size_t len)
{
    return memcmp(magic, bytes, len < magic_len ? len : magic_len) == 0;
}

static bool
could_be_skippable(const char *bytes, size_t len)
{
    return ((unsigned char)bytes[0] & 0xf0) == skippable_magic[0] &&
           could_be(skippable_magic + 1, sizeof skippable_magic - 1, bytes + 1, len - 1);
}

enum tp_packing
tp_packing_of(const char *bytes, size_t len)
{
    if (!len)
        return TP_PACKING_UNDECIDED;
    if (could_be(gzip_magic, sizeof gzip_magic, bytes, len))
        return len < sizeof gzip_magic ? TP_PACKING_UNDECIDED : TP_PACKING_GZIP;
    if (could_be(zstd_magic, sizeof zstd_magic, bytes, len) || could_be_skippable(bytes, len))
        return len < sizeof zstd_magic ? TP_PACKING_UNDECIDED : TP_PACKING_ZSTD;
    return TP_PACKING_NONE;
}

static bool
start_decoder(struct tp_in_unpack *unpack)
{
    if (unpack->packing == TP_PACKING_GZIP)
        return inflateInit2(&unpack->gzip, GZIP_WINDOW_BITS) == Z_OK;
    unpack->zstd = ZSTD_createDStream();
    return unpack->zstd && !ZSTD_isError(ZSTD_initDStream(unpack->zstd));
}

struct tp_in_unpack *
tp_in_unpack_new(enum tp_packing packing, const char *bytes, size_t len)
{
    size_t cap = len > PACKED_BLOCK ? len : PACKED_BLOCK;
    struct tp_in_unpack *unpack = malloc(sizeof *unpack + cap);

    if (!unpack)
        return NULL;
    *unpack = (struct tp_in_unpack){
        .packing = packing, .zstd_hint = ZSTD_FRAME_START, .within = true, .len = len, .cap = cap};
    memcpy(unpack->packed, bytes, len);
    if (!start_decoder(unpack)) {
        tp_in_unpack_free(unpack);
        return NULL;
    }
    return unpack;
}

void
tp_in_unpack_free(struct tp_in_unpack *unpack)
{
    if (!unpack)
        return;
    if (unpack->packing == TP_PACKING_GZIP)
        inflateEnd(&unpack->gzip);
    ZSTD_freeDStream(unpack->zstd);
    free(unpack);
}

/* Between gzip members: the next one begins, or padding does. */
static int
gzip_begin(struct tp_in_unpack *unpack, const char *name, struct tp_err *err)
{
    while (unpack->from < unpack->len && unpack->packed[unpack->from] == '\0') {
        unpack->padding = true;
        unpack->from++;
    }
    if (unpack->from == unpack->len)
        return 0;
    if (unpack->padding || (unsigned char)unpack->packed[unpack->from] != gzip_magic[0])
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: garbage behind the gzip data", name);
    if (inflateReset(&unpack->gzip) != Z_OK)
        return tp_err_memory(err);
    unpack->within = true;
    return 0;
}

static ssize_t
gzip_failed(int status, const z_stream *gzip, const char *name, struct tp_err *err)
{
    if (status == Z_MEM_ERROR)
        return tp_err_memory(err);
    return tp_err_set(err, TP_FAULT_MACHINE, "%s: damaged gzip data: %s", name,
                      gzip->msg ? gzip->msg : "needs a dictionary");
}

static ssize_t
gzip_take(struct tp_in_unpack *unpack, char *to, size_t len, const char *name, struct tp_err *err)
{
    z_stream *gzip = &unpack->gzip;
    int status;
    bool failed;

    if (!unpack->within && gzip_begin(unpack, name, err))
        return TP_UNPACK_DAMAGED;
    if (!unpack->within)
        return TP_UNPACK_HUNGRY;
    gzip->next_in = (Bytef *)unpack->packed + unpack->from;
    gzip->avail_in = (uInt)(unpack->len - unpack->from);
    gzip->next_out = (Bytef *)to;
    gzip->avail_out = (uInt)len;
    status = inflate(gzip, Z_NO_FLUSH);
    unpack->from = unpack->len - gzip->avail_in;
    failed = status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END;
    if (failed && gzip->avail_out == len)
        return gzip_failed(status, gzip, name, err);
    /* What came out before the damage is given first; the next call fails again (zlib's state). */
    unpack->maybe_more = failed || (gzip->avail_out == 0 && status != Z_STREAM_END);
    unpack->within = status != Z_STREAM_END;
    return (ssize_t)(len - gzip->avail_out);
}

/* A call of zstd that fails keeps quiet about what it unpacked before. So it is given one block at
 * a time (the size it hinted at), and nothing while it still holds output. */
static size_t
zstd_portion(const struct tp_in_unpack *unpack)
{
    size_t there = unpack->len - unpack->from;

    if (unpack->maybe_more)
        return 0;
    return there < unpack->zstd_hint ? there : unpack->zstd_hint;
}

static ssize_t
zstd_take(struct tp_in_unpack *unpack, char *to, size_t len, const char *name, struct tp_err *err)
{
    ZSTD_inBuffer in = {unpack->packed, unpack->from + zstd_portion(unpack), unpack->from};
    ZSTD_outBuffer out = {to, len, 0};
    size_t hint = ZSTD_decompressStream(unpack->zstd, &out, &in);

    if (ZSTD_isError(hint))
        return tp_err_set(err, TP_FAULT_MACHINE, "%s: damaged zstd data: %s", name,
                          ZSTD_getErrorName(hint));
    /* A call that moved nothing says nothing: behind a frame's end it hints at the next frame. */
    if (in.pos != unpack->from || out.pos)
        unpack->within = hint != 0;
    unpack->zstd_hint = hint ? hint : ZSTD_FRAME_START;
    unpack->from = in.pos;
    unpack->maybe_more = out.pos == out.size && hint != 0;
    return (ssize_t)out.pos;
}

ssize_t
tp_in_unpack_take(struct tp_in_unpack *unpack, char *to, size_t len, const char *name,
                  struct tp_err *err)
{
    /* Headers, empty members and skippable frames move input and give no output. */
    while (tp_in_unpack_pending(unpack)) {
        ssize_t got = unpack->packing == TP_PACKING_GZIP ? gzip_take(unpack, to, len, name, err)
                                                         : zstd_take(unpack, to, len, name, err);

        if (got)
            return got;
    }
    return TP_UNPACK_HUNGRY;
}

char *
tp_in_unpack_room(struct tp_in_unpack *unpack, size_t *len)
{
    if (unpack->from == unpack->len)
        unpack->from = unpack->len = 0;
    *len = unpack->cap - unpack->len;
    return unpack->packed + unpack->len;
}

void
tp_in_unpack_fed(struct tp_in_unpack *unpack, size_t len)
{
    unpack->len += len;
}

bool
tp_in_unpack_pending(const struct tp_in_unpack *unpack)
{
    return unpack->from < unpack->len || unpack->maybe_more;
}

int
tp_in_unpack_end(const struct tp_in_unpack *unpack, const char *name, struct tp_err *err)
{
    if (!unpack->within)
        return 0;
    return tp_err_set(err, TP_FAULT_MACHINE, "%s: truncated %s data", name,
                      unpack->packing == TP_PACKING_GZIP ? "gzip" : "zstd");
}
