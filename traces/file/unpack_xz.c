/* SPDX-License-Identifier: 0BSD */
/* xz streams. A stream says how much memory its dictionary takes, and could say 4 GiB. */
#include "unpack.h"

#include <inttypes.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MIB_MAX 256u /* xz -9 needs 65 */

struct xz {
    lzma_stream stream;
    bool open;              /* inside a stream: the end of the file would be too early */
    uint32_t padding_bytes; /* zeros behind the last one, modulo 4 */
};

/* Source: The .xz File Format 1.1.0, 2.1.1.1. */
static bool looks(const uint8_t *first, size_t count)
{
    return count >= 6 && memcmp(first, "\xfd\x37\x7a\x58\x5a\x00", 6) == 0;
}

/* Begin a stream; the memory of the one before is used again. */
static bool begin(struct xz *xz)
{
    xz->open = true;
    xz->padding_bytes = 0;
    return lzma_stream_decoder(&xz->stream, (uint64_t)MEMORY_MIB_MAX << 20, 0) == LZMA_OK;
}

static void *open_xz(void)
{
    struct xz *xz = malloc(sizeof *xz);

    if (!xz)
        return NULL;
    xz->stream = (lzma_stream)LZMA_STREAM_INIT;
    if (begin(xz))
        return xz;
    free(xz);
    return NULL;
}

static enum unpack_answer too_large(struct unpack_io *io, const lzma_stream *stream)
{
    char what[64];
    char expected[64];

    snprintf(what, sizeof what, "unpacking takes %" PRIu64 " MiB of memory",
             (lzma_memusage(stream) >> 20) + 1u);
    snprintf(expected, sizeof expected,
             "at most %u MiB: pack with a smaller --lzma2=dict=", MEMORY_MIB_MAX);
    return unpack_fail(io, what, expected);
}

/* Behind a stream: zeros in fours, then the end or another stream. Source: as above, 2.2. */
static enum unpack_answer step_between(struct xz *xz, struct unpack_io *io)
{
    for (; io->in_bytes > 0 && *io->in == 0; io->in++, io->in_bytes--)
        xz->padding_bytes = (xz->padding_bytes + 1u) % 4u;
    if (io->in_bytes == 0 && !io->in_ends)
        return UNPACK_GOING;
    if (xz->padding_bytes != 0)
        return unpack_fail(io, "zero bytes behind the stream", "a multiple of 4 of them");
    if (io->in_bytes == 0)
        return UNPACK_END;
    if (*io->in != 0xfdu)
        return unpack_fail(io, "other bytes behind the stream", "the end, or another stream");
    return begin(xz) ? UNPACK_GOING : unpack_fail(io, "out of memory", "32 KiB");
}

/* lzma_code(), with our counts. */
static lzma_ret code_some(lzma_stream *stream, struct unpack_io *io)
{
    lzma_ret status;

    stream->next_in = io->in;
    stream->avail_in = io->in_bytes;
    stream->next_out = io->out;
    stream->avail_out = io->out_bytes;
    status = lzma_code(stream, LZMA_RUN);
    io->in = stream->next_in;
    io->in_bytes = stream->avail_in;
    io->out = stream->next_out;
    io->out_bytes = stream->avail_out;
    return status;
}

static enum unpack_answer step(void *state, struct unpack_io *io)
{
    struct xz *xz = state;
    size_t out_bytes = io->out_bytes;

    if (!xz->open)
        return step_between(xz, io);
    switch (code_some(&xz->stream, io)) {
    case LZMA_STREAM_END: xz->open = false; return UNPACK_GOING;
    case LZMA_OK:
    case LZMA_BUF_ERROR: /* nothing moved */
        if (io->in_bytes > 0 || !io->in_ends || io->out_bytes < out_bytes)
            return UNPACK_GOING;
        return unpack_fail(io, "the stream is cut short", "its end");
    case LZMA_MEMLIMIT_ERROR: return too_large(io, &xz->stream);
    case LZMA_MEM_ERROR: return unpack_fail(io, "out of memory", "as much as the stream asks for");
    case LZMA_OPTIONS_ERROR:
        return unpack_fail(io, "the stream has unknown options", "what this liblzma knows");
    default: return unpack_fail(io, "the stream is damaged", "an intact stream");
    }
}

static void close_xz(void *state)
{
    struct xz *xz = state;

    lzma_end(&xz->stream);
    free(xz);
}

const struct unpack_kind unpack_xz = { "xz", looks, open_xz, step, close_xz };
