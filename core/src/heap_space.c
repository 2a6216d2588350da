/* SPDX-License-Identifier: 0BSD */
/* The segment table shared by all heaps of one VAS, and the list of those heaps. The table is
 * address space from that same VAS; a page of it is backed when the first segment it describes is
 * taken.
 */
#include "heap_private.h"

enum la_status heap_space_init(struct heap_space *space, struct vas *vas,
                               const struct la_port *port)
{
    const struct vas_request request = {
        .segments = la_segments_up(LA_SEGMENTS * (uint32_t)sizeof(struct heap_segment)),
        .state = VAS_COMMITTED,
    };
    va32_t table_va;
    enum la_status status = vas_reserve(vas, &request, &table_va);

    if (status != LA_OK)
        return status;
    *space = (struct heap_space){
        .vas = vas,
        .port = *port,
        .table = la_host(port->host_base, table_va),
        .table_va = table_va,
    };
    return LA_OK;
}

void heap_space_destroy(struct heap_space *space)
{
    enum la_status status;

    LA_ASSERT(space->heaps == NULL);
    while (space->map_region != 0) {
        va32_t region = space->map_region;

        space->map_region = *(va32_t *)la_host(space->port.host_base, region);
        space->port.decommit(space->port.context, region, space->map_backed_bytes >> LA_PAGE_SHIFT);
        space->map_backed_bytes = LA_SEGMENT_BYTES; /* only the newest region has unbacked pages */
        status = vas_release(space->vas, region);
        LA_ASSERT(status == LA_OK);
    }
    for (uint32_t page = 0; page < HEAP_TABLE_PAGES; page++)
        if (space->table_backed[page] != 0)
            space->port.decommit(space->port.context, space->table_va + (page << LA_PAGE_SHIFT), 1);
    status = vas_release(space->vas, space->table_va);
    LA_ASSERT(status == LA_OK);
}

enum la_status heap_space_back_entry(struct heap_space *space, uint32_t segment)
{
    uint32_t page = segment / HEAP_ENTRIES_PER_PAGE;
    enum la_status status;

    if (heap_space_has_entry(space, segment))
        return LA_OK;
    status = space->port.commit(space->port.context, space->table_va + (page << LA_PAGE_SHIFT), 1);
    if (status != LA_OK)
        return status;
    space->table_backed[page] = 1;
    space->pages++;
    return LA_OK;
}

enum la_status heap_init(struct heap *heap, struct heap_space *space,
                         const struct bucket_table *buckets, const struct heap_policy *policy)
{
    struct heap **link = &space->heaps;
    uint32_t key = LA_SEGMENT_BYTES + 1u; /* odd: a segment's address plus a key is never 0 */

    for (; *link != NULL && (*link)->key == key; link = &(*link)->next)
        key += LA_SEGMENT_BYTES;
    if (key == 1u)
        return LA_NO_SPACE;

    *heap = (struct heap){
        .table = space->table,
        .buckets = buckets,
        .space = space,
        .next = *link,
        .key = key,
        .trim_at_pages = HEAP_TRIM_STEP_PAGES_MIN,
        .policy = { HEAP_RETAIN_PAGES_MIN, HEAP_RETAIN_SHIFT, HEAP_TRIM_SHIFT },
    };
    if (policy != NULL && policy->retain_pages_min != 0)
        heap->policy.retain_pages_min = policy->retain_pages_min;
    if (policy != NULL && policy->retain_shift != 0)
        heap->policy.retain_shift = policy->retain_shift;
    if (policy != NULL && policy->trim_shift != 0)
        heap->policy.trim_shift = policy->trim_shift;
    LA_ASSERT(heap->policy.retain_shift < 32u);
    LA_ASSERT(heap->policy.trim_shift < 32u);
    for (uint32_t i = 0; i < buckets->count; i++) {
        heap->bucket[i].word = &heap->no_word;
        heap->bucket[i].heap = heap;
        heap->bucket[i].block_bytes = buckets->shape[i].bytes;
    }
    *link = heap;
    return LA_OK;
}

bool heap_next_region(const struct heap *heap, uint32_t *cursor, struct vas_region *ret_region)
{
    while (vas_next_region(heap->space->vas, cursor, ret_region)) {
        uint32_t segment = ret_region->first_segment;

        if (heap_space_has_entry(heap->space, segment) &&
            heap_owner_key(&heap->table[segment], segment) == heap->key)
            return true;
    }
    return false;
}

void heap_destroy(struct heap *heap)
{
    struct heap **link = &heap->space->heaps;
    struct vas_region region;
    uint32_t cursor = 0;

    while (heap_next_region(heap, &cursor, &region)) {
        uint32_t segment = region.first_segment;

        if (heap->table[segment].bucket == HEAP_BUCKET_LARGE)
            heap_large_free(heap, segment);
        /* A large region of one segment was only retained by that. */
        if (heap_owner_key(&heap->table[segment], segment) == heap->key)
            heap_release_segment(heap, segment);
    }
    LA_ASSERT(heap->pages == 0);
    while (*link != heap) {
        LA_ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = heap->next;
}
