/* SPDX-License-Identifier: 0BSD */
/* The system calls, by what they are about. Each checks its arguments, does the one thing and
 * answers; user_abi.h is their contract.
 */
#include "calls.h"

#include <kernel/memory.h>
#include <kernel/print.h>
#include <kernel/text.h>

#include "elf32.h"
#include "programs.h"
#include "range.h"

#define PIECE_BYTES 256u /* of text or a module, on the kernel stack on its way */

static struct process *own(void)
{
    return thread_current()->process;
}

/* -- Addresses --------------------------------------------------------------------------------- */

static uint32_t reserve(const uint32_t *a)
{
    va32_t base;
    enum la_status status = uspace_reserve(&own()->space, a[0], a[1], a[2], a[3], &base);

    return status == LA_OK ? base : (uint32_t)status;
}

static uint32_t query(const uint32_t *a)
{
    struct uabi_region region;
    enum la_status status = uspace_query(&own()->space, a[0], &region);

    if (status == LA_OK && !user_copy_out(a[1], &region, sizeof region))
        status = LA_BAD_ADDRESS;
    return (uint32_t)status;
}

uint32_t calls_memory(uint32_t call, const uint32_t *a)
{
    struct uspace *space = &own()->space;

    switch (call) {
    case UABI_RESERVE: return reserve(a);
    case UABI_COMMIT: return (uint32_t)uspace_commit(space, a[0], a[1], a[2]);
    case UABI_DECOMMIT: return (uint32_t)uspace_decommit(space, a[0], a[1]);
    case UABI_RELEASE: return (uint32_t)uspace_release(space, a[0]);
    case UABI_RESIZE: return (uint32_t)uspace_resize(space, a[0], a[1]);
    case UABI_PROTECT: return (uint32_t)uspace_protect(space, a[0], a[1], a[2]);
    case UABI_QUERY: return query(a);
    default: return (uint32_t)UABI_NO_CALL;
    }
}

/* -- Threads ----------------------------------------------------------------------------------- */

static uint32_t create(const uint32_t *a)
{
    struct thread *thread;
    int status;

    if ((a[2] & ~(uint32_t)(UABI_STACK_SMALL | UABI_THREAD_CONTAINED)) != 0)
        return (uint32_t)UABI_BAD_ARGUMENT;
    if (!range_is_user(a[0], 1))
        return (uint32_t)UABI_BAD_ADDRESS;
    status = thread_create(own(), a[0], a[1], NULL, a[2], &thread);
    return status == UABI_OK ? thread->number : (uint32_t)status;
}

static struct thread *find(uint32_t number)
{
    struct thread *thread = own()->threads;

    while (thread != NULL && thread->number != number)
        thread = thread->next;
    return thread;
}

static uint32_t join(const uint32_t *a)
{
    struct thread *thread = find(a[0]);
    struct thread **link = &own()->threads;

    if (thread == NULL)
        return (uint32_t)UABI_NOT_FOUND;
    if (thread == thread_current() || thread->joined)
        return (uint32_t)UABI_DEADLOCK;
    if (a[1] != 0 && !uspace_allows(&own()->space, &thread_current()->ustack.stack, a[1],
                                    sizeof thread->end, true))
        return (uint32_t)UABI_BAD_ADDRESS; /* before the thread is forgotten */
    thread->joined = true;
    if (!thread->ended)
        (void)thread_block(WAIT_THREAD, a[0], UABI_FOREVER);
    LA_ASSERT(thread->ended);

    bool told = a[1] == 0 || user_copy_out(a[1], &thread->end, sizeof thread->end);

    while (*link != thread)
        link = &(*link)->next;
    *link = thread->next;
    thread_bury(thread);
    return told ? UABI_OK : (uint32_t)UABI_BAD_ADDRESS;
}

static uint32_t wait(const uint32_t *a)
{
    struct thread *thread = thread_current();
    uint32_t value;

    if (a[0] % sizeof value != 0)
        return (uint32_t)UABI_BAD_ARGUMENT;
    if (!user_copy_in(&value, a[0], sizeof value))
        return (uint32_t)UABI_BAD_ADDRESS;
    if (value != a[1])
        return (uint32_t)UABI_CHANGED;
    if (a[2] == 0)
        return (uint32_t)UABI_TIMED_OUT;
    futex_add(&thread_words, &thread->waiter, own(), a[0]);
    return thread_block(WAIT_WORD, a[0], a[2]) ? UABI_OK : (uint32_t)UABI_TIMED_OUT;
}

static uint32_t wake(const uint32_t *a)
{
    uint32_t count = 0;

    if (a[0] % sizeof(uint32_t) != 0)
        return (uint32_t)UABI_BAD_ARGUMENT;
    if (!range_is_user(a[0], sizeof(uint32_t)))
        return (uint32_t)UABI_BAD_ADDRESS;
    while (count < a[1]) {
        struct futex_waiter *waiter = futex_take(&thread_words, own(), a[0]);

        if (waiter == NULL)
            break;
        thread_ready((struct thread *)((uintptr_t)waiter - offsetof(struct thread, waiter)));
        count++;
    }
    return count;
}

uint32_t calls_thread(uint32_t call, const uint32_t *a)
{
    struct uabi_exit end = { .end = UABI_EXITED, .status = a[0] };

    switch (call) {
    case UABI_THREAD_CREATE: return create(a);
    case UABI_THREAD_EXIT: thread_end(&end);
    case UABI_THREAD_JOIN: return join(a);
    case UABI_THREAD_SELF: return thread_current()->number;
    case UABI_WAIT: return wait(a);
    case UABI_WAKE: return wake(a);
    case UABI_SLEEP:
        if (a[0] == 0)
            thread_yield();
        else
            (void)thread_block(WAIT_NOTHING, 0, a[0]);
        return UABI_OK;
    case UABI_YIELD: thread_yield(); return UABI_OK;
    default: return (uint32_t)UABI_NO_CALL;
    }
}

/* -- Processes --------------------------------------------------------------------------------- */

static uint32_t spawn(const uint32_t *a)
{
    char name[UABI_NAME_BYTES];
    char argument[UABI_ARGUMENT_MAX];
    enum la_status status = user_copy_text(name, a[0], sizeof name);
    uint32_t number;
    int answer;

    argument[0] = '\0';
    if (status == LA_OK && a[1] != 0)
        status = user_copy_text(argument, a[1], sizeof argument);
    if (status != LA_OK)
        return (uint32_t)status;
    answer = process_spawn(own()->number, name, argument, &number);
    return answer == UABI_OK ? number : (uint32_t)answer;
}

static uint32_t kill(const uint32_t *a)
{
    struct process *process = process_find(a[0]);
    struct uabi_exit end = { .end = UABI_KILLED };

    if (process == NULL || (process != own() && process->parent != own()->number))
        return (uint32_t)UABI_NOT_FOUND;
    process_end(process, &end);
    return UABI_OK;
}

static uint32_t wait_child(const uint32_t *a)
{
    struct uabi_exit end;
    int status;

    if (a[2] != 0 &&
        !uspace_allows(&own()->space, &thread_current()->ustack.stack, a[2], sizeof end, true))
        return (uint32_t)UABI_BAD_ADDRESS; /* before the child is forgotten */
    status = process_wait(own()->number, a[0], a[1], &end);
    if (status != UABI_OK)
        return (uint32_t)status;
    if (a[2] != 0 && !user_copy_out(a[2], &end, sizeof end))
        return (uint32_t)UABI_BAD_ADDRESS;
    return end.number;
}

static uint32_t image_map(const uint32_t *a)
{
    char name[UABI_NAME_BYTES];
    struct elf32_plan plan;
    struct program program;
    uint32_t bias;
    enum la_status status = user_copy_text(name, a[0], sizeof name);

    if (status != LA_OK)
        return (uint32_t)status;
    if (!program_find(name, &program))
        return (uint32_t)UABI_NOT_FOUND;
    if (elf32_plan(program.image, program.bytes, &plan) != NULL || !plan.anywhere)
        return (uint32_t)UABI_BAD_STATE;
    status = elf32_place(&own()->space, program.image, &plan, UABI_LABEL(UABI_LIBRARY, 0), &bias);
    if (status != LA_OK)
        return (uint32_t)status;

    struct uabi_image image = { .base = plan.first_va + bias,
                                .bytes = plan.bytes,
                                .entry = plan.entry + bias };

    if (user_copy_out(a[1], &image, sizeof image))
        return UABI_OK;
    (void)uspace_release(&own()->space, image.base);
    return (uint32_t)UABI_BAD_ADDRESS;
}

uint32_t calls_process(uint32_t call, const uint32_t *a)
{
    struct uabi_exit end = { .end = UABI_EXITED,
                             .status = a[0],
                             .thread = thread_current()->number };

    switch (call) {
    case UABI_SPAWN: return spawn(a);
    case UABI_EXIT: process_end(own(), &end); return UABI_OK;
    case UABI_KILL: return kill(a);
    case UABI_WAIT_CHILD: return wait_child(a);
    case UABI_PROCESS_SELF: return own()->number;
    case UABI_IMAGE_MAP: return image_map(a);
    default: return (uint32_t)UABI_NO_CALL;
    }
}

/* -- The world --------------------------------------------------------------------------------- */

/* Every line of a program begins with "# ", so that it may stand between the lines of TAP. */
static void put(char byte)
{
    static bool in_line;

    if (!in_line)
        print("# ");
    in_line = byte != '\n';
    port_console_write(byte);
}

static uint32_t write(const uint32_t *a)
{
    char piece[PIECE_BYTES];

    if (a[1] > UABI_WRITE_MAX)
        return (uint32_t)UABI_BAD_ARGUMENT;
    if (!uspace_allows(&own()->space, &thread_current()->ustack.stack, a[0], a[1], false))
        return (uint32_t)UABI_BAD_ADDRESS;
    for (uint32_t done = 0; done < a[1]; done += PIECE_BYTES) {
        uint32_t here = a[1] - done < PIECE_BYTES ? a[1] - done : PIECE_BYTES;

        if (!user_copy_in(piece, a[0] + done, here))
            return (uint32_t)UABI_BAD_ADDRESS;
        for (uint32_t i = 0; i < here; i++)
            put(piece[i]);
    }
    return a[1];
}

static uint32_t module_read(const uint32_t *a)
{
    char name[UABI_NAME_BYTES];
    struct program module;
    uint32_t bytes = a[3];
    enum la_status status = user_copy_text(name, a[0], sizeof name);

    if (status != LA_OK)
        return (uint32_t)status;
    if (bytes > UABI_WRITE_MAX)
        return (uint32_t)UABI_BAD_ARGUMENT;
    if (!module_find(name, &module))
        return (uint32_t)UABI_NOT_FOUND;
    if (a[1] >= module.bytes)
        return 0;
    bytes = bytes < module.bytes - a[1] ? bytes : module.bytes - a[1];
    return user_copy_out(a[2], module.image + a[1], bytes) ? bytes : (uint32_t)UABI_BAD_ADDRESS;
}

static uint32_t stats(const uint32_t *a)
{
    const struct process_counts *counts = process_counts();
    const struct uspace *space = &own()->space;
    struct uabi_stats now = {
        .frames = memory_all_frames(),
        .frames_free = memory_free_frames(),
        .pages_promised = process_ledger()->promised_pages,
        .committed_pages = space->promised_pages + space->backed_pages,
        .zero_faults = space->zero_faults,
        .grow_faults = space->grow_faults,
        .switches = counts->switches,
        .preemptions = counts->preemptions,
        .calls = counts->calls,
        .processes = counts->processes,
        .threads = counts->threads,
    };

    return user_copy_out(a[0], &now, sizeof now) ? UABI_OK : (uint32_t)UABI_BAD_ADDRESS;
}

uint32_t calls_world(uint32_t call, const uint32_t *a)
{
    switch (call) {
    case UABI_WRITE: return write(a);
    case UABI_MODULE_READ: return module_read(a);
    case UABI_TIME: return time_now_ms();
    case UABI_STATS: return stats(a);
    default: return (uint32_t)UABI_NO_CALL;
    }
}
