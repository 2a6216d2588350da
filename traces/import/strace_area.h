/* SPDX-License-Identifier: 0BSD */
/* Mappings and the pieces of address spaces that they lie in: made, taken away, and what ops that
 * is. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_STRACE_AREA_H
#define LOOKASIDE_IMPORT_STRACE_AREA_H

#include "strace_task.h"

#define PAGE_BYTES 4096u

/* Addresses in pages. */
struct range {
    uint64_t first;
    uint64_t end;
};

/* The task's address space, and ops that follow are by the task; NULL if they are not wanted. */
struct strace_space *strace_act(struct strace *strace, struct strace_task *task);

/* A new area where nothing is: with a `waiter` a stack, which waits for its guard if it has two
 * pages or more.
 */
bool area_make(struct strace *strace, struct strace_space *space, struct range range,
               enum mapping_access access, struct area **waiter);

/* An area that waits begins with this guard, or (0) with the usual one. */
bool area_settle(struct strace *strace, struct area *area, uint32_t guard_pages);

/* Forget one that no address space has, without an op. */
void area_free(struct area *area);

/* Unmap what is there, and say whether that was anything. */
bool area_unmap(struct strace *strace, struct strace_space *space, struct range range,
                bool *ret_any);

/* The same where the kernel gave out the addresses, so that nothing can be there: it is counted. */
bool area_clear(struct strace *strace, struct strace_space *space, struct range range);

/* The stack that a task made last has the usual guard if its own has not been seen by now. */
bool strace_settle(struct strace *strace, struct strace_task *task);

/* The task's address space is gone. */
bool strace_release(struct strace *strace, struct strace_task *task);

#endif
