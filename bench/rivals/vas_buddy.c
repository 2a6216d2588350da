/* SPDX-License-Identifier: 0BSD */
/* Buddies: blocks of 2^k pages on multiples of 2^k, split in halves and merged with their other
 * half.
 *
 * Source: Knuth, The Art of Computer Programming, vol. 1, 2.5 (after Markowitz 1963, Knowlton
 * 1965); named in the kernel heap thread for page frames. Here over addresses.
 * Data: a bitmap an order, bit = a free block; about 2 bits a page. The lowest free block of the
 * smallest order that serves is taken.
 * Cost: O(orders) splits and merges; finding the lowest bit is a scan over the words of one order,
 * from the lowest one that can have a bit. No descriptors.
 * Known weaknesses, kept: lengths are rounded up to powers of two, and two free neighbours that are
 * no buddies stay two: a window of 3 GiB has no block above 2 GiB.
 * Not copied: freeing a block with another order than it was taken with (Linux, where the caller
 * passes it). A block's order is not written down here either, but it follows from the length, and
 * a block of which any part is free is refused.
 */
#include "vas_rival.h"

#define ORDERS (VAS_RIVAL_ALIGN_LOG2_MAX + 1u) /* 2^20 pages are the whole space */

struct buddy_order {
    uint32_t word;     /* offset of its bitmap in struct buddy's words */
    uint32_t words;    /* of it */
    uint32_t low_word; /* no bit is set in the words below */
    uint32_t free;     /* set bits */
};

struct buddy {
    struct vas_window window;
    struct buddy_order order[ORDERS];
    uint32_t free_pages;
    uint64_t probes;
    uint32_t words[];
};

/* Words of the bitmap of an order: page numbers start at 0, so that a block's number is its first
 * page shifted.
 */
static uint32_t order_words(const struct vas_window *window, uint32_t order)
{
    return ((window->end_page >> order) + 31u) / 32u;
}

static size_t bytes(const struct vas_window *window)
{
    size_t words = 0;

    for (uint32_t order = 0; order < ORDERS; order++)
        words += order_words(window, order);
    return vas_rival_round8(sizeof(struct buddy) + words * sizeof(uint32_t));
}

/* -- Bits -------------------------------------------------------------------------------------- */

static bool is_free(const struct buddy *buddy, uint32_t order, uint32_t block)
{
    const struct buddy_order *at = &buddy->order[order];

    return block / 32u < at->words && (buddy->words[at->word + block / 32u] >> (block % 32u) & 1u);
}

static void set_free(struct buddy *buddy, uint32_t order, uint32_t block)
{
    struct buddy_order *at = &buddy->order[order];

    buddy->words[at->word + block / 32u] |= UINT32_C(1) << (block % 32u);
    at->free++;
    if (block / 32u < at->low_word)
        at->low_word = block / 32u;
}

static void set_used(struct buddy *buddy, uint32_t order, uint32_t block)
{
    struct buddy_order *at = &buddy->order[order];

    buddy->words[at->word + block / 32u] &= ~(UINT32_C(1) << (block % 32u));
    at->free--;
}

/* The lowest free block of an order that has one. */
static uint32_t lowest_free(struct buddy *buddy, uint32_t order)
{
    struct buddy_order *at = &buddy->order[order];

    for (buddy->probes++; buddy->words[at->word + at->low_word] == 0; buddy->probes++)
        at->low_word++;
    return at->low_word * 32u + (uint32_t)__builtin_ctz(buddy->words[at->word + at->low_word]);
}

/* Whether one of `count` blocks from `first` on is free. `count` is a power of two, and `first` a
 * multiple of it; the blocks are in the window.
 */
static bool is_any_free(const struct buddy *buddy, uint32_t order, uint32_t first, uint32_t count)
{
    const uint32_t *words = &buddy->words[buddy->order[order].word];

    if (count < 32u)
        return (words[first / 32u] >> (first % 32u) & ((UINT32_C(1) << count) - 1u)) != 0;
    for (uint32_t i = first / 32u; i < (first + count) / 32u; i++)
        if (words[i] != 0)
            return true;
    return false;
}

static uint32_t order_for(uint32_t pages)
{
    uint32_t order = 0;

    while ((UINT32_C(1) << order) < pages)
        order++;
    return order;
}

/* -- Reserve and release ----------------------------------------------------------------------- */

static bool init(void *state, size_t state_bytes, const struct vas_window *window)
{
    struct buddy *buddy = state;
    uint32_t words = 0;

    if (state_bytes < bytes(window))
        return false;
    buddy->window = *window;
    buddy->free_pages = window->end_page - window->first_page;
    buddy->probes = 0;
    for (uint32_t order = 0; order < ORDERS; order++) {
        buddy->order[order] = (struct buddy_order){
            .word = words,
            .words = order_words(window, order),
            .low_word = order_words(window, order),
        };
        words += order_words(window, order);
    }
    for (uint32_t i = 0; i < words; i++)
        buddy->words[i] = 0;

    /* The largest aligned blocks from below. */
    for (uint32_t page = window->first_page; page < window->end_page;) {
        uint32_t order = (uint32_t)__builtin_ctz(page);

        while (order >= ORDERS || (UINT32_C(1) << order) > window->end_page - page)
            order--;
        set_free(buddy, order, page >> order);
        page += UINT32_C(1) << order;
    }
    return true;
}

static enum rival_answer reserve(void *state, uint32_t pages, uint32_t align_log2,
                                 uint32_t *ret_page)
{
    struct buddy *buddy = state;

    if (!vas_rival_asks(&buddy->window, pages, align_log2))
        return RIVAL_BAD;

    uint32_t wanted = order_for(pages);
    uint32_t order = wanted > align_log2 ? wanted : align_log2;

    while (order < ORDERS && buddy->order[order].free == 0) {
        buddy->probes++;
        order++;
    }
    if (order >= ORDERS)
        return RIVAL_NO_SPACE;

    uint32_t block = lowest_free(buddy, order);

    set_used(buddy, order, block);
    while (order > wanted) { /* keep the lower half */
        order--;
        block *= 2u;
        set_free(buddy, order, block + 1u);
        buddy->probes++;
    }
    buddy->free_pages -= UINT32_C(1) << wanted;
    *ret_page = block << wanted;
    return RIVAL_OK;
}

/* Whether any page of the block is free: in a larger free block, itself, or in smaller ones. */
static bool is_partly_free(const struct buddy *buddy, uint32_t order, uint32_t block)
{
    for (uint32_t above = order; above < ORDERS; above++)
        if (is_free(buddy, above, block >> (above - order)))
            return true;
    for (uint32_t below = 0; below < order; below++)
        if (is_any_free(buddy, below, block << (order - below), UINT32_C(1) << (order - below)))
            return true;
    return false;
}

static enum rival_answer release(void *state, uint32_t page, uint32_t pages)
{
    struct buddy *buddy = state;

    if (!vas_rival_inside(&buddy->window, page, pages))
        return RIVAL_BAD;

    uint32_t order = order_for(pages);
    uint32_t block = page >> order;

    if (block << order != page || !vas_rival_inside(&buddy->window, page, UINT32_C(1) << order) ||
        is_partly_free(buddy, order, block))
        return RIVAL_BAD;
    buddy->free_pages += UINT32_C(1) << order;
    while (order + 1u < ORDERS && is_free(buddy, order, block ^ 1u)) {
        set_used(buddy, order, block ^ 1u);
        block /= 2u;
        order++;
        buddy->probes++;
    }
    set_free(buddy, order, block);
    return RIVAL_OK;
}

/* -- Figures ----------------------------------------------------------------------------------- */

static void figures(const void *state, struct vas_figures *ret_figures)
{
    const struct buddy *buddy = state;
    uint32_t largest = 0;

    for (uint32_t order = 0; order < ORDERS; order++)
        if (buddy->order[order].free > 0)
            largest = UINT32_C(1) << order;
    *ret_figures = (struct vas_figures){
        .free_pages = buddy->free_pages,
        .largest_pages = largest,
        .metadata_bytes = bytes(&buddy->window),
        .metadata_bytes_peak = bytes(&buddy->window),
        .probes = buddy->probes,
    };
}

static const char *check(const void *state)
{
    const struct buddy *buddy = state;
    uint32_t free = 0;

    for (uint32_t order = 0; order < ORDERS; order++) {
        uint32_t count = 0;

        for (uint32_t block = 0; block < buddy->order[order].words * 32u; block++) {
            if (!is_free(buddy, order, block))
                continue;
            count++;
            if (!vas_rival_inside(&buddy->window, block << order, UINT32_C(1) << order))
                return "a free block leaves the window";
            if (order + 1u < ORDERS && is_free(buddy, order, block ^ 1u))
                return "two buddies are free and not merged";
            if (block / 32u < buddy->order[order].low_word)
                return "a free block lies below the lowest";
        }
        if (count != buddy->order[order].free)
            return "the number of free blocks is wrong";
        free += count << order;
    }
    return free == buddy->free_pages ? NULL : "the number of free pages is wrong";
}

const struct vas_rival vas_buddy = {
    .name = "buddy",
    .what = "blocks of powers of two, split and merged with their other half",
    .can = VAS_RELEASES | VAS_ALIGNS | VAS_POWERS,
    .bytes = bytes,
    .init = init,
    .reserve = reserve,
    .release = release,
    .figures = figures,
    .check = check,
};
