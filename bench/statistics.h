/* SPDX-License-Identifier: 0BSD */
/* A figure from several rounds on a machine that others use too: the median, and how far apart the
 * rounds are.
 */
#ifndef LOOKASIDE_BENCH_STATISTICS_H
#define LOOKASIDE_BENCH_STATISTICS_H

#include <stdint.h>

struct spread {
    double median;
    double lower; /* quartiles */
    double upper;
    double min;
    double max;
};

/* Sorts `values` in place; `count` at least 1. */
struct spread spread_of(double *values, uint32_t count);

#endif
