/* SPDX-License-Identifier: 0BSD */
/* Rows and columns, and what ours is to the others. */
#include "matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

struct matrix_row *matrix_row(struct matrix *matrix, const char *name)
{
    struct matrix_row *row;

    for (uint32_t i = 0; i < matrix->row_count; i++)
        if (strcmp(matrix->rows[i].name, name) == 0)
            return &matrix->rows[i];
    matrix->rows = must_grow(matrix->rows, matrix->row_count, sizeof *matrix->rows);
    row = &matrix->rows[matrix->row_count++];
    memset(row, 0, sizeof *row);
    row->name = must_copy(name);
    for (uint32_t i = 0; i < MATRIX_COLUMNS_MAX; i++)
        row->cells[i] = NAN;
    return row;
}

uint32_t matrix_column(struct matrix *matrix, const char *name)
{
    for (uint32_t i = 0; i < matrix->column_count; i++)
        if (strcmp(matrix->columns[i], name) == 0)
            return i;
    if (matrix->column_count == MATRIX_COLUMNS_MAX) {
        matrix->overfull = true;
        return MATRIX_COLUMNS_MAX - 1u;
    }
    matrix->columns[matrix->column_count] = must_copy(name);
    return matrix->column_count++;
}

void matrix_free(struct matrix *matrix)
{
    for (uint32_t i = 0; i < matrix->row_count; i++)
        free(matrix->rows[i].name);
    for (uint32_t i = 0; i < matrix->column_count; i++)
        free(matrix->columns[i]);
    free(matrix->rows);
    *matrix = (struct matrix){ .row_count = 0 };
}

struct matrix_ratio matrix_ratio(const struct matrix *matrix, uint32_t ours, uint32_t theirs)
{
    struct matrix_ratio ratio = { .mean = NAN };
    double sum = 0;
    uint32_t positive = 0;

    for (uint32_t i = 0; i < matrix->row_count; i++) {
        double our = matrix->rows[i].cells[ours];
        double their = matrix->rows[i].cells[theirs];

        if (isnan(our) || isnan(their))
            continue;
        ratio.rows++;
        ratio.better += our < their;
        ratio.worse += our > their;
        if (our > 0 && their > 0) {
            sum += log(our / their);
            positive++;
        }
    }
    if (positive > 0)
        ratio.mean = exp(sum / positive);
    return ratio;
}

/* Unknown means come last. */
static double strength(const struct matrix *matrix, uint32_t ours, uint32_t theirs)
{
    double mean = matrix_ratio(matrix, ours, theirs).mean;

    return isnan(mean) ? -1.0 : mean;
}

void matrix_order(const struct matrix *matrix, uint32_t ours,
                  uint32_t ret_order[MATRIX_COLUMNS_MAX])
{
    double strengths[MATRIX_COLUMNS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < matrix->column_count; i++) {
        uint32_t at = count++;

        strengths[i] = i == ours ? INFINITY : strength(matrix, ours, i);
        for (; at > 0 && strengths[ret_order[at - 1u]] < strengths[i]; at--)
            ret_order[at] = ret_order[at - 1u];
        ret_order[at] = i;
    }
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

double matrix_median(double *values, uint32_t count)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof *values, compare_doubles);
    return (values[(count - 1u) / 2u] + values[count / 2u]) / 2.0;
}
