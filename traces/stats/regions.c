/* SPDX-License-Identifier: 0BSD */
/* What is asked of an address space. */
#include "regions.h"

#include <lookaside/types.h>

/* The segments that `pages` pages touch from `first_page` of the first one. */
static uint32_t segments_of(uint32_t first_page, uint32_t pages)
{
    uint64_t end_page = (uint64_t)first_page + pages;

    if (pages == 0)
        return 0;
    return (uint32_t)((end_page + LA_PAGES_PER_SEGMENT - 1u) / LA_PAGES_PER_SEGMENT);
}

static void reserve(struct stats_regions *regions, struct region_slot *slot,
                    const struct trace_op *op, uint64_t op_number)
{
    bool fixed = op->placement == TRACE_PLACEMENT_FIXED;
    uint32_t first_page = fixed ? op->window_page % LA_PAGES_PER_SEGMENT : 0;

    slot->pages = op->pages;
    slot->segments = segments_of(first_page, op->pages);
    slot->first_page = (uint8_t)first_page;
    slot->live = true;
    stats_raise(&regions->segments, slot->segments, op_number);
    regions->reserved_segments = stats_sum(regions->reserved_segments, slot->segments);
    spread_add(&regions->pages, op->pages);
    regions->classes[stats_log2_up(op->pages)]++;
    regions->below_segment += op->pages < LA_PAGES_PER_SEGMENT;
    regions->off_segment += op->pages % LA_PAGES_PER_SEGMENT != 0;
    regions->placements[op->placement]++;
    regions->fixed_off_segment += first_page != 0;
    regions->aligned += op->align_log2 > 0;
    regions->aligned_segment += op->align_log2 > LA_SEGMENT_SHIFT - LA_PAGE_SHIFT;
}

static void resize(struct stats_regions *regions, struct region_slot *slot, uint32_t pages,
                   uint64_t op_number)
{
    regions->grew += pages > slot->pages;
    regions->shrank += pages < slot->pages;
    stats_lower(&regions->segments, slot->segments);
    slot->pages = pages;
    slot->segments = segments_of(slot->first_page, pages);
    stats_raise(&regions->segments, slot->segments, op_number);
}

static void change(struct region_ranges *ranges, const struct region_slot *slot,
                   const struct trace_op *op)
{
    uint64_t first = (uint64_t)slot->first_page + op->offset_pages;
    uint64_t end = first + op->pages;
    bool to_end = (uint64_t)op->offset_pages + op->pages >= slot->pages;

    ranges->count++;
    ranges->pages = stats_sum(ranges->pages, op->pages);
    if (op->pages == 0)
        return;
    ranges->whole += op->offset_pages == 0 && to_end;
    ranges->off_segment += (op->offset_pages != 0 && first % LA_PAGES_PER_SEGMENT != 0) ||
                           (!to_end && end % LA_PAGES_PER_SEGMENT != 0);
}

void stats_regions_op(struct stats_regions *regions, struct region_slot *slot,
                      const struct trace_op *op, uint64_t op_number)
{
    switch (op->kind) {
    case TRACE_RESERVE: reserve(regions, slot, op, op_number); break;
    case TRACE_RESIZE: resize(regions, slot, op->pages, op_number); break;
    case TRACE_COMMIT: change(&regions->commits, slot, op); break;
    case TRACE_DECOMMIT: change(&regions->decommits, slot, op); break;
    default:
        stats_lower(&regions->segments, slot->segments);
        slot->live = false;
        break;
    }
}
