/* SPDX-License-Identifier: 0BSD */
/* Requests above the largest bucket: a region of the VAS each, committed up to the last page asked
 * for. The region's first table entry says how many pages that is.
 */
#include "heap_private.h"

LA_REGISTER_CALL va32_t heap_large_alloc(struct heap *heap, uint32_t bytes)
{
    uint32_t pages = la_pages_up(bytes) + (bytes == 0);
    const struct vas_request request = {
        .segments = la_segments_up(bytes) + (bytes == 0),
        .state = VAS_COMMITTED,
    };
    struct heap_segment *entry;
    va32_t base = 0;

    heap_before_growth(heap, pages);
    heap->error = vas_reserve(heap->space->vas, &request, &base);
    if (heap->error != LA_OK)
        return 0;
    heap->error = heap_space_back_entry(heap->space, la_segment_of(base));
    if (heap->error == LA_OK)
        heap->error = heap_commit_large(heap, base, pages);
    if (heap->error != LA_OK) {
        (void)vas_release(heap->space->vas, base);
        return 0;
    }
    entry = &heap->table[la_segment_of(base)];
    entry->bias = base + heap->key;
    entry->blocks = 0;
    entry->bucket = HEAP_BUCKET_LARGE;
    entry->inline_map = pages;
    heap->segments += request.segments;
    return base;
}

static uint32_t segments_of(uint32_t pages)
{
    return (pages + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT;
}

void heap_large_free(struct heap *heap, uint32_t segment)
{
    struct heap_segment *entry = &heap->table[segment];
    enum la_status status;

    heap_decommit_large(heap, la_segment_va(segment), entry->inline_map);
    heap->segments -= segments_of(entry->inline_map);
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
    enum la_status status;

    if (wanted > pages) {
        heap_before_growth(heap, wanted - pages);
        if (vas_resize(heap->space->vas, base, segments_of(wanted)) != LA_OK)
            return false;
        status = heap_commit_large(heap, base + (pages << LA_PAGE_SHIFT), wanted - pages);
        if (status != LA_OK) {
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
