/* SPDX-License-Identifier: 0BSD */
/* The default bucket table: 4 steps per doubling until the first tuning run replaces it. */
#include <lookaside/bucket.h>

const uint16_t bucket_default_bytes[] = {
    8,    16,   24,   32,    40,    48,    56,    64,    80,    96,    112,
    128,  160,  192,  224,   256,   320,   384,   448,   512,   640,   768,
    896,  1024, 1280, 1536,  1792,  2048,  2560,  3072,  3584,  4096,  5120,
    6144, 7168, 8192, 10240, 12288, 14336, 16384, 20480, 24576, 28672, 32768,
};

const uint32_t bucket_default_count = sizeof bucket_default_bytes / sizeof bucket_default_bytes[0];
