/* SPDX-License-Identifier: 0BSD */
/* gzip members. A window of 32 KiB is all the memory the format can ask for. */
#include "unpack.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZIP_ONLY 16 /* added to the window's bits: neither zlib's own header nor none */

struct gzip {
    z_stream stream;
    bool open; /* inside a member: the end of the file would be too early */
};

/* Deflate is the only method there ever was. Source: RFC 1952, 2.3.1. */
static bool looks(const uint8_t *first, size_t count)
{
    return count >= 3 && memcmp(first, "\x1f\x8b\x08", 3) == 0;
}

static void *open_gzip(void)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);

    if (gzip && inflateInit2(&gzip->stream, MAX_WBITS + GZIP_ONLY) != Z_OK) {
        free(gzip);
        return NULL;
    }
    if (gzip)
        gzip->open = true;
    return gzip;
}

/* inflate(), with our counts. */
static int inflate_some(z_stream *stream, struct unpack_io *io)
{
    uInt in = io->in_bytes < UINT_MAX ? (uInt)io->in_bytes : UINT_MAX;
    uInt out = io->out_bytes < UINT_MAX ? (uInt)io->out_bytes : UINT_MAX;
    int status;

    stream->next_in = (Bytef *)(uintptr_t)io->in; /* not const before ZLIB_CONST */
    stream->avail_in = in;
    stream->next_out = io->out;
    stream->avail_out = out;
    status = inflate(stream, Z_NO_FLUSH);
    io->in += in - stream->avail_in;
    io->in_bytes -= in - stream->avail_in;
    io->out += out - stream->avail_out;
    io->out_bytes -= out - stream->avail_out;
    return status;
}

static enum unpack_answer step(void *state, struct unpack_io *io)
{
    struct gzip *gzip = state;
    size_t out_bytes = io->out_bytes;

    if (!gzip->open && io->in_bytes == 0)
        return io->in_ends ? UNPACK_END : UNPACK_GOING;
    if (!gzip->open && io->in[0] != 0x1fu)
        return unpack_fail(io, "other bytes behind the stream", "the end, or another stream");
    if (!gzip->open && inflateReset(&gzip->stream) != Z_OK)
        return unpack_fail(io, "cannot go on behind the stream", "its end");
    gzip->open = true;
    switch (inflate_some(&gzip->stream, io)) {
    case Z_STREAM_END: gzip->open = false; return UNPACK_GOING;
    case Z_OK:
    case Z_BUF_ERROR:
        if (io->in_bytes > 0 || !io->in_ends || io->out_bytes < out_bytes)
            return UNPACK_GOING;
        return unpack_fail(io, "the stream is cut short", "its end");
    case Z_MEM_ERROR: return unpack_fail(io, "out of memory", "48 KiB");
    default:
        return unpack_fail(io, gzip->stream.msg ? gzip->stream.msg : "the stream is damaged",
                           "an intact stream");
    }
}

static void close_gzip(void *state)
{
    struct gzip *gzip = state;

    inflateEnd(&gzip->stream);
    free(gzip);
}

const struct unpack_kind unpack_gzip = { "gzip", looks, open_gzip, step, close_gzip };
