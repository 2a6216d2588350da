/* SPDX-License-Identifier: 0BSD */
/* Traces told in other people's formats, for other people's programs. */
#ifndef LOOKASIDE_EXPORT_EXPORT_H
#define LOOKASIDE_EXPORT_EXPORT_H

#include "formats.h"

/* Write trace `input` to `output` ("-": stdout), whole or not at all. What the format cannot tell
 * is counted, a line each on `notes` with `name` in front. False and a message: no output file;
 * also if there is nothing in the trace that the format could tell.
 */
bool export_run(const struct export_format *format, const char *input, const char *output,
                const char *name, FILE *notes, char *error, size_t error_size);

#endif
