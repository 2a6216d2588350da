/* SPDX-License-Identifier: 0BSD */
/* Blocks whose address is not told: posix_memalign() puts it into the caller's memory, which a
 * tracer does not print. Such a block gets a made-up address. When an address is freed or resized
 * that nobody knows, it is taken for the newest of these blocks among those with the largest
 * alignment that fits the address: a guess, and counted. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_UNPLACED_H
#define LOOKASIDE_IMPORT_UNPLACED_H

#include "objects.h"

#define UNPLACED_SPACE UINT32_MAX /* where the made-up addresses are */

/* Zeroed is empty. */
struct unplaced {
    uint64_t *at[32]; /* made-up addresses, by log2 of the alignment */
    size_t count[32];
    size_t room[32];
    uint64_t created;
    uint64_t guesses;
};

void unplaced_free_all(struct unplaced *unplaced);

/* A block of `bytes`, with its alignment in `op`. O(1). */
bool unplaced_create(struct import *import, struct unplaced *unplaced, struct objects *objects,
                     uint64_t bytes, struct trace_op op);

/* objects_end() and objects_resize_begin() where such a block may be meant. O(1). */
bool unplaced_end(struct import *import, struct unplaced *unplaced, struct objects *objects,
                  uint32_t space, uint64_t address);
struct object_resizing unplaced_resize_begin(struct unplaced *unplaced, struct objects *objects,
                                             uint32_t space, uint64_t address);

/* Say in the header text how much of it is guessed. */
bool unplaced_note(struct import *import, const struct unplaced *unplaced);

#endif
