/* SPDX-License-Identifier: 0BSD */
/* The only accesses of the kernel that may fault, and where each goes on when it did: the table in
 * .fixups has pairs (faulting instruction, continuation), searched by trap_handle().
 */
#include "layout.h"

        .macro may_fault from, to
        .pushsection .fixups, "a"
        .long \from, \to
        .popsection
        .endm

        /* User memory is open between these, on a processor with SMAP. */
        .macro open_user
        cmpl $0, user_guard_smap
        je 9f
        stac
9:
        .endm
        .macro close_user
        cmpl $0, user_guard_smap
        je 9f
        clac
9:
        .endm

        .text
/* uint32_t port_copy_in(to, from, bytes); out is the same, the addresses only mean other things. */
        .globl port_copy_in, port_copy_out
port_copy_in:
port_copy_out:
        pushl %esi
        pushl %edi
        movl 12(%esp), %edi
        movl 16(%esp), %esi
        movl 20(%esp), %ecx
        movl %ecx, %edx
        andl $3, %edx
        shrl $2, %ecx
        open_user
1:      rep movsl
2:      leal (%edx, %ecx, 4), %ecx /* words left after a fault: finds the first bad byte */
3:      rep movsb
4:      close_user
        movl %ecx, %eax
        popl %edi
        popl %esi
        ret
        may_fault 1b, 2b
        may_fault 3b, 4b

/* uint32_t port_copy_in_string(to, from, bytes) */
        .globl port_copy_in_string
port_copy_in_string:
        pushl %esi
        pushl %edi
        movl 12(%esp), %edi
        movl 16(%esp), %esi
        movl 20(%esp), %ecx
        movl %ecx, %edx
        open_user
1:      testl %ecx, %ecx
        jz 5f
2:      lodsb
        stosb
        decl %ecx
        testb %al, %al
        jnz 1b
        subl %ecx, %edx
        movl %edx, %eax
        jmp 4f
3:      movl $-1, %eax
        jmp 4f
5:      xorl %eax, %eax
4:      close_user
        popl %edi
        popl %esi
        ret
        may_fault 2b, 3b

/* uint32_t access_read(va, *ret_value), access_write(va, value), access_execute(va): 1, or 0 */
        .globl access_read, access_write, access_execute
access_read:
        movl 4(%esp), %edx
        movl 8(%esp), %ecx
1:      movl (%edx), %eax
        movl %eax, (%ecx)
        movl $1, %eax
        ret
        may_fault 1b, access_failed

access_write:
        movl 4(%esp), %edx
        movl 8(%esp), %ecx
1:      movl %ecx, (%edx)
        movl $1, %eax
        ret
        may_fault 1b, access_failed

access_failed:
        xorl %eax, %eax
        ret

/* A fault of fetching has the target as its EIP, so the table cannot know it: trap_handle()
 * compares it with access_target and then goes on at access_not_executed.
 */
access_execute:
        pushl %ebx
        pushl %esi
        pushl %edi
        pushl %ebp
        movl 20(%esp), %eax
        movl %eax, access_target
        movl %esp, access_stack
        call *%eax
        movl $-1, access_target
        movl $1, %eax
        jmp 1f
        .globl access_not_executed
access_not_executed:
        movl access_stack, %esp
        movl $-1, access_target
        xorl %eax, %eax
1:      popl %ebp
        popl %edi
        popl %esi
        popl %ebx
        ret

        .data
        .align 4
        .globl access_target
access_target:
        .long -1 /* nothing is being tried */
access_stack:
        .long 0

        .section .note.GNU-stack, "", @progbits
