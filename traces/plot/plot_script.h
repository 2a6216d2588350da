/* SPDX-License-Identifier: 0BSD */
/* What the gnuplot scripts have in common: size, heading, panels above each other. */
#ifndef LOOKASIDE_PLOT_SCRIPT_H
#define LOOKASIDE_PLOT_SCRIPT_H

#include "plot_colours.h"
#include "plot_draw.h"

/* Terminal, heading and everything that is the same in all panels. */
void plot_script_begin(FILE *out, const struct plot_picture *picture, uint32_t pixels);

/* One of several panels above each other, with one x axis below the last one. */
struct plot_panel {
    uint32_t number; /* from the top */
    uint32_t count;
    uint32_t lines; /* in its legend, two beside each other */
    const char *x_name;
};
void plot_script_panel(FILE *out, uint32_t pixels, const struct plot_panel *panel);

#endif
