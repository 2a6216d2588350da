/* SPDX-License-Identifier: 0BSD */
/* Two lists: the free sections, sorted and merged, and the sections in use. A reservation takes a
 * node for the section in use, a release gives nodes back.
 *
 *   free  [1..9] -> [40..900]
 *   used  [10..25] -> [26..39]     newest first
 *
 * Source: the address thread ("you'd want to move it into a different data structure to keep track
 * of used memory"), which sees the deadlock itself: "this requires allocating a new region entry,
 * so the memory manager asks the kernel heap ... the heap is out of virtual address space ... now
 * it's impossible to continue". test/deadlock_test.c walks into it.
 * Cost: O(free sections) to reserve, O(sections) to release; a node of 12 bytes a section.
 * What it buys: a release knows its region, so a wrong one is refused.
 * Not copied: the deadlock, unless a test wants it (vas_section_list.h). Nodes come from a pool.
 * The known cure is there too: a few spare nodes that only the refill itself may use.
 * Source of the cure: FreeBSD, sys/kern/subr_vmem.c (BT_MAXALLOC).
 */
#include "vas_section_list.h"

#include "vas_rival.h"

struct section {
    uint32_t next;
    uint32_t page;
    uint32_t pages;
};

struct section_list {
    struct vas_window window;
    struct nodes nodes;
    struct section_source source;
    bool asking; /* inside source.more() */
    uint32_t free_first;
    uint32_t used_first;
    uint32_t free_pages;
    uint64_t probes;
};

static size_t bytes(const struct vas_window *window)
{
    /* regions, the free sections between them, and what the next reservation may need */
    return vas_rival_round8(sizeof(struct section_list)) +
           vas_rival_round8(nodes_bytes(2u * window->regions + 1u + SECTION_NODES_OF_RESERVE,
                                        (uint32_t)sizeof(struct section)));
}

static struct section *at(const struct section_list *list, uint32_t node)
{
    return (struct section *)(void *)node_link(&list->nodes, node);
}

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct section_list *list = state;
    size_t used = vas_rival_round8(sizeof *list);

    if (state_bytes < bytes(window))
        return false;
    *list = (struct section_list){ .window = *window,
                                   .free_pages = window->end_page - window->first_page };
    nodes_init(&list->nodes, (uint8_t *)state + used, state_bytes - used,
               (uint32_t)sizeof(struct section));
    list->free_first = nodes_take(&list->nodes);
    *at(list, list->free_first) =
        (struct section){ .page = window->first_page, .pages = list->free_pages };
    return true;
}

void vas_section_list_source(void *state, const struct section_source *source, uint32_t granted)
{
    struct section_list *list = state;

    list->source = *source;
    list->nodes.granted = granted;
}

/* Make sure that a reservation will find the `needed` nodes it may need. This happens before
 * anything is looked at, because the source may come back and reserve from this very list.
 */
static void prepare_nodes(struct section_list *list, uint32_t needed)
{
    uint32_t left = nodes_left(&list->nodes);

    if (list->source.more == NULL || left >= needed + list->source.spare ||
        (list->asking && left >= needed))
        return;

    bool outer = list->asking;

    list->asking = true;
    (void)list->source.more(list->source.context, &list->nodes);
    list->asking = outer;
}

static void set_next(struct section_list *list, uint32_t before, uint32_t node)
{
    if (before == NODE_NONE)
        list->free_first = node;
    else
        at(list, before)->next = node;
}

static void push_used(struct section_list *list, uint32_t node, uint32_t page, uint32_t pages)
{
    *at(list, node) = (struct section){ .next = list->used_first, .page = page, .pages = pages };
    list->used_first = node;
    list->free_pages -= pages;
}

/* Move [page, page + pages) of the free section `node`, the successor of `before`, to the used
 * ones.
 */
static bool move_to_used(struct section_list *list, uint32_t before, uint32_t node, uint32_t page,
                         uint32_t pages)
{
    struct section *section = at(list, node);
    uint32_t front = page - section->page;
    uint32_t back = section->pages - front - pages;
    uint32_t needed = (front > 0) + (back > 0);

    if (nodes_left(&list->nodes) < needed)
        return false;
    if (needed == 0) {
        set_next(list, before, section->next);
        push_used(list, node, page, pages);
        return true;
    }
    if (front > 0 && back > 0) {
        uint32_t rest = nodes_take(&list->nodes);

        *at(list, rest) =
            (struct section){ .next = section->next, .page = page + pages, .pages = back };
        section->next = rest;
        section->pages = front;
    } else if (front > 0) {
        section->pages = front;
    } else {
        section->page = page + pages;
        section->pages = back;
    }
    push_used(list, nodes_take(&list->nodes), page, pages);
    return true;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct section_list *list = state;
    uint32_t before = NODE_NONE;
    enum rival_answer answer = RIVAL_NO_SPACE;

    if (!vas_rival_asks(&list->window, pages, align_log2))
        return RIVAL_BAD;
    prepare_nodes(list, align_log2 > 0 ? SECTION_NODES_OF_RESERVE : 1u);
    for (uint32_t node = list->free_first; node != NODE_NONE; node = at(list, node)->next) {
        const struct section *section = at(list, node);
        uint32_t page = vas_rival_align_up(section->page, align_log2);
        uint32_t end = section->page + section->pages;

        list->probes++;
        if (page < end && pages <= end - page) {
            if (move_to_used(list, before, node, page, pages)) {
                *ret_page = page;
                return RIVAL_OK;
            }
            answer = RIVAL_NO_METADATA; /* another section may fit exactly */
        }
        before = node;
    }
    return answer;
}

/* Put `node`, in no list, among the free ones, and merge it with its neighbours. */
static void insert_free(struct section_list *list, uint32_t node)
{
    struct section *section = at(list, node);
    uint32_t before = NODE_NONE;
    uint32_t after = list->free_first;

    list->free_pages += section->pages;
    while (after != NODE_NONE && at(list, after)->page < section->page) {
        before = after;
        after = at(list, after)->next;
        list->probes++;
    }
    section->next = after;
    set_next(list, before, node);
    if (after != NODE_NONE && section->page + section->pages == at(list, after)->page) {
        section->pages += at(list, after)->pages;
        section->next = at(list, after)->next;
        nodes_give(&list->nodes, after);
    }
    if (before != NODE_NONE && at(list, before)->page + at(list, before)->pages == section->page) {
        at(list, before)->pages += section->pages;
        at(list, before)->next = section->next;
        nodes_give(&list->nodes, node);
    }
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct section_list *list = state;
    uint32_t before = NODE_NONE;

    for (uint32_t node = list->used_first; node != NODE_NONE; node = at(list, node)->next) {
        list->probes++;
        if (at(list, node)->page != page) {
            before = node;
            continue;
        }
        if (at(list, node)->pages != pages)
            return RIVAL_BAD;
        if (before == NODE_NONE)
            list->used_first = at(list, node)->next;
        else
            at(list, before)->next = at(list, node)->next;
        insert_free(list, node);
        return RIVAL_OK;
    }
    return RIVAL_BAD;
}

/* Take `pages` pages from the front of the free section that begins at `page`. */
static bool take_front(struct section_list *list, uint32_t page, uint32_t pages)
{
    uint32_t before = NODE_NONE;
    uint32_t node = list->free_first;

    for (; node != NODE_NONE && at(list, node)->page < page; node = at(list, node)->next) {
        before = node;
        list->probes++;
    }
    if (node == NODE_NONE || at(list, node)->page != page || at(list, node)->pages < pages)
        return false;
    at(list, node)->page += pages;
    at(list, node)->pages -= pages;
    list->free_pages -= pages;
    if (at(list, node)->pages == 0) {
        set_next(list, before, at(list, node)->next);
        nodes_give(&list->nodes, node);
    }
    return true;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct section_list *list = state;
    uint32_t node = list->used_first;

    for (; node != NODE_NONE && at(list, node)->page != page; node = at(list, node)->next)
        list->probes++;
    if (node == NODE_NONE || at(list, node)->pages != pages ||
        !vas_rival_asks(&list->window, new_pages, 0))
        return RIVAL_BAD;
    if (new_pages > pages && !take_front(list, page + pages, new_pages - pages))
        return RIVAL_NO_SPACE;
    if (new_pages < pages) {
        uint32_t rest = nodes_take(&list->nodes);

        if (rest == NODE_NONE)
            return RIVAL_NO_METADATA;
        *at(list, rest) = (struct section){ .page = page + new_pages, .pages = pages - new_pages };
        insert_free(list, rest);
    }
    at(list, node)->pages = new_pages;
    return RIVAL_OK;
}

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct section_list *list = state;
    uint32_t longest = 0;

    for (uint32_t node = list->free_first; node != NODE_NONE; node = at(list, node)->next)
        if (at(list, node)->pages > longest)
            longest = at(list, node)->pages;
    *ret_figures = (struct vas_figures){
        .free_pages = list->free_pages,
        .largest_pages = longest,
        .metadata_bytes = sizeof *list + list->nodes.live * sizeof(struct section),
        .metadata_bytes_peak = sizeof *list + list->nodes.live_peak * sizeof(struct section),
        .probes = list->probes,
    };
}

static const char *check(const void *state)
{
    const struct section_list *list = state;
    uint32_t end = 0; /* of the free section before */
    uint32_t count = 0;
    uint32_t free = 0;
    uint32_t used = 0;

    for (uint32_t node = list->free_first; node != NODE_NONE; node = at(list, node)->next) {
        const struct section *section = at(list, node);

        if (++count > list->nodes.live)
            return "the lists have more nodes than were taken";
        if (end != 0 && section->page <= end)
            return "two free sections touch or are not in order";
        end = section->page + section->pages;
        free += section->pages;
    }
    for (uint32_t node = list->used_first; node != NODE_NONE; node = at(list, node)->next) {
        if (++count > list->nodes.live)
            return "the lists have more nodes than were taken";
        used += at(list, node)->pages;
    }
    if (count != list->nodes.live)
        return "a node was lost";
    if (free != list->free_pages || free + used != list->window.end_page - list->window.first_page)
        return "free and used sections are not the window";
    return NULL;
}

const struct vas_rival vas_section_list = {
    .name = "section-list",
    .what = "sorted list of free sections and a list of used ones, first fit",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_REFUSES | VAS_RESIZES,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
