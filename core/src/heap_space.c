/* SPDX-License-Identifier: 0BSD */
/* The segment table shared by all heaps of one VAS, and the list of those heaps. The table is
 * address space from that same VAS; a page of it is backed when the first segment it describes is
 * taken. Each heap has its own copy of where the pages are, which saves free() a load.
 */
#include "heap_private.h"

/* What heap_entry() adds a slot's offset in the whole table to, for a page of it at `host`. */
static uintptr_t slots_from(const union heap_slot *host, uint32_t page)
{
    return (uintptr_t)host - ((uintptr_t)page << LA_PAGE_SHIFT);
}

/* Segment 0 is on page 0, whose stand-in starts one slot earlier: with the slot for free(0). */
static uintptr_t unbacked_slots(const struct heap_space *space, uint32_t page)
{
    return slots_from(&space->unbacked[page == 0 ? 0 : 1], page);
}

static bool is_backed(const struct heap_space *space, uint32_t page)
{
    return space->slots[page] != unbacked_slots(space, page);
}

static union heap_slot *slot_of(const struct heap_space *space, uint32_t segment)
{
    LA_ASSERT(is_backed(space, segment / HEAP_SLOTS_PER_PAGE));
    return la_host(space->slots[segment / HEAP_SLOTS_PER_PAGE],
                   segment * (uint32_t)sizeof(union heap_slot));
}

enum la_status heap_space_init(struct heap_space *space, struct vas *vas,
                               const struct la_port *port)
{
    const struct vas_request request = {
        .segments = la_segments_up(LA_SEGMENTS * (uint32_t)sizeof(union heap_slot)),
        .state = VAS_COMMITTED,
    };
    va32_t table_va;
    enum la_status status = vas_reserve(vas, &request, &table_va);

    if (status != LA_OK)
        return status;
    *space = (struct heap_space){
        .vas = vas,
        .port = *port,
        .table_va = table_va,
        .nobody = { .inverse = 1, .bucket = HEAP_BUCKET_NOBODY },
        .null = { .inverse = 1, .bucket = HEAP_BUCKET_NULL },
    };
    space->unbacked[0].segment = &space->null;
    for (uint32_t i = 1; i <= HEAP_SLOTS_PER_PAGE; i++)
        space->unbacked[i].segment = &space->nobody;
    for (uint32_t page = 0; page < HEAP_TABLE_PAGES; page++)
        space->slots[page] = unbacked_slots(space, page);
    return LA_OK;
}

void heap_space_destroy(struct heap_space *space)
{
    enum la_status status;

    LA_ASSERT(space->heaps == NULL);
    while (space->entry_region != 0) {
        va32_t region = space->entry_region;

        space->entry_region = *(va32_t *)la_host(space->port.host_base, region);
        space->port.decommit(space->port.context, region,
                             space->entry_backed_bytes >> LA_PAGE_SHIFT);
        space->entry_backed_bytes =
            LA_SEGMENT_BYTES; /* only the newest region has unbacked pages */
        status = vas_release(space->vas, region);
        LA_ASSERT(status == LA_OK);
    }
    for (uint32_t page = 0; page < HEAP_TABLE_PAGES; page++)
        if (is_backed(space, page))
            space->port.decommit(space->port.context, space->table_va + (page << LA_PAGE_SHIFT), 1);
    status = vas_release(space->vas, space->table_va);
    LA_ASSERT(status == LA_OK);
}

/* Have page `page` of the table, and every heap know of it. */
static enum la_status back_page(struct heap_space *space, uint32_t page)
{
    va32_t va = space->table_va + (page << LA_PAGE_SHIFT);
    enum la_status status = space->port.commit(space->port.context, va, 1);
    union heap_slot *slots = la_host(space->port.host_base, va);

    if (status != LA_OK)
        return status;
    memcpy(slots, &space->unbacked[page == 0 ? 0 : 1], LA_PAGE_BYTES);
    space->slots[page] = slots_from(slots, page);
    for (struct heap *heap = space->heaps; heap != NULL; heap = heap->next)
        heap->slots[page] = space->slots[page];
    space->pages++;
    return LA_OK;
}

enum la_status heap_space_enter(struct heap_space *space, uint32_t segment,
                                struct heap_segment *entry)
{
    uint32_t page = segment / HEAP_SLOTS_PER_PAGE;
    enum la_status status = is_backed(space, page) ? LA_OK : back_page(space, page);

    if (status == LA_OK)
        slot_of(space, segment)->segment = entry;
    return status;
}

void heap_space_replace(struct heap_space *space, uint32_t segment, struct heap_segment *entry)
{
    slot_of(space, segment)->segment = entry;
}

void heap_space_leave(struct heap_space *space, uint32_t segment)
{
    heap_space_replace(space, segment, &space->nobody);
}

const struct heap *heap_owner(const struct heap_space *space, uint32_t segment,
                              uint32_t *ret_bucket)
{
    const struct heap_segment *entry;

    if (segment == 0 || segment >= LA_SEGMENTS || !is_backed(space, segment / HEAP_SLOTS_PER_PAGE))
        return NULL;
    entry = slot_of(space, segment)->segment;
    if (entry->bias == 0)
        return NULL;
    *ret_bucket = entry->bucket < BUCKETS_MAX ? entry->bucket : BUCKETS_MAX;
    return entry->heap;
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
        .buckets = buckets,
        .space = space,
        .next = *link,
        .key = key,
        .direct_bytes =
            buckets->bytes_max < HEAP_DIRECT_BYTES_MAX ? buckets->bytes_max : HEAP_DIRECT_BYTES_MAX,
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
    for (uint32_t bytes = 0; bytes <= heap->direct_bytes; bytes += BUCKET_GRAIN_BYTES)
        heap->direct[bytes / BUCKET_GRAIN_BYTES] = &heap->bucket[bucket_for(buckets, bytes)];
    memcpy(heap->slots, space->slots, sizeof heap->slots);
    *link = heap;
    return LA_OK;
}

bool heap_next_region(const struct heap *heap, uint32_t *cursor, struct vas_region *ret_region)
{
    while (vas_next_region(heap->space->vas, cursor, ret_region)) {
        if (heap_entry(heap, ret_region->first_segment)->heap == heap)
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
        struct heap_segment *entry = heap_entry(heap, region.first_segment);

        if (entry->bucket == HEAP_BUCKET_LARGE)
            heap_large_free(heap, entry);
        /* A large region of one segment was only retained by that. */
        if (heap_entry(heap, region.first_segment)->heap == heap)
            heap_release_segment(heap, entry);
    }
    LA_ASSERT(heap->pages == 0);
    while (*link != heap) {
        LA_ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = heap->next;
}
