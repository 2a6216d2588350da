/* SPDX-License-Identifier: 0BSD */
/* The byte form's writer, for regions, stacks and memory. */
#include "bytes_put.h"

/* -- Regions ----------------------------------------------------------------------------------- */

/* `pages` = byte 2 * 16 - 2 to + 2. */
static bool put_near_segments(uint8_t *buffer, uint32_t pages)
{
    uint32_t segments = (pages + 2u) / BYTES_SEGMENT_PAGES;
    uint32_t delta = pages + 2u - segments * BYTES_SEGMENT_PAGES;

    if (segments > UINT8_MAX || delta > 4u)
        return false;
    buffer[2] = (uint8_t)segments;
    buffer[3] = (uint8_t)delta;
    return true;
}

static enum trace_bytes_answer put_fixed(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t segments = (op->pages + 15u) / BYTES_SEGMENT_PAGES;
    uint32_t at = op->window_page / BYTES_SEGMENT_PAGES;
    bool short_by_one = segments * BYTES_SEGMENT_PAGES - 1u == op->pages;

    if (op->align_log2 != 0 || segments > UINT8_MAX || at > 0xfffu ||
        op->window_page % BYTES_SEGMENT_PAGES != 0)
        return TRACE_BYTES_CANNOT;
    set_how(buffer, TRACE_PLACEMENT_FIXED | (short_by_one ? 4u : 0u));
    buffer[1] |= (uint8_t)(at << 4);
    buffer[2] = (uint8_t)segments;
    buffer[3] = (uint8_t)(at >> 4);
    return short_by_one || op->pages == segments * BYTES_SEGMENT_PAGES ? TRACE_BYTES_EXACT
                                                                       : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_reserve(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t pages = round_up(op->pages, 4);

    put(buffer, RECORD_RESERVE, op->placement, op->slot);
    if (op->slot >= TRACE_BYTES_REGIONS)
        return TRACE_BYTES_CANNOT;
    if (op->placement == TRACE_PLACEMENT_FIXED)
        return put_fixed(op, buffer);
    if (op->align_log2 > 15u)
        return TRACE_BYTES_CANNOT;
    buffer[1] |= (uint8_t)(op->align_log2 << 4);
    if (put_near_segments(buffer, op->pages))
        return TRACE_BYTES_EXACT;
    if (pages >> 4 > UINT16_MAX)
        return TRACE_BYTES_CANNOT;
    set_how(buffer, op->placement | 4u);
    put_argument(buffer, pages >> 4);
    return pages == op->pages ? TRACE_BYTES_EXACT : TRACE_BYTES_CLOSE;
}

/* The index of an extreme number; BYTES_EXTREMES: it is none. */
static uint32_t extreme(uint32_t value)
{
    uint32_t index = 0;

    while (index < BYTES_EXTREMES && bytes_extremes[index] != value)
        index++;
    return index;
}

static enum trace_bytes_answer put_reserve_at(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t slack = op->window_end - op->window_first - op->segments + 3u;
    uint32_t segments = extreme(op->segments);
    uint32_t first = extreme(op->window_first);
    uint32_t end = extreme(op->window_end);

    put(buffer, RECORD_RESERVE_AT, op->placement, op->slot);
    if (op->slot >= TRACE_BYTES_REGIONS)
        return TRACE_BYTES_CANNOT;
    if (op->align_log2 == 0 && op->segments <= UINT8_MAX && op->window_first <= UINT8_MAX &&
        (op->window_end == 0 || (slack > 0 && slack < 16u))) {
        buffer[1] |= (uint8_t)(op->window_end == 0 ? 0 : slack << 4);
        buffer[2] = (uint8_t)op->segments;
        buffer[3] = (uint8_t)op->window_first;
        return TRACE_BYTES_EXACT;
    }
    if (segments == BYTES_EXTREMES || first == BYTES_EXTREMES || end == BYTES_EXTREMES)
        return TRACE_BYTES_CANNOT;
    set_how(buffer, op->placement | 4u);
    buffer[2] = (uint8_t)(segments | first << 3);
    buffer[3] = (uint8_t)(end | (uint32_t)op->align_log2 << 3);
    return TRACE_BYTES_EXACT;
}

static enum trace_bytes_answer put_state(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t decommits = op->kind == TRACE_DECOMMIT;
    bool endless = op->pages >= UINT32_MAX - UINT8_MAX;
    bool in_pages = op->offset_pages <= UINT8_MAX && (endless || op->pages <= UINT8_MAX);
    uint32_t shift = in_pages ? 0 : 4;
    uint32_t end = endless ? 0 : round_up(op->pages, shift);
    uint32_t offset = op->offset_pages >> shift;

    put(buffer, RECORD_STATE, decommits | (in_pages ? 2u : 0u) | (endless ? 4u : 0u), op->slot);
    if (op->slot >= TRACE_BYTES_REGIONS || offset > UINT8_MAX || end >> shift > UINT8_MAX)
        return TRACE_BYTES_CANNOT;
    buffer[2] = (uint8_t)offset;
    buffer[3] = (uint8_t)(endless ? UINT32_MAX - op->pages : end >> shift);
    return offset << shift == op->offset_pages && (endless || end == op->pages) ? TRACE_BYTES_EXACT
                                                                                : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_resize(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t pages = round_up(op->pages, 4);

    put(buffer, RECORD_RESIZE, 0, op->slot);
    if (op->slot >= TRACE_BYTES_REGIONS)
        return TRACE_BYTES_CANNOT;
    if (put_near_segments(buffer, op->pages))
        return TRACE_BYTES_EXACT;
    if (op->pages <= UINT16_MAX) {
        set_how(buffer, 1);
        put_argument(buffer, op->pages);
        return TRACE_BYTES_EXACT;
    }
    if (pages >> 4 > UINT16_MAX)
        return TRACE_BYTES_CANNOT;
    set_how(buffer, 2);
    put_argument(buffer, pages >> 4);
    return pages == op->pages ? TRACE_BYTES_EXACT : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_at(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t call = op->kind == TRACE_COMMIT_AT     ? 1
                    : op->kind == TRACE_DECOMMIT_AT ? 2
                    : op->placement != 0            ? 3
                                                    : 0;
    uint32_t segments = call == 0 ? 0 : op->range_segments;
    uint32_t unit_pages = 0;
    uint32_t count;

    if (!is_signed_multiple(op->distance_pages, 4, 8, &count)) {
        unit_pages = 4;
        count = op->distance_pages;
    }
    put(buffer, RECORD_AT, call | unit_pages, op->slot);
    if (op->slot >= TRACE_BYTES_REGIONS || !is_signed(count, 8))
        return TRACE_BYTES_CANNOT;
    buffer[2] = (uint8_t)count;
    if (segments >= BYTES_AT_EXTREMES) {
        if (extreme(segments) == BYTES_EXTREMES)
            return TRACE_BYTES_CANNOT;
        segments = BYTES_AT_EXTREMES + extreme(segments);
    }
    buffer[3] = (uint8_t)segments;
    return TRACE_BYTES_EXACT;
}

static enum trace_bytes_answer put_access(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t how = 0;

    while (how < 8u && bytes_accesses[how] != op->access)
        how++;
    if (how == 8u || op->slot >= TRACE_BYTES_REGIONS || op->stack_plus_1 > TRACE_BYTES_STACKS ||
        !is_signed(op->distance_pages, 16))
        return TRACE_BYTES_CANNOT;
    put(buffer, RECORD_ACCESS, how, op->slot);
    if (op->stack_plus_1 != 0)
        buffer[1] |= (uint8_t)(0x80u | (op->stack_plus_1 - 1u) << 4);
    put_argument(buffer, op->distance_pages);
    return TRACE_BYTES_EXACT;
}

/* -- Stacks and memory ------------------------------------------------------------------------- */

static enum trace_bytes_answer put_stack_create(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t shift = op->pages <= UINT8_MAX ? 0 : op->pages <= 255u << 4 ? 4 : 12;
    uint32_t pages = round_up(op->pages, shift);
    uint32_t committed = op->committed_pages < 15u ? op->committed_pages : 15u;
    uint32_t guard = op->guard_pages < 15u ? op->guard_pages : 15u;

    put(buffer, RECORD_STACK_CREATE, shift == 0 ? 0 : shift == 4 ? 6 : 7, op->slot);
    if (op->slot >= TRACE_BYTES_STACKS)
        return TRACE_BYTES_CANNOT;
    if (op->pages == 256u && op->committed_pages == 2u && op->guard_pages == 16u) {
        set_how(buffer, 5);
        return TRACE_BYTES_EXACT;
    }
    if (pages >> shift > UINT8_MAX)
        return TRACE_BYTES_CANNOT;
    buffer[2] = (uint8_t)(pages >> shift);
    buffer[3] = (uint8_t)(committed | guard << 4);
    return pages == op->pages && committed == op->committed_pages && guard == op->guard_pages
               ? TRACE_BYTES_EXACT
               : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_stack_touch(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t depth = op->depth_page;
    uint32_t how = 0;

    put(buffer, RECORD_STACK_TOUCH, 0, op->slot);
    if (op->slot >= TRACE_BYTES_STACKS)
        return TRACE_BYTES_CANNOT;
    if (depth <= UINT8_MAX) {
        buffer[2] = (uint8_t)depth;
        return TRACE_BYTES_EXACT;
    }
    if (depth <= UINT16_MAX) {
        how = 4;
    } else if (put_near_segments(buffer, depth)) {
        set_how(buffer, 5);
        return TRACE_BYTES_EXACT;
    } else if (depth <= 0xfffffu && 0xfffffu - depth <= UINT16_MAX) {
        how = 7;
        depth = 0xfffffu - depth;
    } else {
        how = 6;
        depth = round_up(depth, 4) >> 4;
        if (depth > UINT16_MAX)
            return TRACE_BYTES_CANNOT;
    }
    set_how(buffer, how);
    put_argument(buffer, depth);
    return how != 6u || depth << 4 == op->depth_page ? TRACE_BYTES_EXACT : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_stack_trim(const struct trace_op *op, uint8_t *buffer)
{
    uint32_t keep = op->keep_pages < 31u ? op->keep_pages : 31u;
    uint32_t how = 2;

    put(buffer, RECORD_STACK_END, 0, op->slot | keep << 3);
    if (op->slot >= TRACE_BYTES_STACKS)
        return TRACE_BYTES_CANNOT;
    if (put_sum(buffer, op->depth_bytes, 12)) {
        how = 2;
    } else if (op->depth_bytes <= UINT16_MAX) {
        how = 5;
        put_argument(buffer, op->depth_bytes);
    } else if (UINT32_MAX - op->depth_bytes <= UINT16_MAX) {
        how = 6;
        put_argument(buffer, UINT32_MAX - op->depth_bytes);
    } else if (put_sum(buffer, op->depth_bytes, 16)) {
        how = 7;
    } else {
        return TRACE_BYTES_CANNOT;
    }
    set_how(buffer, how);
    return keep == op->keep_pages ? TRACE_BYTES_EXACT : TRACE_BYTES_CLOSE;
}

static enum trace_bytes_answer put_fail(const struct trace_op *op, uint8_t *buffer)
{
    put(buffer, RECORD_FAULT, op->placement != 0 ? 2 : op->nth <= UINT8_MAX ? 0 : 7, 0);
    if (op->nth <= UINT8_MAX)
        buffer[2] = (uint8_t)op->nth;
    else
        put_argument(buffer, op->nth);
    return exact_if(op->nth <= (op->placement != 0 ? UINT8_MAX : UINT16_MAX));
}

static enum trace_bytes_answer put_memory(const struct trace_op *op, uint8_t *buffer)
{
    put(buffer, RECORD_FAULT, op->limit_pages == UINT32_MAX ? 6 : 4, 0);
    if (op->limit_pages != UINT32_MAX)
        put_argument(buffer, op->limit_pages);
    return exact_if(op->limit_pages == UINT32_MAX || op->limit_pages <= UINT16_MAX);
}

/* -- One op ------------------------------------------------------------------------------------ */

static enum trace_bytes_answer put_plain(uint8_t *buffer, uint32_t what, uint32_t slot,
                                         uint32_t slots)
{
    put(buffer, what, 0, slot);
    return exact_if(slot < slots);
}

enum trace_bytes_answer bytes_put_space(const struct trace_op *op, uint8_t *buffer)
{
    switch (op->kind) {
    case TRACE_RESERVE: return put_reserve(op, buffer);
    case TRACE_RESERVE_AT: return put_reserve_at(op, buffer);
    case TRACE_COMMIT:
    case TRACE_DECOMMIT: return put_state(op, buffer);
    case TRACE_RESIZE: return put_resize(op, buffer);
    case TRACE_RELEASE: return put_plain(buffer, RECORD_RELEASE, op->slot, TRACE_BYTES_REGIONS);
    case TRACE_RELEASE_AT:
    case TRACE_COMMIT_AT:
    case TRACE_DECOMMIT_AT: return put_at(op, buffer);
    case TRACE_ACCESS: return put_access(op, buffer);
    case TRACE_STACK_CREATE: return put_stack_create(op, buffer);
    case TRACE_STACK_TOUCH: return put_stack_touch(op, buffer);
    case TRACE_STACK_DESTROY:
        return put_plain(buffer, RECORD_STACK_END, op->slot, TRACE_BYTES_STACKS);
    case TRACE_STACK_TRIM: return put_stack_trim(op, buffer);
    case TRACE_FAIL: return put_fail(op, buffer);
    case TRACE_MEMORY: return put_memory(op, buffer);
    default: return TRACE_BYTES_CANNOT;
    }
}
