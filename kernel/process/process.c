/* SPDX-License-Identifier: 0BSD */
/* Processes: their life. */
#include <kernel/heaps.h>
#include <kernel/memory.h>
#include <kernel/print.h>
#include <kernel/process.h>
#include <kernel/text.h>

#include "elf32.h"
#include "machine.h"
#include "programs.h"

static struct process *processes;
static struct uspace_ledger ledger;
static uint32_t last_number;
static bool reports = true;

const struct uspace_ledger *process_ledger(void)
{
    return &ledger;
}

struct process *process_find(uint32_t number)
{
    struct process *process = processes;

    while (process != NULL && process->number != number)
        process = process->next;
    return process;
}

struct process *process_next(struct process *cursor)
{
    return cursor == NULL ? processes : cursor->next;
}

/* -- Reports ----------------------------------------------------------------------------------- */

const char *process_end_name(uint32_t end)
{
    static const char *const names[UABI_ENDS] = {
        [UABI_EXITED] = "exited",
        [UABI_KILLED] = "killed",
        [UABI_STACK_OVERFLOW] = "stack overflow",
        [UABI_NULL_POINTER] = "null pointer",
        [UABI_GUARD] = "guard of another stack",
        [UABI_OTHER_STACK] = "another stack's reserve",
        [UABI_UNMAPPED] = "unmapped address",
        [UABI_NOT_COMMITTED] = "page not committed",
        [UABI_PROTECTED] = "access not allowed",
        [UABI_KERNEL_ADDRESS] = "kernel address",
        [UABI_OUT_OF_MEMORY] = "out of memory",
        [UABI_BAD_OPCODE] = "invalid instruction",
        [UABI_PRIVILEGED] = "privileged instruction",
        [UABI_DIVISION] = "division error",
        [UABI_OTHER_TRAP] = "other trap",
    };

    return end < UABI_ENDS ? names[end] : "unknown end";
}

void process_set_reports(bool on)
{
    reports = on;
}

void process_report(const struct process *process, const struct uabi_exit *end)
{
    struct uabi_region region;

    if (!reports || end->end == UABI_EXITED || end->end == UABI_KILLED)
        return;
    print("# process %u (%s): %s at %08x, instruction %08x, thread %u", process->number,
          process->name, process_end_name(end->end), end->address, end->instruction, end->thread);
    if (uspace_query(&process->space, end->address, &region) == LA_OK && region.state != UABI_FREE)
        print(", region %08x of %u KiB", region.base, region.bytes / 1024u);
    print("\n");
}

/* -- Birth ------------------------------------------------------------------------------------- */

static uint32_t free_number(void)
{
    for (uint32_t tries = 0; tries < PROCESS_NUMBER_MAX; tries++) {
        last_number = last_number % PROCESS_NUMBER_MAX + 1u;
        if (process_find(last_number) == NULL)
            return last_number;
    }
    return 0;
}

static void free_space(struct process *process)
{
    uspace_destroy(&process->space);
    port_space_destroy(&process->tables);
}

/* The program and its first thread; the space is there and empty. */
static int fill(struct process *process, const struct program *program, const char *argument)
{
    struct elf32_plan plan;
    struct thread *thread;
    uint32_t bias;
    const char *wrong = elf32_plan(program->image, program->bytes, &plan);
    enum la_status status;

    if (wrong != NULL) {
        print("# program %s: %s\n", process->name, wrong);
        return UABI_BAD_STATE;
    }
    status =
        elf32_place(&process->space, program->image, &plan, UABI_LABEL(UABI_PROGRAM, 0), &bias);
    if (status != LA_OK)
        return status;
    return thread_create(process, plan.entry + bias, 0, argument == NULL ? "" : argument,
                         UABI_STACK_LARGE, &thread);
}

int process_spawn(uint32_t parent, const char *name, const char *argument, uint32_t *ret_number)
{
    struct program program;
    struct process *process;
    int status;

    if (!program_find(name, &program))
        return UABI_NOT_FOUND;
    if (memory_free_frames() < ledger.promised_pages + USPACE_SPARE_FRAMES)
        return UABI_NO_MEMORY;
    process = kernel_alloc_zeroed(sizeof *process);
    if (process == NULL)
        return UABI_NO_MEMORY;
    if (port_space_create(&process->tables) != LA_OK) {
        kernel_free(process);
        return UABI_NO_MEMORY;
    }
    machine_hooks(process);
    uspace_init(&process->space, &ledger, &process->hooks);
    memcpy(process->name, name, text_length(name) + 1u);
    process->parent = parent;
    process->number = free_number();
    status = process->number == 0 ? UABI_LIMIT : fill(process, &program, argument);
    if (status != UABI_OK) {
        free_space(process);
        kernel_free(process);
        return status;
    }
    process->next = processes;
    processes = process;
    process_counts_mutable()->processes++;
    process_counts_mutable()->spawned++;
    *ret_number = process->number;
    return UABI_OK;
}

/* -- End --------------------------------------------------------------------------------------- */

/* Nobody will ask for it any more. */
static void forget(struct process *process)
{
    struct process **link = &processes;

    while (*link != process)
        link = &(*link)->next;
    *link = process->next;
    process_counts_mutable()->processes--;
    kernel_free(process);
}

/* Children of an ended process: those that have ended are forgotten, the others the kernel's. */
static void leave_children(uint32_t parent)
{
    struct process *next;

    for (struct process *child = processes; child != NULL; child = next) {
        next = child->next;
        if (child->parent != parent)
            continue;
        child->parent = 0;
        if (child->ended)
            forget(child);
        else
            child->orphan = true;
    }
}

static void wake_waiting(struct thread *threads, uint32_t number)
{
    for (struct thread *thread = threads; thread != NULL; thread = thread->next)
        if (thread->wait == WAIT_CHILD &&
            (thread->wait_number == UABI_ANY || thread->wait_number == number))
            thread_ready(thread);
}

void process_end(struct process *process, const struct uabi_exit *end)
{
    struct thread *own = NULL; /* the running thread, if it is one of the process's */
    struct thread *next;
    struct process *parent;

    if (process->ended)
        return;
    (void)port_irq_save();
    for (struct thread *thread = process->threads; thread != NULL; thread = next) {
        next = thread->next;
        if (thread == thread_current())
            own = thread;
        else
            thread_bury(thread);
    }
    process->threads = NULL;
    process->live_threads = 0;
    if (own != NULL)
        port_space_activate(&port_kernel_space);
    free_space(process);
    process->ended = true;
    process->end = *end;
    process->end.number = process->number;
    leave_children(process->number);
    parent = process_find(process->parent);
    if (process->orphan)
        forget(process);
    else if (process->parent == 0)
        wake_waiting(thread_kernel(), process->number);
    else if (parent != NULL)
        wake_waiting(parent->threads, process->number);
    if (own != NULL)
        thread_leave(true);
}

/* A child that fits: an ended one if there is one. */
static struct process *child_of(uint32_t parent, uint32_t number)
{
    struct process *found = NULL;

    for (struct process *process = processes; process != NULL; process = process->next) {
        if (process->parent != parent || process->orphan ||
            (number != UABI_ANY && process->number != number))
            continue;
        if (process->ended)
            return process;
        found = process;
    }
    return found;
}

int process_wait(uint32_t parent, uint32_t number, uint32_t timeout_ms, struct uabi_exit *ret_end)
{
    uint32_t begin = time_now_ms();

    for (;;) {
        struct process *child = child_of(parent, number);
        uint32_t passed = time_now_ms() - begin;

        if (child == NULL)
            return UABI_NOT_FOUND;
        if (child->ended) {
            *ret_end = child->end;
            forget(child);
            return UABI_OK;
        }
        if (timeout_ms != UABI_FOREVER && passed >= timeout_ms)
            return UABI_TIMED_OUT;
        (void)thread_block(WAIT_CHILD, number,
                           timeout_ms == UABI_FOREVER ? UABI_FOREVER : timeout_ms - passed);
    }
}
