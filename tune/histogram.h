/* SPDX-License-Identifier: 0BSD */
/* Which sizes a trace keeps live, and for how long: all the optimiser sees of a trace.
 *
 * Weights are byte-time, not allocation counts: a program that makes and drops a million 10-byte
 * strings has hardly any of them live, and it is live blocks that take memory.
 */
#ifndef LOOKASIDE_TUNE_HISTOGRAM_H
#define LOOKASIDE_TUNE_HISTOGRAM_H

#include "ops.h"

#include <lookaside/bucket.h>

#define HISTOGRAM_GRAINS (BUCKET_BYTES_MAX / BUCKET_GRAIN_BYTES) /* 4,096 sizes up to 32 KiB */

/* One trace. Index g holds the blocks of 8g - 7 to 8g bytes; a request of 0 bytes is in grain 1.
 * Times are in ticks (heap ops). Small is what any bucket could serve; the rest is large.
 */
struct histogram {
    uint64_t count_time[HISTOGRAM_GRAINS + 1u]; /* live blocks x ticks */
    uint32_t count_peak[HISTOGRAM_GRAINS + 1u]; /* live blocks when most bytes were live */
    uint64_t ticks;
    uint64_t small_bytes_time; /* requested bytes x ticks */
    uint64_t large_bytes_time;
    uint64_t large_count_time;
    uint64_t live_bytes_peak;  /* requested, small and large */
    uint64_t small_bytes_peak; /* of those, small ones */
    uint64_t allocations;      /* and growths; how often, not how long */
};

/* Fill *ret_histogram from `trace`. False when memory is out. O(ops + slots). */
bool histogram_fill(struct histogram *ret_histogram, const struct tune_trace *trace);

/* Block bytes over requested bytes of small blocks under a table, byte-time weighted, in parts per
 * million (1,000,000: no waste). Requests above the largest bucket count in whole pages, or in
 * whole powers of two pages when `large_power_of_two`. 1,000,000 for a trace without small blocks.
 */
uint64_t histogram_rounding_ppm(const struct histogram *histogram, const uint16_t *bytes,
                                uint32_t count, bool large_power_of_two);

#endif
