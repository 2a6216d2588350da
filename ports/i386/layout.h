/* SPDX-License-Identifier: 0BSD */
/* The i386 address map, selectors and trap numbers: shared by C, assembly and the linker script.
 *
 *   00000000 never mapped   00001000 user ... bfffffff
 *   c0000000 direct map of the first 768 MiB; the kernel's image is part of it
 *   f0000000 kernel ranges, given out by the kernel's own vas
 *   ffb00000 temporary mappings (256 pages)
 *   ffc00000 the active space's page tables, through the directory's last entry, which points to
 *            the directory itself; so fffff000 is the directory
 */
#ifndef I386_LAYOUT_H
#define I386_LAYOUT_H

#define PAGE_BYTES      0x1000
#define KERNEL_BASE     0xC0000000
#define LOAD_ADDRESS    0x100000   /* physical: 1 MiB */
#define DIRECT_FRAMES   0x30000    /* 768 MiB of 4 KiB */
#define RANGES_FIRST    0xF0000000 /* = KERNEL_BASE + 768 MiB */
#define RANGES_END      0xFFB00000
#define WINDOWS_FIRST   0xFFB00000
#define TABLES_FIRST    0xFFC00000
#define DIRECTORY       0xFFFFF000
#define KERNEL_PDE      768 /* KERNEL_BASE >> 22 */
#define RECURSIVE_PDE   1023
#define DIRECT_TABLES   192 /* DIRECT_FRAMES / 1024 */
#define BOOT_TABLES     255 /* c0000000 to ffbfffff, 4 MiB each */
#define IDENTITY_TABLES 4   /* 16 MiB, while booting */

#define PTE_PRESENT  0x001
#define PTE_WRITE    0x002
#define PTE_USER     0x004
#define PTE_UNCACHED 0x018 /* PCD, PWT */
#define PTE_ACCESSED 0x020
#define PTE_DIRTY    0x040
#define PTE_FRAME    0xFFFFF000

#define CR0_PE 0x00000001
#define CR0_EM 0x00000004 /* the kernel and its programs use no floating point */
#define CR0_WP 0x00010000
#define CR0_PG 0x80000000

#define SELECTOR_CODE         0x08
#define SELECTOR_DATA         0x10
#define SELECTOR_USER_CODE    0x1B
#define SELECTOR_USER_DATA    0x23
#define SELECTOR_TSS          0x28
#define SELECTOR_DOUBLE_FAULT 0x30
#define GDT_ENTRIES           7

#define VECTOR_IRQ    32 /* 16 of them */
#define VECTOR_SYSTEM 0x80

#define EFLAGS_FIXED 0x002
#define EFLAGS_IF    0x200
#define EFLAGS_NT    0x4000

#define BOOT_STACK_BYTES         0x4000
#define DOUBLE_FAULT_STACK_BYTES 0x2000

#endif
