/* SPDX-License-Identifier: 0BSD */
/* Stacks of user programs, found by address and address space. */
#include "kmem_stacks.h"

#include <stdlib.h>

/* Where an x86-64 program's main stack can be: the last 16 GiB of its addresses, by chance, and 8
 * MiB for the stack itself; mappings are always below. Source: Linux arch/x86/mm/mmap.c.
 */
#define MAIN_BYTES      (UINT64_C(8) << 20)
#define ADDRESSES_END   (UINT64_C(1) << 47)
#define ARGUMENTS_FIRST (ADDRESSES_END - (UINT64_C(16) << 30) - MAIN_BYTES)
#define PAGE_BYTES      4096u

void kmem_stacks_free(struct kmem_stacks *stacks)
{
    for (size_t i = 0; i < stacks->count; i++)
        free(stacks->at[i].mapping.mapped);
    free(stacks->at);
    free(stacks->spaces);
    objects_free_all(&stacks->tasks);
    objects_free_all(&stacks->arguments);
    *stacks = (struct kmem_stacks){ .count = 0 };
}

/* -- Address spaces ---------------------------------------------------------------------------- */

/* Put a task into a space; UINT32_MAX: a new one. */
static bool enter(struct import *import, struct kmem_stacks *stacks, uint32_t pid, uint32_t space)
{
    void *spaces = stacks->spaces;

    if (space == UINT32_MAX)
        space = stacks->spaces_count++;
    if (!import_room(import, &spaces, &stacks->spaces_room, sizeof *stacks->spaces, space))
        return false;
    stacks->spaces = spaces;
    stacks->spaces[space].users++;
    return objects_put(import, &stacks->tasks, (struct object){ pid + UINT64_C(1), 0, space });
}

/* The space of a task; one that was there before the recording gets one of its own. */
static bool space_of(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                     uint32_t *ret_space)
{
    const struct object *task = objects_find(&stacks->tasks, 0, pid + UINT64_C(1));

    *ret_space = task ? task->slot : stacks->spaces_count;
    return task || enter(import, stacks, pid, UINT32_MAX);
}

static bool end_stack(struct import *import, struct kmem_stacks *stacks, size_t index)
{
    struct mapping mapping = stacks->at[index].mapping;

    stacks->at[index] = stacks->at[--stacks->count];
    return mappings_unmap(import, &mapping, 0, UINT64_MAX);
}

/* A task leaves its space, and the last one takes the stacks along. */
static bool leave(struct import *import, struct kmem_stacks *stacks, uint32_t pid)
{
    struct object task;

    if (!objects_take(&stacks->tasks, 0, pid + UINT64_C(1), &task) ||
        --stacks->spaces[task.slot].users > 0)
        return true;
    for (size_t i = stacks->count; i-- > 0;)
        if (stacks->at[i].space == task.slot && !end_stack(import, stacks, i))
            return false;
    return true;
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static bool begin_stack(struct import *import, struct kmem_stacks *stacks, uint32_t space,
                        uint64_t first, uint64_t bytes)
{
    struct kmem_stack stack = { .first = first, .end = first + bytes, .space = space };
    void *at = stacks->at;

    if (!import_room(import, &at, &stacks->room, sizeof *stacks->at, stacks->count))
        return false;
    stacks->at = at;
    if (!mapping_begin(import, &stack.mapping, bytes, MAPPING_RESERVED, mapping_usual_guard(bytes)))
        return false;
    stacks->at[stacks->count++] = stack;
    return true;
}

bool kmem_stacks_unmap(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                       uint64_t address, uint64_t bytes)
{
    uint64_t end = bytes < UINT64_MAX - address ? address + bytes : UINT64_MAX;
    uint32_t space;

    if (!space_of(import, stacks, pid, &space))
        return false;
    for (size_t i = stacks->count; i-- > 0;) {
        struct kmem_stack *stack = &stacks->at[i];
        if (stack->space != space || stack->end <= address || end <= stack->first)
            continue;
        if (stack->first < address || end < stack->end)
            import->notes[NOTE_STACK_PARTIAL_UNMAP]++;
        else if (!end_stack(import, stacks, i))
            return false;
    }
    return true;
}

/* What was there before must be gone. One page is no stack. */
bool kmem_stacks_map(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                     uint64_t address, uint64_t bytes)
{
    uint32_t space;

    if (bytes < 2u * PAGE_BYTES || address > ADDRESSES_END || bytes > ADDRESSES_END)
        return true;
    return space_of(import, stacks, pid, &space) &&
           kmem_stacks_unmap(import, stacks, pid, address, bytes) &&
           begin_stack(import, stacks, space, address, bytes);
}

/* -- Touches ----------------------------------------------------------------------------------- */

static bool touch(struct import *import, const struct kmem_stacks *stacks, uint32_t space,
                  uint64_t address)
{
    struct trace_op op = { .kind = TRACE_STACK_TOUCH };

    for (size_t i = 0; i < stacks->count; i++) {
        const struct kmem_stack *stack = &stacks->at[i];
        if (stack->space != space || address < stack->first || address >= stack->end)
            continue;
        op.slot = stack->mapping.slot;
        op.depth_page = (uint32_t)((stack->end - 1u - address) / PAGE_BYTES);
        return import_emit(import, op);
    }
    return true;
}

/* A main stack whose first page ends at `end`, and is in use. */
static bool begin_main(struct import *import, struct kmem_stacks *stacks, uint32_t space,
                       uint64_t end)
{
    return begin_stack(import, stacks, space, end - MAIN_BYTES, MAIN_BYTES) &&
           touch(import, stacks, space, end - 1u);
}

/* Remember what may turn out to be the first page of the stack after an exec. */
static bool note_argument(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                          uint64_t address)
{
    struct object argument = { .address = pid + UINT64_C(1) };
    struct object old;

    argument.slot = (uint32_t)((address - ARGUMENTS_FIRST) / PAGE_BYTES);
    objects_take(&stacks->arguments, 0, argument.address, &old);
    return objects_put(import, &stacks->arguments, argument);
}

bool kmem_stacks_fault(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                       uint64_t address, bool kernel_wrote)
{
    bool can_be_main = address >= ARGUMENTS_FIRST && address < ADDRESSES_END - PAGE_BYTES;
    uint32_t space;

    if (!space_of(import, stacks, pid, &space))
        return false;
    if (can_be_main && kernel_wrote && !note_argument(import, stacks, pid, address))
        return false;
    if (can_be_main && stacks->spaces[space].awaits_main) {
        stacks->spaces[space].awaits_main = false;
        import->notes[NOTE_TOP_GUESSED]++;
        if (!begin_main(import, stacks, space, (address / PAGE_BYTES + 2u) * PAGE_BYTES))
            return false;
    }
    return touch(import, stacks, space, address);
}

/* -- Tasks ------------------------------------------------------------------------------------- */

bool kmem_stacks_fork(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                      uint32_t child, bool shared)
{
    uint32_t space;

    return space_of(import, stacks, pid, &space) && leave(import, stacks, child) &&
           enter(import, stacks, child, shared ? space : UINT32_MAX);
}

void kmem_stacks_exec_begin(struct kmem_stacks *stacks, uint32_t pid)
{
    struct object argument;

    objects_take(&stacks->arguments, 0, pid + UINT64_C(1), &argument);
}

bool kmem_stacks_exec(struct import *import, struct kmem_stacks *stacks, uint32_t pid,
                      uint32_t old_pid)
{
    uint32_t space = stacks->spaces_count;
    struct object argument;
    bool known;

    if (!leave(import, stacks, pid) || !leave(import, stacks, old_pid) ||
        !enter(import, stacks, pid, UINT32_MAX))
        return false;
    known = objects_take(&stacks->arguments, 0, old_pid + UINT64_C(1), &argument);
    stacks->spaces[space].awaits_main = !known;
    return !known || begin_main(import, stacks, space,
                                ARGUMENTS_FIRST + (argument.slot + UINT64_C(1)) * PAGE_BYTES);
}

bool kmem_stacks_exit(struct import *import, struct kmem_stacks *stacks, uint32_t pid)
{
    kmem_stacks_exec_begin(stacks, pid);
    return leave(import, stacks, pid);
}
