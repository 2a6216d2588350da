/* SPDX-License-Identifier: 0BSD */
/* Queues of threads that wait at words; see futex.h. */
#include "futex.h"

#include <lookaside/port.h>

/* Words of one program lie 4 bytes apart, spaces many pages: both ends of the numbers count. */
static uint32_t queue_of(const void *space, va32_t va)
{
    uint32_t mixed = (va >> 2) ^ (va >> 12) ^ ((uint32_t)(uintptr_t)space >> 6);

    return (mixed ^ mixed >> 6) % FUTEX_QUEUES;
}

void futex_add(struct futex_table *table, struct futex_waiter *waiter, const void *space, va32_t va)
{
    uint32_t queue = queue_of(space, va);

    LA_ASSERT(waiter->space == NULL && space != NULL);
    *waiter = (struct futex_waiter){ .prev = table->last[queue], .space = space, .va = va };
    if (waiter->prev != NULL)
        waiter->prev->next = waiter;
    else
        table->first[queue] = waiter;
    table->last[queue] = waiter;
}

void futex_remove(struct futex_table *table, struct futex_waiter *waiter)
{
    uint32_t queue;

    if (waiter->space == NULL)
        return;
    queue = queue_of(waiter->space, waiter->va);
    if (waiter->prev != NULL)
        waiter->prev->next = waiter->next;
    else
        table->first[queue] = waiter->next;
    if (waiter->next != NULL)
        waiter->next->prev = waiter->prev;
    else
        table->last[queue] = waiter->prev;
    *waiter = (struct futex_waiter){ .space = NULL };
}

struct futex_waiter *futex_take(struct futex_table *table, const void *space, va32_t va)
{
    struct futex_waiter *waiter = table->first[queue_of(space, va)];

    while (waiter != NULL && (waiter->space != space || waiter->va != va))
        waiter = waiter->next;
    if (waiter != NULL)
        futex_remove(table, waiter);
    return waiter;
}

uint32_t futex_count(const struct futex_table *table)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < FUTEX_QUEUES; i++)
        for (const struct futex_waiter *waiter = table->first[i]; waiter != NULL;
             waiter = waiter->next)
            count++;
    return count;
}
