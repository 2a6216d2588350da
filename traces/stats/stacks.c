/* SPDX-License-Identifier: 0BSD */
/* How deep stacks are touched. */
#include "stacks.h"

#include "figures.h"

/* Where recorded stacks differ: most are satisfied with 2 to 10 pages, a few need 32. */
static const uint32_t commits[STACK_COMMITS] = { 1, 2, 3, 4, 6, 8, 10, 16, 32 };

void stats_stacks_init(struct stats_stacks *stacks)
{
    for (uint32_t i = 0; i < STACK_COMMITS; i++)
        stacks->commits[i].pages = commits[i];
}

void stats_stacks_created(struct stats_stacks *stacks, struct stack_slot *slot, uint32_t pages,
                          uint32_t committed_pages, uint32_t guard_pages)
{
    slot->touched = 0;
    slot->pages = pages;
    slot->live = true;
    spread_add(&stacks->pages, pages);
    spread_add(&stacks->committed_pages, committed_pages);
    spread_add(&stacks->guard_pages, guard_pages);
}

static enum stack_step step_of(uint64_t pages_down)
{
    if (pages_down <= 2)
        return pages_down == 1 ? STEP_NEXT : STEP_2;
    if (pages_down <= 8)
        return STEP_UP_TO_8;
    return pages_down <= 16 ? STEP_UP_TO_16 : STEP_ABOVE_16;
}

void stats_stacks_touched(struct stats_stacks *stacks, struct stack_slot *slot, uint32_t depth_page)
{
    stacks->touches++;
    if (slot->touched == 0)
        stacks->first_touches++;
    if (depth_page < slot->touched)
        return;
    if (slot->touched > 0)
        stacks->steps[step_of(depth_page - slot->touched + 1u)]++;
    for (uint32_t i = 0; i < STACK_COMMITS; i++)
        stacks->commits[i].faults += depth_page >= stacks->commits[i].pages;
    slot->touched = (uint64_t)depth_page + 1u;
}

void stats_stacks_end(struct stats_stacks *stacks, struct stack_slot *slot)
{
    spread_add(&stacks->touched_pages, slot->touched);
    for (uint32_t i = 0; i < STACK_COMMITS; i++) {
        struct stack_commit *commit = &stacks->commits[i];
        commit->never_fault += slot->touched <= commit->pages;
        if (slot->touched < commit->pages)
            commit->unused_pages += commit->pages - slot->touched;
    }
    slot->live = false;
}
