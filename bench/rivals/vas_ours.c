/* SPDX-License-Identifier: 0BSD */
/* Lookaside's own address space behind the rivals' interface: core/include/lookaside/vas.h, best
 * fit over 64 KiB segments. Lengths and alignments are rounded up to segments. Its figures of
 * metadata are the whole struct, always; it does not count its steps.
 */
#include <lookaside/vas.h>

#include "vas_rival.h"

struct ours {
    struct vas_window window;
    uint32_t pages_log2; /* pages in a segment */
    struct vas vas;
};

static size_t bytes(const struct vas_window *window)
{
    (void)window;
    return vas_rival_round8(sizeof(struct ours));
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct ours *ours = state;
    uint32_t log2 = LA_SEGMENT_SHIFT - window->page_shift;
    uint32_t first = vas_rival_align_up(window->first_page, log2) >> log2;
    uint32_t end = window->end_page >> log2;

    if (state_bytes < bytes(window) || first >= end || end > LA_SEGMENTS)
        return false;
    ours->window = *window;
    ours->pages_log2 = log2;
    vas_init(&ours->vas, first, end);
    return true;
}

static uint32_t segments_up(const struct ours *ours, uint32_t pages)
{
    return vas_rival_align_up(pages, ours->pages_log2) >> ours->pages_log2;
}

static va32_t va_of(const struct ours *ours, uint32_t page)
{
    return page << ours->window.page_shift;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct ours *ours = state;
    va32_t base;

    if (!vas_rival_asks(&ours->window, pages, align_log2))
        return RIVAL_BAD;

    struct vas_request request = {
        .segments = segments_up(ours, pages),
        .align_log2 = align_log2 > ours->pages_log2 ? align_log2 - ours->pages_log2 : 0u,
    };

    /* Above 2^16 segments only address 0 is aligned, which is never given out. */
    if (request.align_log2 > 16u || vas_reserve(&ours->vas, &request, &base) != LA_OK)
        return RIVAL_NO_SPACE;
    *ret_page = base >> ours->window.page_shift;
    return RIVAL_OK;
}

/* Whether [page, page + pages) is exactly one region. */
static bool is_region(const struct ours *ours, uint32_t page, uint32_t pages)
{
    struct vas_region region;

    return vas_rival_inside(&ours->window, page, pages) &&
           page >> ours->pages_log2 << ours->pages_log2 == page &&
           vas_query(&ours->vas, va_of(ours, page), &region) && region.state != VAS_FREE &&
           region.first_segment == page >> ours->pages_log2 &&
           region.segments == segments_up(ours, pages);
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct ours *ours = state;

    if (!is_region(ours, page, pages) || vas_release(&ours->vas, va_of(ours, page)) != LA_OK)
        return RIVAL_BAD;
    return RIVAL_OK;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct ours *ours = state;

    if (!is_region(ours, page, pages) || !vas_rival_asks(&ours->window, new_pages, 0))
        return RIVAL_BAD;
    return vas_resize(&ours->vas, va_of(ours, page), segments_up(ours, new_pages)) == LA_OK
               ? RIVAL_OK
               : RIVAL_NO_SPACE;
}

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct ours *ours = state;
    struct vas_stats stats;

    vas_stats(&ours->vas, &stats);
    *ret_figures = (struct vas_figures){
        .free_pages = stats.free_segments << ours->pages_log2,
        .largest_pages = stats.largest_free_run_segments << ours->pages_log2,
        .metadata_bytes = sizeof *ours,
        .metadata_bytes_peak = sizeof *ours,
        .probes = RIVAL_NOT_COUNTED,
    };
}

static const char *check(const void *state)
{
    const struct ours *ours = state;

    return vas_check(&ours->vas);
}

const struct vas_rival vas_ours = {
    .name = "lookaside",
    .what = "bit planes and bins of chunks over 64 KiB segments, best fit: the core's own",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_REFUSES | VAS_RESIZES,
    .granule_shift = LA_SEGMENT_SHIFT,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
