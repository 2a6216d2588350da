/* SPDX-License-Identifier: 0BSD */
/* The heap for devices. Its vas covers the direct map of the first 16 MiB, where an address is a
 * place in RAM, so a run of segments is contiguous there. A segment of that vas is free only while
 * its 16 frames are this heap's: at first all are taken, and rows from the frame allocator open
 * them.
 *
 *   direct map of DMA memory                        | a piece of the kernel's ranges
 *   taken, taken, open, open, taken, ...            | the heap's segment table
 *
 * The segment table must not eat 512 KiB of precious memory, so it lies in the kernel's ranges.
 */
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/space.h>
#include <kernel/text.h>

#include "dma.h"

#define FRAMES_PER_SEGMENT LA_PAGES_PER_SEGMENT
#define DMA_SEGMENTS       (FRAMES_LOW_FIRST / FRAMES_PER_SEGMENT)
#define TABLE_SEGMENTS     (HEAP_TABLE_PAGES / LA_PAGES_PER_SEGMENT)
#define SEGMENT_ORDER      (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT)
#define ROW_ORDER_MAX      10u /* 4 MiB: what one request can grow the heap by */
#define NO_ROW             0xFFu

struct heap dma_heap;

static struct vas vas;
static struct heap_space heap_space;
static uint32_t table_pages;            /* of the segment table, backed */
static uint32_t first_segment;          /* of the direct map */
static uint8_t row_order[DMA_SEGMENTS]; /* of the row that begins here; NO_ROW */

static bool is_direct(va32_t va)
{
    return la_segment_of(va) - first_segment < DMA_SEGMENTS;
}

/* -- The core's port --------------------------------------------------------------------------- */

static enum la_status commit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    if (!is_direct(va)) {
        enum la_status status = space_map_zeroed(&kernel_space, va, pages);

        table_pages += status == LA_OK ? pages : 0;
        return status;
    }
    memset(la_host(0, va), 0, (size_t)pages << LA_PAGE_SHIFT);
    return LA_OK;
}

static void decommit(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    if (is_direct(va)) /* the frames stay with their row */
        return;
    space_unmap(&kernel_space, va, pages);
    table_pages -= pages;
}

/* -- Start ------------------------------------------------------------------------------------- */

/* Take segments [first, end) of the vas for good, one region each: so that each can be opened. */
static void close_segments(uint32_t first, uint32_t end, uint32_t step)
{
    for (uint32_t segment = first; segment < end; segment += step) {
        const struct vas_request request = { .segments = step,
                                             .placement = VAS_FIXED,
                                             .window_first = segment,
                                             .window_end = segment + step };
        va32_t base;

        LA_ASSERT(vas_reserve(&vas, &request, &base) == LA_OK);
    }
}

bool dma_start(const struct bucket_table *buckets)
{
    const struct la_port port = { .commit = commit, .decommit = decommit };
    const struct vas_request request = { .segments = TABLE_SEGMENTS };
    va32_t table;

    if (vas_reserve(&kernel_space.vas, &request, &table) != LA_OK)
        return false;
    first_segment = la_segment_of(port_geometry->direct_first);
    memset(row_order, NO_ROW, sizeof row_order);

    /* Only the table's place is open when the heap space looks for one. */
    uint32_t table_segment = la_segment_of(table);
    uint32_t direct_end = first_segment + DMA_SEGMENTS;
    LA_ASSERT(direct_end <= table_segment);
    vas_init(&vas, first_segment, table_segment + TABLE_SEGMENTS);
    close_segments(first_segment, direct_end, 1);
    if (direct_end < table_segment)
        close_segments(direct_end, table_segment, table_segment - direct_end);
    return heap_space_init(&heap_space, &vas, &port) == LA_OK &&
           heap_init(&dma_heap, &heap_space, buckets, NULL) == LA_OK;
}

/* -- Growing and shrinking --------------------------------------------------------------------- */

/* Open segments for `bytes` more, and one for the heap's own books. False: no such row. */
static bool open_row(uint32_t bytes)
{
    uint32_t order = SEGMENT_ORDER;

    while (order < ROW_ORDER_MAX && (UINT32_C(1) << (order + LA_PAGE_SHIFT)) < bytes)
        order++;
    if ((UINT32_C(1) << (order + LA_PAGE_SHIFT)) < bytes)
        return false;

    uint32_t frame = memory_take_row(order, FRAMES_DMA);
    if (frame == PORT_NO_FRAME)
        return false;

    uint32_t index = frame / FRAMES_PER_SEGMENT;
    row_order[index] = (uint8_t)order;
    for (uint32_t i = 0; i < UINT32_C(1) << (order - SEGMENT_ORDER); i++)
        LA_ASSERT(vas_release(&vas, la_segment_va(first_segment + index + i)) == LA_OK);
    return true;
}

static bool is_free(uint32_t segment, uint32_t segments)
{
    for (uint32_t i = 0; i < segments; i++)
        if (vas_state(&vas, la_segment_va(segment + i)) != VAS_FREE)
            return false;
    return true;
}

void dma_trim(void)
{
    heap_trim(&dma_heap);
    for (uint32_t index = 0; index < DMA_SEGMENTS; index++) {
        uint32_t order = row_order[index];
        uint32_t segments = order == NO_ROW ? 0 : UINT32_C(1) << (order - SEGMENT_ORDER);

        if (segments == 0 || !is_free(first_segment + index, segments))
            continue;
        close_segments(first_segment + index, first_segment + index + segments, 1);
        row_order[index] = NO_ROW;
        memory_give_row(index * FRAMES_PER_SEGMENT, order);
    }
}

/* Rows that stay although no segment is the heap's hold books alone. */
uint32_t dma_book_frames(void)
{
    uint32_t frames = table_pages;

    for (uint32_t index = 0; index < DMA_SEGMENTS && dma_heap.segments == 0; index++)
        if (row_order[index] != NO_ROW)
            frames += UINT32_C(1) << row_order[index];
    return frames;
}

/* -- Blocks ------------------------------------------------------------------------------------ */

static va32_t alloc(uint32_t bytes, uint32_t align_log2)
{
    return align_log2 == 0 ? heap_alloc(&dma_heap, bytes)
                           : heap_alloc_aligned(&dma_heap, bytes, align_log2);
}

void *dma_alloc(uint32_t bytes, uint32_t align_log2, uint32_t *ret_physical)
{
    va32_t va = alloc(bytes, align_log2);

    /* Out of segments: a row for the block, and, if it was the books that lacked one, one for them.
     */
    for (uint32_t i = 0; va == 0 && i < 2u && dma_heap.error == LA_NO_SPACE; i++) {
        if (!open_row(i == 0 ? bytes : 1u))
            break;
        va = alloc(bytes, align_log2);
    }
    if (va == 0)
        return NULL;
    *ret_physical = va - port_geometry->direct_first;
    return la_host(0, va);
}

void dma_free(void *block)
{
    LA_ASSERT(heap_free(&dma_heap, (va32_t)(uintptr_t)block) == LA_OK);
}
