/* SPDX-License-Identifier: 0BSD */
/* What to do about a page fault: a pure, total function of the bitmap, the stack and the access.
 *
 *   segment is   the access                           verdict
 *   FREE         -                                    violation
 *   RESERVED     -                                    violation
 *   COMMITTED,   is allowed by now                    retry
 *   STACK        was refused by a present page        violation
 *                is an instruction fetch              violation (a new page holds no code)
 *   COMMITTED    misses a page                        map a zeroed page
 *   STACK        misses a page, no or other `stack`   violation
 *                in the guard                         overflow
 *                in the committed part                retry (another thread grew the stack)
 *                between                              grow (every page up to the committed part)
 *
 * The first line that fits counts. Where a verdict needs more memory than there is, it is out of
 * memory instead; the faulting access must then not be retried.
 *
 * There is no test against the stack pointer: PUSHA, ENTER and large frames touch far below it, so
 * growth fills every page between and the committed part stays contiguous.
 */
#ifndef LOOKASIDE_FAULT_H
#define LOOKASIDE_FAULT_H

#include <lookaside/stack.h>
#include <lookaside/vas.h>

enum fault_verdict {
    FAULT_MAP_ZERO,      /* map one zeroed page at page_va */
    FAULT_GROW,          /* commit `pages` pages from page_va with stack_grow() */
    FAULT_RETRY,         /* the page is there by now: run the access again */
    FAULT_OVERFLOW,      /* the access is in the stack's guard */
    FAULT_VIOLATION,     /* nobody may touch this address, or not in this way */
    FAULT_OUT_OF_MEMORY, /* right, but there is no memory */
};

/* What the trap handler knows. The i386 error code maps bit by bit; bit 3 (a reserved bit is set in
 * a page table) means damaged page tables and is the port's panic, not ours to judge.
 */
struct fault_access {
    va32_t va;        /* CR2: for an access across pages, the second page's address */
    bool present;     /* error code bit 0: the page was mapped, the access not allowed */
    bool write;       /* bit 1: for reports, the verdict does not depend on it */
    bool user;        /* bit 2: the same; see fault_judge() */
    bool execute;     /* bit 4 */
    bool allowed_now; /* the page tables allow this very access by now, write and user bit included:
                       * another processor was faster, or the TLB entry was stale */
};

struct fault_answer {
    enum fault_verdict verdict;
    va32_t page_va; /* first page to act on, or the faulting page */
    uint32_t pages; /* of memory the verdict needs, or lacks; 0 if it needs none */
};

/* Judge one fault. `vas` is the space `access->va` belongs to; a user access to the kernel's space
 * is a violation before it comes here. `stack` is the running thread's own stack, NULL if it has
 * none: then a frame that jumps its guard into a neighbour's untouched part is a violation, where a
 * stack looked up by address would quietly grow the neighbour. `free_pages` is the memory left.
 * O(1), reads only, so it may interrupt any call on `vas`.
 */
struct fault_answer fault_judge(const struct vas *vas, const struct stack *stack,
                                const struct fault_access *access, uint32_t free_pages);

/* "map zeroed page", "stack overflow", ... for reports. Never NULL. */
const char *fault_verdict_name(enum fault_verdict verdict);

#endif
