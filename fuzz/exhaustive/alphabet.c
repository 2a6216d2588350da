/* SPDX-License-Identifier: 0BSD */
/* The operations that the search tries. Sizes are those at which something changes in the tiny
 * geometry: 2, 3 and many blocks in a segment, one block more than a page, a page more than a
 * segment.
 */
#include "exhaustive.h"

#include "../world/world.h"

struct letters {
    struct trace_op *ops;
    uint32_t count;
};

static void add(struct letters *letters, struct trace_op op)
{
    if (letters->count < ALPHABET_MAX)
        letters->ops[letters->count++] = op;
}

static void add_blocks(struct letters *letters)
{
    static const uint32_t sizes[] = { 48, 1000, 1360, 2048, 2049, 4097 };
    const struct replay_memory *memory = &world_replay.memory;
    uint32_t slot = 0;

    while (memory->blocks[slot].va != 0)
        slot++;
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        add(letters, (struct trace_op){ .kind = TRACE_ALLOC, .slot = slot, .bytes = sizes[i] });
    add(letters, (struct trace_op){ .kind = TRACE_ALLOC_ZEROED, .slot = slot, .bytes = 3000 });
    add(letters, (struct trace_op){ .kind = TRACE_ALLOC_ALIGNED,
                                    .slot = slot,
                                    .bytes = 1000,
                                    .align_log2 = LA_PAGE_SHIFT });
    for (slot = 0; slot < memory->block_slots && slot < 16u; slot++) {
        if (memory->blocks[slot].va == 0)
            continue;
        add(letters, (struct trace_op){ .kind = TRACE_FREE, .slot = slot });
        add(letters, (struct trace_op){ .kind = TRACE_REALLOC, .slot = slot, .bytes = 100 });
        add(letters, (struct trace_op){ .kind = TRACE_REALLOC, .slot = slot, .bytes = 5000 });
        add(letters, (struct trace_op){ .kind = TRACE_FREE_AT, .slot = slot, .offset_bytes = 8 });
    }
    add(letters, (struct trace_op){ .kind = TRACE_HEAP_TRIM });
    add(letters, (struct trace_op){ .kind = TRACE_HEAP_CREATE, .slot = 1 });
    add(letters, (struct trace_op){ .kind = TRACE_HEAP_USE, .slot = 1 });
    add(letters, (struct trace_op){ .kind = TRACE_HEAP_USE, .slot = 0 });
    add(letters, (struct trace_op){ .kind = TRACE_HEAP_DESTROY, .slot = 1 });
}

static void add_regions(struct letters *letters)
{
    const struct replay_memory *memory = &world_replay.memory;
    uint32_t pages = LA_PAGES_PER_SEGMENT;
    uint32_t slot = 0;

    while (slot < memory->region_slots && memory->regions[slot].base_va != 0)
        slot++;
    if (slot < memory->region_slots) {
        for (uint32_t placement = 0; placement < 3u; placement++)
            for (uint32_t segments = 1; segments <= 3u; segments += 2u)
                add(letters, (struct trace_op){ .kind = TRACE_RESERVE,
                                                .slot = slot,
                                                .pages = segments * pages,
                                                .placement = (uint8_t)placement });
        add(letters,
            (struct trace_op){
                .kind = TRACE_RESERVE, .slot = slot, .pages = 2u * pages, .align_log2 = 4 });
        add(letters, (struct trace_op){ .kind = TRACE_RESERVE_AT,
                                        .slot = slot,
                                        .segments = 3,
                                        .window_first = LA_SEGMENTS - 12u,
                                        .window_end = LA_SEGMENTS - 4u });
    }
    for (slot = 0; slot < memory->region_slots; slot++) {
        if (memory->regions[slot].base_va == 0)
            continue;
        add(letters, (struct trace_op){ .kind = TRACE_RELEASE, .slot = slot });
        add(letters, (struct trace_op){ .kind = TRACE_RESIZE, .slot = slot, .pages = pages });
        add(letters, (struct trace_op){ .kind = TRACE_RESIZE, .slot = slot, .pages = 4u * pages });
        add(letters, (struct trace_op){ .kind = TRACE_COMMIT, .slot = slot, .pages = pages });
        add(letters, (struct trace_op){ .kind = TRACE_DECOMMIT, .slot = slot, .pages = pages });
    }
}

static void add_stacks(struct letters *letters)
{
    const struct replay_memory *memory = &world_replay.memory;
    uint32_t slot = 0;

    while (slot < memory->stack_slots && memory->stacks[slot].pages != 0)
        slot++;
    if (slot < memory->stack_slots) {
        add(letters, (struct trace_op){ .kind = TRACE_STACK_CREATE,
                                        .slot = slot,
                                        .pages = 8,
                                        .committed_pages = 2,
                                        .guard_pages = 1 });
        add(letters, (struct trace_op){ .kind = TRACE_STACK_CREATE,
                                        .slot = slot,
                                        .pages = 4,
                                        .committed_pages = 3,
                                        .guard_pages = 1 });
    }
    for (slot = 0; slot < memory->stack_slots; slot++) {
        uint32_t pages = memory->stacks[slot].pages;

        if (pages == 0)
            continue;
        add(letters, (struct trace_op){ .kind = TRACE_STACK_DESTROY, .slot = slot });
        for (uint32_t depth = 2; depth <= pages; depth += 2u)
            add(letters,
                (struct trace_op){ .kind = TRACE_STACK_TOUCH, .slot = slot, .depth_page = depth });
        add(letters,
            (struct trace_op){ .kind = TRACE_STACK_TOUCH, .slot = slot, .depth_page = pages - 1u });
        add(letters, (struct trace_op){ .kind = TRACE_STACK_TRIM,
                                        .slot = slot,
                                        .depth_bytes = LA_PAGE_BYTES,
                                        .keep_pages = 1 });
    }
}

uint32_t alphabet(struct trace_op *ops, char part)
{
    struct letters letters = { .ops = ops };

    if (part == 'h' || part == 'w')
        add_blocks(&letters);
    if (part == 'v' || part == 'w')
        add_regions(&letters);
    if (part == 's' || part == 'w')
        add_stacks(&letters);
    if (part != 'v' && world_replay.fail_in == 0) {
        add(&letters, (struct trace_op){ .kind = TRACE_FAIL, .nth = 1 });
        add(&letters, (struct trace_op){ .kind = TRACE_FAIL, .nth = 2 });
    }
    return letters.count;
}
