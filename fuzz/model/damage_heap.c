/* SPDX-License-Identifier: 0BSD */
/* Damage to a heap: to itself, because it points into itself, and put back at once. */
#define LOOKASIDE_FUZZ_UNSPIED
#include "../world/spy_core.h"

#include "../../core/src/heap_private.h"
#include "damage.h"
#include "heap_model.h"
#include "oracle.h"

#include <string.h>

#define SEGMENTS_PICKED 4u /* of a heap, at a time */

/* Change a field, ask, put it back. */
#define DAMAGE(field, value)                                                                       \
    do {                                                                                           \
        __typeof__(field) kept = (field);                                                          \
                                                                                                   \
        (field) = (__typeof__(field))(value);                                                      \
        expect_told(heap, #field);                                                                 \
        (field) = kept;                                                                            \
    } while (0)

static void expect_told(const struct heap *heap, const char *what)
{
    ORACLE(I15_SOUND, heap_check(heap) != NULL, "heap_check() does not see damage to %s", what);
}

static void damage_counts(struct heap *heap, uint64_t seed)
{
    struct heap_space *space = heap->space;
    uint32_t bit = UINT32_C(1) << seed % 32u;
    uint32_t grains = (uint32_t)(seed % (heap->direct_bytes / BUCKET_GRAIN_BYTES + 1u));
    uint32_t page = (uint32_t)(seed % HEAP_TABLE_PAGES);

    DAMAGE(heap->pages, heap->pages ^ bit);
    DAMAGE(heap->large_pages, heap->large_pages ^ bit);
    DAMAGE(heap->empty_pages, heap->empty_pages ^ bit);
    DAMAGE(heap->segments, heap->segments ^ bit);
    DAMAGE(heap->no_word, bit);
    DAMAGE(heap->slots[page], heap->slots[page] ^ bit);
    DAMAGE(heap->direct[grains], NULL);
    DAMAGE(space->nobody.blocks, bit);
    DAMAGE(space->nobody.heap, heap);
    DAMAGE(space->null.blocks, bit);
    DAMAGE(space->null.heap, heap);
    if (heap->empty != HEAP_NO_SEGMENT)
        DAMAGE(heap->empty, HEAP_NO_SEGMENT);
}

static void damage_bucket(struct heap *heap, struct heap_bucket *bucket)
{
    const struct bucket_shape *shape = &heap->buckets->shape[bucket - heap->bucket];
    uint32_t *map = bucket->current ? heap_map(bucket->current) : NULL;

    DAMAGE(bucket->heap, NULL);
    DAMAGE(bucket->block_bytes, bucket->block_bytes + BUCKET_GRAIN_BYTES);
    DAMAGE(bucket->mask, ~bucket->mask);
    DAMAGE(bucket->word_va, bucket->word_va ^ shape->bytes);
    if (map == NULL) {
        DAMAGE(bucket->word, NULL);
        DAMAGE(bucket->row_end, &heap->no_word);
        return;
    }
    DAMAGE(bucket->word_va, bucket->word_va ^ LA_SEGMENT_BYTES);
    DAMAGE(bucket->word, map + shape->words + 1u);
    if (shape->words != 0)
        DAMAGE(bucket->word, bucket->word == map ? map + 1 : map);
    DAMAGE(bucket->row_end, map + shape->words + 1u);

    uint32_t last = shape->words - 1u;

    if (heap_current_word(bucket) < last &&
        heap_committed_blocks(bucket->current, shape, last) == 0)
        DAMAGE(bucket->row_end, map + shape->words);
}

/* Fields that hold for a bucket's segment wherever it is. */
static void damage_entry(struct heap *heap, struct heap_segment *entry,
                         const struct bucket_shape *shape)
{
    uint32_t *map = heap_map(entry);

    DAMAGE(entry->bucket, heap->buckets->count);
    DAMAGE(entry->inverse, entry->inverse ^ 1u);
    DAMAGE(entry->shift, entry->shift ^ 1u);
    DAMAGE(entry->blocks, entry->blocks + 1u);
    DAMAGE(entry->blocks, entry->blocks == 0 ? shape->blocks : 0);
    DAMAGE(entry->busy_words, entry->busy_words + 1u);
    DAMAGE(entry->pages, entry->pages ^ shape->pages);
    DAMAGE(entry->heap, NULL);
    if (!heap_entry_has_room(&heap->space->nobody, shape->words)) /* which has the least */
        DAMAGE(entry->room, heap->space->nobody.room);
    if (shape->last_blocks != UINT32_MAX)
        DAMAGE(map[shape->words], map[shape->words] | ~shape->last_blocks);
}

/* Where a segment is follows from its blocks. */
static void damage_place(struct heap *heap, struct heap_segment *entry,
                         const struct bucket_shape *shape)
{
    static uint32_t kept_map[MAP_WORDS_MAX + 1u];
    struct heap_bucket *bucket = &heap->bucket[entry->bucket];
    uint32_t *map = heap_map(entry);
    uint32_t words = shape->words + 1u;
    uint32_t segment = heap_segment_of(entry);

    memcpy(kept_map, map, words * sizeof *map);
    if (bucket->current != entry) {
        memset(map, 0, words * sizeof *map);
        DAMAGE(entry->busy_words, 0);
    }
    if (bucket->current != entry && entry->blocks != 0) {
        uint32_t busy = 0;

        for (uint32_t word = 0; word < words; word++) {
            map[word] = heap_committed_blocks(entry, shape, word);
            busy += map[word] != 0;
        }
        DAMAGE(entry->busy_words, busy);
        if (entry->next != segment)
            DAMAGE(entry->next, segment);
    }
    memcpy(map, kept_map, words * sizeof *map);
    if (bucket->current == entry)
        DAMAGE(entry->next, segment);
    else if (entry->blocks == 0 && entry->next != HEAP_NO_SEGMENT)
        for (uint32_t word = 0; word < words; word++)
            if (map[word] != 0)
                DAMAGE(map[word], map[word] & (map[word] - 1u));
    if (bucket->current != entry && entry->next == HEAP_NO_SEGMENT)
        DAMAGE(entry->freed_while_full, entry->freed_while_full + 1u);
    if (bucket->ready != HEAP_NO_SEGMENT && bucket->cold == HEAP_NO_SEGMENT)
        DAMAGE(bucket->cold, bucket->ready);
}

static void damage_segment(struct heap *heap, struct heap_segment *entry)
{
    if (entry->bucket == HEAP_BUCKET_LARGE) {
        DAMAGE(*heap_map(entry), *heap_map(entry) + 1u);
        DAMAGE(*heap_map(entry), *heap_map(entry) + LA_PAGES_PER_SEGMENT);
    } else if (entry->bucket == HEAP_BUCKET_RETAINED) {
        DAMAGE(entry->pages, entry->pages ^ 1u);
        if (entry->next != HEAP_NO_SEGMENT)
            DAMAGE(entry->next, heap_segment_of(entry));
    } else {
        const struct bucket_shape *shape = &heap->buckets->shape[entry->bucket];

        damage_entry(heap, entry, shape);
        damage_place(heap, entry, shape);
        damage_bucket(heap, &heap->bucket[entry->bucket]);
    }
}

void damage_heap(struct heap *heap, uint64_t seed)
{
    struct vas_region region;
    uint32_t cursor = 0;
    uint32_t count = 0;
    uint32_t stride;

    damage_counts(heap, seed);
    damage_bucket(heap, &heap->bucket[seed % heap->buckets->count]);
    while (heap_next_region(heap, &cursor, &region))
        count++;
    stride = count / SEGMENTS_PICKED + 1u;
    cursor = 0;
    for (uint32_t i = (uint32_t)(seed % stride); heap_next_region(heap, &cursor, &region); i++)
        if (i % stride == 0)
            damage_segment(heap, heap_entry(heap, region.first_segment));
}
