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
#include "blocks.h"

#include <stdlib.h>
#include <string.h>

enum field { DT, CPU, TASK, OP, ID, REQUEST, TAKEN };

static bool is_selected(const struct convert *convert, char op)
{
    switch (convert->kernel) {
    case CONVERT_KMALLOC: return op == 'K';
    case CONVERT_SLAB: return op == 'K' || op == 'C';
    default: return op == 'V';
    }
}

static bool has_flag(const struct convert *convert, char flag)
{
    return strchr(convert->field[convert->fields - 1], flag) != NULL;
}

static bool allocate(struct convert *convert, struct block *block)
{
    struct trace_op op = { .kind = TRACE_ALLOC };
    uint64_t request;
    uint64_t taken;

    if (!convert_number(convert, REQUEST, "bytes requested", UINT32_MAX, &request) ||
        !convert_number(convert, TAKEN, "bytes allocated", UINT32_MAX, &taken))
        return false;
    if (has_flag(convert, 'z'))
        op.kind = TRACE_ALLOC_ZEROED;
    op.bytes = (uint32_t)request;
    op.recorded_bytes = (uint32_t)taken;
    return blocks_create(convert, block, op);
}

/* V id size size align: only addresses; what is mapped there is not recorded. */
static bool reserve(struct convert *convert, struct block *block)
{
    struct trace_op op = { .kind = TRACE_RESERVE };
    uint64_t bytes;
    uint64_t align;

    if (!convert_number(convert, REQUEST, "bytes", UINT64_MAX, &bytes) ||
        !convert_number(convert, TAKEN + 1, "an alignment in bytes", UINT64_MAX, &align))
        return false;
    for (align /= 4096u; align > 1 && op.align_log2 < 31u; align >>= 1)
        op.align_log2++;
    if (!slot_take(convert, TRACE_REGION, &block->slot))
        return false;
    block->state = BLOCK_LIVE;
    op.slot = block->slot;
    op.pages = convert_pages(bytes);
    return convert_emit(convert, op);
}

static bool create(struct convert *convert, struct blocks *blocks, char kind)
{
    struct block *block;

    if (!blocks_new(convert, blocks, ID, &block))
        return false;
    if (!is_selected(convert, kind)) {
        block->state = BLOCK_NOT_SELECTED;
        convert->notes[NOTE_NOT_SELECTED]++;
        return true;
    }
    return kind == 'V' ? reserve(convert, block) : allocate(convert, block);
}

static bool end(struct convert *convert, struct block *block)
{
    if (convert->kernel != CONVERT_VMAP || !block || block->state != BLOCK_LIVE)
        return blocks_free(convert, block);
    block->state = BLOCK_DEAD;
    return convert_emit(convert, (struct trace_op){ .kind = TRACE_RELEASE, .slot = block->slot }) &&
           slot_give(convert, TRACE_REGION, block->slot);
}

/* A free of what was there before is unknown only if its letter is of a kind that was asked for. */
static bool is_of_interest(const struct convert *convert, char letter)
{
    switch (letter) {
    case 'k': return convert->kernel != CONVERT_VMAP;
    case 'c': return convert->kernel == CONVERT_SLAB;
    default: return convert->kernel == CONVERT_VMAP;
    }
}

static bool release(struct convert *convert, struct blocks *blocks, char letter)
{
    struct block *block;

    if (!blocks_find(convert, blocks, ID, &block))
        return false;
    if (!block && !is_of_interest(convert, letter)) {
        convert->notes[NOTE_NOT_SELECTED]++;
        return true;
    }
    if (letter == 'x')
        convert->notes[NOTE_IMPLIED_FREE] += block && block->state == BLOCK_LIVE;
    return end(convert, block);
}

static bool event(struct convert *convert, struct blocks *blocks)
{
    char letter = convert->field[OP][1] == '\0' ? convert->field[OP][0] : '\0';

    switch (letter) {
    case 'K':
    case 'C':
    case 'V':
    case 'P':
    case 'U': return create(convert, blocks, letter);
    case 'k':
    case 'c':
    case 'v':
    case 'x': return release(convert, blocks, letter);
    case 'p':
    case 'u': convert->notes[NOTE_NOT_SELECTED]++; return true;
    case 'E':
    case 'F':
    case 'X': return true;
    default:
        return convert_fail(convert, "found '%.40s', expected an op (K k C c V v P p U u x E F X)",
                            convert->field[OP]);
    }
}

static bool line(struct convert *convert, struct blocks *blocks)
{
    uint64_t dt;
    uint64_t task;

    if (strlen(convert->field[0]) == 1 && strchr("SLT", convert->field[0][0]))
        return true;
    if (!convert_fields(convert, OP + 1, "dt_ns cpu task op") ||
        !convert_number(convert, DT, "nanoseconds", UINT64_MAX / 2u, &dt) ||
        !convert_number(convert, TASK, "a task from 1", UINT32_MAX, &task))
        return false;
    convert->time_ns += dt;
    convert->thread = task > 0 ? (uint32_t)task - 1u : 0;
    return event(convert, blocks);
}

bool convert_ntr_kernel(struct convert *convert)
{
    struct blocks blocks = { NULL, 0 };
    bool good = true;

    while (good && convert_line(convert))
        good = line(convert, &blocks);
    free(blocks.at);
    return good && convert->error[0] == '\0';
}
