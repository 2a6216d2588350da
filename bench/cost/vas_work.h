/* SPDX-License-Identifier: 0BSD */
/* Work for an address space allocator, made once for each target while it answers, so that the
 * timed loop needs no random numbers and no decisions.
 *
 *   mix/90 ...          at a steady occupancy of so many percent: while fewer segments are in use
 *                       reserve, otherwise, and after a refusal, release a region chosen at random
 *   same/mix/98 ...     the same ops for everybody: a refused request counts as if it had been
 *                       served, so that who is refused has less in use
 *   adversarial/...     holes that are all too short for what is asked, again and again, or (comb)
 *                       one pair of segments at the very end of holes of one
 *
 * Sizes: mix 95 % uniform 1 to 16 segments, 5 % log-uniform 17 to 256; kernel 70 % 1, 20 % 16, 10 %
 * 2 to 64; stack 16; expo 1 + exponential of mean 8; kernela as kernel, with 16 and more aligned to
 * 16.
 */
#ifndef LOOKASIDE_BENCH_VAS_WORK_H
#define LOOKASIDE_BENCH_VAS_WORK_H

#include "vas_world.h"

#define VAS_WORK_WARM_OPS  20000u
#define VAS_WORK_LEAD_OPS  2000u
#define VAS_WORK_TIMED_OPS 40000u

/* The name of work `number`; NULL after the last. */
const char *vas_work_name(uint32_t number);

/* Work for one target: begin with `start`, run ops [0, lead) to warm the caches, then time ops
 * [lead, count).
 */
struct vas_work {
    struct vas_world world;
    struct vas_kept *start;
    struct vas_op *ops;
    uint32_t lead;
    uint32_t count;
    uint32_t reserves; /* of the timed ops, as the next */
    uint32_t failed;
    uint32_t moved;
    uint64_t ns; /* CPU time of making the timed ops, for a guess at what they cost */
    struct vas_figures figures; /* after the last op */
};

/* Make the work of that name for `rival`; the floor is asked what ours was. NULL, or what went
 * wrong; *ret_slow says then that it was only too slow.
 */
const char *vas_work_make(struct vas_work *ret_work, const char *name,
                          const struct vas_rival *rival, bool *ret_slow);

/* The same from recorded ops, which the work takes over as they are. */
const char *vas_work_load(struct vas_work *ret_work, const struct ops *ops,
                          const struct vas_rival *rival, bool *ret_slow);

void vas_work_free(struct vas_work *work);

/* -- Sizes (vas_sizes.c) ----------------------------------------------------------------------- */

enum vas_sizes { SIZES_MIX, SIZES_KERNEL, SIZES_STACK, SIZES_KERNEL_ALIGNED, SIZES_EXPO };

/* 0 to bound - 1, from *state; bound is small against 2^32. */
uint32_t vas_random_below(uint32_t *state, uint32_t bound);

/* A reservation, without its slot. The same on both ABIs. */
struct vas_op vas_sizes_draw(enum vas_sizes sizes, uint32_t *state);

#endif
