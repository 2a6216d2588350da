/* SPDX-License-Identifier: 0BSD */
/* What ring 3 pays, in the processor's cycles: where those are instructions (-icount), the same in
 * every run. The argument names what is measured; the status is the cost, 0 if it failed.
 */
#include "../lib/user.h"

#define WARM_UP 8u

/* What reading the counter twice takes is not the operation's. */
static uint32_t between(uint32_t begin, uint32_t end)
{
    uint32_t empty_begin = user_cycles();
    uint32_t empty_end = user_cycles();

    return end - begin - (empty_end - empty_begin);
}

/* The cheapest call there is: in, one number, and out. */
static uint32_t system_call(void)
{
    uint32_t cost = 0;

    for (uint32_t i = 0; i <= WARM_UP; i++) {
        uint32_t begin = user_cycles();

        (void)user_self();
        cost = between(begin, user_cycles());
    }
    return cost;
}

/* A touch of a committed page: fault, judgement, a zeroed frame, and back. */
static uint32_t fault(void)
{
    uint32_t va = user_reserve(UABI_SEGMENT_BYTES, UABI_PLACE_LOW);
    uint32_t cost = 0;

    if (user_commit(va, UABI_SEGMENT_BYTES, UABI_READ_WRITE) != UABI_OK)
        return 0;
    for (uint32_t i = 0; i <= WARM_UP; i++) {
        volatile uint32_t *word = (uint32_t *)(uintptr_t)(va + i * UABI_PAGE_BYTES);
        uint32_t begin = user_cycles();

        *word = 1;
        cost = between(begin, user_cycles());
    }
    return cost;
}

static volatile uint32_t answered; /* when the other thread had its turn */

static USER_THREAD void other(uint32_t rounds)
{
    for (uint32_t i = 0; i <= rounds; i++) {
        answered = user_cycles();
        (void)user_call(UABI_YIELD, 0, 0, 0, 0, 0);
    }
    user_thread_exit(0);
}

/* From giving way in one thread to being back from doing so in another of the process: a call, a
 * switch of kernel stacks, and the way out.
 */
static uint32_t thread_switch(void)
{
    uint32_t number = user_thread_start(other, WARM_UP, UABI_STACK_SMALL);
    uint32_t cost = 0;

    for (uint32_t i = 0; i <= WARM_UP; i++) {
        uint32_t begin = user_cycles();

        (void)user_call(UABI_YIELD, 0, 0, 0, 0, 0);
        cost = between(begin, answered);
    }
    (void)user_join(number, NULL);
    return cost;
}

/* Two calls and the fault that makes one of them real: what a heap pays for a page. */
static uint32_t commit(void)
{
    uint32_t va = user_reserve(UABI_SEGMENT_BYTES, UABI_PLACE_LOW);
    uint32_t cost = 0;

    for (uint32_t i = 0; i <= WARM_UP; i++) {
        uint32_t begin = user_cycles();

        (void)user_commit(va, UABI_PAGE_BYTES, UABI_READ_WRITE | UABI_COMMIT_NOW);
        (void)user_decommit(va, UABI_PAGE_BYTES);
        cost = between(begin, user_cycles());
    }
    return cost;
}

uint32_t user_main(const char *argument)
{
    if (text_equal(argument, "system-call"))
        return system_call();
    if (text_equal(argument, "user-fault"))
        return fault();
    if (text_equal(argument, "thread-switch"))
        return thread_switch();
    return text_equal(argument, "commit-decommit") ? commit() : 0;
}
