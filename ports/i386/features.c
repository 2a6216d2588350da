/* SPDX-License-Identifier: 0BSD */
/* What the processor can do: CPUID, where there is one. */
#include "i386.h"

#define EFLAGS_ID 0x200000u /* can be changed: there is CPUID */

static bool has_cpuid(void)
{
    uint32_t before;
    uint32_t after;

    __asm__ volatile("pushfl\n\tpopl %0\n\tmovl %0, %1\n\txorl %2, %1\n\tpushl %1\n\tpopfl\n\t"
                     "pushfl\n\tpopl %1"
                     : "=&r"(before), "=&r"(after)
                     : "i"(EFLAGS_ID));
    return ((before ^ after) & EFLAGS_ID) != 0;
}

uint32_t features_1_edx(void)
{
    uint32_t a = 1;
    uint32_t d;

    if (!has_cpuid())
        return 0;
    __asm__ volatile("cpuid" : "+a"(a), "=d"(d) : : "ebx", "ecx");
    return d;
}

uint32_t features_7_ebx(void)
{
    uint32_t a = 0;
    uint32_t b;
    uint32_t c = 0;
    uint32_t d;

    if (!has_cpuid())
        return 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (a < 7u)
        return 0;
    a = 7;
    c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b;
}
