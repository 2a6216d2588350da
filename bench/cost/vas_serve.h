/* SPDX-License-Identifier: 0BSD */
/* An address space allocator as something to be measured. Its commands:
 *
 *   prove     every region is inside the space, aligned, and overlaps no other
 *   pass      the timed ops, from the same state again and again, proven first: ns
 *   latency   single ops: p50_ns ... max_ns
 *   space     exact figures: refusals, metadata, what is free
 *   count     one pass inside counted_pass()
 */
#ifndef LOOKASIDE_BENCH_VAS_SERVE_H
#define LOOKASIDE_BENCH_VAS_SERVE_H

/* Serve a work by its name, or ops file `path`, on target `target`. As serve(). */
int vas_serve_work(const char *name, const char *target, char *const *arguments,
                   int argument_count);
int vas_serve_ops(const char *path, const char *target, char *const *arguments, int argument_count);

#endif
