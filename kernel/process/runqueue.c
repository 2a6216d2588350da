/* SPDX-License-Identifier: 0BSD */
/* The round robin queue and the sleepers; see runqueue.h. */
#include "runqueue.h"

#include <lookaside/port.h>

void run_remove(struct runqueue *queue, struct run_entry *entry)
{
    if (entry->state == RUN_NOWHERE)
        return;
    if (entry->prev != NULL)
        entry->prev->next = entry->next;
    else if (entry->state == RUN_READY)
        queue->first = entry->next;
    else
        queue->sleepers = entry->next;
    if (entry->next != NULL)
        entry->next->prev = entry->prev;
    else if (entry->state == RUN_READY)
        queue->last = entry->prev;
    if (entry->state == RUN_READY)
        queue->ready--;
    else
        queue->sleeping--;
    *entry = (struct run_entry){ .state = RUN_NOWHERE };
}

void run_add(struct runqueue *queue, struct run_entry *entry)
{
    if (entry->state == RUN_READY)
        return;
    run_remove(queue, entry);
    *entry = (struct run_entry){ .prev = queue->last, .state = RUN_READY };
    if (queue->last != NULL)
        queue->last->next = entry;
    else
        queue->first = entry;
    queue->last = entry;
    queue->ready++;
}

struct run_entry *run_take(struct runqueue *queue)
{
    struct run_entry *entry = queue->first;

    if (entry != NULL)
        run_remove(queue, entry);
    return entry;
}

/* Whether `a` comes before `b`, on a clock that wraps. */
static bool is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

void run_sleep(struct runqueue *queue, struct run_entry *entry, uint32_t wake_ms)
{
    struct run_entry *before = NULL;
    struct run_entry *after = queue->sleepers;

    LA_ASSERT(entry->state == RUN_NOWHERE);
    while (after != NULL && !is_before(wake_ms, after->wake_ms)) { /* equal times: first come */
        before = after;
        after = after->next;
    }
    *entry = (struct run_entry){
        .next = after, .prev = before, .state = RUN_SLEEPING, .wake_ms = wake_ms
    };
    if (before != NULL)
        before->next = entry;
    else
        queue->sleepers = entry;
    if (after != NULL)
        after->prev = entry;
    queue->sleeping++;
}

struct run_entry *run_wake(struct runqueue *queue, uint32_t now_ms)
{
    struct run_entry *entry = queue->sleepers;

    if (entry == NULL || is_before(now_ms, entry->wake_ms))
        return NULL;
    run_remove(queue, entry);
    return entry;
}
