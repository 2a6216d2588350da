/* SPDX-License-Identifier: 0BSD */
/* What code that was compiled for an engine's counters asks for, where no engine is. */
#include "../engines/no_comparisons.h"

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
