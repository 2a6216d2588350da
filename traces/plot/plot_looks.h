/* SPDX-License-Identifier: 0BSD */
/* How the kinds of segments look in a map: which kind a segment is, its colour, its words. A heap's
 * segments are told apart by how full they are, by their heap, or by the size of their blocks.
 */
#ifndef LOOKASIDE_PLOT_LOOKS_H
#define LOOKASIDE_PLOT_LOOKS_H

#include "plot_draw.h"

#define PLOT_SHADES 6u /* of heap segments */

enum plot_look {
    PLOT_LOOK_FREE,
    PLOT_LOOK_OUTSIDE,
    PLOT_LOOK_METADATA,
    PLOT_LOOK_HEAP, /* and the other shades */
    PLOT_LOOK_RESERVED = PLOT_LOOK_HEAP + (int)PLOT_SHADES,
    PLOT_LOOK_COMMITTED,
    PLOT_LOOK_STACK_BARE, /* without memory so far */
    PLOT_LOOK_STACK,
    PLOT_LOOK_GUARD,
    PLOT_LOOKS
};

/* The looks of one map. */
struct plot_looks {
    const struct plot_map *map;
    enum plot_by by;
    uint32_t heap[PLOT_SHADES - 1u]; /* slots of the first heaps that hold segments, PLOT_BY_HEAP */
    uint32_t heaps;
    uint32_t segments[PLOT_LOOKS]; /* how many look so */
};

void plot_looks_find(struct plot_looks *ret_looks, const struct plot_map *map, enum plot_by by);

enum plot_look plot_look_of(const struct plot_looks *looks, uint32_t segment);

const char *plot_look_colour(const struct plot_looks *looks, enum plot_look look);
void plot_look_words(const struct plot_looks *looks, enum plot_look look,
                     char word[PLOT_WORD_BYTES]);

#endif
