/* SPDX-License-Identifier: 0BSD */
/* What a run leaves behind: the text a person reads, the same figures as JSON, the table as C, and
 * pictures. Nothing here contains a date, a time or a path, so equal runs leave equal files.
 */
#ifndef LOOKASIDE_TUNE_REPORT_H
#define LOOKASIDE_TUNE_REPORT_H

#include "tuning.h"

#include <stdio.h>

/* Everything a newcomer needs to understand the run, about 100 columns wide. */
void report_text(FILE *out, const struct tuning *tuning);

/* The recommended table as a C file in the form of core/src/bucket_default.c. `command` is named in
 * its comment.
 */
void report_emit(FILE *out, const struct tuning *tuning, const char *command);

/* The same figures as JSON; docs/tuner.md describes the schema. False when memory is out. */
bool report_json(FILE *out, const struct tuning *tuning, const char *command);

/* waste.svg, sizes.svg and footprint.svg in `directory`, drawn by gnuplot from the .dat files
 * beside them. False and a message when a file cannot be written; *ret_drawn is false when gnuplot
 * is missing or fails.
 */
bool report_plots(const char *directory, const struct tuning *tuning, bool *ret_drawn,
                  char *message, size_t message_size);

/* Write `path` aside and rename it. `write` answers whether it could. False and a message else. */
typedef bool (*report_write_fn)(FILE *out, const void *context);
bool report_file(const char *path, report_write_fn write, const void *context, char *message,
                 size_t message_size);

#endif
