/* SPDX-License-Identifier: 0BSD */
/* Blocks whose address is not told. */
#include "unplaced.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void unplaced_free_all(struct unplaced *unplaced)
{
    for (int log2 = 0; log2 < 32; log2++)
        free(unplaced->at[log2]);
    *unplaced = (struct unplaced){ .created = 0 };
}

bool unplaced_create(struct import *import, struct unplaced *unplaced, struct objects *objects,
                     uint64_t bytes, struct trace_op op)
{
    uint8_t log2 = op.align_log2;
    void *at = unplaced->at[log2];

    if (!objects_create(import, objects, UNPLACED_SPACE, ++unplaced->created, bytes, op))
        return false;
    if (bytes > UINT32_MAX)
        return true; /* it was left out */
    if (!import_room(import, &at, &unplaced->room[log2], sizeof *unplaced->at[log2],
                     unplaced->count[log2]))
        return false;
    unplaced->at[log2] = at;
    unplaced->at[log2][unplaced->count[log2]++] = unplaced->created;
    return true;
}

/* The made-up address of the block that `address` is taken for; 0 if there is none. */
static uint64_t take(struct unplaced *unplaced, uint64_t address)
{
    for (int log2 = 31; address != 0 && log2 >= 0; log2--)
        if (unplaced->count[log2] > 0 && (address & ((UINT64_C(1) << log2) - 1u)) == 0) {
            unplaced->guesses++;
            return unplaced->at[log2][--unplaced->count[log2]];
        }
    return 0;
}

bool unplaced_end(struct import *import, struct unplaced *unplaced, struct objects *objects,
                  uint32_t space, uint64_t address)
{
    uint64_t made_up = objects_find(objects, space, address) ? 0 : take(unplaced, address);

    return made_up != 0 ? objects_end(import, objects, UNPLACED_SPACE, made_up)
                        : objects_end(import, objects, space, address);
}

struct object_resizing unplaced_resize_begin(struct unplaced *unplaced, struct objects *objects,
                                             uint32_t space, uint64_t address)
{
    uint64_t made_up = objects_find(objects, space, address) ? 0 : take(unplaced, address);
    struct object_resizing resizing;

    if (made_up == 0)
        return objects_resize_begin(objects, space, address);
    resizing = objects_resize_begin(objects, UNPLACED_SPACE, made_up);
    resizing.object.space = space; /* from now on it has its place */
    resizing.object.address = address;
    return resizing;
}

bool unplaced_note(struct import *import, const struct unplaced *unplaced)
{
    char value[160];

    if (unplaced->guesses == 0)
        return true;
    snprintf(value, sizeof value,
             "%" PRIu64 " unknown addresses, taken for blocks of posix_memalign()",
             unplaced->guesses);
    return import_text(import, "changed", value);
}
