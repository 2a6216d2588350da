/* SPDX-License-Identifier: 0BSD */
/* The packers' own libraries, for files that the reader under test must unpack. */
#ifndef LOOKASIDE_TRACES_TEST_PACKING_H
#define LOOKASIDE_TRACES_TEST_PACKING_H

#include "check.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

/* Append `bytes` packed by `name` ("gzip", "xz", "zstd") as one stream to the `size` bytes at `to`,
 * of which `at` are taken. Answers how many are taken then.
 */
static inline size_t pack(const char *name, const void *bytes, size_t count, uint8_t *to, size_t at,
                          size_t size)
{
    if (strcmp(name, "zstd") == 0) {
        ZSTD_CCtx *context = ZSTD_createCCtx();
        size_t packed;
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
        packed = ZSTD_compress2(context, to + at, size - at, bytes, count);
        ZSTD_freeCCtx(context);
        CHECK(!ZSTD_isError(packed));
        return at + packed;
    }
    if (strcmp(name, "xz") == 0) {
        lzma_ret status =
            lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, bytes, count, to, &at, size);
        CHECK_EQ(status, LZMA_OK);
    } else {
        z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)count };
        CHECK_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        stream.next_out = to + at;
        stream.avail_out = (uInt)(size - at);
        CHECK_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
        at = size - stream.avail_out;
        deflateEnd(&stream);
    }
    return at;
}

#endif
