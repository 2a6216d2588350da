/* SPDX-License-Identifier: 0BSD */
/* An address space allocator to be measured, whoever's: everybody is called through the rivals'
 * interface (rivals/vas_rival.h) in one compiled loop. A page is a segment here, so all do the same
 * work: whole segments of a space of 65,535.
 */
#ifndef LOOKASIDE_BENCH_VAS_WORLD_H
#define LOOKASIDE_BENCH_VAS_WORLD_H

#include "ops.h"
#include "vas_rival.h"

#define VAS_SEGMENTS 65535u /* segment 0 is nobody's */

/* What a slot holds. */
struct vas_slot {
    uint32_t page; /* 0: nothing */
    uint32_t pages;
};

struct vas_world {
    const struct vas_rival *rival;
    void *state;
    size_t state_bytes;
    struct vas_slot *slots;
    uint32_t slot_count;
    uint32_t failed; /* reservations that were refused */
    uint32_t moved;  /* resizes that had to reserve anew */
};

/* The rivals that are measured: theirs, and ours without what vas_ours looks up for them
 * ("lookaside": its release needs no length). "floor" does nothing. NULL: none of that name.
 */
const struct vas_rival *vas_target_find(const char *name);

/* Names of all but the floor; NULL after the last. Ours is the last. */
const char *vas_target_name(uint32_t number);

/* An empty world. `slot_count` slots. NULL, or what is missing. */
const char *vas_world_open(struct vas_world *ret_world, const struct vas_rival *rival,
                           uint32_t slot_count);
void vas_world_close(struct vas_world *world);

/* Run ops [op, end). */
void vas_pass(struct vas_world *world, const struct vas_op *op, const struct vas_op *end);

/* The state of a world, kept for later: state may hold pointers into itself, so it is put back in
 * place. NULL when there is no memory.
 */
struct vas_kept;
struct vas_kept *vas_world_keep(const struct vas_world *world);
void vas_world_put_back(struct vas_world *world, const struct vas_kept *kept);

/* The same before each of many passes over the same ops: only what they change is put back. The
 * first time all of it is, the second time it is found out.
 */
void vas_world_rewind(struct vas_world *world, struct vas_kept *kept);
void vas_kept_free(struct vas_kept *kept);

#endif
