/* SPDX-License-Identifier: 0BSD */
/* Stacks: reserve much, commit little, grow on a fault, stop at the guard.
 *
 *   base_va                                                         end_va (initial stack pointer)
 *   | guard: never committed |  reserved, grows downwards  | committed |
 *   0                        guard_pages                   low_page    pages
 *
 * The committed part is always one contiguous range up to the end: a fault far below fills every
 * page between. A probe that jumps the whole guard lands in a foreign segment; the default guard is
 * one 64 KiB segment because a 4 KiB one was jumped by a 64 KiB frame. Frames larger than the guard
 * need compiler probes (-fstack-clash-protection): just below the guard may be the committed top of
 * the next stack, where no fault would tell.
 *
 * A kernel stack of an i386 must not grow (the CPU pushes the fault frame on that same stack):
 * commit it whole and keep the guard.
 */
#ifndef LOOKASIDE_STACK_H
#define LOOKASIDE_STACK_H

#include <lookaside/port.h>
#include <lookaside/vas.h>

struct stack_layout {
    uint32_t pages;           /* reserved, guard included; rounded up to whole segments */
    uint32_t committed_pages; /* at creation, from the top */
    uint32_t guard_pages;     /* at the bottom, at least 1 */
};

/* 1 MiB, 2 pages committed (54 to 66 % of recorded threads never fault then), a segment of guard.
 */
#define STACK_LAYOUT_DEFAULT                                                                       \
    ((struct stack_layout){ .pages = 256u, .committed_pages = 2u, .guard_pages = 16u })

/* 16 pages with the last one mapped and the first one as guard: small, and large frames jump it. */
#define STACK_LAYOUT_SMALL                                                                         \
    ((struct stack_layout){ .pages = 16u, .committed_pages = 1u, .guard_pages = 1u })

/* Caller-supplied; fields are constant after stack_create() except low_page and low_page_min. */
struct stack {
    struct vas *vas;
    va32_t base_va;
    uint32_t pages;        /* reserved, guard included */
    uint32_t guard_pages;  /* pages [0, guard_pages) are never committed */
    uint32_t low_page;     /* pages [low_page, pages) are committed */
    uint32_t low_page_min; /* deepest the stack has ever been */
};

/* The exclusive end, where the stack pointer starts. 0 when the stack ends at 4 GiB. */
static inline va32_t stack_end_va(const struct stack *stack)
{
    return stack->base_va + (stack->pages << LA_PAGE_SHIFT);
}

/* Pages that have memory. */
static inline uint32_t stack_committed_pages(const struct stack *stack)
{
    return stack->pages - stack->low_page;
}

/* Reserve addresses (highest fit, so that heaps and stacks grow towards each other) and commit the
 * top. LA_BAD_ARGUMENT: no guard, nothing committed, or guard plus committed exceed the rounded
 * length. LA_NO_SPACE, LA_NO_MEMORY: the world said no. After an error nothing has changed. The
 * caller owns *ret_stack's memory.
 */
enum la_status stack_create(struct stack *ret_stack, struct vas *vas, const struct la_port *port,
                            const struct stack_layout *layout);

/* Give all pages, then the addresses back. *stack contains no address afterwards. */
void stack_destroy(struct stack *stack, const struct la_port *port);

/* Whether `va` lies in the stack's region, guard included. */
static inline bool stack_contains(const struct stack *stack, va32_t va)
{
    return va - stack->base_va < stack->pages << LA_PAGE_SHIFT;
}

/* Commit every page from the one `va` lies in up to the committed part, with one call of the port.
 * LA_OK also when there is nothing to do (another thread was faster). LA_BAD_ADDRESS: in the guard
 * or not in the stack. LA_NO_MEMORY: nothing has changed; the caller must not retry the access.
 */
enum la_status stack_grow(struct stack *stack, const struct la_port *port, va32_t va);

/* Decommit pages wholly below the stack pointer, but keep `keep_pages` of them for the next call.
 * Answers the pages given back. Page-aligned or not, `sp` must lie in the stack or be its end;
 * otherwise nothing happens. Where the ABI has a red zone (x86-64: 128 bytes), pass its lower end.
 */
uint32_t stack_trim(struct stack *stack, const struct la_port *port, va32_t sp,
                    uint32_t keep_pages);

/* The first broken invariant in words, or NULL. For tests, fuzzers and self-tests. */
const char *stack_check(const struct stack *stack);

#endif
