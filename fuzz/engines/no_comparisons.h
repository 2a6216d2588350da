/* SPDX-License-Identifier: 0BSD */
/* Comparisons and values are traced for libFuzzer, in code that is compiled once for all who run
 * it: definitions that do nothing, for a program without libFuzzer. Included by one file of it.
 */
#ifndef LOOKASIDE_FUZZ_ENGINES_NO_COMPARISONS_H
#define LOOKASIDE_FUZZ_ENGINES_NO_COMPARISONS_H

#include <stdint.h>

#define IGNORE_COMPARISON(name, type)                                                              \
    __attribute__((weak)) void name(type left, type right);                                        \
    void name(type left, type right)                                                               \
    {                                                                                              \
        (void)left;                                                                                \
        (void)right;                                                                               \
    }
IGNORE_COMPARISON(__sanitizer_cov_trace_cmp1, uint8_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_cmp2, uint16_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_cmp4, uint32_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_cmp8, uint64_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp1, uint8_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp2, uint16_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp4, uint32_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp8, uint64_t)

#define IGNORE_VALUE(name, type)                                                                   \
    __attribute__((weak)) void name(type value);                                                   \
    void name(type value)                                                                          \
    {                                                                                              \
        (void)value;                                                                               \
    }
IGNORE_VALUE(__sanitizer_cov_trace_div4, uint32_t)
IGNORE_VALUE(__sanitizer_cov_trace_div8, uint64_t)
IGNORE_VALUE(__sanitizer_cov_trace_gep, uintptr_t)
IGNORE_VALUE(__sanitizer_cov_trace_pc_indir, uintptr_t)

__attribute__((weak)) void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases);

void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases)
{
    (void)value;
    (void)cases;
}

#endif
