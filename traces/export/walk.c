/* SPDX-License-Identifier: 0BSD */
/* The heap ops of a trace, block by block. */
#include "walk.h"

#include <stdlib.h>

struct walk_block {
    bool live;
    uint32_t id;
    uint32_t bytes;
    uint32_t heap;
};

struct walk {
    walk_fn take;
    void *context;
    struct walk_totals *totals;
    struct walk_block *blocks;
    uint32_t block_slots;
    bool *heaps; /* which exist */
    uint32_t heap_in_use;
    uint32_t thread;
    uint64_t time_ns;
    uint64_t bytes; /* live now */
};

static bool tell(struct walk *walk, uint8_t kind, const struct trace_op *op,
                 const struct walk_block *block, uint32_t slot)
{
    struct walk_event event = { .kind = kind,
                                .align_log2 = op->align_log2,
                                .slot = slot,
                                .id = block->id,
                                .bytes = kind == TRACE_FREE ? 0 : block->bytes,
                                .thread = walk->thread,
                                .time_ns = walk->time_ns };

    walk->totals->events++;
    if (walk->totals->bytes_max < walk->bytes)
        walk->totals->bytes_max = walk->bytes;
    return !walk->take || walk->take(walk->context, &event);
}

static bool end_block(struct walk *walk, const struct trace_op *op, uint32_t slot)
{
    struct walk_block *block = &walk->blocks[slot];

    block->live = false;
    walk->bytes -= block->bytes;
    return tell(walk, TRACE_FREE, op, block, slot);
}

static bool create_block(struct walk *walk, const struct trace_op *op, uint8_t kind)
{
    struct walk_block *block = &walk->blocks[op->slot];

    *block =
        (struct walk_block){ true, (uint32_t)walk->totals->ids++, op->bytes, walk->heap_in_use };
    walk->bytes += op->bytes;
    walk->totals->recorded += op->recorded_bytes != 0;
    return tell(walk, kind, op, block, op->slot);
}

static bool resize_block(struct walk *walk, const struct trace_op *op)
{
    struct walk_block *block = &walk->blocks[op->slot];

    walk->bytes += op->bytes;
    walk->bytes -= block->bytes;
    block->bytes = op->bytes;
    return tell(walk, TRACE_REALLOC, op, block, op->slot);
}

static bool block_op(struct walk *walk, const struct trace_op *op)
{
    bool live = walk->blocks[op->slot].live;

    if (op->kind == TRACE_REALLOC && live)
        return resize_block(walk, op);
    if (live == (op->kind != TRACE_FREE)) {
        walk->totals->skipped++;
        return true;
    }
    if (op->kind == TRACE_FREE)
        return end_block(walk, op, op->slot);
    walk->totals->reallocs_of_nothing += op->kind == TRACE_REALLOC;
    return create_block(walk, op, op->kind == TRACE_REALLOC ? TRACE_ALLOC : op->kind);
}

/* With its live blocks. Heap 0 stays. */
static bool destroy_heap(struct walk *walk, const struct trace_op *op)
{
    if (op->slot == 0 || !walk->heaps[op->slot])
        return true;
    walk->heaps[op->slot] = false;
    if (walk->heap_in_use == op->slot)
        walk->heap_in_use = 0;
    for (uint32_t slot = 0; slot < walk->block_slots; slot++) {
        if (!walk->blocks[slot].live || walk->blocks[slot].heap != op->slot)
            continue;
        walk->totals->frees_of_heap_destroys++;
        if (!end_block(walk, op, slot))
            return false;
    }
    return true;
}

static bool walk_op(struct walk *walk, const struct trace_op *op)
{
    walk->totals->kinds[op->kind]++;
    switch (op->kind) {
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_ALLOC_ALIGNED:
    case TRACE_REALLOC:
    case TRACE_FREE: return block_op(walk, op);
    case TRACE_HEAP_CREATE: walk->heaps[op->slot] = true; return true;
    case TRACE_HEAP_DESTROY: return destroy_heap(walk, op);
    case TRACE_HEAP_USE:
        if (walk->heaps[op->slot])
            walk->heap_in_use = op->slot;
        return true;
    case TRACE_THREAD: walk->thread = op->thread; return true;
    case TRACE_TIME: walk->time_ns += op->delta_ns; return true;
    default: return true;
    }
}

bool walk_trace(const struct trace_loaded *trace, walk_fn take, void *context,
                struct walk_totals *ret_totals)
{
    struct walk walk = { .take = take,
                         .context = context,
                         .totals = ret_totals,
                         .block_slots = trace->header.block_slots };
    bool good;

    *ret_totals = (struct walk_totals){ .events = 0 };
    walk.blocks = calloc((size_t)walk.block_slots + 1u, sizeof *walk.blocks);
    walk.heaps = calloc((size_t)trace->header.heap_slots + 1u, sizeof *walk.heaps);
    good = walk.blocks && walk.heaps;
    if (good)
        walk.heaps[0] = true;
    for (uint64_t i = 0; good && i < trace->header.ops; i++)
        good = walk_op(&walk, &trace->ops[i]);
    free(walk.blocks);
    free(walk.heaps);
    return good;
}
