/* SPDX-License-Identifier: 0BSD */
/* Decoding a trace to what the timed loop can run without a check. The rules for heaps and for ops
 * that do not fit their slot are those of the replay interpreter, so both see the same requests.
 */
#include "replay_lean.h"

#include <stdio.h>
#include <stdlib.h>

/* While decoding. */
struct loading {
    struct lean_trace trace;
    uint32_t *owner; /* by block slot: 1 + heap of the live block; 0: empty */
    uint32_t *bytes; /* by block slot */
    bool *exists;    /* by heap slot */
    uint32_t heap_slots;
    uint32_t heap_in_use;
    uint64_t live_bytes;
};

static bool append(struct lean_trace *trace, uint32_t code, uint32_t slot, uint32_t bytes)
{
    if (trace->count == trace->room) {
        uint32_t room = trace->room ? trace->room * 2u : 4096u;
        struct lean_op *ops = room > trace->room ? realloc(trace->ops, room * sizeof *ops) : NULL;

        if (ops == NULL)
            return false;
        trace->ops = ops;
        trace->room = room;
    }
    trace->ops[trace->count++] =
        (struct lean_op){ .slot = slot & 0xffffffu, .code = code & 0xffu, .bytes = bytes };
    return true;
}

static bool enter(struct loading *loading, uint32_t code, uint32_t slot, uint32_t bytes)
{
    struct lean_trace *trace = &loading->trace;

    bytes += bytes == 0;
    loading->live_bytes += bytes;
    loading->live_bytes -= loading->bytes[slot];
    loading->bytes[slot] = bytes;
    if (loading->owner[slot] == 0)
        loading->owner[slot] = loading->heap_in_use + 1u;
    if (trace->live_bytes_peak < loading->live_bytes)
        trace->live_bytes_peak = loading->live_bytes;
    if (trace->bytes_max < bytes)
        trace->bytes_max = bytes;
    return append(trace, code, slot, bytes);
}

static bool leave(struct loading *loading, uint32_t slot)
{
    loading->live_bytes -= loading->bytes[slot];
    loading->bytes[slot] = 0;
    loading->owner[slot] = 0;
    return append(&loading->trace, LEAN_FREE, slot, 0);
}

/* Free the live blocks of heap `heap`, or of all of them (UINT32_MAX). */
static bool leave_all(struct loading *loading, uint32_t heap)
{
    for (uint32_t slot = 0; slot < loading->trace.block_slots; slot++) {
        if (loading->owner[slot] == 0 || (heap != UINT32_MAX && loading->owner[slot] != heap + 1u))
            continue;
        if (!leave(loading, slot))
            return false;
    }
    return true;
}

static bool load_block(struct loading *loading, const struct trace_op *op)
{
    bool live = op->slot < loading->trace.block_slots && loading->owner[op->slot] != 0;
    bool wants_live = op->kind == TRACE_FREE;

    if (op->slot >= loading->trace.block_slots ||
        (live != wants_live && op->kind != TRACE_REALLOC)) {
        loading->trace.dropped++;
        return true;
    }
    switch (op->kind) {
    case TRACE_FREE: return leave(loading, op->slot);
    case TRACE_ALLOC_ZEROED: return enter(loading, LEAN_ALLOC_ZEROED, op->slot, op->bytes);
    case TRACE_ALLOC_ALIGNED:
        return enter(loading, LEAN_ALIGNED + op->align_log2, op->slot, op->bytes);
    case TRACE_REALLOC:
        return enter(loading, live ? LEAN_REALLOC : LEAN_ALLOC, op->slot, op->bytes);
    default: return enter(loading, LEAN_ALLOC, op->slot, op->bytes);
    }
}

/* Heap 0 exists throughout. */
static bool load_heap(struct loading *loading, const struct trace_op *op)
{
    uint32_t heap = op->slot;

    if (heap >= loading->heap_slots)
        return true;
    if (op->kind == TRACE_HEAP_CREATE)
        loading->exists[heap] = true;
    if (op->kind == TRACE_HEAP_USE && loading->exists[heap])
        loading->heap_in_use = heap;
    if (op->kind != TRACE_HEAP_DESTROY || heap == 0 || !loading->exists[heap])
        return true;
    loading->exists[heap] = false;
    if (loading->heap_in_use == heap)
        loading->heap_in_use = 0;
    return leave_all(loading, heap);
}

static bool prepare(struct loading *loading, const struct trace_header *header)
{
    loading->trace.block_slots = header->block_slots;
    loading->heap_slots = header->heap_slots + 1u;
    loading->owner = calloc((size_t)header->block_slots + 1u, sizeof *loading->owner);
    loading->bytes = calloc((size_t)header->block_slots + 1u, sizeof *loading->bytes);
    loading->exists = calloc(loading->heap_slots, sizeof *loading->exists);
    if (loading->owner == NULL || loading->bytes == NULL || loading->exists == NULL)
        return false;
    loading->exists[0] = true;
    return true;
}

/* TRACE_DONE: all wanted ops are there. TRACE_OK: there is no memory for them. */
static enum trace_error load_ops(struct loading *loading, struct trace_reader *reader,
                                 uint32_t ops_max)
{
    enum trace_error error = TRACE_OK;
    bool good = prepare(loading, &reader->header);
    struct trace_op op;

    while (good && (ops_max == 0 || loading->trace.count < ops_max)) {
        error = trace_next(reader, &op);
        if (error != TRACE_OK)
            break;
        if (trace_slot_kind(op.kind) == TRACE_BLOCK)
            good = load_block(loading, &op);
        else if (trace_slot_kind(op.kind) == TRACE_HEAP)
            good = load_heap(loading, &op);
    }
    if (!good)
        return TRACE_OK;
    if (error != TRACE_OK && error != TRACE_DONE)
        return error;

    uint32_t count = loading->trace.count;

    good = leave_all(loading, UINT32_MAX);
    loading->trace.count_all = loading->trace.count;
    loading->trace.count = count;
    return good ? TRACE_DONE : TRACE_OK;
}

bool lean_load(struct lean_trace *ret_trace, trace_read_fn read, void *context, uint32_t ops_max,
               char *message, size_t message_size)
{
    struct trace_reader *reader = malloc(sizeof *reader);
    struct loading loading = { .live_bytes = 0 };
    enum trace_error error = TRACE_OK;

    if (reader != NULL) {
        error = trace_open(reader, read, context, NULL, 0, NULL);
        if (error == TRACE_OK)
            error = load_ops(&loading, reader, ops_max);
        if (error == TRACE_OK)
            snprintf(message, message_size, "no memory for the trace");
        else if (error != TRACE_DONE)
            snprintf(message, message_size, "offset %llu: %s", (unsigned long long)reader->offset,
                     trace_error_text(error));
    } else {
        snprintf(message, message_size, "no memory for the trace");
    }
    free(reader);
    free(loading.owner);
    free(loading.bytes);
    free(loading.exists);
    if (error == TRACE_DONE)
        *ret_trace = loading.trace;
    else
        free(loading.trace.ops);
    return error == TRACE_DONE;
}

void lean_unload(struct lean_trace *trace)
{
    free(trace->ops);
    *trace = (struct lean_trace){ .count = 0 };
}
