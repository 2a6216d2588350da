/* SPDX-License-Identifier: 0BSD */
/* What should be mapped, from what the kernel keeps anyway: the vas of a space, its count of pages,
 * the list of kernel stacks, and the port's own constant mappings. Never from a walk of the page
 * tables, so that whoever looks at those from outside has something to compare them with
 * (ports/i386/run/oracle.py). The window on the page tables themselves is left out.
 */
#ifndef KERNEL_BOOKS_H
#define KERNEL_BOOKS_H

#include <kernel/port.h>

/* Flags of an extent. */
#define BOOK_WRITABLE 1u
#define BOOK_USER     2u
#define BOOK_PARTIAL  4u /* any of its pages may be mapped, the others not */

#define BOOK_ANY_FRAME   UINT32_MAX
#define BOOK_EXTENTS_MAX 512u

/* Pages with the same rights. Read from outside by its layout. */
struct book_extent {
    va32_t first_va;
    uint32_t pages;
    uint32_t first_pa; /* of consecutive frames; BOOK_ANY_FRAME: any, each of them once */
    uint32_t flags;
};

/* What books_write() wrote, in no order, and how many pages are mapped in the partial extents: of
 * the kernel [0] and of the active space's user half [1].
 */
extern struct book_extent book_extents[BOOK_EXTENTS_MAX];
extern uint32_t book_extent_count;
extern uint32_t book_partial_pages[2];

/* The port's constant mappings of the kernel half: fills up to `max` extents, none of them partial,
 * and answers how many. Implemented by the port.
 */
uint32_t port_fixed_extents(struct book_extent *ret_extents, uint32_t max);

/* Whether to stop at checkpoints: checkpoints=1 on the command line. */
void books_start(const char *command_line);

/* Write the books of what the processor sees now. False: more extents than fit. */
bool books_write(void);

/* What the books of the latest books_write() and the page tables do not agree on, in words, or
 * NULL. Slow.
 */
const char *books_check(void);

/* Stop here and wait for a byte on the console, so that somebody can look from outside, if
 * books_start() was told so. Writes the books and prints "# checkpoint NAME" then.
 */
void books_checkpoint(const char *name);

#endif
