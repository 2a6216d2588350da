/* SPDX-License-Identifier: 0BSD */
/* Recorded heap objects by id. */
#include "blocks.h"

bool blocks_new(struct import *import, struct blocks *blocks, int index, struct block **ret_block)
{
    void *at = blocks->at;
    uint64_t id;

    /* A line makes one object at most, so a larger id is damage, and would ask for much memory. */
    if (!import_number(import, index, "a new id, at most the line's number", import->lines->number,
                       &id))
        return false;
    if (!import_room(import, &at, &blocks->room, sizeof *blocks->at, id))
        return false;
    blocks->at = at;
    *ret_block = &blocks->at[id];
    if (id == 0 || (*ret_block)->state != BLOCK_NONE)
        return import_fail(import, "id %s is not new (expected one never used before)",
                           import->field[index]);
    return true;
}

bool blocks_find(struct import *import, struct blocks *blocks, int index, struct block **ret_block)
{
    uint64_t id;

    if (!import_number(import, index, "an id", UINT64_MAX, &id))
        return false;
    *ret_block = id < blocks->room && blocks->at[id].state != BLOCK_NONE ? &blocks->at[id] : NULL;
    return true;
}

bool blocks_create(struct import *import, struct block *block, struct trace_op op)
{
    if (!slot_take(import, TRACE_BLOCK, &block->slot))
        return false;
    block->state = BLOCK_LIVE;
    op.slot = block->slot;
    return import_emit(import, op);
}

bool blocks_free(struct import *import, struct block *block)
{
    if (!block || block->state != BLOCK_LIVE) {
        bool other = block && block->state == BLOCK_NOT_SELECTED;
        import->notes[other ? NOTE_NOT_SELECTED : NOTE_UNKNOWN_FREE]++;
        return true;
    }
    block->state = BLOCK_DEAD;
    return import_emit(import, (struct trace_op){ .kind = TRACE_FREE, .slot = block->slot }) &&
           slot_give(import, TRACE_BLOCK, block->slot);
}
