/* SPDX-License-Identifier: 0BSD */
/* Figures of many targets on many subjects: a row for each trace or work, a column for each
 * allocator or class list, and which column is ours. Less is better in all of them.
 */
#ifndef LOOKASIDE_REPORT_MATRIX_H
#define LOOKASIDE_REPORT_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#define MATRIX_COLUMNS_MAX 32u

struct matrix_row {
    char *name;
    double cells[MATRIX_COLUMNS_MAX];    /* NaN: not known */
    const char *why[MATRIX_COLUMNS_MAX]; /* it is not known; NULL: not said. The caller's */
};

struct matrix {
    struct matrix_row *rows;
    uint32_t row_count;
    char *columns[MATRIX_COLUMNS_MAX];
    uint32_t column_count;
    bool overfull; /* a column had no place */
};

/* Where it is; made if there is none. A column too many is noted and shares the last's place. */
struct matrix_row *matrix_row(struct matrix *matrix, const char *name);
uint32_t matrix_column(struct matrix *matrix, const char *name);
void matrix_free(struct matrix *matrix);

/* Ours beside one other column, over the rows where both are known. */
struct matrix_ratio {
    uint32_t rows;
    uint32_t better; /* ours is less */
    uint32_t worse;
    double mean; /* geometric, of ours / theirs, over the rows where both are above 0; NaN: none */
};

struct matrix_ratio matrix_ratio(const struct matrix *matrix, uint32_t ours, uint32_t theirs);

/* Columns in the order of a table: `ours`, then by the mean ratio, the strongest other first. */
void matrix_order(const struct matrix *matrix, uint32_t ours,
                  uint32_t ret_order[MATRIX_COLUMNS_MAX]);

/* The middle of `count` values (of the two middle ones the mean); sorts them. NaN: none. */
double matrix_median(double *values, uint32_t count);

#endif
