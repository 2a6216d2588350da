/* SPDX-License-Identifier: 0BSD */
/* The timed loop's four copies. Each calls its allocator directly, as a program would. */
#include "replay_lean.h"

#include <stdlib.h>
#include <string.h>

/* A port's pages read as zero, so the heap does not clear large blocks. A port that only counts
 * does not clear them either, and somebody must: glibc's calloc() pays for it too. All loops ask
 * for it, so that those of an allocator and of its floor are the same instructions.
 */
static __attribute__((noinline)) void clear_large(const struct lean_world *world, uintptr_t block,
                                                  uint32_t bytes)
{
    if (block != 0)
        memset((void *)(world->base + block), 0, bytes);
}

#define LOOP_NAME                             lean_pass_lookaside
#define LOOP_ALLOC(bytes)                     heap_alloc(heap, bytes)
#define LOOP_ALLOC_ZEROED(bytes)              heap_alloc_zeroed(heap, bytes)
#define LOOP_ALLOC_ALIGNED(bytes, align_log2) heap_alloc_aligned(heap, bytes, align_log2)
#define LOOP_REALLOC(block, bytes)            heap_realloc(heap, (va32_t)(block), bytes)
#define LOOP_FREE(block)                      (void)heap_free(heap, (va32_t)(block))
#include "replay_loop.h"

#define LOOP_NAME                             lean_pass_empty_lookaside
#define LOOP_ALLOC(bytes)                     empty_heap_alloc(heap, bytes)
#define LOOP_ALLOC_ZEROED(bytes)              empty_heap_alloc_zeroed(heap, bytes)
#define LOOP_ALLOC_ALIGNED(bytes, align_log2) empty_heap_alloc_aligned(heap, bytes, align_log2)
#define LOOP_REALLOC(block, bytes)            empty_heap_realloc(heap, (va32_t)(block), bytes)
#define LOOP_FREE(block)                      (void)empty_heap_free(heap, (va32_t)(block))
#include "replay_loop.h"

#define LOOP_NAME                lean_pass_glibc
#define LOOP_ALLOC(bytes)        (uintptr_t) malloc(bytes)
#define LOOP_ALLOC_ZEROED(bytes) (uintptr_t) calloc(1, bytes)
#define LOOP_ALLOC_ALIGNED(bytes, align_log2)                                                      \
    (uintptr_t) aligned_alloc((size_t)1 << (align_log2), bytes)
#define LOOP_REALLOC(block, bytes) (uintptr_t) realloc((void *)(block), bytes)
#define LOOP_FREE(block)           free((void *)(block))
#include "replay_loop.h"

#define LOOP_NAME                lean_pass_empty_glibc
#define LOOP_ALLOC(bytes)        (uintptr_t) empty_malloc(bytes)
#define LOOP_ALLOC_ZEROED(bytes) (uintptr_t) empty_calloc(1, bytes)
#define LOOP_ALLOC_ALIGNED(bytes, align_log2)                                                      \
    (uintptr_t) empty_aligned_alloc((size_t)1 << (align_log2), bytes)
#define LOOP_REALLOC(block, bytes) (uintptr_t) empty_realloc((void *)(block), bytes)
#define LOOP_FREE(block)           empty_free((void *)(block))
#include "replay_loop.h"
