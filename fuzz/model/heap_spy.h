/* SPDX-License-Identifier: 0BSD */
/* What the spy of the heap keeps of each heap from the core's own answers, and the comparison of it
 * with walks and figures.
 */
#ifndef LOOKASIDE_FUZZ_MODEL_HEAP_SPY_H
#define LOOKASIDE_FUZZ_MODEL_HEAP_SPY_H

#include <lookaside/heap.h>

#include "oracle.h"

struct heap_facts {
    const struct heap *heap; /* NULL: not in use */
    uint64_t hash;           /* sum of facts_hash() of its live blocks */
    uint32_t live_blocks;
    uint32_t live_bytes; /* usable */
};

struct heap_facts *heap_facts_of(const struct heap *heap);

/* Walk the heap: its live blocks are those that were handed out and not given back, or `id` is
 * broken. O(everything).
 */
void heap_compare_live(const struct heap *heap, enum oracle id);

#endif
