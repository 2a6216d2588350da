/* SPDX-License-Identifier: 0BSD */
/* The time stamp counter. Under QEMU's -icount it counts instructions. */
#include "i386.h"

#define EFLAGS_ID   0x200000u /* can be changed: there is CPUID */
#define CPUID_1_TSC 0x10u

static enum { UNKNOWN, NONE, THERE } counter;

static bool has_counter(void)
{
    uint32_t before;
    uint32_t after;
    uint32_t a = 1;
    uint32_t d;

    __asm__ volatile("pushfl\n\tpopl %0\n\tmovl %0, %1\n\txorl %2, %1\n\tpushl %1\n\tpopfl\n\t"
                     "pushfl\n\tpopl %1"
                     : "=&r"(before), "=&r"(after)
                     : "i"(EFLAGS_ID));
    if (((before ^ after) & EFLAGS_ID) == 0)
        return false;
    __asm__ volatile("cpuid" : "+a"(a), "=d"(d) : : "ebx", "ecx");
    return (d & CPUID_1_TSC) != 0;
}

uint64_t port_cycles(void)
{
    uint32_t low;
    uint32_t high;

    if (counter == UNKNOWN)
        counter = has_counter() ? THERE : NONE;
    if (counter == NONE)
        return 0;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return low | ((uint64_t)high << 32);
}
