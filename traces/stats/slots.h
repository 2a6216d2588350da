/* SPDX-License-Identifier: 0BSD */
/* What lives in each slot of one kind: an array in chunks that come when they are needed, so that a
 * damaged trace which names one high slot does not cost memory for all below it.
 */
#ifndef LOOKASIDE_STATS_SLOTS_H
#define LOOKASIDE_STATS_SLOTS_H

#include <lookaside/trace.h>

#include <stddef.h>

#define SLOTS_CHUNK  4096u
#define SLOTS_CHUNKS (TRACE_SLOTS_MAX / SLOTS_CHUNK)

/* Zeroed but for item_bytes is empty. */
struct slots {
    size_t item_bytes;
    char *chunk[SLOTS_CHUNKS];
};

void slots_free(struct slots *slots);

/* The item of a slot below TRACE_SLOTS_MAX; NULL if nothing near it was ever taken. */
void *slots_find(const struct slots *slots, uint32_t slot);

/* The same, made (zeroed) if need be; NULL when out of memory. */
void *slots_take(struct slots *slots, uint32_t slot);

/* The first slot from `slot` on that slots_find() knows; TRACE_SLOTS_MAX if there is none. */
uint32_t slots_next(const struct slots *slots, uint32_t slot);

#endif
