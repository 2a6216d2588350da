/* SPDX-License-Identifier: 0BSD */
/* What a ring-3 program cannot say in C: the call of the kernel, the cycle counter, instructions
 * that are not its to execute, and a loop that would notice any register changed behind its back.
 */
        .text
/* uint32_t user_call(call, a, b, c, d, e) */
        .globl user_call
user_call:
        pushl %ebx
        pushl %esi
        pushl %edi
        movl 16(%esp), %eax
        movl 20(%esp), %ebx
        movl 24(%esp), %ecx
        movl 28(%esp), %edx
        movl 32(%esp), %esi
        movl 36(%esp), %edi
        int $0x80
        popl %edi
        popl %esi
        popl %ebx
        ret

/* uint32_t user_cycles(void): the low half */
        .globl user_cycles
user_cycles:
        rdtsc
        ret

/* uint32_t user_ring(void): 3, unless something is very wrong */
        .globl user_ring
user_ring:
        movl %cs, %eax
        andl $3, %eax
        ret

/* uint32_t user_registers_kept(seed, rounds): 1 if all seven registers and the flags that programs
 * see held what they were given over so many rounds, 0 if not. The direction and carry flags too.
 */
        .globl user_registers_kept
user_registers_kept:
        pushl %ebx
        pushl %esi
        pushl %edi
        pushl %ebp
        pushfl
        movl 24(%esp), %eax
        pushl 28(%esp) /* rounds; (%esp) from now on */
        leal 1(%eax), %ebx
        leal 2(%eax), %ecx
        leal 3(%eax), %edx
        leal 4(%eax), %esi
        leal 5(%eax), %edi
        leal 6(%eax), %ebp
        std
1:      subl %eax, %ebx
        cmpl $1, %ebx
        jne 2f
        addl %eax, %ebx
        subl %eax, %ecx
        cmpl $2, %ecx
        jne 2f
        addl %eax, %ecx
        subl %eax, %edx
        cmpl $3, %edx
        jne 2f
        addl %eax, %edx
        subl %eax, %esi
        cmpl $4, %esi
        jne 2f
        addl %eax, %esi
        subl %eax, %edi
        cmpl $5, %edi
        jne 2f
        addl %eax, %edi
        subl %eax, %ebp
        cmpl $6, %ebp
        jne 2f
        addl %eax, %ebp
        pushfl
        testl $0x400, (%esp) /* the direction flag */
        leal 4(%esp), %esp
        jz 2f
        decl (%esp)
        jnz 1b
        movl $1, %eax
        jmp 3f
2:      xorl %eax, %eax
3:      leal 4(%esp), %esp
        popfl
        popl %ebp
        popl %edi
        popl %esi
        popl %ebx
        ret

/* What user mode must not do; each returns if it was allowed to. */
        .globl user_cli, user_hlt, user_in, user_ud2, user_divide, user_load_segment
        .globl user_read_cr3, user_interrupt
user_cli:
        cli
        ret
user_hlt:
        hlt
        ret
user_in:
        inb $0x60, %al
        ret
user_ud2:
        ud2
        ret
user_divide:
        xorl %ecx, %ecx
        movl $1, %eax
        xorl %edx, %edx
        divl %ecx
        ret
user_load_segment: /* the kernel's data segment */
        movl $0x10, %eax
        movl %eax, %ds
        ret
user_read_cr3:
        movl %cr3, %eax
        ret
user_interrupt: /* the timer's vector is no system call */
        int $0x20
        ret

/* void user_frame(bytes): touch the far end of a frame of so many bytes and no page between, as a
 * function with a large local array and no probes does.
 */
        .globl user_frame
user_frame:
        movl 4(%esp), %eax
        movl %esp, %ecx
        subl %eax, %ecx
        movl %eax, (%ecx)
        ret

/* uint32_t user_edges(edge): use the stack across `edge`, the first byte of its lowest mapped page:
 * PUSHA half in it, a call with nothing left in it, ENTER with a frame of two pages. Each faults
 * and must lose nothing; 1 if so.
 */
        .globl user_edges
user_edges:
        pushl %ebx
        pushl %esi
        pushl %edi
        pushl %ebp
        movl %esp, %ebp
        movl 20(%esp), %edi
        movl $0x11111111, %ebx
        movl $0x22222222, %esi
        leal 12(%edi), %esp /* three of eight registers fit */
        pushal
        xorl %ebx, %ebx
        xorl %esi, %esi
        popal
        cmpl $0x11111111, %ebx
        jne 2f
        cmpl $0x22222222, %esi
        jne 2f
        leal -4096(%edi), %esp /* the page below came with that: its first byte */
        call 3f
        cmpl $7, %eax
        jne 2f
        leal -8192(%edi), %esp
        movl %ebp, %esi
        enter $8192, $0
        pushl $5 /* ENTER alone touches the far end only from the 486 on */
        leave
        cmpl %esi, %ebp
        jne 2f
        movl $1, %eax
        jmp 4f
2:      xorl %eax, %eax
4:      movl %ebp, %esp
        popl %ebp
        popl %edi
        popl %esi
        popl %ebx
        ret
3:      movl $7, %eax
        ret

        .section .note.GNU-stack, "", @progbits
