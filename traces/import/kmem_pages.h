/* SPDX-License-Identifier: 0BSD */
/* Pages of a kernel's page allocator as blocks: 2^order pages are one alloc-aligned. Pages may be
 * freed in other pieces than they came in (a block split into pages, neighbours put together): a
 * block then lives until its last page is freed. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_KMEM_PAGES_H
#define LOOKASIDE_IMPORT_KMEM_PAGES_H

#include "objects.h"

#define KMEM_ORDER_MAX 13u /* the largest MAX_PAGE_ORDER of any kernel: arm64 with 64 KiB pages */

/* Slots of objects that are known and not in the trace. */
#define KMEM_UNASKED UINT32_MAX        /* of a kind nobody asked for */
#define KMEM_OWN     (UINT32_MAX - 1u) /* of the recorder */

struct kmem_page_block {
    uint32_t pages;
    uint32_t left; /* not freed yet */
};

/* Zeroed is empty. */
struct kmem_pages {
    struct objects pieces; /* of blocks, not freed. Address: first frame + 1; space: order */
    struct kmem_page_block *blocks; /* by slot */
    size_t room;
    uint32_t order_max; /* of all blocks so far */
};

void kmem_pages_free_all(struct kmem_pages *pages);

/* 2^order pages from `frame` on, a multiple of 2^order, were handed out; to the recorder itself if
 * `own`. What lived in any of them is gone. `order` is KMEM_ORDER_MAX at most. O(2^order) at worst.
 */
bool kmem_pages_create(struct import *import, struct kmem_pages *pages, uint64_t frame,
                       uint32_t order, uint64_t page_bytes, bool own);

/* They were freed; unknown ones are counted, by the recorder too. O(2^order) at worst. */
bool kmem_pages_end(struct import *import, struct kmem_pages *pages, uint64_t frame, uint32_t order,
                    bool own);

#endif
