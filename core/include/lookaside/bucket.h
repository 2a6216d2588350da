/* SPDX-License-Identifier: 0BSD */
/* Bucket tables: which block sizes a heap has, and which of them serves a request.
 *
 * A table is plain data in caller memory. The default one was tuned on recorded traces (its source
 * names the run); any other can be built at run time with bucket_table_init().
 */
#ifndef LOOKASIDE_BUCKET_H
#define LOOKASIDE_BUCKET_H

#include <lookaside/types.h>

#define BUCKET_GRAIN_BYTES 8u  /* blocks are multiples of this and aligned to it */
#define BUCKETS_MAX        96u /* 8 per doubling from 8 bytes to 32 KiB is 80 */

/* The largest block a bucket may have: two fit in a segment. */
#define BUCKET_BYTES_MAX (LA_SEGMENT_BYTES / 2u)

/* One bucket's arithmetic, worked out once so that alloc and free need no division. */
struct bucket_shape {
    uint32_t bytes;       /* block size */
    uint32_t blocks;      /* whole blocks in a segment */
    uint32_t inverse;     /* of the odd part of `bytes`, modulo 2^32 */
    uint16_t shift;       /* bytes = odd part << shift */
    uint16_t words;       /* 32-bit words of a segment's block map, minus 1 */
    uint16_t pages;       /* bit: a block lies on this page of the segment */
    uint16_t wake_blocks; /* a full segment serves again once so many blocks were freed */
    uint32_t last_blocks; /* bit: a block that exists, in the last word of the map */
};

struct bucket_table {
    uint32_t count;
    uint32_t bytes_max; /* the largest bucket; larger requests go straight to the VAS */
    struct bucket_shape shape[BUCKETS_MAX];
    uint8_t index[BUCKET_BYTES_MAX / BUCKET_GRAIN_BYTES + 1u]; /* by grains, rounded up */
};

/* The sizes of the default table, ascending, and their number. */
extern const uint16_t bucket_default_bytes[];
extern const uint32_t bucket_default_count;

/* Fill `table` for `count` block sizes. LA_BAD_ARGUMENT unless 1 <= count <= BUCKETS_MAX and the
 * sizes are ascending multiples of BUCKET_GRAIN_BYTES up to BUCKET_BYTES_MAX; nothing is written
 * then. O(BUCKET_BYTES_MAX / BUCKET_GRAIN_BYTES).
 */
enum la_status bucket_table_init(struct bucket_table *table, const uint16_t *bytes, uint32_t count);

/* The bucket whose blocks hold `bytes` bytes (0 to table->bytes_max; 0 get a block too). */
static inline uint32_t bucket_for(const struct bucket_table *table, uint32_t bytes)
{
    return table->index[(bytes + (BUCKET_GRAIN_BYTES - 1u)) / BUCKET_GRAIN_BYTES];
}

#endif
