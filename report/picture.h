/* SPDX-License-Identifier: 0BSD */
/* Pictures of the page: gnuplot draws them, the SVG goes into the page itself. */
#ifndef LOOKASIDE_REPORT_PICTURE_H
#define LOOKASIDE_REPORT_PICTURE_H

#include "page.h"

#define PICTURE_SERIES_MAX MATRIX_COLUMNS_MAX
#define PICTURE_WIDTH      480u

struct picture {
    struct must_text script;
    FILE *out; /* the script: settings may be added until the first series */
    char *names[PICTURE_SERIES_MAX];
    const char *styles[PICTURE_SERIES_MAX]; /* of plot: "lines"; ours */
    uint32_t points[PICTURE_SERIES_MAX];
    uint32_t series;
};

/* Begin one of that many pixels in height. Axis titles are our words. */
void picture_begin(struct picture *picture, uint32_t height, const char *x_title,
                   const char *y_title);

/* The next series. Past the limit it and its points are left out. Each has a colour and a sign of
 * its own.
 */
void picture_series(struct picture *picture, const char *name, const char *style);
void picture_point(struct picture *picture, double x, double y);

/* A label on an axis ("x" or "y"), or several: the first begins, the rest add. */
void picture_tic(struct picture *picture, const char *axis, const char *label, double at);

/* Draw it into the page, unless it has no point; `caption` says what is to be seen. Frees the
 * picture.
 */
void picture_end(struct page *page, struct picture *picture, const char *caption);

/* Of each row of a matrix, what ours is to each other column: below 1 ours is less. */
void picture_ratios(struct page *page, const struct matrix *matrix, uint32_t ours,
                    const char *caption);

/* The figures themselves, from 0 on. */
void picture_values(struct page *page, const struct matrix *matrix, uint32_t ours,
                    const char *x_title, const char *caption);

#endif
