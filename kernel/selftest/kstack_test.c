/* SPDX-License-Identifier: 0BSD */
/* Kernel stacks: an overflow is noticed, reported with who and where, and survived. */
#include "groups.h"

#include <kernel/faults.h>
#include <kernel/kstack.h>
#include <kernel/space.h>
#include <kernel/symbols.h>
#include <kernel/text.h>

#include "places.h"

/* A deep recursion on a stack of its own, and how it ended. */
struct dive {
    struct port_context main;
    struct port_context diver;
    struct fault_report report;
    volatile uint32_t depth;
    bool survived;
};

static __attribute__((noinline)) void recurse(struct dive *dive)
{
    volatile char frame[200];

    frame[0] = 1;
    dive->depth++;
    if (dive->depth != 0) /* that is for ever, but compilers refuse what obviously is */
        recurse(dive);
    frame[1] = frame[0]; /* so that the call is not the last thing done */
}

/* Runs on the new stack: the trial's place is far above the end, so it can go on after the fault.
 */
static void dive_in(void *argument)
{
    struct dive *dive = argument;
    struct trial trial;

    if (TRIAL_BEGIN(&trial)) {
        trial.quiet = true;
        recurse(dive);
        trial_end(&trial);
    } else {
        dive->report = trial.report;
        dive->survived = true;
    }
    port_context_switch(&dive->diver, &dive->main);
}

static bool overflow_once(struct dive *dive)
{
    struct kstack kstack;

    *dive = (struct dive){ .depth = 0 };
    EXPECT(kstack_create(&kstack, "diver") == LA_OK);
    uint32_t saved = port_irq_save();
    port_context_init(&dive->diver, stack_end_va(&kstack.stack), dive_in, dive);
    port_context_switch(&dive->main, &dive->diver);
    port_irq_restore(saved);

    va32_t low = kstack.stack.base_va + (kstack.stack.low_page << LA_PAGE_SHIFT);
    EXPECT(dive->survived);
    EXPECT(dive->report.verdict == FAULT_OVERFLOW);
    EXPECT(text_equal(dive->report.owner, "diver"));
    EXPECT(dive->report.fault.va < low && dive->report.fault.va >= low - 512u);
    EXPECT(dive->depth > KSTACK_COMMITTED_PAGES * LA_PAGE_BYTES / 512u);
    kstack_destroy(&kstack);
    return true;
}

static void overflow_is_reported_and_survived(void)
{
    static struct dive dive;
    uint32_t offset;

    for (uint32_t i = 0; i < 3u; i++) {
        CHECK(overflow_once(&dive));
        CHECK(dive.report.fault.double_fault);
        CHECK(text_equal(dive.report.what, "kernel stack overflow"));
        if (symbol_count > 0)
            CHECK(text_equal(symbol_of(dive.report.fault.ip, &offset), "recurse"));
    }
}

/* The way back from the overflow loads a space's page tables anew: it must be the right one. */
static void overflow_leaves_the_active_space_alone(void)
{
    static struct dive dive;
    static struct space space;
    const struct vas_request request = { .segments = 1, .state = VAS_COMMITTED };
    uint32_t value = 0;
    va32_t va;

    CHECK(space_create(&space, la_segment_of(place_user_va(0)),
                       la_segment_of(port_geometry->user_end), true) == LA_OK);
    space_activate(&space);
    CHECK(vas_reserve(&space.vas, &request, &va) == LA_OK);
    CHECK(port_probe_write(va, 4711, NULL));
    CHECK(overflow_once(&dive));
    CHECK(port_probe_read(va, &value, NULL));
    CHECK_EQUAL(value, 4711);
    CHECK_EQUAL(space.zero_faults, 1);
    CHECK(port_probe_write(va + LA_PAGE_BYTES, 1, NULL)); /* faults are still served */
    space_activate(NULL);
    space_destroy(&space);
}

static void the_guard_is_a_violation_for_others(void)
{
    struct kstack kstack;

    CHECK(kstack_create(&kstack, "guarded") == LA_OK);
    CHECK(kstack_guard_owner(kstack.stack.base_va) != NULL);
    CHECK(kstack_guard_owner(stack_end_va(&kstack.stack) - 1u) == NULL);
    CHECK(port_probe_write(stack_end_va(&kstack.stack) - 4u, 1, NULL));
    CHECK(!port_probe_write(kstack.stack.base_va, 1, NULL));
    CHECK(text_equal(fault_last()->what, "guard of a kernel stack"));
    CHECK(text_equal(fault_last()->owner, "guarded"));
    kstack_destroy(&kstack);
    CHECK(kstack_guard_owner(kstack.stack.base_va) == NULL);
}

static void many_stacks_come_and_go(void)
{
    static struct kstack kstacks[100];

    for (uint32_t i = 0; i < 100u; i++)
        CHECK(kstack_create(&kstacks[i], "crowd") == LA_OK);
    for (uint32_t i = 0; i < 100u; i++) {
        CHECK(port_probe_write(stack_end_va(&kstacks[i].stack) - 4u, i, NULL));
        kstack_destroy(&kstacks[i]);
    }
}

const struct selftest kstack_tests[] = {
    { "overflow_is_reported_and_survived", overflow_is_reported_and_survived },
    { "overflow_leaves_the_active_space_alone", overflow_leaves_the_active_space_alone },
    { "the_guard_is_a_violation_for_others", the_guard_is_a_violation_for_others },
    { "many_stacks_come_and_go", many_stacks_come_and_go },
    { NULL, NULL },
};
