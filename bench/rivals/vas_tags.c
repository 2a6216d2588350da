/* SPDX-License-Identifier: 0BSD */
/* Boundary tags with instant fit: a descriptor a region, free or in use, that knows its neighbours;
 * free ones in lists by power of two, ones in use in a hash by address.
 *
 *   list k holds free regions of 2^k to 2^(k+1) - 1 pages; bit k of the mask: it is not empty
 *
 * Source: Bonwick & Adams 2001 (vmem); illumos usr/src/uts/common/os/vmem.c, FreeBSD
 * sys/kern/subr_vmem.c. The tags are Knuth's, vol. 1, 2.5.
 * Algorithm: any region of the first list whose regions all are long enough. Only when there is
 * none, the list below is searched, whose regions may be. A release looks its tag up and merges
 * with both neighbours.
 * Cost: O(1) but for that search; 28 bytes a region, and the hash, from pools.
 * Known weakness, kept: the order within a list is the order of release, so long regions are cut
 * sooner than a best fit would.
 * An aligned request takes a region that fits for certain, or else looks at all that may.
 * Not copied: quantum caches, arenas that import from each other; a hash that grows by allocating.
 * The originals fill a reserve of tags before they take a lock, because the tags come from the heap
 * above; here they are in a pool.
 */
#include "nodes.h"
#include "vas_rival.h"

#define LISTS         21u /* 2^0 to 2^20 pages */
#define HASH_LOG2_MAX 16u

struct tag {
    uint32_t next;  /* of the same list or hash chain */
    uint32_t prev;  /* of the same list */
    uint32_t lower; /* neighbours by address */
    uint32_t higher;
    uint32_t page;
    uint32_t pages;
    uint32_t used;
};

struct tags {
    struct vas_window window;
    struct nodes nodes;
    uint32_t list[LISTS];
    uint32_t mask;
    uint32_t hash_shift; /* 32 - log2 of the hash's length */
    uint32_t *hash;
    uint32_t free_pages;
    uint64_t probes;
};

static uint32_t hash_log2(const struct vas_window *window)
{
    uint32_t log2 = 4;

    while (log2 < HASH_LOG2_MAX && (UINT32_C(1) << log2) < window->regions)
        log2++;
    return log2;
}

static size_t hash_bytes(const struct vas_window *window)
{
    return sizeof(uint32_t) << hash_log2(window);
}

static size_t bytes(const struct vas_window *window)
{
    return vas_rival_round8(sizeof(struct tags)) + hash_bytes(window) +
           vas_rival_round8(nodes_bytes(2u * window->regions + 1u, (uint32_t)sizeof(struct tag)));
}

static struct tag *at(const struct tags *tags, uint32_t node)
{
    return (struct tag *)(void *)node_link(&tags->nodes, node);
}

/* -- Lists and hash ---------------------------------------------------------------------------- */

static uint32_t floor_log2(uint32_t pages)
{
    return 31u - (uint32_t)__builtin_clz(pages);
}

static void push_free(struct tags *tags, uint32_t node)
{
    struct tag *tag = at(tags, node);
    uint32_t list = floor_log2(tag->pages);

    tag->used = 0;
    tag->prev = NODE_NONE;
    tag->next = tags->list[list];
    if (tag->next != NODE_NONE)
        at(tags, tag->next)->prev = node;
    tags->list[list] = node;
    tags->mask |= UINT32_C(1) << list;
}

static void pull_free(struct tags *tags, uint32_t node)
{
    const struct tag *tag = at(tags, node);
    uint32_t list = floor_log2(tag->pages);

    if (tag->next != NODE_NONE)
        at(tags, tag->next)->prev = tag->prev;
    if (tag->prev != NODE_NONE)
        at(tags, tag->prev)->next = tag->next;
    else
        tags->list[list] = tag->next;
    if (tags->list[list] == NODE_NONE)
        tags->mask &= ~(UINT32_C(1) << list);
}

/* Multiplicative hashing. Source: Knuth, vol. 3, 6.4. */
static uint32_t *hash_of(const struct tags *tags, uint32_t page)
{
    return &tags->hash[page * UINT32_C(2654435769) >> tags->hash_shift];
}

static void push_used(struct tags *tags, uint32_t node)
{
    struct tag *tag = at(tags, node);
    uint32_t *chain = hash_of(tags, tag->page);

    tag->used = 1;
    tag->next = *chain;
    *chain = node;
}

/* The tag of the region in use at `page`, out of its chain; NODE_NONE: there is none of that
 * length.
 */
static uint32_t pull_used(struct tags *tags, uint32_t page, uint32_t pages)
{
    uint32_t *link = hash_of(tags, page);

    for (; *link != NODE_NONE; link = &at(tags, *link)->next) {
        uint32_t node = *link;

        tags->probes++;
        if (at(tags, node)->page != page)
            continue;
        if (at(tags, node)->pages != pages)
            return NODE_NONE;
        *link = at(tags, node)->next;
        return node;
    }
    return NODE_NONE;
}

/* -- Reserve ----------------------------------------------------------------------------------- */

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct tags *tags = state;
    size_t used = vas_rival_round8(sizeof *tags);

    if (state_bytes < bytes(window))
        return false;
    *tags = (struct tags){ .window = *window,
                           .hash_shift = 32u - hash_log2(window),
                           .hash = (uint32_t *)(void *)((uint8_t *)state + used),
                           .free_pages = window->end_page - window->first_page };
    for (uint32_t i = 0; i < UINT32_C(1) << hash_log2(window); i++)
        tags->hash[i] = NODE_NONE;
    used += hash_bytes(window);
    nodes_init(&tags->nodes, (uint8_t *)state + used, state_bytes - used,
               (uint32_t)sizeof(struct tag));

    uint32_t node = nodes_take(&tags->nodes);

    *at(tags, node) = (struct tag){ .page = window->first_page, .pages = tags->free_pages };
    push_free(tags, node);
    return true;
}

/* The first free region from list `list` on; NODE_NONE: all those lists are empty. */
static uint32_t first_from(const struct tags *tags, uint32_t list)
{
    uint32_t mask = list < LISTS ? tags->mask & UINT32_MAX << list : 0u;

    return mask != 0 ? tags->list[__builtin_ctz(mask)] : NODE_NONE;
}

static uint32_t place_in(const struct tags *tags, uint32_t node, uint32_t pages,
                         uint32_t align_log2)
{
    const struct tag *tag = at(tags, node);
    uint32_t page = vas_rival_align_up(tag->page, align_log2);

    return page < tag->page + tag->pages && pages <= tag->page + tag->pages - page ? page : 0u;
}

static uint32_t find(struct tags *tags, uint32_t pages, uint32_t align_log2)
{
    uint32_t sure_pages = pages + (UINT32_C(1) << align_log2) - 1u;
    uint32_t sure = floor_log2(sure_pages) + ((sure_pages & (sure_pages - 1u)) != 0);
    uint32_t node = first_from(tags, sure);

    tags->probes++;
    if (node != NODE_NONE)
        return node;
    for (uint32_t list = floor_log2(pages); list < sure && list < LISTS; list++)
        for (node = tags->list[list]; node != NODE_NONE; node = at(tags, node)->next) {
            tags->probes++;
            if (place_in(tags, node, pages, align_log2) != 0)
                return node;
        }
    return NODE_NONE;
}

/* A new free region behind `node`, cut from its end: [page, end of node). */
static void split(struct tags *tags, uint32_t node, uint32_t page)
{
    uint32_t rest = nodes_take(&tags->nodes);
    struct tag *tag = at(tags, node);

    *at(tags, rest) = (struct tag){
        .lower = node, .higher = tag->higher, .page = page, .pages = tag->page + tag->pages - page
    };
    if (tag->higher != NODE_NONE)
        at(tags, tag->higher)->lower = rest;
    tag->higher = rest;
    tag->pages = page - tag->page;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct tags *tags = state;

    if (!vas_rival_asks(&tags->window, pages, align_log2))
        return RIVAL_BAD;

    uint32_t node = find(tags, pages, align_log2);

    if (node == NODE_NONE)
        return RIVAL_NO_SPACE;

    uint32_t page = place_in(tags, node, pages, align_log2);
    uint32_t front = page - at(tags, node)->page;
    uint32_t back = at(tags, node)->pages - front - pages;

    if (nodes_left(&tags->nodes) < (uint32_t)(front > 0) + (back > 0))
        return RIVAL_NO_METADATA;
    pull_free(tags, node);
    if (front > 0) {
        split(tags, node, page);
        push_free(tags, node);
        node = at(tags, node)->higher;
    }
    if (back > 0) {
        split(tags, node, page + pages);
        push_free(tags, at(tags, node)->higher);
    }
    push_used(tags, node);
    tags->free_pages -= pages;
    *ret_page = page;
    return RIVAL_OK;
}

/* -- Release ----------------------------------------------------------------------------------- */

/* Add the region behind `node` to it, and forget its tag. */
static void swallow_higher(struct tags *tags, uint32_t node)
{
    struct tag *tag = at(tags, node);
    uint32_t higher = tag->higher;

    tag->pages += at(tags, higher)->pages;
    tag->higher = at(tags, higher)->higher;
    if (tag->higher != NODE_NONE)
        at(tags, tag->higher)->lower = node;
    nodes_give(&tags->nodes, higher);
}

/* File a tag that is in no list as free, merged with both neighbours. */
static void make_free(struct tags *tags, uint32_t node)
{
    uint32_t lower = at(tags, node)->lower;
    uint32_t higher = at(tags, node)->higher;

    tags->free_pages += at(tags, node)->pages;
    if (higher != NODE_NONE && !at(tags, higher)->used) {
        pull_free(tags, higher);
        swallow_higher(tags, node);
    }
    if (lower != NODE_NONE && !at(tags, lower)->used) {
        pull_free(tags, lower);
        swallow_higher(tags, lower);
        node = lower;
    }
    push_free(tags, node);
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct tags *tags = state;
    uint32_t node = pull_used(tags, page, pages);

    if (node == NODE_NONE)
        return RIVAL_BAD;
    make_free(tags, node);
    return RIVAL_OK;
}

static enum rival_answer resize(void *state, uint32_t page, uint32_t pages, uint32_t new_pages)
{
    struct tags *tags = state;
    uint32_t node = pull_used(tags, page, pages);
    enum rival_answer answer = RIVAL_OK;

    if (node == NODE_NONE)
        return RIVAL_BAD;

    uint32_t higher = at(tags, node)->higher;
    bool higher_is_free = higher != NODE_NONE && !at(tags, higher)->used;

    if (!vas_rival_asks(&tags->window, new_pages, 0)) {
        answer = RIVAL_BAD;
    } else if (new_pages < pages) {
        if (nodes_left(&tags->nodes) == 0) {
            answer = RIVAL_NO_METADATA;
        } else {
            split(tags, node, page + new_pages);
            at(tags, node)->used = 1; /* before its new neighbour looks */
            make_free(tags, at(tags, node)->higher);
        }
    } else if (new_pages > pages) {
        uint32_t more = new_pages - pages;

        if (!higher_is_free || at(tags, higher)->pages < more) {
            answer = RIVAL_NO_SPACE;
        } else {
            pull_free(tags, higher);
            at(tags, higher)->page += more;
            at(tags, higher)->pages -= more;
            at(tags, node)->pages = new_pages;
            tags->free_pages -= more;
            if (at(tags, higher)->pages == 0)
                swallow_higher(tags, node);
            else
                push_free(tags, higher);
        }
    }
    push_used(tags, node);
    return answer;
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct tags *tags = state;
    uint32_t longest = 0;
    size_t fixed = vas_rival_round8(sizeof *tags) + hash_bytes(&tags->window);

    if (tags->mask != 0)
        for (uint32_t node = tags->list[floor_log2(tags->mask)]; node != NODE_NONE;
             node = at(tags, node)->next)
            if (at(tags, node)->pages > longest)
                longest = at(tags, node)->pages;
    *ret_figures = (struct vas_figures){
        .free_pages = tags->free_pages,
        .largest_pages = longest,
        .metadata_bytes = fixed + tags->nodes.live * sizeof(struct tag),
        .metadata_bytes_peak = fixed + tags->nodes.live_peak * sizeof(struct tag),
        .probes = tags->probes,
    };
}

/* Whether a tag is in the list or chain it belongs to. */
static bool is_filed(const struct tags *tags, uint32_t node)
{
    const struct tag *tag = at(tags, node);
    uint32_t other = tag->used ? *hash_of(tags, tag->page) : tags->list[floor_log2(tag->pages)];

    while (other != NODE_NONE && other != node)
        other = at(tags, other)->next;
    return other == node;
}

static const char *check(const void *state)
{
    const struct tags *tags = state;
    uint32_t page = tags->window.first_page;
    uint32_t count = 0;
    uint32_t free = 0;
    uint32_t lower = NODE_NONE;
    uint32_t node = NODE_NONE;

    for (uint32_t i = 1; i <= tags->nodes.fresh && node == NODE_NONE; i++)
        if (at(tags, i)->page == page && is_filed(tags, i))
            node = i;
    for (; node != NODE_NONE; lower = node, node = at(tags, node)->higher) {
        const struct tag *tag = at(tags, node);

        if (++count > tags->nodes.live)
            return "there are more tags than were taken";
        if (tag->page != page || tag->pages == 0 || tag->lower != lower)
            return "two tags do not follow each other";
        if (lower != NODE_NONE && !tag->used && !at(tags, lower)->used)
            return "two free regions touch";
        if (!is_filed(tags, node))
            return "a tag is not in its list";
        page += tag->pages;
        free += tag->used ? 0u : tag->pages;
    }
    if (page != tags->window.end_page || count != tags->nodes.live)
        return "the tags are not the window";
    for (uint32_t list = 0; list < LISTS; list++)
        if ((tags->mask >> list & 1u) != (tags->list[list] != NODE_NONE))
            return "the mask of lists is wrong";
    return free == tags->free_pages ? NULL : "the number of free pages is wrong";
}

const struct vas_rival vas_tags = {
    .name = "tags",
    .what = "boundary tags, lists by powers of two, instant fit as vmem's",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_FINDS | VAS_FINDS_ALIGNED | VAS_REFUSES | VAS_RESIZES,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .resize = resize,
    .figures = figures,
    .check = check,
};
