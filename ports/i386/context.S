/* SPDX-License-Identifier: 0BSD */
/* Places in the kernel to come back to: jumps and thread contexts. */
#include "layout.h"

        .text
/* int port_jump_set(struct port_jump *): EBX, ESI, EDI, EBP, ESP, EIP. */
        .globl port_jump_set
port_jump_set:
        movl 4(%esp), %eax
        movl (%esp), %ecx
        leal 4(%esp), %edx
        movl %ebx, (%eax)
        movl %esi, 4(%eax)
        movl %edi, 8(%eax)
        movl %ebp, 12(%eax)
        movl %edx, 16(%eax)
        movl %ecx, 20(%eax)
        xorl %eax, %eax
        ret

/* void port_jump_to(struct port_jump *, int value) */
        .globl port_jump_to
port_jump_to:
        movl 4(%esp), %edx
        movl 8(%esp), %eax
        movl (%edx), %ebx
        movl 4(%edx), %esi
        movl 8(%edx), %edi
        movl 12(%edx), %ebp
        movl 16(%edx), %esp
        jmp *20(%edx)

/* void port_context_switch(struct port_context *from, const struct port_context *to) */
        .globl port_context_switch
port_context_switch:
        movl 4(%esp), %eax
        movl 8(%esp), %edx
        pushfl
        pushl %ebx
        pushl %esi
        pushl %edi
        pushl %ebp
        movl %esp, (%eax)
        movl (%edx), %esp
        popl %ebp
        popl %edi
        popl %esi
        popl %ebx
        popfl
        ret

/* Where a new context begins: EBX is what to run, ESI its argument, EBP 0. */
        .globl context_begin
context_begin:
        pushl %ebp /* keeps the stack aligned for the call, and ends the backtrace */
        pushl %ebp
        pushl %ebp
        pushl %esi
        call *%ebx
        pushl $0
        call context_returned

        .globl port_break_instruction
port_break_instruction:
        ud2
        ret

        .section .note.GNU-stack, "", @progbits
