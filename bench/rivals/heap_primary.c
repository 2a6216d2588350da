/* SPDX-License-Identifier: 0BSD */
/* The kernel heap as the primary allocator: all memory is its own, and a page is a block of 4 KiB
 * that is aligned to 4 KiB. So what counts as the heap's is what no page could be made of: every
 * page with a block or a tag on it; pages inside a free chunk are given back at once.
 *
 * Source: the kernel heap thread, method 1 ("Heap is primary allocator, pages are allocated from
 * Heap by asking for a page sized block aligned by page size. This has the downsides of being
 * slower to allocate pages AND wastes a few bytes per page allocated for the heap meta-data"). The
 * blocks: heap_tags.h.
 * Cost: as heap_tags.h, and a call of the port for each page that becomes wholly free or is so no
 * more.
 * Known weakness, kept: the few bytes are a tag in the page before, so two pages in a row cannot be
 * had; without small blocks to fill the gap a page costs two (test/heap_rivals_test.c).
 */
#include "heap_rival.h"

#define TAGS_RIVAL heap_primary
#define TAGS_POLICY                                                                                \
    {                                                                                              \
        .top_pages_max = 0, .frees_inner_pages = true                                              \
    }
#include "heap_tags_rival.h"

const struct heap_rival heap_primary = {
    .name = "primary",
    .what = "boundary tags over all memory; a page is an aligned block",
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
