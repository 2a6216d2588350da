/* SPDX-License-Identifier: 0BSD */
/* What trace_stats.c and blocks.c share. */
#ifndef LOOKASIDE_STATS_PRIVATE_H
#define LOOKASIDE_STATS_PRIVATE_H

#include "slots.h"
#include "trace_stats.h"

struct live_block {
    uint64_t born_tick;
    uint64_t since_tick; /* when it got its present size */
    uint64_t born_clock; /* see stats_lifetimes.clock */
    uint32_t bytes;
    uint32_t recorded_bytes;
    uint32_t heap;
    uint32_t thread;
    uint32_t cpu;
    uint32_t label;
    uint32_t reallocs;
    uint32_t next; /* slot + 1 of another block of this heap; 0: none */
    uint32_t previous;
    bool live;
};

struct live_heap {
    uint32_t first; /* slot + 1 of its block made last; 0: none. Heap 0 has no list. */
    bool exists;    /* heap 0 exists without it */
};

/* One allocation for the trace, beside the slots' chunks. */
struct trace_stats_memory {
    struct stats_sizes sizes;
    struct stats_lifetimes lifetimes;
    struct stats_reallocs reallocs;
    struct stats_recorded recorded;
    struct stats_actors threads;
    struct stats_actors cpus;
    struct stats_regions region_use;
    struct stats_stacks stack_use;
    struct stats_labels labels;
    struct slots slots[TRACE_NO_SLOT]; /* live_block, region_slot, stack_slot, live_heap */
    uint32_t heap_in_use;
};

/* An op on a block or a heap; `label` is its label's index. False when out of memory. */
bool stats_block_op(struct trace_stats *stats, const struct trace_op *op, uint32_t label);
bool stats_heap_op(struct trace_stats *stats, const struct trace_op *op);

/* What is alive at the end of the trace. */
void stats_blocks_finish(struct trace_stats *stats);

#endif
