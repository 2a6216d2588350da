/* SPDX-License-Identifier: 0BSD */
/* Random operations without any feedback: the baseline that coverage guidance has to beat. Each run
 * is a swarm of its own: some kinds of operations are left out, others are frequent, slots and
 * sizes come from a range of their own. Source: Groce et al. 2012 (swarm testing).
 */
#ifndef LOOKASIDE_FUZZ_RANDOM_SWARM_H
#define LOOKASIDE_FUZZ_RANDOM_SWARM_H

#include <lookaside/trace.h>

struct swarm {
    uint64_t state;
    uint32_t shape;
    uint32_t ops; /* of this run */
    uint32_t block_slots;
    uint32_t weights[TRACE_KINDS]; /* running sums */
    uint32_t weight_sum;
    uint32_t run_left; /* of the same operation on neighbouring slots */
    struct trace_op run_op;
    uint32_t favourite_bytes;
};

/* Begin run number `run` of seed `seed`: the same two give the same operations everywhere. `part`
 * is which operations take part: v, h, s, or w for all.
 */
void swarm_begin(struct swarm *swarm, uint64_t seed, uint64_t run, uint32_t ops_max, char part);

void swarm_next(struct swarm *swarm, struct trace_op *ret_op);

#endif
