/* SPDX-License-Identifier: 0BSD */
/* How numbers are spread: their quantiles in fixed memory, however many there are. Numbers up to
 * 256 are kept exactly, larger ones rounded up to 8 binary digits, which is 0.8 % at most.
 */
#ifndef LOOKASIDE_STATS_SPREAD_H
#define LOOKASIDE_STATS_SPREAD_H

#include <stdint.h>

#define SPREAD_STEPS 128u /* between one power of two and the next */

/* 0 to 127 as they are, then 128 places for each of the leading digits' positions 2^7 to 2^60. */
#define SPREAD_PLACES ((60u - 7u + 2u) * SPREAD_STEPS)

/* Zeroed is empty. Public but for `places`. */
struct spread {
    uint64_t count;
    uint64_t sum;
    uint64_t max; /* exact */
    uint64_t places[SPREAD_PLACES];
};

/* Add `value`, taken as 2^60 if it is more. O(1). */
void spread_add(struct spread *spread, uint64_t value);

/* The smallest number that `permille` of all do not exceed, rounded as said above but never above
 * the largest; 0 without any. O(SPREAD_PLACES).
 */
uint64_t spread_at(const struct spread *spread, uint32_t permille);

#endif
