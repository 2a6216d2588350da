/* SPDX-License-Identifier: 0BSD */
/* Threads: their life, their turns, and the clock that takes turns away. */
#include <kernel/faults.h>
#include <kernel/heaps.h>
#include <kernel/process.h>
#include <kernel/text.h>

#include "calls.h"
#include "programs.h"

struct futex_table thread_words;

static struct thread kernel_thread; /* who called processes_start() */
static struct thread *current = &kernel_thread;
static struct runqueue queue;
static struct thread *left; /* ended on its own kernel stack: the next one gives it back */
static bool left_forgotten; /* and its record */
static uint32_t now_ms;
static struct process_counts counts;

struct thread *thread_current(void)
{
    return current;
}

struct thread *thread_kernel(void)
{
    return &kernel_thread;
}

uint32_t time_now_ms(void)
{
    return now_ms;
}

const struct process_counts *process_counts(void)
{
    return &counts;
}

struct process_counts *process_counts_mutable(void)
{
    return &counts;
}

/* -- Switching --------------------------------------------------------------------------------- */

static void bury_left(void)
{
    struct thread *thread = left;

    if (thread == NULL)
        return;
    left = NULL;
    kstack_destroy(&thread->kstack);
    counts.threads--;
    if (left_forgotten)
        kernel_free(thread);
}

static void activate(struct thread *thread)
{
    if (thread->process == NULL || thread->process->ended)
        port_space_activate(&port_kernel_space);
    else
        port_space_activate(&thread->process->tables);
    if (thread->kstack.stack.pages != 0)
        port_kernel_stack_set(stack_end_va(&thread->kstack.stack));
}

/* Go on with whoever is next; irq off. The running thread is in a list, or blocked, or has ended.
 * Nobody ready: wait for a tick to wake somebody, on this stack.
 */
static void switch_away(void)
{
    struct thread *before = current;
    struct run_entry *next = run_take(&queue);

    while (next == NULL) {
        port_idle();
        next = run_take(&queue);
    }
    current = (struct thread *)next;
    current->turns_left_ms = RUN_SLICE_MS;
    if (current == before)
        return;
    counts.switches++;
    activate(current);
    port_context_switch(&before->context, &current->context);
    bury_left();
}

void thread_yield(void)
{
    uint32_t saved = port_irq_save();

    run_add(&queue, &current->run);
    switch_away();
    port_irq_restore(saved);
}

void thread_ready(struct thread *thread)
{
    futex_remove(&thread_words, &thread->waiter);
    thread->wait = WAIT_NOTHING;
    run_add(&queue, &thread->run);
}

bool thread_block(enum thread_wait wait, uint32_t number, uint32_t timeout_ms)
{
    uint32_t saved = port_irq_save();

    current->wait = wait;
    current->wait_number = number;
    current->timed_out = false;
    if (timeout_ms != UABI_FOREVER)
        run_sleep(&queue, &current->run,
                  now_ms + (timeout_ms < INT32_MAX ? timeout_ms : INT32_MAX));
    switch_away();
    port_irq_restore(saved);
    return !current->timed_out;
}

_Noreturn void thread_leave(bool forget)
{
    (void)port_irq_save();
    LA_ASSERT(left == NULL && current->process != NULL);
    left = current;
    left_forgotten = forget;
    switch_away();
    la_panic("an ended thread goes on", __FILE__, __LINE__);
}

/* -- The clock --------------------------------------------------------------------------------- */

static void tick(struct port_frame *frame)
{
    struct run_entry *entry;

    now_ms++;
    while ((entry = run_wake(&queue, now_ms)) != NULL) {
        ((struct thread *)entry)->timed_out = true;
        thread_ready((struct thread *)entry);
    }
    if (!port_frame_is_user(frame) || --current->turns_left_ms != 0)
        return;
    current->turns_left_ms = RUN_SLICE_MS;
    if (queue.ready == 0)
        return;
    counts.preemptions++;
    run_add(&queue, &current->run);
    switch_away();
}

/* -- Life -------------------------------------------------------------------------------------- */

/* Where a new thread begins, on its kernel stack. */
static void begin(void *argument)
{
    const struct thread *thread = argument;

    bury_left();
    port_user_enter(thread->entry_va, thread->sp_va, thread->argument);
}

/* The lowest number no thread of the process has; 0: all are taken. The list is newest first, and
 * numbers are looked for above the newest one first, so that one is found at once as a rule.
 */
static uint32_t free_number(const struct process *process)
{
    uint32_t number = process->threads == NULL ? 1u : process->threads->number + 1u;

    for (uint32_t tries = 0; tries < THREAD_NUMBER_MAX; tries++, number++) {
        const struct thread *thread = process->threads;

        if (number > THREAD_NUMBER_MAX)
            number = 1;
        while (thread != NULL && thread->number != number)
            thread = thread->next;
        if (thread == NULL)
            return number;
    }
    return 0;
}

static enum la_status make_stacks(struct thread *thread, struct process *process, uint32_t flags)
{
    const struct stack_layout layout =
        (flags & UABI_STACK_SMALL) != 0 ? STACK_LAYOUT_SMALL : STACK_LAYOUT_DEFAULT;
    enum la_status status = kstack_create(&thread->kstack, process->name);

    if (status != LA_OK)
        return status;
    status = uspace_stack_create(&process->space, &thread->ustack, &layout,
                                 UABI_LABEL(UABI_STACK, thread->number));
    if (status != LA_OK)
        kstack_destroy(&thread->kstack);
    return status;
}

/* Put the text on the top of the stack, whose last page is mapped. */
static void put_text(struct thread *thread, const char *text)
{
    const struct uspace_hooks *hooks = &thread->process->hooks;
    uint32_t bytes = text_length(text) + 1u;

    LA_ASSERT(bytes <= UABI_ARGUMENT_MAX);
    thread->sp_va -= (bytes + 15u) & ~15u;
    thread->argument = thread->sp_va;
    hooks->write(hooks->context, thread->sp_va, text, bytes);
}

int thread_create(struct process *process, va32_t entry, uint32_t argument, const char *text,
                  uint32_t flags, struct thread **ret_thread)
{
    uint32_t number = free_number(process);
    struct thread *thread;
    enum la_status status;

    if (number == 0)
        return UABI_LIMIT;
    if (uspace_frames_unpromised(&process->space) < USPACE_SPARE_FRAMES / 2u)
        return UABI_NO_MEMORY;
    thread = kernel_alloc_zeroed(sizeof *thread);
    if (thread == NULL)
        return UABI_NO_MEMORY;
    thread->number = number;
    thread->process = process;
    status = make_stacks(thread, process, flags);
    if (status != LA_OK) {
        kernel_free(thread);
        return status;
    }
    thread->flags = flags;
    thread->entry_va = entry;
    thread->argument = argument;
    thread->sp_va = stack_end_va(&thread->ustack.stack);
    if (text != NULL)
        put_text(thread, text);
    thread->next = process->threads;
    process->threads = thread;
    process->live_threads++;
    counts.threads++;
    counts.threads_made++;
    port_context_init(&thread->context, stack_end_va(&thread->kstack.stack), begin, thread);
    run_add(&queue, &thread->run);
    *ret_thread = thread;
    return UABI_OK;
}

void thread_bury(struct thread *thread)
{
    LA_ASSERT(thread != current);
    if (!thread->ended) {
        run_remove(&queue, &thread->run);
        futex_remove(&thread_words, &thread->waiter);
        uspace_stack_destroy(&thread->process->space, &thread->ustack);
        kstack_destroy(&thread->kstack);
        counts.threads--;
    }
    kernel_free(thread);
}

_Noreturn void thread_end(const struct uabi_exit *end)
{
    struct thread *thread = current;
    struct process *process = thread->process;

    if (process->live_threads == 1)
        process_end(process, end); /* does not return */
    thread->end = *end;
    thread->end.number = thread->number;
    thread->ended = true;
    process->live_threads--;
    uspace_stack_destroy(&process->space, &thread->ustack);
    for (struct thread *other = process->threads; other != NULL; other = other->next)
        if (other->wait == WAIT_THREAD && other->wait_number == thread->number)
            thread_ready(other);
    thread_leave(false);
}

/* -- Start ------------------------------------------------------------------------------------- */

void processes_start(const struct boot_info *boot)
{
    static const struct kernel_hooks hooks = { .page_fault = calls_page_fault,
                                               .user_fault = calls_user_fault,
                                               .user_trap = calls_user_trap,
                                               .system_call = calls_serve,
                                               .tick = tick };

    programs_start(boot);
    kernel_set_hooks(&hooks);
    (void)port_user_guard(true);
    port_tick_start(TICK_HZ);
}

void processes_stop(void)
{
    LA_ASSERT(counts.threads == 0);
    port_tick_start(0);
    (void)port_user_guard(false);
    kernel_set_hooks(NULL);
}
