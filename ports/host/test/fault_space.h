/* SPDX-License-Identifier: 0BSD */
/* A real window with a VAS whose faults are handled, and a way to survive those that are not. */
#ifndef LOOKASIDE_HOST_TEST_FAULT_SPACE_H
#define LOOKASIDE_HOST_TEST_FAULT_SPACE_H

#include "check.h"

#include <lookaside/host.h>

#include <setjmp.h>

/* 1,024 segments: small enough for a 32-bit process that is full of a sanitizer's shadow. */
#define FIRST_SEGMENT 256u
#define END_SEGMENT   1280u

static struct host_window window;
static struct vas vas;

/* -- Touching, and surviving it ---------------------------------------------------------------- */

static sigjmp_buf violated;
static struct fault_answer last_answer;
static struct fault_access last_access;

static inline void note_violation(struct host_window *w, const struct fault_answer *answer,
                                  const struct fault_access *access)
{
    (void)w;
    last_answer = *answer;
    last_access = *access;
    siglongjmp(violated, 1);
}

static inline volatile uint8_t *host(va32_t va)
{
    return la_host(window.port.host_base, va);
}

/* Write (or read) one byte. "repaired" or the name of the verdict that ended it. */
static inline const char *touch(va32_t va, bool write)
{
    if (sigsetjmp(violated, 1) != 0)
        return fault_verdict_name(last_answer.verdict);
    if (write)
        *host(va) = 0xa5;
    else
        (void)*host(va);
    return "repaired";
}

static inline void begin_range(uint32_t first_segment, uint32_t end_segment)
{
    struct host_window_options options = { .first_segment = first_segment,
                                           .end_segment = end_segment };

    CHECK_EQ(host_window_open(&window, &options), LA_OK);
    vas_init(&vas, first_segment, end_segment);
    CHECK_EQ(host_fault_handler_install(), LA_OK);
    host_window_attach(&window, &vas);
    window.on_violation = note_violation;
}

static inline void begin(void)
{
    begin_range(FIRST_SEGMENT, END_SEGMENT);
}

static inline void end(void)
{
    host_window_close(&window);
    host_fault_handler_remove();
}

static inline va32_t region(enum vas_state state, uint32_t segments)
{
    struct vas_request request = { .segments = segments, .state = state };
    va32_t va = 0;

    CHECK_EQ(vas_reserve(&vas, &request, &va), LA_OK);
    return va;
}

static inline void create_stack(struct stack *stack, struct stack_layout layout)
{
    CHECK_EQ(stack_create(stack, &vas, &window.port, &layout), LA_OK);
    CHECK_EQ(host_window_add_stack(&window, stack), LA_OK);
}

static inline va32_t page_va(const struct stack *stack, uint32_t page)
{
    return stack->base_va + page * LA_PAGE_BYTES;
}

#endif
