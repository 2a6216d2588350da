/* SPDX-License-Identifier: 0BSD */
/* Stacks and faults as something to be measured. Commands: pass, latency (stacks), count.
 *
 * Stacks: create, touch page after page from the top, destroy. A touch of a page without memory is
 * judged as a page fault handler would judge it, then the stack grows.
 *   lookaside       the port only counts
 *   lookaside+mmap  a commit is an mprotect(), and the page is written to
 *   linux           mmap() and mprotect() as thread libraries do, and the page is written to
 *   floor           the loop alone
 * Faults: verdicts over a space of all kinds of segments. lookaside and floor.
 */
#ifndef LOOKASIDE_BENCH_STACK_SERVE_H
#define LOOKASIDE_BENCH_STACK_SERVE_H

/* As serve(). A work is "churn/default" or "churn/small" (layouts of stack.h); `path` a file of
 * ops, with the default layout.
 */
int stack_serve_work(const char *name, const char *target, char *const *arguments,
                     int argument_count);
int stack_serve_ops(const char *path, const char *target, char *const *arguments,
                    int argument_count);
int fault_serve(const char *target, char *const *arguments, int argument_count);

/* The names of the works on stacks; NULL after the last. */
const char *stack_work_name(unsigned number);

#endif
