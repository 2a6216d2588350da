/* SPDX-License-Identifier: 0BSD */
/* How deep stacks are touched, in which steps, and what committing N pages at once would save and
 * cost. A fault commits everything down to the touched page, as the core does it.
 */
#ifndef LOOKASIDE_STATS_STACKS_H
#define LOOKASIDE_STATS_STACKS_H

#include "spread.h"

#include <stdbool.h>

#define STACK_COMMITS 9u /* how many values of N are looked at */

/* What N pages committed at creation mean for the stacks of the trace. */
struct stack_commit {
    uint32_t pages;
    uint64_t never_fault;  /* stacks that touch no page below them */
    uint64_t faults;       /* of all stacks */
    uint64_t unused_pages; /* committed and never reached, of all stacks */
};

/* A growing touch is the first one so deep, of a stack that was touched before. */
enum stack_step { STEP_NEXT, STEP_2, STEP_UP_TO_8, STEP_UP_TO_16, STEP_ABOVE_16, STACK_STEPS };

/* What a slot holds. */
struct stack_slot {
    uint64_t touched; /* pages from the top to the deepest touch */
    uint32_t pages;
    uint32_t label; /* index; the caller's, as these functions leave it alone */
    bool live;
};

struct stats_stacks {
    uint64_t touches;
    uint64_t first_touches;        /* the first of a stack */
    uint64_t steps[STACK_STEPS];   /* growing touches by pages they go down */
    struct spread pages;           /* of a stack, with its guard */
    struct spread committed_pages; /* at creation, as recorded */
    struct spread guard_pages;
    struct spread touched_pages; /* from the top to the deepest touch; once a stack is over */
    struct stack_commit commits[STACK_COMMITS];
};

void stats_stacks_init(struct stats_stacks *stacks);

void stats_stacks_created(struct stats_stacks *stacks, struct stack_slot *slot, uint32_t pages,
                          uint32_t committed_pages, uint32_t guard_pages);

/* Page 0 is the topmost. */
void stats_stacks_touched(struct stats_stacks *stacks, struct stack_slot *slot,
                          uint32_t depth_page);

/* The stack is destroyed, or the trace over. */
void stats_stacks_end(struct stats_stacks *stacks, struct stack_slot *slot);

#endif
