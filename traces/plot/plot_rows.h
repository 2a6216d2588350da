/* SPDX-License-Identifier: 0BSD */
/* Rows of the address space, for a look closer than 65,536 cells, as fine as a given number of rows
 * allows. Rows that are free, or in the middle of a region, are a gap.
 */
#ifndef LOOKASIDE_PLOT_ROWS_H
#define LOOKASIDE_PLOT_ROWS_H

#include "plot_map.h"

#define PLOT_ROW_CELLS 64u
#define PLOT_LINES_MAX 40u

/* A row, or a gap of two and more rows that are all the same. */
struct plot_row {
    uint32_t first_segment;
    uint32_t segments;
    enum plot_state gap; /* what the rows of the gap are; PLOT_STATES: a row */
};

struct plot_rows {
    uint32_t scale; /* segments a cell: 1, 2, 4, ... */
    uint32_t count;
    struct plot_row row[PLOT_LINES_MAX];
};

/* The finest scale with at most PLOT_LINES_MAX rows and gaps. */
void plot_rows_find(struct plot_rows *ret_rows, const struct plot_map *map);

#endif
