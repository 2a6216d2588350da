/* SPDX-License-Identifier: 0BSD */
/* Running lookaside-cost for one thing and one ABI. */
#ifndef LOOKASIDE_BENCH_MEASURE_H
#define LOOKASIDE_BENCH_MEASURE_H

#include "results.h"

#define MEASURE_MESSAGE_BYTES 768u

struct measure {
    char *programs[BENCH_ABIS]; /* paths of lookaside-cost; NULL: not built */
    const char *rounds;         /* as on the command line, or NULL */
    const char *ops;
    const char *buckets;
    char folder[256]; /* for what is unpacked; "": none */
    char unpacked[300];
    char counts[300]; /* what callgrind writes */
    struct results results;
    char message[MEASURE_MESSAGE_BYTES]; /* of the last failure */
};

/* Find the programs beside this one or in the build directory, and make the folder. False and a
 * message if nothing can be measured (set-up missing). measure_end() in any case.
 */
bool measure_begin(struct measure *measure);
void measure_end(struct measure *measure);

/* Write the block and heap ops of a trace in any form to measure->unpacked. *ret_any: there is a
 * block op at all. False and a message if it cannot be read whole or written.
 */
bool measure_unpack(struct measure *measure, const char *path, bool *ret_any);

/* Measure what was unpacked, or a work on an address space ("mix/90"), and add its rows under
 * `name`. False and a message if it failed.
 */
bool measure_heap(struct measure *measure, const char *name, uint32_t abi);
bool measure_vas(struct measure *measure, const char *name, const char *work, uint32_t abi);

/* The same, counting instructions. */
bool count_heap(struct measure *measure, const char *name, uint32_t abi);
bool count_vas(struct measure *measure, const char *name, const char *work, uint32_t abi);

/* Whether there is a valgrind to count with. */
bool count_possible(void);

/* Run argv, each line of its standard output to `take` without its end; false from `take` is a
 * failure. False and a message if it cannot be run, fails, or `take` does.
 */
typedef bool (*measure_line_fn)(void *context, const char *line);
bool measure_run(struct measure *measure, const char *const *argv, measure_line_fn take,
                 void *context);

/* The end of a program's arguments, at most 5 with NULL: the bucket table, and `work` on an address
 * space or (NULL) the unpacked trace.
 */
void measure_end_arguments(const struct measure *measure, const char *work, const char **argv);

#endif
