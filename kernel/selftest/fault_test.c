/* SPDX-License-Identifier: 0BSD */
/* Page faults under the core's verdict: demand-zero pages, growing stacks, overflows, no memory. */
#include "groups.h"

#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/space.h>
#include <kernel/text.h>

#include "places.h"

/* One space for the tests of this file: too large for a stack. */
static struct space space;

static bool set_up(void)
{
    EXPECT(space_create(&space, la_segment_of(place_user_va(0)),
                        la_segment_of(port_geometry->user_end), true) == LA_OK);
    space_activate(&space);
    return true;
}

static void tear_down(void)
{
    fault_set_stack(NULL);
    space_activate(NULL);
    space_destroy(&space);
}

static bool reserve(uint32_t segments, enum vas_state state, va32_t *ret_va)
{
    const struct vas_request request = { .segments = segments, .state = state };

    EXPECT(vas_reserve(&space.vas, &request, ret_va) == LA_OK);
    return true;
}

/* -- Demand-zero ------------------------------------------------------------------------------- */

static bool touch_pages(va32_t va, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++) {
        uint32_t value = 1;

        EXPECT(port_probe_read(va + (i << LA_PAGE_SHIFT) + 4u * i, &value, NULL));
        EXPECT(value == 0);
        EXPECT(port_probe_write(va + (i << LA_PAGE_SHIFT), 1, NULL));
    }
    return true;
}

static void n_pages_take_n_faults_and_are_zero(void)
{
    va32_t va;

    if (!set_up())
        return;
    uint32_t before = memory_free_frames();
    CHECK(reserve(2, VAS_COMMITTED, &va));
    CHECK(touch_pages(va, 32));
    CHECK_EQUAL(space.zero_faults, 32);
    CHECK_EQUAL(space.pages, 32);
    CHECK_EQUAL(before - memory_free_frames(), 32u + space.own.table_frames - 1u);
    /* Released and reserved again: zero again, in the same frames or others. */
    space_unmap(&space, va, 32);
    CHECK(vas_release(&space.vas, va) == LA_OK);
    CHECK(!port_probe_read(va, NULL, NULL));
    CHECK(reserve(2, VAS_COMMITTED, &va));
    CHECK(touch_pages(va, 32));
    CHECK_EQUAL(space.zero_faults, 64);
    tear_down();
}

static void an_access_across_two_pages_takes_two_faults(void)
{
    va32_t va;

    if (!set_up())
        return;
    CHECK(reserve(1, VAS_COMMITTED, &va));
    CHECK(port_probe_write(va + LA_PAGE_BYTES - 2u, 0x11223344u, NULL));
    CHECK_EQUAL(space.zero_faults, 2);
    tear_down();
}

static void reserved_and_free_segments_are_violations(void)
{
    va32_t va;

    if (!set_up())
        return;
    CHECK(reserve(1, VAS_RESERVED, &va));
    CHECK(!port_probe_read(va, NULL, NULL));
    CHECK(!port_probe_write(va + LA_SEGMENT_BYTES, 1, NULL));
    CHECK_EQUAL(space.bad_faults, 2);
    CHECK(fault_last()->verdict == FAULT_VIOLATION);
    CHECK(vas_commit(&space.vas, va, 1) == LA_OK);
    CHECK(port_probe_read(va, NULL, NULL));
    CHECK(!port_probe_execute(va + LA_PAGE_BYTES, NULL)); /* a new page holds no code */
    tear_down();
}

static void copies_into_fresh_memory_are_served(void)
{
    static const char text[] = "over the edge of a page";
    char back[sizeof text];
    va32_t va;

    if (!set_up())
        return;
    CHECK(reserve(1, VAS_COMMITTED, &va));
    CHECK_EQUAL(port_copy_out(va + LA_PAGE_BYTES - 5u, text, sizeof text), 0);
    CHECK_EQUAL(port_copy_in(back, va + LA_PAGE_BYTES - 5u, sizeof text), 0);
    CHECK(text_equal(back, text));
    CHECK_EQUAL(space.zero_faults, 2);
    tear_down();
}

/* -- Kernel ranges ----------------------------------------------------------------------------- */

static void kernel_ranges_are_demand_zero_too(void)
{
    const struct vas_request request = { .segments = 4, .state = VAS_COMMITTED };
    uint32_t faults = kernel_space.zero_faults;
    va32_t va;

    CHECK(vas_reserve(&kernel_space.vas, &request, &va) == LA_OK);
    CHECK(touch_pages(va, 64));
    CHECK_EQUAL(kernel_space.zero_faults - faults, 64);
    space_unmap(&kernel_space, va, 64);
    CHECK(vas_release(&kernel_space.vas, va) == LA_OK);
    CHECK(!port_probe_read(va, NULL, NULL));
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static void stacks_grow_by_faults_down_to_the_guard(void)
{
    struct stack stack;

    if (!set_up())
        return;
    CHECK(stack_create(&stack, &space.vas, &space.port, &STACK_LAYOUT_DEFAULT) == LA_OK);
    fault_set_stack(&stack);
    va32_t end = stack_end_va(&stack);
    CHECK_EQUAL(space.pages, 2);
    CHECK(port_probe_write(end - 4u, 1, NULL));
    CHECK_EQUAL(space.grow_faults, 0);
    /* Four pages down: one fault fills all between. */
    CHECK(port_probe_write(end - 4u * LA_PAGE_BYTES - 4u, 1, NULL));
    CHECK_EQUAL(space.grow_faults, 1);
    CHECK_EQUAL(space.pages, 5);
    /* To the last page above the guard, by a kernel-mode copy. */
    va32_t lowest = stack.base_va + (stack.guard_pages << LA_PAGE_SHIFT);
    CHECK_EQUAL(port_copy_out(lowest, "x", 1), 0);
    CHECK_EQUAL(stack_committed_pages(&stack), stack.pages - stack.guard_pages);
    CHECK(!port_probe_write(lowest - 4u, 1, NULL));
    CHECK(fault_last()->verdict == FAULT_OVERFLOW);
    CHECK(text_equal(fault_last()->what, "stack overflow"));
    CHECK(!port_probe_write(stack.base_va, 1, NULL));
    CHECK(fault_last()->verdict == FAULT_OVERFLOW);
    CHECK(!port_probe_write(stack.base_va - 4u, 1, NULL));
    CHECK(fault_last()->verdict == FAULT_VIOLATION);
    CHECK(stack_check(&stack) == NULL);
    stack_destroy(&stack, &space.port);
    tear_down();
}

/* The running thread's stack alone may grow: a frame that jumps its guard must not be served by the
 * neighbour below.
 */
static void a_foreign_stack_does_not_grow(void)
{
    struct stack stack;
    struct stack neighbour;

    if (!set_up())
        return;
    CHECK(stack_create(&stack, &space.vas, &space.port, &STACK_LAYOUT_SMALL) == LA_OK);
    CHECK(stack_create(&neighbour, &space.vas, &space.port, &STACK_LAYOUT_SMALL) == LA_OK);
    fault_set_stack(&stack);
    CHECK(!port_probe_write(stack_end_va(&neighbour) - 2u * LA_PAGE_BYTES, 1, NULL));
    CHECK(fault_last()->verdict == FAULT_VIOLATION);
    fault_set_stack(&neighbour);
    CHECK(port_probe_write(stack_end_va(&neighbour) - 2u * LA_PAGE_BYTES, 1, NULL));
    stack_destroy(&stack, &space.port);
    stack_destroy(&neighbour, &space.port);
    tear_down();
}

static void a_new_stack_holds_zeros(void)
{
    struct stack stack;
    uint32_t value = 1;

    if (!set_up())
        return;
    for (uint32_t round = 0; round < 2u; round++) {
        CHECK(stack_create(&stack, &space.vas, &space.port, &STACK_LAYOUT_DEFAULT) == LA_OK);
        fault_set_stack(&stack);
        for (uint32_t page = 1; page <= 40u; page++) {
            va32_t va = stack_end_va(&stack) - (page << LA_PAGE_SHIFT);

            CHECK(port_probe_read(va, &value, NULL) && value == 0);
            CHECK(port_probe_write(va, 0xDEADu, NULL));
        }
        stack_destroy(&stack, &space.port);
    }
    tear_down();
}

/* -- No memory --------------------------------------------------------------------------------- */

/* Whether writing `pages` pages of `va` ended for want of memory, after how many. */
static bool eat(va32_t va, uint32_t pages, volatile uint32_t *ret_pages)
{
    struct trial trial;

    *ret_pages = 0;
    if (TRIAL_BEGIN(&trial)) {
        trial.quiet = true;
        for (uint32_t i = 0; i < pages; i++) {
            *(volatile uint32_t *)la_host(0, va + (i << LA_PAGE_SHIFT)) = i;
            *ret_pages = i + 1u;
        }
        trial_end(&trial);
        return false;
    }
    return trial.report.verdict == FAULT_OUT_OF_MEMORY;
}

static void no_memory_in_a_fault_ends_the_offender(void)
{
    volatile uint32_t pages;
    va32_t va;

    if (!set_up())
        return;
    CHECK(reserve(4, VAS_COMMITTED, &va));
    for (uint32_t nth = 1; nth <= 5u; nth++) {
        uint32_t before = memory_free_frames();

        /* The first touch of a fresh 4 MiB takes a page table beside the page. */
        memory_fail(nth, true);
        bool ended = eat(va, 64, &pages);
        memory_fail(0, false);
        CHECK(ended);
        CHECK_EQUAL(pages, nth < 3u ? 0u : nth - 2u);
        CHECK(space_check(&space) == NULL);
        space_unmap(&space, va, 64);
        port_tables_trim(space.tables);
        CHECK_EQUAL(memory_free_frames(), before);
    }
    CHECK(!eat(va, 64, &pages)); /* with memory it is served */
    CHECK_EQUAL(pages, 64);
    tear_down();
}

const struct selftest fault_tests[] = {
    { "n_pages_take_n_faults_and_are_zero", n_pages_take_n_faults_and_are_zero },
    { "an_access_across_two_pages_takes_two_faults", an_access_across_two_pages_takes_two_faults },
    { "reserved_and_free_segments_are_violations", reserved_and_free_segments_are_violations },
    { "copies_into_fresh_memory_are_served", copies_into_fresh_memory_are_served },
    { "kernel_ranges_are_demand_zero_too", kernel_ranges_are_demand_zero_too },
    { "stacks_grow_by_faults_down_to_the_guard", stacks_grow_by_faults_down_to_the_guard },
    { "a_foreign_stack_does_not_grow", a_foreign_stack_does_not_grow },
    { "a_new_stack_holds_zeros", a_new_stack_holds_zeros },
    { "no_memory_in_a_fault_ends_the_offender", no_memory_in_a_fault_ends_the_offender },
    { NULL, NULL },
};
