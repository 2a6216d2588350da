/* SPDX-License-Identifier: 0BSD */
/* Pages of a heap's segments: committing and giving back by mask, with the counts kept in one
 * place, and which blocks a mask of committed pages makes usable.
 */
#include "heap_private.h"

static void count_committed(struct heap *heap, uint32_t pages)
{
    heap->pages += pages;
    if (heap->pages > heap->pages_peak)
        heap->pages_peak = heap->pages;
}

/* The lowest row of pages in `mask` (not 0). */
static uint32_t lowest_row(uint32_t mask)
{
    uint32_t past = mask + (mask & (0u - mask)); /* the carry runs through the row */

    return mask & ~past;
}

static va32_t page_va(uint32_t segment, uint32_t page)
{
    return la_segment_va(segment) + (page << LA_PAGE_SHIFT);
}

void heap_decommit_pages(struct heap_segment *entry, uint32_t pages)
{
    struct heap *heap = entry->heap;
    const struct la_port *port = &heap->space->port;
    uint32_t segment = heap_segment_of(entry);

    LA_ASSERT((pages & ~(uint32_t)entry->pages) == 0);
    entry->pages &= (uint16_t)~pages;
    heap->pages -= bits_count(pages);
    while (pages != 0) {
        uint32_t row = lowest_row(pages);

        port->decommit(port->context, page_va(segment, bits_lowest(row)), bits_count(row));
        pages &= ~row;
    }
}

enum la_status heap_commit_pages(struct heap_segment *entry, uint32_t pages)
{
    struct heap *heap = entry->heap;
    const struct la_port *port = &heap->space->port;
    uint32_t segment = heap_segment_of(entry);
    uint32_t done = 0;

    LA_ASSERT((pages & entry->pages) == 0);
    while (done != pages) {
        uint32_t row = lowest_row(pages & ~done);
        enum la_status status =
            port->commit(port->context, page_va(segment, bits_lowest(row)), bits_count(row));

        if (status != LA_OK) {
            heap_decommit_pages(entry, done);
            return status;
        }
        entry->pages |= (uint16_t)row;
        heap->pages += bits_count(row);
        done |= row;
    }
    count_committed(heap, 0);
    return LA_OK;
}

enum la_status heap_commit_large(struct heap *heap, va32_t va, uint32_t pages)
{
    enum la_status status = heap->space->port.commit(heap->space->port.context, va, pages);

    if (status != LA_OK)
        return status;
    heap->large_pages += pages;
    count_committed(heap, pages);
    return LA_OK;
}

void heap_decommit_large(struct heap *heap, va32_t va, uint32_t pages)
{
    heap->space->port.decommit(heap->space->port.context, va, pages);
    heap->large_pages -= pages;
    heap->pages -= pages;
}

uint32_t heap_block_pages(uint32_t block_bytes, uint32_t block)
{
    uint32_t first = block * block_bytes;
    uint32_t last = first + block_bytes - 1u;

    return bits_range(first >> LA_PAGE_SHIFT, (last >> LA_PAGE_SHIFT) + 1u);
}

uint32_t heap_committed_blocks(const struct heap_segment *entry, const struct bucket_shape *shape,
                               uint32_t word)
{
    uint32_t usable = heap_word_blocks(shape, word);
    uint32_t base = word * 32u;
    uint32_t first_page = base * shape->bytes >> LA_PAGE_SHIFT;
    uint32_t last_page = ((base + bits_highest(usable) + 1u) * shape->bytes - 1u) >> LA_PAGE_SHIFT;
    uint32_t missing = bits_range(first_page, last_page + 1u) & ~(uint32_t)entry->pages;

    while (missing != 0) {
        uint32_t row = lowest_row(missing);
        uint32_t first = (bits_lowest(row) << LA_PAGE_SHIFT) / shape->bytes;
        uint32_t last = (((bits_highest(row) + 1u) << LA_PAGE_SHIFT) - 1u) / shape->bytes;

        usable &= ~bits_range(first > base ? first - base : 0u,
                              last - base < 31u ? last - base + 1u : 32u);
        missing &= ~row;
    }
    return usable;
}

uint32_t heap_next_usable_word(const struct heap_segment *entry, const struct bucket_shape *shape,
                               uint32_t word, uint32_t *ret_mask)
{
    const uint32_t *map = heap_map_const(entry);
    const uint32_t words = shape->words;
    const bool whole = entry->pages == shape->pages;
    uint32_t pages;

    for (; word <= words; word++) {
        if (map[word] == BITS_ALL)
            continue;
        if (whole) {
            *ret_mask = heap_word_blocks(shape, word);
        } else {
            pages = entry->pages & bits_from(word * 32u * shape->bytes >> LA_PAGE_SHIFT);
            if (pages == 0)
                break;
            /* The word that reaches the next committed page; this one, if it does. */
            pages = (bits_lowest(pages) << LA_PAGE_SHIFT) / (32u * shape->bytes);
            if (pages > word)
                word = pages;
            *ret_mask = heap_committed_blocks(entry, shape, word);
        }
        if (map[word] != *ret_mask)
            return word;
    }
    *ret_mask = 0;
    return words + 1u;
}
