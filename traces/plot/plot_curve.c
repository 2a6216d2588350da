/* SPDX-License-Identifier: 0BSD */
/* Columns of a curve. A column begins with the levels of the one before, unless they change at its
 * very beginning: then they had no length in it.
 */
#include "plot_curve.h"

#include <string.h>

static void open_column(struct plot_curve *curve, uint32_t column)
{
    curve->at = column;
    curve->begun = false;
    memcpy(curve->column[column].low, curve->now, sizeof curve->now);
    memcpy(curve->column[column].high, curve->now, sizeof curve->now);
}

void plot_curve_init(struct plot_curve *curve, uint64_t length)
{
    memset(curve, 0, sizeof *curve);
    curve->length = length;
    curve->width = length / PLOT_COLUMNS_MAX + (length % PLOT_COLUMNS_MAX != 0);
    if (length == 0)
        return;
    curve->count = (uint32_t)((length - 1u) / curve->width) + 1u;
    open_column(curve, 0);
}

void plot_curve_add(struct plot_curve *curve, uint64_t position, const uint32_t levels[PLOT_LEVELS])
{
    uint32_t column = (uint32_t)(position / curve->width);

    while (curve->at < column)
        open_column(curve, curve->at + 1u);
    memcpy(curve->now, levels, sizeof curve->now);
    if (position == column * curve->width && !curve->begun)
        open_column(curve, column);
    curve->begun = true;
    for (int i = 0; i < PLOT_LEVELS; i++) {
        struct plot_column *at = &curve->column[column];

        if (levels[i] < at->low[i])
            at->low[i] = levels[i];
        if (levels[i] > at->high[i])
            at->high[i] = levels[i];
        if (levels[i] > curve->peak[i])
            curve->peak[i] = levels[i];
    }
}

void plot_curve_finish(struct plot_curve *curve)
{
    while (curve->at + 1u < curve->count)
        open_column(curve, curve->at + 1u);
}

uint64_t plot_curve_end(const struct plot_curve *curve, uint32_t column)
{
    return column + 1u < curve->count ? (column + 1u) * curve->width : curve->length;
}
