/* SPDX-License-Identifier: 0BSD */
/* What a trace asks for, counted without any allocator: live objects and bytes, sizes, lifetimes,
 * who does what to whose blocks. The live figures are lower bounds that no allocator can beat; all
 * of them are the words of `info` and of traces/README.md.
 *
 * Ops that a replay would skip, because their slot does not fit them, are counted as ops and as
 * skipped and nowhere else.
 */
#ifndef LOOKASIDE_TRACE_STATS_H
#define LOOKASIDE_TRACE_STATS_H

#include "actors.h"
#include "figures.h"
#include "labels.h"
#include "lifetimes.h"
#include "reallocs.h"
#include "recorded.h"
#include "regions.h"
#include "sizes.h"
#include "stacks.h"

#include <lookaside/trace.h>

#define TRACE_MARKS 64u /* so many marks are remembered with their place */

struct trace_mark {
    uint64_t op; /* from 1 */
    uint64_t time_ns;
    uint32_t mark;
};

struct trace_stats {
    uint64_t ops;
    uint64_t acts; /* of them: ops that do something, that is are no note */
    uint64_t kinds[TRACE_KINDS];
    uint64_t skipped;  /* ops on slots that did not fit them */
    uint32_t slots[4]; /* high-water marks by enum trace_slot_kind */
    uint64_t time_ns;
    uint64_t block_ticks; /* ops on blocks and heaps */
    uint64_t region_ticks;
    uint64_t stack_ticks;
    struct trace_level blocks;
    struct trace_level block_bytes;
    struct trace_level regions;
    struct trace_level region_pages; /* reserved */
    struct trace_level stacks;
    struct trace_level stack_pages; /* reserved */
    struct trace_level heaps;       /* beside heap 0 */
    struct trace_mark marks[TRACE_MARKS];
    struct stats_sizes *sizes;
    struct stats_lifetimes *lifetimes;
    struct stats_reallocs *reallocs;
    struct stats_recorded *recorded;
    struct stats_actors *threads;
    struct stats_actors *cpus;
    struct stats_regions *region_use;
    struct stats_stacks *stack_use;
    struct stats_labels *labels;
    struct trace_stats_memory *memory; /* private */
};

/* False when out of memory. */
bool trace_stats_init(struct trace_stats *stats);
void trace_stats_free(struct trace_stats *stats);

/* Count one op. False when out of memory. */
bool trace_stats_add(struct trace_stats *stats, const struct trace_op *op);

/* The trace is over: what is still alive enters sizes, lifetimes, reallocs and stack_use, which are
 * not to be read before. Nothing can be added afterwards. False when out of memory.
 */
bool trace_stats_finish(struct trace_stats *stats);

#endif
