/* SPDX-License-Identifier: 0BSD */
/* Every way the kernel ends itself, each by the real cause and none by calling its report. */
#include <kernel/endings.h>
#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/print.h>
#include <kernel/space.h>
#include <kernel/text.h>

#include "places.h"

struct ending {
    const char *kind;
    void (*die)(void);
};

static void die_of_a_promise(void)
{
    LA_ASSERT(memory_all_frames() == 0);
}

static void die_of_a_wild_write(void)
{
    *(volatile uint32_t *)la_host(0, port_geometry->ranges_end - LA_PAGE_BYTES) = 1;
}

static void die_of_an_instruction(void)
{
    port_break_instruction();
}

static __attribute__((noinline)) void recurse(volatile uint32_t *depth)
{
    volatile uint32_t frame[64];

    frame[0] = *depth;
    (*depth)++;
    if (*depth != 0)
        recurse(depth);
    frame[1] = frame[0];
}

static void die_of_recursion(void)
{
    volatile uint32_t depth = 0;

    recurse(&depth);
}

static void die_of_a_double_free(void)
{
    void *block = kernel_alloc(40);

    kernel_free(block);
    kernel_free(block);
}

/* A stack whose backing touches what is not there, while a fault is being served. */
static enum la_status commit_badly(void *context, va32_t va, uint32_t pages)
{
    (void)context;
    (void)pages;
    *(volatile uint32_t *)la_host(0, va & 0xFFFu) = 1; /* page 0 */
    return LA_NO_MEMORY;
}

static void die_of_a_fault_in_a_fault(void)
{
    static struct space space;
    struct stack stack;

    LA_ASSERT(space_create(&space, la_segment_of(place_user_va(0)),
                           la_segment_of(port_geometry->user_end), true) == LA_OK);
    space_activate(&space);
    LA_ASSERT(stack_create(&stack, &space.vas, &space.port, &STACK_LAYOUT_DEFAULT) == LA_OK);
    fault_set_stack(&stack);
    space.port.commit = commit_badly;
    *(volatile uint32_t *)la_host(0, stack_end_va(&stack) - 5u * LA_PAGE_BYTES) = 1;
}

/* Memory runs out under the kernel itself, where no trial and no thread could end instead of it. */
static void die_of_hunger(void)
{
    const struct vas_request request = { .segments = 1, .state = VAS_COMMITTED };
    va32_t va;

    LA_ASSERT(vas_reserve(&kernel_space.vas, &request, &va) == LA_OK);
    memory_fail(1, true);
    *(volatile uint32_t *)la_host(0, va) = 1;
}

static const struct ending endings[] = {
    { "promise", die_of_a_promise },
    { "wild-write", die_of_a_wild_write },
    { "hunger", die_of_hunger },
    { "instruction", die_of_an_instruction },
    { "recursion", die_of_recursion },
    { "double-free", die_of_a_double_free },
    { "nested", die_of_a_fault_in_a_fault },
};

void endings_early(const char *command_line)
{
    uint32_t length = 0;
    const char *kind = text_option(command_line, "die", &length);

    if (kind != NULL && text_is(kind, length, "early"))
        la_panic("asked to die before anything has started", __FILE__, __LINE__);
}

void endings_started(const char *command_line)
{
    uint32_t length = 0;
    const char *kind = text_option(command_line, "die", &length);

    if (kind == NULL)
        return;
    print("TAP version 13\n");
    for (uint32_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (text_is(kind, length, endings[i].kind))
            endings[i].die();
    print("not ok 1 - command-line # die=: no such kind, or it was survived\n1..1\n");
    port_exit(PORT_FAILED);
}
