/* SPDX-License-Identifier: 0BSD */
/* What is asked of an address space: how large reservations are, what 64 KiB segments would make of
 * them, and which parts are committed and given back.
 */
#ifndef LOOKASIDE_STATS_REGIONS_H
#define LOOKASIDE_STATS_REGIONS_H

#include "figures.h"
#include "spread.h"

#include <lookaside/trace.h>

#define REGION_PLACEMENTS 4u /* best fit, lowest, highest, fixed */

/* What a slot holds. */
struct region_slot {
    uint32_t pages;
    uint32_t segments;  /* that it touches */
    uint32_t label;     /* index; the caller's, as stats_regions_op() leaves it alone */
    uint8_t first_page; /* in its first segment; 0 unless its address is fixed */
    bool live;
};

/* Ranges of pages in regions: commits, or decommits. */
struct region_ranges {
    uint64_t count;
    uint64_t pages;
    uint64_t whole;       /* from the first to the last page of the region */
    uint64_t off_segment; /* begins or ends inside a segment; the region's own ends are none */
};

struct stats_regions {
    struct trace_level segments; /* 64 KiB each, that the live regions touch */
    uint64_t segments_at_peak;   /* when most pages were reserved */
    uint64_t reserved_segments;  /* sum over reservations */
    struct spread pages;         /* of a reservation */
    uint64_t classes[33];        /* reservations of 2^(i - 1) + 1 to 2^i pages; 0 and 1 in [0] */
    uint64_t below_segment;      /* reservations of less than one */
    uint64_t off_segment;        /* reservations that are no multiple of one */
    uint64_t placements[REGION_PLACEMENTS];
    uint64_t fixed_off_segment; /* fixed ones that begin inside a segment */
    uint64_t aligned;           /* an alignment above a page is asked for */
    uint64_t aligned_segment;   /* above a segment */
    struct region_ranges commits;
    struct region_ranges decommits;
    uint64_t grew;
    uint64_t shrank;
};

/* Count an op on a region that its slot fits: the slot says what is there before, and after. */
void stats_regions_op(struct stats_regions *regions, struct region_slot *slot,
                      const struct trace_op *op, uint64_t op_number);

#endif
