/* SPDX-License-Identifier: 0BSD */
/* kernel-process [WORD | KIND=NAME:FILE]...: the kernel as a process. The words are its command
 * line, the files its modules: trace=NAME:FILE is replayed. Exit codes: 0 its tests passed, 1 one
 * failed or the kernel gave up, 2 a wrong argument, 3 the system refused what the port needs.
 */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>

#include "programs.h"

const struct built_in_program built_in_programs[] = { { NULL, NULL, NULL } };

int main(int argc, char **argv)
{
    ram_start();
    tables_start();
    irq_start();
    traps_start();
    kernel_main(boot_read(argc, argv));
}

/* -- Console and exit -------------------------------------------------------------------------- */

void port_console_write(char byte)
{
    (void)putchar(byte);
}

int port_console_read(void)
{
    return -1; /* nobody is at a test's console */
}

_Noreturn void port_exit(enum port_verdict verdict)
{
    (void)fflush(stdout);
    exit(verdict == PORT_PASSED ? 0 : 1);
}

/* -- Contexts ---------------------------------------------------------------------------------- */

void port_context_init(struct port_context *ret_context, va32_t stack_end,
                       void (*run)(void *argument), void *argument)
{
    uintptr_t *top = pointer(stack_end & ~15u);

    *--top = (uintptr_t)context_begin; /* popped, it leaves the stack aligned for a call */
    *--top = 0;                        /* RBX */
    *--top = 0;                        /* RBP */
    *--top = (uintptr_t)run;           /* R12 */
    *--top = (uintptr_t)argument;      /* R13 */
    *--top = 0;                        /* R14 */
    *--top = 0;                        /* R15 */
    ret_context->sp = (uintptr_t)top;
}

void port_kernel_stack_set(va32_t stack_end)
{
    (void)stack_end; /* nothing comes from user mode */
}

bool port_is_boot_guard(va32_t va)
{
    (void)va;
    return false; /* the boot stack is the process's, outside of the managed addresses */
}

uint32_t port_user_guard(bool on)
{
    (void)on;
    return 0;
}

/* -- User mode: there is none ------------------------------------------------------------------ */

_Noreturn void port_user_enter(va32_t ip, va32_t sp, uint32_t argument)
{
    (void)ip;
    (void)sp;
    (void)argument;
    la_panic("a process has no user mode to give", __FILE__, __LINE__);
}

uint32_t port_frame_call_number(const struct port_frame *frame)
{
    (void)frame;
    return 0;
}

uint32_t port_frame_call_argument(const struct port_frame *frame, uint32_t index)
{
    (void)frame;
    (void)index;
    return 0;
}

void port_frame_call_answer(struct port_frame *frame, uint32_t value)
{
    (void)frame;
    (void)value;
}
