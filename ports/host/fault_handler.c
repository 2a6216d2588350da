/* SPDX-License-Identifier: 0BSD */
/* SIGSEGV as the page fault. host.h says why so much may be done inside a signal here. */
#define _GNU_SOURCE /* REG_ERR */
#include <lookaside/host.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* Room for a signal frame with AVX-512 state (3 KiB), the report and a hook under a sanitizer. */
#define SIGNAL_STACK_BYTES 32768u

static struct host_window *windows; /* attached ones */
static struct sigaction previous;   /* who had SIGSEGV before us */
static bool installed;
static volatile sig_atomic_t judging; /* a fault is being worked on */

/* -- The access -------------------------------------------------------------------------------- */

static struct fault_access describe(const ucontext_t *context, va32_t va)
{
    struct fault_access access = { .va = va };

#if defined(__x86_64__) || defined(__i386__)
    /* The processor's error code, as a kernel sees it. Source: Intel SDM vol. 3A, 4.7. */
    unsigned long error = (unsigned long)context->uc_mcontext.gregs[REG_ERR];

    access.present = (error & 1u) != 0;
    access.write = (error & 2u) != 0;
    access.user = (error & 4u) != 0;
    access.execute = (error & 16u) != 0;
#else
    (void)context;
    access.user = true;
#endif
    return access;
}

static struct host_window *find_window(const void *address, va32_t *ret_va)
{
    for (struct host_window *window = windows; window != NULL; window = window->next)
        if (host_window_va(window, address, ret_va))
            return window;
    return NULL;
}

static struct stack *find_stack(const struct host_window *window, va32_t va)
{
    if (window->running != NULL)
        return window->running;
    for (uint32_t i = 0; i < window->stack_count; i++)
        if (stack_contains(window->stacks[i], va))
            return window->stacks[i];
    return NULL;
}

static uint32_t free_pages(const struct host_window *window)
{
    if (window->limit_pages == 0)
        return UINT32_MAX;
    if (window->stats.committed_pages >= window->limit_pages)
        return 0;
    return window->limit_pages - window->stats.committed_pages;
}

/* -- What to do -------------------------------------------------------------------------------- */

/* Carry the verdict out. False if the access must not be run again; the answer says why. */
static bool repair(struct host_window *window, struct stack *stack, struct fault_answer *answer)
{
    enum la_status status = LA_BAD_STATE;

    if (answer->verdict == FAULT_MAP_ZERO) {
        status = window->port.commit(window->port.context, answer->page_va, 1);
        window->stats.zero_faults += status == LA_OK;
    } else if (answer->verdict == FAULT_GROW) {
        status = stack_grow(stack, &window->port, answer->page_va);
        window->stats.grow_faults += status == LA_OK;
    }
    if (status == LA_NO_MEMORY)
        answer->verdict = FAULT_OUT_OF_MEMORY;
    return status == LA_OK;
}

static void report(const struct host_window *window, const struct stack *stack,
                   const struct fault_answer *answer, const struct fault_access *access)
{
    char line[240];
    int length = snprintf(line, sizeof line, "lookaside: %s: %s at va 0x%08x (host %p)",
                          fault_verdict_name(answer->verdict),
                          access->execute ? "execute" : (access->write ? "write" : "read"),
                          (unsigned)access->va, la_host(window->port.host_base, access->va));

    if (stack != NULL && stack_contains(stack, access->va))
        length += snprintf(line + length, sizeof line - (size_t)length,
                           ", %u pages below the end of a stack of %u pages, %u of them guard",
                           (unsigned)((stack_end_va(stack) - answer->page_va) >> LA_PAGE_SHIFT),
                           (unsigned)stack->pages, (unsigned)stack->guard_pages);
    line[length++] = '\n';
    (void)!write(STDERR_FILENO, line, (size_t)length);
}

/* The instruction runs again when the handler returns, faults again, and the process dies there. */
static void die_of_fault(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };

    (void)sigaction(SIGSEGV, &action, NULL);
}

/* Not ours: as if we were not here. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    if ((previous.sa_flags & SA_SIGINFO) != 0) {
        previous.sa_sigaction(number, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(number);
    } else if (info->si_code > 0) {
        die_of_fault();
    } else if (previous.sa_handler == SIG_DFL) { /* sent by kill(): there is nothing to run again */
        die_of_fault();
        (void)raise(number);
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    va32_t va;
    /* A signal somebody sent has no address. */
    struct host_window *window = info->si_code > 0 ? find_window(info->si_addr, &va) : NULL;

    if (window == NULL) {
        pass_on(number, info, context);
        errno = saved_errno;
        return;
    }
    if (judging)
        la_panic("window memory touched while a fault was being handled", __FILE__, __LINE__);
    judging = 1;

    struct fault_access access = describe(context, va);
    struct stack *stack = find_stack(window, va);
    struct fault_answer answer = fault_judge(window->vas, stack, &access, free_pages(window));
    bool repaired = repair(window, stack, &answer);

    judging = 0; /* before on_violation, which may never return */
    if (!repaired) {
        if (window->on_violation != NULL)
            window->on_violation(window, &answer, &access);
        else
            report(window, stack, &answer, &access);
        die_of_fault();
    }
    errno = saved_errno;
}

/* -- Install and remove ------------------------------------------------------------------------ */

static enum la_status install_signal_stack(void)
{
    stack_t now;

    if (sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) == 0 &&
        now.ss_size >= SIGNAL_STACK_BYTES)
        return LA_OK;

    stack_t own = { .ss_size = SIGNAL_STACK_BYTES };

    own.ss_sp = mmap(NULL, own.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own.ss_sp == MAP_FAILED)
        return LA_NO_MEMORY;
    if (sigaltstack(&own, NULL) == 0)
        return LA_OK;
    (void)munmap(own.ss_sp, own.ss_size);
    return LA_NO_MEMORY;
}

enum la_status host_fault_handler_install(void)
{
    /* SA_NODEFER: a handler that leaves by longjmp() leaves no blocked signal behind, and a second
     * fault inside on_fault() gets our panic instead of a silent death.
     */
    struct sigaction action = { .sa_sigaction = on_fault,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    enum la_status status = install_signal_stack();

    if (status != LA_OK || installed)
        return status;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGSEGV, &action, &previous);
    installed = true;
    return LA_OK;
}

void host_fault_handler_remove(void)
{
    if (installed)
        (void)sigaction(SIGSEGV, &previous, NULL);
    installed = false;
}

/* -- Windows and stacks the handler knows ------------------------------------------------------ */

void host_window_attach(struct host_window *window, const struct vas *vas)
{
    host_window_detach(window);
    window->vas = vas;
    window->next = windows;
    windows = window;
    /* The next access may fault: the handler must find all of this in memory. */
    atomic_signal_fence(memory_order_seq_cst);
}

void host_window_detach(struct host_window *window)
{
    struct host_window **link = &windows;

    while (*link != NULL && *link != window)
        link = &(*link)->next;
    if (*link != NULL)
        *link = window->next;
    window->vas = NULL;
    atomic_signal_fence(memory_order_seq_cst);
}

enum la_status host_window_add_stack(struct host_window *window, struct stack *stack)
{
    if (window->stack_count == window->stack_room) {
        uint32_t room = window->stack_room > 0 ? 2u * window->stack_room : 16u;
        struct stack **stacks = realloc(window->stacks, room * sizeof(struct stack *));

        if (stacks == NULL)
            return LA_NO_MEMORY;
        window->stacks = stacks;
        window->stack_room = room;
    }
    window->stacks[window->stack_count++] = stack;
    atomic_signal_fence(memory_order_seq_cst);
    return LA_OK;
}

void host_window_remove_stack(struct host_window *window, const struct stack *stack)
{
    for (uint32_t i = 0; i < window->stack_count; i++)
        if (window->stacks[i] == stack) {
            window->stacks[i] = window->stacks[--window->stack_count];
            break;
        }
    if (window->running == stack)
        window->running = NULL;
    atomic_signal_fence(memory_order_seq_cst);
}
