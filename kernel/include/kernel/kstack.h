/* SPDX-License-Identifier: 0BSD */
/* Kernel stacks: whole segments of the kernel's ranges, committed from the top, guarded below. They
 * must not grow: the processor pushes a fault's frame on the very stack that misses a page.
 *
 *   base                                   end
 *   | guard: 12 pages | committed: 4 pages |
 */
#ifndef KERNEL_KSTACK_H
#define KERNEL_KSTACK_H

#include <lookaside/stack.h>

#define KSTACK_PAGES           16u /* a segment */
#define KSTACK_COMMITTED_PAGES 4u

/* Caller-supplied, at a fixed place until destroyed. */
struct kstack {
    struct stack stack;
    const char *owner;   /* for reports; outlives the stack */
    struct kstack *next; /* all of them */
};

/* LA_NO_SPACE, LA_NO_MEMORY: nothing has changed. */
enum la_status kstack_create(struct kstack *ret_kstack, const char *owner);

/* Nobody runs on it any more. */
void kstack_destroy(struct kstack *kstack);

/* All of them, in no order: the one after `kstack`, or the first after NULL; NULL at the end. */
const struct kstack *kstack_next(const struct kstack *kstack);

/* Whose stack's guard `va` lies in, or NULL. Usable in any context. O(stacks). */
const char *kstack_guard_owner(va32_t va);

#endif
