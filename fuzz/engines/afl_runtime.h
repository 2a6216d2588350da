/* SPDX-License-Identifier: 0BSD */
/* What instrumented code calls, and the target that afl_runtime.c runs. */
#ifndef LOOKASIDE_FUZZ_AFL_RUNTIME_H
#define LOOKASIDE_FUZZ_AFL_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

/* Called once before the first input, if the target has it. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* The counters of one shared object, one byte an edge. */
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);

#endif
