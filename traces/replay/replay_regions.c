/* SPDX-License-Identifier: 0BSD */
/* Regions: reserve, commit, decommit, resize and release of a slot. Traces count pages, the VAS
 * counts segments; all rounding between the two is in this file.
 */
#include "replay_private.h"

#define PAGES_PER_SEGMENT_LOG2 (LA_SEGMENT_SHIFT - LA_PAGE_SHIFT)
#define SPACE_PAGES            (LA_SEGMENTS * LA_PAGES_PER_SEGMENT) /* 2^20: far from wrapping */

/* A run of segments of a region, relative to its first one. */
struct segment_range {
    uint32_t first;
    uint32_t count;
};

/* Pages to segments, rounding up; for at most 2 * SPACE_PAGES pages. */
static uint32_t segments_up(uint32_t pages)
{
    return (pages + (LA_PAGES_PER_SEGMENT - 1u)) >> PAGES_PER_SEGMENT_LOG2;
}

struct replay_region *replay_region_at(const struct replay *replay, va32_t va)
{
    for (uint32_t slot = 0; slot < replay->memory.region_slots; slot++) {
        struct replay_region *region = &replay->memory.regions[slot];

        if (region->base_va &&
            la_segment_of(va) - la_segment_of(region->base_va) < region->segments)
            return region;
    }
    return NULL;
}

static struct replay_region *region_of(const struct replay *replay, uint32_t slot)
{
    if (slot >= replay->memory.region_slots || !replay->memory.regions[slot].base_va)
        return NULL;
    return &replay->memory.regions[slot];
}

/* Fill `ret_request` for op; false if no space of this size could hold it. A fixed reservation
 * takes every segment its pages touch.
 */
static bool request_from(const struct trace_op *op, struct vas_request *ret_request)
{
    uint32_t pages = op->pages;
    uint32_t align_log2 = op->align_log2;

    if (pages == 0 || pages > SPACE_PAGES || op->placement > VAS_FIXED)
        return false;

    *ret_request = (struct vas_request){ .placement = (enum vas_placement)op->placement };
    if (op->placement == VAS_FIXED) {
        if (op->window_page >= SPACE_PAGES)
            return false;
        ret_request->window_first = op->window_page >> PAGES_PER_SEGMENT_LOG2;
        pages += op->window_page & (LA_PAGES_PER_SEGMENT - 1u);
    } else if (align_log2 > PAGES_PER_SEGMENT_LOG2) {
        ret_request->align_log2 = align_log2 - PAGES_PER_SEGMENT_LOG2;
    }
    ret_request->segments = segments_up(pages);
    return true;
}

struct replay_answer replay_reserve(struct replay *replay, const struct trace_op *op)
{
    struct vas_request request;
    va32_t base_va = 0;

    if (op->slot >= replay->memory.region_slots || region_of(replay, op->slot))
        return replay_answer(REPLAY_SKIPPED, 0);
    if (!request_from(op, &request))
        return replay_answer(LA_BAD_ARGUMENT, 0);

    enum la_status status = vas_reserve(replay->memory.vas, &request, &base_va);
    if (status != LA_OK)
        return replay_answer(status, 0);
    replay->memory.regions[op->slot] = (struct replay_region){
        .base_va = base_va,
        .segments = request.segments,
        .pages = op->pages,
    };
    return replay_answer(LA_OK, base_va);
}

/* The segments of `region` that op's pages touch (`widen`) or wholly cover, clipped to the
 * region.
 */
static struct segment_range range_of(const struct replay_region *region, const struct trace_op *op,
                                     bool widen)
{
    uint32_t region_pages = region->segments << PAGES_PER_SEGMENT_LOG2;
    uint32_t first = op->offset_pages;

    if (op->pages == 0 || first >= region_pages)
        return (struct segment_range){ 0, 0 };

    uint32_t end = op->pages > region_pages - first ? region_pages : first + op->pages;
    if (end >= region->pages)
        end = region_pages;
    first = widen ? first >> PAGES_PER_SEGMENT_LOG2 : segments_up(first);
    end = widen ? segments_up(end) : end >> PAGES_PER_SEGMENT_LOG2;
    return (struct segment_range){ first, end > first ? end - first : 0 };
}

static struct replay_answer change_state(struct replay *replay, const struct trace_op *op,
                                         bool commit)
{
    const struct replay_region *region = region_of(replay, op->slot);

    if (!region)
        return replay_answer(REPLAY_SKIPPED, 0);

    struct segment_range range = range_of(region, op, commit);
    if (range.count == 0)
        return replay_answer(LA_OK, 0);

    va32_t va = region->base_va + la_segment_va(range.first);
    enum la_status status = commit ? vas_commit(replay->memory.vas, va, range.count)
                                   : vas_decommit(replay->memory.vas, va, range.count);

    if (status != LA_OK)
        replay_break(replay, "the VAS refused a commit or decommit inside a live region");
    else if (!commit)
        replay_unmap(replay, va, range.count);
    return replay_answer(status, va);
}

struct replay_answer replay_commit(struct replay *replay, const struct trace_op *op)
{
    return change_state(replay, op, true);
}

struct replay_answer replay_decommit(struct replay *replay, const struct trace_op *op)
{
    return change_state(replay, op, false);
}

struct replay_answer replay_resize(struct replay *replay, const struct trace_op *op)
{
    struct replay_region *region = region_of(replay, op->slot);

    if (!region)
        return replay_answer(REPLAY_SKIPPED, 0);
    if (op->pages == 0 || op->pages > SPACE_PAGES)
        return replay_answer(LA_BAD_ARGUMENT, 0);

    uint32_t segments = segments_up(op->pages);
    enum la_status status = vas_resize(replay->memory.vas, region->base_va, segments);

    if (status != LA_OK)
        return replay_answer(status, 0);
    if (segments < region->segments)
        replay_unmap(replay, region->base_va + la_segment_va(segments),
                     region->segments - segments);
    region->segments = segments;
    region->pages = op->pages;
    return replay_answer(LA_OK, region->base_va);
}

struct replay_answer replay_release(struct replay *replay, const struct trace_op *op)
{
    struct replay_region *region = region_of(replay, op->slot);

    if (!region)
        return replay_answer(REPLAY_SKIPPED, 0);

    enum la_status status = vas_release(replay->memory.vas, region->base_va);
    if (status != LA_OK)
        replay_break(replay, "vas_release() refused a live region");
    replay_unmap(replay, region->base_va, region->segments);
    region->last_va = region->base_va;
    region->base_va = 0;
    return replay_answer(status, 0);
}
