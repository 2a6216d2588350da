/* SPDX-License-Identifier: 0BSD */
/* A list of block sizes from the command line. */
#ifndef LOOKASIDE_BENCH_BUCKETS_H
#define LOOKASIDE_BENCH_BUCKETS_H

#include <lookaside/bucket.h>

/* Sizes of blocks; count 0: the default table. */
struct target_buckets {
    uint16_t bytes[BUCKETS_MAX];
    uint32_t count;
};

/* What a wrong list gets; %s: the list. */
#define BUCKETS_EXPECTED "--buckets: %s: expected up to 96 ascending multiples of 8 up to 32768"

_Static_assert(BUCKETS_MAX == 96u && BUCKET_GRAIN_BYTES == 8u && BUCKET_BYTES_MAX == 32768u,
               "the message above");

/* Read "16,32,...". False unless the sizes make a bucket table; *ret_buckets is undefined then. */
bool buckets_parse(const char *text, struct target_buckets *ret_buckets);

#endif
