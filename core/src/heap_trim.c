/* SPDX-License-Identifier: 0BSD */
/* Giving pages back: those without a live block inside partly used segments, and whole segments.
 * Block maps are out of band, so no block is read or changed for it; the blocks on a page that went
 * away simply become unusable until it is committed again.
 */
#include "heap_private.h"

/* Whether blocks [first, last] are all not live. */
static bool none_live(const struct heap_segment *entry, uint32_t first, uint32_t last)
{
    const uint32_t *map = heap_map_const(entry);

    for (uint32_t word = first / 32u; word <= last / 32u; word++) {
        uint32_t mask = bits_range(word == first / 32u ? first % 32u : 0u,
                                   word == last / 32u ? last % 32u + 1u : 32u);

        if ((map[word] & mask) != 0)
            return false;
    }
    return true;
}

/* Committed pages of a bucket's segment on which no live block lies. */
static uint32_t empty_pages(const struct heap_segment *entry, const struct bucket_shape *shape)
{
    uint32_t empty = 0;

    for (uint32_t rest = entry->pages; rest != 0; rest &= rest - 1u) {
        uint32_t page = bits_lowest(rest);
        uint32_t first = (page << LA_PAGE_SHIFT) / shape->bytes;
        uint32_t last = ((page << LA_PAGE_SHIFT) + LA_PAGE_BYTES - 1u) / shape->bytes;

        if (last >= shape->blocks)
            last = shape->blocks - 1u; /* bits past the last block may lie past the map */
        if (first >= shape->blocks || none_live(entry, first, last))
            empty |= 1u << page;
    }
    return empty;
}

/* Decommit the empty pages of one segment; false if it has none. */
static bool trim_segment(struct heap_segment *entry, const struct bucket_shape *shape)
{
    uint32_t empty = empty_pages(entry, shape);

    if (empty != 0)
        heap_decommit_pages(entry, empty);
    return empty != 0;
}

/* A ready segment stays ready only while a free block of it lies on committed pages. */
static void trim_ready(struct heap_bucket *bucket, const struct bucket_shape *shape)
{
    struct heap *heap = bucket->heap;
    uint32_t newest;
    uint32_t next;
    bool last = false;

    if (bucket->ready == HEAP_NO_SEGMENT)
        return;
    newest = heap_entry(heap, bucket->ready)->prev;
    for (uint32_t segment = bucket->ready; !last; segment = next) {
        struct heap_segment *entry = heap_entry(heap, segment);
        bool trimmed = trim_segment(entry, shape);

        next = entry->next;
        last = segment == newest;
        if (!trimmed || heap_is_usable(entry, shape))
            continue;
        heap_list_remove(heap, &bucket->ready, segment);
        heap_deactivate(entry);
        heap_list_append(heap, &bucket->cold, segment);
    }
}

static void trim_bucket(struct heap_bucket *bucket, const struct bucket_shape *shape)
{
    struct heap_segment *entry = bucket->current;

    /* Cold segments need no look: a free there would have made them ready. */
    trim_ready(bucket, shape);
    if (entry == NULL || !trim_segment(entry, shape))
        return;
    bucket->row_end = NULL;
    if (entry->pages == 0)
        heap_leave_current(bucket);
    else
        bucket->mask = heap_committed_blocks(entry, shape, heap_current_word(bucket));
}

/* Release retained segments until the heap has at most `pages` pages, or none is left. */
static void release_retained(struct heap *heap, uint32_t pages)
{
    while (heap->pages > pages && heap->empty != HEAP_NO_SEGMENT)
        heap_release_segment(heap, heap_take_retained(heap));
}

static void trim_buckets(struct heap *heap)
{
    for (uint32_t index = 0; index < heap->buckets->count; index++)
        trim_bucket(&heap->bucket[index], &heap->buckets->shape[index]);
}

uint32_t heap_trim(struct heap *heap)
{
    uint32_t before = heap->pages;

    release_retained(heap, 0);
    trim_buckets(heap);
    return before - heap->pages;
}

/* The budget (trim_at_pages) only rises: it follows the heap's highest need, so that a heap that
 * shrinks and grows again below that finds its pages where it left them. Who fails to grow puts the
 * budget back.
 */
void heap_before_growth(struct heap *heap, uint32_t pages)
{
    uint32_t step;

    if (heap->pages + pages <= heap->trim_at_pages)
        return;
    release_retained(heap, pages < heap->trim_at_pages ? heap->trim_at_pages - pages : 0u);
    if (heap->pages + pages <= heap->trim_at_pages)
        return;
    trim_buckets(heap);
    step = heap->pages >> heap->policy.trim_shift;
    if (step < HEAP_TRIM_STEP_PAGES_MIN)
        step = HEAP_TRIM_STEP_PAGES_MIN;
    if (heap->trim_at_pages < heap->pages + pages + step)
        heap->trim_at_pages = heap->pages + pages + step;
}
