/* SPDX-License-Identifier: 0BSD */
/* Stacks. Everything inside a stack is a page number relative to its base, so that a stack which
 * ends at 4 GiB (its end address is 0) is like any other.
 */
#include <lookaside/stack.h>

static va32_t page_va(const struct stack *stack, uint32_t page)
{
    return stack->base_va + (page << LA_PAGE_SHIFT);
}

/* Segments that hold `pages` pages, without wrapping. */
static uint32_t segments_for_pages(uint32_t pages)
{
    return pages / LA_PAGES_PER_SEGMENT + (pages % LA_PAGES_PER_SEGMENT != 0u);
}

static void assert_sound(const struct stack *stack)
{
    LA_ASSERT(stack->guard_pages > 0);
    LA_ASSERT(stack->guard_pages <= stack->low_page);
    LA_ASSERT(stack->low_page <= stack->pages);
}

enum la_status stack_create(struct stack *ret_stack, struct vas *vas, const struct la_port *port,
                            const struct stack_layout *layout)
{
    uint32_t segments = segments_for_pages(layout->pages);

    if (layout->guard_pages == 0 || layout->committed_pages == 0)
        return LA_BAD_ARGUMENT;
    if (segments >= LA_SEGMENTS) /* segment 0 is never given out */
        return LA_NO_SPACE;

    uint32_t pages = segments * LA_PAGES_PER_SEGMENT;

    if (layout->guard_pages > pages || layout->committed_pages > pages - layout->guard_pages)
        return LA_BAD_ARGUMENT;

    struct vas_request request = { .segments = segments,
                                   .state = VAS_STACK,
                                   .placement = VAS_HIGHEST };
    struct stack stack = { .vas = vas,
                           .pages = pages,
                           .guard_pages = layout->guard_pages,
                           .low_page = pages - layout->committed_pages,
                           .low_page_min = pages - layout->committed_pages };
    enum la_status status = vas_reserve(vas, &request, &stack.base_va);

    if (status != LA_OK)
        return status;
    status = port->commit(port->context, page_va(&stack, stack.low_page), layout->committed_pages);
    if (status != LA_OK) {
        enum la_status released = vas_release(vas, stack.base_va);

        LA_ASSERT(released == LA_OK);
        return status;
    }
    *ret_stack = stack;
    return LA_OK;
}

void stack_destroy(struct stack *stack, const struct la_port *port)
{
    assert_sound(stack);
    /* Memory first, addresses last: nobody may be given addresses that still have old pages. */
    if (stack->low_page < stack->pages)
        port->decommit(port->context, page_va(stack, stack->low_page),
                       stack->pages - stack->low_page);

    enum la_status released = vas_release(stack->vas, stack->base_va);

    LA_ASSERT(released == LA_OK);
    *stack = (struct stack){ .pages = 0 };
}

enum la_status stack_grow(struct stack *stack, const struct la_port *port, va32_t va)
{
    assert_sound(stack);
    if (!stack_contains(stack, va))
        return LA_BAD_ADDRESS;

    uint32_t page = (va - stack->base_va) >> LA_PAGE_SHIFT;

    if (page < stack->guard_pages)
        return LA_BAD_ADDRESS;
    if (page >= stack->low_page)
        return LA_OK;

    enum la_status status =
        port->commit(port->context, page_va(stack, page), stack->low_page - page);

    if (status != LA_OK)
        return status;
    stack->low_page = page;
    if (page < stack->low_page_min)
        stack->low_page_min = page;
    return LA_OK;
}

uint32_t stack_trim(struct stack *stack, const struct la_port *port, va32_t sp, uint32_t keep_pages)
{
    assert_sound(stack);

    /* The end may be address 0, but its distance from the base is right. */
    uint32_t sp_bytes = sp - stack->base_va;

    if (sp_bytes > stack->pages << LA_PAGE_SHIFT)
        return 0;

    uint32_t sp_page = sp_bytes >> LA_PAGE_SHIFT; /* pages below this one hold nothing live */

    if (sp_page <= stack->low_page || sp_page - stack->low_page <= keep_pages)
        return 0;

    uint32_t pages = sp_page - stack->low_page - keep_pages;

    port->decommit(port->context, page_va(stack, stack->low_page), pages);
    stack->low_page += pages;
    return pages;
}

const char *stack_check(const struct stack *stack)
{
    struct vas_region region;

    if (stack->guard_pages == 0)
        return "stack has no guard";
    if (stack->guard_pages > stack->low_page)
        return "stack's committed part reaches into its guard";
    if (stack->low_page > stack->pages)
        return "stack's committed part begins past its end";
    if (stack->low_page_min < stack->guard_pages || stack->low_page_min > stack->low_page)
        return "stack's deepest page is not at or below its committed part";
    if (!vas_query(stack->vas, stack->base_va, &region))
        return "stack lies outside the managed range";
    if (la_segment_va(region.first_segment) != stack->base_va || region.state != VAS_STACK)
        return "stack's base does not begin a stack region";
    if (region.segments != stack->pages / LA_PAGES_PER_SEGMENT)
        return "stack's region has another length than the stack";
    return NULL;
}
