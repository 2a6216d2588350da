/* SPDX-License-Identifier: 0BSD */
/* Bump pointer as a heap: the next free bytes, a page committed when the first of them lies on it.
 *
 * Source: the address thread's boot loader ("I actually do this early on").
 * Cost: O(1), nothing a block. Cannot take anything back, and says so. A realloc has to copy
 * without knowing a length, so each block carries 4 bytes of it.
 */
#include "heap_rival.h"

#define LENGTH_BYTES 4u

struct bump {
    struct heap_window window;
    uint64_t next_va;
    uint32_t committed_end_page;
    uint32_t unused;
};

static size_t bytes(const struct heap_window *window)
{
    (void)window;
    return sizeof(struct bump);
}

static bool init(void *state, size_t state_bytes, const struct heap_window *window)
{
    struct bump *bump = state;

    if (state_bytes < sizeof *bump)
        return false;
    *bump = (struct bump){ .window = *window,
                           .next_va = (uint64_t)window->first_page << LA_PAGE_SHIFT,
                           .committed_end_page = window->first_page };
    return true;
}

static uint32_t *length_of(const struct bump *bump, va32_t va)
{
    return la_host(bump->window.port->host_base, va - LENGTH_BYTES);
}

static enum rival_answer alloc(void *state, uint32_t wanted, uint32_t align_log2, va32_t *ret_va)
{
    struct bump *bump = state;
    const struct la_port *port = bump->window.port;

    if (!heap_rival_asks(wanted, align_log2))
        return RIVAL_BAD;

    uint64_t mask = (UINT64_C(1) << (align_log2 > 3u ? align_log2 : 3u)) - 1u;
    uint64_t va = (bump->next_va + LENGTH_BYTES + mask) & ~mask;
    uint64_t end_page = (va + wanted + LA_PAGE_BYTES - 1u) >> LA_PAGE_SHIFT;

    if (end_page > bump->window.end_page)
        return RIVAL_NO_SPACE;
    if (end_page > bump->committed_end_page) {
        uint32_t first = bump->committed_end_page;

        if (port->commit(port->context, first << LA_PAGE_SHIFT, (uint32_t)end_page - first) !=
            LA_OK)
            return RIVAL_NO_MEMORY;
        bump->committed_end_page = (uint32_t)end_page;
    }
    bump->next_va = va + wanted;
    *length_of(bump, (va32_t)va) = wanted;
    *ret_va = (va32_t)va;
    return RIVAL_OK;
}

static enum rival_answer free_block(void *state, va32_t va)
{
    (void)state;
    (void)va;
    return RIVAL_CANNOT;
}

static uint32_t usable(const void *state, va32_t va)
{
    return *length_of(state, va);
}

static enum rival_answer realloc_block(void *state, va32_t va, uint32_t wanted, va32_t *ret_va)
{
    const struct bump *bump = state;

    return heap_rival_move(&heap_bump, state, bump->window.port->host_base, va, wanted, ret_va);
}

static void figures(const void *state, struct heap_figures *ret_figures)
{
    (void)state;
    *ret_figures = (struct heap_figures){ .static_bytes = sizeof(struct bump) };
}

static const char *check(const void *state)
{
    const struct bump *bump = state;

    if (bump->next_va > (uint64_t)bump->committed_end_page << LA_PAGE_SHIFT)
        return "the pointer has passed the committed pages";
    return NULL;
}

const struct heap_rival heap_bump = {
    .name = "bump",
    .what = "a pointer that is incremented; nothing is ever taken back",
    .can = HEAP_ALIGNS,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_block,
    .realloc = realloc_block,
    .usable = usable,
    .figures = figures,
    .check = check,
};
