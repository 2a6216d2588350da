/* SPDX-License-Identifier: 0BSD */
/* A linked list of free regions, sorted by address, first fit. The list starts with one static
 * entry that covers everything, so the first reservations need no heap.
 *
 *   [ static: 1..900 ]                    nothing reserved yet
 *   [ static: 17..900 ]                   16 pages taken from its front: no new entry
 *   [ new: 1..16 ] -> [ static: 40..900 ] 1..16 released while 17..39 is in use: one entry more
 *
 * Source: the address thread ("managing the virtual address space using a linked list of free
 * regions ... start out with one large, statically-allocated, region entry"), and the third one's
 * first-fit list for a flat memory.
 * Cost: O(free regions) for everything; one node of 12 bytes a hole. Only a release that makes a
 * hole between two other free regions needs a node, or an aligned reservation that leaves one.
 * Known weakness, kept: what is in use is not written down, so a release is believed as long as it
 * does not touch a free region.
 * Not copied: a node that comes from a heap on these addresses (the release would need what it
 * gives back). Without a node the release is refused and the region stays in use.
 */
#include "nodes.h"
#include "vas_rival.h"

struct region {
    uint32_t next; /* by address */
    uint32_t page;
    uint32_t pages;
};

struct free_list {
    struct vas_window window;
    struct nodes nodes;
    uint32_t first;
    uint32_t free_pages;
    uint64_t probes;
};

static size_t bytes(const struct vas_window *window)
{
    /* a hole before each region, and one behind the last */
    return vas_rival_round8(sizeof(struct free_list)) +
           vas_rival_round8(nodes_bytes(window->regions + 1u, (uint32_t)sizeof(struct region)));
}

static struct region *at(const struct free_list *list, uint32_t node)
{
    return (struct region *)(void *)node_link(&list->nodes, node);
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct free_list *list = state;
    size_t used = vas_rival_round8(sizeof *list);

    if (state_bytes < bytes(window))
        return false;
    *list = (struct free_list){ .window = *window,
                                .free_pages = window->end_page - window->first_page };
    nodes_init(&list->nodes, (uint8_t *)state + used, state_bytes - used,
               (uint32_t)sizeof(struct region));
    list->first = nodes_take(&list->nodes);
    *at(list, list->first) =
        (struct region){ .page = window->first_page, .pages = list->free_pages };
    return true;
}

/* Replace the successor of `before` (NODE_NONE: the first). */
static void set_next(struct free_list *list, uint32_t before, uint32_t node)
{
    if (before == NODE_NONE)
        list->first = node;
    else
        at(list, before)->next = node;
}

/* Take [page, page + pages) out of `node`, the successor of `before`. */
static bool cut(struct free_list *list, uint32_t before, uint32_t node, uint32_t page,
                uint32_t pages)
{
    struct region *region = at(list, node);
    uint32_t front = page - region->page;
    uint32_t back = region->pages - front - pages;

    if (front > 0 && back > 0) {
        uint32_t rest = nodes_take(&list->nodes);

        if (rest == NODE_NONE)
            return false;
        *at(list, rest) =
            (struct region){ .next = region->next, .page = page + pages, .pages = back };
        region->next = rest;
        region->pages = front;
    } else if (front > 0) {
        region->pages = front;
    } else if (back > 0) {
        region->page = page + pages;
        region->pages = back;
    } else {
        set_next(list, before, region->next);
        nodes_give(&list->nodes, node);
    }
    list->free_pages -= pages;
    return true;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct free_list *list = state;
    uint32_t before = NODE_NONE;
    enum rival_answer answer = RIVAL_NO_SPACE;

    if (!vas_rival_asks(&list->window, pages, align_log2))
        return RIVAL_BAD;
    for (uint32_t node = list->first; node != NODE_NONE; node = at(list, node)->next) {
        const struct region *region = at(list, node);
        uint32_t page = vas_rival_align_up(region->page, align_log2);
        uint32_t end = region->page + region->pages;

        list->probes++;
        if (page < end && pages <= end - page) {
            if (cut(list, before, node, page, pages)) {
                *ret_page = page;
                return RIVAL_OK;
            }
            answer = RIVAL_NO_METADATA; /* another region may fit without a node */
        }
        before = node;
    }
    return answer;
}

/* Put [page, page + pages) between `before` and its successor, neither of which it touches. */
static enum rival_answer insert(struct free_list *list, uint32_t before, uint32_t after,
                                uint32_t page, uint32_t pages)
{
    uint32_t node = nodes_take(&list->nodes);

    if (node == NODE_NONE)
        return RIVAL_NO_METADATA;
    *at(list, node) = (struct region){ .next = after, .page = page, .pages = pages };
    set_next(list, before, node);
    return RIVAL_OK;
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct free_list *list = state;
    uint32_t before = NODE_NONE;
    uint32_t after = list->first;
    enum rival_answer answer = RIVAL_OK;

    if (!vas_rival_inside(&list->window, page, pages))
        return RIVAL_BAD;
    while (after != NODE_NONE && at(list, after)->page < page) {
        before = after;
        after = at(list, after)->next;
        list->probes++;
    }

    struct region *left = before != NODE_NONE ? at(list, before) : NULL;
    struct region *right = after != NODE_NONE ? at(list, after) : NULL;

    if ((left != NULL && left->page + left->pages > page) ||
        (right != NULL && right->page < page + pages))
        return RIVAL_BAD;

    bool joins_left = left != NULL && left->page + left->pages == page;
    bool joins_right = right != NULL && right->page == page + pages;

    if (joins_left && joins_right) {
        left->pages += pages + right->pages;
        left->next = right->next;
        nodes_give(&list->nodes, after);
    } else if (joins_left) {
        left->pages += pages;
    } else if (joins_right) {
        right->page = page;
        right->pages += pages;
    } else {
        answer = insert(list, before, after, page, pages);
    }
    if (answer == RIVAL_OK)
        list->free_pages += pages;
    return answer;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct free_list *list = state;
    uint32_t before = NODE_NONE;
    uint32_t node = list->first;

    if (!vas_rival_inside(&list->window, page, pages) ||
        !vas_rival_asks(&list->window, new_pages, 0))
        return RIVAL_BAD;
    if (new_pages <= pages)
        return new_pages == pages ? RIVAL_OK : release(state, page + new_pages, pages - new_pages);
    while (node != NODE_NONE && at(list, node)->page < page + pages) {
        before = node;
        node = at(list, node)->next;
        list->probes++;
    }
    if (node == NODE_NONE || at(list, node)->page != page + pages ||
        at(list, node)->pages < new_pages - pages)
        return RIVAL_NO_SPACE;
    (void)cut(list, before, node, page + pages, new_pages - pages); /* from its front: no node */
    return RIVAL_OK;
}

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct free_list *list = state;
    uint32_t longest = 0;

    for (uint32_t node = list->first; node != NODE_NONE; node = at(list, node)->next)
        if (at(list, node)->pages > longest)
            longest = at(list, node)->pages;
    *ret_figures = (struct vas_figures){
        .free_pages = list->free_pages,
        .largest_pages = longest,
        .metadata_bytes = sizeof *list + list->nodes.live * sizeof(struct region),
        .metadata_bytes_peak = sizeof *list + list->nodes.live_peak * sizeof(struct region),
        .probes = list->probes,
    };
}

static const char *check(const void *state)
{
    const struct free_list *list = state;
    uint32_t end = 0; /* of the region before */
    uint32_t count = 0;
    uint32_t free = 0;

    for (uint32_t node = list->first; node != NODE_NONE; node = at(list, node)->next) {
        const struct region *region = at(list, node);

        if (++count > list->nodes.live)
            return "the list has more nodes than were taken";
        if (!vas_rival_inside(&list->window, region->page, region->pages))
            return "a free region leaves the window";
        if (end != 0 && region->page <= end)
            return "two free regions touch or are not in order";
        end = region->page + region->pages;
        free += region->pages;
    }
    if (count != list->nodes.live)
        return "a node was lost";
    return free == list->free_pages ? NULL : "the number of free pages is wrong";
}

const struct vas_rival vas_free_list = {
    .name = "free-list",
    .what = "sorted list of free regions with a static first entry, first fit",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_PARTS | VAS_RESIZES,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
