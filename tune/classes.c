/* SPDX-License-Identifier: 0BSD */
/* Published size classes, as published. The one fact to know: every list ends at 32 KiB or below,
 * where our heap's buckets end; what an allocator does above that is left out for all of them
 * alike.
 */
#include "classes.h"

const struct class_set class_sets[] = {
    {
        /* "Everything less than 8 bytes comes from the first list of segments. 8 to 16 from the
         * second, 16 to 32 from the third": doubling from 8 bytes.
         * Source: the seed's description of a lookaside list; a binary buddy's sizes are the same.
         */
        .name = "powers of two",
        .column = "pow2",
        .source = "the seed's 8, 16, 32, ...",
        .bytes = { 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768 },
        .count = 13,
    },
    {
        /* Powers of two from KMALLOC_SHIFT_LOW = 3 and the two odd caches of 96 and 192 bytes.
         * KMALLOC_SHIFT_HIGH = PAGE_SHIFT + 1: above 8 KiB kmalloc takes a power of two of pages
         * from the page allocator, so 9 KiB costs 16 KiB here too.
         * Source: Linux 6.18, include/linux/slab.h (kmalloc_index), SLUB on x86.
         */
        .name = "Linux kmalloc",
        .column = "kmallc",
        .source = "include/linux/slab.h",
        .bytes = { 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192 },
        .count = 13,
        .large_power_of_two = true,
    },
    {
        /* Tiny: 8. Then multiples of the 16-byte quantum up to four of them, then groups of four
         * classes a doubling: base + n * base / 4, n = 1 to 4.
         * Source: jemalloc 5.3, include/jemalloc/internal/sc.h (SC_LG_NGROUP 2, LG_QUANTUM 4).
         */
        .name = "jemalloc",
        .column = "jemalc",
        .source = "sc.h, 4 a doubling, quantum 16",
        .bytes = { 8,     16,    32,    48,    64,    80,    96,    112,  128,  160,  192,
                   224,   256,   320,   384,   448,   512,   640,   768,  896,  1024, 1280,
                   1536,  1792,  2048,  2560,  3072,  3584,  4096,  5120, 6144, 7168, 8192,
                   10240, 12288, 14336, 16384, 20480, 24576, 28672, 32768 },
        .count = 41,
    },
    {
        /* Words of 8 bytes: 1 to 8 words exactly, then four bins a doubling. mimalloc's usual build
         * keeps 16-byte alignment, skips 24, 40 and 56 and is then jemalloc's list; our heap aligns
         * to 8 bytes, so it gets the finer one.
         * Source: mimalloc 2 and 3, src/init.c (MI_PAGE_QUEUES_EMPTY), src/page-queue.c (mi_bin).
         */
        .name = "mimalloc",
        .column = "mimalc",
        .source = "mi_bin(), 8-byte words",
        .bytes = { 8,    16,   24,   32,    40,    48,    56,    64,    80,    96,    112,
                   128,  160,  192,  224,   256,   320,   384,   448,   512,   640,   768,
                   896,  1024, 1280, 1536,  1792,  2048,  2560,  3072,  3584,  4096,  5120,
                   6144, 7168, 8192, 10240, 12288, 14336, 16384, 20480, 24576, 28672, 32768 },
        .count = 44,
    },
    {
        /* Tuned by Google on its fleet, for 8 KiB pages and 8-byte alignment, as ours is.
         * Source: google/tcmalloc, tcmalloc/size_classes.cc, TCMALLOC_PAGE_SHIFT 13 with
         * __STDCPP_DEFAULT_NEW_ALIGNMENT__ <= 8, the entries up to 32 KiB.
         */
        .name = "tcmalloc",
        .column = "tcmalc",
        .source = "size_classes.cc, 8 KiB pages, aligned to 8",
        .bytes = { 8,    16,   24,    32,    40,    48,    56,    64,    72,    80,   88,   96,
                   104,  112,  120,   128,   136,   144,   160,   176,   184,   192,  208,  224,
                   240,  256,  272,   288,   312,   336,   368,   408,   424,   448,  480,  512,
                   576,  640,  704,   768,   896,   1024,  1152,  1280,  1408,  1536, 1792, 2048,
                   2304, 2688, 2816,  3200,  3456,  3584,  4096,  4736,  5376,  6144, 6528, 7168,
                   8192, 9472, 10240, 12288, 14336, 16384, 20480, 24576, 28672, 32768 },
        .count = 70,
    },
    {
        /* Multiples of 8 up to 64, then base + n * base / 8, n = 1 to 8.
         * Source: the same rule as jemalloc's with SC_LG_NGROUP 3 and an 8-byte quantum.
         */
        .name = "8 a doubling",
        .column = "8/dbl",
        .source = "base + n * base / 8",
        .bytes = { 8,     16,    24,    32,    40,    48,    56,    64,    72,    80,
                   88,    96,    104,   112,   120,   128,   144,   160,   176,   192,
                   208,   224,   240,   256,   288,   320,   352,   384,   416,   448,
                   480,   512,   576,   640,   704,   768,   832,   896,   960,   1024,
                   1152,  1280,  1408,  1536,  1664,  1792,  1920,  2048,  2304,  2560,
                   2816,  3072,  3328,  3584,  3840,  4096,  4608,  5120,  5632,  6144,
                   6656,  7168,  7680,  8192,  9216,  10240, 11264, 12288, 13312, 14336,
                   15360, 16384, 18432, 20480, 22528, 24576, 26624, 28672, 30720, 32768 },
        .count = 80,
    },
};

const uint32_t class_set_count = sizeof class_sets / sizeof class_sets[0];
