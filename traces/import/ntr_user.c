/* SPDX-License-Identifier: 0BSD */
/* "# ntr-user 1": a program's heap as an LD_PRELOAD recorder saw it, one call a line:
 *
 *     dt_ns tid op args     m id size | c id size | a id size align | R id size | r id newsize
 *                           f id | x id (implied free) | t (thread ended)
 */
#include "formats.h"

#include "blocks.h"

#include <stdlib.h>
#include <string.h>

enum field { DT, TID, OP, ID, SIZE, ALIGN };

static bool take_bytes(struct import *import, uint64_t *ret_bytes)
{
    return import_number(import, SIZE, "bytes", UINT64_MAX, ret_bytes);
}

static bool take_align(struct import *import, uint8_t *ret_log2)
{
    uint64_t align;

    if (!import_number(import, ALIGN, "an alignment", UINT32_C(1) << 31, &align))
        return false;
    if (align == 0 || (align & (align - 1u)) != 0)
        return import_fail(import, "alignment %s (expected a power of two)", import->field[ALIGN]);
    for (*ret_log2 = 0; align > 1; align >>= 1)
        ++*ret_log2;
    return true;
}

/* m, c, a, R: a new object. */
static bool allocate(struct import *import, struct blocks *blocks, uint8_t kind)
{
    struct trace_op op = { .kind = kind };
    struct block *block;
    uint64_t bytes;

    if (!blocks_new(import, blocks, ID, &block) || !take_bytes(import, &bytes))
        return false;
    if (kind == TRACE_ALLOC_ALIGNED && !take_align(import, &op.align_log2))
        return false;
    if (bytes > UINT32_MAX) {
        import->notes[NOTE_TOO_LARGE]++;
        block->state = BLOCK_NOT_SELECTED;
        return true;
    }
    op.bytes = (uint32_t)bytes;
    return blocks_create(import, block, op);
}

static bool reallocate(struct import *import, struct blocks *blocks)
{
    struct block *block;
    uint64_t bytes;

    if (!blocks_find(import, blocks, ID, &block) || !take_bytes(import, &bytes))
        return false;
    if (!block || block->state != BLOCK_LIVE)
        return import_fail(import, "realloc of id %s (expected a live object)", import->field[ID]);
    if (bytes > UINT32_MAX) {
        import->notes[NOTE_TOO_LARGE]++;
        return true;
    }
    return import_emit(
        import,
        (struct trace_op){ .kind = TRACE_REALLOC, .slot = block->slot, .bytes = (uint32_t)bytes });
}

static bool call(struct import *import, struct blocks *blocks)
{
    struct block *block;

    switch (import->field[OP][1] == '\0' ? import->field[OP][0] : '\0') {
    case 'm':
    case 'R': return allocate(import, blocks, TRACE_ALLOC);
    case 'c': return allocate(import, blocks, TRACE_ALLOC_ZEROED);
    case 'a': return allocate(import, blocks, TRACE_ALLOC_ALIGNED);
    case 'r': return reallocate(import, blocks);
    case 'x':
        if (!blocks_find(import, blocks, ID, &block))
            return false;
        import->notes[NOTE_IMPLIED_FREE] += block != NULL;
        return blocks_free(import, block);
    case 'f': return blocks_find(import, blocks, ID, &block) && blocks_free(import, block);
    case 't': return true;
    default:
        return import_fail(import, "found '%.40s', expected an op (m c a R r f x t)",
                           import->field[OP]);
    }
}

bool import_ntr_user(struct import *import)
{
    struct blocks blocks = { NULL, 0 };
    bool good = true;
    uint64_t dt;
    uint64_t thread;

    while (good && import_line(import)) {
        good = import_fields(import, OP + 1, "dt_ns tid op") &&
               import_number(import, DT, "nanoseconds", UINT64_MAX / 2u, &dt) &&
               import_number(import, TID, "a thread from 1", UINT32_MAX, &thread);
        if (!good)
            break;
        import->time_ns += dt;
        import->thread = thread > 0 ? (uint32_t)thread - 1u : 0;
        good = call(import, &blocks);
    }
    free(blocks.at);
    return good && import->error[0] == '\0';
}
