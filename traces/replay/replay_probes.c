/* SPDX-License-Identifier: 0BSD */
/* Probes: calls that no sound program makes, and memory that runs out. What must be refused is told
 * from the interpreter's own books, and from the VAS only where these end: whose a segment is that
 * no slot knows. A refusal that does not come is a broken promise, and one is enough to end the
 * run, so what the call has done is never looked at.
 */
#include "replay_private.h"

/* Whether an address is one: a small geometry has fewer than fit 32 bits. */
static bool in_space(va32_t va)
{
    return la_segment_of(va) < LA_SEGMENTS;
}

/* -- Blocks ------------------------------------------------------------------------------------ */

static bool is_live_block(const struct replay *replay, uint32_t heap, va32_t va)
{
    for (uint32_t slot = 0; slot < replay->blocks_end; slot++)
        if (replay->memory.blocks[slot].va == va && replay->memory.blocks[slot].heap == heap)
            return true;
    return false;
}

struct replay_answer replay_free_at(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.block_slots)
        return replay_answer(REPLAY_SKIPPED, 0);

    const struct replay_block *block = &replay->memory.blocks[op->slot];
    struct heap *heap = &replay->memory.heaps[replay->heap_in_use].heap;
    va32_t va = (block->va ? block->va : block->last_va) + op->offset_bytes;
    bool resizes = op->placement != 0;

    if (!in_space(va) || (va == 0 && resizes)) /* that would be an allocation */
        return replay_answer(REPLAY_SKIPPED, va);
    if (va != 0 && is_live_block(replay, replay->heap_in_use, va))
        return replay_answer(REPLAY_SKIPPED, va);

    replay_take_out_heap(replay, heap);
    enum la_status status = resizes
                                ? heap_realloc(heap, va, op->realloc_bytes) ? LA_OK : heap->error
                                : heap_free(heap, va);
    replay_put_back_heap(replay, heap);
    if (status == LA_OK && va != 0)
        replay_break(replay, "the heap took an address that is no live block of it");
    return replay_answer(status, va);
}

/* -- Regions ----------------------------------------------------------------------------------- */

/* Whose an address is, and whether a call on it would change what is not a region's. */
struct owner {
    struct replay_region *region; /* NULL: none of a region slot */
    bool untouchable;             /* the base of a stack, or a heap's or metadata */
    bool heaps;                   /* a heap's, or metadata */
};

static struct owner owner_of(const struct replay *replay, va32_t va)
{
    struct owner owner = { .region = replay_region_at(replay, va) };
    const struct stack *stack = owner.region ? NULL : replay_stack_at(replay, va);
    struct vas_region region;

    if (stack)
        owner.untouchable = va == stack->base_va;
    else if (!owner.region && in_space(va) && vas_query(replay->memory.vas, va, &region) &&
             region.state != VAS_FREE)
        owner.heaps = true;
    if (owner.heaps)
        owner.untouchable = va == la_segment_va(region.first_segment);
    return owner;
}

/* vas_resize() of a region by its base, as it is: no rounding, no limit. */
static struct replay_answer resize_region(struct replay *replay, struct replay_region *region,
                                          uint32_t segments)
{
    enum la_status status = vas_resize(replay->memory.vas, region->base_va, segments);

    if (status != LA_OK)
        return replay_answer(status, region->base_va);
    if (segments < region->segments)
        replay_unmap(replay, region->base_va + la_segment_va(segments),
                     region->segments - segments);
    region->segments = segments;
    region->pages = segments << (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT);
    return replay_answer(LA_OK, region->base_va);
}

struct replay_answer replay_release_at(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.region_slots)
        return replay_answer(REPLAY_SKIPPED, 0);

    va32_t va = replay_from_region(replay, op);
    struct owner owner = owner_of(replay, va);
    bool resizes = op->placement != 0;

    if (owner.region && owner.region->base_va == va) {
        if (resizes)
            return resize_region(replay, owner.region, op->resize_segments);
        owner.untouchable = true; /* release is the op for that */
    }
    if (owner.untouchable)
        return replay_answer(REPLAY_SKIPPED, va);

    enum la_status status = resizes ? vas_resize(replay->memory.vas, va, op->resize_segments)
                                    : vas_release(replay->memory.vas, va);
    if (status == LA_OK)
        replay_break(replay, "the VAS took an address that is no region's base");
    return replay_answer(status, va);
}

/* Whether [va, va + segments) is whole segments of `region`. */
static bool is_part_of(const struct replay_region *region, va32_t va, uint32_t segments)
{
    uint32_t first = la_segment_of(va) - la_segment_of(region->base_va);

    return (va & (LA_SEGMENT_BYTES - 1u)) == 0 && segments > 0 &&
           segments <= region->segments - first;
}

struct replay_answer replay_change_at(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.region_slots)
        return replay_answer(REPLAY_SKIPPED, 0);

    va32_t va = replay_from_region(replay, op);
    struct owner owner = owner_of(replay, va);
    bool commits = op->kind == TRACE_COMMIT_AT;

    if (owner.heaps)
        return replay_answer(REPLAY_SKIPPED, va);

    enum la_status status = commits ? vas_commit(replay->memory.vas, va, op->range_segments)
                                    : vas_decommit(replay->memory.vas, va, op->range_segments);
    bool fits = owner.region && is_part_of(owner.region, va, op->range_segments);

    if ((status == LA_OK) != fits)
        replay_break(replay, fits ? "the VAS refused a commit or decommit inside a live region"
                                  : "the VAS took a range that is not inside a region");
    else if (status == LA_OK && !commits)
        replay_unmap(replay, va, op->range_segments);
    return replay_answer(status, va);
}

struct replay_answer replay_reserve_at(struct replay *replay, const struct trace_op *op)
{
    if (op->slot >= replay->memory.region_slots || replay->memory.regions[op->slot].base_va)
        return replay_answer(REPLAY_SKIPPED, 0);

    const struct vas_request request = {
        .segments = op->segments,
        .align_log2 = op->align_log2,
        .placement = (enum vas_placement)op->placement,
        .window_first = op->window_first,
        .window_end = op->window_end,
    };
    va32_t base_va = 0;
    enum la_status status = vas_reserve(replay->memory.vas, &request, &base_va);

    if (status != LA_OK)
        return replay_answer(status, 0);
    replay->memory.regions[op->slot] = (struct replay_region){
        .base_va = base_va,
        .segments = op->segments,
        .pages = op->segments << (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT),
    };
    return replay_answer(LA_OK, base_va);
}

/* -- Memory ------------------------------------------------------------------------------------ */

struct replay_answer replay_fail(struct replay *replay, const struct trace_op *op)
{
    replay->fail_in = op->nth;
    replay->fail_always = op->placement;
    return replay_answer(LA_OK, op->nth);
}

struct replay_answer replay_limit_memory(struct replay *replay, const struct trace_op *op)
{
    replay->limit_pages = op->limit_pages;
    return replay_answer(LA_OK, op->limit_pages);
}
