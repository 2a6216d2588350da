/* SPDX-License-Identifier: 0BSD */
/* Who does the ops, and on whose blocks: used once for threads and once for CPUs. */
#ifndef LOOKASIDE_STATS_ACTORS_H
#define LOOKASIDE_STATS_ACTORS_H

#include "numbers.h"

/* Only the first three lines are public. An actor counts once it did an op of its own. */
struct stats_actors {
    struct numbers ops; /* the actors' numbers; items: uint64_t ops */
    uint64_t far_frees; /* of blocks that another one allocated */
    uint64_t far_reallocs;
    uint32_t now;       /* the number of who acts */
    uint32_t now_index; /* in `ops`, if now_known */
    bool now_known;
};

void stats_actors_init(struct stats_actors *actors);
void stats_actors_free(struct stats_actors *actors);

/* From now on `number` acts. */
void stats_actors_switch(struct stats_actors *actors, uint32_t number);

/* It does an op. False when out of memory. O(1). */
bool stats_actors_act(struct stats_actors *actors);

/* The indices in `ops` of the (up to) `count` busiest, busiest first, lower number first among
 * equals; answers how many there are.
 */
uint32_t stats_actors_top(const struct stats_actors *actors, uint32_t *ret_index, uint32_t count);

static inline uint64_t stats_actors_ops(const struct stats_actors *actors, uint32_t index)
{
    return *(const uint64_t *)numbers_item(&actors->ops, index);
}

#endif
