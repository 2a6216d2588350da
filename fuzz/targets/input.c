/* SPDX-License-Identifier: 0BSD */
/* Bytes to operations: a header of 8 bytes, then 4 a record. */
#include "input.h"

#include "../world/world.h"

#define HEAD_BYTES   8u
#define RECORD_BYTES 4u

void input_open(struct input *input, const uint8_t *bytes, size_t count)
{
    size_t head = count < HEAD_BYTES ? count : HEAD_BYTES;

    *input = (struct input){ .at = bytes + head,
                             .end = bytes + count,
                             .shape = count ? bytes[0] : 0,
                             .ops_left = WORLD_OPS_MAX };
}

bool input_next(struct input *input, struct trace_op *ret_op)
{
    static const uint8_t kinds[32] = {
        TRACE_ALLOC,       TRACE_ALLOC,        TRACE_ALLOC,         TRACE_ALLOC,
        TRACE_ALLOC,       TRACE_ALLOC_ZEROED, TRACE_ALLOC_ALIGNED, TRACE_ALLOC_ALIGNED,
        TRACE_REALLOC,     TRACE_REALLOC,      TRACE_FREE,          TRACE_FREE,
        TRACE_FREE,        TRACE_FREE,         TRACE_HEAP_CREATE,   TRACE_HEAP_DESTROY,
        TRACE_HEAP_USE,    TRACE_HEAP_TRIM,    TRACE_RESERVE,       TRACE_RESERVE,
        TRACE_RESERVE,     TRACE_COMMIT,       TRACE_DECOMMIT,      TRACE_RESIZE,
        TRACE_RELEASE,     TRACE_RELEASE,      TRACE_STACK_CREATE,  TRACE_STACK_CREATE,
        TRACE_STACK_TOUCH, TRACE_STACK_TOUCH,  TRACE_STACK_TOUCH,   TRACE_STACK_DESTROY,
    };
    const uint8_t *record = input->at;
    uint32_t argument;
    uint32_t mode;

    if (input->end - record < (ptrdiff_t)RECORD_BYTES || input->ops_left-- == 0)
        return false;
    input->at += RECORD_BYTES;
    argument = record[2] | (uint32_t)record[3] << 8;
    mode = record[0] >> 5;
    *ret_op = (struct trace_op){ .kind = kinds[record[0] & 31u], .slot = record[1] };
    switch (ret_op->kind) {
    case TRACE_HEAP_TRIM: ret_op->slot = 0; break;
    case TRACE_ALLOC_ALIGNED:
        ret_op->align_log2 = (uint8_t)(mode * 2u + (argument & 1u)); /* fall through */
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_REALLOC:
        ret_op->bytes = mode < 5u ? argument >> (mode * 2u) : argument << (2u * (mode - 4u));
        break;
    case TRACE_RESERVE:
        ret_op->slot %= 32u;
        ret_op->pages = (argument & 255u) << (mode & 3u);
        ret_op->align_log2 = (uint8_t)(argument >> 8 & 7u);
        ret_op->placement = (uint8_t)(argument >> 11 & 3u);
        if (ret_op->placement == TRACE_PLACEMENT_FIXED)
            ret_op->window_page = (argument >> 8) << 4;
        break;
    case TRACE_COMMIT:
    case TRACE_DECOMMIT:
        ret_op->offset_pages = argument >> 8;
        ret_op->pages = argument & 255u;
        ret_op->slot %= 32u;
        break;
    case TRACE_RELEASE: ret_op->slot %= 32u; break;
    case TRACE_RESIZE:
        ret_op->slot %= 32u;
        ret_op->pages = argument & 1023u;
        break;
    case TRACE_STACK_CREATE:
        ret_op->slot %= 16u;
        ret_op->pages = argument & 255u;
        ret_op->committed_pages = argument >> 8 & 15u;
        ret_op->guard_pages = argument >> 12;
        break;
    case TRACE_STACK_TOUCH:
        ret_op->slot %= 16u;
        ret_op->depth_page = argument & 511u;
        break;
    case TRACE_HEAP_CREATE:
    case TRACE_HEAP_DESTROY:
    case TRACE_HEAP_USE: ret_op->slot %= 5u; break;
    default: break;
    }
    return true;
}
