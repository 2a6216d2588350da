/* SPDX-License-Identifier: 0BSD */
/* What page faults and traps lead to. The core's fault_judge() decides; here its verdict is carried
 * out, and what nothing can be done about is reported and ends whoever did it: a user thread, or
 * the trial that is running in the kernel, or, without one, the kernel.
 */
#ifndef KERNEL_FAULTS_H
#define KERNEL_FAULTS_H

#include <lookaside/fault.h>

#include <kernel/port.h>

/* A fault that was not served, and why. */
struct fault_report {
    struct port_fault fault;
    enum fault_verdict verdict;
    const char *what;  /* "null pointer", "kernel stack overflow", ... */
    const char *owner; /* whose stack or range it is, or "" */
};

/* The last one; zeroed before the first. */
const struct fault_report *fault_last(void);

/* Page faults and double faults since boot, however they ended. */
uint32_t fault_pages(void);
uint32_t fault_doubles(void);

/* Print a report of a fault, with the nearest symbol and the callers where there are any. Every
 * line begins with "# ", so that it may stand between the lines of TAP.
 */
void fault_print(const struct fault_report *report, const struct port_frame *frame);

/* The running thread's own user stack, the only one that may grow by a fault; NULL: none. Set at
 * every switch.
 */
void fault_set_stack(struct stack *stack);

/* -- Trials ------------------------------------------------------------------------------------
 * Kernel code that may be ended by a fault, even by an overflow of its own stack:
 *
 *     struct trial trial;
 *
 *     if (TRIAL_BEGIN(&trial)) {
 *         ... may fault ...
 *         trial_end(&trial);
 *     } else {
 *         ... it did: trial.report says how; the trial has ended ...
 *     }
 *
 * They nest. Locals changed inside must be volatile to be read after a fault, as with longjmp().
 */
struct trial {
    struct port_jump jump;
    struct fault_report report;
    struct trial *outer;
    bool quiet;   /* print no report; set between TRIAL_BEGIN and the fault */
    uint32_t irq; /* the interrupt state to come back with */
};

#define TRIAL_BEGIN(trial)                                                                         \
    (port_jump_set(&(trial)->jump) == 0 ? trial_start(trial) : trial_failed(trial))

bool trial_start(struct trial *trial);  /* for TRIAL_BEGIN: answers true */
bool trial_failed(struct trial *trial); /* for TRIAL_BEGIN: answers false */
void trial_end(struct trial *trial);

/* -- Hooks: what processes and threads add -------------------------------------------------------
 * NULL where there are none: then user mode cannot be, and a tick only counts.
 */
struct kernel_hooks {
    /* A fault at a user address, of user mode or of port_copy_in() and its like, while no space of
     * space.h is active. True: run the access again.
     */
    bool (*page_fault)(const struct port_fault *fault);
    /* A user-mode fault was not served: end the thread or process. Must not return. */
    void (*user_fault)(const struct fault_report *report, struct port_frame *frame);
    /* Another exception of user mode. Must not return. */
    void (*user_trap)(uint32_t vector, const char *name, uint32_t error, struct port_frame *frame);
    void (*system_call)(struct port_frame *frame);
    void (*tick)(struct port_frame *frame);
};
void kernel_set_hooks(const struct kernel_hooks *hooks);

uint32_t kernel_ticks(void); /* since port_tick_start(), wraps */

#endif
