/* SPDX-License-Identifier: 0BSD */
/* The red-black tree. Left and right are child[0] and child[1], so that each case is written once
 * for both sides. Source: Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms, chapters 13
 * and 14 (augmentation).
 */
#include "area_tree.h"

void area_tree_init(struct area_tree *tree, struct nodes *nodes, uint64_t *probes)
{
    *tree = (struct area_tree){ .nodes = nodes, .probes = probes };
    *area_at(tree, NODE_NONE) = (struct area){ 0 };
}

/* -- Helpers ----------------------------------------------------------------------------------- */

static uint32_t max_of(const struct area_tree *tree, uint32_t node)
{
    return area_at(tree, node)->pages_max; /* 0 at the tree's end */
}

static void update(struct area_tree *tree, uint32_t node)
{
    struct area *area = area_at(tree, node);
    uint32_t longest = area->pages;

    for (uint32_t side = 0; side < 2u; side++)
        if (max_of(tree, area->child[side]) > longest)
            longest = max_of(tree, area->child[side]);
    area->pages_max = longest;
}

static void update_up(struct area_tree *tree, uint32_t node)
{
    for (; node != NODE_NONE; node = area_at(tree, node)->parent) {
        update(tree, node);
        ++*tree->probes;
    }
}

static uint32_t side_of(const struct area_tree *tree, uint32_t node)
{
    return area_at(tree, area_at(tree, node)->parent)->child[1] == node;
}

/* Put `with` (or nothing) where `node` hangs. */
static void replace(struct area_tree *tree, uint32_t node, uint32_t with)
{
    uint32_t parent = area_at(tree, node)->parent;

    if (parent == NODE_NONE)
        tree->root = with;
    else
        area_at(tree, parent)->child[side_of(tree, node)] = with;
    area_at(tree, with)->parent = parent; /* of the tree's end too: removal needs it there */
}

/* Let `node` sink to `side`; its child on the other side takes its place. */
static void rotate(struct area_tree *tree, uint32_t node, uint32_t side)
{
    struct area *area = area_at(tree, node);
    uint32_t up = area->child[1u - side];
    struct area *raised = area_at(tree, up);

    replace(tree, node, up);
    area->child[1u - side] = raised->child[side];
    if (raised->child[side] != NODE_NONE)
        area_at(tree, raised->child[side])->parent = node;
    raised->child[side] = node;
    area->parent = up;
    update(tree, node);
    update(tree, up);
}

/* -- Insert ------------------------------------------------------------------------------------ */

/* `node` is red and may have a red parent: the only rule that is broken. */
static void repair_insert(struct area_tree *tree, uint32_t node)
{
    while (area_at(tree, area_at(tree, node)->parent)->red) {
        uint32_t parent = area_at(tree, node)->parent;
        uint32_t grandparent = area_at(tree, parent)->parent; /* there: a root is black */
        uint32_t side = side_of(tree, parent);
        uint32_t uncle = area_at(tree, grandparent)->child[1u - side];

        if (area_at(tree, uncle)->red) {
            area_at(tree, parent)->red = 0;
            area_at(tree, uncle)->red = 0;
            area_at(tree, grandparent)->red = 1;
            node = grandparent;
            continue;
        }
        if (side_of(tree, node) != side) {
            rotate(tree, parent, side);
            parent = node;
        }
        area_at(tree, parent)->red = 0;
        area_at(tree, grandparent)->red = 1;
        rotate(tree, grandparent, 1u - side);
        break;
    }
    area_at(tree, tree->root)->red = 0;
}

void area_insert(struct area_tree *tree, uint32_t node, uint32_t page, uint32_t pages)
{
    uint32_t parent = NODE_NONE;
    uint32_t side = 0;

    for (uint32_t at = tree->root; at != NODE_NONE; at = area_at(tree, at)->child[side]) {
        parent = at;
        side = page > area_at(tree, at)->page;
        ++*tree->probes;
    }
    *area_at(tree, node) =
        (struct area){ .parent = parent, .red = 1, .page = page, .pages = pages };
    if (parent == NODE_NONE)
        tree->root = node;
    else
        area_at(tree, parent)->child[side] = node;
    update_up(tree, node);
    repair_insert(tree, node);
}

/* -- Remove ------------------------------------------------------------------------------------ */

/* The paths through `node` (which may be the tree's end) have one black node too few. */
static void repair_remove(struct area_tree *tree, uint32_t node)
{
    while (node != tree->root && !area_at(tree, node)->red) {
        uint32_t parent = area_at(tree, node)->parent;
        uint32_t side = area_at(tree, parent)->child[1] == node;
        uint32_t sibling = area_at(tree, parent)->child[1u - side];

        if (area_at(tree, sibling)->red) {
            area_at(tree, sibling)->red = 0;
            area_at(tree, parent)->red = 1;
            rotate(tree, parent, side);
            sibling = area_at(tree, parent)->child[1u - side];
        }

        uint32_t near = area_at(tree, sibling)->child[side];
        uint32_t far = area_at(tree, sibling)->child[1u - side];

        if (!area_at(tree, near)->red && !area_at(tree, far)->red) {
            area_at(tree, sibling)->red = 1;
            node = parent;
            continue;
        }
        if (!area_at(tree, far)->red) {
            area_at(tree, near)->red = 0;
            area_at(tree, sibling)->red = 1;
            rotate(tree, sibling, 1u - side);
            far = sibling;
            sibling = near;
        }
        area_at(tree, sibling)->red = area_at(tree, parent)->red;
        area_at(tree, parent)->red = 0;
        area_at(tree, far)->red = 0;
        rotate(tree, parent, side);
        node = tree->root;
    }
    area_at(tree, node)->red = 0;
}

void area_remove(struct area_tree *tree, uint32_t node)
{
    struct area *area = area_at(tree, node);
    uint32_t moved; /* what fills the gap where a node leaves */
    bool was_red = area->red;

    if (area->child[0] == NODE_NONE || area->child[1] == NODE_NONE) {
        moved = area->child[area->child[0] == NODE_NONE];
        replace(tree, node, moved);
    } else {
        uint32_t next = area->child[1];

        while (area_at(tree, next)->child[0] != NODE_NONE)
            next = area_at(tree, next)->child[0];

        struct area *successor = area_at(tree, next);

        was_red = successor->red;
        moved = successor->child[1];
        if (successor->parent == node) {
            area_at(tree, moved)->parent = next;
        } else {
            replace(tree, next, moved);
            successor->child[1] = area->child[1];
            area_at(tree, successor->child[1])->parent = next;
        }
        replace(tree, node, next);
        successor->child[0] = area->child[0];
        area_at(tree, successor->child[0])->parent = next;
        successor->red = area->red;
    }
    update_up(tree, area_at(tree, moved)->parent);
    if (!was_red)
        repair_remove(tree, moved);
}

void area_change(struct area_tree *tree, uint32_t node, uint32_t page, uint32_t pages)
{
    area_at(tree, node)->page = page;
    area_at(tree, node)->pages = pages;
    update_up(tree, node);
}

/* -- Look up ----------------------------------------------------------------------------------- */

uint32_t area_floor(const struct area_tree *tree, uint32_t page)
{
    uint32_t found = NODE_NONE;

    for (uint32_t node = tree->root; node != NODE_NONE; ++*tree->probes) {
        bool below = area_at(tree, node)->page <= page;

        found = below ? node : found;
        node = area_at(tree, node)->child[below];
    }
    return found;
}

uint32_t area_above(const struct area_tree *tree, uint32_t page)
{
    uint32_t found = NODE_NONE;

    for (uint32_t node = tree->root; node != NODE_NONE; ++*tree->probes) {
        bool above = area_at(tree, node)->page > page;

        found = above ? node : found;
        node = area_at(tree, node)->child[!above];
    }
    return found;
}

/* The lowest area of at least `pages` pages in a part of the tree that has one. */
static uint32_t lowest_in(const struct area_tree *tree, uint32_t node, uint32_t pages)
{
    for (;;) {
        const struct area *area = area_at(tree, node);

        ++*tree->probes;
        if (max_of(tree, area->child[0]) >= pages)
            node = area->child[0];
        else if (area->pages >= pages)
            return node;
        else
            node = area->child[1];
    }
}

uint32_t area_first_fit(const struct area_tree *tree, uint32_t pages)
{
    return max_of(tree, tree->root) >= pages ? lowest_in(tree, tree->root, pages) : NODE_NONE;
}

uint32_t area_next_fit(const struct area_tree *tree, uint32_t node, uint32_t pages)
{
    uint32_t higher = area_at(tree, node)->child[1];

    if (max_of(tree, higher) >= pages)
        return lowest_in(tree, higher, pages);
    for (uint32_t parent = area_at(tree, node)->parent; parent != NODE_NONE;
         node = parent, parent = area_at(tree, node)->parent) {
        ++*tree->probes;
        if (side_of(tree, node) == 1u)
            continue;
        if (area_at(tree, parent)->pages >= pages)
            return parent;
        higher = area_at(tree, parent)->child[1];
        if (max_of(tree, higher) >= pages)
            return lowest_in(tree, higher, pages);
    }
    return NODE_NONE;
}

/* -- Check ------------------------------------------------------------------------------------- */

/* Black nodes from `node` up to the root. */
static uint32_t black_above(const struct area_tree *tree, uint32_t node)
{
    uint32_t black = 0;

    for (; node != NODE_NONE; node = area_at(tree, node)->parent)
        black += !area_at(tree, node)->red;
    return black;
}

static const char *check_node(const struct area_tree *tree, uint32_t node, uint32_t *black)
{
    const struct area *area = area_at(tree, node);
    uint32_t longest = area->pages;

    for (uint32_t side = 0; side < 2u; side++) {
        uint32_t child = area->child[side];

        if (child == NODE_NONE) {
            if (*black != 0 && *black != black_above(tree, node))
                return "two paths have different numbers of black nodes";
            *black = black_above(tree, node);
            continue;
        }
        if (area_at(tree, child)->parent != node)
            return "a child has another parent";
        if (area->red && area_at(tree, child)->red)
            return "a red node has a red child";
        if ((area_at(tree, child)->page > area->page) != side)
            return "a child is on the wrong side";
        if (max_of(tree, child) > longest)
            longest = max_of(tree, child);
    }
    return longest == area->pages_max ? NULL : "a longest area is not the longest";
}

const char *area_tree_check(const struct area_tree *tree, uint32_t *ret_count, uint32_t *ret_pages)
{
    uint32_t count = 0;
    uint32_t pages = 0;
    uint32_t black = 0;
    uint32_t end = 0;

    for (uint32_t node = area_above(tree, 0); node != NODE_NONE;
         node = area_above(tree, area_at(tree, node)->page)) {
        const char *broken = check_node(tree, node, &black);

        if (broken != NULL)
            return broken;
        if (area_at(tree, node)->page < end || area_at(tree, node)->pages == 0)
            return "two areas overlap";
        if (++count > tree->nodes->live)
            return "the tree has more nodes than were taken";
        end = area_at(tree, node)->page + area_at(tree, node)->pages;
        pages += area_at(tree, node)->pages;
    }
    *ret_count = count;
    *ret_pages = pages;
    return NULL;
}
