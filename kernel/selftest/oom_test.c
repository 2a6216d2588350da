/* SPDX-License-Identifier: 0BSD */
/* Every operation of the kernel that takes frames, with the k-th take failing, for all k until it
 * succeeds: each failure leaves no frame behind and nothing half done.
 */
#include "groups.h"

#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/kstack.h>
#include <kernel/memory.h>
#include <kernel/space.h>

#include "places.h"

#define TRIES_MAX 4096u

/* One operation: true if it did what it should; then it has undone it again. */
struct operation {
    const char *name;
    bool (*run)(void);
};

static struct space space;

static bool make_space(void)
{
    if (space_create(&space, la_segment_of(place_user_va(0)),
                     la_segment_of(port_geometry->user_end), false) != LA_OK)
        return false;
    space_destroy(&space);
    return true;
}

/* An eager commit of 40 pages over two page tables, in a space that is not active. */
static bool commit_pages(void)
{
    va32_t va = place_user_va(0) + (4u << 20) - 20u * LA_PAGE_BYTES;

    if (space_create(&space, la_segment_of(place_user_va(0)),
                     la_segment_of(port_geometry->user_end), false) != LA_OK)
        return false;
    bool good = space.port.commit(space.port.context, va, 40) == LA_OK;
    LA_ASSERT(space.pages == (good ? 40u : 0u));
    LA_ASSERT(good || !port_query(space.tables, va, NULL));
    space_destroy(&space);
    return good;
}

static bool grow_stack(void)
{
    struct stack stack;
    bool good = false;

    if (space_create(&space, la_segment_of(place_user_va(0)),
                     la_segment_of(port_geometry->user_end), true) != LA_OK)
        return false;
    space_activate(&space);
    if (stack_create(&stack, &space.vas, &space.port, &STACK_LAYOUT_DEFAULT) == LA_OK) {
        fault_set_stack(&stack);
        good = port_probe_write(stack_end_va(&stack) - 9u * LA_PAGE_BYTES, 1, NULL);
        LA_ASSERT(good || fault_last()->verdict == FAULT_OUT_OF_MEMORY);
        LA_ASSERT(stack_committed_pages(&stack) == (good ? 9u : 2u));
        LA_ASSERT(stack_check(&stack) == NULL);
        fault_set_stack(NULL);
        stack_destroy(&stack, &space.port);
    }
    space_activate(NULL);
    space_destroy(&space);
    return good;
}

static bool demand_page(void)
{
    const struct vas_request request = { .segments = 1, .state = VAS_COMMITTED };
    va32_t va;
    bool good;

    if (space_create(&space, la_segment_of(place_user_va(0)),
                     la_segment_of(port_geometry->user_end), true) != LA_OK)
        return false;
    space_activate(&space);
    LA_ASSERT(vas_reserve(&space.vas, &request, &va) == LA_OK);
    good = port_probe_write(va, 1, NULL) && port_probe_write(va + LA_PAGE_BYTES, 1, NULL);
    space_activate(NULL);
    space_destroy(&space);
    return good;
}

static bool make_kstack(void)
{
    struct kstack kstack;

    if (kstack_create(&kstack, "oom") != LA_OK)
        return false;
    kstack_destroy(&kstack);
    return true;
}

static bool take_blocks(void)
{
    static const uint32_t bytes[] = { 24, 3000, 40000, 200000 };
    void *block[4] = { 0 };
    bool good = true;

    for (uint32_t i = 0; i < 4u; i++) {
        block[i] = kernel_alloc(bytes[i]);
        good &= block[i] != NULL;
    }
    LA_ASSERT(heap_check(&kernel_heap) == NULL);
    for (uint32_t i = 0; i < 4u; i++)
        kernel_free(block[i]);
    return good;
}

static bool take_device_memory(void)
{
    uint32_t physical;
    void *block = dma_alloc(9000, 12, &physical);

    LA_ASSERT(heap_check(&dma_heap) == NULL);
    if (block == NULL)
        return false;
    dma_free(block);
    return true;
}

static const struct operation operations[] = {
    { "making a space", make_space },
    { "an eager commit", commit_pages },
    { "growing a stack by a fault", grow_stack },
    { "demand-zero faults", demand_page },
    { "making a kernel stack", make_kstack },
    { "kernel blocks", take_blocks },
    { "device memory", take_device_memory },
};

/* How many failures were survived; 0 if something was wrong. With `for_ever`, memory stays gone. */
static uint32_t sweep(const struct operation *operation, bool for_ever)
{
    uint32_t before = selftest_free_frames();

    for (uint32_t nth = 1; nth < TRIES_MAX; nth++) {
        memory_fail(nth, for_ever);
        bool good = operation->run();
        uint32_t takes = memory_takes();
        memory_fail(0, false);
        if (selftest_free_frames() != before) {
            selftest_fail(__FILE__, __LINE__, "%s: the %u-th take failed and %u frames are missing",
                          operation->name, nth, before - selftest_free_frames());
            return 0;
        }
        /* Some operations go on without, like a heap that gives back what it kept. */
        if (takes < nth)
            return good ? nth - 1u : 0;
    }
    return 0;
}

static void every_operation_survives_every_failure(void)
{
    for (uint32_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        for (uint32_t for_ever = 0; for_ever < 2u; for_ever++) {
            uint32_t survived = sweep(&operations[i], for_ever != 0);

            if (survived == 0) {
                selftest_fail(__FILE__, __LINE__, "%s: it never came to an end",
                              operations[i].name);
                return;
            }
            print("# %s: %u failures of %s survived\n", operations[i].name, survived,
                  for_ever != 0 ? "all memory" : "one take");
        }
    }
    CHECK(memory_check() == NULL);
    CHECK(space_check(&kernel_space) == NULL);
}

const struct selftest oom_tests[] = {
    { "every_operation_survives_every_failure", every_operation_survives_every_failure },
    { NULL, NULL },
};
