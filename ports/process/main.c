/* SPDX-License-Identifier: 0BSD */
/* kernel-process [WORD...]: the kernel as a process; the words are its command line. Exit codes: 0
 * its tests passed, 1 one failed or the kernel gave up, 3 the system refused what the port needs.
 */
#include "process.h"

#include <stdio.h>
#include <stdlib.h>

#include "programs.h"

static const struct boot_memory memory[] = {
    { 0, RAM_LOW_FRAMES, BOOT_USABLE },
    { RAM_HIGH_FIRST, RAM_HIGH_FRAMES, BOOT_USABLE },
};
static const struct boot_memory free_rows[] = {
    { 1, RAM_LOW_FRAMES - 1u, BOOT_USABLE },
    { RAM_HIGH_FIRST, RAM_HIGH_FRAMES, BOOT_USABLE },
};
static const struct boot_module no_modules[1];

const struct built_in_program built_in_programs[] = { { NULL, NULL, NULL } };

int main(int argc, char **argv)
{
    static char line[512];
    static struct boot_info boot = { .loader = "process",
                                     .command_line = line,
                                     .memory = memory,
                                     .memory_count = 2,
                                     .free = free_rows,
                                     .free_count = 2,
                                     .modules = no_modules };
    size_t length = 0;

    for (int i = 1; i < argc && length < sizeof line; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, "%s ", argv[i]);
    if (length >= sizeof line) {
        (void)fprintf(stderr, "kernel-process: more than %zu characters\n", sizeof line);
        return 2;
    }
    ram_start();
    tables_start();
    irq_start();
    traps_start();
    kernel_main(&boot);
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
