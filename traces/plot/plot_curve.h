/* SPDX-License-Identifier: 0BSD */
/* Levels over a whole trace, as a picture can show them: the trace is cut into a few hundred
 * columns of equal length, and each keeps the lowest and the highest value it saw. So a peak of one
 * op is in the picture, and as high as it was.
 */
#ifndef LOOKASIDE_PLOT_CURVE_H
#define LOOKASIDE_PLOT_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#define PLOT_COLUMNS_MAX 480u /* about one a pixel of the picture */

enum plot_level {
    PLOT_LIVE_BYTES,
    PLOT_FOOTPRINT_PAGES,    /* of heaps and their metadata */
    PLOT_STACK_PAGES,        /* of stacks that have memory */
    PLOT_USED_SEGMENTS,      /* of the VAS */
    PLOT_COMMITTED_SEGMENTS, /* of those, the ones that are neither reserved nor a stack's */
    PLOT_LEVELS
};

/* Where a column begins follows from its number: number * width. */
struct plot_column {
    uint32_t low[PLOT_LEVELS];
    uint32_t high[PLOT_LEVELS];
};

struct plot_curve {
    uint64_t length; /* of the trace: ops of every kind, or nanoseconds */
    uint64_t width;  /* of a column; the last one may be cut */
    uint32_t count;  /* columns; 0 for an empty trace */
    uint32_t at;     /* private: the column being filled */
    bool begun;      /* private: it was added to */
    uint32_t now[PLOT_LEVELS];
    uint32_t peak[PLOT_LEVELS];
    struct plot_column column[PLOT_COLUMNS_MAX];
};

/* A curve over `length` ops or nanoseconds, everything 0. */
void plot_curve_init(struct plot_curve *curve, uint64_t length);

/* The levels are `levels` from `position` (0 to length - 1, never falling) on. */
void plot_curve_add(struct plot_curve *curve, uint64_t position,
                    const uint32_t levels[PLOT_LEVELS]);

/* The last levels stay to the end. */
void plot_curve_finish(struct plot_curve *curve);

/* Where column `column` ends. */
uint64_t plot_curve_end(const struct plot_curve *curve, uint32_t column);

#endif
