/* SPDX-License-Identifier: 0BSD */
/* Which sizes are asked for, how often, and how much of what is live has which size. A request is
 * an allocation or a reallocation that its slot fitted.
 *
 * How often and how much are two things: a short-lived size can lead the first and be nothing in
 * the second. Buckets are tuned on the second.
 */
#ifndef LOOKASIDE_STATS_SIZES_H
#define LOOKASIDE_STATS_SIZES_H

#include "numbers.h"

#include <lookaside/trace.h>

#define SIZES_PLAIN                                                                                \
    65536u /* sizes up to here have a place of their own, larger ones are looked up */

struct size_count {
    uint32_t bytes; /* filled by stats_sizes_finish() */
    uint64_t requests;
    uint64_t area; /* bytes of live blocks of this size, summed over ticks */
};

struct stats_sizes {
    uint64_t requests;
    uint64_t request_bytes;
    uint64_t creations; /* requests that made a block */
    uint64_t creation_bytes;
    uint64_t zeroed; /* of the creations */
    uint64_t zeroed_bytes;
    uint64_t aligned[32];     /* of the creations: with an alignment of 2^i bytes asked for */
    uint64_t area;            /* of all sizes */
    struct size_count *sizes; /* what was asked for, ascending, after stats_sizes_finish() */
    uint32_t size_count;
    struct size_count plain[SIZES_PLAIN + 1u]; /* private, as is the next */
    struct numbers large;
};

void stats_sizes_init(struct stats_sizes *sizes);
void stats_sizes_free(struct stats_sizes *sizes);

/* Count a request; `creates` a block, or changes one. False when out of memory. O(1). */
bool stats_sizes_request(struct stats_sizes *sizes, const struct trace_op *op, bool creates);

/* A block of a requested size was live for so many ticks, or a part of its life was. O(1). */
void stats_sizes_lived(struct stats_sizes *sizes, uint32_t bytes, uint64_t ticks);

/* Fill `sizes`; nothing is counted afterwards. False when out of memory. O(sizes log sizes). */
bool stats_sizes_finish(struct stats_sizes *sizes);

/* After that: the exact size that `permille` of the requests do not exceed, 0 without any; and the
 * same for bytes live over time.
 */
uint32_t stats_sizes_at(const struct stats_sizes *sizes, uint32_t permille);
uint32_t stats_sizes_live_at(const struct stats_sizes *sizes, uint32_t permille);

/* The indices in `sizes` of the (up to) `count` most frequent ones, most frequent first, smaller
 * first among equals; answers how many there are.
 */
uint32_t stats_sizes_top(const struct stats_sizes *sizes, uint32_t *ret_index, uint32_t count);

/* The upper edge of the class that a size is in, with `steps` (a power of two) classes between one
 * power of two and the next: 33 to 64 bytes are the class 64 if there is one. 2^32 at most.
 */
uint64_t stats_size_class(uint32_t bytes, uint32_t steps);

#endif
