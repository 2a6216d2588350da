/* SPDX-License-Identifier: 0BSD */
/* Ghost's address range pool: one singly linked list of all ranges, used and free.
 *
 *   [free 1..9] -> [used 10..25] -> [used 26..39] -> [free 40..900]
 *
 * Source: Ghost's manual ("the g_address_range_pool is an allocator for ranges of
 * addresses"), and maxdev1/ghost, kernel/src/kernel/memory/address_range_pool.cpp.
 * Algorithm: reserve takes the first free range that is long enough and puts what is left in a new
 * range (the splinter) behind it; release looks for the exact base, then walks the whole list and
 * merges free neighbours.
 * Cost: O(ranges) for everything, and the merge always pays for all of them; 16 bytes a range.
 * Cannot align: the original has no such parameter.
 * Not copied: taking nodes from the heap while the pool's lock is held, and not looking whether
 * there was one; signed page counts that wrap; merging and reading a range after the lock was given
 * back; unmapping before it is known that the range was in use.
 */
#include "nodes.h"
#include "vas_rival.h"

struct range {
    uint32_t next;
    uint32_t used;
    uint32_t page;
    uint32_t pages;
};

struct ghost_pool {
    struct vas_window window;
    struct nodes nodes;
    uint32_t first; /* never NODE_NONE */
    uint32_t free_pages;
    uint64_t probes;
};

static size_t bytes(const struct vas_window *window)
{
    return vas_rival_round8(sizeof(struct ghost_pool)) +
           vas_rival_round8(nodes_bytes(2u * window->regions + 1u, (uint32_t)sizeof(struct range)));
}

static struct range *at(const struct ghost_pool *pool, uint32_t node)
{
    return (struct range *)(void *)node_link(&pool->nodes, node);
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct ghost_pool *pool = state;
    size_t used = vas_rival_round8(sizeof *pool);

    if (state_bytes < bytes(window))
        return false;
    *pool = (struct ghost_pool){ .window = *window,
                                 .free_pages = window->end_page - window->first_page };
    nodes_init(&pool->nodes, (uint8_t *)state + used, state_bytes - used,
               (uint32_t)sizeof(struct range));
    pool->first = nodes_take(&pool->nodes);
    *at(pool, pool->first) =
        (struct range){ .page = window->first_page, .pages = pool->free_pages };
    return true;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct ghost_pool *pool = state;

    if (!vas_rival_asks(&pool->window, pages, align_log2))
        return RIVAL_BAD;
    if (align_log2 > 0)
        return RIVAL_CANNOT;

    enum rival_answer answer = RIVAL_NO_SPACE;

    for (uint32_t node = pool->first; node != NODE_NONE; node = at(pool, node)->next) {
        struct range *range = at(pool, node);

        pool->probes++;
        if (range->used || range->pages < pages)
            continue;
        if (range->pages > pages) {
            uint32_t splinter = nodes_take(&pool->nodes);

            if (splinter == NODE_NONE) {
                answer = RIVAL_NO_METADATA; /* a range of exactly this length may follow */
                continue;
            }
            *at(pool, splinter) = (struct range){ .next = range->next,
                                                  .page = range->page + pages,
                                                  .pages = range->pages - pages };
            range->next = splinter;
            range->pages = pages;
        }
        range->used = 1;
        pool->free_pages -= pages;
        *ret_page = range->page;
        return RIVAL_OK;
    }
    return answer;
}

/* One pass over the whole list: free neighbours become one range. */
static void merge(struct ghost_pool *pool)
{
    uint32_t node = pool->first;

    while (node != NODE_NONE) {
        struct range *range = at(pool, node);
        uint32_t next = range->next;

        pool->probes++;
        if (next == NODE_NONE || range->used || at(pool, next)->used) {
            node = next;
            continue;
        }
        range->pages += at(pool, next)->pages;
        range->next = at(pool, next)->next;
        nodes_give(&pool->nodes, next);
    }
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct ghost_pool *pool = state;

    for (uint32_t node = pool->first; node != NODE_NONE; node = at(pool, node)->next) {
        struct range *range = at(pool, node);

        pool->probes++;
        if (range->page != page)
            continue;
        if (!range->used || range->pages != pages)
            return RIVAL_BAD;
        range->used = 0;
        pool->free_pages += pages;
        merge(pool);
        return RIVAL_OK;
    }
    return RIVAL_BAD;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct ghost_pool *pool = state;
    uint32_t node = pool->first;

    for (; node != NODE_NONE && at(pool, node)->page != page; node = at(pool, node)->next)
        pool->probes++;
    if (node == NODE_NONE || !at(pool, node)->used || at(pool, node)->pages != pages ||
        !vas_rival_asks(&pool->window, new_pages, 0))
        return RIVAL_BAD;

    struct range *range = at(pool, node);
    struct range *next = range->next != NODE_NONE ? at(pool, range->next) : NULL;
    bool next_is_free = next != NULL && !next->used;

    if (new_pages > pages && (!next_is_free || next->pages < new_pages - pages))
        return RIVAL_NO_SPACE;
    if (new_pages < pages && !next_is_free) {
        uint32_t splinter = nodes_take(&pool->nodes);

        if (splinter == NODE_NONE)
            return RIVAL_NO_METADATA;
        next = at(pool, splinter);
        *next = (struct range){ .next = range->next, .page = page + pages };
        range->next = splinter;
    }
    if (new_pages != pages) { /* the border to the free range behind it moves */
        next->page = page + new_pages;
        next->pages += pages - new_pages;
        pool->free_pages += pages - new_pages;
        range->pages = new_pages;
        if (next->pages == 0) {
            uint32_t empty = range->next;

            range->next = next->next;
            nodes_give(&pool->nodes, empty);
        }
    }
    return RIVAL_OK;
}

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct ghost_pool *pool = state;
    uint32_t longest = 0;

    for (uint32_t node = pool->first; node != NODE_NONE; node = at(pool, node)->next)
        if (!at(pool, node)->used && at(pool, node)->pages > longest)
            longest = at(pool, node)->pages;
    *ret_figures = (struct vas_figures){
        .free_pages = pool->free_pages,
        .largest_pages = longest,
        .metadata_bytes = sizeof *pool + pool->nodes.live * sizeof(struct range),
        .metadata_bytes_peak = sizeof *pool + pool->nodes.live_peak * sizeof(struct range),
        .probes = pool->probes,
    };
}

static const char *check(const void *state)
{
    const struct ghost_pool *pool = state;
    uint32_t page = pool->window.first_page;
    uint32_t count = 0;
    uint32_t free = 0;
    bool after_free = false;

    for (uint32_t node = pool->first; node != NODE_NONE; node = at(pool, node)->next) {
        const struct range *range = at(pool, node);

        if (++count > pool->nodes.live)
            return "the list has more ranges than were taken";
        if (range->page != page || range->pages == 0)
            return "two ranges do not follow each other";
        if (after_free && !range->used)
            return "two free ranges touch";
        page += range->pages;
        free += range->used ? 0u : range->pages;
        after_free = !range->used;
    }
    if (page != pool->window.end_page || count != pool->nodes.live)
        return "the ranges are not the window";
    return free == pool->free_pages ? NULL : "the number of free pages is wrong";
}

const struct vas_rival vas_ghost_pool = {
    .name = "ghost-pool",
    .what = "one list of all ranges, used and free, first fit; merged as a whole",
    .can = VAS_RELEASES | VAS_FINDS | VAS_REFUSES | VAS_RESIZES,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
