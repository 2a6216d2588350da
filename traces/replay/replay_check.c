/* SPDX-License-Identifier: 0BSD */
/* The interpreter's view of the invariants: the core's own checks, and that every page backed
 * through the port is one that a heap, the metadata or a stack accounts for.
 */
#include "replay_private.h"

static void check_heaps(struct replay *replay)
{
    const struct replay_memory *memory = &replay->memory;
    uint32_t pages = 0;
    uint32_t segments = 0;

    for (uint32_t i = 0; i < memory->heap_slots; i++) {
        const struct heap *heap = &memory->heaps[i].heap;

        if (!memory->heaps[i].exists)
            continue;
        const char *fault = heap_check(heap);
        if (fault)
            replay_break(replay, fault);
        pages += heap->pages;
        segments += heap->segments;
    }
    if (pages != replay->heap_pages || segments != replay->result.heap_segments)
        replay_break(replay, "a call changed a heap that it was not made on");
}

static void check_stacks(struct replay *replay)
{
    const struct replay_memory *memory = &replay->memory;

    for (uint32_t i = 0; i < memory->stack_slots; i++) {
        const char *fault = memory->stacks[i].pages ? stack_check(&memory->stacks[i]) : NULL;

        if (fault)
            replay_break(replay, fault);
    }
}

void replay_check(struct replay *replay)
{
    const char *fault = vas_check(replay->memory.vas);

    if (fault)
        replay_break(replay, fault);
    check_heaps(replay);
    check_stacks(replay);
    if (replay->backed_pages != replay->heap_pages + replay->memory.space->pages +
                                    replay->result.stack_pages + replay->mapped_count)
        replay_break(replay, "the backed pages are not those of heaps, metadata and stacks");
}
