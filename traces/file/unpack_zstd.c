/* SPDX-License-Identifier: 0BSD */
/* zstd frames. libzstd refuses a window of more than 128 MiB, so memory is bounded. */
#include "unpack.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

struct zstd {
    ZSTD_DCtx *context;
    bool frame_open; /* inside a frame: the end of the file would be too early */
};

/* A frame, or one to skip. Source: RFC 8878, 3.1. */
static bool looks(const uint8_t *first, size_t count)
{
    if (count < 4)
        return false;
    return memcmp(first, "\x28\xb5\x2f\xfd", 4) == 0 ||
           ((first[0] & 0xf0u) == 0x50u && memcmp(first + 1, "\x2a\x4d\x18", 3) == 0);
}

static void *open_zstd(void)
{
    struct zstd *zstd = calloc(1, sizeof *zstd);

    if (zstd && !(zstd->context = ZSTD_createDCtx())) {
        free(zstd);
        return NULL;
    }
    return zstd;
}

static enum unpack_answer fail(struct unpack_io *io, const struct zstd *zstd, size_t code)
{
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return unpack_fail(io, ZSTD_getErrorName(code), "at most 128 MiB: zstd without --long");
    case ZSTD_error_prefix_unknown:
        if (!zstd->frame_open)
            return unpack_fail(io, "other bytes behind the frame", "the end, or another frame");
        break;
    default: break;
    }
    return unpack_fail(io, ZSTD_getErrorName(code), "an intact frame");
}

static enum unpack_answer step(void *state, struct unpack_io *io)
{
    struct zstd *zstd = state;
    ZSTD_inBuffer in = { io->in, io->in_bytes, 0 };
    ZSTD_outBuffer out = { io->out, io->out_bytes, 0 };
    size_t hint = ZSTD_decompressStream(zstd->context, &out, &in);

    io->in += in.pos;
    io->in_bytes -= in.pos;
    io->out += out.pos;
    io->out_bytes -= out.pos;
    if (ZSTD_isError(hint))
        return fail(io, zstd, hint);
    if (in.pos != 0 || out.pos != 0)
        zstd->frame_open = hint != 0;
    if (io->in_bytes > 0 || !io->in_ends || out.pos != 0)
        return UNPACK_GOING;
    return zstd->frame_open ? unpack_fail(io, "the frame is cut short", "its end") : UNPACK_END;
}

static void close_zstd(void *state)
{
    struct zstd *zstd = state;

    ZSTD_freeDCtx(zstd->context);
    free(zstd);
}

const struct unpack_kind unpack_zstd = { "zstd", looks, open_zstd, step, close_zstd };
