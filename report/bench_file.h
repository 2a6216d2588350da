/* SPDX-License-Identifier: 0BSD */
/* What `lookaside bench --json FILE` wrote, in Google Benchmark's format, with a list of problems
 * ("NAME: WHAT") beside the cases. Repetitions of a case are
 * one case here, each of its figures their median.
 */
#ifndef LOOKASIDE_REPORT_BENCH_FILE_H
#define LOOKASIDE_REPORT_BENCH_FILE_H

#include <stdint.h>

#include "bench_names.h"
#include "fields.h"
#include "matrix.h"

/* Figures of a case; NaN where it has none. */
enum bench_figure {
    BENCH_NS, /* CPU time, or instructions, per operation, the loop around it included */
    BENCH_P50_NS,
    BENCH_P99_NS,
    BENCH_P999_NS,
    BENCH_MAX_NS,
    BENCH_LIVE_PEAK_BYTES,
    BENCH_PEAK_BYTES, /* resident */
    BENCH_MEAN_BYTES,
    BENCH_LIVE_MEAN_BYTES,
    BENCH_USABLE_MEAN_BYTES, /* of the live blocks */
    BENCH_END_BYTES,
    BENCH_TRIMMED_BYTES,
    BENCH_EMPTY_BYTES,
    BENCH_PAGES_PEAK, /* committed */
    BENCH_FAILED,
    BENCH_RESERVES,
    BENCH_FREE_SEGMENTS,
    BENCH_LARGEST_SEGMENTS,
    BENCH_FIGURES
};

struct bench_case {
    struct bench_name name;
    double figures[BENCH_FIGURES];
    char *error;  /* why it has no figures; NULL: it has */
    json_t *runs; /* its repetitions, or the one object with their medians */
    bool is_median;
};

struct bench_file {
    json_t *root;
    struct bench_case *cases; /* in the order of the file */
    uint32_t count;
    bool counted;       /* instructions, no times */
    uint32_t strangers; /* cases whose names are not `lookaside bench`'s */
};

/* Read `path`. False and fields->message if it is not what is expected. bench_file_free() in any
 * case.
 */
bool bench_file_read(struct bench_file *ret_file, const char *path, struct fields *fields);
void bench_file_free(struct bench_file *file);

/* Whether the case took the time of operations, and nothing else on the side. */
bool bench_case_is_timed(const struct bench_case *one);

/* The case that differs from `like` in its target only and is timed; NULL: none. */
const struct bench_case *bench_file_find(const struct bench_file *file,
                                         const struct bench_case *like, const char *target);

/* Time per operation without the loop: minus its floor. Floors that are not there count as 0, and
 * *ret_is_gross is set. NaN: not timed.
 */
double bench_case_net_ns(const struct bench_file *file, const struct bench_case *one,
                         bool *ret_is_gross);

/* The `number`th pair of kind and variant, in the order of the file, i386 before others; the ABI
 * too. Only of cases for which `has` holds. NULL after the last.
 */
typedef bool (*bench_has_fn)(const struct bench_case *one);
const struct bench_case *bench_file_group(const struct bench_file *file, uint32_t number,
                                          bench_has_fn has);

bool bench_same_group(const struct bench_case *left, const struct bench_case *right);

#endif
