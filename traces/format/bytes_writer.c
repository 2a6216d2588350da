/* SPDX-License-Identifier: 0BSD */
/* The byte form's writer: for one op the record that means it, or comes closest from above. Each
 * function is the inverse of one of the reader's. Here: blocks and heaps.
 */
#include "bytes_put.h"

/* -- Sizes ------------------------------------------------------------------------------------- */

/* The size that `bytes` is next to, and the difference + 2. */
static bool find_near(uint32_t bytes, uint32_t *ret_index, uint32_t *ret_delta)
{
    static const uint8_t order[] = { 2, 1, 3, 0, 4 };

    for (uint32_t i = 0; i < sizeof order; i++)
        for (uint32_t index = 0; index < TRACE_BYTES_SIZES; index++)
            if (trace_bytes_sizes[index] + order[i] - 2u == bytes) {
                *ret_index = index;
                *ret_delta = order[i];
                return true;
            }
    return false;
}

/* The smallest size that is not smaller. */
static bool find_above(uint32_t bytes, uint32_t *ret_index)
{
    for (*ret_index = 0; *ret_index < TRACE_BYTES_SIZES; ++*ret_index)
        if (trace_bytes_sizes[*ret_index] >= bytes)
            return true;
    return false;
}

static bool put_exact_size(uint8_t *buffer, uint32_t bytes)
{
    uint32_t index;
    uint32_t delta;
    uint32_t mode = SIZE_NEAR;

    if (find_near(bytes, &index, &delta)) {
        buffer[2] = (uint8_t)index;
        buffer[3] = (uint8_t)delta;
    } else if (bytes <= UINT16_MAX) {
        put_argument(buffer, bytes);
        mode = SIZE_RAW;
    } else if (put_sum(buffer, bytes, 12)) {
        mode = SIZE_PAGES;
    } else if (put_sum(buffer, bytes, 16)) {
        mode = SIZE_SEGMENTS;
    } else if (bytes % 16u == 0 && bytes >> 4 <= UINT16_MAX) {
        put_argument(buffer, bytes >> 4);
        mode = SIZE_SHIFTED;
    } else if (UINT32_MAX - bytes <= UINT16_MAX) {
        put_argument(buffer, UINT32_MAX - bytes);
        mode = SIZE_TOP;
    } else {
        mode = SIZE_POWER;
        for (index = 0; index < 32u && !is_signed(bytes - (UINT32_C(1) << index), 8);)
            index++;
        if (index == 32u)
            return false;
        buffer[2] = (uint8_t)index;
        buffer[3] = (uint8_t)(bytes - (UINT32_C(1) << index));
    }
    set_how(buffer, mode);
    return true;
}

static enum trace_bytes_answer put_size(uint8_t *buffer, uint32_t bytes)
{
    if (put_exact_size(buffer, bytes))
        return TRACE_BYTES_EXACT;
    for (uint32_t shift = 4; shift < 32u; shift += shift < 16u ? 12u : 1u)
        if (round_up(bytes, shift) > bytes && put_exact_size(buffer, round_up(bytes, shift)))
            return TRACE_BYTES_CLOSE;
    return TRACE_BYTES_CANNOT;
}

/* -- Blocks ------------------------------------------------------------------------------------ */

/* One block in a slot that only a bulk record reaches. */
static enum trace_bytes_answer put_far_alloc(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t index;
    uint32_t delta = 2;
    bool near = find_near(op->bytes, &index, &delta);

    if (op->kind == TRACE_REALLOC || op->slot >= TRACE_BYTES_BLOCKS ||
        (!near && !find_above(op->bytes, &index)))
        return TRACE_BYTES_CANNOT;
    put(buffer, RECORD_BULK_ALLOC, 0, op->slot / 4u);
    buffer[2] = (uint8_t)index;
    buffer[3] = (uint8_t)(op->slot % 4u << 6 | (op->kind == TRACE_ALLOC_ZEROED ? 8u : 0u) | delta);
    return near ? TRACE_BYTES_EXACT : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_alloc(const struct trace_op *op, uint8_t *buffer, uint32_t what)
{
    enum trace_bytes_answer answer;

    if (op->slot > UINT8_MAX) {
        answer = put_far_alloc(op, buffer);
    } else {
        put(buffer, what, 0, op->slot);
        answer = put_size(buffer, op->bytes);
    }
    return answer == TRACE_BYTES_EXACT && op->kind != TRACE_REALLOC && op->recorded_bytes != 0
               ? TRACE_BYTES_CLOSE
               : answer;
}

static enum trace_bytes_answer put_aligned(const struct trace_op *op, uint8_t *buffer)
{
    static const uint8_t shifts[] = { 0, 12, 16 };
    static const uint8_t hows[] = { 6, 5, 7 };
    enum trace_bytes_answer answer =
        op->recorded_bytes == 0 ? TRACE_BYTES_EXACT : TRACE_BYTES_CLOSE;
    uint32_t index;
    uint32_t delta;

    if (op->slot > UINT8_MAX)
        return TRACE_BYTES_CANNOT;
    put(buffer, RECORD_ALIGNED, 2, op->slot);
    buffer[3] = op->align_log2;
    if (find_near(op->bytes, &index, &delta)) {
        set_how(buffer, delta);
        buffer[2] = (uint8_t)index;
        return answer;
    }
    for (uint32_t i = 0; i < sizeof shifts; i++)
        if (op->bytes >> shifts[i] <= UINT8_MAX &&
            op->bytes >> shifts[i] << shifts[i] == op->bytes) {
            set_how(buffer, hows[i]);
            buffer[2] = (uint8_t)(op->bytes >> shifts[i]);
            return answer;
        }
    if (find_above(op->bytes, &index)) {
        buffer[2] = (uint8_t)index;
        return TRACE_BYTES_CLOSE;
    }
    set_how(buffer, 7);
    buffer[2] = (uint8_t)(round_up(op->bytes, 16) >> 16);
    return op->bytes <= 255u << 16 ? TRACE_BYTES_CLOSE : TRACE_BYTES_CANNOT;
}

static enum trace_bytes_answer put_free(const struct trace_op *op, uint8_t *buffer)
{
    if (op->slot >= TRACE_BYTES_BLOCKS)
        return TRACE_BYTES_CANNOT;
    put(buffer, RECORD_FREE, op->slot <= UINT8_MAX ? 0 : 4, op->slot);
    if (op->slot > UINT8_MAX) {
        buffer[1] = (uint8_t)(op->slot / 4u);
        buffer[2] = (uint8_t)(op->slot % 4u);
    }
    return TRACE_BYTES_EXACT;
}

static enum trace_bytes_answer put_bad_realloc(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t index;
    uint32_t grains;

    if (!is_signed_multiple(op->offset_bytes, 3, 8, &grains) ||
        !find_above(op->realloc_bytes, &index))
        return TRACE_BYTES_CANNOT;
    set_how(buffer, 7);
    buffer[2] = (uint8_t)grains;
    buffer[3] = (uint8_t)index;
    return trace_bytes_sizes[index] == op->realloc_bytes ? TRACE_BYTES_EXACT : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_free_at(const struct trace_op *op, uint8_t *buffer)
{
    static const struct {
        uint8_t shift;
        uint8_t bits;
    } ways[] = { { 0, 8 }, { 3, 8 }, { 0, 16 }, { 12, 16 }, { 16, 16 } };
    uint32_t count;
    uint32_t delta;

    if (op->slot > UINT8_MAX)
        return TRACE_BYTES_CANNOT;
    put(buffer, RECORD_FREE_AT, 0, op->slot);
    if (op->placement != 0)
        return put_bad_realloc(op, buffer);
    if (op->offset_bytes == 0)
        return TRACE_BYTES_EXACT;
    for (uint32_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (is_signed_multiple(op->offset_bytes, ways[i].shift, ways[i].bits, &count)) {
            set_how(buffer, 1u + i);
            put_argument(buffer, ways[i].bits == 8u ? count << 8 : count);
            return TRACE_BYTES_EXACT;
        }
    if (!find_near(op->offset_bytes, &count, &delta))
        return TRACE_BYTES_CANNOT;
    set_how(buffer, 6);
    buffer[2] = (uint8_t)count;
    buffer[3] = (uint8_t)delta;
    return TRACE_BYTES_EXACT;
}

static enum trace_bytes_answer put_heap(const struct trace_op *op, uint8_t *buffer)
{
    put(buffer, RECORD_HEAP,
        op->kind == TRACE_HEAP_USE       ? 0
        : op->kind == TRACE_HEAP_CREATE  ? 2
        : op->kind == TRACE_HEAP_DESTROY ? 4
                                         : 5,
        op->slot);
    return exact_if(op->slot < TRACE_BYTES_HEAPS);
}

/* -- One op ------------------------------------------------------------------------------------ */

enum trace_bytes_answer trace_bytes_put(const struct trace_op *op, uint8_t *buffer)
{
    switch (op->kind) {
    case TRACE_ALLOC: return put_alloc(op, buffer, RECORD_ALLOC);
    case TRACE_ALLOC_ZEROED: return put_alloc(op, buffer, RECORD_ALLOC_ZEROED);
    case TRACE_REALLOC: return put_alloc(op, buffer, RECORD_REALLOC);
    case TRACE_ALLOC_ALIGNED: return put_aligned(op, buffer);
    case TRACE_FREE: return put_free(op, buffer);
    case TRACE_FREE_AT: return put_free_at(op, buffer);
    case TRACE_HEAP_CREATE:
    case TRACE_HEAP_DESTROY:
    case TRACE_HEAP_USE:
    case TRACE_HEAP_TRIM: return put_heap(op, buffer);
    default: return bytes_put_space(op, buffer);
    }
}
