/* SPDX-License-Identifier: 0BSD */
/* What each picture is written by. All of them are 640 pixels wide, for a column of text and for a
 * phone, in colours that everybody can tell apart, and never by colour alone.
 */
#ifndef LOOKASIDE_PLOT_DRAW_H
#define LOOKASIDE_PLOT_DRAW_H

#include <stdio.h>

#include "plot_run.h"
#include "plot_words.h"

#define PLOT_WIDTH_PIXELS 640u

/* How the heap's segments of a map are told apart. */
enum plot_by { PLOT_BY_FILL, PLOT_BY_HEAP, PLOT_BY_BUCKET };

/* What the writers are handed. */
struct plot_picture {
    const struct plot_run *run;
    struct plot_heading heading;
    enum plot_by by; /* of the map */
};

/* Gnuplot scripts. */
void plot_script_live(FILE *out, const struct plot_picture *picture);
void plot_script_sizes(FILE *out, const struct plot_picture *picture);

/* Whole SVG files. */
void plot_svg_map(FILE *out, const struct plot_picture *picture);

/* The map for a terminal: at most 32 rows of 64 characters, and the figures. */
void plot_text_map(FILE *out, const struct plot_picture *picture);

/* The figures behind the pictures, blank-separated, with a line that names the columns. */
void plot_data_live(FILE *out, const struct plot_picture *picture);
void plot_data_sizes(FILE *out, const struct plot_picture *picture);
void plot_data_map(FILE *out, const struct plot_picture *picture);

/* Whether there is anything to draw: curves of an empty trace, sizes of one without objects. */
bool plot_has_live(const struct plot_run *run);
bool plot_has_sizes(const struct plot_run *run);

#endif
