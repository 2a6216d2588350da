/* SPDX-License-Identifier: 0BSD */
/* Guests as small as they get, one for each way a boot can end; -DENDING_... chooses. They show
 * that the runner tells the endings of a real emulator apart, without the kernel.
 */
.code32
.section .text
.balign 4
.long 0x1badb002, 0, -0x1badb002

.globl _start
_start:
    mov $0x3fb, %dx
    mov $3, %al /* 8 bits, no parity: Bochs begins with 5 */
    outb %al, (%dx)
    mov $text, %esi
    mov $text_end - text, %ecx
print:
    mov $0x3fd, %dx
1:  inb (%dx), %al
    test $0x20, %al
    jz 1b
    mov $0x3f8, %dx
    lodsb
    outb %al, (%dx)
    loop print

#if defined ENDING_TRIPLE_FAULT
    lidt nothing
.globl fatal_breakpoint
fatal_breakpoint:
    int3
#elif defined ENDING_HANG
.globl stuck_here
stuck_here:
    jmp stuck_here
#elif defined ENDING_ECHO /* waits for a byte, as at a checkpoint */
    mov $0x3fd, %dx
1:  inb (%dx), %al
    test $1, %al
    jz 1b
    mov $0x10, %eax
    jmp leave
#else
    mov $ENDING_CODE, %eax
    jmp leave
#endif
leave:
    mov %eax, %ebx
    mov $0x3fd, %dx
1:  inb (%dx), %al
    test $0x40, %al /* Bochs loses what is still on its way */
    jz 1b
    mov %ebx, %eax
    mov $0xf4, %dx
    outl %eax, (%dx)
    mov $shutdown, %esi /* for Bochs */
    mov $shutdown_end - shutdown, %ecx
    mov $0x8900, %dx
    rep outsb
1:  hlt
    jmp 1b

.section .data
nothing:
    .long 0, 0
shutdown:
    .ascii "Shutdown"
shutdown_end:
text:
    .ascii "noise before\n"
    .ascii "TAP version 13\n"
#ifdef ENDING_ECHO
    .ascii "# checkpoint here\n"
#endif
#if defined ENDING_FAILED
    .ascii "# the frames are not back\nnot ok 1 - small.guest\n1..1\n"
#elif !defined ENDING_SILENT
    .ascii "ok 1 - small.guest\n1..1\n"
#endif
text_end:
.section .note.GNU-stack,"",@progbits
