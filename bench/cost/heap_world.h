/* SPDX-License-Identifier: 0BSD */
/* The leanest replay of a heap: one loop (heap_loop.h) that takes ops from an array, calls an
 * allocator and touches the first and the last byte of each block.
 *
 * Everybody is called through function pointers, ours too, because a library that is opened at run
 * time cannot be called otherwise. There are three ways of calling, by the functions' signatures,
 * and one compiled loop for each; the floor that is subtracted is the same loop over functions that
 * do nothing.
 *
 * All heaps of a trace are one here, because malloc() has only one.
 */
#ifndef LOOKASIDE_BENCH_HEAP_WORLD_H
#define LOOKASIDE_BENCH_HEAP_WORLD_H

#include <lookaside/heap.h>

#include "heap_rival.h"
#include "ops.h"

enum heap_way { HEAP_OURS, HEAP_LIBC, HEAP_RIVAL, HEAP_WAYS };

/* As the core declares them, calling convention included. */
struct heap_ours_calls {
    __typeof__(&heap_alloc) alloc;
    __typeof__(&heap_alloc_zeroed) alloc_zeroed;
    __typeof__(&heap_alloc_aligned) alloc_aligned;
    __typeof__(&heap_realloc) realloc;
    __typeof__(&heap_free) free;
};

struct heap_libc_calls {
    void *(*malloc)(size_t bytes);
    void *(*calloc)(size_t count, size_t bytes);
    void *(*aligned_alloc)(size_t align, size_t bytes);
    void *(*realloc)(void *block, size_t bytes);
    void (*free)(void *block);
};

/* What a pass works on. A block is a number in a slot, 0 when there is none; base + number is where
 * its bytes are: a window's host base, or 0 for allocators that answer pointers.
 */
struct heap_world {
    uintptr_t *slots;
    uintptr_t base;
    uint32_t failed; /* requests that were refused */

    /* HEAP_OURS */
    struct heap *heap;
    struct heap_ours_calls ours;
    bool clears_large; /* the port hands out pages as they are: zero large blocks for it */

    /* HEAP_LIBC */
    struct heap_libc_calls libc;

    /* HEAP_RIVAL */
    const struct heap_rival *rival;
    void *rival_state;
};

/* Run ops [op, end). */
typedef void (*heap_pass_fn)(struct heap_world *world, const struct heap_op *op,
                             const struct heap_op *end);

heap_pass_fn heap_pass_of(enum heap_way way);

/* -- The floor --------------------------------------------------------------------------------- */

/* The number of the one block that functions which do nothing answer. */
#define HEAP_EMPTY_BLOCK 8u

/* Put functions that do nothing into the calls of each way. The caller sets `base` so that
 * HEAP_EMPTY_BLOCK is memory as long as the longest block.
 */
void heap_world_empty(struct heap_world *world);

#endif
