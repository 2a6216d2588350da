/* SPDX-License-Identifier: 0BSD */
/* A target that only decodes: what is left of an engine's speed when a world costs nothing. The
 * others are measured against it and against an empty one.
 */
#include "target.h"

#include <lookaside/trace_bytes.h>

uint64_t fuzz_digest;
uint64_t fuzz_ops;

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    static struct trace_bytes input;
    struct trace_op op;

    fuzz_digest = 0;
    trace_bytes_open(&input, bytes, count);
    while (trace_bytes_next(&input, &op)) {
        fuzz_digest = fuzz_digest * 31u + op.kind + op.slot + op.bytes;
        fuzz_ops++;
    }
    return 0;
}
