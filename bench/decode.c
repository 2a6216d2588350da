/* SPDX-License-Identifier: 0BSD */
/* Decoding, op by op. */
#include "decode.h"

#include <lookaside/stack.h>
#include <lookaside/vas.h>

#include <stdlib.h>

#define PAGES_LOG2_PER_SEGMENT (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT)

/* -- Lists ------------------------------------------------------------------------------------- */

static bool drop(struct decoder *decoder, enum ops_kind kind)
{
    decoder->lists[kind].facts.dropped++;
    return true;
}

static void use_slot(struct ops_facts *facts, uint32_t slot)
{
    if (facts->slots < slot + 1u)
        facts->slots = slot + 1u;
}

/* `more` came, `less` went. */
static void live(struct decoder *decoder, enum ops_kind kind, uint64_t more, uint64_t less)
{
    struct ops_facts *facts = &decoder->lists[kind].facts;

    decoder->live[kind] += more;
    decoder->live[kind] -= less;
    if (facts->live_peak < decoder->live[kind])
        facts->live_peak = decoder->live[kind];
    if (facts->longest < more)
        facts->longest = (uint32_t)more;
}

/* -- Blocks ------------------------------------------------------------------------------------ */

static bool append_block(struct decoder *decoder, uint32_t code, uint32_t slot, uint32_t bytes)
{
    const struct heap_op op = { .slot = slot & 0xffffffu, .code = code & 0xffu, .bytes = bytes };

    use_slot(&decoder->lists[OPS_HEAP].facts, slot);
    return ops_append(&decoder->lists[OPS_HEAP], &op);
}

static bool enter(struct decoder *decoder, uint32_t code, uint32_t slot, uint32_t bytes)
{
    bytes += bytes == 0;
    live(decoder, OPS_HEAP, bytes, decoder->bytes[slot]);
    decoder->bytes[slot] = bytes;
    if (decoder->owner[slot] == 0)
        decoder->owner[slot] = decoder->heap_in_use + 1u;
    return append_block(decoder, code, slot, bytes);
}

static bool leave(struct decoder *decoder, uint32_t slot)
{
    live(decoder, OPS_HEAP, 0, decoder->bytes[slot]);
    decoder->bytes[slot] = 0;
    decoder->owner[slot] = 0;
    return append_block(decoder, OP_FREE, slot, 0);
}

static bool decode_block(struct decoder *decoder, const struct trace_op *op)
{
    bool is_live = decoder->owner[op->slot] != 0;
    bool wants_live = op->kind == TRACE_FREE;

    if (is_live != wants_live && op->kind != TRACE_REALLOC)
        return drop(decoder, OPS_HEAP);
    switch (op->kind) {
    case TRACE_FREE: return leave(decoder, op->slot);
    case TRACE_ALLOC_ZEROED: return enter(decoder, OP_ALLOC_ZEROED, op->slot, op->bytes);
    case TRACE_ALLOC_ALIGNED:
        return enter(decoder, OP_ALIGNED + op->align_log2, op->slot, op->bytes);
    case TRACE_REALLOC: return enter(decoder, is_live ? OP_REALLOC : OP_ALLOC, op->slot, op->bytes);
    default: return enter(decoder, OP_ALLOC, op->slot, op->bytes);
    }
}

/* Heap 0 exists throughout. */
static bool decode_heap(struct decoder *decoder, const struct trace_op *op)
{
    uint32_t heap = op->slot;
    uint32_t slots = decoder->lists[OPS_HEAP].facts.slots;

    if (op->kind == TRACE_HEAP_CREATE)
        decoder->exists[heap] = true;
    if (op->kind == TRACE_HEAP_USE && decoder->exists[heap])
        decoder->heap_in_use = heap;
    if (op->kind != TRACE_HEAP_DESTROY || heap == 0 || !decoder->exists[heap])
        return true;
    decoder->exists[heap] = false;
    if (decoder->heap_in_use == heap)
        decoder->heap_in_use = 0;
    for (uint32_t slot = 0; slot < slots; slot++)
        if (decoder->owner[slot] == heap + 1u && !leave(decoder, slot))
            return false;
    return true;
}

/* -- Regions ----------------------------------------------------------------------------------- */

static bool append_region(struct decoder *decoder, uint32_t code, uint32_t slot, uint32_t segments)
{
    const struct vas_op op = { .slot = slot & 0xffffffu,
                               .code = code & 0xffu,
                               .segments = segments };

    live(decoder, OPS_VAS, segments, decoder->segments[slot]);
    decoder->segments[slot] = segments;
    use_slot(&decoder->lists[OPS_VAS].facts, slot);
    return ops_append(&decoder->lists[OPS_VAS], &op);
}

/* x86-64 programs reserve more than there is here: nobody could serve that. */
static bool decode_region(struct decoder *decoder, const struct trace_op *op)
{
    uint32_t segments =
        (op->pages >> PAGES_LOG2_PER_SEGMENT) + ((op->pages & (LA_PAGES_PER_SEGMENT - 1u)) != 0);
    uint32_t now = decoder->segments[op->slot];
    uint32_t align_log2 =
        op->align_log2 > PAGES_LOG2_PER_SEGMENT ? op->align_log2 - PAGES_LOG2_PER_SEGMENT : 0;

    switch (op->kind) {
    case TRACE_RESERVE:
        if (now != 0 || segments == 0 || segments >= LA_SEGMENTS || align_log2 > 15u)
            return drop(decoder, OPS_VAS);
        return append_region(decoder, OP_RESERVE + align_log2, op->slot, segments);
    case TRACE_RESIZE:
        if (now == 0 || segments == 0 || segments >= LA_SEGMENTS || segments == now)
            return drop(decoder, OPS_VAS);
        return append_region(decoder, OP_RESIZE, op->slot, segments);
    case TRACE_RELEASE:
        return now != 0 ? append_region(decoder, OP_RELEASE, op->slot, 0) : drop(decoder, OPS_VAS);
    default: return drop(decoder, OPS_VAS);
    }
}

/* -- Stacks ------------------------------------------------------------------------------------ */

static bool append_stack(struct decoder *decoder, uint32_t code, uint32_t slot, uint32_t page)
{
    const struct stack_op op = { .slot = slot & 0xffffffu, .code = code & 0xffu, .page = page };

    use_slot(&decoder->lists[OPS_STACK].facts, slot);
    return ops_append(&decoder->lists[OPS_STACK], &op);
}

/* Room for the default's guard and committed pages is what every stack has here. */
static bool decode_stack(struct decoder *decoder, const struct trace_op *op)
{
    const struct stack_layout layout = STACK_LAYOUT_DEFAULT;
    bool *is_live = &decoder->stacks[op->slot];

    if (*is_live == (op->kind == TRACE_STACK_CREATE) ||
        (op->kind == TRACE_STACK_CREATE &&
         (op->pages < layout.guard_pages + layout.committed_pages ||
          op->pages >= LA_SEGMENTS * LA_PAGES_PER_SEGMENT / 2u)))
        return drop(decoder, OPS_STACK);
    switch (op->kind) {
    case TRACE_STACK_CREATE:
        *is_live = true;
        live(decoder, OPS_STACK, 1, 0);
        return append_stack(decoder, OP_STACK_CREATE, op->slot, op->pages);
    case TRACE_STACK_TOUCH: return append_stack(decoder, OP_STACK_TOUCH, op->slot, op->depth_page);
    default:
        *is_live = false;
        live(decoder, OPS_STACK, 0, 1);
        return append_stack(decoder, OP_STACK_DESTROY, op->slot, 0);
    }
}

/* -- All --------------------------------------------------------------------------------------- */

bool decode_begin(struct decoder *decoder, const struct trace_header *header)
{
    size_t blocks = (size_t)header->block_slots + 1u;

    *decoder = (struct decoder){ .heap_slots = header->heap_slots + 1u };
    decoder->owner = calloc(blocks, sizeof *decoder->owner);
    decoder->bytes = calloc(blocks, sizeof *decoder->bytes);
    decoder->exists = calloc(decoder->heap_slots, sizeof *decoder->exists);
    decoder->segments = calloc((size_t)header->region_slots + 1u, sizeof *decoder->segments);
    decoder->stacks = calloc((size_t)header->stack_slots + 1u, sizeof *decoder->stacks);
    if (decoder->owner == NULL || decoder->bytes == NULL || decoder->exists == NULL ||
        decoder->segments == NULL || decoder->stacks == NULL)
        return false;
    decoder->exists[0] = true;
    return true;
}

void decode_end(struct decoder *decoder)
{
    free(decoder->owner);
    free(decoder->bytes);
    free(decoder->exists);
    free(decoder->segments);
    free(decoder->stacks);
    for (uint32_t kind = 0; kind < OPS_KINDS; kind++)
        ops_free(&decoder->lists[kind]);
}

/* Readers refuse a slot at or above the header's count. */
bool decode_op(struct decoder *decoder, const struct trace_op *op)
{
    if (trace_kind_is_probe(op->kind))
        return true; /* no workload */
    switch (trace_slot_kind(op->kind)) {
    case TRACE_BLOCK: return decode_block(decoder, op);
    case TRACE_HEAP: return decode_heap(decoder, op);
    case TRACE_REGION: return decode_region(decoder, op);
    case TRACE_STACK: return decode_stack(decoder, op);
    default: return true;
    }
}
