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

/* The next three look into one chunk, which mostly suffices; the rest of each is in vas_index.c and
 * vas.c. All O(1) but the end of a region.
 */
LA_REGISTER_CALL uint32_t vas_used_from_chunk(const struct vas *vas, uint32_t chunk);
LA_REGISTER_CALL uint32_t vas_run_start_before_chunk(const struct vas *vas, uint32_t chunk);
LA_REGISTER_CALL uint32_t vas_region_end_from_chunk(const struct vas *vas, uint32_t chunk);

/* First used segment at or after `segment`; LA_SEGMENTS if there is none. */
static inline uint32_t vas_next_used(const struct vas *vas, uint32_t segment)
{
    uint32_t chunk = vas_chunk_of(segment);
    uint32_t used;

    if (segment >= LA_SEGMENTS)
        return LA_SEGMENTS;
    used = vas_chunk_used(vas, chunk) >> (segment % VAS_CHUNK_SEGMENTS);
    return used != 0 ? segment + bits_lowest(used) : vas_used_from_chunk(vas, chunk + 1u);
}

/* First segment of the free run that ends before `segment`, or `segment` if the one before it is
 * used.
 */
static inline uint32_t vas_run_start(const struct vas *vas, uint32_t segment)
{
    uint32_t chunk = vas_chunk_of(segment);
    uint32_t bit = segment % VAS_CHUNK_SEGMENTS;
    uint32_t used = bit != 0 ? vas_chunk_used(vas, chunk) << (VAS_CHUNK_SEGMENTS - bit) : 0u;

    return used != 0 ? segment - (VAS_CHUNK_SEGMENTS - 1u - bits_highest(used))
                     : vas_run_start_before_chunk(vas, chunk);
}

/* The first segment past the region that owns used `segment`. */
static inline uint32_t vas_region_end(const struct vas *vas, uint32_t segment)
{
    uint32_t chunk = vas_chunk_of(segment);
    uint32_t ends = (vas->chunk[chunk].head | ~vas_chunk_used(vas, chunk)) >>
                    (segment % VAS_CHUNK_SEGMENTS) >> 1;

    return ends != 0 ? segment + 1u + bits_lowest(ends)
                     : vas_region_end_from_chunk(vas, chunk + 1u);
}

/* A chunk has used segments now and had none, or the other way round. */
LA_REGISTER_CALL void vas_flip_used_bit(struct vas *vas, uint32_t chunk);

/* Give the segments of `mask` in one chunk a state. */
static inline void vas_mark_in_chunk(struct vas *vas, uint32_t chunk, uint32_t mask,
                                     enum vas_state state)
{
    struct vas_chunk *c = &vas->chunk[chunk];
    bool was_used = (c->low | c->high) != 0;

    c->low = ((uint32_t)state & 1u) != 0 ? c->low | mask : c->low & ~mask;
    c->high = ((uint32_t)state & 2u) != 0 ? c->high | mask : c->high & ~mask;
    if (was_used != ((c->low | c->high) != 0))
        vas_flip_used_bit(vas, chunk);
}

/* Give segments [first, end), at least one, a state, one word at a time, and keep the bitmap of
 * used chunks. Marks no head and leaves the bins alone.
 */
void vas_mark_chunks(struct vas *vas, uint32_t first, uint32_t end, enum vas_state state);

static inline void vas_mark(struct vas *vas, uint32_t first, uint32_t end, enum vas_state state)
{
    uint32_t bit = first % VAS_CHUNK_SEGMENTS;
    uint32_t count = end - first;

    if (bit + count <= VAS_CHUNK_SEGMENTS) /* the frequent case */
        vas_mark_in_chunk(vas, vas_chunk_of(first), BITS_ALL >> (VAS_CHUNK_SEGMENTS - count) << bit,
                          state);
    else
        vas_mark_chunks(vas, first, end, state);
}

/* An empty index over a VAS without regions; free runs come with vas_index_update(). O(chunks). */
void vas_index_init(struct vas *vas);

/* Bring the bins up to date after [first, end), first at least 1, became used or free as a whole.
 * O(1).
 */
void vas_index_update(struct vas *vas, uint32_t first, uint32_t end);

/* A free run that fits, and what else its chunk has: enough to file the chunk anew when the run's
 * first segments are taken.
 */
struct vas_fit {
    uint32_t first;
    uint32_t end;
    uint32_t rest; /* segments in the longest of the chunk's other runs */
};

/* As vas_index_update(), but after the first segments of a run, [fit->first, end), became used, or
 * after [first, end) became free. With fewer looks.
 */
LA_REGISTER_CALL void vas_index_cut(struct vas *vas, const struct vas_fit *fit, uint32_t end);
LA_REGISTER_CALL void vas_index_join(struct vas *vas, uint32_t first, uint32_t end);

/* The best fit for `segments` anywhere, unaligned; false if there is none. */
LA_REGISTER_CALL bool vas_search_best(const struct vas *vas, uint32_t segments,
                                      struct vas_fit *ret_fit);

/* First segment of a run for `request` (valid, not VAS_FIXED), or LA_SEGMENTS. Changes nothing. */
uint32_t vas_search(const struct vas *vas, const struct vas_request *request);

/* The head of the region that owns used `segment`. */
uint32_t vas_region_first(const struct vas *vas, uint32_t segment);

#endif
