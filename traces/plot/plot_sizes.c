/* SPDX-License-Identifier: 0BSD */
/* The size histogram, kept while a trace is replayed: what an op's slot holds before and after it.
 * A bin's sum over ticks is only brought up to date when the bin changes.
 */
#include "plot_sizes.h"

#define BIN_GRAIN_BYTES 8u
#define BINS_A_DOUBLING 8u

/* -- Bins -------------------------------------------------------------------------------------- */

uint32_t plot_bin_of(uint64_t bytes)
{
    uint64_t last_grain = bytes ? (bytes - 1u) / BIN_GRAIN_BYTES : 0; /* counted from 0 */
    uint32_t shift = 0;

    while (last_grain >> shift >= 2u * BINS_A_DOUBLING)
        shift++;
    return BINS_A_DOUBLING * shift + (uint32_t)(last_grain >> shift);
}

uint64_t plot_bin_first(uint32_t bin)
{
    return bin == 0 ? 1u : plot_bin_last(bin - 1u) + 1u;
}

uint64_t plot_bin_last(uint32_t bin)
{
    uint32_t shift = bin < BINS_A_DOUBLING ? 0 : bin / BINS_A_DOUBLING - 1u;

    return (uint64_t)(bin - BINS_A_DOUBLING * shift + 1u) * BIN_GRAIN_BYTES << shift;
}

/* -- Slots ------------------------------------------------------------------------------------- */

static enum plot_object object_of(const struct trace_op *op)
{
    switch (trace_slot_kind(op->kind)) {
    case TRACE_BLOCK: return PLOT_BLOCKS;
    case TRACE_REGION: return PLOT_REGIONS;
    case TRACE_STACK: return PLOT_STACKS;
    default: return PLOT_OBJECTS;
    }
}

static struct plot_held look(const struct replay_memory *memory, enum plot_object object,
                             uint32_t slot)
{
    struct plot_held held = { .object = object };

    if (object == PLOT_BLOCKS) {
        held.live = memory->blocks[slot].va != 0;
        held.bytes = memory->blocks[slot].bytes;
    } else if (object == PLOT_REGIONS) {
        held.live = memory->regions[slot].base_va != 0;
        held.bytes = (uint64_t)memory->regions[slot].pages << LA_PAGE_SHIFT;
    } else if (object == PLOT_STACKS) {
        held.live = memory->stacks[slot].pages != 0;
        held.bytes = (uint64_t)memory->stacks[slot].pages << LA_PAGE_SHIFT;
    }
    return held;
}

static uint32_t segments_up(uint32_t pages)
{
    return pages / LA_PAGES_PER_SEGMENT + (pages % LA_PAGES_PER_SEGMENT != 0);
}

/* Whether an op asks for bytes, and how many. */
static bool asks(const struct trace_op *op, const struct plot_held *held, uint64_t *ret_bytes)
{
    switch (op->kind) {
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_ALLOC_ALIGNED: *ret_bytes = op->bytes; return !held->live;
    case TRACE_REALLOC: *ret_bytes = op->bytes; return true;
    case TRACE_RESERVE: *ret_bytes = (uint64_t)op->pages << LA_PAGE_SHIFT; return !held->live;
    case TRACE_STACK_CREATE:
        *ret_bytes = (uint64_t)segments_up(op->pages) << LA_SEGMENT_SHIFT;
        return !held->live;
    case TRACE_RESIZE: *ret_bytes = (uint64_t)op->pages << LA_PAGE_SHIFT; return held->live;
    default: return false;
    }
}

/* -- Counting ---------------------------------------------------------------------------------- */

static struct plot_bin *bin_at(struct plot_sizes *sizes, enum plot_object object, uint64_t bytes)
{
    uint32_t number = plot_bin_of(bytes);

    /* Only a request that no space could serve is larger than 4 GiB. */
    return &sizes->bin[object][number < PLOT_BINS ? number : PLOT_BINS - 1u];
}

static void bring_up(struct plot_bin *bin, uint64_t tick)
{
    bin->live_bytes_sum += bin->live_bytes * (tick - bin->tick);
    bin->tick = tick;
}

static void change(struct plot_sizes *sizes, const struct plot_held *held, bool gain)
{
    struct plot_bin *bin;

    if (!held->live)
        return;
    bin = bin_at(sizes, held->object, held->bytes);
    bring_up(bin, sizes->ticks);
    bin->live_bytes += gain ? held->bytes : 0u - held->bytes;
}

/* A heap took its blocks along: count all blocks anew. */
static void recount_blocks(struct plot_sizes *sizes, const struct replay_memory *memory)
{
    for (uint32_t i = 0; i < PLOT_BINS; i++) {
        bring_up(&sizes->bin[PLOT_BLOCKS][i], sizes->ticks);
        sizes->bin[PLOT_BLOCKS][i].live_bytes = 0;
    }
    for (uint32_t slot = 0; slot < memory->block_slots; slot++) {
        struct plot_held held = look(memory, PLOT_BLOCKS, slot);
        change(sizes, &held, true);
    }
}

void plot_sizes_before(struct plot_sizes *sizes, const struct replay_memory *memory,
                       const struct trace_op *op, struct plot_held *ret_held)
{
    uint64_t bytes;

    *ret_held = look(memory, object_of(op), op->slot);
    if (asks(op, ret_held, &bytes))
        bin_at(sizes, ret_held->object, bytes)->requests++;
}

void plot_sizes_after(struct plot_sizes *sizes, const struct replay_memory *memory,
                      const struct trace_op *op, const struct plot_held *held)
{
    struct plot_held now = look(memory, held->object, op->slot);

    if (now.live != held->live || now.bytes != held->bytes) {
        change(sizes, held, false);
        change(sizes, &now, true);
    }
    if (op->kind == TRACE_HEAP_DESTROY)
        recount_blocks(sizes, memory);
    if (!trace_kind_is_note(op->kind))
        sizes->ticks++;
}

void plot_sizes_finish(struct plot_sizes *sizes)
{
    for (uint32_t object = 0; object < PLOT_OBJECTS; object++)
        for (uint32_t i = 0; i < PLOT_BINS; i++)
            bring_up(&sizes->bin[object][i], sizes->ticks);
}
