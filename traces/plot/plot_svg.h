/* SPDX-License-Identifier: 0BSD */
/* The parts of the map's SVG. */
#ifndef LOOKASIDE_PLOT_SVG_H
#define LOOKASIDE_PLOT_SVG_H

#include "plot_draw.h"
#include "plot_looks.h"
#include "plot_rows.h"

/* A line of text; `style` is attributes of its element, or "". */
void plot_svg_text(FILE *out, uint32_t x, uint32_t y, const char *style, const char *text);

/* Rows of 64 segments, each segment a cell that shows how full it is; their height in pixels. */
void plot_svg_rows(FILE *out, const struct plot_looks *looks, const struct plot_rows *rows,
                   uint32_t left, uint32_t top);
uint32_t plot_svg_rows_height(const struct plot_rows *rows);

#endif
