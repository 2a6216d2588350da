/* SPDX-License-Identifier: 0BSD */
/* Stacks of a process, its page faults, and what it may touch. The core judges; here is what a
 * verdict means page by page, and why an access was wrong, in words its programmer can use.
 */
#include "uspace_private.h"

#include "range.h"

/* -- Stacks ------------------------------------------------------------------------------------ */

enum la_status uspace_stack_create(struct uspace *space, struct uspace_stack *ret_stack,
                                   const struct stack_layout *layout, uint32_t label)
{
    enum la_status status =
        stack_create(&ret_stack->stack, &space->vas, &space->stack_port, layout);

    if (status != LA_OK)
        return status;
    if (uspace_take_chunks(space, la_segment_of(ret_stack->stack.base_va), 1) != LA_OK) {
        stack_destroy(&ret_stack->stack, &space->stack_port);
        return LA_NO_MEMORY;
    }
    uspace_set_label(space, ret_stack->stack.base_va, label);
    ret_stack->next = space->stacks;
    space->stacks = ret_stack;
    return LA_OK;
}

void uspace_stack_destroy(struct uspace *space, struct uspace_stack *stack)
{
    struct uspace_stack **link = &space->stacks;

    while (*link != stack) {
        LA_ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = stack->next;
    uspace_set_label(space, stack->stack.base_va, 0);
    stack_destroy(&stack->stack, &space->stack_port);
}

static const struct stack *stack_at(const struct uspace *space, va32_t va)
{
    for (const struct uspace_stack *stack = space->stacks; stack != NULL; stack = stack->next)
        if (stack_contains(&stack->stack, va))
            return &stack->stack;
    return NULL;
}

/* Its page there, counted from the stack's base. */
static uint32_t page_in(const struct stack *stack, va32_t va)
{
    return (va - stack->base_va) >> LA_PAGE_SHIFT;
}

/* -- Faults ------------------------------------------------------------------------------------ */

/* Why an access to a user address must not go on. */
static uint32_t explain(const struct uspace *space, const struct stack *own, va32_t va)
{
    const struct stack *stack;

    switch (vas_state(&space->vas, va)) {
    case VAS_FREE: return UABI_UNMAPPED;
    case VAS_RESERVED: return UABI_NOT_COMMITTED;
    case VAS_COMMITTED:
        return uspace_page_access(space, va) == 0 ? UABI_NOT_COMMITTED : UABI_PROTECTED;
    case VAS_STACK:
    default: break;
    }
    stack = stack_at(space, va);
    LA_ASSERT(stack != NULL);
    if (page_in(stack, va) < stack->guard_pages)
        return stack == own ? UABI_STACK_OVERFLOW : UABI_GUARD;
    return stack == own || page_in(stack, va) >= stack->low_page ? UABI_PROTECTED
                                                                 : UABI_OTHER_STACK;
}

/* A missing page of a segment with committed ones. */
static uint32_t map_page(struct uspace *space, va32_t va, bool write)
{
    uint32_t access = uspace_page_access(space, va);
    enum la_status status;

    if (access == 0)
        return UABI_NOT_COMMITTED;
    if (access == UABI_NO_ACCESS || (write && access != UABI_READ_WRITE))
        return UABI_PROTECTED;
    status = space->hooks->map(space->hooks->context, va & ~(LA_PAGE_BYTES - 1u),
                               (enum uabi_access)access);
    if (status == LA_NO_MEMORY)
        return UABI_OUT_OF_MEMORY;
    if (status == LA_OK) {
        uspace_keep_promise(space);
        space->backed_pages++;
        space->zero_faults++;
    }
    return UABI_OK;
}

uint32_t uspace_fault(struct uspace *space, struct stack *own, const struct fault_access *access)
{
    va32_t va = access->va;

    if (va < UABI_USER_FIRST)
        return UABI_NULL_POINTER;
    if (va >= UABI_USER_END)
        return UABI_KERNEL_ADDRESS;

    /* A committed page was promised its frame; a stack has to find one. */
    uint32_t frames = vas_state(&space->vas, va) == VAS_STACK
                          ? uspace_frames_unpromised(space)
                          : space->hooks->frames_free(space->hooks->context);
    struct fault_answer answer = fault_judge(&space->vas, own, access, frames);

    switch (answer.verdict) {
    case FAULT_RETRY: return UABI_OK;
    case FAULT_MAP_ZERO: return map_page(space, va, access->write);
    case FAULT_GROW:
        if (stack_grow(own, &space->stack_port, va) != LA_OK)
            return UABI_OUT_OF_MEMORY;
        space->grow_faults++;
        return UABI_OK;
    case FAULT_OVERFLOW: return UABI_STACK_OVERFLOW;
    case FAULT_OUT_OF_MEMORY: return UABI_OUT_OF_MEMORY;
    case FAULT_VIOLATION:
    default: return explain(space, own, va);
    }
}

/* -- What may be touched ----------------------------------------------------------------------- */

static bool allows_page(const struct uspace *space, const struct stack *own, va32_t va, bool write)
{
    uint32_t access = uspace_page_access(space, va);
    const struct stack *stack;

    switch (vas_state(&space->vas, va)) {
    case VAS_COMMITTED: return write ? access == UABI_READ_WRITE : access >= UABI_READ_ONLY;
    case VAS_STACK: break;
    case VAS_FREE:
    case VAS_RESERVED:
    default: return false;
    }
    stack = own != NULL && stack_contains(own, va) ? own : stack_at(space, va);
    LA_ASSERT(stack != NULL);
    return page_in(stack, va) >= (stack == own ? stack->guard_pages : stack->low_page);
}

bool uspace_allows(const struct uspace *space, const struct stack *own, va32_t va, uint32_t bytes,
                   bool write)
{
    if (!range_is_user(va, bytes))
        return false;
    if (bytes == 0)
        return true;

    va32_t last = (va + bytes - 1u) & ~(LA_PAGE_BYTES - 1u);

    for (va32_t page = va & ~(LA_PAGE_BYTES - 1u); page <= last; page += LA_PAGE_BYTES)
        if (!allows_page(space, own, page, write))
            return false;
    return true;
}
