/* SPDX-License-Identifier: 0BSD */
/* A space with one region of each kind and two stacks side by side, for tests of the verdict. */
#ifndef LOOKASIDE_CORE_TEST_FAULT_SPACE_H
#define LOOKASIDE_CORE_TEST_FAULT_SPACE_H

#include "check.h"
#include "fake_port.h"

#include <lookaside/fault.h>

static struct vas vas;
static struct vas other_vas;
static struct fake_port fake;

static struct stack upper;
static struct stack lower;
static va32_t reserved_va;
static va32_t committed_va;
static va32_t free_va;

static inline va32_t region(enum vas_state state, uint32_t segment)
{
    struct vas_request request = { .segments = 2,
                                   .state = state,
                                   .placement = VAS_FIXED,
                                   .window_first = segment,
                                   .window_end = segment + 2u };
    va32_t va = 0;

    CHECK_EQ(vas_reserve(&vas, &request, &va), LA_OK);
    return va;
}

static inline void begin(struct stack_layout layout)
{
    vas_init(&vas, 1, LA_SEGMENTS);
    vas_init(&other_vas, 1, LA_SEGMENTS);
    fake_port_init(&fake);
    reserved_va = region(VAS_RESERVED, 10);
    committed_va = region(VAS_COMMITTED, 12);
    free_va = la_segment_va(100);
    CHECK_EQ(stack_create(&upper, &vas, &fake.port, &layout), LA_OK);
    CHECK_EQ(stack_create(&lower, &vas, &fake.port, &layout), LA_OK);
    CHECK_EQ(stack_end_va(&lower), upper.base_va);
}

static inline va32_t page_va(const struct stack *stack, uint32_t page)
{
    return stack->base_va + page * LA_PAGE_BYTES;
}

/* A plain write to a missing page, with all the memory there is. */
static inline struct fault_answer judge_write(const struct stack *stack, va32_t va)
{
    struct fault_access access = { .va = va, .write = true, .user = true };

    return fault_judge(&vas, stack, &access, UINT32_MAX);
}

static inline void check_verdict(const char *what, struct fault_answer answer,
                                 enum fault_verdict expected)
{
    if (answer.verdict != expected)
        CHECK_FAIL("%s: verdict is %s, expected %s", what, fault_verdict_name(answer.verdict),
                   fault_verdict_name(expected));
}

#endif
