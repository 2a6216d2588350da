/* SPDX-License-Identifier: 0BSD */
/* Recorded mappings as regions and stacks. */
#include "mappings.h"

#include <stdlib.h>

#define STACK_COMMITTED_PAGES 2u  /* the core's default; a recording does not say */
#define STACK_GUARD_PAGES     16u /* one segment, where the stack has room for it */

void mapping_free(struct mapping *mapping)
{
    free(mapping->mapped);
    *mapping = (struct mapping){ .live = false };
}

void mappings_free(struct mappings *mappings)
{
    for (size_t i = 0; i < mappings->room; i++)
        mapping_free(&mappings->at[i]);
    for (size_t i = 0; i < mappings->heaps_room; i++)
        mapping_free(&mappings->heaps[i]);
    free(mappings->at);
    free(mappings->heaps);
}

/* -- Mapped pages ------------------------------------------------------------------------------ */

static bool add_range(struct import *import, struct mapping *mapping, uint32_t first, uint32_t end)
{
    size_t room = mapping->mapped_room ? mapping->mapped_room * 2u : 2u; /* mostly one is enough */
    struct page_range *more;

    if (first >= end)
        return true;
    if (mapping->mapped_count == mapping->mapped_room) {
        more = realloc(mapping->mapped, room * sizeof *more);
        if (!more)
            return import_out_of_memory(import);
        mapping->mapped = more;
        mapping->mapped_room = room;
    }
    mapping->mapped[mapping->mapped_count++] = (struct page_range){ first, end };
    return true;
}

static uint32_t mapped_pages(const struct mapping *mapping, uint32_t first, uint32_t end)
{
    uint32_t pages = 0;

    for (size_t i = 0; i < mapping->mapped_count; i++) {
        uint32_t low = mapping->mapped[i].first > first ? mapping->mapped[i].first : first;
        uint32_t high = mapping->mapped[i].end < end ? mapping->mapped[i].end : end;
        pages += low < high ? high - low : 0;
    }
    return pages;
}

static bool remove_range(struct import *import, struct mapping *mapping, uint32_t first,
                         uint32_t end)
{
    for (size_t i = mapping->mapped_count; i-- > 0;) {
        struct page_range range = mapping->mapped[i];
        if (range.end <= first || end <= range.first)
            continue;
        mapping->mapped[i] = mapping->mapped[--mapping->mapped_count];
        if (!add_range(import, mapping, range.first, first) ||
            !add_range(import, mapping, end, range.end))
            return false;
    }
    return true;
}

/* [offset, offset + bytes) in whole pages, cut to the mapping. */
static struct page_range pages_of(const struct mapping *mapping, uint64_t offset, uint64_t bytes)
{
    uint64_t limit = (uint64_t)mapping->pages * 4096u;

    if (offset > limit)
        offset = limit;
    if (bytes > limit - offset)
        bytes = limit - offset;
    return (struct page_range){ (uint32_t)(offset / 4096u), import_pages(offset + bytes) };
}

/* -- Life -------------------------------------------------------------------------------------- */

static bool create_stack(struct import *import, struct mapping *mapping)
{
    uint32_t guard = mapping->guard_pages;
    uint32_t room = mapping->pages > guard ? mapping->pages - guard : 1u;

    return slot_take(import, TRACE_STACK, &mapping->slot) &&
           import_emit(import, (struct trace_op){ .kind = TRACE_STACK_CREATE,
                                                  .slot = mapping->slot,
                                                  .pages = mapping->pages,
                                                  .committed_pages = room < STACK_COMMITTED_PAGES
                                                                         ? room
                                                                         : STACK_COMMITTED_PAGES,
                                                  .guard_pages = guard });
}

static bool create_region(struct import *import, struct mapping *mapping)
{
    struct trace_op reserve = { .kind = TRACE_RESERVE };
    struct trace_op commit = { .kind = TRACE_COMMIT, .pages = mapping->pages };

    if (!slot_take(import, TRACE_REGION, &mapping->slot))
        return false;
    reserve.slot = mapping->slot;
    reserve.pages = mapping->pages;
    commit.slot = mapping->slot;
    return import_emit(import, reserve) && (!mapping->committed || import_emit(import, commit));
}

static bool begin(struct import *import, struct mapping *mapping)
{
    mapping->live = true;
    mapping->mapped_count = 0;
    return add_range(import, mapping, 0, mapping->pages) &&
           (mapping->is_stack ? create_stack(import, mapping) : create_region(import, mapping));
}

static bool end(struct import *import, struct mapping *mapping)
{
    struct trace_op op = { .kind = mapping->is_stack ? TRACE_STACK_DESTROY : TRACE_RELEASE,
                           .slot = mapping->slot };

    mapping->live = false;
    free(mapping->mapped);
    mapping->mapped = NULL;
    mapping->mapped_count = 0;
    mapping->mapped_room = 0;
    return import_emit(import, op) &&
           slot_give(import, mapping->is_stack ? TRACE_STACK : TRACE_REGION, mapping->slot);
}

uint32_t mapping_usual_guard(uint64_t bytes)
{
    uint32_t pages = import_pages(bytes);

    if (pages < 2u) /* a guard and one page */
        return 0;
    return pages >= 2u * STACK_GUARD_PAGES ? STACK_GUARD_PAGES : 1u;
}

bool mapping_begin(struct import *import, struct mapping *mapping, uint64_t bytes,
                   enum mapping_access access, uint32_t guard_pages)
{
    mapping->pages = import_pages(bytes);
    mapping->committed = access == MAPPING_COMMITTED;
    mapping->is_stack = guard_pages != 0;
    mapping->guard_pages = guard_pages;
    return begin(import, mapping);
}

bool mappings_create(struct import *import, struct mappings *mappings, int index, uint64_t max_id,
                     uint32_t space, uint64_t bytes, enum mapping_access access, bool is_stack)
{
    void *at = mappings->at;
    struct mapping *mapping;
    uint64_t id;

    if (!import_number(import, index, "a new id", max_id, &id) ||
        !import_room(import, &at, &mappings->room, sizeof *mappings->at, id))
        return false;
    mappings->at = at;
    mapping = &mappings->at[id];
    if (mapping->live)
        return import_fail(import, "id %s is not new (expected one that is not mapped)",
                           import->field[index]);
    if (bytes == 0)
        return import_fail(import, "a mapping of 0 bytes");
    mapping->space = space;
    return mapping_begin(import, mapping, bytes, access, is_stack ? mapping_usual_guard(bytes) : 0);
}

bool mappings_find(struct import *import, struct mappings *mappings, int index, uint32_t space,
                   struct mapping **ret_mapping)
{
    uint64_t id;

    if (!import_number(import, index, "an id", UINT64_MAX, &id))
        return false;
    *ret_mapping = NULL;
    if (id >= mappings->room || !mappings->at[id].live)
        import->notes[NOTE_UNKNOWN_MAPPING]++;
    else if (mappings->at[id].space != space)
        import->notes[NOTE_FOREIGN_MAPPING]++;
    else
        *ret_mapping = &mappings->at[id];
    return true;
}

bool mappings_access(struct import *import, struct mapping *mapping, uint64_t offset,
                     uint64_t bytes, enum mapping_access access)
{
    struct page_range range = pages_of(mapping, offset, bytes);
    struct trace_op op = { .kind = access == MAPPING_COMMITTED ? TRACE_COMMIT : TRACE_DECOMMIT,
                           .slot = mapping->slot,
                           .offset_pages = range.first,
                           .pages = range.end - range.first };

    if (mapping->is_stack) {
        import->notes[NOTE_STACK_PROTECTION]++;
        return true;
    }
    if (op.pages == 0)
        return true;
    /* A fixed mapping over a hole maps it again. */
    if (mapped_pages(mapping, range.first, range.end) < op.pages &&
        (!remove_range(import, mapping, range.first, range.end) ||
         !add_range(import, mapping, range.first, range.end)))
        return false;
    return import_emit(import, op);
}

bool mappings_unmap(struct import *import, struct mapping *mapping, uint64_t offset, uint64_t bytes)
{
    struct page_range range = pages_of(mapping, offset, bytes);
    struct trace_op op = { .kind = TRACE_DECOMMIT,
                           .slot = mapping->slot,
                           .offset_pages = range.first,
                           .pages = range.end - range.first };

    if (op.pages == 0)
        return true;
    if (!remove_range(import, mapping, range.first, range.end))
        return false;
    if (mapping->mapped_count == 0)
        return end(import, mapping);
    if (mapping->is_stack) {
        import->notes[NOTE_STACK_PARTIAL_UNMAP]++;
        return true;
    }
    return import_emit(import, op);
}

bool mappings_resize(struct import *import, struct mapping *mapping, uint64_t bytes)
{
    struct trace_op resize = { .kind = TRACE_RESIZE, .slot = mapping->slot };
    struct trace_op commit = { .kind = TRACE_COMMIT, .slot = mapping->slot };
    uint32_t old_pages = mapping->pages;
    uint32_t pages = import_pages(bytes);

    if (pages == old_pages)
        return true;
    if (pages == 0)
        return mappings_unmap(import, mapping, 0, UINT64_MAX);
    if (!remove_range(import, mapping, pages, UINT32_MAX) ||
        !add_range(import, mapping, old_pages, pages))
        return false;
    mapping->pages = pages;
    resize.pages = pages;
    if (!import_emit(import, resize))
        return false;
    commit.offset_pages = old_pages;
    commit.pages = pages - old_pages;
    return pages < old_pages || !mapping->committed || import_emit(import, commit);
}

bool mapping_set_heap(struct import *import, struct mapping *heap, uint64_t bytes)
{
    if (heap->live)
        return mappings_resize(import, heap, bytes);
    return bytes == 0 || mapping_begin(import, heap, bytes, MAPPING_COMMITTED, 0);
}

bool mappings_brk(struct import *import, struct mappings *mappings, uint32_t space, uint64_t bytes)
{
    void *at = mappings->heaps;

    if (!import_room(import, &at, &mappings->heaps_room, sizeof *mappings->heaps, space))
        return false;
    mappings->heaps = at;
    mappings->heaps[space].space = space;
    return mapping_set_heap(import, &mappings->heaps[space], bytes);
}

bool mappings_end_space(struct import *import, struct mappings *mappings, uint32_t space)
{
    for (size_t i = 0; i < mappings->room; i++)
        if (mappings->at[i].live && mappings->at[i].space == space &&
            !end(import, &mappings->at[i]))
            return false;
    if (space < mappings->heaps_room && mappings->heaps[space].live)
        return end(import, &mappings->heaps[space]);
    return true;
}
