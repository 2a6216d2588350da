/* SPDX-License-Identifier: 0BSD */
/* The first instructions: page tables for the whole kernel half, paging on, up to port_start() in
 * the direct map. Multiboot 1: EAX holds its magic, EBX the physical address of its facts, paging
 * is off, memory of .bss is zero.
 */
#include "layout.h"

#define PHYSICAL(symbol) ((symbol) - KERNEL_BASE)

#define MULTIBOOT_MAGIC 0x1BADB002
#define MULTIBOOT_FLAGS 0x3 /* modules on page boundaries; tell about memory */

        .section .boot.header, "a"
        .align 4
        .long MULTIBOOT_MAGIC
        .long MULTIBOOT_FLAGS
        .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        .section .boot, "ax"
        .globl boot_start
boot_start:
        cli
        cld
        movl %eax, %esi
        /* Is there memory for the image, page tables included? The loader only looks at the file.
         */
        cmpl $image_kib, 8(%ebx) /* KiB from 1 MiB on */
        jb too_little
        /* The direct map: 196,608 entries in a row, for the frames 0, 1, 2, ... */
        movl $PHYSICAL(boot_tables), %edi
        movl $(PTE_PRESENT | PTE_WRITE), %eax
        movl $DIRECT_FRAMES, %ecx
1:      stosl
        addl $PAGE_BYTES, %eax
        decl %ecx
        jnz 1b
        /* The directory: 255 tables for the kernel half, the directory itself in the last entry. */
        movl $(PHYSICAL(boot_directory) + 4 * KERNEL_PDE), %edi
        movl $(PHYSICAL(boot_tables) + PTE_PRESENT + PTE_WRITE), %eax
        movl $BOOT_TABLES, %ecx
2:      stosl
        addl $PAGE_BYTES, %eax
        decl %ecx
        jnz 2b
        movl $(PHYSICAL(boot_directory) + PTE_PRESENT + PTE_WRITE), (%edi)
        /* The instruction after the one that turns paging on is fetched from where it was loaded.
         */
        movl PHYSICAL(boot_directory) + 4 * KERNEL_PDE, %eax
        movl %eax, PHYSICAL(boot_directory)
        movl $PHYSICAL(boot_directory), %eax
        movl %eax, %cr3
        movl %cr0, %eax
        orl $(CR0_PG | CR0_WP | CR0_EM), %eax
        movl %eax, %cr0
        movl $boot_high, %eax
        jmp *%eax

too_little:
        movl $too_little_text, %esi
        movw $0x3F8, %dx /* COM1, as the firmware left it */
1:      lodsb
        testb %al, %al
        jz 2f
        outb %al, %dx
        jmp 1b
2:      movl $0x11, %eax /* PORT_FAILED */
        movw $0xF4, %dx
        outl %eax, %dx
3:      hlt
        jmp 3b
too_little_text:
        .asciz "TAP version 13\nBail out! out of memory at boot\n"

        .text
boot_high:
        movl $(boot_stack + BOOT_STACK_BYTES), %esp
        xorl %ebp, %ebp /* the end of every backtrace */
        pushl %ebp
        pushl %ebx
        pushl %esi
        call port_start
        movl $0x14, %eax /* PORT_FELL_OFF */
        movw $0xF4, %dx
        outl %eax, %dx
4:      hlt
        jmp 4b

        .bss
        .align PAGE_BYTES
        /* The page below each stack is a guard: paging_start() unmaps it. */
        .globl boot_guard, boot_stack, double_fault_guard, double_fault_stack, boot_directory
boot_guard:
        .skip PAGE_BYTES
boot_stack:
        .skip BOOT_STACK_BYTES
double_fault_guard:
        .skip PAGE_BYTES
double_fault_stack:
        .skip DOUBLE_FAULT_STACK_BYTES
boot_directory:
        .skip PAGE_BYTES

        .section .boot_tables, "aw", @nobits
        .align PAGE_BYTES
        .globl boot_tables
boot_tables:
        .skip PAGE_BYTES * BOOT_TABLES

        .section .note.GNU-stack, "", @progbits
