/* SPDX-License-Identifier: 0BSD */
/* The default bucket table: 56 sizes, written by
 *   lookaside tune
 * from 28 traces with crc32c 56b850d1 (guard 1.40, price of a bucket 0.25 pages).
 * Judged on programs not seen: footprint 1.0833 times live bytes, rounding waste 3.99 %.
 */
#include <lookaside/bucket.h>

/* clang-format off */
const uint16_t bucket_default_bytes[] = {
    8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96,
    104, 112, 128, 136, 168, 192, 208, 256, 272, 288, 336, 392,
    432, 512, 576, 640, 744, 768, 840, 960, 1024, 1128, 1168, 1336,
    1592, 2048, 2112, 2616, 3640, 4096, 4368, 5952, 7280, 8192, 8776, 10920,
    13104, 14336, 16384, 17744, 21840, 24576, 28672, 32768,
};
/* clang-format on */

const uint32_t bucket_default_count = sizeof bucket_default_bytes / sizeof bucket_default_bytes[0];
