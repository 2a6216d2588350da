/* SPDX-License-Identifier: 0BSD */
/* The map, put together from what each part of the core knows: the VAS has states and regions, the
 * segment table the owner of a heap's segments, the window the pages that are backed, and the
 * interpreter's slots the rest.
 */
#include "plot_map.h"

#include <string.h>

/* -- States ------------------------------------------------------------------------------------ */

static enum plot_state state_of(const struct plot_machine *machine, uint32_t segment,
                                bool heap_region)
{
    switch (vas_state(&machine->vas, la_segment_va(segment))) {
    case VAS_FREE: return PLOT_FREE;
    case VAS_RESERVED: return PLOT_RESERVED;
    case VAS_STACK: return PLOT_STACK;
    default: return heap_region ? PLOT_HEAP : PLOT_COMMITTED;
    }
}

/* Regions and free runs, one after the other. Whether a region is a heap's, its first segment
 * tells.
 */
static void fill_states(struct plot_map *map, const struct plot_machine *machine)
{
    struct vas_region region;
    uint32_t bucket;

    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment += region.segments) {
        if (!vas_query(&machine->vas, la_segment_va(segment), &region)) {
            map->segment[segment].state = PLOT_OUTSIDE;
            region.segments = 1;
            continue;
        }
        bool is_heap = heap_owner(&machine->space, segment, &bucket) != NULL;
        for (uint32_t i = segment; i < segment + region.segments; i++)
            map->segment[i].state = (uint8_t)state_of(machine, i, is_heap);
        map->segment[segment].first = region.state != VAS_FREE;
    }
}

/* Committed, no heap's and not the trace's own: the heaps' metadata. */
static void fill_metadata(struct plot_map *map, const struct plot_machine *machine)
{
    static bool of_trace[LA_SEGMENTS];

    memset(of_trace, 0, sizeof of_trace);
    for (uint32_t slot = 0; slot < machine->memory.region_slots; slot++) {
        const struct replay_region *region = &machine->memory.regions[slot];

        for (uint32_t i = 0; region->base_va && i < region->segments; i++)
            of_trace[la_segment_of(region->base_va) + i] = true;
        map->regions += region->base_va != 0;
    }
    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++)
        if (map->segment[segment].state == PLOT_COMMITTED && !of_trace[segment])
            map->segment[segment].state = PLOT_METADATA;
}

static void fill_guards(struct plot_map *map, const struct plot_machine *machine)
{
    for (uint32_t slot = 0; slot < machine->memory.stack_slots; slot++) {
        const struct stack *stack = &machine->memory.stacks[slot];

        if (stack->pages == 0)
            continue;
        map->stacks++;
        for (uint32_t i = 0; i < stack->guard_pages / LA_PAGES_PER_SEGMENT; i++)
            map->segment[la_segment_of(stack->base_va) + i].state = PLOT_GUARD;
    }
}

/* -- Heaps ------------------------------------------------------------------------------------- */

/* The slot that a heap is in. */
static uint32_t slot_of_heap(const struct plot_machine *machine, const struct heap *heap)
{
    uint32_t slot = 0;

    while (slot + 1u < machine->memory.heap_slots && &machine->memory.heaps[slot].heap != heap)
        slot++;
    return slot;
}

static void fill_owners(struct plot_map *map, const struct plot_machine *machine)
{
    const struct heap *owner = NULL;
    uint32_t slot = 0;
    uint32_t bucket = BUCKETS_MAX;

    for (uint32_t i = 0; i < machine->memory.heap_slots; i++)
        map->heaps += machine->memory.heaps[i].exists;
    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++) {
        struct plot_segment *at = &map->segment[segment];

        if (at->state != PLOT_HEAP)
            continue;
        if (at->first) { /* the others of a large block's region belong to it too */
            const struct heap *heap = heap_owner(&machine->space, segment, &bucket);

            slot = heap == owner ? slot : slot_of_heap(machine, heap);
            owner = heap;
        }
        at->heap = slot;
        at->bucket = PLOT_BUCKET_NONE;
        if (bucket < machine->buckets.count) {
            at->bucket = (uint8_t)bucket;
            at->blocks = (uint16_t)machine->buckets.shape[bucket].blocks;
        }
    }
}

/* A block of no bucket fills the segments of its region from the first one on. */
static void fill_large(struct plot_map *map, const struct replay_block *block)
{
    struct plot_segment *at = &map->segment[la_segment_of(block->va)];
    uint32_t left = block->usable_bytes;

    at->live_blocks = 1;
    at->blocks = 1;
    for (; left > 0; at++) {
        uint32_t bytes = left < LA_SEGMENT_BYTES ? left : LA_SEGMENT_BYTES;

        at->bucket = PLOT_BUCKET_LARGE;
        at->full_permille = (uint16_t)((uint64_t)bytes * PLOT_FULL / LA_SEGMENT_BYTES);
        left -= bytes;
    }
}

static void fill_blocks(struct plot_map *map, const struct plot_machine *machine)
{
    for (uint32_t slot = 0; slot < machine->memory.block_slots; slot++) {
        const struct replay_block *block = &machine->memory.blocks[slot];
        struct plot_segment *at = &map->segment[la_segment_of(block->va)];

        if (block->va == 0)
            continue;
        if (at->bucket < BUCKETS_MAX)
            at->live_blocks++;
        else
            fill_large(map, block);
    }
    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++) {
        struct plot_segment *at = &map->segment[segment];

        if (at->state == PLOT_HEAP && at->bucket < BUCKETS_MAX)
            at->full_permille = (uint16_t)(at->live_blocks * PLOT_FULL / at->blocks);
    }
}

/* -- All --------------------------------------------------------------------------------------- */

static void count(struct plot_map *map, const struct plot_machine *machine)
{
    for (uint32_t segment = 0; segment < LA_SEGMENTS; segment++) {
        struct plot_segment *at = &map->segment[segment];

        map->states[at->state]++;
        if (at->state == PLOT_FREE || at->state == PLOT_OUTSIDE)
            continue;
        map->used_segments++;
        for (uint32_t page = 0; page < LA_PAGES_PER_SEGMENT; page++)
            at->pages += host_window_is_committed(&machine->window,
                                                  la_segment_va(segment) + (page << LA_PAGE_SHIFT));
    }
}

void plot_map_fill(struct plot_map *map, const struct plot_machine *machine)
{
    memset(map, 0, sizeof *map);
    for (uint32_t i = 0; i < machine->buckets.count; i++)
        map->block_bytes[i] = machine->buckets.shape[i].bytes;
    map->result = machine->replay.result;
    vas_stats(&machine->vas, &map->vas);
    fill_states(map, machine);
    fill_metadata(map, machine);
    fill_guards(map, machine);
    fill_owners(map, machine);
    fill_blocks(map, machine);
    count(map, machine);
}

const char *plot_state_name(enum plot_state state)
{
    static const char *const names[PLOT_STATES] = {
        [PLOT_FREE] = "free",   [PLOT_OUTSIDE] = "outside",   [PLOT_METADATA] = "metadata",
        [PLOT_HEAP] = "heap",   [PLOT_RESERVED] = "reserved", [PLOT_COMMITTED] = "committed",
        [PLOT_STACK] = "stack", [PLOT_GUARD] = "guard",
    };

    return names[state];
}

uint32_t plot_map_fragmentation_permille(const struct plot_map *map)
{
    uint32_t free_segments = map->vas.free_segments;

    if (free_segments == 0)
        return 0;
    return (uint32_t)((uint64_t)(free_segments - map->vas.largest_free_run_segments) * 1000u /
                      free_segments);
}
