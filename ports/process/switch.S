/* SPDX-License-Identifier: 0BSD */
/* Places to come back to and contexts, by the System V calling convention of x86-64. */

        .text
/* int port_jump_set(struct port_jump *): RBX, RBP, R12 to R15, RSP, RIP. */
        .globl port_jump_set
port_jump_set:
        movq (%rsp), %rdx
        leaq 8(%rsp), %rcx
        movq %rbx, (%rdi)
        movq %rbp, 8(%rdi)
        movq %r12, 16(%rdi)
        movq %r13, 24(%rdi)
        movq %r14, 32(%rdi)
        movq %r15, 40(%rdi)
        movq %rcx, 48(%rdi)
        movq %rdx, 56(%rdi)
        xorl %eax, %eax
        ret

/* void port_jump_to(struct port_jump *, int value) */
        .globl port_jump_to
port_jump_to:
        movl %esi, %eax
        movq (%rdi), %rbx
        movq 8(%rdi), %rbp
        movq 16(%rdi), %r12
        movq 24(%rdi), %r13
        movq 32(%rdi), %r14
        movq 40(%rdi), %r15
        movq 48(%rdi), %rsp
        jmp *56(%rdi)

/* void port_context_switch(struct port_context *from, const struct port_context *to) */
        .globl port_context_switch
port_context_switch:
        pushq %rbx
        pushq %rbp
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        movq %rsp, (%rdi)
        movq (%rsi), %rsp
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %rbp
        popq %rbx
        ret

/* Where a new context begins: R12 is what to run, R13 its argument. */
        .globl context_begin
context_begin:
        movq %r13, %rdi
        xorl %ebp, %ebp
        call *%r12
        ud2

        .section .note.GNU-stack, "", @progbits
