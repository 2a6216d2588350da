/* SPDX-License-Identifier: 0BSD */
/* A red-black tree of areas by address, in which every node knows the longest area below it. No
 * recursion; nodes are numbers in a pool whose node 0 is the tree's end.
 */
#ifndef LOOKASIDE_RIVALS_AREA_TREE_H
#define LOOKASIDE_RIVALS_AREA_TREE_H

#include "nodes.h"

struct area {
    uint32_t child[2]; /* lower, higher */
    uint32_t parent;
    uint32_t red;
    uint32_t page;
    uint32_t pages;
    uint32_t pages_max; /* of this node and all below */
};

struct area_tree {
    struct nodes *nodes; /* of struct area */
    uint32_t root;
    uint64_t *probes; /* counts nodes looked at */
};

static inline struct area *area_at(const struct area_tree *tree, uint32_t node)
{
    return (struct area *)(void *)node_link(tree->nodes, node);
}

/* An empty tree on a fresh pool; several trees may share one. */
void area_tree_init(struct area_tree *tree, struct nodes *nodes, uint64_t *probes);

/* Add a node, taken by the caller, for an area that touches no other one's pages. O(log n). */
void area_insert(struct area_tree *tree, uint32_t node, uint32_t page, uint32_t pages);

/* Take a node out; it stays the caller's. O(log n). */
void area_remove(struct area_tree *tree, uint32_t node);

/* Give an area other pages, without changing its place among the others. O(log n). */
void area_change(struct area_tree *tree, uint32_t node, uint32_t page, uint32_t pages);

/* The last area that begins at or below `page`, and the first that begins above; NODE_NONE: none.
 * O(log n).
 */
uint32_t area_floor(const struct area_tree *tree, uint32_t page);
uint32_t area_above(const struct area_tree *tree, uint32_t page);

/* Areas of at least `pages` pages in address order: the first, and the one after `node`. O(log n).
 */
uint32_t area_first_fit(const struct area_tree *tree, uint32_t pages);
uint32_t area_next_fit(const struct area_tree *tree, uint32_t node, uint32_t pages);

/* The first broken invariant in words, or NULL; the number and pages of the areas. */
const char *area_tree_check(const struct area_tree *tree, uint32_t *ret_count, uint32_t *ret_pages);

#endif
