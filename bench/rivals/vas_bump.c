/* SPDX-License-Identifier: 0BSD */
/* Bump pointer: the next free page, and nothing else.
 *
 * Source: the address thread ("a pointer to free virtual addresses and incrementing that pointer
 * every time"), used there in a boot loader, whose addresses are never reclaimed.
 * Cost: O(1), one number of metadata.
 * Cannot take anything back, and says so; the original would forget it.
 * Not copied: an increment that wraps at 4 GiB.
 */
#include "vas_rival.h"

struct bump {
    struct vas_window window;
    uint32_t next_page;
};

static size_t bytes(const struct vas_window *window)
{
    (void)window;
    return sizeof(struct bump);
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct bump *bump = state;

    if (state_bytes < sizeof *bump)
        return false;
    *bump = (struct bump){ .window = *window, .next_page = window->first_page };
    return true;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct bump *bump = state;
    uint32_t page = bump->next_page;

    if (!vas_rival_asks(&bump->window, pages, align_log2))
        return RIVAL_BAD;
    page = vas_rival_align_up(page, align_log2);
    if (page > bump->window.end_page || pages > bump->window.end_page - page)
        return RIVAL_NO_SPACE;
    bump->next_page = page + pages;
    *ret_page = page;
    return RIVAL_OK;
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    (void)state;
    (void)page;
    (void)pages;
    return RIVAL_CANNOT;
}

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct bump *bump = state;
    uint32_t left = bump->window.end_page - bump->next_page;

    *ret_figures = (struct vas_figures){
        .free_pages = left,
        .largest_pages = left,
        .metadata_bytes = sizeof *bump,
        .metadata_bytes_peak = sizeof *bump,
    };
}

static const char *check(const void *state)
{
    const struct bump *bump = state;

    if (bump->next_page < bump->window.first_page || bump->next_page > bump->window.end_page)
        return "the pointer has left the window";
    return NULL;
}

const struct vas_rival vas_bump = {
    .name = "bump",
    .what = "a pointer that is incremented; nothing is ever taken back",
    .can = VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .figures = figures,
    .check = check,
};
