/* SPDX-License-Identifier: 0BSD */
/* Whose turn it is: a round robin queue and a list of sleepers by the time they wake. Pure
 * bookkeeping on a part of each thread; switching is somebody else's.
 */
#ifndef LOOKASIDE_KERNEL_RUNQUEUE_H
#define LOOKASIDE_KERNEL_RUNQUEUE_H

#include <lookaside/types.h>

#define RUN_SLICE_MS 5u /* a thread's turn, when others wait for theirs */

enum run_state {
    RUN_NOWHERE,  /* in no list: running, blocked for ever, or ended */
    RUN_READY,    /* waits for its turn */
    RUN_SLEEPING, /* until wake_ms, and maybe for something else too */
};

/* A thread's part. Zero at first. */
struct run_entry {
    struct run_entry *next;
    struct run_entry *prev;
    enum run_state state;
    uint32_t wake_ms; /* while sleeping */
};

/* Zero at first. */
struct runqueue {
    struct run_entry *first; /* ready ones */
    struct run_entry *last;
    struct run_entry *sleepers; /* the earliest first */
    uint32_t ready;
    uint32_t sleeping;
};

/* To the end of the queue; out of the sleepers if it was there. A ready one stays where it is. */
void run_add(struct runqueue *queue, struct run_entry *entry);

/* Take the next one out; NULL: nobody is ready. */
struct run_entry *run_take(struct runqueue *queue);

/* `entry` (which is in no list) sleeps until `wake_ms`, at most 2^31 - 1 ms ahead. O(sleepers). */
void run_sleep(struct runqueue *queue, struct run_entry *entry, uint32_t wake_ms);

/* Out of whatever list it is in. */
void run_remove(struct runqueue *queue, struct run_entry *entry);

/* The earliest sleeper whose time has come, in no list any more; NULL: none. Times wrap. */
struct run_entry *run_wake(struct runqueue *queue, uint32_t now_ms);

#endif
