/* SPDX-License-Identifier: 0BSD */
/* The arithmetic every statistic shares: levels over time, areas and exact shares. Integers only,
 * so that two machines, and a slow check in another language, get the same figures.
 *
 * Time is counted in ticks: one for each op on the kind of object at hand, after the op.
 */
#ifndef LOOKASIDE_STATS_FIGURES_H
#define LOOKASIDE_STATS_FIGURES_H

#include <stdint.h>

/* Sums stop here instead of wrapping: 2^60 leaves room for the digits of a share. */
#define STATS_SUM_MAX (UINT64_C(1) << 60)

/* a + b and a * b, STATS_SUM_MAX at most. */
static inline uint64_t stats_sum(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) || sum > STATS_SUM_MAX ? STATS_SUM_MAX : sum;
}

static inline uint64_t stats_product(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) || product > STATS_SUM_MAX ? STATS_SUM_MAX
                                                                             : product;
}

/* The smallest n with 2^n >= value; 0 for 0. */
static inline uint32_t stats_log2_up(uint64_t value)
{
    return value <= 1 ? 0 : 64u - (uint32_t)__builtin_clzll(value - 1u);
}

/* part / whole in millionths, rounded down; 0 of 0. Both STATS_SUM_MAX at most. */
static inline uint64_t stats_ppm(uint64_t part, uint64_t whole)
{
    uint64_t ppm;

    if (whole == 0)
        return 0;
    ppm = part / whole;
    for (int digit = 0; digit < 6; digit++) { /* long division: no sum needs more than 64 bits */
        part = part % whole * 10u;
        ppm = stats_sum(stats_product(ppm, 10), part / whole);
    }
    return ppm;
}

/* How much of something there is now, its highest, and its sum over ticks. */
struct trace_level {
    uint64_t now;
    uint64_t peak;
    uint64_t peak_op; /* the first op after which there was so much, from 1; 0: never any */
    uint64_t area;    /* sum of `now` over ticks */
};

static inline void stats_raise(struct trace_level *level, uint64_t amount, uint64_t op)
{
    level->now = stats_sum(level->now, amount);
    if (level->now <= level->peak)
        return;
    level->peak = level->now;
    level->peak_op = op;
}

static inline void stats_lower(struct trace_level *level, uint64_t amount)
{
    level->now -= amount < level->now ? amount : level->now; /* less: it was cut at the maximum */
}

static inline void stats_tick(struct trace_level *level)
{
    level->area = stats_sum(level->area, level->now);
}

#endif
