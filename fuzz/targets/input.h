/* SPDX-License-Identifier: 0BSD */
/* An input of the core's targets: any bytes are a world's shape and operations. */
#ifndef LOOKASIDE_FUZZ_TARGETS_INPUT_H
#define LOOKASIDE_FUZZ_TARGETS_INPUT_H

#include <lookaside/trace.h>

struct input {
    const uint8_t *at;
    const uint8_t *end;
    uint32_t shape;
    uint32_t ops_left;
};

void input_open(struct input *input, const uint8_t *bytes, size_t count);

/* The next operation; false after the last one, or when the work of a run is used up. */
bool input_next(struct input *input, struct trace_op *ret_op);

#endif
