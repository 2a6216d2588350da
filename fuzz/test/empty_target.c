/* SPDX-License-Identifier: 0BSD */
/* The smallest fuzz target: whether this compiler has an engine. */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    (void)bytes;
    (void)count;
    return 0;
}
