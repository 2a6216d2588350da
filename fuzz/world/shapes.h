/* SPDX-License-Identifier: 0BSD */
/* The shapes a world can have within its geometry: which range it manages, with which buckets, how
 * much memory there is, and what a heap keeps. An input says which one by a number.
 */
#ifndef LOOKASIDE_FUZZ_WORLD_SHAPES_H
#define LOOKASIDE_FUZZ_WORLD_SHAPES_H

#include <lookaside/heap.h>

#define SHAPES 5u

struct shape {
    uint32_t first_segment;
    uint32_t end_segment;
    uint32_t frames; /* pages of memory */
    const uint16_t *bucket_bytes;
    uint32_t bucket_count;
    struct heap_policy policy;
};

/* Which shape a number means: an input can have 64 of them. Every eighth is the last shape, the
 * others are the first four in turn, as they were when there were no more.
 */
static inline uint32_t shape_index(uint32_t number)
{
    return number % 8u < SHAPES ? number % 8u : number % 4u;
}

/* The shape with this number. */
const struct shape *shape_at(uint32_t number);

/* From now on, before the first shape: let spaces end where a 32-bit process still has room. */
void shapes_narrow(void);

/* "full", "small" or "tiny". */
const char *shape_geometry(void);

#endif
