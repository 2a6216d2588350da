/* SPDX-License-Identifier: 0BSD */
/* What the recorded allocator took for the blocks, where the trace says it (Linux's slabs: always).
 * A block that was reallocated has no such figure any more.
 */
#ifndef LOOKASIDE_STATS_RECORDED_H
#define LOOKASIDE_STATS_RECORDED_H

#include <stdint.h>

/* Bytes asked for and bytes taken, of the same blocks. */
struct recorded_bytes {
    uint64_t asked;
    uint64_t taken;
};

struct stats_recorded {
    uint64_t requests;             /* with a figure */
    struct recorded_bytes sum;     /* over those requests */
    struct recorded_bytes now;     /* live */
    struct recorded_bytes area;    /* live, summed over ticks */
    struct recorded_bytes at_peak; /* live when most bytes were */
};

/* A block with a figure comes or goes; taken is not 0. */
void stats_recorded_born(struct stats_recorded *recorded, uint32_t asked, uint32_t taken);
void stats_recorded_gone(struct stats_recorded *recorded, uint32_t asked, uint32_t taken);

void stats_recorded_tick(struct stats_recorded *recorded);

#endif
