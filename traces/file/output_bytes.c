/* SPDX-License-Identifier: 0BSD */
/* The byte form of a trace, op by op. */
#include "output_bytes.h"

#include "../format/kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool output_bytes_put(struct output_bytes *output, const struct trace_op *op)
{
    uint8_t record[TRACE_BYTES_RECORD];
    enum trace_bytes_answer answer;

    if (!kind_op_valid(op)) {
        errno = EINVAL;
        return false;
    }
    answer = trace_bytes_put(op, record);
    if (answer == TRACE_BYTES_CANNOT) {
        output->losses.left_out++;
        return true;
    }
    if (output->records == TRACE_BYTES_OPS_MAX) {
        output->losses.cut++;
        return true;
    }
    output->losses.changed += answer == TRACE_BYTES_CLOSE;
    memcpy(output->bytes + TRACE_BYTES_HEADER + (size_t)output->records * TRACE_BYTES_RECORD,
           record, TRACE_BYTES_RECORD);
    output->records++;
    return true;
}

static uint8_t geometry_of(const char *text)
{
    static const char *const names[] = { "any", "full", "small", "tiny" };
    char value[16];

    if (trace_text_value(text, "geometry", value, sizeof value))
        for (uint8_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strcmp(value, names[i]) == 0)
                return i;
    return TRACE_BYTES_ANY;
}

size_t output_bytes_finish(struct output_bytes *output, const char *text)
{
    struct trace_bytes_header header = { .geometry = geometry_of(text),
                                         .ops_max = 256,
                                         .seed = TRACE_BYTES_SEED };
    char value[16];

    if (trace_text_value(text, "shape", value, sizeof value))
        header.shape = (uint8_t)strtoul(value, NULL, 10);
    if (trace_text_value(text, "content-seed", value, sizeof value))
        header.seed = (uint32_t)strtoul(value, NULL, 10);
    if (output->records > 256u)
        header.ops_max = output->records <= 1024u ? 1024 : output->records <= 2048u ? 2048 : 4096;
    trace_bytes_put_header(&header, output->bytes);
    return TRACE_BYTES_HEADER + (size_t)output->records * TRACE_BYTES_RECORD;
}
