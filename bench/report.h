/* SPDX-License-Identifier: 0BSD */
/* Tables of 100 columns for people. All are matrices: a row is one thing, a column one target, a
 * figure what the table is about.
 */
#ifndef LOOKASIDE_BENCH_REPORT_H
#define LOOKASIDE_BENCH_REPORT_H

#include <stdio.h>

#include "run.h"

/* Add machine, versions and settings to the context of the results. */
void report_describe(struct run *run);

/* Print what there is. */
void report_print(FILE *to, const struct run *run);

/* -- Matrices (report_matrix.c) ---------------------------------------------------------------- */

/* The figure of a result; false: none. */
typedef bool (*matrix_fn)(const struct results *results, const struct result *result,
                          const char *key, double *ret_figure);

struct matrix {
    const char *title;
    const char *kind;    /* only its results: "heap" */
    const char *variant; /* and of them only these: "cold"; "": warm time */
    matrix_fn figure;
    const char *key; /* handed to `figure` */
    int digits;      /* after the point */
    bool means;      /* geometric ones of each folder and of all */
    bool floors;     /* show them too */
    bool rivals;     /* only targets "rival-...", or only the others */
};

/* All of them, in the order they are printed (report_figures.c); a title NULL ends them. */
extern const struct matrix report_matrices[];

/* Print it for each ABI that has such results; nothing if there are none. */
void matrix_print(FILE *to, const struct results *results, const struct matrix *matrix);

#endif
