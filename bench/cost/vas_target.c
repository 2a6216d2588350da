/* SPDX-License-Identifier: 0BSD */
/* Ours, and the floor. */
#include "vas_target.h"

#include <lookaside/vas.h>

#include <string.h>

/* -- Ours -------------------------------------------------------------------------------------- */

static size_t ours_bytes(const struct vas_window *window)
{
    (void)window;
    return sizeof(struct vas);
}

static bool ours_init(void *state, size_t bytes, const struct vas_window *window)
{
    if (bytes < sizeof(struct vas) || window->page_shift != LA_SEGMENT_SHIFT)
        return false;
    vas_init(state, window->first_page, window->end_page);
    return true;
}

static enum rival_answer ours_reserve(void *state, uint32_t pages, uint32_t align_log2,
                                      uint32_t *ret_page)
{
    const struct vas_request request = { .segments = pages, .align_log2 = align_log2 };
    va32_t base;

    if (vas_reserve(state, &request, &base) != LA_OK)
        return RIVAL_NO_SPACE;
    *ret_page = la_segment_of(base);
    return RIVAL_OK;
}

static enum rival_answer ours_release(void *state, uint32_t page, uint32_t pages)
{
    (void)pages;
    return vas_release(state, la_segment_va(page)) == LA_OK ? RIVAL_OK : RIVAL_BAD;
}

static enum rival_answer ours_resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    (void)pages;
    return vas_resize(state, la_segment_va(page), new_pages) == LA_OK ? RIVAL_OK : RIVAL_NO_SPACE;
}

static void ours_figures(const void *state, struct vas_figures *ret_figures)
{
    const struct vas *vas = state;
    struct vas_stats stats;

    vas_stats(vas, &stats);
    *ret_figures = (struct vas_figures){ .free_pages = stats.free_segments,
                                         .largest_pages = stats.largest_free_run_segments,
                                         .metadata_bytes = sizeof *vas,
                                         .metadata_bytes_peak = sizeof *vas,
                                         .probes = RIVAL_NOT_COUNTED };
}

static const char *ours_check(const void *state)
{
    return vas_check(state);
}

const struct vas_rival vas_target_ours = {
    .name = "lookaside",
    .what = "the core's own",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_RESIZES,
    .bytes = ours_bytes,
    .init = ours_init,
    .reserve = ours_reserve,
    .release = ours_release,
    .resize = ours_resize,
    .figures = ours_figures,
    .check = ours_check,
};

/* -- The floor --------------------------------------------------------------------------------- */

static size_t floor_bytes(const struct vas_window *window)
{
    (void)window;
    return sizeof(uint64_t);
}

static bool floor_init(void *state, size_t bytes, const struct vas_window *window)
{
    (void)window;
    memset(state, 0, bytes);
    return true;
}

static enum rival_answer floor_reserve(void *state, uint32_t pages, uint32_t align_log2,
                                       uint32_t *ret_page)
{
    (void)state;
    (void)pages;
    (void)align_log2;
    *ret_page = 1;
    return RIVAL_OK;
}

static enum rival_answer floor_release(void *state, uint32_t page, uint32_t pages)
{
    (void)state;
    (void)page;
    (void)pages;
    return RIVAL_OK;
}

static enum rival_answer floor_resize(void *state, uint32_t page, uint32_t pages,
                                      uint32_t new_pages)
{
    (void)state;
    (void)page;
    (void)pages;
    (void)new_pages;
    return RIVAL_OK;
}

static void floor_figures(const void *state, struct vas_figures *ret_figures)
{
    (void)state;
    *ret_figures = (struct vas_figures){ .probes = RIVAL_NOT_COUNTED };
}

static const char *floor_check(const void *state)
{
    (void)state;
    return NULL;
}

const struct vas_rival vas_target_floor = {
    .name = "floor",
    .what = "the harness alone",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_RESIZES,
    .bytes = floor_bytes,
    .init = floor_init,
    .reserve = floor_reserve,
    .release = floor_release,
    .resize = floor_resize,
    .figures = floor_figures,
    .check = floor_check,
};
