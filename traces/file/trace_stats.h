/* SPDX-License-Identifier: 0BSD */
/* What a trace asks for, counted without any allocator: live objects and bytes, sizes, threads.
 * These are lower bounds that no allocator can beat, and the words of `info` and of
 * traces/README.md.
 */
#ifndef LOOKASIDE_TRACE_STATS_H
#define LOOKASIDE_TRACE_STATS_H

#include <lookaside/trace.h>

#define TRACE_SIZE_EXACT 65536u /* requests up to here are counted by exact size */

/* A level now, and the highest it has been. */
struct trace_level {
    uint64_t now;
    uint64_t peak;
};

struct trace_stats {
    uint64_t ops;
    uint64_t kinds[TRACE_KINDS];
    uint64_t skipped;  /* ops on slots that did not fit them */
    uint32_t slots[4]; /* high-water marks by enum trace_slot_kind */
    struct trace_level blocks;
    struct trace_level block_bytes;
    struct trace_level regions;
    struct trace_level region_pages; /* reserved */
    struct trace_level stacks;
    struct trace_level stack_pages; /* reserved */
    struct trace_level heaps;       /* beside heap 0 */
    uint64_t requests;              /* allocations and reallocations */
    uint64_t request_bytes;
    uint64_t known_requests; /* those that say what the recorded allocator took */
    uint64_t known_request_bytes;
    uint64_t known_recorded_bytes;
    uint64_t time_ns;
    uint32_t deepest_page; /* of a touched stack, 0: the topmost or none */
    uint32_t threads;      /* different thread numbers with ops of their own */
    uint32_t bytes_min;
    uint32_t bytes_max;
    struct trace_stats_memory *memory; /* private */
};

/* False when out of memory. */
bool trace_stats_init(struct trace_stats *stats);
void trace_stats_free(struct trace_stats *stats);

/* Count one op. False when out of memory. */
bool trace_stats_add(struct trace_stats *stats, const struct trace_op *op);

/* The request size that `permille` of all requests do not exceed; above TRACE_SIZE_EXACT the next
 * power of two, as UINT32_MAX at most. 0 without requests.
 */
uint32_t trace_stats_size_at(const struct trace_stats *stats, uint32_t permille);

/* The `count` most frequent exact sizes, most frequent first; answers how many there are. */
size_t trace_stats_top_sizes(const struct trace_stats *stats, uint32_t *ret_bytes,
                             uint64_t *ret_requests, size_t count);

#endif
