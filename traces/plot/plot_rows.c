/* SPDX-License-Identifier: 0BSD */
/* Rows that must be shown, and gaps. */
#include "plot_rows.h"

/* Whether a segment says nothing that a word for many of them would not. */
static bool is_plain(const struct plot_segment *segment)
{
    switch (segment->state) {
    case PLOT_FREE:
    case PLOT_OUTSIDE:
    case PLOT_RESERVED:
    case PLOT_COMMITTED: return true;
    case PLOT_HEAP:
        return segment->bucket == PLOT_BUCKET_LARGE && segment->full_permille == PLOT_FULL;
    case PLOT_STACK: return segment->pages == 0;
    default: return false;
    }
}

/* What all of a row is, or PLOT_STATES: then it must be shown. Segment 0 is no reason to. */
static enum plot_state gap_of(const struct plot_map *map, uint32_t first, uint32_t segments)
{
    enum plot_state gap = (enum plot_state)map->segment[first + segments - 1u].state;

    for (uint32_t i = first; i < first + segments; i++) {
        const struct plot_segment *at = &map->segment[i];

        if (!is_plain(at) || (at->first && i != first))
            return PLOT_STATES;
        if (at->state != gap && i != 0)
            return PLOT_STATES;
    }
    return gap;
}

/* False if there are too many. */
static bool find_at(struct plot_rows *rows, const struct plot_map *map)
{
    uint32_t segments = PLOT_ROW_CELLS * rows->scale;
    struct plot_row *row = NULL;

    rows->count = 0;
    for (uint32_t first = 0; first < LA_SEGMENTS; first += segments) {
        enum plot_state gap = gap_of(map, first, segments);

        if (row && gap != PLOT_STATES && row->gap == gap && !map->segment[first].first) {
            row->segments += segments;
            continue;
        }
        if (row && row->segments == segments)
            row->gap = PLOT_STATES; /* a row is as good as a word about it */
        if (rows->count == PLOT_LINES_MAX)
            return false;
        row = &rows->row[rows->count++];
        *row = (struct plot_row){ first, segments, gap };
    }
    if (row->segments == segments)
        row->gap = PLOT_STATES;
    return true;
}

/* 64 * 32 segments a row are 32 rows at most. */
_Static_assert(PLOT_ROW_CELLS * 32u * PLOT_LINES_MAX >= LA_SEGMENTS, "some scale is coarse enough");

void plot_rows_find(struct plot_rows *ret_rows, const struct plot_map *map)
{
    ret_rows->scale = 1;
    while (!find_at(ret_rows, map))
        ret_rows->scale *= 2u;
}
