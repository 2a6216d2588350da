/* SPDX-License-Identifier: 0BSD */
/* The timed loop's three copies. */
#include "heap_world.h"

#include <string.h>

/* A port's pages read as zero, so the heap does not clear large blocks. A port that only counts
 * does not clear them either, and somebody must: calloc() of the others pays for it too.
 */
static inline uintptr_t cleared(const struct heap_world *world, va32_t va, uint32_t bytes)
{
    if (world->clears_large && bytes > world->heap->buckets->bytes_max && va != 0)
        memset((void *)(world->base + va), 0, bytes);
    return va;
}

#define LOOP_NAME heap_pass_ours
#define LOOP_LOCALS                                                                                \
    const struct heap_ours_calls calls = world->ours;                                              \
    struct heap *const heap = world->heap
#define LOOP_ALLOC(bytes)                     calls.alloc(heap, bytes)
#define LOOP_ALLOC_ZEROED(bytes)              cleared(world, calls.alloc_zeroed(heap, bytes), bytes)
#define LOOP_ALLOC_ALIGNED(bytes, align_log2) calls.alloc_aligned(heap, bytes, align_log2)
#define LOOP_REALLOC(block, bytes)            calls.realloc(heap, (va32_t)(block), bytes)
#define LOOP_FREE(block)                      (void)calls.free(heap, (va32_t)(block))
#include "heap_loop.h"

#define LOOP_NAME                heap_pass_libc
#define LOOP_LOCALS              const struct heap_libc_calls calls = world->libc
#define LOOP_ALLOC(bytes)        (uintptr_t) calls.malloc(bytes)
#define LOOP_ALLOC_ZEROED(bytes) (uintptr_t) calls.calloc(1, bytes)
#define LOOP_ALLOC_ALIGNED(bytes, align_log2)                                                      \
    (uintptr_t) calls.aligned_alloc((size_t)1 << (align_log2), bytes)
#define LOOP_REALLOC(block, bytes) (uintptr_t) calls.realloc((void *)(block), bytes)
#define LOOP_FREE(block)           calls.free((void *)(block))
#include "heap_loop.h"

/* -- Rivals ------------------------------------------------------------------------------------ */

static inline uintptr_t rival_alloc(const struct heap_rival *rival, void *state, uint32_t bytes,
                                    uint32_t align_log2)
{
    va32_t va = 0;

    return rival->alloc(state, bytes, align_log2, &va) == RIVAL_OK ? va : 0;
}

static inline uintptr_t rival_alloc_zeroed(const struct heap_rival *rival, void *state,
                                           uint32_t bytes, uintptr_t base)
{
    uintptr_t va = rival_alloc(rival, state, bytes, 0);

    if (va != 0)
        memset((void *)(base + va), 0, bytes);
    return va;
}

static inline uintptr_t rival_realloc(const struct heap_rival *rival, void *state, uintptr_t block,
                                      uint32_t bytes)
{
    va32_t va = 0;

    return rival->realloc(state, (va32_t)block, bytes, &va) == RIVAL_OK ? va : 0;
}

/* An allocation that was refused has left its slot empty. */
static inline void rival_free(const struct heap_rival *rival, void *state, uintptr_t block)
{
    if (block != 0)
        (void)rival->free(state, (va32_t)block);
}

#define LOOP_NAME heap_pass_rival
#define LOOP_LOCALS                                                                                \
    const struct heap_rival *const rival = world->rival;                                           \
    void *const state = world->rival_state
#define LOOP_ALLOC(bytes)                     rival_alloc(rival, state, bytes, 0)
#define LOOP_ALLOC_ZEROED(bytes)              rival_alloc_zeroed(rival, state, bytes, base)
#define LOOP_ALLOC_ALIGNED(bytes, align_log2) rival_alloc(rival, state, bytes, align_log2)
#define LOOP_REALLOC(block, bytes)                                                                 \
    ((block) != 0 ? rival_realloc(rival, state, block, bytes) : rival_alloc(rival, state, bytes, 0))
#define LOOP_FREE(block) rival_free(rival, state, block)
#include "heap_loop.h"

heap_pass_fn heap_pass_of(enum heap_way way)
{
    static const heap_pass_fn passes[HEAP_WAYS] = { heap_pass_ours, heap_pass_libc,
                                                    heap_pass_rival };

    return passes[way];
}
