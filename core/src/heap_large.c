/* SPDX-License-Identifier: 0BSD */
/* Requests above the largest bucket: a region of the VAS each, committed up to the last page asked
 * for. In the table entry of a region's first segment, inline_map is the number of those pages and
 * `pages` tells which of them held something before (regions of one segment reuse retained ones).
 */
#include "heap_private.h"

static uint32_t segments_of(uint32_t pages)
{
    return (pages + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT;
}

static void describe(struct heap *heap, uint32_t segment, uint32_t pages, uint32_t dirty)
{
    struct heap_segment *entry = &heap->table[segment];

    entry->bias = la_segment_va(segment) + heap->key;
    entry->blocks = 0;
    entry->bucket = HEAP_BUCKET_LARGE;
    entry->inline_map = pages;
    entry->pages = (uint16_t)dirty;
}

/* A region of `pages` pages in the retained `segment`. */
static enum la_status reuse(struct heap *heap, uint32_t segment, uint32_t pages)
{
    struct heap_segment *entry = &heap->table[segment];
    uint32_t wanted = bits_range(0, pages);
    uint32_t dirty = entry->pages & wanted;
    enum la_status status = LA_OK;

    if (dirty != wanted) {
        heap_before_growth(heap, pages - bits_count(dirty));
        status = heap_commit_pages(heap, segment, wanted & ~dirty);
    }
    if (status != LA_OK) {
        heap_retire_segment(heap, segment);
        return status;
    }
    if (entry->pages != wanted)
        heap_decommit_pages(heap, segment, entry->pages & ~wanted);
    heap->large_pages += pages;
    describe(heap, segment, pages, dirty);
    return LA_OK;
}

static enum la_status take_region(struct heap *heap, uint32_t pages, va32_t *ret_base)
{
    const struct vas_request request = {
        .segments = segments_of(pages),
        .state = VAS_COMMITTED,
    };
    enum la_status status;
    va32_t base;

    if (request.segments >= LA_SEGMENTS)
        return LA_NO_SPACE;
    heap_before_growth(heap, pages);
    status = vas_reserve(heap->space->vas, &request, &base);
    if (status != LA_OK)
        return status;
    status = heap_space_back_entry(heap->space, la_segment_of(base));
    if (status == LA_OK)
        status = heap_commit_large(heap, base, pages);
    if (status != LA_OK) {
        (void)vas_release(heap->space->vas, base);
        return status;
    }
    describe(heap, la_segment_of(base), pages, 0);
    heap->segments += request.segments;
    *ret_base = base;
    return LA_OK;
}

LA_REGISTER_CALL va32_t heap_large_alloc(struct heap *heap, uint32_t bytes)
{
    uint32_t pages = la_pages_up(bytes) + (bytes == 0);
    uint32_t segment = pages <= LA_PAGES_PER_SEGMENT ? heap_take_retained(heap) : HEAP_NO_SEGMENT;
    uint32_t budget_pages = heap->trim_at_pages;
    enum la_status status;
    va32_t base = la_segment_va(segment);

    if (segment != HEAP_NO_SEGMENT)
        status = reuse(heap, segment, pages);
    else
        status = take_region(heap, pages, &base);
    /* Refused: what the heap keeps for later must serve now. */
    if (status != LA_OK && heap_trim(heap) != 0)
        status = take_region(heap, pages, &base);
    if (status == LA_OK)
        return base;
    heap->trim_at_pages = budget_pages;
    heap->error = status;
    return 0;
}

void heap_large_zero(struct heap *heap, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];

    for (uint32_t dirty = entry->pages; dirty != 0; dirty &= dirty - 1u)
        memset(la_host(heap->space->port.host_base,
                       la_segment_va(segment) + (bits_lowest(dirty) << LA_PAGE_SHIFT)),
               0, LA_PAGE_BYTES);
}

void heap_large_free(struct heap *heap, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];
    uint32_t pages = entry->inline_map;
    enum la_status status;

    if (pages <= LA_PAGES_PER_SEGMENT) {
        heap->large_pages -= pages;
        entry->pages = (uint16_t)bits_range(0, pages);
        heap_retire_segment(heap, segment);
        return;
    }
    heap_decommit_large(heap, la_segment_va(segment), pages);
    heap->segments -= segments_of(pages);
    entry->bias = 0;
    status = vas_release(heap->space->vas, la_segment_va(segment));
    LA_ASSERT(status == LA_OK);
}

bool heap_large_resize(struct heap *heap, uint32_t segment, uint32_t bytes)
{
    struct heap_segment *entry = &heap->table[segment];
    uint32_t pages = entry->inline_map;
    uint32_t wanted = la_pages_up(bytes);
    va32_t base = la_segment_va(segment);
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
    entry->inline_map = wanted;
    return true;
}
