/* SPDX-License-Identifier: 0BSD */
/* Who does the ops. */
#include "actors.h"

#include "top.h"

void stats_actors_init(struct stats_actors *actors)
{
    actors->ops.item_bytes = sizeof(uint64_t);
}

void stats_actors_free(struct stats_actors *actors)
{
    numbers_free(&actors->ops);
}

void stats_actors_switch(struct stats_actors *actors, uint32_t number)
{
    actors->now_known = actors->now_known && actors->now == number;
    actors->now = number;
}

bool stats_actors_act(struct stats_actors *actors)
{
    uint64_t *ops;

    if (!actors->now_known && !numbers_index(&actors->ops, actors->now, &actors->now_index))
        return false;
    actors->now_known = true;
    ops = numbers_item(&actors->ops, actors->now_index);
    ++*ops;
    return true;
}

static bool busier(const void *context, uint32_t a, uint32_t b)
{
    const struct stats_actors *actors = context;
    uint64_t ops_a = stats_actors_ops(actors, a);
    uint64_t ops_b = stats_actors_ops(actors, b);

    return ops_a > ops_b || (ops_a == ops_b && actors->ops.number[a] < actors->ops.number[b]);
}

uint32_t stats_actors_top(const struct stats_actors *actors, uint32_t *ret_index, uint32_t count)
{
    return stats_top(busier, actors, actors->ops.count, ret_index, count);
}
