/* SPDX-License-Identifier: 0BSD */
/* The parts of the bounded exhaustive search: which operations a state allows, and when two states
 * are the same.
 */
#ifndef LOOKASIDE_FUZZ_EXHAUSTIVE_H
#define LOOKASIDE_FUZZ_EXHAUSTIVE_H

#include <lookaside/trace.h>

#define ALPHABET_MAX 256u

/* Every operation worth trying in the world's state of now, in a fixed order; answers how many. New
 * objects take the lowest free slot, old ones are tried one by one. `part` as for a target.
 */
uint32_t alphabet(struct trace_op *ops, char part);

/* A number for the world's state of now: equal for states that no operation can tell apart. Slots
 * are a set, lists an order, contents nothing.
 */
uint64_t fingerprint(void);

#endif
