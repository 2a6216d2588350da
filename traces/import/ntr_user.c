/* SPDX-License-Identifier: 0BSD */
/* "# ntr-user 1": a program's heap as an LD_PRELOAD recorder saw it, one call a line:
 *
 *     dt_ns tid op args     m id size | c id size | a id size align | R id size | r id newsize
 *                           f id | x id (implied free) | t (thread ended)
 */
#include "blocks.h"

#include <stdlib.h>
#include <string.h>

enum field { DT, TID, OP, ID, SIZE, ALIGN };

static bool take_bytes(struct convert *convert, uint64_t *ret_bytes)
{
    return convert_number(convert, SIZE, "bytes", UINT64_MAX, ret_bytes);
}

static bool take_align(struct convert *convert, uint8_t *ret_log2)
{
    uint64_t align;

    if (!convert_number(convert, ALIGN, "an alignment", UINT32_C(1) << 31, &align))
        return false;
    if (align == 0 || (align & (align - 1u)) != 0)
        return convert_fail(convert, "alignment %s (expected a power of two)",
                            convert->field[ALIGN]);
    for (*ret_log2 = 0; align > 1; align >>= 1)
        ++*ret_log2;
    return true;
}

/* m, c, a, R: a new object. */
static bool allocate(struct convert *convert, struct blocks *blocks, uint8_t kind)
{
    struct trace_op op = { .kind = kind };
    struct block *block;
    uint64_t bytes;

    if (!blocks_new(convert, blocks, ID, &block) || !take_bytes(convert, &bytes))
        return false;
    if (kind == TRACE_ALLOC_ALIGNED && !take_align(convert, &op.align_log2))
        return false;
    if (bytes > UINT32_MAX) {
        convert->notes[NOTE_TOO_LARGE]++;
        block->state = BLOCK_NOT_SELECTED;
        return true;
    }
    op.bytes = (uint32_t)bytes;
    return blocks_create(convert, block, op);
}

static bool reallocate(struct convert *convert, struct blocks *blocks)
{
    struct block *block;
    uint64_t bytes;

    if (!blocks_find(convert, blocks, ID, &block) || !take_bytes(convert, &bytes))
        return false;
    if (!block || block->state != BLOCK_LIVE)
        return convert_fail(convert, "realloc of id %s (expected a live object)",
                            convert->field[ID]);
    if (bytes > UINT32_MAX) {
        convert->notes[NOTE_TOO_LARGE]++;
        return true;
    }
    return convert_emit(
        convert,
        (struct trace_op){ .kind = TRACE_REALLOC, .slot = block->slot, .bytes = (uint32_t)bytes });
}

static bool call(struct convert *convert, struct blocks *blocks)
{
    struct block *block;

    switch (convert->field[OP][1] == '\0' ? convert->field[OP][0] : '\0') {
    case 'm':
    case 'R': return allocate(convert, blocks, TRACE_ALLOC);
    case 'c': return allocate(convert, blocks, TRACE_ALLOC_ZEROED);
    case 'a': return allocate(convert, blocks, TRACE_ALLOC_ALIGNED);
    case 'r': return reallocate(convert, blocks);
    case 'x':
        if (!blocks_find(convert, blocks, ID, &block))
            return false;
        convert->notes[NOTE_IMPLIED_FREE] += block != NULL;
        return blocks_free(convert, block);
    case 'f': return blocks_find(convert, blocks, ID, &block) && blocks_free(convert, block);
    case 't': return true;
    default:
        return convert_fail(convert, "found '%.40s', expected an op (m c a R r f x t)",
                            convert->field[OP]);
    }
}

bool convert_ntr_user(struct convert *convert)
{
    struct blocks blocks = { NULL, 0 };
    bool good = true;
    uint64_t dt;
    uint64_t thread;

    while (good && convert_line(convert)) {
        good = convert_fields(convert, OP + 1, "dt_ns tid op") &&
               convert_number(convert, DT, "nanoseconds", UINT64_MAX / 2u, &dt) &&
               convert_number(convert, TID, "a thread from 1", UINT32_MAX, &thread);
        if (!good)
            break;
        convert->time_ns += dt;
        convert->thread = thread > 0 ? (uint32_t)thread - 1u : 0;
        good = call(convert, &blocks);
    }
    free(blocks.at);
    return good && convert->error[0] == '\0';
}
