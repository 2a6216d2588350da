/* SPDX-License-Identifier: 0BSD */
/* Descriptors of equal size, numbered from 1, in memory of the caller. Where a system takes its
 * nodes from a kernel heap, the rival here takes them from such a pool: what is in use is counted,
 * and running out is an answer.
 */
#ifndef LOOKASIDE_RIVALS_NODES_H
#define LOOKASIDE_RIVALS_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_NONE 0u

struct nodes {
    uint8_t *memory;       /* node 0 is never used, so that 0 can mean "none" */
    uint32_t stride_bytes; /* of a node; its first member is a uint32_t, the link while it is free
                            */
    uint32_t room;         /* nodes 1 .. room fit the memory */
    uint32_t granted;      /* nodes 1 .. granted may be used */
    uint32_t fresh;        /* nodes 1 .. fresh were used before */
    uint32_t free_first;
    uint32_t live;
    uint32_t live_peak;
};

/* Memory for `count` nodes and the one that is never used. */
static inline size_t nodes_bytes(uint32_t count, uint32_t stride_bytes)
{
    return ((size_t)count + 1u) * stride_bytes;
}

/* All nodes that fit into `bytes` bytes may be used. */
static inline void nodes_init(struct nodes *nodes, void *memory, size_t bytes,
                              uint32_t stride_bytes)
{
    size_t room = bytes / stride_bytes;

    *nodes = (struct nodes){ .memory = memory,
                             .stride_bytes = stride_bytes,
                             .room = room > 0 ? (uint32_t)(room - 1u) : 0u };
    nodes->granted = nodes->room;
}

static inline uint32_t *node_link(const struct nodes *nodes, uint32_t node)
{
    return (uint32_t *)(void *)(nodes->memory + (size_t)node * nodes->stride_bytes);
}

/* How many more can be taken. */
static inline uint32_t nodes_left(const struct nodes *nodes)
{
    return nodes->granted - nodes->live;
}

/* A node with undefined content, or NODE_NONE. */
static inline uint32_t nodes_take(struct nodes *nodes)
{
    uint32_t node = nodes->free_first;

    if (node != NODE_NONE)
        nodes->free_first = *node_link(nodes, node);
    else if (nodes->fresh < nodes->granted)
        node = ++nodes->fresh;
    else
        return NODE_NONE;
    if (++nodes->live > nodes->live_peak)
        nodes->live_peak = nodes->live;
    return node;
}

static inline void nodes_give(struct nodes *nodes, uint32_t node)
{
    *node_link(nodes, node) = nodes->free_first;
    nodes->free_first = node;
    nodes->live--;
}

#endif
