/* SPDX-License-Identifier: 0BSD */
/* Several heaps at once as something to be measured. Commands: pass, count.
 *
 *   use/N      4,096 blocks of 16 to 512 bytes in N heaps, one op in each heap in turn: a random
 *              block is freed, or allocated if it is not there
 *   churn/N    make a heap, allocate N blocks, destroy it with them
 *
 * lookaside, mimalloc (the one peer known to have heaps of its own: mi_heap_new()), and the loop
 * alone as floor-lookaside and floor-libc.
 */
#ifndef LOOKASIDE_BENCH_HEAPS_SERVE_H
#define LOOKASIDE_BENCH_HEAPS_SERVE_H

/* As serve(). */
int heaps_serve(const char *work, const char *target, char *const *arguments, int argument_count);

/* The names of the works; NULL after the last. */
const char *heaps_work_name(unsigned number);

#endif
