/* SPDX-License-Identifier: 0BSD */
/* `lookaside bench`: what the allocator costs, beside glibc's in the same run. */
#ifndef LOOKASIDE_BENCH_H
#define LOOKASIDE_BENCH_H

/* The verb: argv[0] is its name. Answers the exit code: 0 done, 1 bad input, 2 usage, 3 set-up
 * missing.
 */
int verb_bench(int argc, char **argv);

#endif
