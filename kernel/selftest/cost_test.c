/* SPDX-License-Identifier: 0BSD */
/* What one operation costs, in the port's cycles: where those are instructions (-icount), the same
 * in every run. Each is run until its path is warm, then once more with the counter read around it.
 */
#include "groups.h"

#include <lookaside/heap.h>

#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/space.h>
#include <kernel/text.h>

#include "places.h"

#define WARM_UP 8u /* rounds before the one that counts */

static struct space space;
static uint64_t started;

static void start(void)
{
    started = port_cycles();
}

/* What reading the counter twice takes is not the operation's. */
static uint32_t stop(void)
{
    uint64_t ended = port_cycles();
    uint64_t empty_start = port_cycles();
    uint64_t empty_end = port_cycles();

    return (uint32_t)(ended - started) - (uint32_t)(empty_end - empty_start);
}

static void report(const char *name, uint32_t cost)
{
    /* Without -icount the counter is a clock, and runs on while this machine is stopped. */
    if (text_option_number(selftest_boot()->command_line, "costs", 0) == 0)
        return;
    CHECK(cost > 0 && cost < 1000000u);
    print("# figure cost.%s %u\n", name, cost);
}

static bool cannot_count(void)
{
    if (port_cycles() != 0) /* no counter is still at 0 by now */
        return false;
    selftest_skip("this processor has no counter");
    return true;
}

static void reserving_and_releasing(void)
{
    const struct vas_request request = { .segments = 4, .state = VAS_COMMITTED };
    uint32_t reserve = 0;
    uint32_t release = 0;
    va32_t va;

    if (cannot_count())
        return;
    for (uint32_t i = 0; i <= WARM_UP; i++) {
        start();
        enum la_status status = vas_reserve(&kernel_space.vas, &request, &va);
        reserve = stop();
        CHECK(status == LA_OK);
        start();
        status = vas_release(&kernel_space.vas, va);
        release = stop();
        CHECK(status == LA_OK);
    }
    report("vas-reserve", reserve);
    report("vas-release", release);
}

static void allocating_and_freeing(void)
{
    uint32_t alloc = 0;
    uint32_t release = 0;

    if (cannot_count())
        return;
    for (uint32_t i = 0; i <= WARM_UP; i++) {
        start();
        va32_t va = heap_alloc(&kernel_heap, 64);
        alloc = stop();
        CHECK(va != 0);
        start();
        enum la_status status = heap_free(&kernel_heap, va);
        release = stop();
        CHECK(status == LA_OK);
    }
    report("heap-alloc", alloc);
    report("heap-free", release);
}

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

/* The page tables are there: the page alone is missing. */
static void serving_demand_zero_faults(void)
{
    const struct vas_request request = { .segments = 1, .state = VAS_COMMITTED };
    uint32_t fault = 0;
    va32_t va;

    if (cannot_count() || !set_up())
        return;
    CHECK(vas_reserve(&space.vas, &request, &va) == LA_OK);
    for (uint32_t i = 0; i <= WARM_UP; i++) {
        volatile uint32_t *word = la_host(0, va + (i << LA_PAGE_SHIFT));

        start();
        *word = 1;
        fault = stop();
    }
    CHECK_EQUAL(space.zero_faults, WARM_UP + 1u);
    report("demand-zero-fault", fault);
    tear_down();
}

static void growing_stacks(void)
{
    struct stack stack;
    uint32_t growth = 0;

    if (cannot_count() || !set_up())
        return;
    CHECK(stack_create(&stack, &space.vas, &space.port, &STACK_LAYOUT_DEFAULT) == LA_OK);
    fault_set_stack(&stack);
    for (uint32_t i = 0; i <= WARM_UP; i++) {
        volatile uint32_t *word = la_host(0, stack_end_va(&stack) - ((3u + i) << LA_PAGE_SHIFT));

        start();
        *word = 1;
        growth = stop();
    }
    CHECK_EQUAL(space.grow_faults, WARM_UP + 1u);
    report("stack-growth", growth);
    stack_destroy(&stack, &space.port);
    tear_down();
}

const struct selftest cost_tests[] = {
    { "reserving_and_releasing", reserving_and_releasing },
    { "allocating_and_freeing", allocating_and_freeing },
    { "serving_demand_zero_faults", serving_demand_zero_faults },
    { "growing_stacks", growing_stacks },
    { NULL, NULL },
};
