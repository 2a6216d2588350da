/* SPDX-License-Identifier: 0BSD */
/* The look-aside lists of the segment answer by their word: everything up to 8 bytes from the first
 * list, 8 to 16 from the second, 16 to 32 from the third, and so on to 32 KiB.
 *
 *   segment of 64 KiB | 32 | 32 | 32 | ...   blocks of one size, free ones linked inside
 *
 * Source: the segment answer ("The first time an entry in the lookaside list is hit, you allocate a
 * new VM segment. You subdivide the segment into smaller blocks with a linked list ... When a
 * segment contains nothing but free blocks you can return it to the VM manager. ... Very large
 * allocations come directly from the VM address manager"), over its two bits a segment (here a bit
 * and a table).
 * Cost: O(1), and O(segments) for a new one; dividing a new segment touches all of it, so all 16
 * pages are committed at once. A table of 16 bytes a segment, outside of the window.
 * Known weaknesses, kept: the sizes ("you'll have to play with the bucket sizes"), a list in the
 * free blocks that an overflow destroys, a double free that is believed, no page given back from a
 * partly used segment.
 */
#include "heap_rival.h"

#define BUCKETS      13u /* 8 << 0 to 8 << 12 = 32 KiB */
#define BUCKET_LARGE 0xfeu
#define BUCKET_FREE  0xffu
#define BYTES_MAX    (LA_SEGMENT_BYTES / 2u)

/* A segment of the window. */
struct segment {
    uint32_t live; /* blocks; of a large region's first segment: its pages */
    va32_t free;   /* first free block; 0: none */
    uint16_t next; /* segments of the bucket with free blocks, by index; 0: none */
    uint16_t prev;
    uint8_t bucket; /* or BUCKET_LARGE, BUCKET_FREE */
    uint8_t unused[3];
};

struct powers {
    struct heap_window window;
    uint32_t first; /* segments wholly in the window: [first, end) */
    uint32_t end;
    uint16_t list[BUCKETS];
    uint64_t probes;
    struct segment segment[]; /* index: number - first + 1, so that 0 means none */
};

static size_t segments_of(const struct heap_window *window)
{
    return (window->end_page - window->first_page) / LA_PAGES_PER_SEGMENT + 2u;
}

static size_t bytes(const struct heap_window *window)
{
    return sizeof(struct powers) + segments_of(window) * sizeof(struct segment);
}

static bool init(void *state, size_t state_bytes, const struct heap_window *window)
{
    struct powers *heap = state;

    if (state_bytes < bytes(window))
        return false;
    *heap = (struct powers){
        .window = *window,
        .first = (window->first_page + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT,
        .end = window->end_page / LA_PAGES_PER_SEGMENT,
    };
    for (size_t i = 0; i < segments_of(window); i++)
        heap->segment[i] = (struct segment){ .bucket = BUCKET_FREE };
    return heap->first < heap->end;
}

/* -- Segments ---------------------------------------------------------------------------------- */

static va32_t va_of(const struct powers *heap, uint32_t index)
{
    return la_segment_va(heap->first + index - 1u);
}

/* The index of the segment `va` lies in, or 0. */
static uint32_t index_of(const struct powers *heap, va32_t va)
{
    uint32_t number = la_segment_of(va);

    return number >= heap->first && number < heap->end ? number - heap->first + 1u : 0u;
}

/* The lowest row of free segments, or 0. */
static uint32_t find_segments(struct powers *heap, uint32_t count)
{
    uint32_t run = 0;

    for (uint32_t index = 1; index <= heap->end - heap->first; index++) {
        heap->probes++;
        run = heap->segment[index].bucket == BUCKET_FREE ? run + 1u : 0u;
        if (run == count)
            return index + 1u - count;
    }
    return 0;
}

static enum rival_answer take_segments(struct powers *heap, uint32_t pages, uint8_t bucket,
                                       uint32_t *ret_index)
{
    const struct la_port *port = heap->window.port;
    uint32_t count = (pages + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT;
    uint32_t index = find_segments(heap, count);

    if (index == 0)
        return RIVAL_NO_SPACE;
    if (port->commit(port->context, va_of(heap, index), pages) != LA_OK)
        return RIVAL_NO_MEMORY;
    for (uint32_t i = index; i < index + count; i++)
        heap->segment[i] = (struct segment){ .bucket = bucket };
    *ret_index = index;
    return RIVAL_OK;
}

static void return_segments(struct powers *heap, uint32_t index, uint32_t pages)
{
    const struct la_port *port = heap->window.port;
    uint32_t count = (pages + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT;

    port->decommit(port->context, va_of(heap, index), pages);
    for (uint32_t i = index; i < index + count; i++)
        heap->segment[i].bucket = BUCKET_FREE;
}

/* -- Buckets ----------------------------------------------------------------------------------- */

static void push(struct powers *heap, uint32_t index)
{
    struct segment *segment = &heap->segment[index];

    segment->prev = 0;
    segment->next = heap->list[segment->bucket];
    heap->segment[segment->next].prev = (uint16_t)index;
    heap->list[segment->bucket] = (uint16_t)index;
}

static void pull(struct powers *heap, uint32_t index)
{
    const struct segment *segment = &heap->segment[index];

    heap->segment[segment->next].prev = segment->prev;
    if (segment->prev != 0)
        heap->segment[segment->prev].next = segment->next;
    else
        heap->list[segment->bucket] = segment->next;
}

static va32_t *link_of(const struct powers *heap, va32_t block)
{
    return la_host(heap->window.port->host_base, block);
}

/* A new segment for a bucket, all of it in the list of its free blocks, lowest first. */
static enum rival_answer add_segment(struct powers *heap, uint8_t bucket)
{
    uint32_t block_bytes = 8u << bucket;
    uint32_t index;
    enum rival_answer answer = take_segments(heap, LA_PAGES_PER_SEGMENT, bucket, &index);

    if (answer != RIVAL_OK)
        return answer;
    for (uint32_t at = LA_SEGMENT_BYTES; at > 0; at -= block_bytes) {
        va32_t block = va_of(heap, index) + at - block_bytes;

        *link_of(heap, block) = heap->segment[index].free;
        heap->segment[index].free = block;
    }
    push(heap, index);
    return RIVAL_OK;
}

static enum rival_answer alloc(void *state, uint32_t requested, uint32_t align_log2, va32_t *ret_va)
{
    struct powers *heap = state;
    uint8_t bucket = align_log2 > 3u ? (uint8_t)(align_log2 - 3u) : 0;
    enum rival_answer answer = RIVAL_OK;
    uint32_t index;

    if (!heap_rival_asks(requested, align_log2))
        return RIVAL_BAD;
    if (requested > BYTES_MAX) {
        answer = take_segments(heap, la_pages_up(requested), BUCKET_LARGE, &index);
        if (answer == RIVAL_OK) {
            heap->segment[index].live = la_pages_up(requested);
            *ret_va = va_of(heap, index);
        }
        return answer;
    }
    while (requested > 8u << bucket)
        bucket++;
    if (heap->list[bucket] == 0)
        answer = add_segment(heap, bucket);
    if (answer != RIVAL_OK)
        return answer;

    struct segment *segment = &heap->segment[heap->list[bucket]];

    *ret_va = segment->free;
    segment->free = *link_of(heap, segment->free);
    segment->live++;
    heap->probes++;
    if (segment->free == 0)
        pull(heap, heap->list[bucket]);
    return RIVAL_OK;
}

static enum rival_answer free_block(void *state, va32_t va)
{
    struct powers *heap = state;
    uint32_t index = index_of(heap, va);
    struct segment *segment = &heap->segment[index];
    va32_t offset = va & (LA_SEGMENT_BYTES - 1u);

    if (index == 0 || segment->bucket == BUCKET_FREE || segment->live == 0)
        return RIVAL_BAD;
    if (segment->bucket == BUCKET_LARGE) {
        if (offset != 0)
            return RIVAL_BAD;
        return_segments(heap, index, segment->live);
        return RIVAL_OK;
    }
    if (offset & ((8u << segment->bucket) - 1u))
        return RIVAL_BAD;
    *link_of(heap, va) = segment->free;
    segment->free = va;
    if (*link_of(heap, va) == 0)
        push(heap, index);
    if (--segment->live == 0) {
        pull(heap, index);
        return_segments(heap, index, LA_PAGES_PER_SEGMENT);
    }
    return RIVAL_OK;
}

static uint32_t usable(const void *state, va32_t va)
{
    const struct powers *heap = state;
    const struct segment *segment = &heap->segment[index_of(heap, va)];

    return segment->bucket == BUCKET_LARGE ? segment->live << LA_PAGE_SHIFT : 8u << segment->bucket;
}

static enum rival_answer realloc_block(void *state, va32_t va, uint32_t wanted, va32_t *ret_va)
{
    const struct powers *heap = state;

    return heap_rival_move(&heap_powers, state, heap->window.port->host_base, va, wanted, ret_va);
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void figures(const void *state, struct heap_figures *ret_figures)
{
    const struct powers *heap = state;

    *ret_figures =
        (struct heap_figures){ .static_bytes = bytes(&heap->window), .probes = heap->probes };
}

static const char *check(const void *state)
{
    const struct powers *heap = state;

    for (uint32_t index = 1; index <= heap->end - heap->first; index++) {
        const struct segment *segment = &heap->segment[index];
        uint32_t blocks;
        uint32_t free = 0;

        if (segment->bucket >= BUCKETS)
            continue;
        blocks = LA_SEGMENT_BYTES / (8u << segment->bucket);
        for (va32_t block = segment->free; block != 0; block = *link_of(heap, block))
            if (index_of(heap, block) != index || ++free > blocks)
                return "a segment's list of free blocks is broken";
        if (free + segment->live != blocks)
            return "live and free blocks are not the segment";
        if (segment->live == 0)
            return "a segment without live blocks was not returned";
    }
    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++)
        for (uint32_t index = heap->list[bucket]; index != 0; index = heap->segment[index].next)
            if (heap->segment[index].bucket != bucket || heap->segment[index].free == 0)
                return "a bucket's list has a segment without a free block of its size";
    return NULL;
}

const struct heap_rival heap_powers = {
    .name = "powers",
    .what = "look-aside lists of 8, 16, 32 ... bytes over 64 KiB segments, as the answer has them",
    .can = HEAP_FREES | HEAP_ALIGNS | HEAP_RETURNS,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_block,
    .realloc = realloc_block,
    .usable = usable,
    .figures = figures,
    .check = check,
};
