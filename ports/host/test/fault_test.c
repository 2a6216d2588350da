/* SPDX-License-Identifier: 0BSD */
/* Real page faults: SIGSEGV in a real window, judged by the core. What the handler decided is
 * checked by the port's own figures and by memory.
 */
#define _GNU_SOURCE
#include "fault_space.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* -- Demand zero ------------------------------------------------------------------------------- */

static void a_committed_segment_is_filled_page_by_page(void)
{
    begin();

    va32_t va = region(VAS_COMMITTED, 2);

    CHECK_EQ(window.stats.committed_pages, 0);
    for (uint32_t page = 0; page < 32; page += 3) {
        uint32_t before = window.stats.committed_pages;

        CHECK_STR(touch(va + page * LA_PAGE_BYTES + 5u, page % 2 == 0), "repaired");
        CHECK_EQ(window.stats.committed_pages, before + 1u);
        CHECK_EQ(*host(va + page * LA_PAGE_BYTES + 4u), 0);
        CHECK_EQ(*host(va + page * LA_PAGE_BYTES + 5u), page % 2 == 0 ? 0xa5 : 0);
        CHECK_STR(touch(va + page * LA_PAGE_BYTES + 77u, true), "repaired");
        CHECK_EQ(window.stats.committed_pages, before + 1u);
    }
    CHECK_EQ(window.stats.zero_faults, 11);
    CHECK_EQ(window.stats.grow_faults, 0);
    end();
}

static void a_decommitted_page_comes_back_zeroed(void)
{
    begin();

    va32_t va = region(VAS_COMMITTED, 1);

    CHECK_STR(touch(va + 100u, true), "repaired");
    window.port.decommit(window.port.context, va, 1);
    CHECK_STR(touch(va + 4000u, false), "repaired");
    CHECK_EQ(*host(va + 100u), 0);
    CHECK_EQ(window.stats.zero_faults, 2);
    end();
}

/* Trap 28: a word across two missing pages is two faults, the second at the second page. */
static void a_word_across_two_pages_takes_two_faults(void)
{
    uint32_t word = 0x01020304u;

    begin();

    va32_t va = region(VAS_COMMITTED, 1);

    memcpy((void *)host(va + LA_PAGE_BYTES - 2u), &word, sizeof word);
    CHECK_EQ(window.stats.zero_faults, 2);
    CHECK_EQ(*host(va + LA_PAGE_BYTES + 1u), 0x01);
    end();
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static void a_stack_grows_page_by_page(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    for (uint32_t page = 253; page >= 16; page--) {
        CHECK_STR(touch(page_va(&stack, page) + 4092u, true), "repaired");
        CHECK_EQ(stack.low_page, page);
        CHECK_EQ(window.stats.committed_pages, 256u - page);
    }
    CHECK_EQ(window.stats.grow_faults, 238);
    CHECK_STR(touch(page_va(&stack, 16) - 1u, true), "stack overflow");
    CHECK_EQ(last_answer.page_va, page_va(&stack, 15));
    CHECK_EQ(last_access.va, page_va(&stack, 16) - 1u);
    CHECK(last_access.write);
    CHECK_EQ(window.stats.committed_pages, 240);
    end();
}

static void a_stack_grows_by_a_jump(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    CHECK_STR(touch(page_va(&stack, 40) + 1u, true), "repaired");
    CHECK_EQ(stack.low_page, 40);
    CHECK_EQ(window.stats.grow_faults, 1);
    CHECK_EQ(window.stats.committed_pages, 216);
    for (uint32_t page = 41; page < 254; page++)
        CHECK_EQ(*host(page_va(&stack, page)), 0);
    CHECK_EQ(window.stats.grow_faults, 1);
    CHECK_EQ(stack_trim(&stack, &window.port, stack_end_va(&stack), 1), 215);
    CHECK_STR(touch(page_va(&stack, 40) + 1u, false), "repaired");
    CHECK_EQ(*host(page_va(&stack, 40) + 1u), 0);
    end();
}

static void a_stack_at_4_gib_grows_too(void)
{
    struct stack stack;

    begin_range(LA_SEGMENTS - 64u, LA_SEGMENTS);
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    CHECK_EQ(stack_end_va(&stack), 0);
    CHECK_STR(touch(0xffffffffu, true), "repaired");
    CHECK_EQ(window.stats.grow_faults, 0);
    CHECK_STR(touch(0xffffcfffu, true), "repaired");
    CHECK_EQ(window.stats.grow_faults, 1);
    CHECK_STR(touch(0xfff0ffffu, true), "stack overflow");
    CHECK_STR(touch(0xffefffffu, true), "violation");
    end();
}

/* -- What must not be repaired ----------------------------------------------------------------- */

static void wrong_accesses_get_their_verdict(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);

    va32_t reserved = region(VAS_RESERVED, 3);
    const struct {
        const char *verdict;
        va32_t va;
        bool write;
    } cases[] = {
        { "violation", reserved, true },
        { "violation", reserved, false },
        { "violation", reserved + 3u * LA_SEGMENT_BYTES - 1u, true },
        { "violation", reserved + 3u * LA_SEGMENT_BYTES, true }, /* free */
        { "violation", stack.base_va - 1u, true },               /* free */
        { "stack overflow", stack.base_va, true },
        { "stack overflow", stack.base_va, false },
        { "stack overflow", page_va(&stack, 16) - 1u, false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_STR(touch(cases[i].va, cases[i].write), cases[i].verdict);
        CHECK_EQ(last_access.va, cases[i].va);
        CHECK_EQ(last_access.write, cases[i].write);
        CHECK_EQ(last_access.user, true);
        CHECK_EQ(last_access.present, false);
    }
    CHECK_EQ(window.stats.committed_pages, 2);
    end();
}

static void a_stack_nobody_added_does_not_grow(void)
{
    struct stack added, removed;

    begin();
    create_stack(&added, STACK_LAYOUT_SMALL);
    create_stack(&removed, STACK_LAYOUT_SMALL);
    host_window_remove_stack(&window, &removed);
    CHECK_STR(touch(page_va(&removed, 10), true), "violation");
    CHECK_STR(touch(page_va(&added, 10), true), "repaired");
    end();
}

static void many_stacks_are_told_apart(void)
{
    static struct stack stacks[50];

    begin();
    for (uint32_t i = 0; i < 50; i++)
        create_stack(&stacks[i], STACK_LAYOUT_SMALL);
    for (uint32_t i = 0; i < 50; i += 3)
        host_window_remove_stack(&window, &stacks[i]);
    for (uint32_t i = 0; i < 50; i++) {
        CHECK_STR(touch(page_va(&stacks[i], 3), true), i % 3 == 0 ? "violation" : "repaired");
        CHECK_EQ(stacks[i].low_page, i % 3 == 0 ? 15 : 3);
    }
    end();
}

static void reset_forgets_stacks_but_not_the_space(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_SMALL);
    window.running = &stack;
    host_window_reset(&window);
    CHECK(window.running == NULL);
    CHECK_STR(touch(page_va(&stack, 10), true), "violation");
    CHECK_STR(touch(region(VAS_COMMITTED, 1), true), "repaired");
    end();
}

/* Recorded: a frame larger than the guard lands in the stack below. By address that stack would
 * grow; with the running stack known it is a violation.
 */
static void a_jumped_guard_is_a_violation_when_the_running_stack_is_known(void)
{
    struct stack upper, lower;

    begin();
    create_stack(&upper, STACK_LAYOUT_SMALL);
    create_stack(&lower, STACK_LAYOUT_SMALL);
    CHECK_EQ(stack_end_va(&lower), upper.base_va);
    window.running = &upper;
    CHECK_STR(touch(page_va(&upper, 1) - 4096u, true), "stack overflow");
    CHECK_STR(touch(page_va(&upper, 1) - 65536u, true), "violation");
    CHECK_EQ(lower.low_page, 15);
    CHECK_STR(touch(page_va(&upper, 7), true), "repaired");
    window.running = NULL;
    CHECK_STR(touch(page_va(&upper, 1) - 65536u, true), "repaired");
    end();
}

static void out_of_memory_is_said_and_changes_nothing(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);

    va32_t committed = region(VAS_COMMITTED, 1);

    window.limit_pages = 6; /* 4 more than the stack has */
    CHECK_STR(touch(page_va(&stack, 249), true), "out of memory");
    CHECK_EQ(last_answer.pages, 5);
    CHECK_EQ(stack.low_page, 254);
    CHECK_STR(touch(page_va(&stack, 250), true), "repaired");
    CHECK_STR(touch(committed, true), "out of memory");
    window.limit_pages = 0;
    window.fail_commit_at = 1; /* memory that nobody could foresee to be missing */
    CHECK_STR(touch(committed, true), "out of memory");
    CHECK_STR(touch(committed, true), "repaired");
    window.fail_commit_at = 1;
    CHECK_STR(touch(page_va(&stack, 100), true), "out of memory");
    CHECK_EQ(stack.low_page, 250);
    CHECK_STR(touch(page_va(&stack, 100), true), "repaired");
    end();
}

static void executing_data_is_a_violation(void)
{
#if defined(__x86_64__)
    begin();

    va32_t va = region(VAS_COMMITTED, 1);

    if (sigsetjmp(violated, 1) == 0)
        ((void (*)(void))(uintptr_t)host(va))();
    CHECK_STR(fault_verdict_name(last_answer.verdict), "violation");
    CHECK_EQ(last_access.execute, true);
    CHECK_EQ(last_access.va, va);
    CHECK_EQ(window.stats.committed_pages, 0);
    end();
#endif
}

/* A page that somebody took away behind the window's back must not be retried for ever. */
static void a_lost_stack_page_is_not_retried_for_ever(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    CHECK_EQ(mprotect((void *)host(page_va(&stack, 255)), LA_PAGE_BYTES, PROT_NONE), 0);
    CHECK_STR(touch(page_va(&stack, 255), true), "retry");
    end();
}

/* -- Other people's faults --------------------------------------------------------------------- */

static volatile sig_atomic_t foreign_faults;
static sigjmp_buf foreign;

static void on_foreign(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    foreign_faults++;
    siglongjmp(foreign, 1);
}

static void on_foreign_plain(int number)
{
    (void)number;
    foreign_faults++;
    siglongjmp(foreign, 1);
}

/* A signal like any program may send, with a value that looks like an address in the window. */
static void send_segv(va32_t va)
{
    siginfo_t info = { .si_code = SI_QUEUE };

    info.si_signo = SIGSEGV;
    info.si_addr = (void *)host(va);
    CHECK_EQ(syscall(SYS_rt_sigqueueinfo, getpid(), SIGSEGV, &info), 0);
}

static void check_foreign_goes_to(const struct sigaction *action)
{
    struct sigaction saved, now;
    volatile uint8_t *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK_EQ(sigaction(SIGSEGV, action, &saved), 0);
    foreign_faults = 0;
    begin();
    CHECK_EQ(host_fault_handler_install(), LA_OK); /* once more */

    va32_t va = region(VAS_COMMITTED, 1);

    if (sigsetjmp(foreign, 1) == 0)
        *nowhere = 1;
    CHECK_EQ(foreign_faults, 1);
    if (sigsetjmp(foreign, 1) == 0)
        send_segv(va);
    CHECK_EQ(foreign_faults, 2);
    /* The guard after the window is nobody's page either. */
    if (sigsetjmp(foreign, 1) == 0)
        *(host((END_SEGMENT << LA_SEGMENT_SHIFT) - 1u) + 1) = 1;
    CHECK_EQ(foreign_faults, 3);
    CHECK_EQ(window.stats.committed_pages, 0);
    CHECK_STR(touch(va, true), "repaired");
    end();
    if (sigsetjmp(foreign, 1) == 0)
        *nowhere = 1;
    CHECK_EQ(foreign_faults, 4);
    (void)munmap((void *)nowhere, 4096);
    CHECK_EQ(sigaction(SIGSEGV, &saved, &now), 0);
    CHECK(now.sa_sigaction == action->sa_sigaction);
}

static void a_foreign_fault_goes_to_the_previous_handler(void)
{
    struct sigaction plain = { .sa_handler = on_foreign_plain, .sa_flags = SA_NODEFER };
    struct sigaction full = { .sa_sigaction = on_foreign, .sa_flags = SA_SIGINFO | SA_NODEFER };

    check_foreign_goes_to(&plain);
    check_foreign_goes_to(&full);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(a_committed_segment_is_filled_page_by_page),
        CASE(a_decommitted_page_comes_back_zeroed),
        CASE(a_word_across_two_pages_takes_two_faults),
        CASE(a_stack_grows_page_by_page),
        CASE(a_stack_grows_by_a_jump),
        CASE(a_stack_at_4_gib_grows_too),
        CASE(wrong_accesses_get_their_verdict),
        CASE(a_stack_nobody_added_does_not_grow),
        CASE(many_stacks_are_told_apart),
        CASE(reset_forgets_stacks_but_not_the_space),
        CASE(a_jumped_guard_is_a_violation_when_the_running_stack_is_known),
        CASE(out_of_memory_is_said_and_changes_nothing),
        CASE(executing_data_is_a_violation),
        CASE(a_lost_stack_page_is_not_retried_for_ever),
        CASE(a_foreign_fault_goes_to_the_previous_handler),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
