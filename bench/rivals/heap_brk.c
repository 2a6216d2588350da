/* SPDX-License-Identifier: 0BSD */
/* The kernel heap in direct-mapped low memory: it begins behind the kernel and ends at a "brk" that
 * is moved up as it grows, and down when its last pages are free.
 *
 *   kernel | heap blocks ... | brk ->         <- page frames for everybody else |
 *
 * Source: the kernel heap thread ("have the heap also co-exist in this 768 MB of low memory where I
 * adjust the kernel brk value as the heap needs to grow"). The blocks: heap_tags.h. Down:
 * dlmalloc's trimming, above 32 pages = 128 KiB (M_TRIM_THRESHOLD).
 * Cost: growing is one call for as many pages as are missing; one block at the very end keeps all
 * below it.
 * Known weakness, kept: the heap can only have the pages right behind it. When those are in use the
 * heap is full whatever is free elsewhere ("basically general page allocation and the heap are
 * fighting for pages"): kernel/frames/test shows that with the sorted frames. Here the range is the
 * window.
 */
#include "heap_rival.h"

#define TAGS_RIVAL heap_brk
#define TAGS_POLICY                                                                                \
    {                                                                                              \
        .top_pages_max = 32                                                                        \
    }
#include "heap_tags_rival.h"

const struct heap_rival heap_brk = {
    .name = "brk",
    .what = "boundary tags in one range whose end moves up and down",
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
