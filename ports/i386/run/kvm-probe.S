/* SPDX-License-Identifier: 0BSD */
/* Whether an accelerator runs a 32-bit kernel with paging: prints A, loads CR3 and CR4 and prints
 * B, turns paging on and prints C, and leaves with "passed". On some hosts (nested, paravirtual)
 * KVM dies between B and C, and QEMU then exits with 0 as if all were well.
 */
.code32
.section .text
.balign 4
.long 0x1badb002, 0, -0x1badb002

.macro print character
    mov $0x3f8, %dx
    mov $\character, %al
    outb %al, (%dx)
.endm

.globl _start
_start:
    print 'A'
    mov $directory, %eax
    mov %eax, %cr3
    mov $0x10, %eax /* PSE: pages of 4 MiB need no tables */
    mov %eax, %cr4
    print 'B'
    mov %cr0, %eax
    or $0x80000001, %eax
    mov %eax, %cr0
    print 'C'
    print '\n'
    mov $0x10, %al
    mov $0xf4, %dx
    outl %eax, (%dx)
1:  hlt
    jmp 1b

.section .data
.balign 4096
directory: /* address = physical address; present, writable, 4 MiB */
.rept 1024
    .long 0x83 + (. - directory) / 4 * 0x400000
.endr
.section .note.GNU-stack,"",@progbits
