/* SPDX-License-Identifier: 0BSD */
/* The local interrupt controller stands between the 8259 and the processor. A BIOS opens the way;
 * the firmware of a QEMU microvm does not, and no timer interrupt would ever arrive.
 */
#include "i386.h"

#define MSR_APIC_BASE   0x1Bu
#define APIC_ENABLED    0x800u
#define REGISTER_SVR    (0xF0u / 4u) /* spurious interrupts; bit 8: enabled by software */
#define REGISTER_LINT0  (0x350u / 4u)
#define LVT_MASKED      0x10000u
#define DELIVERY_EXTINT 0x700u /* ask the 8259 for the vector */

void local_apic_start(void)
{
    uint32_t low;
    uint32_t high;

    if ((features_1_edx() & FEATURE_APIC) == 0)
        return;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_APIC_BASE));
    if ((low & APIC_ENABLED) == 0)
        return;

    volatile uint32_t *registers = port_window_open(low >> LA_PAGE_SHIFT);
    if ((registers[REGISTER_LINT0] & LVT_MASKED) != 0) {
        registers[REGISTER_SVR] |= 0x1FFu;
        registers[REGISTER_LINT0] = DELIVERY_EXTINT;
    }
    port_window_close((void *)(uintptr_t)registers);
}
