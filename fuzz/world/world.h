/* SPDX-License-Identifier: 0BSD */
/* The fuzz world: one address space with its heaps, regions and stacks in static memory, driven by
 * trace operations through the replay interpreter, every call beside its model. A run begins, takes
 * ops, and ends with everything given back; what is wrong is told by oracle.h and aborts.
 */
#ifndef LOOKASIDE_FUZZ_WORLD_WORLD_H
#define LOOKASIDE_FUZZ_WORLD_WORLD_H

#include <lookaside/replay.h>

#include "../model/spies.h"

/* Slots of a world: as many as an input can name; a trace from a file may have more of them. */
#define WORLD_BLOCK_SLOTS  1024u
#define WORLD_REGION_SLOTS 16u
#define WORLD_STACK_SLOTS  8u
#define WORLD_HEAP_SLOTS   4u
#define WORLD_SLOTS_MAX    65536u

/* Work a run may do: operations after the last one are left out. */
#define WORLD_OPS_MAX 4096u

struct world_totals {
    uint64_t runs;
    uint64_t ops; /* operations that reached the core and were checked */
};

extern struct world_totals world_totals;
extern struct replay world_replay;

/* Once in a process. Reads LOOKASIDE_ORACLES_OFF, LOOKASIDE_FUZZ_PROTECT, LOOKASIDE_FUZZ_NARROW
 * (for spaces as a 32-bit process can have them), and LOOKASIDE_FUZZ_DEPTH=all for SPIES_ALL.
 */
void world_setup(void);

/* Begin a run in the shape with this number. `block_slots` up to WORLD_SLOTS_MAX. */
void world_begin(uint32_t shape, uint32_t block_slots);

/* One operation. False once a switched-off oracle left the world beyond repair: end the run. */
bool world_step(const struct trace_op *op);

/* Give everything back, by slots or by destroying heaps as the digest has it, and compare with the
 * beginning. Answers the digest of the ops.
 */
uint64_t world_end(void);

/* Whether a run with this digest is to be made again elsewhere, to compare (I27): few are. */
bool world_is_made_again(uint64_t digest);

/* From the next run on everything begins in memory that held something else before and is at other
 * host addresses, or (false) where it was.
 */
void world_move(bool elsewhere);

/* Two runs of the same operations have had these digests (I27). */
void world_compare_digests(uint64_t first, uint64_t again, const char *what);

#endif
