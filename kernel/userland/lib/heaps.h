/* SPDX-License-Identifier: 0BSD */
/* What heaps.c and vas_calls.c share. */
#ifndef KERNEL_USERLAND_HEAPS_H
#define KERNEL_USERLAND_HEAPS_H

#include <lookaside/vas.h>

#include "user.h"

/* Stands for the process's address space; nobody looks inside. */
extern struct vas *const user_vas;

/* For what is reserved next: UABI_LABEL() of the heap that is asked. */
extern uint32_t user_heap_label;

#endif
