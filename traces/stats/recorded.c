/* SPDX-License-Identifier: 0BSD */
/* What the recorded allocator took. */
#include "recorded.h"

#include "figures.h"

static void add(struct recorded_bytes *to, uint64_t asked, uint64_t taken)
{
    to->asked = stats_sum(to->asked, asked);
    to->taken = stats_sum(to->taken, taken);
}

void stats_recorded_born(struct stats_recorded *recorded, uint32_t asked, uint32_t taken)
{
    recorded->requests++;
    add(&recorded->sum, asked, taken);
    add(&recorded->now, asked, taken);
}

void stats_recorded_gone(struct stats_recorded *recorded, uint32_t asked, uint32_t taken)
{
    recorded->now.asked -= asked;
    recorded->now.taken -= taken;
}

void stats_recorded_tick(struct stats_recorded *recorded)
{
    add(&recorded->area, recorded->now.asked, recorded->now.taken);
}
