/* SPDX-License-Identifier: 0BSD */
/* The leanest replay: a trace's heap ops decoded beforehand, then one loop that calls an allocator
 * and touches the first and the last byte of each block. The same loop is compiled once for each
 * target (replay_loop.h), so that every one is called directly and nothing else differs.
 *
 * All heaps of a trace are one here, because glibc has only one: heap ops are dropped, and the
 * blocks of a destroyed heap are freed one by one. Ops that a replay would skip are dropped too,
 * and 0 bytes count as 1, so the loop needs no checks.
 */
#ifndef LOOKASIDE_BENCH_REPLAY_LEAN_H
#define LOOKASIDE_BENCH_REPLAY_LEAN_H

#include <lookaside/heap.h>
#include <lookaside/trace.h>

enum lean_code {
    LEAN_FREE,
    LEAN_ALLOC,
    LEAN_ALLOC_ZEROED,
    LEAN_REALLOC,
    LEAN_ALIGNED, /* LEAN_ALIGNED + n: aligned to 2^n bytes, n = 0 to 31 */
};

struct lean_op {
    uint32_t slot : 24;
    uint32_t code : 8; /* enum lean_code */
    uint32_t bytes;    /* at least 1, except of LEAN_FREE */
};

_Static_assert(sizeof(struct lean_op) == 8, "ten million ops are 80 MB");

/* Owns `ops`; lean_unload() gives them back. */
struct lean_trace {
    struct lean_op *ops;
    uint32_t count;     /* ops of the trace */
    uint32_t count_all; /* and then LEAN_FREE of what they leave live, outside of any timing */
    uint32_t room;
    uint32_t block_slots;
    uint32_t bytes_max; /* of one block */
    uint64_t live_bytes_peak;
    uint64_t dropped; /* ops on slots that did not fit them */
};

/* Decode the heap ops of a binary trace, the first `ops_max` of them (0: all). True, or false with
 * one line in `message`; nothing to give back then.
 */
bool lean_load(struct lean_trace *ret_trace, trace_read_fn read, void *context, uint32_t ops_max,
               char *message, size_t message_size);
void lean_unload(struct lean_trace *trace);

/* What a pass works on. A block is a number in a slot, 0 when there is none; base + number is where
 * its bytes are: a window's host base, or 0 for allocators that answer pointers.
 */
struct lean_world {
    uintptr_t *slots;
    uintptr_t base;
    struct heap *heap;
    uint32_t clear_above_bytes; /* larger zeroed blocks are cleared for a port that does not */
    uint32_t failed;            /* requests that were refused */
};

/* Run ops [op, end). Not static: callgrind finds them by name. */
typedef void (*lean_pass_fn)(struct lean_world *world, const struct lean_op *op,
                             const struct lean_op *end);

void lean_pass_lookaside(struct lean_world *world, const struct lean_op *op,
                         const struct lean_op *end);
void lean_pass_glibc(struct lean_world *world, const struct lean_op *op, const struct lean_op *end);

/* The harness alone: stubs with the signatures and calling conventions of the two above. */
void lean_pass_empty_lookaside(struct lean_world *world, const struct lean_op *op,
                               const struct lean_op *end);
void lean_pass_empty_glibc(struct lean_world *world, const struct lean_op *op,
                           const struct lean_op *end);

/* The number of the one block that the stubs answer. */
#define LEAN_EMPTY_BLOCK 8u

/* -- The stubs, in a file of their own so that no call of them can be seen through ------------- */

LA_REGISTER_CALL va32_t empty_heap_alloc(struct heap *heap, uint32_t bytes);
LA_REGISTER_CALL va32_t empty_heap_alloc_zeroed(struct heap *heap, uint32_t bytes);
va32_t empty_heap_alloc_aligned(struct heap *heap, uint32_t bytes, uint32_t align_log2);
LA_REGISTER_CALL va32_t empty_heap_realloc(struct heap *heap, va32_t va, uint32_t bytes);
LA_REGISTER_CALL enum la_status empty_heap_free(struct heap *heap, va32_t va);

void *empty_malloc(size_t bytes);
void *empty_calloc(size_t count, size_t bytes);
void *empty_aligned_alloc(size_t align, size_t bytes);
void *empty_realloc(void *block, size_t bytes);
void empty_free(void *block);

#endif
