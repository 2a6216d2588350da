/* SPDX-License-Identifier: 0BSD */
/* The heap from outside: its live blocks by walking, its figures, its own check, and every
 * segment's map and place beside the model's.
 */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_core.h"

#include "../../core/src/heap_private.h"
#include "events.h"
#include "facts.h"
#include "heap_model.h"
#include "heap_spy.h"
#include "spies.h"
#include "vas_model.h"

#include <string.h>

void heap_compare_live(const struct heap *heap, enum oracle id)
{
    struct heap_facts *of = heap_facts_of(heap);
    struct heap_block block;
    va32_t cursor = 0;
    va32_t before = 0;
    uint64_t hash = 0;
    uint32_t count = 0;

    while (count <= of->live_blocks && heap_next_block(heap, &cursor, &block)) {
        ORACLE(I18_LIVE, block.va > before, "the walk goes from 0x%x back to 0x%x", before,
               block.va);
        before = block.va;
        hash += facts_hash(block.va, block.bytes);
        count++;
    }
    if (count == of->live_blocks && hash == of->hash)
        return;
    of->walk_is_wrong = true;
    oracle_broken(id, "a walk shows %u live blocks, of which %u were handed out and are live",
                  count, of->live_blocks);
}

uint32_t heap_frame(const struct heap *heap)
{
    const uint32_t words[] = { heap->key,         heap->direct_bytes,  (uint32_t)heap->error,
                               heap->empty,       heap->empty_pages,   heap->pages,
                               heap->pages_peak,  heap->trim_at_pages, heap->segments,
                               heap->large_pages, heap->no_word };
    uint32_t sum = 0;

    for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++)
        sum = (sum ^ words[i]) * UINT32_C(0x9e3779b1);
    return sum;
}

/* The same question twice, into memory that held something else before. */
static void ask_stats(const struct heap *heap, struct heap_stats *ret_stats)
{
    static struct heap_stats again;

    memset(ret_stats, 0xa5, sizeof *ret_stats);
    memset(&again, 0x5a, sizeof again);
    heap_stats(heap, ret_stats);
    heap_stats(heap, &again);
    ORACLE(I27_SAME, memcmp(ret_stats, &again, sizeof again) == 0,
           "heap_stats() answers what was in the memory of its answer before");
}

static void compare_stats(const struct heap *heap)
{
    static struct heap_stats stats;
    const struct heap_facts *of = heap_facts_of(heap);
    uint32_t live = 0;
    uint32_t pages = heap->large_pages + heap->empty_pages;

    ask_stats(heap, &stats);
    for (uint32_t i = 0; i < heap->buckets->count; i++) {
        live += stats.bucket[i].live_blocks;
        pages += stats.bucket[i].committed_pages;
    }
    ORACLE(I18_LIVE,
           stats.live_blocks == of->live_blocks && stats.block_bytes == of->live_bytes &&
               live + stats.large_blocks == stats.live_blocks,
           "heap_stats() counts %u blocks (%u in buckets, %u large) of %u bytes, expected %u of %u",
           stats.live_blocks, live, stats.large_blocks, stats.block_bytes, of->live_blocks,
           of->live_bytes);
    ORACLE(I13_PAGES,
           stats.committed_pages == heap->pages && stats.metadata_pages == heap->space->pages &&
               stats.segments == heap->segments && stats.large_pages == heap->large_pages &&
               stats.committed_pages_peak == heap->pages_peak && pages == heap->pages,
           "heap_stats() counts other pages than the heap");
}

void heap_compare_no_map(const struct segment_model *segment, const struct heap_segment *entry)
{
    uint32_t words =
        segment->had_blocks ? map_words(block_bytes(segment->owner, segment->bucket)) : 0;

    for (uint32_t word = 0; word < words; word++)
        ORACLE(I17_MAP, heap_map_const(entry)[word] == 0,
               "blocks %u to %u of segment %u are live as %08x, and it has none", word * 32u,
               word * 32u + 31u, segment_number(segment), heap_map_const(entry)[word]);
}

static enum segment_place place_of(const struct heap *heap, const struct heap_segment *entry)
{
    const struct heap_bucket *bucket = &heap->bucket[entry->bucket];

    if (bucket->current == entry)
        return PLACE_CURRENT;
    if (entry->blocks != 0)
        return PLACE_READY;
    return entry->next != 0 ? PLACE_COLD : PLACE_FULL;
}

static void compare_segment(const struct heap *heap, const struct segment_model *segment)
{
    uint32_t number = segment_number(segment);
    const struct heap_segment *entry = heap_entry(heap, number);
    bool same_kind = segment->kind == SEGMENT_LARGE      ? entry->bucket == HEAP_BUCKET_LARGE
                     : segment->kind == SEGMENT_RETAINED ? entry->bucket == HEAP_BUCKET_RETAINED
                                                         : entry->bucket == segment->bucket;

    ORACLE(I15_SOUND, entry->heap == heap && same_kind,
           "segment %u is not entered as the model's: bucket %u", number, entry->bucket);
    if (segment->kind == SEGMENT_RETAINED)
        heap_compare_no_map(segment, entry);
    if (segment->kind != SEGMENT_BUCKET || entry->bucket != segment->bucket)
        return;
    ORACLE(I13_PAGES, entry->pages == segment->pages, "segment %u has pages %04x, expected %04x",
           number, entry->pages, segment->pages);
    ORACLE(I16_COMPLETE, place_of(heap, entry) == segment->place,
           "segment %u is in place %d, expected %u", number, place_of(heap, entry), segment->place);
    for (uint32_t word = 0; word < map_words(block_bytes(segment->owner, segment->bucket)); word++)
        ORACLE(I17_MAP, heap_map_const(entry)[word] == segment->live[word],
               "blocks %u to %u of segment %u are live as %08x, expected %08x", word * 32u,
               word * 32u + 31u, number, heap_map_const(entry)[word], segment->live[word]);
}

/* Whose a segment is, for whoever asks with an address of no known heap. */
static void compare_owner(const struct heap *heap, uint32_t number)
{
    const struct segment_model *segment = number < LA_SEGMENTS ? &segment_model[number] : NULL;
    bool is_bucket = segment && segment->owner && segment->kind == SEGMENT_BUCKET;
    uint32_t bucket = UINT32_MAX;
    const struct heap *owner = heap_owner(heap->space, number, &bucket);

    ORACLE(I15_SOUND, owner == (segment && segment->owner ? segment->owner->heap : NULL),
           "heap_owner() of segment %u answers another heap", number);
    ORACLE(I15_SOUND,
           bucket == (!owner      ? UINT32_MAX
                      : is_bucket ? segment->bucket
                                  : BUCKETS_MAX),
           "heap_owner() of segment %u answers bucket %u", number, bucket);
}

static void compare_owners(const struct heap *heap)
{
    const struct heap_model *model = heap_model_of(heap);

    compare_owner(heap, 0);
    for (uint32_t i = 0; i < model->count; i++) {
        compare_owner(heap, segment_number(&segment_model[model->list[i]]));
        compare_owner(heap, segment_number(&segment_model[model->list[i]]) + 1u);
    }
    compare_owner(heap, vas_model.end_segment - 1u);
    compare_owner(heap, LA_SEGMENTS);
    ORACLE(I25_REFUSAL, heap_usable(heap, UINT32_MAX) == 0, "the last byte of 4 GiB is a block");
}

void spies_compare_heap_blocks(const struct heap *heap)
{
    const struct heap_model *model = heap_model_of(heap);
    const char *broken;

    for (uint32_t i = 0; heap_is_exact() && i < model->count; i++)
        compare_segment(heap, &segment_model[model->list[i]]);
    if (heap_is_exact())
        compare_owners(heap);
    heap_compare_live(heap, I18_LIVE);
    compare_stats(heap);
    broken = heap_check(heap);
    ORACLE(I15_SOUND, !broken, "heap_check(): %s", broken);
}
