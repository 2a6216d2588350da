/* SPDX-License-Identifier: 0BSD */
/* Traps in and out. 256 stubs bring every vector to one frame (struct port_frame), the double fault
 * alone has a task of its own, because its stack is the one that is gone.
 */
#include "layout.h"

        .text
/* Vectors 8, 10 to 14 and 17 push an error code; for the others we do. Each stub takes 16 bytes. */
        .align 16
        .globl trap_stubs
trap_stubs:
        .set vector, 0
        .rept 256
        .align 16
        .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
        pushl $0
        .endif
        pushl $vector
        jmp trap_common
        .set vector, vector + 1
        .endr

trap_common:
        pushal
        pushl %ds
        pushl %es
        pushl %fs
        pushl %gs
        movl $SELECTOR_DATA, %eax
        movl %eax, %ds
        movl %eax, %es
        cld
        cmpl $0, user_guard_smap
        je 1f
        clac /* user mode may set AC; a copy that faulted gets it back by iret */
1:      pushl %esp
        call trap_handle
        addl $4, %esp
        /* Also the way into user mode: ESP points to a frame. */
        .globl trap_return
trap_return:
        popl %gs
        popl %fs
        popl %es
        popl %ds
        popal
        addl $8, %esp /* vector, error */
        iret

/* The task of the double fault. The CPU has pushed the error code 0 on our stack; each later entry
 * goes on after the iret, which is where the task left.
 */
        .globl double_fault_entry
double_fault_entry:
        addl $4, %esp
        clts /* a task switch sets TS */
        call double_fault_handle
        iret
        jmp double_fault_entry

/* trap_frame_go(frame): continue there, for ever. */
        .globl trap_frame_go
trap_frame_go:
        movl 4(%esp), %esp
        jmp trap_return

        .section .note.GNU-stack, "", @progbits
