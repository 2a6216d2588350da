/* SPDX-License-Identifier: 0BSD */
/* What mmap and its family do to an address space. */
#include "strace_map.h"

#include "strace_area.h"

/* Source: Linux, include/uapi/asm-generic/mman-common.h and mman.h, linux/mman.h. */
#define MAP_FIXED_BIT        0x10u
#define MAP_STACK_BIT        0x20000u
#define MREMAP_DONTUNMAP_BIT 4u

/* -- Small parts ------------------------------------------------------------------------------- */

/* [address, address + bytes) in whole pages; false if that is none, or above the last address. */
static bool range_of(uint64_t address, uint64_t bytes, struct range *ret_range)
{
    uint64_t pages = bytes / PAGE_BYTES + (bytes % PAGE_BYTES != 0);

    if (pages == 0 || pages > STRACE_PAGES_MAX - address / PAGE_BYTES)
        return false;
    ret_range->first = address / PAGE_BYTES;
    ret_range->end = ret_range->first + pages;
    return true;
}

/* Arguments `index` and the next one as an address and a length. */
static bool take_range(const struct strace_call *call, int index, struct range *ret_range)
{
    uint64_t address;
    uint64_t bytes;

    return strace_number(call->argument[index], &address) &&
           strace_number(call->argument[index + 1], &bytes) && range_of(address, bytes, ret_range);
}

/* The call does not look as it should: the line was cut, or is not strace's. */
bool strace_not_understood(struct strace *strace)
{
    strace->foreign++;
    return true;
}

void strace_count_unknown(struct strace *strace, const struct strace_space *space)
{
    strace->import->notes[space->inherited ? NOTE_FOREIGN_MAPPING : NOTE_UNKNOWN_MAPPING]++;
}

static enum mapping_access access_of(const char *prot)
{
    uint64_t value;

    if (strace_number(prot, &value))
        return value == 0 ? MAPPING_RESERVED : MAPPING_COMMITTED;
    return strace_flag(prot, "PROT_NONE", 0) ? MAPPING_RESERVED : MAPPING_COMMITTED;
}

/* -- mmap and munmap --------------------------------------------------------------------------- */

/* A fixed mapping commits or decommits what it covers, and is new where nothing is. */
static bool map_fixed(struct strace *strace, struct strace_space *space, struct range range,
                      enum mapping_access access)
{
    struct piece piece;

    while (range.first < range.end) {
        struct range hole = range;
        bool found = space_find(space, range.first, range.end, &piece);
        if (found)
            hole.end = piece.first;
        if (hole.first < hole.end && !area_make(strace, space, hole, access, NULL))
            return false;
        if (!found)
            break;
        if (!area_settle(strace, piece.area, 0) ||
            !mappings_access(strace->import, &piece.area->mapping, piece.offset * PAGE_BYTES,
                             (piece.end - piece.first) * PAGE_BYTES, access))
            return false;
        range.first = piece.end;
    }
    return true;
}

bool strace_mmap(struct strace *strace, struct strace_task *task, const struct strace_call *call)
{
    struct strace_space *space = strace_act(strace, task);
    enum mapping_access access = access_of(call->argument[2]);
    const char *flags = call->argument[3];
    struct range range;
    uint64_t bytes;

    if (!strace_number(call->argument[1], &bytes) || !range_of(call->result, bytes, &range) ||
        *flags == '\0')
        return strace_not_understood(strace);
    if (!space)
        return true;
    if (strace_flag(flags, "MAP_FIXED", MAP_FIXED_BIT))
        return map_fixed(strace, space, range, access);
    return area_clear(strace, space, range) &&
           area_make(strace, space, range, access,
                     strace_flag(flags, "MAP_STACK", MAP_STACK_BIT) ? &task->waiting : NULL);
}

bool strace_munmap(struct strace *strace, struct strace_task *task, const struct strace_call *call)
{
    struct strace_space *space = strace_act(strace, task);
    struct range range;
    bool any;

    if (!take_range(call, 0, &range))
        return strace_not_understood(strace);
    if (!space)
        return true;
    if (!area_unmap(strace, space, range, &any))
        return false;
    if (!any)
        strace_count_unknown(strace, space);
    return true;
}

bool strace_attach(struct strace *strace, struct strace_task *task, uint64_t address,
                   uint64_t bytes)
{
    struct strace_space *space = strace_act(strace, task);
    struct range range;

    if (!range_of(address, bytes, &range))
        return strace_not_understood(strace);
    return !space || (area_clear(strace, space, range) &&
                      area_make(strace, space, range, MAPPING_COMMITTED, NULL));
}

bool strace_shmdt(struct strace *strace, struct strace_task *task, const struct strace_call *call)
{
    struct strace_space *space = strace_act(strace, task);
    struct range range;
    struct piece piece;
    uint64_t address;
    bool any;

    if (!strace_number(call->argument[0], &address) || !range_of(address, 1, &range))
        return strace_not_understood(strace);
    if (!space)
        return true;
    if (!space_find(space, range.first, range.end, &piece)) {
        strace_count_unknown(strace, space);
        return true;
    }
    range.end = range.first + piece.area->mapping.pages;
    return area_unmap(strace, space, range, &any);
}

/* -- mprotect and madvise ---------------------------------------------------------------------- */

/* The brk area, if the range lies in it. */
static struct mapping *heap_with(struct strace_space *space, struct range range)
{
    uint64_t end = space->brk_at / PAGE_BYTES + (space->brk_at % PAGE_BYTES != 0);

    return space->heap.live && range.first >= space->brk_low / PAGE_BYTES && range.end <= end
               ? &space->heap
               : NULL;
}

/* A waiting stack's first protection shows its guard: what is not made accessible at the bottom, or
 * what is made inaccessible there. 0 if it shows none.
 */
static uint32_t guard_shown(struct piece piece, enum mapping_access access)
{
    uint64_t pages = piece.end - piece.first;
    uint64_t all = piece.area->waiting_pages;
    uint64_t guard = access == MAPPING_COMMITTED ? piece.offset : pages;
    bool whole = access == MAPPING_COMMITTED ? piece.offset + pages == all : piece.offset == 0;

    return whole && guard > 0 && guard < all && guard < UINT32_MAX ? (uint32_t)guard : 0;
}

static bool protect_piece(struct strace *strace, struct piece piece, enum mapping_access access)
{
    uint32_t guard = piece.area->waiter ? guard_shown(piece, access) : 0;

    if (!area_settle(strace, piece.area, guard))
        return false;
    return guard > 0 ||
           mappings_access(strace->import, &piece.area->mapping, piece.offset * PAGE_BYTES,
                           (piece.end - piece.first) * PAGE_BYTES, access);
}

bool strace_mprotect(struct strace *strace, struct strace_task *task,
                     const struct strace_call *call)
{
    struct strace_space *space = strace_act(strace, task);
    enum mapping_access access = access_of(call->argument[2]);
    struct mapping *heap;
    struct range range;
    struct piece piece;
    bool any = false;

    if (!take_range(call, 0, &range) || *call->argument[2] == '\0')
        return strace_not_understood(strace);
    if (!space)
        return true;
    heap = heap_with(space, range);
    if (heap)
        return mappings_access(strace->import, heap, range.first * PAGE_BYTES - space->brk_low,
                               (range.end - range.first) * PAGE_BYTES, access);
    for (; space_find(space, range.first, range.end, &piece); range.first = piece.end) {
        any = true;
        if (!protect_piece(strace, piece, access))
            return false;
    }
    if (!any)
        strace_count_unknown(strace, space);
    return true;
}

bool strace_madvise(struct strace *strace, struct strace_task *task, const struct strace_call *call)
{
    struct strace_space *space = strace_act(strace, task);
    struct range range;
    struct piece piece;

    if (!take_range(call, 0, &range) || !space)
        return true; /* of nothing, which is allowed */
    if (heap_with(space, range) || space_find(space, range.first, range.end, &piece))
        strace->import->notes[NOTE_ADVICE]++;
    else
        strace_count_unknown(strace, space);
    return true;
}

/* -- mremap ------------------------------------------------------------------------------------ */

void strace_drop_moving(struct strace_task *task)
{
    if (task->moving.area)
        area_free(task->moving.area);
    task->moving = (struct piece){ 0, 0, NULL, 0 };
}

/* Lift the area off that is exactly this range, so that its addresses can be given out again. */
static bool lift(struct strace *strace, struct strace_task *task, struct strace_space *space,
                 struct range range)
{
    struct piece piece;

    if (!space_find(space, range.first, range.end, &piece) || piece.first != range.first ||
        piece.end != range.end)
        return true;
    if (!area_settle(strace, piece.area, 0))
        return false;
    if (piece.offset != 0 || piece.area->pieces != 1 || piece.area->mapping.is_stack ||
        piece.area->mapping.pages != range.end - range.first)
        return true;
    if (!space_take(strace->import, space, piece))
        return false;
    strace_drop_moving(task);
    task->moving = piece;
    return true;
}

/* Put what is lifted off down here, with this size. */
static bool put_down(struct strace *strace, struct strace_task *task, struct strace_space *space,
                     struct range range)
{
    struct piece piece = { range.first, range.end, task->moving.area, 0 };

    if (!area_clear(strace, space, range))
        return false;
    task->moving = (struct piece){ 0, 0, NULL, 0 };
    if (!piece.area)
        return area_make(strace, space, range, MAPPING_COMMITTED, NULL);
    if (!space_put(strace->import, space, piece)) {
        area_free(piece.area);
        return false;
    }
    return mappings_resize(strace->import, &piece.area->mapping,
                           (range.end - range.first) * PAGE_BYTES);
}

/* Make what ends at `from` longer, up to `end`. */
static bool grow(struct strace *strace, struct strace_space *space, uint64_t from, uint64_t end)
{
    struct range added = { from, end };
    struct piece piece;
    uint64_t pages;

    if (!area_clear(strace, space, added))
        return false;
    if (!space_find(space, from - 1u, from, &piece))
        return area_make(strace, space, added, MAPPING_COMMITTED, NULL);
    pages = piece.offset + 1u;
    if (piece.area->waiter || piece.area->mapping.is_stack || piece.area->mapping.pages != pages)
        return area_make(strace, space, added, MAPPING_COMMITTED, NULL);
    space_extend(space, from, end);
    return mappings_resize(strace->import, &piece.area->mapping, (pages + end - from) * PAGE_BYTES);
}

/* A part of a mapping, or parts of several: it is cut off, and what is elsewhere then is new. */
static bool remap_part(struct strace *strace, struct strace_space *space, struct range old,
                       struct range now, bool keep_old)
{
    uint64_t pages = now.end - now.first;
    struct range rest = { old.first + pages, old.end };
    struct piece piece;
    bool any;

    if (!space_find(space, old.first, old.end, &piece)) {
        strace_count_unknown(strace, space);
        return true;
    }
    if (rest.first < rest.end) {
        if (!area_unmap(strace, space, rest, &any))
            return false;
        old.end = rest.first;
    }
    if (now.first == old.first)
        return now.end <= old.end || grow(strace, space, old.end, now.end);
    return (keep_old || area_unmap(strace, space, old, &any)) && area_clear(strace, space, now) &&
           area_make(strace, space, now, MAPPING_COMMITTED, NULL);
}

bool strace_mremap(struct strace *strace, struct strace_task *task, const struct strace_call *call)
{
    struct strace_space *space = strace_act(strace, task);
    bool keep_old = strace_flag(call->argument[3], "MREMAP_DONTUNMAP", MREMAP_DONTUNMAP_BIT);
    uint64_t old_bytes;
    uint64_t bytes;
    struct range old = { 0, 0 };
    struct range now;

    if (!strace_number(call->argument[1], &old_bytes) ||
        !strace_number(call->argument[2], &bytes) || !range_of(call->result, bytes, &now) ||
        (old_bytes > 0 && !take_range(call, 0, &old)))
        return strace_not_understood(strace);
    if (!space)
        return true;
    if (old_bytes == 0) /* a second view of shared memory */
        return area_clear(strace, space, now) &&
               area_make(strace, space, now, MAPPING_COMMITTED, NULL);
    if (task->moving.end == 0 && !keep_old && !lift(strace, task, space, old))
        return false;
    return task->moving.end != 0 ? put_down(strace, task, space, now)
                                 : remap_part(strace, space, old, now, keep_old);
}

bool strace_begin_mremap(struct strace *strace, struct strace_task *task,
                         const struct strace_call *call)
{
    struct strace_space *space = strace_act(strace, task);
    struct range old;
    bool any;

    if (!space || !take_range(call, 0, &old) ||
        strace_flag(call->argument[3], "MREMAP_DONTUNMAP", MREMAP_DONTUNMAP_BIT))
        return true;
    if (!lift(strace, task, space, old))
        return false;
    if (task->moving.end != 0)
        return true;
    if (!area_unmap(strace, space, old, &any))
        return false;
    if (any) /* a part, or several: new where it is put down */
        task->moving = (struct piece){ old.first, old.end, NULL, 0 };
    return true;
}

bool strace_undo(struct strace *strace, struct strace_task *task)
{
    struct range old = { task->moving.first, task->moving.end };

    return task->moving.end == 0 || put_down(strace, task, strace_act(strace, task), old);
}
