/* SPDX-License-Identifier: 0BSD */
/* A segment's way through its bucket: current, ready, cold, full, retained, released. The fast
 * paths of heap.c only touch the current word; everything that changes lists or pages is here.
 */
#include "heap_private.h"

/* What a map's word holds when none of its blocks is live. */
#define WORD_EMPTY BITS_ALL

void heap_list_append(struct heap *heap, uint16_t *list, uint32_t segment)
{
    struct heap_segment *table = heap->table;
    uint32_t oldest = *list;

    if (oldest == HEAP_NO_SEGMENT) {
        table[segment].next = (uint16_t)segment;
        table[segment].prev = (uint16_t)segment;
        *list = (uint16_t)segment;
        return;
    }
    table[segment].next = (uint16_t)oldest;
    table[segment].prev = table[oldest].prev;
    table[table[oldest].prev].next = (uint16_t)segment;
    table[oldest].prev = (uint16_t)segment;
}

void heap_list_remove(struct heap *heap, uint16_t *list, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];

    if (*list == segment)
        *list = entry->next == segment ? HEAP_NO_SEGMENT : entry->next;
    heap->table[entry->next].prev = entry->prev;
    heap->table[entry->prev].next = entry->next;
    entry->next = HEAP_NO_SEGMENT;
}

static const struct bucket_shape *shape_of(const struct heap *heap,
                                           const struct heap_segment *entry)
{
    return &heap->buckets->shape[entry->bucket];
}

/* The lowest block that is not live; entry->blocks if every one is. */
static uint32_t lowest_free_block(const struct heap_segment *entry,
                                  const struct bucket_shape *shape)
{
    for (uint32_t word = 0; word <= shape->words; word++)
        if (entry->map[word] != 0) {
            uint32_t block = word * 32u + bits_lowest(entry->map[word]);

            return block < shape->blocks ? block : shape->blocks;
        }
    return shape->blocks;
}

static void activate(struct heap *heap, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];

    entry->blocks = (uint16_t)shape_of(heap, entry)->blocks;
}

/* -- Current ----------------------------------------------------------------------------------- */

/* Make `word` of `segment`, with committed blocks `mask`, the bucket's current word. */
static void enter_word(struct heap_bucket *bucket, uint32_t segment, uint32_t word, uint32_t mask)
{
    struct heap_segment *entry = &bucket->heap->table[segment];
    const struct bucket_shape *shape = shape_of(bucket->heap, entry);

    bucket->word = &entry->map[word];
    bucket->word_va = la_segment_va(segment) + word * 32u * shape->bytes;
    bucket->mask = mask;
    if (*bucket->word == WORD_EMPTY)
        entry->busy_words++;
}

/* The current word may be empty without having been counted out: a bucket holds on to it. */
static void leave_word(struct heap_bucket *bucket)
{
    if (*bucket->word == WORD_EMPTY)
        bucket->heap->table[heap_current_segment(bucket)].busy_words--;
}

static uint32_t *first_not_zero(uint32_t *word, const uint32_t *end)
{
    while (word < end && *word == 0)
        word++;
    return word;
}

/* next_word() where every page is committed: the frequent case, and no page needs a look. The
 * current word itself is used up.
 */
static bool next_word_of_whole(struct heap_bucket *bucket, struct heap_segment *entry,
                               const struct bucket_shape *shape)
{
    uint32_t *last = &entry->map[shape->words];
    uint32_t *before = bucket->word;
    uint32_t *word = before < last ? first_not_zero(before + 1, last) : last;

    /* Bits of the last word past the last block are always set. */
    if (word == last && (before == last || (*last & shape->last_blocks) == 0)) {
        word = first_not_zero(entry->map, before);
        if (word == before)
            return false;
    }
    if (*word == WORD_EMPTY)
        entry->busy_words++;
    bucket->word = word;
    bucket->word_va += (uint32_t)(word - before) * 32u * shape->bytes;
    bucket->mask = word == last ? shape->last_blocks : BITS_ALL;
    return true;
}

/* Move on to a word of the current segment with a block to take, searching upwards and around. */
static bool next_word(struct heap_bucket *bucket)
{
    uint32_t segment = heap_current_segment(bucket);
    struct heap_segment *entry = &bucket->heap->table[segment];
    const struct bucket_shape *shape = shape_of(bucket->heap, entry);
    uint32_t mask;
    uint32_t word;

    if (entry->pages == shape->pages && bucket->mask != 0)
        return next_word_of_whole(bucket, entry, shape);
    word = heap_next_usable_word(entry, shape, heap_current_word(bucket) + 1u, &mask);
    if (word > shape->words)
        word = heap_next_usable_word(entry, shape, 0, &mask);
    if (word > shape->words)
        return false;
    leave_word(bucket);
    enter_word(bucket, segment, word, mask);
    return true;
}

void heap_leave_current(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    uint32_t segment = heap_current_segment(bucket);
    struct heap_segment *entry = &heap->table[segment];
    const struct bucket_shape *shape = shape_of(heap, entry);

    leave_word(bucket);
    bucket->word = &heap->no_word;
    bucket->word_va = 0;
    bucket->mask = 0;
    if (entry->busy_words == 0) {
        heap_release_segment(heap, segment);
    } else {
        heap_deactivate(entry);
        entry->freed_while_full = 0;
        if (entry->pages != shape->pages && lowest_free_block(entry, shape) < shape->blocks)
            heap_list_append(heap, &bucket->cold, segment);
    }
}

static void enter_segment(struct heap_bucket *bucket, uint32_t segment, uint32_t word,
                          uint32_t mask)
{
    activate(bucket->heap, segment);
    enter_word(bucket, segment, word, mask);
}

/* -- Taking and giving back segments ----------------------------------------------------------- */

/* Describe `segment` as an empty one of bucket `index`. Needs a backed entry. */
static enum la_status assign(struct heap *heap, uint32_t segment, uint32_t index, uint32_t pages)
{
    struct heap_segment *entry = &heap->table[segment];
    const struct bucket_shape *shape = &heap->buckets->shape[index];
    enum la_status status = heap_map_take(heap->space, entry, shape->words);

    if (status != LA_OK)
        return status;
    entry->pages = (uint16_t)pages;
    entry->bias = la_segment_va(segment) + heap->key;
    entry->inverse = shape->inverse;
    entry->shift = (uint8_t)shape->shift;
    entry->bucket = (uint8_t)index;
    entry->busy_words = 0;
    entry->next = HEAP_NO_SEGMENT;
    return LA_OK;
}

/* A segment for bucket `index`: a retained one, else a new one from the VAS. */
static enum la_status take_segment(struct heap *heap, uint32_t index, uint32_t *ret_segment)
{
    const struct vas_request request = { .segments = 1, .state = VAS_COMMITTED };
    uint32_t segment = heap_take_retained(heap);
    enum la_status status;
    va32_t base;

    if (segment != HEAP_NO_SEGMENT) {
        status = assign(heap, segment, index, heap->table[segment].pages);
        if (status != LA_OK)
            heap_retire_segment(heap, segment);
        *ret_segment = segment;
        return status;
    }
    status = vas_reserve(heap->space->vas, &request, &base);
    if (status != LA_OK)
        return status;
    segment = la_segment_of(base);
    status = heap_space_back_entry(heap->space, segment);
    if (status == LA_OK)
        status = assign(heap, segment, index, 0);
    if (status != LA_OK) {
        (void)vas_release(heap->space->vas, base);
        return status;
    }
    heap->segments++;
    *ret_segment = segment;
    return LA_OK;
}

void heap_release_segment(struct heap *heap, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];
    enum la_status status;

    if (entry->bucket != HEAP_BUCKET_RETAINED)
        heap_map_give(heap->space, entry, shape_of(heap, entry)->words);
    heap_decommit_pages(heap, segment, entry->pages);
    entry->bias = 0;
    entry->blocks = 0;
    heap->segments--;
    status = vas_release(heap->space->vas, la_segment_va(segment));
    LA_ASSERT(status == LA_OK);
}

void heap_retire_segment(struct heap *heap, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];
    uint32_t pages = bits_count(entry->pages);
    uint32_t limit = heap->pages >> heap->policy.retain_shift;

    entry->bucket = HEAP_BUCKET_RETAINED;
    entry->blocks = 0;
    if (limit < heap->policy.retain_pages_min)
        limit = heap->policy.retain_pages_min;
    if (heap->empty_pages + pages > limit) {
        heap_release_segment(heap, segment);
        return;
    }
    entry->next = heap->empty;
    heap->empty = (uint16_t)segment;
    heap->empty_pages += pages;
}

uint32_t heap_take_retained(struct heap *heap)
{
    uint32_t segment = heap->empty;

    if (segment != HEAP_NO_SEGMENT) {
        heap->empty = heap->table[segment].next;
        heap->empty_pages -= bits_count(heap->table[segment].pages);
    }
    return segment;
}

/* -- After a free ------------------------------------------------------------------------------ */

void heap_segment_wake(struct heap *heap, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];
    struct heap_bucket *bucket = &heap->bucket[entry->bucket];

    if (entry->next != HEAP_NO_SEGMENT)
        heap_list_remove(heap, &bucket->cold, segment);
    else if (++entry->freed_while_full < shape_of(heap, entry)->wake_blocks)
        return;
    activate(heap, segment);
    heap_list_append(heap, &bucket->ready, segment);
}

LA_REGISTER_CALL enum la_status heap_word_emptied(struct heap *heap, struct heap_segment *entry,
                                                  const uint32_t *word)
{
    struct heap_bucket *bucket = &heap->bucket[entry->bucket];

    if (bucket->word == word)
        return LA_OK; /* the next allocation takes from it: see leave_word() */
    entry->busy_words--;
    if (entry->busy_words == 0) {
        uint32_t segment = (uint32_t)(entry - heap->table);

        LA_ASSERT(heap_current_segment(bucket) != segment);
        heap_list_remove(heap, &bucket->ready, segment);
        heap_map_give(heap->space, entry, shape_of(heap, entry)->words);
        heap_retire_segment(heap, segment);
    }
    return LA_OK;
}

/* -- Refilling --------------------------------------------------------------------------------- */

/* Commit what the lowest free block of `segment` needs and enter its word. */
static enum la_status enter_with_new_page(struct heap_bucket *bucket, uint32_t segment)
{
    struct heap *heap = bucket->heap;
    struct heap_segment *entry = &heap->table[segment];
    const struct bucket_shape *shape = shape_of(heap, entry);
    uint32_t block = lowest_free_block(entry, shape);
    uint32_t missing = heap_block_pages(shape->bytes, block) & ~(uint32_t)entry->pages;
    enum la_status status = LA_OK;

    LA_ASSERT(block < shape->blocks);
    if (missing != 0)
        status = heap_commit_pages(heap, segment, missing);
    if (status == LA_OK)
        enter_segment(bucket, segment, block / 32u,
                      heap_committed_blocks(entry, shape, block / 32u));
    return status;
}

/* More memory for a bucket without a current segment and without a ready one. */
static enum la_status grow(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    uint32_t segment;
    enum la_status status;

    if (bucket->cold != HEAP_NO_SEGMENT || heap->empty == HEAP_NO_SEGMENT)
        heap_before_growth(heap, 1);
    segment = bucket->cold;
    if (segment != HEAP_NO_SEGMENT) {
        status = enter_with_new_page(bucket, segment);
        /* The list is left only on success: entering changed no link. */
        if (status == LA_OK)
            heap_list_remove(heap, &bucket->cold, segment);
        return status;
    }
    status = take_segment(heap, (uint32_t)(bucket - heap->bucket), &segment);
    if (status != LA_OK)
        return status;
    status = enter_with_new_page(bucket, segment);
    if (status != LA_OK)
        heap_release_segment(heap, segment);
    return status;
}

/* The oldest ready segment becomes current, if there is one. */
static bool enter_ready(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    uint32_t segment = bucket->ready;
    struct heap_segment *entry = &heap->table[segment];
    uint32_t mask;
    uint32_t word;

    if (segment == HEAP_NO_SEGMENT)
        return false;
    word = heap_next_usable_word(entry, shape_of(heap, entry), 0, &mask);
    LA_ASSERT(mask != 0);
    heap_list_remove(heap, &bucket->ready, segment);
    enter_segment(bucket, segment, word, mask);
    return true;
}

/* The world has no more memory: the few free blocks of segments taken for full must serve. */
static bool wake_full_segments(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    uint32_t index = (uint32_t)(bucket - heap->bucket);
    struct vas_region region;
    uint32_t cursor = 0;

    while (heap_next_region(heap, &cursor, &region)) {
        struct heap_segment *entry = &heap->table[region.first_segment];

        if (entry->bucket != index || entry->blocks != 0 || entry->next != HEAP_NO_SEGMENT ||
            entry->freed_while_full == 0)
            continue;
        activate(heap, region.first_segment);
        heap_list_append(heap, &bucket->ready, region.first_segment);
    }
    return enter_ready(bucket);
}

bool heap_refill(struct heap_bucket *bucket)
{
    if (bucket->word_va != 0) {
        if (next_word(bucket))
            return true;
        heap_leave_current(bucket);
    }
    return enter_ready(bucket);
}

enum la_status heap_grow(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    uint32_t budget_pages = heap->trim_at_pages;
    enum la_status status = grow(bucket);

    /* Refused: what the heap keeps for later must serve now. */
    if (status != LA_OK && heap_trim(heap) != 0)
        status = grow(bucket);
    if (status == LA_OK)
        return LA_OK;
    heap->trim_at_pages = budget_pages;
    return wake_full_segments(bucket) ? LA_OK : status;
}
