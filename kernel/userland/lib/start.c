/* SPDX-License-Identifier: 0BSD */
/* Where a program begins and ends, and what it writes. */
#include "user.h"

#include <kernel/port.h>

USER_THREAD void _start(uint32_t argument);

USER_THREAD void _start(uint32_t argument)
{
    user_exit(user_main((const char *)(uintptr_t)argument));
}

_Noreturn void user_exit(uint32_t status)
{
    for (;;)
        (void)user_call(UABI_EXIT, status, 0, 0, 0, 0);
}

_Noreturn void user_thread_exit(uint32_t status)
{
    for (;;)
        (void)user_call(UABI_THREAD_EXIT, status, 0, 0, 0, 0);
}

void user_write(const char *text, uint32_t bytes)
{
    (void)user_call(UABI_WRITE, user_address(text), bytes, 0, 0, 0);
}

/* The kernel's print() is compiled into programs for its print_to(). */
void port_console_write(char byte)
{
    user_write(&byte, 1);
}

_Noreturn void la_panic(const char *what, const char *file, int line)
{
    say("panic: %s (%s:%d)\n", what, file, line);
    user_exit(99);
}
