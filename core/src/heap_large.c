/* SPDX-License-Identifier: 0BSD */
/* Requests above the largest bucket: a region of the VAS each, committed up to the last page asked
 * for. In the entry of a region's first segment, the map is the number of those pages and `pages`
 * tells which of them held something before (regions of one segment reuse retained ones).
 */
#include "heap_private.h"

static uint32_t segments_of(uint32_t pages)
{
    return (pages + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT;
}

static void describe(struct heap_segment *entry, uint32_t pages, uint32_t dirty)
{
    entry->inverse = 1;
    entry->blocks = 0;
    entry->shift = 0;
    entry->bucket = HEAP_BUCKET_LARGE;
    entry->pages = (uint16_t)dirty;
    *heap_map(entry) = pages;
}

/* A region of `pages` pages in a retained segment. */
static enum la_status reuse(struct heap *heap, struct heap_segment *entry, uint32_t pages)
{
    uint32_t wanted = bits_range(0, pages);
    uint32_t dirty = entry->pages & wanted;
    enum la_status status = LA_OK;

    if (dirty != wanted) {
        heap_before_growth(heap, pages - bits_count(dirty));
        status = heap_commit_pages(entry, wanted & ~dirty);
    }
    if (status != LA_OK) {
        heap_retire_segment(heap, entry);
        return status;
    }
    if (entry->pages != wanted)
        heap_decommit_pages(entry, entry->pages & ~wanted);
    heap->large_pages += pages;
    describe(entry, pages, dirty);
    return LA_OK;
}

/* Commit the region at `base` and describe it in `entry`. */
static enum la_status open_region(struct heap *heap, struct heap_segment *entry, va32_t base,
                                  uint32_t pages)
{
    enum la_status status = heap_space_enter(heap->space, la_segment_of(base), entry);

    if (status != LA_OK)
        return status;
    status = heap_commit_large(heap, base, pages);
    if (status != LA_OK) {
        heap_space_leave(heap->space, la_segment_of(base));
        return status;
    }
    entry->bias = base + heap->key;
    entry->heap = heap;
    describe(entry, pages, 0);
    heap->segments += segments_of(pages);
    return LA_OK;
}

static enum la_status take_region(struct heap *heap, uint32_t pages, va32_t *ret_base)
{
    const struct vas_request request = {
        .segments = segments_of(pages),
        .state = VAS_COMMITTED,
    };
    struct heap_segment *entry;
    enum la_status status;
    va32_t base;

    if (request.segments >= LA_SEGMENTS)
        return LA_NO_SPACE;
    heap_before_growth(heap, pages);
    status = vas_reserve(heap->space->vas, &request, &base);
    if (status != LA_OK)
        return status;
    status = heap_entry_take(heap->space, 0, &entry);
    if (status == LA_OK) {
        status = open_region(heap, entry, base, pages);
        if (status != LA_OK)
            heap_entry_give(heap->space, entry);
    }
    if (status != LA_OK) {
        (void)vas_release(heap->space->vas, base);
        return status;
    }
    *ret_base = base;
    return LA_OK;
}

va32_t heap_large_alloc(struct heap *heap, uint32_t bytes)
{
    uint32_t pages = la_pages_up(bytes) + (bytes == 0);
    struct heap_segment *entry = pages <= LA_PAGES_PER_SEGMENT ? heap_take_retained(heap) : NULL;
    uint32_t budget_pages = heap->trim_at_pages;
    enum la_status status;
    va32_t base = 0;

    if (entry != NULL) {
        base = la_segment_va(heap_segment_of(entry));
        status = reuse(heap, entry, pages);
    } else {
        status = take_region(heap, pages, &base);
    }
    /* Refused: what the heap keeps for later must serve now. */
    if (status != LA_OK && heap_trim(heap) != 0)
        status = take_region(heap, pages, &base);
    if (status == LA_OK)
        return base;
    heap->trim_at_pages = budget_pages;
    heap->error = status;
    return 0;
}

void heap_large_zero(struct heap *heap, const struct heap_segment *entry)
{
    va32_t base = la_segment_va(heap_segment_of(entry));

    for (uint32_t dirty = entry->pages; dirty != 0; dirty &= dirty - 1u)
        memset(la_host(heap->space->port.host_base, base + (bits_lowest(dirty) << LA_PAGE_SHIFT)),
               0, LA_PAGE_BYTES);
}

void heap_large_free(struct heap *heap, struct heap_segment *entry)
{
    uint32_t pages = heap_large_pages(entry);
    uint32_t segment = heap_segment_of(entry);
    enum la_status status;

    if (pages <= LA_PAGES_PER_SEGMENT) {
        heap->large_pages -= pages;
        entry->pages = (uint16_t)bits_range(0, pages);
        heap_retire_segment(heap, entry);
        return;
    }
    heap_decommit_large(heap, la_segment_va(segment), pages);
    heap->segments -= segments_of(pages);
    heap_space_leave(heap->space, segment);
    heap_entry_give(heap->space, entry);
    status = vas_release(heap->space->vas, la_segment_va(segment));
    LA_ASSERT(status == LA_OK);
}

bool heap_large_resize(struct heap *heap, struct heap_segment *entry, uint32_t bytes)
{
    uint32_t pages = heap_large_pages(entry);
    uint32_t wanted = la_pages_up(bytes);
    va32_t base = la_segment_va(heap_segment_of(entry));
    uint32_t budget_pages = heap->trim_at_pages;
    enum la_status status;

    if (segments_of(wanted) >= LA_SEGMENTS)
        return false;
    if (wanted > pages) {
        if (vas_resize(heap->space->vas, base, segments_of(wanted)) != LA_OK)
            return false;
        heap_before_growth(heap, wanted - pages);
        status = heap_commit_large(heap, base + (pages << LA_PAGE_SHIFT), wanted - pages);
        if (status != LA_OK) {
            heap->trim_at_pages = budget_pages;
            (void)vas_resize(heap->space->vas, base, segments_of(pages));
            return false;
        }
    } else if (wanted < pages) {
        heap_decommit_large(heap, base + (wanted << LA_PAGE_SHIFT), pages - wanted);
        status = vas_resize(heap->space->vas, base, segments_of(wanted));
        LA_ASSERT(status == LA_OK); /* shrinking needs nothing */
    }
    heap->segments += segments_of(wanted) - segments_of(pages);
    *heap_map(entry) = wanted;
    return true;
}
