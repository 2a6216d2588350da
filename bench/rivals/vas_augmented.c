/* SPDX-License-Identifier: 0BSD */
/* Free areas in a tree by address, each node with the longest area below it; areas in use in a
 * second tree.
 *
 * Source: Linux, mm/vmalloc.c since 5.2 (Rezki: free_vmap_area_root with subtree_max_size,
 * vmap_area_root).
 * Algorithm: the lowest area that fits: left while the left side has one long enough, else here,
 * else right. What is cut from the middle makes a second area; a release finds both neighbours and
 * merges.
 * Cost: O(log areas) for everything; a node of 28 bytes an area (72 in Linux, 64-bit), free or in
 * use, from a pool.
 * An aligned request first asks for pages + align - 1, which fits for certain.
 * Not copied: refusing when that fails (3 to 5 % of aligned requests at 90 % occupancy, measured):
 * here all areas long enough are looked at then, O(areas). Parking released areas until the next
 * purge (up to 96 of the 128 MiB of an i386 kernel with 4 CPUs). A guard page behind each area.
 */
#include "area_tree.h"
#include "vas_rival.h"

struct augmented {
    struct vas_window window;
    struct nodes nodes;
    struct area_tree free;
    struct area_tree used;
    uint32_t free_pages;
    uint64_t probes;
};

static size_t bytes(const struct vas_window *window)
{
    return vas_rival_round8(sizeof(struct augmented)) +
           vas_rival_round8(nodes_bytes(2u * window->regions + 1u, (uint32_t)sizeof(struct area)));
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct augmented *augmented = state;
    size_t used = vas_rival_round8(sizeof *augmented);

    if (state_bytes < bytes(window))
        return false;
    *augmented = (struct augmented){ .window = *window,
                                     .free_pages = window->end_page - window->first_page };
    nodes_init(&augmented->nodes, (uint8_t *)state + used, state_bytes - used,
               (uint32_t)sizeof(struct area));
    area_tree_init(&augmented->free, &augmented->nodes, &augmented->probes);
    area_tree_init(&augmented->used, &augmented->nodes, &augmented->probes);
    area_insert(&augmented->free, nodes_take(&augmented->nodes), window->first_page,
                augmented->free_pages);
    return true;
}

/* -- Reserve ----------------------------------------------------------------------------------- */

/* The first page of an aligned place in a free area, or 0. */
static uint32_t place_in(const struct augmented *augmented, uint32_t node, uint32_t pages,
                         uint32_t align_log2)
{
    const struct area *area = area_at(&augmented->free, node);
    uint32_t page = vas_rival_align_up(area->page, align_log2);
    uint32_t end = area->page + area->pages;

    return page < end && pages <= end - page ? page : 0u;
}

/* A free area with a place, or NODE_NONE. */
static uint32_t find(const struct augmented *augmented, uint32_t pages, uint32_t align_log2)
{
    uint32_t sure = pages + (UINT32_C(1) << align_log2) - 1u;
    uint32_t node = area_first_fit(&augmented->free, sure);

    if (node != NODE_NONE || align_log2 == 0)
        return node;
    node = area_first_fit(&augmented->free, pages);
    while (node != NODE_NONE && place_in(augmented, node, pages, align_log2) == 0)
        node = area_next_fit(&augmented->free, node, pages);
    return node;
}

/* Move [page, page + pages) of the free area `node` to the areas in use. False: no node for it. */
static bool move_to_used(struct augmented *augmented, uint32_t node, uint32_t page, uint32_t pages)
{
    const struct area area = *area_at(&augmented->free, node);
    uint32_t front = page - area.page;
    uint32_t back = area.pages - front - pages;
    uint32_t taken = node;

    if (nodes_left(&augmented->nodes) < (uint32_t)(front > 0) + (back > 0))
        return false;
    if (front == 0 && back == 0) {
        area_remove(&augmented->free, node);
    } else {
        taken = nodes_take(&augmented->nodes);
        if (front > 0)
            area_change(&augmented->free, node, area.page, front);
        else
            area_change(&augmented->free, node, page + pages, back);
        if (front > 0 && back > 0)
            area_insert(&augmented->free, nodes_take(&augmented->nodes), page + pages, back);
    }
    area_insert(&augmented->used, taken, page, pages);
    augmented->free_pages -= pages;
    return true;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct augmented *augmented = state;

    if (!vas_rival_asks(&augmented->window, pages, align_log2))
        return RIVAL_BAD;

    uint32_t node = find(augmented, pages, align_log2);

    if (node == NODE_NONE)
        return RIVAL_NO_SPACE;

    uint32_t page = place_in(augmented, node, pages, align_log2);

    if (!move_to_used(augmented, node, page, pages))
        return RIVAL_NO_METADATA;
    *ret_page = page;
    return RIVAL_OK;
}

/* -- Release ----------------------------------------------------------------------------------- */

/* Make [page, page + pages) free, merged with both neighbours. `node`, taken by the caller, becomes
 * its area, or is given back.
 */
static void make_free(struct augmented *augmented, uint32_t node, uint32_t page, uint32_t pages)
{
    uint32_t before = area_floor(&augmented->free, page);
    uint32_t after = area_above(&augmented->free, page);
    struct area *left = area_at(&augmented->free, before);
    struct area *right = area_at(&augmented->free, after);
    bool joins_left = before != NODE_NONE && left->page + left->pages == page;
    bool joins_right = after != NODE_NONE && page + pages == right->page;

    augmented->free_pages += pages;
    if (joins_left && joins_right) {
        uint32_t all = left->pages + pages + right->pages;

        area_remove(&augmented->free, after);
        nodes_give(&augmented->nodes, after);
        area_change(&augmented->free, before, left->page, all);
    } else if (joins_left) {
        area_change(&augmented->free, before, left->page, left->pages + pages);
    } else if (joins_right) {
        area_change(&augmented->free, after, page, pages + right->pages);
    } else {
        area_insert(&augmented->free, node, page, pages);
        return;
    }
    nodes_give(&augmented->nodes, node);
}

/* The area in use that is exactly this, or NODE_NONE. */
static uint32_t find_used(const struct augmented *augmented, uint32_t page, uint32_t pages)
{
    uint32_t node = area_floor(&augmented->used, page);
    const struct area *area = area_at(&augmented->used, node);

    return node != NODE_NONE && area->page == page && area->pages == pages ? node : NODE_NONE;
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct augmented *augmented = state;
    uint32_t node = find_used(augmented, page, pages);

    if (node == NODE_NONE)
        return RIVAL_BAD;
    area_remove(&augmented->used, node);
    make_free(augmented, node, page, pages);
    return RIVAL_OK;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct augmented *augmented = state;
    uint32_t node = find_used(augmented, page, pages);
    uint32_t more = new_pages - pages;

    if (node == NODE_NONE || !vas_rival_asks(&augmented->window, new_pages, 0))
        return RIVAL_BAD;
    if (new_pages < pages) {
        uint32_t rest = nodes_take(&augmented->nodes);

        if (rest == NODE_NONE)
            return RIVAL_NO_METADATA;
        make_free(augmented, rest, page + new_pages, pages - new_pages);
    } else if (new_pages > pages) {
        uint32_t after = area_floor(&augmented->free, page + pages);
        const struct area area = *area_at(&augmented->free, after);

        if (after == NODE_NONE || area.page != page + pages || area.pages < more)
            return RIVAL_NO_SPACE;
        if (area.pages > more) {
            area_change(&augmented->free, after, area.page + more, area.pages - more);
        } else {
            area_remove(&augmented->free, after);
            nodes_give(&augmented->nodes, after);
        }
        augmented->free_pages -= more;
    }
    area_change(&augmented->used, node, page, new_pages);
    return RIVAL_OK;
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct augmented *augmented = state;
    uint32_t root = augmented->free.root;

    *ret_figures = (struct vas_figures){
        .free_pages = augmented->free_pages,
        .largest_pages = root != NODE_NONE ? area_at(&augmented->free, root)->pages_max : 0,
        .metadata_bytes = sizeof *augmented + augmented->nodes.live * sizeof(struct area),
        .metadata_bytes_peak = sizeof *augmented + augmented->nodes.live_peak * sizeof(struct area),
        .probes = augmented->probes,
    };
}

static const char *check(const void *state)
{
    const struct augmented *augmented = state;
    uint32_t free_count;
    uint32_t free_pages;
    uint32_t used_count;
    uint32_t used_pages;
    const char *broken = area_tree_check(&augmented->free, &free_count, &free_pages);

    if (broken == NULL)
        broken = area_tree_check(&augmented->used, &used_count, &used_pages);
    if (broken != NULL)
        return broken;
    if (free_count + used_count != augmented->nodes.live)
        return "a node was lost";
    if (free_pages != augmented->free_pages ||
        free_pages + used_pages != augmented->window.end_page - augmented->window.first_page)
        return "free and used areas are not the window";
    return NULL;
}

const struct vas_rival vas_augmented = {
    .name = "augmented",
    .what = "tree of free areas with the longest one below each node as Linux's, lowest fit",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_REFUSES | VAS_RESIZES,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
