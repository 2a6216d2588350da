/* SPDX-License-Identifier: 0BSD */
/* Medians. */
#include "statistics.h"

#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The value `quarters` quarters up the sorted values, between two of them where it must. */
static double quantile(const double *sorted, uint32_t count, uint32_t quarters)
{
    uint32_t scaled = (count - 1u) * quarters;
    uint32_t below = scaled / 4u;
    uint32_t above = below + 1u < count ? below + 1u : below;
    double part = (double)(scaled % 4u) / 4.0;

    return sorted[below] + part * (sorted[above] - sorted[below]);
}

struct spread spread_of(double *values, uint32_t count)
{
    qsort(values, count, sizeof *values, compare);
    return (struct spread){ .median = quantile(values, count, 2),
                            .lower = quantile(values, count, 1),
                            .upper = quantile(values, count, 3),
                            .min = values[0],
                            .max = values[count - 1u] };
}
