/* SPDX-License-Identifier: 0BSD */
/* Blocks: alloc, realloc and free of a slot, and what a heap promises about each: alignment, size,
 * place, zeroes, and content that nobody else changes.
 */
#include "replay_private.h"

#define BLOCK_ALIGN_LOG2 3u /* blocks are aligned to BUCKET_GRAIN_BYTES */

_Static_assert(BUCKET_GRAIN_BYTES == 1u << BLOCK_ALIGN_LOG2, "the heap's smallest alignment");

static void count_block(struct replay *replay, const struct replay_block *block)
{
    struct replay_result *result = &replay->result;

    result->live_blocks++;
    result->live_bytes += block->bytes;
    replay->usable_bytes_live += block->usable_bytes;
    if (block->recorded_bytes) {
        replay->recorded_bytes_live += block->recorded_bytes;
        replay->recorded_request_live += block->bytes;
    }
}

static void uncount_block(struct replay *replay, const struct replay_block *block)
{
    struct replay_result *result = &replay->result;

    result->live_blocks--;
    result->live_bytes -= block->bytes;
    replay->usable_bytes_live -= block->usable_bytes;
    if (block->recorded_bytes) {
        replay->recorded_bytes_live -= block->recorded_bytes;
        replay->recorded_request_live -= block->bytes;
    }
}

/* Whether `block`, just handed out, is what was asked for; nothing is read from it. */
static bool keeps_promises(struct replay *replay, const struct replay_block *block,
                           uint32_t align_log2)
{
    uint32_t first = replay->config.first_segment;
    uint32_t end = replay->config.end_segment;
    uint32_t last_byte = block->bytes ? block->bytes - 1u : 0u;

    if (block->va & ((UINT32_C(1) << align_log2) - 1u))
        replay_break(replay, "a block is not aligned as asked");
    else if (la_segment_of(block->va) < first || block->va > UINT32_MAX - last_byte ||
             la_segment_of(block->va + last_byte) >= end)
        replay_break(replay, "a block lies outside of the managed range");
    else if (block->usable_bytes < block->bytes)
        replay_break(replay, "a block's usable size is smaller than asked");
    return !replay->broken;
}

/* Ask the heap for what `op` wants. */
static va32_t allocate(struct heap *heap, const struct trace_op *op)
{
    switch (op->kind) {
    case TRACE_ALLOC_ZEROED: return heap_alloc_zeroed(heap, op->bytes);
    case TRACE_ALLOC_ALIGNED: return heap_alloc_aligned(heap, op->bytes, op->align_log2);
    case TRACE_REALLOC: return heap_realloc(heap, 0, op->bytes); /* of an empty slot */
    default: return heap_alloc(heap, op->bytes);
    }
}

/* Put a fresh block into its slot. */
static void enter_block(struct replay *replay, uint32_t slot, const struct replay_block *block)
{
    replay->memory.blocks[slot] = *block;
    if (slot >= replay->blocks_end)
        replay->blocks_end = slot + 1u;
    count_block(replay, block);
    replay_write_canary(replay, slot);
}

struct replay_answer replay_alloc(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.block_slots || replay->memory.blocks[op->slot].va)
        return replay_answer(REPLAY_SKIPPED, 0);

    struct heap *heap = &replay->memory.heaps[replay->heap_in_use].heap;
    uint32_t align_log2 = BLOCK_ALIGN_LOG2;
    struct replay_block block = { .bytes = op->bytes,
                                  .heap = replay->heap_in_use,
                                  .recorded_bytes = op->recorded_bytes };

    replay_take_out_heap(replay, heap);
    block.va = allocate(heap, op);
    replay_put_back_heap(replay, heap);
    if (!block.va)
        return replay_answer(heap->error, 0);

    block.usable_bytes = heap_usable(heap, block.va);
    if (op->kind == TRACE_ALLOC_ALIGNED && op->align_log2 > align_log2)
        align_log2 = op->align_log2;
    if (!keeps_promises(replay, &block, align_log2))
        return replay_answer(LA_OK, block.va);
    if (op->kind == TRACE_ALLOC_ZEROED && !replay_reads_zero(replay, block.va, block.bytes))
        replay_break(replay, "a zeroed block does not read as zero");
    enter_block(replay, op->slot, &block);
    return replay_answer(LA_OK, block.va);
}

struct replay_answer replay_realloc(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.block_slots)
        return replay_answer(REPLAY_SKIPPED, 0);

    const struct replay_block old = replay->memory.blocks[op->slot];
    if (!old.va)
        return replay_alloc(replay, op);
    if (!replay_canary_intact(replay, op->slot, &old, old.va, old.bytes))
        replay_break(replay, "a live block's content changed");

    struct heap *heap = &replay->memory.heaps[old.heap].heap;
    struct replay_block block = { .bytes = op->bytes, .heap = old.heap };

    replay_take_out_heap(replay, heap);
    block.va = heap_realloc(heap, old.va, op->bytes);
    replay_put_back_heap(replay, heap);
    if (!block.va) {
        if (!replay_canary_intact(replay, op->slot, &old, old.va, old.bytes))
            replay_break(replay, "a failed realloc changed its block");
        return replay_answer(heap->error, 0);
    }

    block.usable_bytes = heap_usable(heap, block.va);
    uncount_block(replay, &old);
    replay->memory.blocks[op->slot].va = 0;
    if (!keeps_promises(replay, &block, BLOCK_ALIGN_LOG2))
        return replay_answer(LA_OK, block.va);
    if (!replay_canary_intact(replay, op->slot, &old, block.va, block.bytes))
        replay_break(replay, "realloc did not keep its block's content");
    enter_block(replay, op->slot, &block);
    return replay_answer(LA_OK, block.va);
}

struct replay_answer replay_free(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.block_slots || !replay->memory.blocks[op->slot].va)
        return replay_answer(REPLAY_SKIPPED, 0);

    struct replay_block *block = &replay->memory.blocks[op->slot];
    struct heap *heap = &replay->memory.heaps[block->heap].heap;

    if (!replay_canary_intact(replay, op->slot, block, block->va, block->bytes))
        replay_break(replay, "a live block's content changed");
    replay_take_out_heap(replay, heap);
    enum la_status status = heap_free(heap, block->va);
    replay_put_back_heap(replay, heap);
    if (status != LA_OK)
        replay_break(replay, "heap_free() refused a live block");
    uncount_block(replay, block);
    block->last_va = block->va;
    block->va = 0;
    return replay_answer(status, 0);
}

void replay_verify_blocks(struct replay *replay, uint32_t heap)
{
    for (uint32_t slot = 0; slot < replay->blocks_end; slot++) {
        const struct replay_block *block = &replay->memory.blocks[slot];

        if (!block->va || (heap != UINT32_MAX && block->heap != heap))
            continue;
        if (!replay_canary_intact(replay, slot, block, block->va, block->bytes))
            replay_break(replay, "a live block's content changed");
    }
}

void replay_forget_blocks(struct replay *replay, uint32_t heap)
{
    for (uint32_t slot = 0; slot < replay->blocks_end; slot++) {
        struct replay_block *block = &replay->memory.blocks[slot];

        if (!block->va || block->heap != heap)
            continue;
        uncount_block(replay, block);
        block->last_va = block->va;
        block->va = 0;
    }
}
