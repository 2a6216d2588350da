/* SPDX-License-Identifier: 0BSD */
/* "# ntr-kernel 1": the running Linux kernel as its tracepoints saw it, one event a line:
 *
 *     dt_ns cpu[s|h] task op args   K id req alloc site flags | k id site       kmalloc
 *                                   C id req alloc cache site flags | c id ...  kmem_cache
 *                                   V id size size align | v id                 vmap areas
 *                                   P p (pages) U u (per-CPU) E F X (tasks): never selected
 *                                   x id: implied free of any kind
 *     S n site | L n cache | T n pid fg       tables
 *
 * One numbering for all kinds of objects. kfree() of a cache object is legal, so a free goes by
 * what the object is and not by the letter.
 */
#include "formats.h"

#include "blocks.h"

#include <stdlib.h>
#include <string.h>

enum field { DT, CPU, TASK, OP, ID, REQUEST, TAKEN };

static bool is_selected(const struct import *import, char op)
{
    switch (import->kernel) {
    case IMPORT_KMALLOC: return op == 'K';
    case IMPORT_SLAB: return op == 'K' || op == 'C';
    default: return op == 'V';
    }
}

static bool has_flag(const struct import *import, char flag)
{
    return strchr(import->field[import->fields - 1], flag) != NULL;
}

static bool allocate(struct import *import, struct block *block)
{
    struct trace_op op = { .kind = TRACE_ALLOC };
    uint64_t request;
    uint64_t taken;

    if (!import_number(import, REQUEST, "bytes requested", UINT32_MAX, &request) ||
        !import_number(import, TAKEN, "bytes allocated", UINT32_MAX, &taken))
        return false;
    if (has_flag(import, 'z'))
        op.kind = TRACE_ALLOC_ZEROED;
    op.bytes = (uint32_t)request;
    op.recorded_bytes = (uint32_t)taken;
    return blocks_create(import, block, op);
}

/* V id size size align: only addresses; what is mapped there is not recorded. */
static bool reserve(struct import *import, struct block *block)
{
    struct trace_op op = { .kind = TRACE_RESERVE };
    uint64_t bytes;
    uint64_t align;

    if (!import_number(import, REQUEST, "bytes", UINT64_MAX, &bytes) ||
        !import_number(import, TAKEN + 1, "an alignment in bytes", UINT64_MAX, &align))
        return false;
    for (align /= 4096u; align > 1 && op.align_log2 < 31u; align >>= 1)
        op.align_log2++;
    if (!slot_take(import, TRACE_REGION, &block->slot))
        return false;
    block->state = BLOCK_LIVE;
    op.slot = block->slot;
    op.pages = import_pages(bytes);
    return import_emit(import, op);
}

static bool create(struct import *import, struct blocks *blocks, char kind)
{
    struct block *block;

    if (!blocks_new(import, blocks, ID, &block))
        return false;
    if (!is_selected(import, kind)) {
        block->state = BLOCK_NOT_SELECTED;
        import->notes[NOTE_NOT_SELECTED]++;
        return true;
    }
    return kind == 'V' ? reserve(import, block) : allocate(import, block);
}

static bool end(struct import *import, struct block *block)
{
    if (import->kernel != IMPORT_VMAP || !block || block->state != BLOCK_LIVE)
        return blocks_free(import, block);
    block->state = BLOCK_DEAD;
    return import_emit(import, (struct trace_op){ .kind = TRACE_RELEASE, .slot = block->slot }) &&
           slot_give(import, TRACE_REGION, block->slot);
}

/* A free of what was there before is unknown only if its letter is of a kind that was asked for. */
static bool is_of_interest(const struct import *import, char letter)
{
    switch (letter) {
    case 'k': return import->kernel != IMPORT_VMAP;
    case 'c': return import->kernel == IMPORT_SLAB;
    default: return import->kernel == IMPORT_VMAP;
    }
}

static bool release(struct import *import, struct blocks *blocks, char letter)
{
    struct block *block;

    if (!blocks_find(import, blocks, ID, &block))
        return false;
    if (!block && !is_of_interest(import, letter)) {
        import->notes[NOTE_NOT_SELECTED]++;
        return true;
    }
    if (letter == 'x')
        import->notes[NOTE_IMPLIED_FREE] += block && block->state == BLOCK_LIVE;
    return end(import, block);
}

static bool event(struct import *import, struct blocks *blocks)
{
    char letter = import->field[OP][1] == '\0' ? import->field[OP][0] : '\0';

    switch (letter) {
    case 'K':
    case 'C':
    case 'V':
    case 'P':
    case 'U': return create(import, blocks, letter);
    case 'k':
    case 'c':
    case 'v':
    case 'x': return release(import, blocks, letter);
    case 'p':
    case 'u': import->notes[NOTE_NOT_SELECTED]++; return true;
    case 'E':
    case 'F':
    case 'X': return true;
    default:
        return import_fail(import, "found '%.40s', expected an op (K k C c V v P p U u x E F X)",
                           import->field[OP]);
    }
}

static bool line(struct import *import, struct blocks *blocks)
{
    uint64_t dt;
    uint64_t task;

    if (strlen(import->field[0]) == 1 && strchr("SLT", import->field[0][0]))
        return true;
    if (!import_fields(import, OP + 1, "dt_ns cpu task op") ||
        !import_number(import, DT, "nanoseconds", UINT64_MAX / 2u, &dt) ||
        !import_number(import, TASK, "a task from 1", UINT32_MAX, &task))
        return false;
    import->time_ns += dt;
    import->thread = task > 0 ? (uint32_t)task - 1u : 0;
    return event(import, blocks);
}

bool import_ntr_kernel(struct import *import)
{
    struct blocks blocks = { NULL, 0 };
    bool good = true;

    if (import->kernel > IMPORT_VMAP)
        return import_fail(import, "no %s are read from this format (expected kmalloc, slab, vmap)",
                           import_kernels[import->kernel]);
    while (good && import_line(import))
        good = line(import, &blocks);
    free(blocks.at);
    return good && import->error[0] == '\0';
}
