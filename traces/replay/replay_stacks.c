/* SPDX-License-Identifier: 0BSD */
/* Stacks: create, touch and destroy of a slot. A touch is what the trap handler would do about it:
 * ask fault_judge(), then act.
 */
#include <lookaside/fault.h>

#include "replay_private.h"

static struct stack *stack_of(const struct replay *replay, uint32_t slot)
{
    if (slot >= replay->memory.stack_slots || replay->memory.stacks[slot].pages == 0)
        return NULL;
    return &replay->memory.stacks[slot];
}

/* Fresh pages [first_page, end_page) of a stack must read as zero; leave a mark in each, so that a
 * page that comes back without having been zeroed is noticed.
 */
static void mark_fresh_pages(struct replay *replay, const struct stack *stack, uint32_t first_page,
                             uint32_t end_page)
{
    if (!replay->config.canaries)
        return;
    for (uint32_t page = first_page; page < end_page; page++) {
        va32_t va = stack->base_va + (page << LA_PAGE_SHIFT);
        uint8_t *host = la_host(replay->port.host_base, va);

        if (!replay_reads_zero(replay, va, LA_PAGE_BYTES))
            replay_break(replay, "a fresh stack page does not read as zero");
        host[0] = 1u;
        host[LA_PAGE_BYTES - 1u] = 1u;
    }
}

struct replay_answer replay_stack_create(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.stack_slots || stack_of(replay, op->slot))
        return replay_answer(REPLAY_SKIPPED, 0);

    struct stack *stack = &replay->memory.stacks[op->slot];
    struct stack_layout layout = {
        .pages = op->pages,
        .committed_pages = op->committed_pages,
        .guard_pages = op->guard_pages,
    };
    enum la_status status = stack_create(stack, replay->memory.vas, &replay->port, &layout);

    if (status != LA_OK)
        return replay_answer(status, 0);
    replay->result.stack_pages += stack->pages - stack->low_page;
    mark_fresh_pages(replay, stack, stack->low_page, stack->pages);
    return replay_answer(LA_OK, stack->base_va);
}

/* A touch of the stack's own uncommitted part grows it. */
static struct replay_answer grow(struct replay *replay, struct stack *stack, va32_t va)
{
    uint32_t low_page = stack->low_page;
    enum la_status status = stack_grow(stack, &replay->port, va);

    if (status != LA_OK)
        return replay_answer(status, 0);
    replay->result.stack_faults++;
    replay->result.stack_pages += low_page - stack->low_page;
    mark_fresh_pages(replay, stack, stack->low_page, low_page);
    return replay_answer(LA_OK, va);
}

/* Judge a fault at `va`. The port alone knows how much memory is left, and says so in
 * stack_grow().
 */
static struct replay_answer fault(struct replay *replay, struct stack *stack, va32_t va)
{
    const struct fault_access access = { .va = va, .write = true, .user = true };
    bool inside = stack_contains(stack, va);
    struct fault_answer answer =
        fault_judge(replay->memory.vas, inside ? stack : NULL, &access, UINT32_MAX);

    switch (answer.verdict) {
    case FAULT_GROW: return grow(replay, stack, va);
    case FAULT_OVERFLOW:
        replay->result.stack_overflows++;
        return replay_answer(REPLAY_OVERFLOW, va);
    case FAULT_VIOLATION:
        replay->result.stack_violations++;
        return replay_answer(REPLAY_VIOLATION, va);
    default:
        if (inside)
            replay_break(replay, "a touch inside a stack was not judged by the stack");
        replay->result.stack_jumps++;
        return replay_answer(REPLAY_JUMP, va);
    }
}

struct replay_answer replay_stack_touch(struct replay *replay, const struct trace_op *op)
{
    struct stack *stack = stack_of(replay, op->slot);

    if (!stack)
        return replay_answer(REPLAY_SKIPPED, 0);

    /* In page numbers, where the exclusive end of the space is still a number. */
    uint32_t end_page = (stack->base_va >> LA_PAGE_SHIFT) + stack->pages;
    if (op->depth_page >= end_page)
        return replay_answer(LA_BAD_ARGUMENT, 0);
    if (op->depth_page < stack->pages - stack->low_page)
        return replay_answer(LA_OK, 0);
    return fault(replay, stack, (end_page - 1u - op->depth_page) << LA_PAGE_SHIFT);
}

struct replay_answer replay_stack_destroy(struct replay *replay, const struct trace_op *op)
{
    struct stack *stack = stack_of(replay, op->slot);

    if (!stack)
        return replay_answer(REPLAY_SKIPPED, 0);
    replay->result.stack_pages -= stack->pages - stack->low_page;
    stack_destroy(stack, &replay->port);
    stack->pages = 0;
    return replay_answer(LA_OK, 0);
}
