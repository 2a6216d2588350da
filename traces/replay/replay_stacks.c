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

const struct stack *replay_stack_at(const struct replay *replay, va32_t va)
{
    for (uint32_t slot = 0; slot < replay->memory.stack_slots; slot++)
        if (replay->memory.stacks[slot].pages && stack_contains(&replay->memory.stacks[slot], va))
            return &replay->memory.stacks[slot];
    return NULL;
}

void replay_mark_fresh_pages(struct replay *replay, va32_t va, uint32_t pages, const char *broken)
{
    if (!replay->config.canaries)
        return;
    for (; pages > 0; pages--, va += LA_PAGE_BYTES) {
        uint8_t *host = la_host(replay->port.host_base, va);

        if (!replay_reads_zero(replay, va, LA_PAGE_BYTES))
            replay_break(replay, broken);
        host[0] = 1u;
        host[LA_PAGE_BYTES - 1u] = 1u;
    }
}

/* The `pages` lowest committed pages of a stack are new. */
static void mark_grown(struct replay *replay, const struct stack *stack, uint32_t pages)
{
    replay->result.stack_pages += pages;
    replay_mark_fresh_pages(replay, stack->base_va + (stack->low_page << LA_PAGE_SHIFT), pages,
                            "a fresh stack page does not read as zero");
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
    mark_grown(replay, stack, stack_committed_pages(stack));
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
    mark_grown(replay, stack, low_page - stack->low_page);
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

    replay->verdict = answer;
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

struct replay_answer replay_stack_trim(struct replay *replay, const struct trace_op *op)
{
    struct stack *stack = stack_of(replay, op->slot);

    if (!stack)
        return replay_answer(REPLAY_SKIPPED, 0);

    uint32_t pages =
        stack_trim(stack, &replay->port, stack_end_va(stack) - op->depth_bytes, op->keep_pages);
    replay->result.stack_pages -= pages;
    return replay_answer(LA_OK, pages);
}

/* The pages that a port with so much memory would say are left. */
static uint32_t free_pages(const struct replay *replay)
{
    if (replay->limit_pages == UINT32_MAX)
        return UINT32_MAX;
    return replay->limit_pages > replay->backed_pages ? replay->limit_pages - replay->backed_pages
                                                      : 0;
}

struct replay_answer replay_access(struct replay *replay, const struct trace_op *op)
{
    struct stack *stack = op->stack_plus_1 ? stack_of(replay, op->stack_plus_1 - 1u) : NULL;

    if (op->slot >= replay->memory.region_slots || (op->stack_plus_1 && !stack))
        return replay_answer(REPLAY_SKIPPED, 0);

    const struct fault_access access = {
        .va = replay_from_region(replay, op),
        .user = true,
        .write = op->access & TRACE_ACCESS_WRITE,
        .execute = op->access & TRACE_ACCESS_FETCH,
        .present = op->access & TRACE_ACCESS_PRESENT,
        .allowed_now = op->access & TRACE_ACCESS_ALLOWED,
    };

    replay->verdict = fault_judge(replay->memory.vas, stack, &access, free_pages(replay));
    switch (replay->verdict.verdict) {
    case FAULT_MAP_ZERO: return replay_map(replay, access.va);
    case FAULT_GROW:
        if (stack && stack_contains(stack, access.va))
            return grow(replay, stack, access.va);
        replay_break(replay, "an access outside of the stack is to grow it");
        return replay_answer(REPLAY_SKIPPED, access.va);
    case FAULT_RETRY: return replay_answer(REPLAY_RETRY, access.va);
    case FAULT_OVERFLOW: return replay_answer(REPLAY_OVERFLOW, access.va);
    case FAULT_OUT_OF_MEMORY: return replay_answer(REPLAY_OUT_OF_MEMORY, replay->verdict.pages);
    default: return replay_answer(REPLAY_VIOLATION, access.va);
    }
}
