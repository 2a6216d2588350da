/* SPDX-License-Identifier: 0BSD */
/* A VAS, a port that only counts, and what tests of stacks ask of them. */
#ifndef LOOKASIDE_CORE_TEST_STACK_SPACE_H
#define LOOKASIDE_CORE_TEST_STACK_SPACE_H

#include "check.h"
#include "fake_port.h"

#include <lookaside/stack.h>

static struct vas vas;
static struct fake_port fake;

static inline void begin(uint32_t first_segment, uint32_t end_segment)
{
    vas_init(&vas, first_segment, end_segment);
    fake_port_init(&fake);
}

static inline struct stack created(struct stack_layout layout)
{
    struct stack stack;

    CHECK_EQ(stack_create(&stack, &vas, &fake.port, &layout), LA_OK);
    CHECK_STR(stack_check(&stack) == NULL ? "sound" : stack_check(&stack), "sound");
    return stack;
}

static inline va32_t page_va(const struct stack *stack, uint32_t page)
{
    return stack->base_va + page * LA_PAGE_BYTES;
}

static inline bool same_stack(const struct stack *a, const struct stack *b)
{
    return a->vas == b->vas && a->base_va == b->base_va && a->pages == b->pages &&
           a->guard_pages == b->guard_pages && a->low_page == b->low_page &&
           a->low_page_min == b->low_page_min;
}

/* The port has exactly pages [low_page, end) of this stack. */
static inline void check_pages(const struct stack *stack, uint32_t low_page)
{
    for (uint32_t page = 0; page < stack->pages; page++)
        if (fake.committed[page_va(stack, page) >> LA_PAGE_SHIFT] != (page >= low_page))
            CHECK_FAIL("page %u of the stack is %s, expected pages [%u, %u) committed", page,
                       page >= low_page ? "not committed" : "committed", low_page, stack->pages);
    CHECK_EQ(stack->low_page, low_page);
    CHECK_STR(stack_check(stack) == NULL ? "sound" : stack_check(stack), "sound");
}

/* Everything that can be seen of the VAS from outside, as one number. */
static inline uint64_t vas_fingerprint(void)
{
    struct vas_region region;
    struct vas_stats stats;
    uint32_t cursor = 0;
    uint64_t hash = 14695981039346656037u;

    CHECK_STR(vas_check(&vas) == NULL ? "sound" : vas_check(&vas), "sound");
    while (vas_next_region(&vas, &cursor, &region)) {
        hash = (hash ^ region.first_segment) * 1099511628211u;
        hash = (hash ^ region.segments) * 1099511628211u;
        hash = (hash ^ (uint64_t)region.state) * 1099511628211u;
    }
    vas_stats(&vas, &stats);
    return (hash ^ stats.free_segments) * 1099511628211u;
}

#endif
