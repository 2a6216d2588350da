/* SPDX-License-Identifier: 0BSD */
/* Recorded heap objects by address: what an importer needs whose recording has pointers and no ids.
 * An address names the object that lives there now; `space` tells address spaces apart (0 where
 * there is only one). Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_OBJECTS_H
#define LOOKASIDE_IMPORT_OBJECTS_H

#include "import.h"

/* A live object, or (address 0) an empty place of the table. */
struct object {
    uint64_t address;
    uint32_t space;
    uint32_t slot;
};

/* Zeroed is empty. */
struct objects {
    struct object *at; /* open addressing with linear probing; `room` is a power of two or 0 */
    size_t room;
    size_t count;
};

void objects_free_all(struct objects *objects);

/* The table alone, for an importer with other rules than those below. Put where nothing is, or
 * false without memory; take what is there, or false. O(1).
 */
bool objects_put(struct import *import, struct objects *objects, struct object object);
bool objects_take(struct objects *objects, uint32_t space, uint64_t address,
                  struct object *ret_object);

/* An allocation answered `address`. `op` lacks slot and bytes. Address 0 (it failed) and a size of
 * 4 GiB or more are counted and not emitted; if something lives there already, that was freed
 * unseen and its free is implied. O(1).
 */
bool objects_create(struct import *import, struct objects *objects, uint32_t space,
                    uint64_t address, uint64_t bytes, struct trace_op op);

/* free(address). 0 is nothing; an unknown one is counted. O(1). */
bool objects_end(struct import *import, struct objects *objects, uint32_t space, uint64_t address);

/* realloc(from, bytes) answered `to`. From 0 it allocates, as it does (and counts) from an unknown
 * address; to 0 with 0 bytes it frees, to 0 with more it failed and nothing happened. O(1).
 */
bool objects_resize(struct import *import, struct objects *objects, uint32_t space, uint64_t from,
                    uint64_t to, uint64_t bytes);

/* The two halves of the above, for a recording where others may be handed `from` before the answer
 * is known: begin takes the object out of the table, end puts it back under its address.
 */
struct object_resizing {
    struct object object; /* address 0: it allocates */
    bool unknown;         /* from an address that was never seen */
};

struct object_resizing objects_resize_begin(struct objects *objects, uint32_t space, uint64_t from);
bool objects_resize_end(struct import *import, struct objects *objects,
                        struct object_resizing resizing, uint64_t to, uint64_t bytes);

/* The address space is gone (exec, exit): frees of all that lives in it, by slot. O(n log n). */
bool objects_end_space(struct import *import, struct objects *objects, uint32_t space);

/* An importer that keeps objects apart otherwise can look itself; NULL if nothing lives there. */
const struct object *objects_find(const struct objects *objects, uint32_t space, uint64_t address);

#endif
