/* SPDX-License-Identifier: 0BSD */
/* What a fuzz target has for an engine, and for a plain replay of files. */
#ifndef LOOKASIDE_FUZZ_TARGETS_TARGET_H
#define LOOKASIDE_FUZZ_TARGETS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before the first input. Engines call it if there is one. */
int LLVMFuzzerInitialize(int *argument_count, char ***arguments);

/* One input, any bytes. Returns 0, or aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* The digest of the last input's operations, where a target has one. */
extern uint64_t fuzz_digest;

/* Operations that were run and checked since the beginning, where a target has some. */
extern uint64_t fuzz_ops;

/* The core's targets only: the same run with its nth commit refused (0: none), or all from then on.
 * Answers the commits that were asked for.
 */
uint64_t fuzz_run_failing(const uint8_t *bytes, size_t count, uint32_t nth, bool always)
    __attribute__((weak));

#endif
