/* SPDX-License-Identifier: 0BSD */
/* Programs that run on a window's stack and let it grow by real faults, and programs that die of
 * one.
 */
#define _GNU_SOURCE
#include "fault_space.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

/* -- A program on a growing stack -------------------------------------------------------------- */

static ucontext_t main_context, stack_context;
static volatile uint32_t result;
static volatile uint32_t depth_wanted;

/* A sanitizer knows nothing of this stack: frames left by longjmp() would stay marked in its
 * shadow.
 */
#define ON_WINDOW_STACK __attribute__((noinline, no_sanitize("address", "undefined")))

/* Sum of 1 to depth, with a frame of some 200 bytes each. */
ON_WINDOW_STACK static uint32_t sum_to(uint32_t depth)
{
    volatile uint32_t frame[40];

    frame[depth % 40u] = depth;
    return depth == 0 ? 0 : sum_to(depth - 1u) + frame[depth % 40u];
}

ON_WINDOW_STACK static void run_sum(void)
{
    result = sum_to(depth_wanted);
}

/* Run `function` on `stack`; false if it was ended by a violation. */
static bool run_on(struct stack *stack, void (*function)(void))
{
    CHECK_EQ(getcontext(&stack_context), 0);
    stack_context.uc_stack.ss_sp = (void *)host(stack->base_va);
    stack_context.uc_stack.ss_size = (size_t)stack->pages << LA_PAGE_SHIFT;
    stack_context.uc_link = &main_context;
    makecontext(&stack_context, function, 0);
    window.running = stack;

    bool violation = sigsetjmp(violated, 1) != 0;

    if (!violation)
        CHECK_EQ(swapcontext(&main_context, &stack_context), 0);
    window.running = NULL;
    return !violation;
}

static void a_recursive_function_grows_its_stack(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    depth_wanted = 2000;
    result = 0;
    CHECK(run_on(&stack, run_sum));
    CHECK_EQ(result, 2000u * 2001u / 2u);
    /* Each call needs its array of 160 bytes and a return address, and less than a page. */
    CHECK(stack_committed_pages(&stack) >= 2000u * 164u / LA_PAGE_BYTES);
    CHECK(stack_committed_pages(&stack) < 240);
    CHECK_EQ(window.stats.grow_faults, stack_committed_pages(&stack) - 2u); /* a page at a time */
    CHECK_EQ(window.stats.committed_pages, stack_committed_pages(&stack));
    /* Again on the grown stack: no fault. */
    result = 0;
    uint64_t faults = window.stats.grow_faults;
    CHECK(run_on(&stack, run_sum));
    CHECK_EQ(result, 2000u * 2001u / 2u);
    CHECK_EQ(window.stats.grow_faults, faults);
    end();
}

static void endless_recursion_ends_in_the_guard(void)
{
    struct stack stack, neighbour;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    create_stack(&neighbour, STACK_LAYOUT_DEFAULT);
    depth_wanted = 1000000;
    for (int again = 0; again < 3; again++) {
        CHECK(!run_on(&stack, run_sum));
        CHECK_STR(fault_verdict_name(last_answer.verdict), "stack overflow");
        CHECK_EQ(last_answer.page_va, page_va(&stack, 15));
        CHECK_EQ(stack.low_page, 16);
    }
    CHECK_EQ(neighbour.low_page, 254);
    depth_wanted = 100;
    CHECK(run_on(&neighbour, run_sum));
    CHECK_EQ(result, 5050);
    end();
}

/* Nothing below the stack pointer is needed by whoever runs on the stack: trim, and go on. */
static void a_trimmed_stack_grows_again(void)
{
    struct stack stack;

    begin();
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    depth_wanted = 3000;
    CHECK(run_on(&stack, run_sum));

    uint32_t pages = stack_committed_pages(&stack);

    CHECK_EQ(stack_trim(&stack, &window.port, stack_end_va(&stack), 2), pages - 2u);
    CHECK_EQ(window.stats.committed_pages, 2);
    result = 0;
    CHECK(run_on(&stack, run_sum));
    CHECK_EQ(result, 3000u * 3001u / 2u);
    CHECK_EQ(stack_committed_pages(&stack), pages);
    end();
}

static volatile uint32_t frame_bytes;

/* One large frame, written at its low end first, as a function without probes does. */
ON_WINDOW_STACK static void run_large_frame(void)
{
    volatile uint8_t *low = __builtin_alloca(frame_bytes);

    low[0] = 1;
    result = low[0];
}

/* A frame that starts above the guard and is no larger than the guard never gets past it. */
static void no_frame_up_to_the_guards_size_jumps_it(void)
{
    struct stack upper, lower;

    begin();
    create_stack(&upper, (struct stack_layout){ 32, 16, 16 });
    create_stack(&lower, (struct stack_layout){ 32, 16, 16 });
    for (uint32_t bytes = 1; bytes < 140000; bytes += bytes / 9u + 1u) {
        frame_bytes = bytes;

        bool survived = run_on(&upper, run_large_frame);

        /* 64 KiB are committed, some 200 bytes of them used by makecontext(). */
        if (bytes < 65536 - 1024)
            CHECK(survived);
        else if (bytes > 65536 && bytes < 131072 - 1024)
            CHECK_STR(survived ? "survived" : fault_verdict_name(last_answer.verdict),
                      "stack overflow");
        CHECK_EQ(lower.low_page, 16);
    }
    end();
}

/* -- Death ------------------------------------------------------------------------------------- */

/* How a child that runs `crash` ends: its signal, and what it said on stderr. */
static int death_of(void (*crash)(void), char *ret_text, size_t text_bytes)
{
    int ends[2];
    int status = 0;
    size_t length = 0;
    ssize_t got;

    fflush(stdout);
    CHECK_EQ(pipe(ends), 0);

    pid_t child = fork();

    if (child == 0) {
        struct sigaction action = { .sa_handler = SIG_DFL };

        (void)dup2(ends[1], STDERR_FILENO);
        (void)sigaction(SIGSEGV, &action, NULL);
        (void)alarm(20);
        crash();
        _exit(0);
    }
    (void)close(ends[1]);
    while ((got = read(ends[0], ret_text + length, text_bytes - 1u - length)) > 0)
        length += (size_t)got;
    ret_text[length] = '\0';
    (void)close(ends[0]);
    CHECK_EQ(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void crash_in_a_guard(void)
{
    struct stack stack;

    begin();
    window.on_violation = NULL;
    create_stack(&stack, STACK_LAYOUT_DEFAULT);
    *host(page_va(&stack, 3)) = 1;
}

static void crash_with_a_returning_hook_return(struct host_window *w,
                                               const struct fault_answer *answer,
                                               const struct fault_access *access)
{
    (void)w;
    (void)answer;
    (void)access;
}

static void crash_with_a_returning_hook(void)
{
    begin();
    window.on_violation = crash_with_a_returning_hook_return;
    (void)*host(region(VAS_RESERVED, 1));
}

static void crash_elsewhere(void)
{
    begin();
    *(volatile uint8_t *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
}

static void crash_by_kill(void)
{
    begin();
    (void)kill(getpid(), SIGSEGV);
}

static void nobody_to_ask_means_death_by_the_fault(void)
{
    char text[400];

    CHECK_EQ(death_of(crash_in_a_guard, text, sizeof text), SIGSEGV);
    CHECK(strstr(text, "lookaside: stack overflow: write at va 0x04f03000 (host 0x") != NULL);
    CHECK(strstr(text, ", 253 pages below the end of a stack of 256 pages, 16 of them guard\n"));
    CHECK_EQ(death_of(crash_with_a_returning_hook, text, sizeof text), SIGSEGV);
    CHECK_EQ(death_of(crash_elsewhere, text, sizeof text), SIGSEGV);
    CHECK_EQ(death_of(crash_by_kill, text, sizeof text), SIGSEGV);
}

int main(void)
{
    static const struct check_case cases[] = {
        CASE(nobody_to_ask_means_death_by_the_fault),  CASE(a_recursive_function_grows_its_stack),
        CASE(endless_recursion_ends_in_the_guard),     CASE(a_trimmed_stack_grows_again),
        CASE(no_frame_up_to_the_guards_size_jumps_it),
    };

    return check_run(cases, sizeof cases / sizeof cases[0]);
}
