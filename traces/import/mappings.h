/* SPDX-License-Identifier: 0BSD */
/* Recorded mappings as regions and stacks: which pages of each are still mapped, because a region
 * ends with its last page, however many partial unmaps it took. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_MAPPINGS_H
#define LOOKASIDE_IMPORT_MAPPINGS_H

#include "import.h"

/* A recorded protection as far as it matters here. */
enum mapping_access { MAPPING_RESERVED, MAPPING_COMMITTED };

struct page_range {
    uint32_t first;
    uint32_t end;
};

struct mapping {
    bool live;
    bool is_stack;
    bool committed; /* as a whole, at creation: what it grows by is committed too */
    uint32_t space; /* address space it belongs to */
    uint32_t slot;
    uint32_t pages;
    uint32_t guard_pages;      /* of a stack */
    struct page_range *mapped; /* disjoint, in no order */
    size_t mapped_count;
    size_t mapped_room;
};

struct mappings {
    struct mapping *at; /* by id */
    size_t room;
    struct mapping *heaps; /* the brk area, by address space */
    size_t heaps_room;
};

void mappings_free(struct mappings *mappings);

/* A new mapping with the id in field `index`, at most `max_id`. A stack has the usual guard and two
 * committed pages.
 */
bool mappings_create(struct import *import, struct mappings *mappings, int index, uint64_t max_id,
                     uint32_t space, uint64_t bytes, enum mapping_access access, bool is_stack);

/* The mapping with the id in field `index`, seen from `space`; NULL (and counted) if there is none.
 */
bool mappings_find(struct import *import, struct mappings *mappings, int index, uint32_t space,
                   struct mapping **ret_mapping);

/* Commit or decommit [offset, offset + bytes). */
bool mappings_access(struct import *import, struct mapping *mapping, uint64_t offset,
                     uint64_t bytes, enum mapping_access access);

/* Unmap [offset, offset + bytes): decommit, and release with the last page. */
bool mappings_unmap(struct import *import, struct mapping *mapping, uint64_t offset,
                    uint64_t bytes);

/* Make a mapping longer or shorter at its end. */
bool mappings_resize(struct import *import, struct mapping *mapping, uint64_t bytes);

/* The brk area of `space` now has `bytes` bytes. */
bool mappings_brk(struct import *import, struct mappings *mappings, uint32_t space, uint64_t bytes);

/* exec or exit: everything the address space has goes. */
bool mappings_end_space(struct import *import, struct mappings *mappings, uint32_t space);

/* -- Mappings that the caller keeps itself ----------------------------------------------------- */

/* The usual guard of a stack, where a recording does not say: 16 pages if it has 32 or more, else
 * one page. 0 for less than two pages, which are no stack.
 */
uint32_t mapping_usual_guard(uint64_t bytes);

/* A new mapping in `mapping`, which is zeroed or ended: a stack if it has a guard, else a region.
 */
bool mapping_begin(struct import *import, struct mapping *mapping, uint64_t bytes,
                   enum mapping_access access, uint32_t guard_pages);

/* The brk area `heap`, at first zeroed, now has `bytes` bytes. */
bool mapping_set_heap(struct import *import, struct mapping *heap, uint64_t bytes);

/* Forget it without an op. */
void mapping_free(struct mapping *mapping);

#endif
