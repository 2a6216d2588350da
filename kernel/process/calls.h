/* SPDX-License-Identifier: 0BSD */
/* System calls, faults and traps of user mode: what the kernel's hooks point to. */
#ifndef KERNEL_CALLS_H
#define KERNEL_CALLS_H

#include <kernel/faults.h>
#include <kernel/process.h>

/* A fault at a user address: mended, or why not is kept for calls_user_fault(). */
bool calls_page_fault(const struct port_fault *fault);

void calls_user_fault(const struct fault_report *report, struct port_frame *frame);
void calls_user_trap(uint32_t vector, const char *name, uint32_t error, struct port_frame *frame);
void calls_serve(struct port_frame *frame);

/* -- For the calls: the only ways to user memory; false: not (wholly) the running thread's ----- */

bool user_copy_in(void *to, va32_t from, uint32_t bytes);
bool user_copy_out(va32_t to, const void *from, uint32_t bytes);

/* A string of at most `bytes` bytes with its 0. LA_BAD_ADDRESS; LA_BAD_ARGUMENT: it is longer. */
enum la_status user_copy_text(char *to, va32_t from, uint32_t bytes);

/* -- Calls by what they are about; `a` has the five arguments ---------------------------------- */

uint32_t calls_memory(uint32_t call, const uint32_t *a);
uint32_t calls_thread(uint32_t call, const uint32_t *a);
uint32_t calls_process(uint32_t call, const uint32_t *a);
uint32_t calls_world(uint32_t call, const uint32_t *a);

#endif
