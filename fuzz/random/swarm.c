/* SPDX-License-Identifier: 0BSD */
/* The swarm's choices: which kinds, which slots, which sizes. Sizes lie at the limits of buckets,
 * pages and segments, slots are few, so that most operations meet an object.
 */
#include "swarm.h"

#include "../world/shapes.h"
#include "../world/world.h"

#include <lookaside/heap.h>

#include <string.h>

/* Source: Vigna 2015 (splitmix64). */
static uint64_t next_random(struct swarm *swarm)
{
    uint64_t z = swarm->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t below(struct swarm *swarm, uint32_t limit)
{
    return (uint32_t)(((next_random(swarm) >> 32) * limit) >> 32);
}

/* -2 to 2, mostly 0. */
static uint32_t nudge(struct swarm *swarm)
{
    static const int8_t nudges[8] = { 0, 0, 0, 1, -1, 2, -2, 8 };

    return (uint32_t)nudges[below(swarm, 8)];
}

/* -- Kinds ------------------------------------------------------------------------------------- */

static bool takes_part(uint8_t kind, char part)
{
    switch (trace_slot_kind(kind)) {
    case TRACE_BLOCK:
    case TRACE_HEAP: return part == 'h' || part == 'w';
    case TRACE_REGION: return part == 'v' || part == 'w' || (part == 's' && kind == TRACE_ACCESS);
    case TRACE_STACK: return part == 's' || part == 'w';
    default:
        return kind == TRACE_HEAP_TRIM ? part == 'h' || part == 'w' : !trace_kind_is_note(kind);
    }
}

void swarm_begin(struct swarm *swarm, uint64_t seed, uint64_t run, uint32_t ops_max, char part)
{
    static const uint32_t slots[] = { 2, 4, 8, 16, 64, 256, 1024 };

    memset(swarm, 0, sizeof *swarm);
    swarm->state = seed * UINT64_C(0x2545f4914f6cdd1d) ^ run * UINT64_C(0xd6e8feb86659fd93);
    swarm->shape = below(swarm, SHAPES - 1u);
    if (run % 16u == 15u)
        swarm->shape = SHAPES - 1u; /* now and then: most requests are of one kind there */
    swarm->ops = 1u + below(swarm, below(swarm, 4) == 0 ? ops_max : ops_max / 8u + 1u);
    swarm->block_slots = slots[below(swarm, sizeof slots / sizeof slots[0])];
    for (uint32_t kind = 1; kind < TRACE_KINDS; kind++) {
        uint32_t weight = below(swarm, 3) == 0 ? 0 : 1u + below(swarm, 8);

        if (kind == TRACE_ALLOC || kind == TRACE_RESERVE || kind == TRACE_STACK_CREATE)
            weight += 2u;
        if (kind == TRACE_HEAP_TRIM || kind == TRACE_HEAP_DESTROY || kind == TRACE_FAIL ||
            kind == TRACE_MEMORY)
            weight = (weight + 7u) / 8u;
        if (!takes_part((uint8_t)kind, part))
            weight = 0;
        swarm->weight_sum += weight;
        swarm->weights[kind] = swarm->weight_sum;
    }
}

static uint8_t choose_kind(struct swarm *swarm)
{
    uint32_t at = below(swarm, swarm->weight_sum);
    uint8_t kind = 1;

    while (swarm->weights[kind] <= at)
        kind++;
    return kind;
}

/* -- Sizes ------------------------------------------------------------------------------------- */

static uint32_t choose_bytes(struct swarm *swarm)
{
    const struct shape *shape = shape_at(swarm->shape);

    switch (below(swarm, 16)) {
    case 0:
    case 1:
    case 2:
    case 3: return swarm->favourite_bytes;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        swarm->favourite_bytes =
            shape->bucket_bytes[below(swarm, shape->bucket_count)] + nudge(swarm);
        return swarm->favourite_bytes;
    case 9:
    case 10: return below(swarm, 200);
    case 11: return (1u + below(swarm, 20)) * LA_PAGE_BYTES + nudge(swarm);
    case 12: return (1u + below(swarm, 3)) * LA_SEGMENT_BYTES + nudge(swarm);
    case 13: return below(swarm, 2u * LA_SEGMENT_BYTES);
    case 14: return below(swarm, 4) == 0 ? 0u - below(swarm, 2u * LA_SEGMENT_BYTES) : 0;
    default: return below(swarm, 64u * LA_SEGMENT_BYTES);
    }
}

static uint32_t choose_segments(struct swarm *swarm)
{
    switch (below(swarm, 8)) {
    case 0: return below(swarm, LA_SEGMENTS);
    case 1: return 32u + nudge(swarm);
    case 2: return below(swarm, 70);
    case 3: return 0;
    default: return 1u + below(swarm, 5);
    }
}

static uint32_t choose_pages(struct swarm *swarm)
{
    uint32_t segments = choose_segments(swarm);

    return below(swarm, 4) != 0 ? segments * LA_PAGES_PER_SEGMENT
                                : segments * LA_PAGES_PER_SEGMENT + nudge(swarm);
}

/* A segment in or beside the managed range. */
static uint32_t choose_place(struct swarm *swarm)
{
    const struct shape *shape = shape_at(swarm->shape);
    uint32_t length = shape->end_segment - shape->first_segment;

    switch (below(swarm, 8)) {
    case 0: return shape->end_segment + nudge(swarm);
    case 1: return shape->first_segment + nudge(swarm);
    case 2: return (shape->first_segment & ~31u) + 32u * below(swarm, length / 32u + 1u);
    default: return shape->first_segment + below(swarm, length < 80u ? length : 80u);
    }
}

/* A distance in bytes or pages: mostly inside of what is there. */
static uint32_t choose_distance(struct swarm *swarm, uint32_t whole)
{
    switch (below(swarm, 8)) {
    case 0: return 0;
    case 1: return whole;
    case 2: return 0u - whole;
    case 3: return below(swarm, 4u * whole);
    case 4: return 0u - below(swarm, 4u * whole);
    case 5: return 8u * (1u + below(swarm, 4));
    default: return nudge(swarm);
    }
}

/* -- Operations -------------------------------------------------------------------------------- */

static void fill_region_op(struct swarm *swarm, struct trace_op *op)
{
    op->slot = below(swarm, 2) == 0 ? below(swarm, 4) : below(swarm, WORLD_REGION_SLOTS);
    switch (op->kind) {
    case TRACE_RESERVE:
        op->pages = choose_pages(swarm);
        op->placement = (uint8_t)below(swarm, 4);
        op->align_log2 = (uint8_t)(below(swarm, 3) == 0 ? below(swarm, 14) : 0);
        if (op->placement == TRACE_PLACEMENT_FIXED)
            op->window_page = choose_place(swarm) * LA_PAGES_PER_SEGMENT;
        break;
    case TRACE_RESERVE_AT:
        op->segments = choose_segments(swarm);
        op->placement = (uint8_t)below(swarm, 4);
        op->align_log2 = (uint8_t)(below(swarm, 2) == 0 ? below(swarm, 8) : below(swarm, 18));
        op->window_first = choose_place(swarm);
        op->window_end = below(swarm, 3) == 0 ? 0 : op->window_first + choose_segments(swarm);
        break;
    case TRACE_COMMIT:
    case TRACE_DECOMMIT:
        op->offset_pages = below(swarm, 3) == 0 ? 0 : choose_pages(swarm);
        op->pages = choose_pages(swarm);
        break;
    case TRACE_RESIZE: op->pages = choose_pages(swarm); break;
    case TRACE_COMMIT_AT:
    case TRACE_DECOMMIT_AT:
        op->distance_pages = choose_distance(swarm, LA_PAGES_PER_SEGMENT) *
                             (below(swarm, 2) == 0 ? LA_PAGES_PER_SEGMENT : 1u);
        op->range_segments = choose_segments(swarm);
        break;
    case TRACE_RELEASE_AT:
        op->distance_pages = choose_distance(swarm, LA_PAGES_PER_SEGMENT);
        op->placement = (uint8_t)below(swarm, 2);
        if (op->placement == 1u)
            op->resize_segments = choose_segments(swarm);
        break;
    default: break;
    }
}

static void fill_stack_op(struct swarm *swarm, struct trace_op *op)
{
    op->slot = below(swarm, 2) == 0 ? below(swarm, 2) : below(swarm, WORLD_STACK_SLOTS);
    switch (op->kind) {
    case TRACE_STACK_CREATE:
        op->pages = below(swarm, 4) == 0 ? choose_pages(swarm) : below(swarm, 64);
        op->committed_pages = below(swarm, 4) == 0 ? below(swarm, 40) : below(swarm, 4);
        op->guard_pages = below(swarm, 4) == 0 ? below(swarm, 40) : 1u + below(swarm, 3);
        break;
    case TRACE_STACK_TOUCH: op->depth_page = below(swarm, 70); break;
    case TRACE_STACK_TRIM:
        op->depth_bytes = below(swarm, 20u * LA_PAGE_BYTES);
        if (below(swarm, 2) == 0)
            op->depth_bytes = below(swarm, 20) * LA_PAGE_BYTES + nudge(swarm);
        op->keep_pages = below(swarm, 5);
        break;
    default: break;
    }
}

static void fill_block_op(struct swarm *swarm, struct trace_op *op)
{
    op->slot = below(swarm, swarm->block_slots);
    switch (op->kind) {
    case TRACE_ALLOC_ALIGNED: op->align_log2 = (uint8_t)below(swarm, 18); /* fall through */
    case TRACE_ALLOC:
    case TRACE_ALLOC_ZEROED:
    case TRACE_REALLOC: op->bytes = choose_bytes(swarm); break;
    case TRACE_FREE_AT:
        op->offset_bytes = choose_distance(swarm, LA_PAGE_BYTES);
        op->placement = below(swarm, 4) == 0;
        if (op->placement == 1u)
            op->realloc_bytes = choose_bytes(swarm);
        break;
    default: break;
    }
}

static void fill_other_op(struct swarm *swarm, struct trace_op *op)
{
    switch (op->kind) {
    case TRACE_FAIL:
        op->nth = below(swarm, 8);
        op->placement = below(swarm, 4) == 0;
        break;
    case TRACE_MEMORY:
        op->limit_pages = below(swarm, 3) == 0 ? UINT32_MAX : below(swarm, 64);
        break;
    case TRACE_ACCESS:
        op->slot = below(swarm, 4);
        op->distance_pages = choose_distance(swarm, LA_PAGES_PER_SEGMENT);
        op->access = below(swarm, 16);
        op->stack_plus_1 = below(swarm, WORLD_STACK_SLOTS + 1u);
        break;
    default: break;
    }
}

void swarm_next(struct swarm *swarm, struct trace_op *ret_op)
{
    struct trace_op op = { 0 };

    if (swarm->run_left != 0) { /* the same once more, on the next slot */
        swarm->run_left--;
        swarm->run_op.slot = (swarm->run_op.slot + 1u) % swarm->block_slots;
        *ret_op = swarm->run_op;
        return;
    }
    op.kind = choose_kind(swarm);
    switch (trace_slot_kind(op.kind)) {
    case TRACE_BLOCK: fill_block_op(swarm, &op); break;
    case TRACE_REGION:
        if (op.kind == TRACE_ACCESS)
            fill_other_op(swarm, &op);
        else
            fill_region_op(swarm, &op);
        break;
    case TRACE_STACK: fill_stack_op(swarm, &op); break;
    case TRACE_HEAP: op.slot = below(swarm, WORLD_HEAP_SLOTS); break;
    default: fill_other_op(swarm, &op); break;
    }
    if (trace_slot_kind(op.kind) == TRACE_BLOCK && op.kind != TRACE_FREE_AT &&
        below(swarm, 16) == 0) {
        swarm->run_left = below(swarm, swarm->block_slots);
        swarm->run_op = op;
    }
    *ret_op = op;
}
