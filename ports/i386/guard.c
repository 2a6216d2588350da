/* SPDX-License-Identifier: 0BSD */
/* User memory closed to the kernel, on processors that can: SMEP, so that it is not executed, and
 * SMAP, so that it is not read or written but by the copies of access.S.
 *
 * Source: Intel SDM vol. 3A, 4.6 (access rights), 2.5 (CR4).
 */
#include "i386.h"

#define CR4_SMEP      (UINT32_C(1) << 20)
#define CR4_SMAP      (UINT32_C(1) << 21)
#define FEATURE7_SMEP (UINT32_C(1) << 7)
#define FEATURE7_SMAP (UINT32_C(1) << 20)

uint32_t user_guard_smap; /* access.S and trap.S: STAC and CLAC exist, and matter */

uint32_t port_user_guard(bool on)
{
    uint32_t features = features_7_ebx();
    uint32_t bits = ((features & FEATURE7_SMEP) != 0 ? CR4_SMEP : 0) |
                    ((features & FEATURE7_SMAP) != 0 ? CR4_SMAP : 0);
    uint32_t cr4;

    if (bits == 0) /* a 486 may have no CR4 at all */
        return 0;
    __asm__ volatile("movl %%cr4, %0" : "=r"(cr4));
    cr4 = on ? cr4 | bits : cr4 & ~bits;
    user_guard_smap = on && (bits & CR4_SMAP) != 0;
    __asm__ volatile("movl %0, %%cr4" : : "r"(cr4) : "memory");
    return ((bits & CR4_SMEP) != 0 ? PORT_GUARDS_EXECUTION : 0u) |
           ((bits & CR4_SMAP) != 0 ? PORT_GUARDS_ACCESS : 0u);
}
