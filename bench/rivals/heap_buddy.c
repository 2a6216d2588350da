/* SPDX-License-Identifier: 0BSD */
/* Buddies as a heap: blocks of 16 x 2^k bytes on multiples of their size.
 *
 *   window: | map: 2 bits for every 16 bytes | blocks ...            | frontier ->
 *             start: a block begins here       in whole pages         nothing was here yet
 *             free:  it is a free one
 *
 * Source: Knuth, vol. 1, 2.5; Knowlton 1965. The kernel heap thread names it for page frames;
 * Talc's and others' tables show it as a kernel heap.
 * A block's order is not written down: it is the smallest k for which another block begins 2^k
 * units further on. Free blocks are linked through their first bytes, so a free block of pages
 * keeps its first page and gives back the others.
 * Cost: O(orders) for everything; 1/64 of the memory for the map, no header in a block.
 * Known weakness, kept: sizes are rounded up to powers of two (a quarter is lost on average), and
 * to the alignment.
 * Not copied: a header that makes a block of 4,096 bytes one of 8,192.
 */
#include "heap_rival.h"

#define UNIT_LOG2      4u
#define PAGE_ORDER     (LA_PAGE_SHIFT - UNIT_LOG2)
#define ORDERS         28u /* up to 2 GiB */
#define UNITS_PER_WORD 16u
#define UNITS_PER_PAGE (LA_PAGE_BYTES / 4u * UNITS_PER_WORD) /* of map */

enum { BIT_START = 1, BIT_FREE = 2 };

struct buddy {
    struct heap_window window;
    uint32_t map_page;     /* first of the map */
    uint32_t map_end_page; /* committed up to here */
    uint32_t first;        /* units: [first, frontier) is tiled with blocks */
    uint32_t frontier;     /* a multiple of a page's units */
    uint32_t end;
    va32_t list[ORDERS];
    uint32_t mask; /* bit: the order's list is not empty */
    uint64_t probes;
};

static size_t bytes(const struct heap_window *window)
{
    (void)window;
    return sizeof(struct buddy);
}

static bool init(void *state, size_t state_bytes, const struct heap_window *window)
{
    struct buddy *buddy = state;
    uint32_t pages = window->end_page - window->first_page;
    uint32_t map_pages = ((pages << PAGE_ORDER) + UNITS_PER_PAGE - 1u) / UNITS_PER_PAGE;

    if (state_bytes < sizeof *buddy || map_pages >= pages)
        return false;
    *buddy = (struct buddy){ .window = *window,
                             .map_page = window->first_page,
                             .map_end_page = window->first_page,
                             .first = (window->first_page + map_pages) << PAGE_ORDER,
                             .end = window->end_page << PAGE_ORDER };
    buddy->frontier = buddy->first;
    return true;
}

/* -- Pages and map ----------------------------------------------------------------------------- */

static bool commit(const struct buddy *buddy, uint32_t unit, uint32_t pages)
{
    const struct la_port *port = buddy->window.port;

    return pages == 0 || port->commit(port->context, unit << UNIT_LOG2, pages) == LA_OK;
}

static void decommit(const struct buddy *buddy, uint32_t unit, uint32_t pages)
{
    const struct la_port *port = buddy->window.port;

    if (pages > 0)
        port->decommit(port->context, unit << UNIT_LOG2, pages);
}

/* Pages of a block behind its first. */
static uint32_t more_pages(uint32_t order)
{
    return order > PAGE_ORDER ? (UINT32_C(1) << (order - PAGE_ORDER)) - 1u : 0u;
}

/* Commit the map for all units below `end`. */
static bool commit_map(struct buddy *buddy, uint32_t end)
{
    uint32_t pages = (end - buddy->first + UNITS_PER_PAGE - 1u) / UNITS_PER_PAGE;
    uint32_t needed = buddy->map_page + pages;

    if (needed <= buddy->map_end_page)
        return true;
    if (!commit(buddy, buddy->map_end_page << PAGE_ORDER, needed - buddy->map_end_page))
        return false;
    buddy->map_end_page = needed;
    return true;
}

static uint32_t *map_word(const struct buddy *buddy, uint32_t unit)
{
    uint32_t *map = la_host(buddy->window.port->host_base, buddy->map_page << LA_PAGE_SHIFT);

    return &map[(unit - buddy->first) / UNITS_PER_WORD];
}

static uint32_t map_of(const struct buddy *buddy, uint32_t unit)
{
    return *map_word(buddy, unit) >> ((unit - buddy->first) % UNITS_PER_WORD * 2u) & 3u;
}

static void set_map(const struct buddy *buddy, uint32_t unit, uint32_t bits)
{
    uint32_t shift = (unit - buddy->first) % UNITS_PER_WORD * 2u;
    uint32_t *word = map_word(buddy, unit);

    *word = (*word & ~(UINT32_C(3) << shift)) | bits << shift;
}

static uint32_t order_of(const struct buddy *buddy, uint32_t unit)
{
    uint32_t order = 0;

    while (unit + (UINT32_C(1) << order) < buddy->frontier &&
           !(map_of(buddy, unit + (UINT32_C(1) << order)) & BIT_START))
        order++;
    return order;
}

/* -- Lists ------------------------------------------------------------------------------------- */

/* A free block's links: next, previous. */
static va32_t *links_of(const struct buddy *buddy, va32_t va)
{
    return la_host(buddy->window.port->host_base, va);
}

static void push(struct buddy *buddy, uint32_t unit, uint32_t order)
{
    va32_t va = unit << UNIT_LOG2;
    va32_t next = buddy->list[order];

    links_of(buddy, va)[0] = next;
    links_of(buddy, va)[1] = 0;
    if (next != 0)
        links_of(buddy, next)[1] = va;
    buddy->list[order] = va;
    buddy->mask |= UINT32_C(1) << order;
    set_map(buddy, unit, BIT_START | BIT_FREE);
}

static void pull(struct buddy *buddy, uint32_t unit, uint32_t order)
{
    const va32_t *links = links_of(buddy, unit << UNIT_LOG2);

    if (links[0] != 0)
        links_of(buddy, links[0])[1] = links[1];
    if (links[1] != 0)
        links_of(buddy, links[1])[0] = links[0];
    else
        buddy->list[order] = links[0];
    if (buddy->list[order] == 0)
        buddy->mask &= ~(UINT32_C(1) << order);
    set_map(buddy, unit, BIT_START);
}

/* File a block of which only the first page is committed, merged with what it can be merged
 * with.
 */
static void insert(struct buddy *buddy, uint32_t unit, uint32_t order)
{
    for (; order + 1u < ORDERS; order++) {
        uint32_t other = unit ^ UINT32_C(1) << order;
        uint32_t upper = unit | UINT32_C(1) << order;

        buddy->probes++;
        if (other < buddy->first || other >= buddy->frontier ||
            map_of(buddy, other) != (BIT_START | BIT_FREE) || order_of(buddy, other) != order)
            break;
        pull(buddy, other, order);
        set_map(buddy, upper, 0);
        if (order >= PAGE_ORDER)
            decommit(buddy, upper, 1);
        unit &= ~(UINT32_C(1) << order);
    }
    push(buddy, unit, order);
}

/* -- Allocation -------------------------------------------------------------------------------- */

/* A new block of whole pages at the frontier, not filed, its first page committed. What is left
 * below it becomes free blocks.
 */
static enum rival_answer advance(struct buddy *buddy, uint32_t order, uint32_t *ret_unit)
{
    uint32_t mask = (UINT32_C(1) << order) - 1u;
    uint32_t unit = (buddy->frontier + mask) & ~mask;

    if (unit < buddy->frontier || unit >= buddy->end || mask >= buddy->end - unit)
        return RIVAL_NO_SPACE;
    if (!commit_map(buddy, unit + mask + 1u))
        return RIVAL_NO_MEMORY;
    while (buddy->frontier < unit) {
        uint32_t filler = buddy->frontier;
        uint32_t filler_order = (uint32_t)__builtin_ctz(filler);

        if (!commit(buddy, filler, 1))
            return RIVAL_NO_MEMORY;
        buddy->frontier += UINT32_C(1) << filler_order;
        set_map(buddy, filler, BIT_START);
        insert(buddy, filler, filler_order);
    }
    if (!commit(buddy, unit, 1))
        return RIVAL_NO_MEMORY;
    buddy->frontier = unit + mask + 1u;
    set_map(buddy, unit, BIT_START);
    *ret_unit = unit;
    return RIVAL_OK;
}

/* Split an unfiled block of `order` down to `wanted`, and commit all of what remains. */
static bool split(struct buddy *buddy, uint32_t unit, uint32_t order, uint32_t wanted)
{
    while (order > wanted) {
        uint32_t upper = unit + (UINT32_C(1) << (order - 1u));

        buddy->probes++;
        if (order > PAGE_ORDER && !commit(buddy, upper, 1))
            break;
        order--;
        push(buddy, upper, order);
    }
    if (order == wanted && commit(buddy, unit + (UINT32_C(1) << PAGE_ORDER), more_pages(order)))
        return true;
    insert(buddy, unit, order);
    return false;
}

static enum rival_answer alloc(void *state, uint32_t requested, uint32_t align_log2, va32_t *ret_va)
{
    struct buddy *buddy = state;
    uint32_t wanted = align_log2 > UNIT_LOG2 ? align_log2 - UNIT_LOG2 : 0;
    uint32_t unit;

    if (!heap_rival_asks(requested, align_log2))
        return RIVAL_BAD;
    while (requested > UINT32_C(1) << (wanted + UNIT_LOG2))
        wanted++;

    uint32_t mask = buddy->mask & UINT32_MAX << wanted;
    uint32_t order = wanted > PAGE_ORDER ? wanted : PAGE_ORDER;

    if (mask != 0) {
        order = (uint32_t)__builtin_ctz(mask);
        unit = buddy->list[order] >> UNIT_LOG2;
        pull(buddy, unit, order);
    } else {
        enum rival_answer answer = advance(buddy, order, &unit);

        if (answer != RIVAL_OK)
            return answer;
    }
    if (!split(buddy, unit, order, wanted))
        return RIVAL_NO_MEMORY;
    *ret_va = unit << UNIT_LOG2;
    return RIVAL_OK;
}

static enum rival_answer free_block(void *state, va32_t va)
{
    struct buddy *buddy = state;
    uint32_t unit = va >> UNIT_LOG2;

    if (unit << UNIT_LOG2 != va || unit < buddy->first || unit >= buddy->frontier ||
        map_of(buddy, unit) != BIT_START)
        return RIVAL_BAD;

    uint32_t order = order_of(buddy, unit);

    decommit(buddy, unit + (UINT32_C(1) << PAGE_ORDER), more_pages(order));
    insert(buddy, unit, order);
    return RIVAL_OK;
}

static uint32_t usable(const void *state, va32_t va)
{
    return UINT32_C(1) << (order_of(state, va >> UNIT_LOG2) + UNIT_LOG2);
}

static enum rival_answer realloc_block(void *state, va32_t va, uint32_t wanted, va32_t *ret_va)
{
    const struct buddy *buddy = state;

    return heap_rival_move(&heap_buddy, state, buddy->window.port->host_base, va, wanted, ret_va);
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void figures(const void *state, struct heap_figures *ret_figures)
{
    const struct buddy *buddy = state;

    *ret_figures = (struct heap_figures){ .static_bytes = sizeof *buddy, .probes = buddy->probes };
}

static const char *check(const void *state)
{
    const struct buddy *buddy = state;
    uint32_t free = 0;

    for (uint32_t unit = buddy->first; unit < buddy->frontier;) {
        uint32_t order = order_of(buddy, unit);
        uint32_t other = unit ^ UINT32_C(1) << order;

        if (!(map_of(buddy, unit) & BIT_START) || order >= ORDERS ||
            unit & ((UINT32_C(1) << order) - 1u))
            return "a block is not aligned to its size";
        if (map_of(buddy, unit) & BIT_FREE) {
            free++;
            if (other >= buddy->first && other < buddy->frontier &&
                map_of(buddy, other) == (BIT_START | BIT_FREE) && order_of(buddy, other) == order)
                return "two buddies are free and not merged";
        }
        unit += UINT32_C(1) << order;
    }
    for (uint32_t order = 0; order < ORDERS; order++)
        for (va32_t va = buddy->list[order]; va != 0; va = links_of(buddy, va)[0])
            if (free-- == 0 || order_of(buddy, va >> UNIT_LOG2) != order)
                return "a list has a block that is not its";
    return free == 0 ? NULL : "a free block is in no list";
}

const struct heap_rival heap_buddy = {
    .name = "buddy",
    .what = "blocks of powers of two, split and merged with their other half",
    .can = HEAP_FREES | HEAP_ALIGNS | HEAP_REFUSES | HEAP_RETURNS,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_block,
    .realloc = realloc_block,
    .usable = usable,
    .figures = figures,
    .check = check,
};
