/* SPDX-License-Identifier: 0BSD */
/* From a trap of user mode to the call it asks for, and what becomes of faults and other traps. */
#include "calls.h"

#include <kernel/text.h>

#include "range.h"

#define VECTOR_DIVISION   0u
#define VECTOR_OPCODE     6u
#define VECTOR_SEGMENT    11u
#define VECTOR_STACK      12u
#define VECTOR_PROTECTION 13u

/* -- User memory ------------------------------------------------------------------------------- */

/* The bookkeeping is asked first, so that the copy fails for want of memory alone. */
static bool allows(va32_t va, uint32_t bytes, bool write)
{
    struct thread *thread = thread_current();

    return thread->process != NULL &&
           uspace_allows(&thread->process->space, &thread->ustack.stack, va, bytes, write);
}

bool user_copy_in(void *to, va32_t from, uint32_t bytes)
{
    return allows(from, bytes, false) && port_copy_in(to, from, bytes) == 0;
}

bool user_copy_out(va32_t to, const void *from, uint32_t bytes)
{
    return allows(to, bytes, true) && port_copy_out(to, from, bytes) == 0;
}

enum la_status user_copy_text(char *to, va32_t from, uint32_t bytes)
{
    while (bytes > 0) { /* page by page: a string may end just before one that is not there */
        uint32_t here = LA_PAGE_BYTES - from % LA_PAGE_BYTES;

        here = here < bytes ? here : bytes;
        if (!user_copy_in(to, from, here))
            return LA_BAD_ADDRESS;
        for (uint32_t i = 0; i < here; i++)
            if (to[i] == '\0')
                return LA_OK;
        to += here;
        from += here;
        bytes -= here;
    }
    return LA_BAD_ARGUMENT;
}

/* -- Calls ------------------------------------------------------------------------------------- */

typedef uint32_t (*call_fn)(uint32_t call, const uint32_t *a);

static const call_fn calls[UABI_CALLS] = {
    [UABI_RESERVE] = calls_memory,     [UABI_COMMIT] = calls_memory,
    [UABI_DECOMMIT] = calls_memory,    [UABI_RELEASE] = calls_memory,
    [UABI_RESIZE] = calls_memory,      [UABI_PROTECT] = calls_memory,
    [UABI_QUERY] = calls_memory,       [UABI_THREAD_CREATE] = calls_thread,
    [UABI_THREAD_EXIT] = calls_thread, [UABI_THREAD_JOIN] = calls_thread,
    [UABI_THREAD_SELF] = calls_thread, [UABI_SLEEP] = calls_thread,
    [UABI_YIELD] = calls_thread,       [UABI_WAIT] = calls_thread,
    [UABI_WAKE] = calls_thread,        [UABI_SPAWN] = calls_process,
    [UABI_EXIT] = calls_process,       [UABI_KILL] = calls_process,
    [UABI_WAIT_CHILD] = calls_process, [UABI_PROCESS_SELF] = calls_process,
    [UABI_IMAGE_MAP] = calls_process,  [UABI_WRITE] = calls_world,
    [UABI_MODULE_READ] = calls_world,  [UABI_TIME] = calls_world,
    [UABI_STATS] = calls_world,
};

void calls_serve(struct port_frame *frame)
{
    struct process *process = thread_current()->process;
    uint32_t call = port_frame_call_number(frame);
    uint32_t a[5];
    uint32_t answer = (uint32_t)UABI_NO_CALL;

    LA_ASSERT(process != NULL && port_frame_is_user(frame));
    process_counts_mutable()->calls++;
    process->calls++;
    for (uint32_t i = 0; i < 5u; i++)
        a[i] = port_frame_call_argument(frame, i);
    if (call < UABI_CALLS)
        answer = calls[call](call, a);
    port_frame_call_answer(frame, answer);
}

/* -- Faults ------------------------------------------------------------------------------------ */

static uint32_t refused; /* why the last fault was not mended: enum uabi_end */

bool calls_page_fault(const struct port_fault *fault)
{
    struct thread *thread = thread_current();
    const struct fault_access access = { .va = fault->va,
                                         .present = fault->present,
                                         .write = fault->write,
                                         .user = fault->user,
                                         .execute = fault->execute };

    if (thread->process == NULL)
        return false;
    refused = uspace_fault(&thread->process->space, &thread->ustack.stack, &access);
    return refused == UABI_OK;
}

/* The running thread has done what ends it, or its process. */
static _Noreturn void end_by(struct uabi_exit *end)
{
    struct thread *thread = thread_current();

    end->thread = thread->number;
    process_report(thread->process, end);
    if ((thread->flags & UABI_THREAD_CONTAINED) != 0)
        thread_end(end);
    process_end(thread->process, end);
    la_panic("an ended process goes on", __FILE__, __LINE__);
}

void calls_user_fault(const struct fault_report *report, struct port_frame *frame)
{
    struct uabi_exit end = { .end = refused,
                             .address = report->fault.va,
                             .instruction = port_frame_ip(frame) };

    end_by(&end);
}

void calls_user_trap(uint32_t vector, const char *name, uint32_t error, struct port_frame *frame)
{
    struct uabi_exit end = { .end = UABI_OTHER_TRAP,
                             .status = vector,
                             .address = port_frame_ip(frame),
                             .instruction = port_frame_ip(frame) };

    (void)name;
    (void)error;
    switch (vector) {
    case VECTOR_DIVISION: end.end = UABI_DIVISION; break;
    case VECTOR_OPCODE: end.end = UABI_BAD_OPCODE; break;
    case VECTOR_SEGMENT:
    case VECTOR_STACK:
    case VECTOR_PROTECTION: end.end = UABI_PRIVILEGED; break;
    default: break;
    }
    end_by(&end);
}
