/* SPDX-License-Identifier: 0BSD */
/* Chunks of slots. */
#include "slots.h"

#include <stdlib.h>

void slots_free(struct slots *slots)
{
    for (uint32_t i = 0; i < SLOTS_CHUNKS; i++) {
        free(slots->chunk[i]);
        slots->chunk[i] = NULL;
    }
}

void *slots_find(const struct slots *slots, uint32_t slot)
{
    char *chunk = slots->chunk[slot / SLOTS_CHUNK];

    return chunk ? chunk + slot % SLOTS_CHUNK * slots->item_bytes : NULL;
}

void *slots_take(struct slots *slots, uint32_t slot)
{
    char **chunk = &slots->chunk[slot / SLOTS_CHUNK];

    if (!*chunk)
        *chunk = calloc(SLOTS_CHUNK, slots->item_bytes);
    return slots_find(slots, slot);
}

uint32_t slots_next(const struct slots *slots, uint32_t slot)
{
    while (slot < TRACE_SLOTS_MAX && !slots->chunk[slot / SLOTS_CHUNK])
        slot = (slot / SLOTS_CHUNK + 1u) * SLOTS_CHUNK;
    return slot;
}
