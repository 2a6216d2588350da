/* SPDX-License-Identifier: 0BSD */
/* The cost of a heap replay on every target, one child process a target, rounds interleaved. */
#ifndef LOOKASIDE_BENCH_HEAP_COST_H
#define LOOKASIDE_BENCH_HEAP_COST_H

#include "targets.h"

#define COST_ROUNDS_MAX 1000u

struct cost_options {
    uint32_t rounds; /* 1 to COST_ROUNDS_MAX */
    uint32_t window_segments;
    struct target_buckets buckets;
};

/* Measure and print a line a target:
 *   heap TARGET OPS REFUSED COMMITTED_PAGES_PEAK LIVE_BYTES_PEAK MEDIAN LOWER UPPER MIN MAX
 * the last five in ns of CPU time per op, harness included. False and one line on stderr if a
 * target cannot run or serves a block that is not its own.
 */
bool heap_cost(const struct lean_trace *trace, const struct cost_options *options);

/* One pass of a fresh target in this process, inside counted_heap_pass(): callgrind collects by
 * that name.
 */
void counted_heap_pass(struct target_world *opened, const struct lean_trace *trace);
bool heap_cost_once(const struct lean_trace *trace, const struct cost_options *options,
                    const struct target *target);

#endif
