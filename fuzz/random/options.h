/* SPDX-License-Identifier: 0BSD */
/* What every random swarm is told on its command line, and the clock that bounds it. Included by
 * its main file, which defines _GNU_SOURCE.
 */
#ifndef LOOKASIDE_FUZZ_RANDOM_OPTIONS_H
#define LOOKASIDE_FUZZ_RANDOM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct run_options {
    uint64_t seed;
    uint64_t first; /* number of the first run */
    uint64_t runs;
    double seconds;   /* of CPU time; 0: no limit */
    const char *save; /* where to put what fails; NULL: nowhere */
};

#define RUN_OPTIONS_DEFAULT                                                                        \
    {                                                                                              \
        .seed = 1, .runs = UINT64_MAX                                                              \
    }

/* Take one argument; false: it is none of these. */
static inline bool run_options_take(struct run_options *options, const char *argument)
{
    if (strncmp(argument, "--seed=", 7) == 0)
        options->seed = strtoull(argument + 7, NULL, 10);
    else if (strncmp(argument, "--first=", 8) == 0)
        options->first = strtoull(argument + 8, NULL, 10);
    else if (strncmp(argument, "--runs=", 7) == 0)
        options->runs = strtoull(argument + 7, NULL, 10);
    else if (strncmp(argument, "--seconds=", 10) == 0)
        options->seconds = strtod(argument + 10, NULL);
    else if (strncmp(argument, "--save=", 7) == 0)
        options->save = argument + 7;
    else
        return false;
    return true;
}

/* CPU time of this process. */
static inline double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
