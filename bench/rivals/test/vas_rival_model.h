/* SPDX-License-Identifier: 0BSD */
/* The slow, obvious model of an address space: the number of the region on each page. It knows what
 * a rival promises (enum vas_ability, granule) and nothing of how it keeps its books.
 */
#ifndef LOOKASIDE_RIVALS_TEST_VAS_RIVAL_MODEL_H
#define LOOKASIDE_RIVALS_TEST_VAS_RIVAL_MODEL_H

#include "check.h"
#include "vas_rival.h"

#define MODEL_REGIONS_MAX 4096u

struct model_region {
    uint32_t page;
    uint32_t pages; /* as asked */
};

struct vas_rival_model {
    const struct vas_rival *rival;
    struct vas_window window;
    uint32_t granule_pages;
    uint32_t first; /* pages in whole granules: [first, end) */
    uint32_t end;
    uint32_t owner[VAS_RIVAL_PAGES_MAX]; /* number of the region + 1; 0: free */
    struct model_region region[MODEL_REGIONS_MAX];
    uint32_t count;
    uint32_t taken_pages; /* rounded up */
};

static struct vas_rival_model model;

static uint32_t model_round(uint32_t pages, uint32_t granule)
{
    return (pages + granule - 1u) / granule * granule;
}

/* Pages that a rival takes for so many. */
static uint32_t model_taken(uint32_t pages)
{
    uint32_t taken = model_round(pages, model.granule_pages);
    uint32_t power = 1;

    while (power < taken)
        power *= 2u;
    return model.rival->can & VAS_POWERS ? power : taken;
}

static void model_init(const struct vas_rival *rival, const struct vas_window *window)
{
    uint32_t shift = rival->granule_shift > window->page_shift ? rival->granule_shift : 0;

    memset(&model, 0, sizeof model);
    model.rival = rival;
    model.window = *window;
    model.granule_pages = shift ? 1u << (shift - window->page_shift) : 1u;
    model.first = model_round(window->first_page, model.granule_pages);
    model.end = window->end_page / model.granule_pages * model.granule_pages;
}

static bool model_is_free(uint32_t page, uint32_t pages)
{
    if (page < model.first || page >= model.end || pages > model.end - page)
        return false;
    for (uint32_t i = page; i < page + pages; i++)
        if (model.owner[i] != 0)
            return false;
    return true;
}

/* Whether any aligned place is free. */
static bool model_has_place(uint32_t pages, uint32_t align_log2)
{
    uint32_t taken = model_taken(pages);
    uint32_t step = 1u << align_log2;
    uint32_t run = 0;

    if (step < model.granule_pages)
        step = model.granule_pages;
    for (uint32_t page = model.end; page-- > model.first;) {
        run = model.owner[page] == 0 ? run + 1u : 0u;
        if (run >= taken && page % step == 0)
            return true;
    }
    return false;
}

/* The longest row of free pages. */
static uint32_t model_longest(void)
{
    uint32_t run = 0;
    uint32_t longest = 0;

    for (uint32_t page = model.first; page < model.end; page++) {
        run = model.owner[page] == 0 ? run + 1u : 0u;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void model_mark(uint32_t page, uint32_t pages, uint32_t owner)
{
    uint32_t taken = model_taken(pages);

    for (uint32_t i = page; i < page + taken; i++)
        model.owner[i] = owner;
    if (owner != 0)
        model.taken_pages += taken;
    else
        model.taken_pages -= taken;
}

static void model_add(uint32_t page, uint32_t pages)
{
    CHECK(model.count < MODEL_REGIONS_MAX);
    model.region[model.count] = (struct model_region){ page, pages };
    model_mark(page, pages, ++model.count);
}

static void model_remove(uint32_t number)
{
    struct model_region *region = &model.region[number];

    model_mark(region->page, region->pages, 0);
    model.count--;
    if (number == model.count)
        return;
    *region = model.region[model.count];
    for (uint32_t i = region->page; i < region->page + model_taken(region->pages); i++)
        model.owner[i] = number + 1u;
}

#endif
