/* SPDX-License-Identifier: 0BSD */
/* A world seen from inside, and its operations in a line each: for tests that damage it. */
#ifndef LOOKASIDE_FUZZ_TEST_ORACLE_WORLD_H
#define LOOKASIDE_FUZZ_TEST_ORACLE_WORLD_H

#include "../../core/src/heap_private.h"
#include "../model/events.h"
#include "../model/oracle.h"
#include "../model/spies.h"
#include "../model/vas_model.h"
#include "../world/memory.h"
#include "../world/spy_core.h"
#include "../world/world.h"

#include <lookaside/fault.h>

/* -- The core's state, from inside ------------------------------------------------------------- */

static inline struct vas *vas(void)
{
    return world_replay.memory.vas;
}

static inline struct heap *heap(void)
{
    return &world_replay.memory.heaps[0].heap;
}

static inline va32_t block(uint32_t slot)
{
    return world_replay.memory.blocks[slot].va;
}

static inline struct heap_segment *entry_of(va32_t va)
{
    return heap_entry(heap(), va / LA_SEGMENT_BYTES);
}

static inline struct heap_bucket *bucket_of(uint32_t bytes)
{
    return &heap()->bucket[bucket_for(heap()->buckets, bytes)];
}

static inline uint8_t *host(va32_t va)
{
    return (uint8_t *)(memory_base + va);
}

/* -- Operations -------------------------------------------------------------------------------- */

static inline void step(struct trace_op op)
{
    (void)world_step(&op);
}

static inline void alloc(uint32_t slot, uint32_t bytes)
{
    step((struct trace_op){ .kind = TRACE_ALLOC, .slot = slot, .bytes = bytes });
}

static inline void free_slot(uint32_t slot)
{
    step((struct trace_op){ .kind = TRACE_FREE, .slot = slot });
}

static inline void reserve_at(uint32_t slot, uint32_t segment, uint32_t segments)
{
    step((struct trace_op){ .kind = TRACE_RESERVE_AT,
                            .slot = slot,
                            .segments = segments,
                            .placement = VAS_FIXED,
                            .window_first = segment });
}

static inline void stack(uint32_t slot)
{
    step((struct trace_op){ .kind = TRACE_STACK_CREATE,
                            .slot = slot,
                            .pages = 32,
                            .committed_pages = 2,
                            .guard_pages = 1 });
}

#endif
