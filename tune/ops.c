/* SPDX-License-Identifier: 0BSD */
/* Packing trace ops into 8 bytes. The one fact to know: a slot has 24 bits, which is all the trace
 * format allows.
 */
#include "ops.h"

#include <stdlib.h>

_Static_assert(TRACE_SLOTS_MAX == UINT32_C(1) << 24, "a slot must fit the packed op");

#define ALIGN_LOG2_MAX 31u

/* The packed code of a trace op; false for ops that no heap sees. */
static bool code_of(const struct trace_op *op, uint32_t *ret_code)
{
    switch (op->kind) {
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED: *ret_code = TUNE_ALLOC; return true;
    case TRACE_ALLOC_ALIGNED:
        *ret_code = TUNE_ALIGNED + (op->align_log2 & ALIGN_LOG2_MAX);
        return true;
    case TRACE_REALLOC: *ret_code = TUNE_REALLOC; return true;
    case TRACE_FREE: *ret_code = TUNE_FREE; return true;
    case TRACE_HEAP_CREATE: *ret_code = TUNE_HEAP_CREATE; return true;
    case TRACE_HEAP_DESTROY: *ret_code = TUNE_HEAP_DESTROY; return true;
    case TRACE_HEAP_USE: *ret_code = TUNE_HEAP_USE; return true;
    case TRACE_HEAP_TRIM: *ret_code = TUNE_HEAP_TRIM; return true;
    default: return false;
    }
}

static bool has_bytes(uint32_t code)
{
    return code == TUNE_ALLOC || code == TUNE_REALLOC || code >= TUNE_ALIGNED;
}

bool tune_trace_append(struct tune_trace *trace, const struct trace_op *op)
{
    uint32_t code;

    if (!code_of(op, &code))
        return true;
    if (trace->op_count == trace->op_room) {
        uint64_t room = trace->op_room ? (uint64_t)trace->op_room * 2u : 4096u;
        struct tune_op *ops;

        if (room > UINT32_MAX)
            return false;
        ops = realloc(trace->ops, room * sizeof *ops);
        if (!ops)
            return false;
        trace->ops = ops;
        trace->op_room = (uint32_t)room;
    }
    trace->ops[trace->op_count++] = (struct tune_op){
        .slot = op->slot & (TRACE_SLOTS_MAX - 1u),
        .code = (uint8_t)code,
        .bytes = has_bytes(code) ? op->bytes : 0,
    };
    return true;
}

void tune_trace_free(struct tune_trace *trace)
{
    free(trace->name);
    free(trace->family);
    free(trace->ops);
    *trace = (struct tune_trace){ 0 };
}

uint32_t tune_op_bucket_bytes(const struct tune_op *op)
{
    uint64_t align;

    if (op->code < TUNE_ALIGNED)
        return op->bytes;
    align = UINT64_C(1) << (op->code - TUNE_ALIGNED);
    align = (op->bytes + align - 1u) / align * align;
    if (align == 0)
        align = UINT64_C(1) << (op->code - TUNE_ALIGNED);
    return align > UINT32_MAX ? UINT32_MAX : (uint32_t)align;
}
