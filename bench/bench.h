/* SPDX-License-Identifier: 0BSD */
/* `lookaside bench`: what the allocator costs, beside others' in the same run; and `lookaside
 * compare`: what changed between two runs.
 */
#ifndef LOOKASIDE_BENCH_H
#define LOOKASIDE_BENCH_H

/* The verbs: argv[0] is their name. They answer the exit code: 0 done, 1 bad input, 2 usage,
 * 3 set-up missing.
 */
int verb_bench(int argc, char **argv);
int verb_compare(int argc, char **argv);

#endif
