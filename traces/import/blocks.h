/* SPDX-License-Identifier: 0BSD */
/* Recorded heap objects by id: ids count from 1 in the order of creation and are never reused,
 * slots are. Private to traces/import.
 */
#ifndef LOOKASIDE_IMPORT_BLOCKS_H
#define LOOKASIDE_IMPORT_BLOCKS_H

#include "import.h"

enum block_state { BLOCK_NONE, BLOCK_LIVE, BLOCK_DEAD, BLOCK_NOT_SELECTED };

struct block {
    uint32_t slot;
    uint8_t state; /* enum block_state */
};

struct blocks {
    struct block *at;
    size_t room;
};

/* Field `index` as the id of a new object: not used before, and not above the number of lines. */
bool blocks_new(struct import *import, struct blocks *blocks, int index, struct block **ret_block);

/* Field `index` as the id of an object; NULL for 0 and for one that never was. */
bool blocks_find(struct import *import, struct blocks *blocks, int index, struct block **ret_block);

/* Give a new object a slot and emit its creation; `op` lacks the slot. */
bool blocks_create(struct import *import, struct block *block, struct trace_op op);

/* End an object: emits TRACE_FREE, or counts why not. `block` may be NULL. */
bool blocks_free(struct import *import, struct block *block);

#endif
