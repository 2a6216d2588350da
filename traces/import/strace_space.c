/* SPDX-License-Identifier: 0BSD */
/* An address space as strace shows it, in the C library's balanced tree. */
#define _GNU_SOURCE /* tdestroy */
#include "strace_space.h"

#include <search.h>
#include <stdlib.h>

/* Pieces that overlap are equal: so a search with any range finds a piece in it. */
static int by_address(const void *left, const void *right)
{
    const struct piece *a = left;
    const struct piece *b = right;

    return (a->first >= b->end) - (b->first >= a->end);
}

static void drop_piece(void *node)
{
    struct piece *piece = node;

    if (--piece->area->pieces == 0) {
        mapping_free(&piece->area->mapping);
        free(piece->area);
    }
    free(piece);
}

void space_free(struct strace_space *space)
{
    tdestroy(space->pieces, drop_piece);
    mapping_free(&space->heap);
    free(space);
}

/* The lowest piece with pages in [first, end) as it is in the tree, or NULL. Each turn's find lies
 * below the one before in the tree, because whatever is above it was tried.
 */
static struct piece *lowest(const struct strace_space *space, uint64_t first, uint64_t end)
{
    struct piece wanted = { first, end, NULL, 0 };
    struct piece *piece = NULL;

    while (wanted.first < wanted.end) {
        struct piece *const *found = tfind(&wanted, &space->pieces, by_address);
        if (!found)
            break;
        piece = *found;
        wanted.end = piece->first;
    }
    return piece;
}

bool space_find(const struct strace_space *space, uint64_t first, uint64_t end,
                struct piece *ret_piece)
{
    const struct piece *piece = lowest(space, first, end);

    if (!piece)
        return false;
    *ret_piece = *piece;
    if (piece->first < first) {
        ret_piece->first = first;
        ret_piece->offset += first - piece->first;
    }
    if (piece->end > end)
        ret_piece->end = end;
    return true;
}

bool space_put(struct import *import, struct strace_space *space, struct piece piece)
{
    struct piece *node = malloc(sizeof *node);

    if (!node)
        return import_out_of_memory(import);
    *node = piece;
    if (!tsearch(node, &space->pieces, by_address)) {
        free(node);
        return import_out_of_memory(import);
    }
    piece.area->pieces++;
    return true;
}

void space_extend(struct strace_space *space, uint64_t end, uint64_t new_end)
{
    lowest(space, end - 1u, end)->end = new_end;
}

bool space_take(struct import *import, struct strace_space *space, struct piece piece)
{
    struct piece *node = lowest(space, piece.first, piece.end);
    struct piece rest = { piece.end, node->end, node->area,
                          piece.offset + piece.end - piece.first };

    if (node->first < piece.first) {
        node->end = piece.first; /* still at the same place among the others */
        return rest.first == rest.end || space_put(import, space, rest);
    }
    if (rest.first < rest.end) {
        node->first = rest.first;
        node->offset = rest.offset;
        return true;
    }
    node->area->pieces--;
    tdelete(node, &space->pieces, by_address);
    free(node);
    return true;
}
