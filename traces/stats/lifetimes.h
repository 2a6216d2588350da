/* SPDX-License-Identifier: 0BSD */
/* How long blocks live. The measure is the bytes that are allocated between an object's birth and
 * its death, by others and by its own growth: it says how much a lookaside list has to hold until
 * the block comes back, and no machine's speed is in it. Beside it ops, which are ticks.
 * Source: Barrett & Zorn 1993, Using Lifetime Predictors to Improve Memory Allocation Performance.
 */
#ifndef LOOKASIDE_STATS_LIFETIMES_H
#define LOOKASIDE_STATS_LIFETIMES_H

#include "spread.h"

#include <stdbool.h>

#define LIFETIME_CLASSES 61u /* [i]: above 2^(i - 1) and up to 2^i; 0 and 1 are in [0] */

struct lifetime_class {
    uint64_t blocks;
    uint64_t bytes; /* their sizes when they died */
};

struct stats_lifetimes {
    uint64_t clock; /* bytes allocated so far: creations, and growth by realloc */
    struct spread bytes;
    struct spread ops;
    struct lifetime_class classes[LIFETIME_CLASSES]; /* by bytes */
    struct lifetime_class dead;
    struct lifetime_class alive; /* at the end: never freed in this trace */
    uint64_t died_with_heap;     /* of the dead: nobody freed them one by one */
};

/* The clock goes on by bytes newly asked for. */
void stats_lifetimes_allocated(struct stats_lifetimes *lifetimes, uint64_t bytes);

/* A block of `bytes` bytes, born when the clock showed `born`, dies after `ops` ticks. */
void stats_lifetimes_died(struct stats_lifetimes *lifetimes, uint64_t born, uint64_t ops,
                          uint32_t bytes);

/* A block is alive at the end. */
void stats_lifetimes_survived(struct stats_lifetimes *lifetimes, uint32_t bytes);

#endif
