/* SPDX-License-Identifier: 0BSD */
/* What the spy of the heap keeps of each heap from the core's own answers, and the comparison of it
 * with walks and figures.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_HEAP_SPY_H
#define LOOKASIDE_FUZZ_MODEL_HEAP_SPY_H

#include <lookaside/heap.h>

#include "heap_model.h"
#include "oracle.h"

struct heap_facts {
    const struct heap *heap; /* NULL: not in use */
    uint64_t hash;           /* sum of facts_hash() of its live blocks */
    uint32_t live_blocks;
    uint32_t live_bytes; /* usable */
    uint32_t frame;      /* of what the heap keeps of itself, after the last call on it */
    bool walk_is_wrong;  /* and was told of, by an oracle that is off */
};

struct heap_facts *heap_facts_of(const struct heap *heap);

/* A block of `bytes` that lies in the managed range, aligned; false if nothing can be done with
 * it.
 */
bool heap_check_block(va32_t va, uint32_t bytes, uint32_t usable, uint32_t align_log2);

/* It is of the bucket that its size belongs to, or of one that may lend. */
void heap_check_bucket(const struct heap *heap, va32_t va, uint32_t bytes, uint32_t usable,
                       bool aligned);

/* Walk the heap: its live blocks are those that were handed out and not given back, or `id` is
 * broken. O(everything).
 */
void heap_compare_live(const struct heap *heap, enum oracle id);

/* The map of a retained segment that was a bucket's has no block. */
void heap_compare_no_map(const struct segment_model *segment, const struct heap_segment *entry);

/* What a heap keeps of itself, as one number: no call on another heap changes it. O(1). */
uint32_t heap_frame(const struct heap *heap);

/* The heap of one of HEAP_MODELS places; NULL: none. */
const struct heap *heap_at(uint32_t place);

/* Whether the exact model still has its say in this run: not where the core went its own way and
 * who would say so is off.
 */
bool heap_is_exact(void);

#endif
