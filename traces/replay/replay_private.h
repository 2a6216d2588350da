/* SPDX-License-Identifier: 0BSD */
/* What the interpreter's files share. Every op's function answers a status and a number worth
 * hashing; replay_step() alone counts, hashes and accounts.
 */
#ifndef LOOKASIDE_REPLAY_PRIVATE_H
#define LOOKASIDE_REPLAY_PRIVATE_H

#include <lookaside/replay.h>

static inline struct replay_answer replay_answer(int32_t status, uint32_t value)
{
    return (struct replay_answer){ .status = status, .value = value };
}

/* Note the first broken promise. */
void replay_break(struct replay *replay, const char *broken);

/* A heap's share of the sums is taken out before a call that may change it and put back after. */
static inline void replay_take_out_heap(struct replay *replay, const struct heap *heap)
{
    replay->heap_pages -= heap->pages;
    replay->result.heap_segments -= heap->segments;
}

static inline void replay_put_back_heap(struct replay *replay, const struct heap *heap)
{
    replay->heap_pages += heap->pages;
    replay->result.heap_segments += heap->segments;
}

/* -- replay_canary.c --------------------------------------------------------------------------- */

/* Write a block's canaries under a new birth number. Nothing if the config has none. */
void replay_write_canary(struct replay *replay, uint32_t slot);

/* Whether the canaries of `block`, which was `slot`'s, read as written at `va`, as far as they lie
 * in the first `visible_bytes` bytes there. True if the config has none.
 */
bool replay_canary_intact(const struct replay *replay, uint32_t slot,
                          const struct replay_block *block, va32_t va, uint32_t visible_bytes);

/* Whether [va, va + bytes) reads as zero: every byte up to a page; of longer blocks the first and
 * the last page and every 512th byte between. True if the config has no canaries.
 */
bool replay_reads_zero(const struct replay *replay, va32_t va, uint32_t bytes);

/* -- replay_blocks.c --------------------------------------------------------------------------- */

struct replay_answer replay_alloc(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_realloc(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_free(struct replay *replay, const struct trace_op *op);

/* Verify the canaries of every live block of heap slot `heap`; UINT32_MAX means of all heaps. */
void replay_verify_blocks(struct replay *replay, uint32_t heap);

/* Forget every live block of heap slot `heap` without a call: the heap goes. */
void replay_forget_blocks(struct replay *replay, uint32_t heap);

/* -- replay_heaps.c ---------------------------------------------------------------------------- */

struct replay_answer replay_heap_create(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_heap_destroy(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_heap_use(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_heap_trim(struct replay *replay);

/* -- replay_regions.c -------------------------------------------------------------------------- */

struct replay_answer replay_reserve(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_commit(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_decommit(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_resize(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_release(struct replay *replay, const struct trace_op *op);

/* The live region that `va` lies in, or NULL. O(region slots). */
struct replay_region *replay_region_at(const struct replay *replay, va32_t va);

/* The address op->distance_pages from the region that op's slot has, or had last. */
static inline va32_t replay_from_region(const struct replay *replay, const struct trace_op *op)
{
    const struct replay_region *region = &replay->memory.regions[op->slot];

    return (region->base_va ? region->base_va : region->last_va) +
           (op->distance_pages << LA_PAGE_SHIFT);
}

/* -- replay_mapped.c --------------------------------------------------------------------------- */

/* Map the page at `va` of a region for an access, unless it is mapped or there is no room to note
 * it.
 */
struct replay_answer replay_map(struct replay *replay, va32_t va);

/* Take back what accesses have mapped in `segments` segments from `va`. */
void replay_unmap(struct replay *replay, va32_t va, uint32_t segments);

/* -- replay_probes.c --------------------------------------------------------------------------- */

struct replay_answer replay_free_at(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_release_at(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_change_at(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_reserve_at(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_fail(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_limit_memory(struct replay *replay, const struct trace_op *op);

/* -- replay_stacks.c --------------------------------------------------------------------------- */

struct replay_answer replay_stack_create(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_stack_touch(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_stack_destroy(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_stack_trim(struct replay *replay, const struct trace_op *op);
struct replay_answer replay_access(struct replay *replay, const struct trace_op *op);

/* The live stack that `va` lies in, guard included, or NULL. O(stack slots). */
const struct stack *replay_stack_at(const struct replay *replay, va32_t va);

/* Fresh pages must read as zero; leave a mark in each of the `pages` from `va`, so that a page that
 * comes back without having been zeroed is noticed. Breaks with `broken`. Nothing if the config has
 * no canaries.
 */
void replay_mark_fresh_pages(struct replay *replay, va32_t va, uint32_t pages, const char *broken);

/* -- replay_check.c ---------------------------------------------------------------------------- */

/* Run the core's own checks and compare the interpreter's sums with a recount. O(everything). */
void replay_check(struct replay *replay);

#endif
