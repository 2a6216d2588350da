/* SPDX-License-Identifier: 0BSD */
/* When two states are the same. It reads the models, which were found equal to the core after every
 * call, and leaves out what no later operation can see: slot numbers, contents, absolute times.
 */
#include "exhaustive.h"

#include "../model/heap_model.h"
#include "../model/vas_model.h"
#include "../world/world.h"

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Chunks by the order in which they were filed, of those that are filed alike. */
static uint64_t of_vas(uint64_t hash)
{
    for (uint32_t chunk = 0; chunk < VAS_CHUNKS; chunk++) {
        uint32_t later = 0;

        for (uint32_t i = 0; i < 3u; i++)
            hash = mix(hash, vas_model.planes[chunk][i]);
        for (uint32_t other = 0; other < VAS_CHUNKS; other++)
            later += vas_model.longest[other] == vas_model.longest[chunk] &&
                     vas_model.filed_at[other] > vas_model.filed_at[chunk];
        hash = mix(hash, vas_model.longest[chunk] != 0 ? later : 0);
    }
    return hash;
}

/* How many segments of the same list came before. */
static uint32_t rank_in_list(const struct segment_model *segment)
{
    const struct heap_model *model = segment->owner;
    uint32_t before = 0;

    if (segment->place != PLACE_READY && segment->place != PLACE_COLD)
        return 0;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct segment_model *other = &segment_model[model->list[i]];

        before += other->kind == SEGMENT_BUCKET && other->bucket == segment->bucket &&
                  other->place == segment->place && other->listed_at < segment->listed_at;
    }
    return before;
}

static uint64_t of_segment(const struct segment_model *segment)
{
    uint64_t hash = mix(segment_number(segment), segment->kind);

    hash = mix(hash, segment->pages);
    hash = mix(hash, segment->room);
    if (segment->kind == SEGMENT_LARGE)
        return mix(hash, segment->large_pages);
    if (segment->kind != SEGMENT_BUCKET)
        return hash;
    hash = mix(hash, segment->bucket | (uint32_t)segment->place << 8);
    if (segment->place == PLACE_CURRENT)
        hash = mix(hash, segment->word);
    if (segment->place == PLACE_FULL)
        hash = mix(hash, segment->freed_while_full);
    hash = mix(hash, rank_in_list(segment));
    for (uint32_t word = 0; word < map_words(block_bytes(segment->owner, segment->bucket)); word++)
        hash = mix(hash, segment->live[word]);
    return hash;
}

static uint64_t of_heap(const struct heap_model *model)
{
    uint64_t hash = mix(model->pages, model->trim_at_pages);
    uint64_t segments = 0;

    for (uint32_t i = 0; i < model->buckets->count; i++)
        hash = mix(hash, model->borrowed[i]);
    for (uint32_t i = 0; i < model->retained_count; i++)
        hash = mix(hash, model->retained[i]);
    for (uint32_t i = 0; i < model->count; i++)
        segments += of_segment(&segment_model[model->list[i]]); /* in no order */
    return mix(hash, segments);
}

static uint64_t of_metadata(uint64_t hash)
{
    for (uint32_t i = 0; i < HEAP_ROOM_CLASSES; i++)
        hash = mix(hash, space_model.entries_free[i]);
    for (uint32_t i = 0; i < HEAP_TABLE_PAGES; i++)
        hash = mix(hash, space_model.table_page[i]);
    hash = mix(hash, space_model.region);
    return mix(hash, (uint64_t)space_model.used_bytes << 32 | space_model.backed_bytes);
}

/* Objects as a set: which slot names one does not matter. */
static uint64_t of_slots(void)
{
    const struct replay_memory *memory = &world_replay.memory;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < 16u; i++)
        if (memory->blocks[i].va != 0)
            sum += mix((uint64_t)memory->blocks[i].va << 32 | memory->blocks[i].bytes,
                       memory->blocks[i].heap);
    for (uint32_t i = 0; i < memory->region_slots; i++)
        if (memory->regions[i].base_va != 0)
            sum += mix((uint64_t)memory->regions[i].base_va << 32 | memory->regions[i].pages, 5);
    for (uint32_t i = 0; i < memory->stack_slots; i++)
        if (memory->stacks[i].pages != 0)
            sum += mix((uint64_t)memory->stacks[i].base_va << 32 |
                           memory->stacks[i].low_page << 16 | memory->stacks[i].low_page_min,
                       memory->stacks[i].guard_pages);
    return sum;
}

uint64_t fingerprint(void)
{
    const struct replay_memory *memory = &world_replay.memory;
    uint64_t hash = of_metadata(of_vas(1));

    for (uint32_t i = 0; i < memory->heap_slots; i++)
        if (memory->heaps[i].exists)
            hash = mix(hash, of_heap(heap_model_of(&memory->heaps[i].heap)) + i);
    hash = mix(hash, world_replay.heap_in_use);
    hash = mix(hash, world_replay.fail_in);
    return mix(hash, of_slots());
}
