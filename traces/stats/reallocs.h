/* SPDX-License-Identifier: 0BSD */
/* What realloc is used for: to grow or to shrink, by how much, and how often on one block. */
#ifndef LOOKASIDE_STATS_REALLOCS_H
#define LOOKASIDE_STATS_REALLOCS_H

#include "spread.h"

#include <lookaside/bucket.h>

struct stats_reallocs {
    uint64_t on_nothing; /* allocated: there was no block in the slot */
    uint64_t grew;
    uint64_t shrank;
    uint64_t same;
    uint64_t grown_bytes;
    uint64_t shrunk_bytes;
    uint64_t kept_bytes;          /* what a move has to copy: the smaller of both sizes */
    uint64_t same_bucket;         /* of all on a block: old and new size share a default bucket */
    struct spread growth_percent; /* new size / old size, where it grew from more than 0 bytes */
    struct spread chain;          /* reallocs of one block, over the blocks that had any */
    struct bucket_table buckets;  /* private: the default table */
};

void stats_reallocs_init(struct stats_reallocs *reallocs);

/* A live block's realloc. */
void stats_reallocs_resized(struct stats_reallocs *reallocs, uint32_t old_bytes, uint32_t bytes);

/* A block is gone, or the trace over, after so many reallocs of it. */
void stats_reallocs_end(struct stats_reallocs *reallocs, uint32_t times);

#endif
