/* SPDX-License-Identifier: 0BSD */
/* What the files of the VAS share: reading the planes (vas_index.c keeps the bins and bitmaps true
 * to them, vas_search.c only reads).
 */
#ifndef LOOKASIDE_CORE_VAS_PRIVATE_H
#define LOOKASIDE_CORE_VAS_PRIVATE_H

#include <lookaside/port.h>
#include <lookaside/vas.h>

#include "bits.h"

#define VAS_NO_CHUNK VAS_CHUNKS

static inline uint32_t vas_chunk_of(uint32_t segment)
{
    return segment / VAS_CHUNK_SEGMENTS;
}

static inline uint32_t vas_chunk_used(const struct vas *vas, uint32_t chunk)
{
    return vas->chunk[chunk].low | vas->chunk[chunk].high;
}

static inline bool vas_is_used(const struct vas *vas, uint32_t segment)
{
    uint32_t used = vas_chunk_used(vas, vas_chunk_of(segment));

    return ((used >> (segment % VAS_CHUNK_SEGMENTS)) & 1u) != 0;
}

/* The bin for chunks whose longest run is `run` segments. The last bin takes all from 1,023 up; at
 * most LA_SEGMENTS / 1,024 chunks can be in it at once, which bounds its scan.
 */
static inline uint32_t vas_bin_of(uint32_t run)
{
    return run < VAS_BINS - 1u ? run : VAS_BINS - 1u;
}

/* Free segments of `chunk` without those of a run that began in an earlier chunk. */
static inline uint32_t vas_chunk_own_free(const struct vas *vas, uint32_t chunk)
{
    uint32_t free = ~vas_chunk_used(vas, chunk);

    if (chunk != 0 && vas_chunk_used(vas, chunk - 1u) >> (VAS_CHUNK_SEGMENTS - 1u) == 0)
        free &= free + 1u; /* the lowest row of ones, if it starts at bit 0, belongs elsewhere */
    return free;
}

/* First used segment at or after `segment`; LA_SEGMENTS if there is none. O(1). */
uint32_t vas_next_used(const struct vas *vas, uint32_t segment);

/* First segment of the free run that ends before `segment`, or `segment` if the one before it is
 * used. O(1).
 */
uint32_t vas_run_start(const struct vas *vas, uint32_t segment);

/* Give segments [first, end), at least one, a state, one word at a time, and keep the bitmap of
 * used chunks. Marks no head and leaves the bins alone.
 */
void vas_mark(struct vas *vas, uint32_t first, uint32_t end, enum vas_state state);

/* An empty index over a VAS without regions; free runs come with vas_index_update(). O(chunks). */
void vas_index_init(struct vas *vas);

/* Bring the bins up to date after [first, end), first at least 1, became used or free as a whole.
 * O(1).
 */
void vas_index_update(struct vas *vas, uint32_t first, uint32_t end);

/* First segment of the best fit for `segments` anywhere, unaligned; LA_SEGMENTS if there is
 * none.
 */
uint32_t vas_search_best(const struct vas *vas, uint32_t segments);

/* First segment of a run for `request` (valid, not VAS_FIXED), or LA_SEGMENTS. Changes nothing. */
uint32_t vas_search(const struct vas *vas, const struct vas_request *request);

/* Limits of the region that owns used `segment`: its head, and the first segment past it. */
uint32_t vas_region_first(const struct vas *vas, uint32_t segment);
uint32_t vas_region_end(const struct vas *vas, uint32_t segment);

#endif
