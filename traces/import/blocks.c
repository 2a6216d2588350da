/* SPDX-License-Identifier: 0BSD */
/* Recorded heap objects by id. */
#include "blocks.h"

bool blocks_new(struct convert *convert, struct blocks *blocks, int index, struct block **ret_block)
{
    void *at = blocks->at;
    uint64_t id;

    /* A line makes one object at most, so a larger id is damage, and would ask for much memory. */
    if (!convert_number(convert, index, "a new id, at most the line's number",
                        convert->lines->number, &id))
        return false;
    if (!convert_room(convert, &at, &blocks->room, sizeof *blocks->at, id))
        return false;
    blocks->at = at;
    *ret_block = &blocks->at[id];
    if (id == 0 || (*ret_block)->state != BLOCK_NONE)
        return convert_fail(convert, "id %s is not new (expected one never used before)",
                            convert->field[index]);
    return true;
}

bool blocks_find(struct convert *convert, struct blocks *blocks, int index,
                 struct block **ret_block)
{
    uint64_t id;

    if (!convert_number(convert, index, "an id", UINT64_MAX, &id))
        return false;
    *ret_block = id < blocks->room && blocks->at[id].state != BLOCK_NONE ? &blocks->at[id] : NULL;
    return true;
}

bool blocks_create(struct convert *convert, struct block *block, struct trace_op op)
{
    if (!slot_take(convert, TRACE_BLOCK, &block->slot))
        return false;
    block->state = BLOCK_LIVE;
    op.slot = block->slot;
    return convert_emit(convert, op);
}

bool blocks_free(struct convert *convert, struct block *block)
{
    if (!block || block->state != BLOCK_LIVE) {
        bool other = block && block->state == BLOCK_NOT_SELECTED;
        convert->notes[other ? NOTE_NOT_SELECTED : NOTE_UNKNOWN_FREE]++;
        return true;
    }
    block->state = BLOCK_DEAD;
    return convert_emit(convert, (struct trace_op){ .kind = TRACE_FREE, .slot = block->slot }) &&
           slot_give(convert, TRACE_BLOCK, block->slot);
}
