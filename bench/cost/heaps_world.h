/* SPDX-License-Identifier: 0BSD */
/* Somebody's heaps: what they are called by, and the two ways of calling. */
#ifndef LOOKASIDE_BENCH_HEAPS_WORLD_H
#define LOOKASIDE_BENCH_HEAPS_WORLD_H

#include <lookaside/host.h>

#include "peers.h"

#define HEAPS_MAX      64u
#define HEAPS_BLOCKS   4096u
#define HEAPS_SEGMENTS 4096u /* 256 MiB */

struct heaps_ours_calls {
    __typeof__(&heap_init) init;
    __typeof__(&heap_alloc) alloc;
    __typeof__(&heap_free) free;
    __typeof__(&heap_destroy) destroy;
};

struct heaps_op {
    uint16_t heap;
    uint16_t slot; /* of all heaps together */
    uint32_t bytes;
};

struct heaps_world {
    bool ours; /* the way of calling */
    uint32_t failed;
    uintptr_t slots[HEAPS_BLOCKS];
    uintptr_t base; /* of block numbers */

    struct heaps_ours_calls ours_calls;
    struct host_window window;
    struct la_port port; /* counts nothing */
    struct bucket_table buckets;
    struct vas vas;
    struct heap_space space;
    struct heap heaps[HEAPS_MAX];

    struct peer_heap_calls peer_calls;
    struct peer_library peer;
    void *peer_heaps[HEAPS_MAX];

    uint8_t scratch[4096]; /* the floor's one block */
    char message[256];
};

/* Open a target with `heaps` heaps. NULL, or what is wrong. */
const char *heaps_world_open(struct heaps_world *world, const char *target, uint32_t heaps);

/* Each op: free the slot's block, or allocate one. */
void heaps_use(struct heaps_world *world, const struct heaps_op *op, const struct heaps_op *end);

/* Make heap 0 anew, allocate for all ops, destroy it with its blocks. */
void heaps_churn(struct heaps_world *world, const struct heaps_op *op, const struct heaps_op *end);

#endif
