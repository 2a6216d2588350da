/* SPDX-License-Identifier: 0BSD */
/* The heap seen from outside: walking live blocks, counting, and checking every redundancy. All of
 * it reads the table and the maps, never a block.
 */
#include "heap_private.h"

/* -- Walking ----------------------------------------------------------------------------------- */

/* The first live block of a bucket's segment from number `block` on; `blocks` if there is none. */
static uint32_t next_live(const struct heap_segment *entry, uint32_t block, uint32_t blocks)
{
    while (block < blocks) {
        uint32_t live = heap_map_const(entry)[block / 32u] & bits_from(block % 32u);

        if (live != 0)
            return (block & ~31u) + bits_lowest(live); /* bits past the last block are never live */
        block = (block & ~31u) + 32u;
    }
    return blocks;
}

/* The first live block of `segment` at or after `offset` bytes into it. */
static bool block_in_segment(const struct heap *heap, uint32_t segment, uint32_t offset,
                             struct heap_block *ret_block)
{
    const struct heap_segment *entry = heap_entry(heap, segment);
    const struct bucket_shape *shape;
    uint32_t block;

    if (entry->bucket == HEAP_BUCKET_LARGE && offset == 0) {
        *ret_block = (struct heap_block){ .va = la_segment_va(segment),
                                          .bytes = heap_large_pages(entry) << LA_PAGE_SHIFT,
                                          .bucket = BUCKETS_MAX };
        return true;
    }
    if (entry->bucket >= BUCKETS_MAX)
        return false;
    shape = &heap->buckets->shape[entry->bucket];
    block = next_live(entry, (offset + shape->bytes - 1u) / shape->bytes, shape->blocks);
    if (block == shape->blocks)
        return false;
    *ret_block = (struct heap_block){ .va = la_segment_va(segment) + block * shape->bytes,
                                      .bytes = shape->bytes,
                                      .bucket = entry->bucket };
    return true;
}

bool heap_next_block(const struct heap *heap, va32_t *cursor, struct heap_block *ret_block)
{
    uint32_t segment = la_segment_of(*cursor);
    uint32_t offset = *cursor & (LA_SEGMENT_BYTES - 1u);
    uint32_t next = segment;
    struct vas_region region;

    /* Inside a segment the entry is known to be ours: the cursor came from there. */
    if (offset != 0) {
        if (block_in_segment(heap, segment, offset, ret_block)) {
            *cursor = ret_block->va + 1u;
            return true;
        }
        next = segment + 1u;
    }
    while (heap_next_region(heap, &next, &region)) {
        if (block_in_segment(heap, region.first_segment, 0, ret_block)) {
            *cursor = ret_block->va + 1u;
            return true;
        }
    }
    return false;
}

/* -- Counting ---------------------------------------------------------------------------------- */

static uint32_t live_blocks(const struct heap_segment *entry, const struct bucket_shape *shape)
{
    uint32_t live = 0;

    for (uint32_t word = 0; word <= shape->words; word++)
        live += bits_count(heap_map_const(entry)[word]);
    return live;
}

/* What lies past the last block on its page, if that page is committed. */
static uint32_t tail_bytes(const struct heap_segment *entry, const struct bucket_shape *shape)
{
    uint32_t used = shape->blocks * shape->bytes;
    uint32_t last_page = (used - 1u) >> LA_PAGE_SHIFT;

    return (entry->pages >> last_page & 1u) != 0 ? (0u - used) & (LA_PAGE_BYTES - 1u) : 0u;
}

static void count_segment(const struct heap *heap, uint32_t segment, struct heap_stats *stats)
{
    const struct heap_segment *entry = heap_entry(heap, segment);
    struct heap_bucket_stats *bucket;
    uint32_t live;

    if (entry->bucket == HEAP_BUCKET_RETAINED) {
        stats->retained_segments++;
        return;
    }
    if (entry->bucket == HEAP_BUCKET_LARGE) {
        stats->large_blocks++;
        stats->live_blocks++;
        stats->block_bytes += heap_large_pages(entry) << LA_PAGE_SHIFT;
        return;
    }
    bucket = &stats->bucket[entry->bucket];
    live = live_blocks(entry, &heap->buckets->shape[entry->bucket]);
    bucket->segments++;
    bucket->live_blocks += live;
    bucket->committed_pages += bits_count(entry->pages);
    bucket->tail_bytes += tail_bytes(entry, &heap->buckets->shape[entry->bucket]);
    stats->live_blocks += live;
    stats->block_bytes += live * bucket->block_bytes;
}

void heap_stats(const struct heap *heap, struct heap_stats *ret_stats)
{
    struct vas_region region;
    uint32_t cursor = 0;

    memset(ret_stats, 0, sizeof *ret_stats);
    ret_stats->committed_pages = heap->pages;
    ret_stats->committed_pages_peak = heap->pages_peak;
    ret_stats->metadata_pages = heap->space->pages;
    ret_stats->segments = heap->segments;
    ret_stats->large_pages = heap->large_pages;
    for (uint32_t i = 0; i < heap->buckets->count; i++)
        ret_stats->bucket[i].block_bytes = heap->buckets->shape[i].bytes;
    while (heap_next_region(heap, &cursor, &region))
        count_segment(heap, region.first_segment, ret_stats);
}

/* -- Checking ---------------------------------------------------------------------------------- */

static bool is_in_ring(const struct heap *heap, uint32_t first, uint32_t segment)
{
    uint32_t member = first;

    for (uint32_t steps = 0; first != HEAP_NO_SEGMENT && steps < LA_SEGMENTS; steps++) {
        if (member == segment)
            return heap_entry(heap, heap_entry(heap, segment)->next)->prev == segment;
        member = heap_entry(heap, member)->next;
        if (member == first)
            return false;
    }
    return false;
}

static bool is_retained(const struct heap *heap, uint32_t segment)
{
    uint32_t member = heap->empty;

    for (uint32_t steps = 0; member != HEAP_NO_SEGMENT && steps < LA_SEGMENTS; steps++) {
        if (member == segment)
            return true;
        member = heap_entry(heap, member)->next;
    }
    return false;
}

/* A segment's place must follow from its blocks and pages. `free` is its number of free blocks. */
static const char *check_place(const struct heap *heap, uint32_t segment, bool usable,
                               uint32_t free)
{
    const struct heap_segment *entry = heap_entry(heap, segment);
    const struct heap_bucket *bucket = &heap->bucket[entry->bucket];
    bool current = heap_current_segment(bucket) == segment;
    bool ready = is_in_ring(heap, bucket->ready, segment);
    bool cold = is_in_ring(heap, bucket->cold, segment);

    if (current + ready + cold > 1 || (ready || cold) != (entry->next != HEAP_NO_SEGMENT))
        return "a segment is in two places, or its links do not say where it is";
    if ((current || ready) != (entry->blocks != 0))
        return "a segment is active and not in use, or the other way round";
    if (ready && !usable)
        return "a ready segment has no free block on committed pages";
    if (cold && (usable || free == 0))
        return "a cold segment is ready or full";
    if (!current && !ready && !cold && free != entry->freed_while_full)
        return "a segment with free blocks is in no list";
    return NULL;
}

static const char *check_bucket_segment(const struct heap *heap, uint32_t segment)
{
    const struct heap_segment *entry = heap_entry(heap, segment);
    const struct bucket_shape *shape = &heap->buckets->shape[entry->bucket];
    const struct heap_bucket *bucket = &heap->bucket[entry->bucket];
    const uint32_t *map = heap_map_const(entry);
    uint32_t live;
    uint32_t busy = 0;

    if (entry->bucket >= heap->buckets->count ||
        (entry->blocks != 0 && entry->blocks != shape->blocks) ||
        entry->inverse != shape->inverse || entry->shift != shape->shift ||
        !heap_entry_has_room(entry, shape->words))
        return "a segment's copy of its bucket's shape is wrong";
    live = live_blocks(entry, shape);
    for (uint32_t word = 0; word <= shape->words; word++) {
        uint32_t usable = heap_committed_blocks(entry, shape, word);
        bool current = heap_current_segment(bucket) == segment && bucket->word == &map[word];

        if ((map[word] & ~usable) != 0)
            return "a live block lies on a page that is not committed, or past the last block";
        if (current && (bucket->mask != usable ||
                        bucket->word_va != la_segment_va(segment) + word * 32u * shape->bytes))
            return "a bucket's current word does not match its segment";
        busy += current || map[word] != 0;
    }
    if (busy != entry->busy_words)
        return "a segment's count of busy words is wrong";
    if (live == 0 && heap_current_segment(bucket) != segment)
        return "a segment without live blocks was kept by its bucket";
    return check_place(heap, segment, heap_is_usable(entry, shape), shape->blocks - live);
}

/* What a bucket keeps of its current segment, or that it has none. */
static const char *check_bucket(const struct heap *heap, const struct heap_bucket *bucket,
                                const struct bucket_shape *shape)
{
    const struct heap_segment *entry = bucket->current;

    if (bucket->heap != heap || bucket->block_bytes != shape->bytes)
        return "a bucket is not what its heap made it";
    if (entry == NULL)
        return bucket->word != &heap->no_word || bucket->word_va != 0 || bucket->mask != 0 ||
                       bucket->row_end != NULL
                   ? "a bucket without a segment has a word"
                   : NULL;
    if (entry != heap_entry(heap, heap_current_segment(bucket)) ||
        heap_current_word(bucket) > shape->words)
        return "a bucket's current word is not in its segment";
    if (bucket->row_end > heap_map_const(entry) + shape->words)
        return "a row of words is longer than its map";
    for (uint32_t *word = bucket->word + 1; word < bucket->row_end; word++)
        if (heap_committed_blocks(entry, shape, (uint32_t)(word - heap_map_const(entry))) !=
            BITS_ALL)
            return "a row of words has a page that is not committed";
    return NULL;
}

/* What a heap copies from its space and its bucket table. */
static const char *check_copies(const struct heap *heap)
{
    const struct heap_space *space = heap->space;
    const char *broken = NULL;

    if (space->nobody.blocks != 0 || space->nobody.heap != NULL || space->null.blocks != 0 ||
        space->null.heap != NULL)
        return "nobody's entry was written";
    for (uint32_t page = 0; page < HEAP_TABLE_PAGES; page++)
        if (heap->slots[page] != space->slots[page])
            return "a heap does not know a page of the segment table";
    for (uint32_t bytes = 0; bytes <= heap->direct_bytes; bytes++)
        if (heap->direct[(bytes + BUCKET_GRAIN_BYTES - 1u) / BUCKET_GRAIN_BYTES] !=
            &heap->bucket[bucket_for(heap->buckets, bytes)])
            return "a request finds another bucket than the table's";
    for (uint32_t i = 0; i < heap->buckets->count && broken == NULL; i++)
        broken = check_bucket(heap, &heap->bucket[i], &heap->buckets->shape[i]);
    return broken;
}

const char *heap_check(const struct heap *heap)
{
    const char *broken = check_copies(heap);

    struct vas_region region;
    uint32_t cursor = 0;
    uint32_t pages = 0;
    uint32_t large_pages = 0;
    uint32_t empty_pages = 0;
    uint32_t segments = 0;

    if (broken != NULL)
        return broken;
    if (heap->no_word != 0)
        return "the word of buckets without a segment was written";
    while (heap_next_region(heap, &cursor, &region)) {
        uint32_t segment = region.first_segment;
        const struct heap_segment *entry = heap_entry(heap, segment);

        segments += region.segments;
        if (entry->bucket == HEAP_BUCKET_LARGE) {
            if (region.segments != la_segments_up(heap_large_pages(entry) << LA_PAGE_SHIFT))
                return "a large region is longer or shorter than its pages";
            large_pages += heap_large_pages(entry);
            continue;
        }
        pages += bits_count(entry->pages);
        if (entry->bucket == HEAP_BUCKET_RETAINED) {
            empty_pages += bits_count(entry->pages);
            broken = is_retained(heap, segment) ? NULL : "a retained segment is not listed";
        } else {
            broken = check_bucket_segment(heap, segment);
        }
        if (broken != NULL)
            return broken;
    }
    if (large_pages != heap->large_pages || pages + large_pages != heap->pages)
        return "the count of committed pages is wrong";
    if (segments != heap->segments)
        return "the count of segments is wrong";
    return empty_pages == heap->empty_pages ? NULL : "the count of retained pages is wrong";
}
