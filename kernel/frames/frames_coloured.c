/* SPDX-License-Identifier: 0BSD */
/* A list of free frames for each cache colour of each node.
 *
 * Source: the address thread ("a free list manager, which passes out free pages from a linked list
 * (where there are lists per-cache color per-NUMA domain)"). Colours: Bershad et al. 1994;
 * FreeBSD's PQ_L2_SIZE lists before 2002.
 * Algorithm: the wished node before the wished colour, because memory of another node costs more
 * than a conflict in the cache: this colour here, any colour here, then the same elsewhere. Without
 * a wish, colours take turns, so that a row of requests spreads over the cache.
 * Cost: O(colours x nodes) at worst, O(1) while lists are not empty; 4 bytes a frame.
 * Cannot give out rows, and knows no zones.
 * Not copied: links in the free frames themselves; a frame put back twice (a link says "in use").
 */
#include "frames.h"

#define LINK_USED   UINT32_MAX
#define LINK_ABSENT (UINT32_MAX - 1u) /* not of the map */

struct coloured {
    const struct frames_map *map;
    uint32_t end;
    uint32_t frames;
    uint32_t free;
    uint32_t next_colour; /* whose turn it is */
    uint32_t next_node;   /* where to begin without a wish */
    uint64_t probes;
    uint32_t *link;  /* of a free frame: the next in its list, or FRAMES_NONE */
    uint32_t list[]; /* [node][colour]: FRAMES_NONE: empty; the links follow */
};

static size_t bytes(const struct frames_map *map)
{
    size_t words = (size_t)map->nodes * map->colours + frames_end(map);

    return (sizeof(struct coloured) + words * sizeof(uint32_t) + 7u) & ~(size_t)7u;
}

static uint32_t *list_of(struct coloured *coloured, uint32_t node, uint32_t colour)
{
    return &coloured->list[node * coloured->map->colours + colour];
}

/* The node of a frame of the map. */
static uint32_t node_of(const struct coloured *coloured, uint32_t frame)
{
    const struct frames_range *range = coloured->map->ranges;

    while (frame - range->first >= range->count)
        range++;
    return range->node;
}

static void push(struct coloured *coloured, uint32_t frame, uint32_t node)
{
    uint32_t *list = list_of(coloured, node, frame & (coloured->map->colours - 1u));

    coloured->link[frame] = *list;
    *list = frame;
    coloured->free++;
}

static bool init(void *state, size_t state_bytes, const struct frames_map *map)
{
    struct coloured *coloured = state;

    if (!frames_map_valid(map) || state_bytes < bytes(map))
        return false;
    *coloured = (struct coloured){ .map = map, .end = frames_end(map) };
    coloured->link = &coloured->list[(size_t)map->nodes * map->colours];
    for (uint32_t i = 0; i < map->nodes * map->colours; i++)
        coloured->list[i] = FRAMES_NONE;
    for (uint32_t frame = 0; frame < coloured->end; frame++)
        coloured->link[frame] = LINK_ABSENT;
    for (uint32_t i = map->range_count; i-- > 0;) /* the lowest ends up first */
        for (uint32_t frame = map->ranges[i].first + map->ranges[i].count;
             frame-- > map->ranges[i].first;)
            if (frame != FRAMES_NONE) {
                push(coloured, frame, map->ranges[i].node);
                coloured->frames++;
            }
    return true;
}

static uint32_t alloc(void *state, const struct frames_request *request)
{
    struct coloured *coloured = state;
    uint32_t colours = coloured->map->colours;
    uint32_t nodes = coloured->map->nodes;
    uint32_t colour = request->colour != FRAMES_ANY ? request->colour : coloured->next_colour;
    uint32_t node = request->node != FRAMES_ANY ? request->node : coloured->next_node;

    if (request->count != 1u || request->zone != FRAMES_HIGH || node >= nodes)
        return FRAMES_NONE;
    for (uint32_t i = 0; i < nodes; i++, node = node + 1u < nodes ? node + 1u : 0u)
        for (uint32_t j = 0; j < colours; j++, colour++) {
            uint32_t *list = list_of(coloured, node, colour & (colours - 1u));
            uint32_t frame = *list;

            coloured->probes++;
            if (frame == FRAMES_NONE)
                continue;
            *list = coloured->link[frame];
            coloured->link[frame] = LINK_USED;
            coloured->free--;
            if (request->colour == FRAMES_ANY)
                coloured->next_colour = (frame + 1u) & (colours - 1u);
            if (request->node == FRAMES_ANY)
                coloured->next_node = node;
            return frame;
        }
    return FRAMES_NONE;
}

static bool free_row(void *state, uint32_t first, uint32_t count)
{
    struct coloured *coloured = state;

    if (count != 1u || first >= coloured->end || coloured->link[first] != LINK_USED)
        return false;
    push(coloured, first, node_of(coloured, first));
    return true;
}

static void counts(const void *state, struct frames_counts *ret_counts)
{
    const struct coloured *coloured = state;

    *ret_counts = (struct frames_counts){ .frames = coloured->frames,
                                          .free = coloured->free,
                                          .largest_row = coloured->free > 0,
                                          .metadata_bytes = bytes(coloured->map),
                                          .probes = coloured->probes };
    for (uint32_t frame = 0; frame < coloured->end; frame++)
        if (coloured->link[frame] < LINK_ABSENT)
            ret_counts->free_of_zone[frames_zone_of(coloured->map, frame)]++;
}

static const char *check(const void *state)
{
    const struct coloured *coloured = state;
    uint32_t colours = coloured->map->colours;
    uint32_t seen = 0;

    for (uint32_t i = 0; i < coloured->map->nodes * colours; i++)
        for (uint32_t frame = coloured->list[i]; frame != FRAMES_NONE;
             frame = coloured->link[frame]) {
            if (frame >= coloured->end || seen++ == coloured->free)
                return "a list is broken";
            if (node_of(coloured, frame) * colours + (frame & (colours - 1u)) != i)
                return "a frame is in a list of another colour or node";
        }
    return seen == coloured->free ? NULL : "a free frame is in no list";
}

const struct frames_strategy frames_coloured = {
    .name = "coloured",
    .what = "a list of free frames for each cache colour of each node",
    .can = FRAMES_COLOURED | FRAMES_NODED,
    .bytes = bytes,
    .init = init,
    .alloc = alloc,
    .free = free_row,
    .counts = counts,
    .check = check,
};
