/* SPDX-License-Identifier: 0BSD */
/* A trace that is to be written in byte form: records in memory, and what they cannot tell. */
#ifndef LOOKASIDE_FILE_OUTPUT_BYTES_H
#define LOOKASIDE_FILE_OUTPUT_BYTES_H

#include "trace_file.h"

#include <lookaside/trace_bytes.h>

/* Zeroed at the start. */
struct output_bytes {
    uint32_t records;
    struct trace_losses losses;
    uint8_t bytes[TRACE_BYTES_SIZE_MAX];
};

/* Append an op, or count it as lost. False and EINVAL: it is outside the format's domain. */
bool output_bytes_put(struct output_bytes *output, const struct trace_op *op);

/* Fill in the header, for which `text` may have the lines geometry, shape and content-seed. Answers
 * the number of bytes.
 */
size_t output_bytes_finish(struct output_bytes *output, const char *text);

#endif
