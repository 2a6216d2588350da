/* SPDX-License-Identifier: 0BSD */
/* What `lookaside tune` left: tune.json, and beside it footprint.dat (docs/tuner.md). */
#ifndef LOOKASIDE_REPORT_TUNE_FILE_H
#define LOOKASIDE_REPORT_TUNE_FILE_H

#include <stdint.h>

#include "fields.h"
#include "matrix.h"

/* Waste in %, footprint as a ratio to live bytes. */
struct tune_classes {
    char *name;
    char *source;
    uint32_t buckets;
    double waste;
    double footprint;
};

struct tune_row {
    uint32_t buckets;
    double trained_waste;
    double judged_waste;
    double trained_footprint;
    double judged_footprint;
};

/* One moment of the trace the table is worst on. */
struct tune_moment {
    double op;
    double live_mib;
    double judged_mib;
    double kmalloc_mib;
};

#define TUNE_OURS "recommended, judged"

struct tune_file {
    char *command;
    char *corpus;
    char *objective;
    bool interrupted;
    bool promise_kept;
    struct tune_classes *classes;
    uint32_t class_count;
    struct tune_row *front;
    uint32_t front_count;
    struct tune_row recommended;
    struct matrix waste;     /* %, a row a trace: TUNE_OURS, then the classes */
    struct matrix footprint; /* peak over live peak; only traces that count */

    char *trace; /* of the moments; NULL: there is no footprint.dat */
    char *trace_path;
    struct tune_moment *moments;
    uint32_t moment_count;
};

/* Read `path` and what is beside it. False and fields->message if something is not as expected.
 * tune_file_free() in any case.
 */
bool tune_file_read(struct tune_file *ret_file, const char *path, struct fields *fields);
void tune_file_free(struct tune_file *file);

#endif
