/* SPDX-License-Identifier: 0BSD */
/* A person's view of the running kernel, on the console: processes, the map of an address space in
 * characters, heaps, frames. `help` lists the commands; a script may type them as well.
 */
#ifndef KERNEL_MONITOR_H
#define KERNEL_MONITOR_H

#include <kernel/process.h>

/* Read commands until `quit`. Starts processes and stops them. */
void monitor_run(const struct boot_info *boot);

/* -- Its views, each a few lines on the console ------------------------------------------------ */

void view_processes(void);
void view_maps(const struct process *process);

/* The space in characters: `rows` rows of 64, from `first`, each character 2^shift bytes. */
void view_picture(const struct process *process, va32_t first, uint32_t shift, uint32_t rows);

void view_heap(void);   /* the kernel's, by buckets */
void view_frames(void); /* by zone, and what was promised */
void view_faults(void);

#endif
