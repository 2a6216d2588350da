/* SPDX-License-Identifier: 0BSD */
/* A segment's way through its bucket: current, ready, cold, full, retained, released. The fast
 * paths of heap.c only touch the current word; everything that changes lists or pages is here.
 */
#include "heap_private.h"

void heap_list_append(struct heap *heap, uint16_t *list, uint32_t segment)
{
    struct heap_segment *entry = heap_entry(heap, segment);
    struct heap_segment *oldest;

    if (*list == HEAP_NO_SEGMENT) {
        entry->next = (uint16_t)segment;
        entry->prev = (uint16_t)segment;
        *list = (uint16_t)segment;
        return;
    }
    oldest = heap_entry(heap, *list);
    entry->next = *list;
    entry->prev = oldest->prev;
    heap_entry(heap, oldest->prev)->next = (uint16_t)segment;
    oldest->prev = (uint16_t)segment;
}

void heap_list_remove(struct heap *heap, uint16_t *list, uint32_t segment)
{
    struct heap_segment *entry = heap_entry(heap, segment);

    if (*list == segment)
        *list = entry->next == segment ? HEAP_NO_SEGMENT : entry->next;
    heap_entry(heap, entry->next)->prev = entry->prev;
    heap_entry(heap, entry->prev)->next = entry->next;
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
    const uint32_t *map = heap_map_const(entry);

    for (uint32_t word = 0; word <= shape->words; word++)
        if (map[word] != BITS_ALL) {
            uint32_t block = word * 32u + bits_lowest(~map[word]);

            return block < shape->blocks ? block : shape->blocks;
        }
    return shape->blocks;
}

static void activate(struct heap *heap, struct heap_segment *entry)
{
    entry->blocks = shape_of(heap, entry)->blocks;
}

/* -- Current ----------------------------------------------------------------------------------- */

/* The first word after `word` that is not certain to have all its pages: that on which the row of
 * committed pages ends, or the last one of the map.
 */
static uint32_t row_end(const struct heap_segment *entry, const struct bucket_shape *shape,
                        uint32_t word)
{
    uint32_t first_page = (word + 1u) * 32u * shape->bytes >> LA_PAGE_SHIFT;
    uint32_t missing = ~(uint32_t)entry->pages & bits_from(first_page);
    uint32_t end;

    if (entry->pages == shape->pages || word >= shape->words)
        return shape->words;
    /* Bits past a segment's last page are never set, so one is missing. */
    end = (bits_lowest(missing) << LA_PAGE_SHIFT) / (32u * shape->bytes);
    return end < shape->words ? end : shape->words;
}

/* Make `word` of `entry`, with committed blocks `mask`, the bucket's current word. */
static void enter_word(struct heap_bucket *bucket, struct heap_segment *entry, uint32_t word,
                       uint32_t mask)
{
    bucket->row_end = heap_map(entry) + row_end(entry, shape_of(entry->heap, entry), word);
    bucket->word = &heap_map(entry)[word];
    bucket->word_va = la_segment_va(heap_segment_of(entry)) + word * 32u * bucket->block_bytes;
    bucket->mask = mask;
    if (*bucket->word == 0)
        entry->busy_words++;
}

/* The current word may be empty without having been counted out: a bucket holds on to it. */
static void leave_word(struct heap_bucket *bucket)
{
    if (*bucket->word == 0)
        bucket->current->busy_words--;
}

/* What is left of a segment with all its pages when its row of words is used up: the last word,
 * then the first ones.
 */
static bool wrap_around(struct heap_bucket *bucket, const struct bucket_shape *shape)
{
    uint32_t *last = heap_map(bucket->current) + shape->words;
    uint32_t *word;

    /* Bits of the last word past the last block are always clear. */
    if (bucket->word != last && *last != shape->last_blocks) {
        heap_move_to(bucket, last, shape->last_blocks);
        return true;
    }
    word = heap_first_not_full(heap_map(bucket->current), bucket->word);
    if (word == bucket->word)
        return false;
    heap_move_to(bucket, word, BITS_ALL);
    return true;
}

/* Move on to a word of the current segment with a block to take, searching upwards and around;
 * those up to the row's end have none.
 */
static bool next_word(struct heap_bucket *bucket)
{
    struct heap_segment *entry = bucket->current;
    const struct bucket_shape *shape = shape_of(bucket->heap, entry);
    uint32_t mask;
    uint32_t word;

    if (entry->pages == shape->pages)
        return wrap_around(bucket, shape);
    word = heap_current_word(bucket) + 1u;
    word = heap_next_usable_word(entry, shape, word, &mask);
    if (word > shape->words)
        word = heap_next_usable_word(entry, shape, 0, &mask);
    if (word > shape->words)
        return false;
    leave_word(bucket);
    enter_word(bucket, entry, word, mask);
    return true;
}

void heap_leave_current(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    struct heap_segment *entry = bucket->current;
    const struct bucket_shape *shape = shape_of(heap, entry);

    leave_word(bucket);
    bucket->word = &heap->no_word;
    bucket->word_va = 0;
    bucket->mask = 0;
    bucket->row_end = NULL;
    bucket->current = NULL;
    if (entry->busy_words == 0) {
        heap_release_segment(heap, entry);
    } else {
        heap_deactivate(entry);
        entry->freed_while_full = 0;
        if (entry->pages != shape->pages && lowest_free_block(entry, shape) < shape->blocks)
            heap_list_append(heap, &bucket->cold, heap_segment_of(entry));
    }
}

static void enter_segment(struct heap_bucket *bucket, struct heap_segment *entry, uint32_t word,
                          uint32_t mask)
{
    const struct bucket_shape *shape = shape_of(bucket->heap, entry);

    entry->blocks = shape->blocks;
    bucket->current = entry;
    enter_word(bucket, entry, word, mask);
}

/* -- Taking and giving back segments ----------------------------------------------------------- */

/* Describe a segment of `heap` as an empty one of bucket `index`. */
static void assign(struct heap_segment *entry, uint32_t index)
{
    const struct bucket_shape *shape = &entry->heap->buckets->shape[index];

    entry->inverse = shape->inverse;
    entry->blocks = 0;
    entry->shift = (uint8_t)shape->shift;
    entry->bucket = (uint8_t)index;
    entry->busy_words = 0;
    entry->next = HEAP_NO_SEGMENT;
    memset(heap_map(entry), 0, (shape->words + 1u) * sizeof(uint32_t));
}

/* Let a retained segment have an entry with a map of `words`. */
static enum la_status exchange_entry(struct heap_segment **entry, uint32_t words)
{
    struct heap_segment *old = *entry;
    struct heap_space *space = old->heap->space;
    struct heap_segment *new;
    enum la_status status;

    if (heap_entry_has_room(old, words))
        return LA_OK;
    status = heap_entry_take(space, words, &new);
    if (status != LA_OK)
        return status;
    new->bias = old->bias;
    new->heap = old->heap;
    new->pages = old->pages;
    heap_space_replace(space, heap_segment_of(new), new);
    heap_entry_give(space, old);
    *entry = new;
    return LA_OK;
}

/* A new segment from the VAS, described by `entry` but for its bucket. */
static enum la_status reserve_segment(struct heap *heap, struct heap_segment *entry)
{
    const struct vas_request request = { .segments = 1, .state = VAS_COMMITTED };
    va32_t base;
    enum la_status status = vas_reserve(heap->space->vas, &request, &base);

    if (status != LA_OK)
        return status;
    status = heap_space_enter(heap->space, la_segment_of(base), entry);
    if (status != LA_OK) {
        (void)vas_release(heap->space->vas, base);
        return status;
    }
    entry->bias = base + heap->key;
    entry->heap = heap;
    entry->pages = 0;
    heap->segments++;
    return LA_OK;
}

/* A segment for bucket `index`: a retained one, else a new one from the VAS. */
static enum la_status take_segment(struct heap *heap, uint32_t index,
                                   struct heap_segment **ret_entry)
{
    uint32_t words = heap->buckets->shape[index].words;
    struct heap_segment *entry = heap_take_retained(heap);
    enum la_status status;

    if (entry != NULL) {
        status = exchange_entry(&entry, words);
        if (status != LA_OK)
            heap_retire_segment(heap, entry);
    } else {
        status = heap_entry_take(heap->space, words, &entry);
        if (status != LA_OK)
            return status;
        status = reserve_segment(heap, entry);
        if (status != LA_OK)
            heap_entry_give(heap->space, entry);
    }
    if (status != LA_OK)
        return status;
    assign(entry, index);
    *ret_entry = entry;
    return LA_OK;
}

void heap_release_segment(struct heap *heap, struct heap_segment *entry)
{
    uint32_t segment = heap_segment_of(entry);
    enum la_status status;

    heap_decommit_pages(entry, entry->pages);
    heap_space_leave(heap->space, segment);
    heap_entry_give(heap->space, entry);
    heap->segments--;
    status = vas_release(heap->space->vas, la_segment_va(segment));
    LA_ASSERT(status == LA_OK);
}

void heap_retire_segment(struct heap *heap, struct heap_segment *entry)
{
    uint32_t pages = bits_count(entry->pages);
    uint32_t limit = heap->pages >> heap->policy.retain_shift;

    entry->inverse = 1;
    entry->blocks = 0;
    entry->shift = 0;
    entry->bucket = HEAP_BUCKET_RETAINED;
    if (limit < heap->policy.retain_pages_min)
        limit = heap->policy.retain_pages_min;
    if (heap->empty_pages + pages > limit) {
        heap_release_segment(heap, entry);
        return;
    }
    entry->next = heap->empty;
    heap->empty = (uint16_t)heap_segment_of(entry);
    heap->empty_pages += pages;
}

struct heap_segment *heap_take_retained(struct heap *heap)
{
    struct heap_segment *entry;

    if (heap->empty == HEAP_NO_SEGMENT)
        return NULL;
    entry = heap_entry(heap, heap->empty);
    heap->empty = entry->next;
    heap->empty_pages -= bits_count(entry->pages);
    return entry;
}

/* -- After a free ------------------------------------------------------------------------------ */

void heap_segment_wake(struct heap *heap, struct heap_segment *entry)
{
    struct heap_bucket *bucket = &heap->bucket[entry->bucket];

    if (entry->next != HEAP_NO_SEGMENT)
        heap_list_remove(heap, &bucket->cold, heap_segment_of(entry));
    else if (++entry->freed_while_full < shape_of(heap, entry)->wake_blocks)
        return;
    activate(heap, entry);
    heap_list_append(heap, &bucket->ready, heap_segment_of(entry));
}

LA_REGISTER_CALL enum la_status heap_word_emptied(const uint32_t *word, struct heap_segment *entry)
{
    struct heap *heap = entry->heap;
    struct heap_bucket *bucket = &heap->bucket[entry->bucket];

    if (bucket->word == word)
        return LA_OK; /* the next allocation takes from it: see leave_word() */
    entry->busy_words--;
    if (entry->busy_words == 0) {
        LA_ASSERT(bucket->current != entry);
        heap_list_remove(heap, &bucket->ready, heap_segment_of(entry));
        heap_retire_segment(heap, entry);
    }
    return LA_OK;
}

/* -- Refilling --------------------------------------------------------------------------------- */

/* Commit what the lowest free block of a segment needs and enter its word. */
static enum la_status enter_with_new_page(struct heap_bucket *bucket, struct heap_segment *entry)
{
    const struct bucket_shape *shape = shape_of(bucket->heap, entry);
    uint32_t block = lowest_free_block(entry, shape);
    uint32_t missing = heap_block_pages(shape->bytes, block) & ~(uint32_t)entry->pages;
    enum la_status status = LA_OK;

    LA_ASSERT(block < shape->blocks);
    if (missing != 0)
        status = heap_commit_pages(entry, missing);
    if (status == LA_OK)
        enter_segment(bucket, entry, block / 32u, heap_committed_blocks(entry, shape, block / 32u));
    return status;
}

/* More memory for a bucket without a current segment and without a ready one. */
static enum la_status grow(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    struct heap_segment *entry;
    enum la_status status;
    uint32_t segment;

    if (bucket->cold != HEAP_NO_SEGMENT || heap->empty == HEAP_NO_SEGMENT)
        heap_before_growth(heap, 1);
    segment = bucket->cold;
    if (segment != HEAP_NO_SEGMENT) {
        status = enter_with_new_page(bucket, heap_entry(heap, segment));
        /* The list is left only on success: entering changed no link. */
        if (status == LA_OK)
            heap_list_remove(heap, &bucket->cold, segment);
        return status;
    }
    status = take_segment(heap, (uint32_t)(bucket - heap->bucket), &entry);
    if (status != LA_OK)
        return status;
    status = enter_with_new_page(bucket, entry);
    if (status != LA_OK)
        heap_release_segment(heap, entry);
    return status;
}

/* The oldest ready segment becomes current, if there is one. */
static bool enter_ready(struct heap_bucket *bucket)
{
    struct heap *heap = bucket->heap;
    uint32_t segment = bucket->ready;
    struct heap_segment *entry;
    uint32_t mask;
    uint32_t word;

    if (segment == HEAP_NO_SEGMENT)
        return false;
    entry = heap_entry(heap, segment);
    word = heap_next_usable_word(entry, shape_of(heap, entry), 0, &mask);
    LA_ASSERT(mask != 0);
    heap_list_remove(heap, &bucket->ready, segment);
    enter_segment(bucket, entry, word, mask);
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
        struct heap_segment *entry = heap_entry(heap, region.first_segment);

        if (entry->bucket != index || entry->blocks != 0 || entry->next != HEAP_NO_SEGMENT ||
            entry->freed_while_full == 0)
            continue;
        activate(heap, entry);
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
