/* SPDX-License-Identifier: 0BSD */
/* How long blocks live. */
#include "lifetimes.h"

#include "figures.h"

static void count(struct lifetime_class *class, uint32_t bytes)
{
    class->blocks++;
    class->bytes = stats_sum(class->bytes, bytes);
}

void stats_lifetimes_allocated(struct stats_lifetimes *lifetimes, uint64_t bytes)
{
    lifetimes->clock = stats_sum(lifetimes->clock, bytes);
}

void stats_lifetimes_died(struct stats_lifetimes *lifetimes, uint64_t born, uint64_t ops,
                          uint32_t bytes)
{
    uint64_t age = lifetimes->clock - born;

    spread_add(&lifetimes->bytes, age);
    spread_add(&lifetimes->ops, ops);
    count(&lifetimes->classes[stats_log2_up(age)], bytes);
    count(&lifetimes->dead, bytes);
}

void stats_lifetimes_survived(struct stats_lifetimes *lifetimes, uint32_t bytes)
{
    count(&lifetimes->alive, bytes);
}
