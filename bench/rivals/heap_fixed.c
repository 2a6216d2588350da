/* SPDX-License-Identifier: 0BSD */
/* The kernel heap in a region of 64 MiB, mapped page by page as it is touched and never unmapped.
 *
 * Source: the kernel heap thread, as its writer has it ("I have reserved a 64 MB region for my
 * kernel heap which is not physically contiguous. The page tables are pre-allocated but the actual
 * pages are allocated on an on demand basis"), F0000000 to F4000000. The blocks: heap_tags.h.
 * Cost: 64 KiB of page tables from the start, which are not counted here.
 * Known weaknesses, kept: it ends at 64 MiB ("some arbitrary number"), and pages once touched stay.
 */
#include "heap_rival.h"

#define TAGS_RIVAL heap_fixed
#define TAGS_POLICY                                                                                \
    {                                                                                              \
        .pages_max = (UINT32_C(64) << 20) / LA_PAGE_BYTES, .top_pages_max = UINT32_MAX             \
    }
#include "heap_tags_rival.h"

const struct heap_rival heap_fixed = {
    .name = "fixed-64m",
    .what = "boundary tags in a region of 64 MiB; pages stay once touched",
    .can = HEAP_FREES | HEAP_ALIGNS,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_block,
    .realloc = realloc_block,
    .usable = usable,
    .figures = figures,
    .check = check,
};
