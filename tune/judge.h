/* SPDX-License-Identifier: 0BSD */
/* The judge: what a bucket table really costs on a trace, by replaying the trace through the core.
 *
 * It counts what the replay interpreter counts (footprint = heap pages + metadata pages, after
 * every op) but writes no canaries and touches no block, so a corpus takes seconds. A test holds
 * the two against each other.
 */
#ifndef LOOKASIDE_TUNE_JUDGE_H
#define LOOKASIDE_TUNE_JUDGE_H

#include "ops.h"

#include <lookaside/bucket.h>

/* A table to judge, and how requests above its largest bucket are rounded. */
struct judge_table {
    uint16_t bytes[BUCKETS_MAX];
    uint32_t count;
    bool large_power_of_two; /* see struct class_set */
};

/* Exact. Sums are over ticks (heap ops): divide by `ticks` for a mean. */
struct judge_result {
    uint64_t ticks;
    uint64_t live_bytes_peak;
    uint64_t live_bytes_sum;
    uint64_t footprint_pages_sum;
    uint64_t va_segments_sum;
    uint32_t footprint_pages_peak;
    uint32_t va_segments_peak; /* of the VAS: heap and metadata */
    uint32_t refused; /* allocations the world said no to: the figures are worthless then */
    bool done;        /* false: never run, or ended by a panic */
};

/* A sample of a replay, for pictures. */
struct judge_sample {
    uint32_t tick;
    uint32_t footprint_pages;
    uint64_t live_bytes;
};

struct judge;

/* A window of 4 GiB of addresses to replay in, and nothing else. NULL: the process has no room. */
struct judge *judge_new(void);
void judge_free(struct judge *judge);

/* Replay the first `op_count` ops of `trace`. `samples` may be NULL; else sample_count entries are
 * filled, evenly over the ticks. False when memory is out. The window is clean again afterwards.
 */
bool judge_run(struct judge *judge, const struct tune_trace *trace, uint32_t op_count,
               const struct judge_table *table, struct judge_result *ret_result,
               struct judge_sample *samples, uint32_t sample_count);

/* Footprint over live bytes (peak over peak, or mean over mean) in parts per million. UINT64_MAX if
 * nothing was ever live.
 */
uint64_t judge_peak_ppm(const struct judge_result *result);
uint64_t judge_mean_ppm(const struct judge_result *result);

/* Segments in use times 64 KiB over live bytes, peaks, in parts per million. */
uint64_t judge_va_ppm(const struct judge_result *result);

#endif
