/* SPDX-License-Identifier: 0BSD */
/* Who waits at which word: a hash table of queues, first come, first woken. Pure bookkeeping; the
 * scheduler puts to sleep and wakes.
 */
#ifndef LOOKASIDE_KERNEL_FUTEX_H
#define LOOKASIDE_KERNEL_FUTEX_H

#include <lookaside/types.h>

#define FUTEX_QUEUES 64u

/* One waiting thread; a part of it. */
struct futex_waiter {
    struct futex_waiter *next;
    struct futex_waiter *prev;
    const void *space; /* whose word; NULL: waits at none */
    va32_t va;
};

/* Zero at first. */
struct futex_table {
    struct futex_waiter *first[FUTEX_QUEUES];
    struct futex_waiter *last[FUTEX_QUEUES];
};

/* Queue `waiter` (which waits nowhere) at word `va` of `space`. O(1). */
void futex_add(struct futex_table *table, struct futex_waiter *waiter, const void *space,
               va32_t va);

/* Take the longest waiting one of that word out; NULL if nobody waits. O(queue). */
struct futex_waiter *futex_take(struct futex_table *table, const void *space, va32_t va);

/* Take this one out, if it waits. O(1). */
void futex_remove(struct futex_table *table, struct futex_waiter *waiter);

/* Waiters in all. O(waiters). */
uint32_t futex_count(const struct futex_table *table);

#endif
