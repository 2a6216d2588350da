/* SPDX-License-Identifier: 0BSD */
/* The live blocks and their heaps: what each op does to them, and who is told. */
#include "stats_private.h"

static struct live_block *block_at(const struct trace_stats *stats, uint32_t slot)
{
    return slots_find(&stats->memory->slots[TRACE_BLOCK], slot);
}

/* A heap's blocks are a list, so that the end of a small heap does not look through all others'.
 * Heap 0 never ends and has none.
 */
static void enter_list(struct trace_stats *stats, struct live_block *block, uint32_t slot)
{
    struct live_heap *heap = slots_find(&stats->memory->slots[TRACE_HEAP], block->heap);

    if (block->heap == 0)
        return;
    block->next = heap->first;
    if (heap->first != 0)
        block_at(stats, heap->first - 1u)->previous = slot + 1u;
    heap->first = slot + 1u;
}

static void leave_list(struct trace_stats *stats, const struct live_block *block)
{
    struct live_heap *heap = slots_find(&stats->memory->slots[TRACE_HEAP], block->heap);

    if (block->heap == 0)
        return;
    if (block->next != 0)
        block_at(stats, block->next - 1u)->previous = block->previous;
    if (block->previous != 0)
        block_at(stats, block->previous - 1u)->next = block->next;
    else
        heap->first = block->next;
}

/* The block's bytes enter the level; the highest one is when recorded bytes are looked at. */
static void raise_bytes(struct trace_stats *stats, uint32_t bytes)
{
    uint64_t peak = stats->block_bytes.peak;

    stats_raise(&stats->block_bytes, bytes, stats->ops);
    if (stats->block_bytes.peak > peak)
        stats->recorded->at_peak = stats->recorded->now;
}

static bool create(struct trace_stats *stats, const struct trace_op *op, uint32_t label)
{
    struct live_block *block = slots_take(&stats->memory->slots[TRACE_BLOCK], op->slot);

    if (!block || !stats_sizes_request(stats->sizes, op, true))
        return false;
    stats_lifetimes_allocated(stats->lifetimes, op->bytes);
    *block = (struct live_block){ .born_tick = stats->block_ticks,
                                  .since_tick = stats->block_ticks,
                                  .born_clock = stats->lifetimes->clock,
                                  .bytes = op->bytes,
                                  .recorded_bytes = op->recorded_bytes,
                                  .heap = stats->memory->heap_in_use,
                                  .thread = stats->threads->now,
                                  .cpu = stats->cpus->now,
                                  .label = label,
                                  .live = true };
    if (op->recorded_bytes > 0)
        stats_recorded_born(stats->recorded, op->bytes, op->recorded_bytes);
    if (op->kind == TRACE_REALLOC)
        stats->reallocs->on_nothing++;
    enter_list(stats, block, op->slot);
    stats_labels_made(stats->labels, label, op->bytes, stats->ops);
    stats_raise(&stats->blocks, 1, stats->ops);
    raise_bytes(stats, op->bytes);
    return true;
}

/* Whether another thread or CPU than the one that allocated it deals with the block. */
static void count_far(struct trace_stats *stats, const struct live_block *block, bool frees)
{
    struct stats_actors *threads = stats->threads;
    struct stats_actors *cpus = stats->cpus;

    if (frees) {
        threads->far_frees += block->thread != threads->now;
        cpus->far_frees += block->cpu != cpus->now;
    } else {
        threads->far_reallocs += block->thread != threads->now;
        cpus->far_reallocs += block->cpu != cpus->now;
    }
}

/* The block's present size is over. */
static void end_size(struct trace_stats *stats, const struct live_block *block)
{
    stats_sizes_lived(stats->sizes, block->bytes, stats->block_ticks - block->since_tick);
    if (block->recorded_bytes > 0)
        stats_recorded_gone(stats->recorded, block->bytes, block->recorded_bytes);
    stats_lower(&stats->block_bytes, block->bytes);
}

static bool resize(struct trace_stats *stats, struct live_block *block, const struct trace_op *op)
{
    if (!stats_sizes_request(stats->sizes, op, false))
        return false;
    count_far(stats, block, false);
    stats_reallocs_resized(stats->reallocs, block->bytes, op->bytes);
    if (op->bytes > block->bytes)
        stats_lifetimes_allocated(stats->lifetimes, op->bytes - block->bytes);
    stats_labels_resized(stats->labels, block->label, block->bytes, op->bytes, stats->ops);
    end_size(stats, block);
    block->bytes = op->bytes;
    block->recorded_bytes = 0;
    block->since_tick = stats->block_ticks;
    block->reallocs++;
    raise_bytes(stats, op->bytes);
    return true;
}

static void destroy(struct trace_stats *stats, struct live_block *block)
{
    stats_lifetimes_died(stats->lifetimes, block->born_clock, stats->block_ticks - block->born_tick,
                         block->bytes);
    stats_reallocs_end(stats->reallocs, block->reallocs);
    stats_labels_resized(stats->labels, block->label, block->bytes, 0, stats->ops);
    end_size(stats, block);
    stats_lower(&stats->blocks, 1);
    leave_list(stats, block);
    block->live = false;
}

bool stats_block_op(struct trace_stats *stats, const struct trace_op *op, uint32_t label)
{
    struct live_block *block = block_at(stats, op->slot);
    bool live = block && block->live;

    switch (op->kind) {
    case TRACE_FREE:
        if (live) {
            count_far(stats, block, true);
            destroy(stats, block);
        } else {
            stats->skipped++;
        }
        return true;
    case TRACE_REALLOC: return live ? resize(stats, block, op) : create(stats, op, label);
    default:
        if (!live)
            return create(stats, op, label);
        stats->skipped++;
        return true;
    }
}

/* -- Heaps ------------------------------------------------------------------------------------- */

static void destroy_heap(struct trace_stats *stats, struct live_heap *heap, uint32_t slot)
{
    while (heap->first != 0) {
        destroy(stats, block_at(stats, heap->first - 1u));
        stats->lifetimes->died_with_heap++;
    }
    heap->exists = false;
    stats_lower(&stats->heaps, 1);
    if (stats->memory->heap_in_use == slot)
        stats->memory->heap_in_use = 0;
}

/* Heaps are counted beside heap 0, which exists from the start and cannot be made. */
bool stats_heap_op(struct trace_stats *stats, const struct trace_op *op)
{
    struct live_heap *heap = slots_take(&stats->memory->slots[TRACE_HEAP], op->slot);
    bool exists;

    if (!heap)
        return false;
    exists = heap->exists || op->slot == 0;
    if (exists == (op->kind == TRACE_HEAP_CREATE) ||
        (op->kind == TRACE_HEAP_DESTROY && op->slot == 0)) {
        stats->skipped++;
    } else if (op->kind == TRACE_HEAP_CREATE) {
        heap->exists = true;
        stats_raise(&stats->heaps, 1, stats->ops);
    } else if (op->kind == TRACE_HEAP_USE) {
        stats->memory->heap_in_use = op->slot;
    } else {
        destroy_heap(stats, heap, op->slot);
    }
    return true;
}

void stats_blocks_finish(struct trace_stats *stats)
{
    const struct slots *blocks = &stats->memory->slots[TRACE_BLOCK];

    for (uint32_t i = slots_next(blocks, 0); i < TRACE_SLOTS_MAX; i = slots_next(blocks, i + 1u)) {
        const struct live_block *block = slots_find(blocks, i);
        if (!block->live)
            continue;
        stats_sizes_lived(stats->sizes, block->bytes, stats->block_ticks - block->since_tick);
        stats_lifetimes_survived(stats->lifetimes, block->bytes);
        stats_reallocs_end(stats->reallocs, block->reallocs);
    }
}
