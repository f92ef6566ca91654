#include "stream/pack.h"

#include <stdbool.h>
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>

enum {
    GZIP_WINDOW_BITS = 15 + 16, /* RFC 1952, as zlib's interface says it */
    GZIP_MEMORY = 8,            /* zlib's default */
    ROOM = 64 * 1024,           /* given to a packer at a time */
    AT_ONCE = 1 << 30,          /* bytes; zlib counts in unsigned int */
};

struct tp_pack {
    enum tp_pack_format format;
    bool within; /* a frame has begun */
    z_stream gzip;
    ZSTD_CCtx *zstd;
};

struct tp_pack *
tp_pack_new(enum tp_pack_format format)
{
    struct tp_pack *pack = calloc(1, sizeof *pack);

    if (!pack)
        return NULL;
    pack->format = format;
    if (format == TP_PACK_ZSTD) {
        pack->zstd = ZSTD_createCCtx();
        if (pack->zstd)
            ZSTD_CCtx_setParameter(pack->zstd, ZSTD_c_checksumFlag, 1);
    }
    if (format == TP_PACK_ZSTD
            ? !pack->zstd
            : deflateInit2(&pack->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS,
                           GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(pack);
        return NULL;
    }
    return pack;
}

void
tp_pack_free(struct tp_pack *pack)
{
    if (!pack)
        return;
    if (pack->format == TP_PACK_GZIP)
        deflateEnd(&pack->gzip);
    ZSTD_freeCCtx(pack->zstd);
    free(pack);
}

/* zlib fails only where it is misused, once it has begun. */
static int
gzip_run(struct tp_pack *pack, struct tp_str bytes, bool end, struct tp_buf *to)
{
    z_stream *gzip = &pack->gzip;
    int status = Z_OK;

    gzip->next_in = (Bytef *)bytes.ptr;
    gzip->avail_in = (uInt)bytes.len;
    do {
        char *room = tp_buf_reserve(to, ROOM);

        if (!room)
            return -1;
        gzip->next_out = (Bytef *)room;
        gzip->avail_out = ROOM;
        status = deflate(gzip, end ? Z_FINISH : Z_NO_FLUSH);
        to->len += ROOM - gzip->avail_out;
    } while (gzip->avail_out == 0 || (end && status == Z_OK));
    return end && deflateReset(gzip) != Z_OK ? -1 : 0;
}

static int
zstd_run(struct tp_pack *pack, struct tp_str bytes, bool end, struct tp_buf *to)
{
    ZSTD_inBuffer in = {bytes.ptr, bytes.len, 0};
    size_t left;

    do {
        char *room = tp_buf_reserve(to, ROOM);
        ZSTD_outBuffer out = {room, ROOM, 0};

        if (!room)
            return -1;
        left = ZSTD_compressStream2(pack->zstd, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return -1;
        to->len += out.pos;
    } while (end ? left > 0 : in.pos < in.size);
    return 0;
}

static int
run(struct tp_pack *pack, struct tp_str bytes, bool end, struct tp_buf *to, struct tp_err *err)
{
    int result = pack->format == TP_PACK_GZIP ? gzip_run(pack, bytes, end, to)
                                              : zstd_run(pack, bytes, end, to);

    /* Memory is all that can run out. */
    return result < 0 || tp_buf_failed(to) ? tp_err_memory(err) : 0;
}

int
tp_pack_put(struct tp_pack *pack, struct tp_str bytes, struct tp_buf *to, struct tp_err *err)
{
    while (bytes.len > 0) {
        struct tp_str part = {bytes.ptr, bytes.len < AT_ONCE ? bytes.len : AT_ONCE};

        pack->within = true;
        if (run(pack, part, false, to, err) < 0)
            return -1;
        bytes = (struct tp_str){bytes.ptr + part.len, bytes.len - part.len};
    }
    return 0;
}

int
tp_pack_end(struct tp_pack *pack, struct tp_buf *to, struct tp_err *err)
{
    if (!pack->within)
        return 0;
    pack->within = false;
    return run(pack, (struct tp_str){"", 0}, true, to, err);
}

static bool
ends_with(struct tp_str name, struct tp_str ending)
{
    return name.len > ending.len &&
           memcmp(name.ptr + name.len - ending.len, ending.ptr, ending.len) == 0;
}

enum tp_pack_format
tp_pack_of_name(struct tp_str name)
{
    if (ends_with(name, TP_STR(".gz")))
        return TP_PACK_GZIP;
    if (ends_with(name, TP_STR(".zst")) || ends_with(name, TP_STR(".zstd")))
        return TP_PACK_ZSTD;
    return TP_PACK_NONE;
}

const char *
tp_pack_ending(enum tp_pack_format format)
{
    return format == TP_PACK_GZIP ? ".gz" : format == TP_PACK_ZSTD ? ".zst" : "";
}
