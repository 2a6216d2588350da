/* SPDX-License-Identifier: 0BSD */
/* The hooks of a process's space over the port's page tables and the kernel's frames. */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

#include <kernel/process.h>

/* The hooks for process->tables. */
void machine_hooks(struct process *process);

/* Read memory of any space, page by page through windows; false: a page has no frame. */
bool machine_read(const struct process *process, va32_t va, void *to, uint32_t bytes);

#endif
