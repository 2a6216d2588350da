/* SPDX-License-Identifier: 0BSD */
/* Heaps: create, destroy, use and trim. Heap 0 exists throughout. */
#include "replay_private.h"

struct replay_answer replay_heap_create(struct replay *replay, const struct trace_op *op)
{
    struct replay_memory *memory = &replay->memory;

    if (op->slot >= memory->heap_slots || memory->heaps[op->slot].exists)
        return replay_answer(REPLAY_SKIPPED, 0);

    struct replay_heap *slot = &memory->heaps[op->slot];
    enum la_status status =
        heap_init(&slot->heap, memory->space, replay->config.buckets, &replay->config.policy);

    if (status != LA_OK)
        return replay_answer(status, 0);
    slot->exists = true;
    replay_put_back_heap(replay, &slot->heap);
    return replay_answer(LA_OK, 0);
}

struct replay_answer replay_heap_destroy(struct replay *replay, const struct trace_op *op)
{
    struct replay_memory *memory = &replay->memory;

    if (op->slot == 0 || op->slot >= memory->heap_slots || !memory->heaps[op->slot].exists)
        return replay_answer(REPLAY_SKIPPED, 0);

    struct replay_heap *slot = &memory->heaps[op->slot];

    replay_verify_blocks(replay, op->slot);
    replay_forget_blocks(replay, op->slot);
    replay_take_out_heap(replay, &slot->heap);
    heap_destroy(&slot->heap);
    slot->exists = false;
    if (replay->heap_in_use == op->slot)
        replay->heap_in_use = 0;
    return replay_answer(LA_OK, 0);
}

struct replay_answer replay_heap_use(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.heap_slots || !replay->memory.heaps[op->slot].exists)
        return replay_answer(REPLAY_SKIPPED, 0);
    replay->heap_in_use = op->slot;
    return replay_answer(LA_OK, 0);
}

struct replay_answer replay_heap_trim(struct replay *replay)
{
    struct heap *heap = &replay->memory.heaps[replay->heap_in_use].heap;

    replay_take_out_heap(replay, heap);
    uint32_t pages = heap_trim(heap);
    replay_put_back_heap(replay, heap);
    return replay_answer(LA_OK, pages);
}
