/* SPDX-License-Identifier: 0BSD */
/* Processes and threads. A process is an address space of its own and the threads that run in it; a
 * thread has a user stack, which grows, and a kernel stack, which is guarded. Turns go round, RUN_
 * SLICE_MS each, by the timer: user code is interrupted anywhere, the kernel never, so that nothing
 * in here is locked. Whoever blocks holds nothing: a thread that is not running can be ended by
 * giving its stacks back.
 *
 * The kernel's own thread, which tests or watches, has no process; it may block like any other.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <kernel/kstack.h>
#include <kernel/port.h>
#include <kernel/user_abi.h>

#include "futex.h"
#include "runqueue.h"
#include "uspace.h"

#define PROCESS_NUMBER_MAX 65535u
#define THREAD_NUMBER_MAX  4095u
#define TICK_HZ            1000u /* so that a tick is a millisecond */

/* What a thread that does not run waits for. */
enum thread_wait {
    WAIT_NOTHING, /* it runs, or is ready, or sleeps */
    WAIT_WORD,    /* UABI_WAKE */
    WAIT_THREAD,  /* the end of the thread `wait_number` of its process */
    WAIT_CHILD,   /* the end of a child; UABI_ANY: of any */
};

struct thread {
    struct run_entry run; /* first: the run queue's entries are threads */
    struct futex_waiter waiter;
    struct port_context context;
    struct kstack kstack;
    struct uspace_stack ustack;
    struct process *process; /* NULL: the kernel's own thread */
    struct thread *next;     /* of the process, or of the ended ones that nobody has buried */
    uint32_t number;
    uint32_t flags; /* enum uabi_thread */
    enum thread_wait wait;
    uint32_t wait_number;
    bool timed_out; /* the last wait ended by its time */
    bool joined;    /* a thread waits for this one */
    bool ended;     /* `end` is filled, the stacks are gone or about to be */
    uint32_t turns_left_ms;
    va32_t entry_va;
    va32_t sp_va; /* where user mode begins */
    uint32_t argument;
    struct uabi_exit end;
};

struct process {
    struct uspace space;
    struct uspace_hooks hooks; /* its context is the process */
    struct port_space tables;
    struct process *next; /* all of them, the newest first */
    uint32_t number;
    uint32_t parent;        /* 0: the kernel */
    struct thread *threads; /* ended ones that nobody joined included */
    uint32_t live_threads;
    uint32_t calls;
    bool orphan; /* nobody will wait for it */
    bool ended;  /* only `end` is left of it */
    struct uabi_exit end;
    char name[UABI_NAME_BYTES];
};

/* Counts since the start, for figures and tests. */
struct process_counts {
    uint32_t switches;
    uint32_t preemptions;
    uint32_t calls;
    uint32_t spawned;
    uint32_t threads_made;
    uint32_t processes; /* now, ended ones nobody waited for included */
    uint32_t threads;   /* now, with stacks */
};

/* Install the hooks and start the timer; programs are looked for in the boot's modules. Without
 * processes both may be taken away again, and given anew.
 */
void processes_start(const struct boot_info *boot);
void processes_stop(void);

/* The running thread, and the kernel's own. */
struct thread *thread_current(void);
struct thread *thread_kernel(void);

/* Milliseconds since processes_start(). */
uint32_t time_now_ms(void);

const struct process_counts *process_counts(void);
struct process_counts *process_counts_mutable(void); /* for thread.c and process.c */

/* Promises of all spaces. */
const struct uspace_ledger *process_ledger(void);

/* -- Processes --------------------------------------------------------------------------------- */

/* Start a program as a child of `parent` (a number, 0: the kernel). `argument` may be NULL. Errors
 * as UABI_SPAWN, all as enum uabi_error; nothing has changed then.
 */
int process_spawn(uint32_t parent, const char *name, const char *argument, uint32_t *ret_number);

/* NULL: there is none. Ended ones are found until somebody has waited for them. */
struct process *process_find(uint32_t number);

/* Start with *cursor = NULL. */
struct process *process_next(struct process *cursor);

/* End it; if the running thread is one of its own, this does not return. */
void process_end(struct process *process, const struct uabi_exit *end);

/* Wait for a child of `parent` as UABI_WAIT_CHILD does; blocks the running thread. */
int process_wait(uint32_t parent, uint32_t number, uint32_t timeout_ms, struct uabi_exit *ret_end);

/* Say on the console how each process ends that ends by a fault; true at first. */
void process_set_reports(bool on);
void process_report(const struct process *process, const struct uabi_exit *end);
const char *process_end_name(uint32_t end);

/* -- Threads ----------------------------------------------------------------------------------- */

/* A new thread of a process, ready. As UABI_THREAD_CREATE. `text` (may be NULL) is copied to the
 * top of its stack, and its address is the argument then.
 */
int thread_create(struct process *process, va32_t entry, uint32_t argument, const char *text,
                  uint32_t flags, struct thread **ret_thread);

/* End the running thread, and with the last one its process. */
_Noreturn void thread_end(const struct uabi_exit *end);

/* Let the others have their turn. */
void thread_yield(void);

/* The running thread sleeps until somebody readies it, or `timeout_ms` are over (UABI_FOREVER:
 * never). False: its time was over.
 */
bool thread_block(enum thread_wait wait, uint32_t number, uint32_t timeout_ms);

/* The thread's turn comes; its waiting is over. */
void thread_ready(struct thread *thread);

/* Give stacks and record of a thread back that does not run. For process.c. */
void thread_bury(struct thread *thread);

/* Go on with another thread and never come back; whoever comes next gives the running one's kernel
 * stack back, and with `forget` its record. For process.c.
 */
_Noreturn void thread_leave(bool forget);

extern struct futex_table thread_words;

#endif
