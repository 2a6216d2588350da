/* SPDX-License-Identifier: 0BSD */
/* A heap replay as something to be measured. Its commands:
 *
 *   prove     one pass, not timed, one op at a time: whose block is it, is it whole, does it hold
 *             what was written
 *   pass      passes with warm memory, proven first: ns
 *   first     the first pass of this process, page faults included: ns
 *   latency   single ops with warm memory, without those that clear or copy more than 32 KiB:
 *             p50_ns ... max_ns
 *   memory    the first pass of this process, each page of each block touched: resident memory over
 *             time, then what a trim gives back, and how long it takes: trim_ns
 *   space     one pass of a fresh heap: exact figures. Ours and the rivals' only
 *   count     one pass inside counted_pass()
 *
 * After each pass what is live is freed, not timed; a rival that cannot free is made fresh instead.
 */
#ifndef LOOKASIDE_BENCH_HEAP_SERVE_H
#define LOOKASIDE_BENCH_HEAP_SERVE_H

#include "heap_target.h"

/* Serve ops file `path`, the first `ops_max` ops of it (0: all). As serve(). */
int heap_serve(const char *path, const struct heap_options *options, uint32_t ops_max,
               char *const *arguments, int argument_count);

/* -- Parts ------------------------------------------------------------------------------------- */

struct answer;

struct heap_subject {
    struct heap_target target;
    struct ops ops;
    bool proven;
    bool used; /* a pass was made */
};

/* heap_prove.c: NULL, or whose block is not what it should be. May cut subject->ops short where a
 * rival takes too long for all of them.
 */
const char *heap_prove(struct heap_subject *subject);

/* heap_memory.c */
const char *heap_memory(void *subject, struct answer *answer);
const char *heap_space(void *subject, struct answer *answer);

#endif
