/* SPDX-License-Identifier: 0BSD */
/* Mappings and the pieces of address spaces that they lie in. */
#include "strace_area.h"

#include <stdlib.h>

struct strace_space *strace_act(struct strace *strace, struct strace_task *task)
{
    struct strace_space *space = task->process->space;

    if (!space || !space->selected)
        return NULL;
    if (!task->indexed) {
        task->index = strace->indices++;
        task->indexed = true;
    }
    strace->import->thread = task->index;
    return space;
}

/* -- Areas ------------------------------------------------------------------------------------- */

bool area_settle(struct strace *strace, struct area *area, uint32_t guard_pages)
{
    uint64_t bytes = area->waiting_pages * PAGE_BYTES;

    if (!area->waiter)
        return true;
    *area->waiter = NULL;
    area->waiter = NULL;
    return mapping_begin(strace->import, &area->mapping, bytes, MAPPING_RESERVED,
                         guard_pages ? guard_pages : mapping_usual_guard(bytes));
}

bool strace_settle(struct strace *strace, struct strace_task *task)
{
    if (!task->waiting)
        return true;
    strace_act(strace, task);
    return area_settle(strace, task->waiting, 0);
}

void area_free(struct area *area)
{
    if (area->waiter)
        *area->waiter = NULL;
    mapping_free(&area->mapping);
    free(area);
}

bool area_make(struct strace *strace, struct strace_space *space, struct range range,
               enum mapping_access access, struct area **waiter)
{
    struct area *area = calloc(1, sizeof *area);
    struct piece piece = { range.first, range.end, area, 0 };
    uint64_t pages = range.end - range.first;

    if (!area)
        return import_out_of_memory(strace->import);
    if (waiter && pages >= 2u) {
        area->waiter = waiter;
        area->waiting_pages = pages;
        *waiter = area;
    } else if (!mapping_begin(strace->import, &area->mapping, pages * PAGE_BYTES, access, 0)) {
        area_free(area);
        return false;
    }
    if (space_put(strace->import, space, piece))
        return true;
    area_free(area);
    return false;
}

/* Take a piece away; with the last one goes the area. */
static bool unmap_piece(struct strace *strace, struct strace_space *space, struct piece piece)
{
    struct area *area = piece.area;

    if (!area_settle(strace, area, 0) || !space_take(strace->import, space, piece) ||
        !mappings_unmap(strace->import, &area->mapping, piece.offset * PAGE_BYTES,
                        (piece.end - piece.first) * PAGE_BYTES))
        return false;
    if (area->pieces > 0)
        return true;
    if (area->mapping.live && !mappings_unmap(strace->import, &area->mapping, 0, UINT64_MAX))
        return false;
    area_free(area);
    return true;
}

bool area_unmap(struct strace *strace, struct strace_space *space, struct range range,
                bool *ret_any)
{
    struct piece piece;

    *ret_any = false;
    while (space_find(space, range.first, range.end, &piece)) {
        range.first = piece.end;
        *ret_any = true;
        if (!unmap_piece(strace, space, piece))
            return false;
    }
    return true;
}

bool area_clear(struct strace *strace, struct strace_space *space, struct range range)
{
    bool any;

    if (!area_unmap(strace, space, range, &any))
        return false;
    strace->import->notes[NOTE_IMPLIED_FREE] += any;
    return true;
}

/* -- Ends -------------------------------------------------------------------------------------- */

bool strace_release(struct strace *strace, struct strace_task *task)
{
    struct strace_space *space = strace_act(strace, task);
    struct piece piece;

    if (!space)
        return true;
    while (space_find(space, 0, STRACE_PAGES_MAX, &piece)) {
        if (!area_settle(strace, piece.area, 0) || !space_take(strace->import, space, piece) ||
            (piece.area->mapping.live &&
             !mappings_unmap(strace->import, &piece.area->mapping, 0, UINT64_MAX)))
            return false;
        if (piece.area->pieces == 0)
            area_free(piece.area);
    }
    return mapping_set_heap(strace->import, &space->heap, 0);
}
