/* SPDX-License-Identifier: 0BSD */
/* The address space at one moment: what each of the 65,536 segments is, whose, and how full.
 */
#ifndef LOOKASIDE_PLOT_MAP_H
#define LOOKASIDE_PLOT_MAP_H

#include <stdio.h>

#include "plot_machine.h"

enum plot_state {
    PLOT_FREE,
    PLOT_OUTSIDE,   /* not managed, and segment 0 */
    PLOT_METADATA,  /* segment table and block maps of the heaps */
    PLOT_HEAP,      /* blocks, or kept by a heap for later */
    PLOT_RESERVED,  /* of a region, without memory */
    PLOT_COMMITTED, /* of a region, may have memory */
    PLOT_STACK,     /* of a stack, its guard excepted */
    PLOT_GUARD,     /* of a stack, guard as a whole */
    PLOT_STATES
};

#define PLOT_BUCKET_LARGE BUCKETS_MAX        /* a block with a region of its own */
#define PLOT_BUCKET_NONE  (BUCKETS_MAX + 1u) /* no live block: kept for any bucket */
#define PLOT_FULL         1000u              /* permille */

struct plot_segment {
    uint8_t state;          /* enum plot_state */
    bool first;             /* of its region */
    uint8_t pages;          /* backed through the port: of heaps, metadata and stacks */
    uint8_t bucket;         /* of a heap: a bucket's number, or as above */
    uint16_t live_blocks;   /* of a heap; a large block counts in its first segment */
    uint16_t blocks;        /* that fit */
    uint16_t full_permille; /* of a heap: live blocks of those that fit, rounded down; of a large
                             * block: the part of the segment that is its */
    uint32_t heap;          /* slot of the owner */
};

struct plot_map {
    struct plot_segment segment[LA_SEGMENTS];
    uint32_t states[PLOT_STATES]; /* segments in each state */
    uint32_t used_segments;       /* neither free nor outside */
    struct vas_stats vas;
    struct replay_result result; /* figures at the moment */
    uint32_t heaps;              /* that exist */
    uint32_t stacks;
    uint32_t regions; /* of the trace: without heaps', stacks' and metadata */
    uint32_t block_bytes[PLOT_BUCKET_NONE + 1u]; /* by bucket; 0 for the last two */
};

/* Fill `map` from a replay that has not ended. The map does not refer to the machine. O(slots). */
void plot_map_fill(struct plot_map *map, const struct plot_machine *machine);

/* "free", "heap", ... as in the .dat file and the legends. */
const char *plot_state_name(enum plot_state state);

/* Free segments that are not in the largest free run, in permille of all free ones: external
 * fragmentation. 0 without a free segment.
 */
uint32_t plot_map_fragmentation_permille(const struct plot_map *map);

#endif
