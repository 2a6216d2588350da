/* SPDX-License-Identifier: 0BSD */
/* The virtual address space: which 64 KiB segments are free, reserved, committed or a stack.
 *
 * All state is this one struct of fixed size. Reserving never needs memory, so the deadlock "a
 * region descriptor needs the heap, the heap needs address space" cannot exist.
 *
 *   chunk 0 (32 segments)          chunk 1                        ... 2,048 chunks
 *   low   ########----####----...  2 bits of state a segment:     free 00, reserved 01,
 *   high  ----------------####...                                 committed 10, stack 11
 *   head  #-----#---------#---...  1 bit: first segment of a region, so that two neighbours differ
 *
 * A run is a maximal row of free segments. It belongs to the chunk of its FIRST segment, however
 * far it reaches. Each chunk is filed by its longest run in one of 1,024 bins (exact up to 1,022),
 * so a chunk with a run that fits, and none much longer, is found without a scan. Source: ideas of
 * Bonwick & Adams 2001 (vmem) and TLSF, over bit planes instead of boundary tags.
 *
 * Nothing here touches memory or page tables: the caller maps and unmaps. One caller at a time;
 * vas_state() and vas_query() may be called from a fault handler on the same processor.
 */
#ifndef LOOKASIDE_VAS_H
#define LOOKASIDE_VAS_H

#include <lookaside/types.h>

#define VAS_CHUNK_SEGMENTS 32u
#define VAS_CHUNKS         (LA_SEGMENTS / VAS_CHUNK_SEGMENTS)
#define VAS_BINS           1024u /* one word of words: 32 x 32 */

enum vas_state {
    VAS_FREE = 0,
    VAS_RESERVED = 1,  /* owned, no memory: touching it is a violation */
    VAS_COMMITTED = 2, /* owned, touching a missing page maps a zeroed one */
    VAS_STACK = 3,     /* owned by a stack, which decides each fault */
};

enum vas_placement {
    VAS_BEST_FIT, /* where the chunk's longest run is the shortest that fits: spares large runs */
    VAS_LOWEST,   /* bottom up */
    VAS_HIGHEST,  /* top down */
    VAS_FIXED,    /* at window_first and nowhere else */
};

/* 32 segments and their place in the bins. */
struct vas_chunk {
    uint32_t low;  /* bit i: low state bit of segment i */
    uint32_t high; /* bit i: high state bit */
    uint32_t head; /* bit i: segment i is the first of a region */
    uint16_t next; /* chunks of the same bin; VAS_CHUNKS: none */
    uint16_t prev;
};

/* Private. 38.4 KiB at the default geometry; zeroed and filled by vas_init(). */
struct vas {
    struct vas_chunk chunk[VAS_CHUNKS];
    uint16_t longest[VAS_CHUNKS];      /* segments in the chunk's longest run; 0: not in a bin */
    uint16_t bin_first[VAS_BINS];      /* first chunk of a bin; VAS_CHUNKS: none */
    uint32_t bin_mask[VAS_BINS / 32u]; /* bit: the bin is not empty */
    uint32_t bin_words;                /* bit: the word of bin_mask is not zero */
    uint32_t used_mask[(VAS_CHUNKS + 31u) / 32u];      /* bit: the chunk has a used segment */
    uint32_t used_words[(VAS_CHUNKS + 1023u) / 1024u]; /* bit: that word is not zero */
    uint32_t first_segment; /* the managed range [first_segment, end_segment) */
    uint32_t end_segment;
    uint32_t free_segments;
};

/* A wish for addresses. Zeroed fields mean: one region anywhere, best fit, VAS_RESERVED. */
struct vas_request {
    uint32_t segments;    /* length, at least 1 */
    uint32_t align_log2;  /* the base is a multiple of 2^align_log2 segments, 0 to 16 */
    enum vas_state state; /* of the new region; VAS_FREE means VAS_RESERVED */
    enum vas_placement placement;
    uint32_t window_first; /* the region lies in [window_first, window_end); 0, 0: anywhere */
    uint32_t window_end;
};

/* A region, or a run of free segments, as seen from outside. */
struct vas_region {
    uint32_t first_segment;
    uint32_t segments;
    enum vas_state state; /* of the segment asked about (query) or of the first one (walk) */
};

struct vas_stats {
    uint32_t free_segments;
    uint32_t reserved_segments;
    uint32_t committed_segments;
    uint32_t stack_segments;
    uint32_t regions;
    uint32_t free_runs;
    uint32_t largest_free_run_segments;
};

/* Manage segments [first_segment, end_segment). Segment 0 is never given out, whatever the range;
 * segments outside the range answer VAS_RESERVED and belong to no region. Panics unless
 * first_segment < end_segment <= LA_SEGMENTS. O(chunks).
 */
void vas_init(struct vas *vas, uint32_t first_segment, uint32_t end_segment);

/* Make a new region. If any run that satisfies the request exists, it is found.
 * LA_BAD_ARGUMENT: no segments, alignment or window outside the domain. LA_NO_SPACE: nothing fits.
 * LA_IN_USE: VAS_FIXED and not all of it is free, or not all of it is managed.
 * Cost: best fit anywhere, unaligned, O(1) + O(segments / 32). With an alignment it looks at 64
 * chunks, or as a last resort at the words of all. Lowest, highest and any fit in a window read one
 * 16-bit number a chunk, and the words of those chunks that have a run long enough.
 */
LA_REGISTER_CALL enum la_status vas_reserve(struct vas *vas, const struct vas_request *request,
                                            va32_t *ret_base);

/* End the region that begins at exactly `base`. LA_BAD_ADDRESS for anything else: a free segment,
 * the middle of a region, an unaligned address. O(segments / 32).
 */
LA_REGISTER_CALL enum la_status vas_release(struct vas *vas, va32_t base);

/* Make the region at `base` longer or shorter at its end; its base stays. New segments take the
 * state of the region's last one. LA_BAD_ADDRESS: no region begins there. LA_BAD_ARGUMENT: no
 * segments. LA_NO_SPACE: what follows the region is not free. O(segments / 32).
 */
enum la_status vas_resize(struct vas *vas, va32_t base, uint32_t segments);

/* Mark `segments` segments from `va` (a multiple of a segment) as VAS_COMMITTED or VAS_RESERVED.
 * The range must lie in one region, in either state (doing it twice is fine).
 * LA_BAD_ARGUMENT: no segments, unaligned, past the end of the space. LA_BAD_ADDRESS: it touches a
 * free segment or a second region. LA_BAD_STATE: it touches a stack. O(segments / 32).
 */
enum la_status vas_commit(struct vas *vas, va32_t va, uint32_t segments);
enum la_status vas_decommit(struct vas *vas, va32_t va, uint32_t segments);

/* The state of the segment `va` lies in. Two loads: fit for a fault handler. */
static inline enum vas_state vas_state(const struct vas *vas, va32_t va)
{
    uint32_t segment = la_segment_of(va);
    const struct vas_chunk *chunk = &vas->chunk[segment / VAS_CHUNK_SEGMENTS];
    uint32_t bit = segment % VAS_CHUNK_SEGMENTS;

    return (enum vas_state)(((chunk->low >> bit) & 1u) | (((chunk->high >> bit) & 1u) << 1));
}

/* The region or free run `va` lies in. False where the space is not managed (nothing written).
 * O(1) for a free run's end, O(region / 32) for a region's.
 */
bool vas_query(const struct vas *vas, va32_t va, struct vas_region *ret_region);

/* Regions in address order: start with *cursor = 0; each call fills the next one or answers false.
 * Regions may be released during the walk; new ones below the cursor are not seen.
 */
bool vas_next_region(const struct vas *vas, uint32_t *cursor, struct vas_region *ret_region);

/* Counted from the bitmap, O(segments / 32). */
void vas_stats(const struct vas *vas, struct vas_stats *ret_stats);

/* The first broken invariant in words, or NULL. Slow; for tests, fuzzers and self-tests. */
const char *vas_check(const struct vas *vas);

#endif
