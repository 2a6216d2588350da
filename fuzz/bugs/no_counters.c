/* SPDX-License-Identifier: 0BSD */
/* What code that was compiled for an engine's counters asks for, where no engine is. */
#include <stdint.h>

void __sanitizer_cov_8bit_counters_init(char *start, char *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);

void __sanitizer_cov_8bit_counters_init(char *start, char *stop)
{
    (void)start;
    (void)stop;
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
    (void)start;
    (void)stop;
}

#define IGNORE_COMPARISON(function, type)                                                          \
    void function(type a, type b);                                                                 \
    void function(type a, type b)                                                                  \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
    }

IGNORE_COMPARISON(__sanitizer_cov_trace_cmp1, uint8_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_cmp2, uint16_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_cmp4, uint32_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_cmp8, uint64_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp1, uint8_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp2, uint16_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp4, uint32_t)
IGNORE_COMPARISON(__sanitizer_cov_trace_const_cmp8, uint64_t)

void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases);

void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases)
{
    (void)value;
    (void)cases;
}
